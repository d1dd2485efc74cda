"""The verbs of the codebook: each is one numbered change; slugs keep their meaning; what the code needs stays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from taxonomy import actions
from taxonomy.codebook import Codebook
from taxonomy.models import CodebookChange, CodebookChangeKind, Term, Vocabulary
from tests.factories import make_curator, make_terms, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _codebook() -> None:
    make_terms()


def term(slug: str, vocabulary: str = "sector") -> Term:
    return Term.objects.select_related("vocabulary").get(vocabulary__slug=vocabulary, slug=slug)


def new(slug: str, **fields: Any) -> Term:
    return Term(slug=slug, label=slug.title(), definition=f"What {slug} is.", **fields)


def did() -> list[tuple[int, str, str]]:
    """Return every change, the first first: its number, what was done, to which slug."""
    return [(each.number, each.kind, each.term.slug) for each in CodebookChange.objects.order_by("number") if each.term]


WHY = "Two readers took them for one."


def test_changes_are_numbered_one_by_one_and_say_what_was_said_before() -> None:
    by = make_curator()
    actions.add_term(term=new("housing", vocabulary=term("health").vocabulary), by=by, reason="It was missing.")
    actions.redefine_term(
        term=term("housing"), to={"definition": "Homes and their upkeep."}, by=by, reason="It was thin."
    )
    actions.rename_term(term=term("housing"), label="Homes", slug="homes", by=by, reason="Plainer.")
    actions.retire_term(term=term("homes"), by=by, reason="Nobody needs it.")
    actions.restore_term(term=term("homes"), by=by, reason="Somebody does.")
    kinds = ["added", "redefined", "renamed", "retired", "restored"]
    assert did() == [(number, kind, "homes") for number, kind in enumerate(kinds, 1)]
    renamed = CodebookChange.objects.get(number=3)
    assert (renamed.by, renamed.reason) == (by, "Plainer.")
    assert renamed.differences == [("label", "Housing", "Homes"), ("slug", "housing", "homes")]
    assert term("homes").version == CodebookChange.objects.number() == 5


def test_a_merged_term_leads_to_the_other_and_so_does_what_led_to_it() -> None:
    by = make_curator()
    actions.rename_term(term=term("sport"), slug="sports", by=by, reason=WHY)
    actions.merge_terms(term=term("sports"), into=term("education"), by=by, reason=WHY)
    actions.rename_term(term=term("education"), slug="learning", by=by, reason=WHY)
    for former in ("sport", "sports", "education"):
        assert term(former).replaced_by == term("learning")
    book = Codebook.load()
    assert book.find("sector", "sport") == term("learning")
    assert book.with_narrower("sector", ["sport", "sports"]) == {term("learning").pk}
    assert "sports" not in [each.slug for each in book["sector"]]


def test_a_term_takes_its_former_slug_back_and_nobody_else_does() -> None:
    by = make_curator()
    actions.rename_term(term=term("sport"), slug="sports", by=by, reason=WHY)
    with pytest.raises(actions.CodebookRuleViolation, match="leads to “Sport”"):
        actions.rename_term(term=term("education"), slug="sport", by=by, reason=WHY)
    actions.rename_term(term=term("sports"), slug="sport", by=by, reason=WHY)
    assert (term("sport").replaced_by, term("sports").replaced_by) == (None, term("sport"))


def test_a_split_makes_the_new_terms_where_the_old_one_stood() -> None:
    by = make_curator()
    actions.split_term(term=term("public-health"), into=[new("hygiene"), term("sport")], by=by, reason="Two things.")
    assert did() == [(1, "added", "hygiene"), (2, "split", "public-health")]
    assert (term("hygiene").broader, term("public-health").retired_at is None) == (term("health"), False)
    assert [each.slug for each in CodebookChange.objects.get(number=2).into.all()] == ["hygiene", "sport"]


def test_a_retired_term_may_be_merged_and_a_merged_one_restored() -> None:
    by = make_curator()
    actions.retire_term(term=term("sport"), by=by, reason=WHY)
    actions.merge_terms(term=term("sport"), into=term("education"), by=by, reason=WHY)
    actions.restore_term(term=term("sport"), by=by, reason=WHY)
    assert (term("sport").retired_at, term("sport").replaced_by) == (None, None)


Verb = Callable[[], Any]

REFUSED: dict[str, tuple[Verb, str]] = {
    "the label of nothing": (
        lambda: actions.rename_term(term=term("sport"), label="Sport", by=None, reason=WHY),
        "label",
    ),
    "no reason": (lambda: actions.retire_term(term=term("sport"), by=None, reason=" "), "reason"),
    "into itself": (lambda: actions.merge_terms(term=term("sport"), into=term("sport"), by=None, reason=WHY), "into"),
    "into another vocabulary": (
        lambda: actions.merge_terms(term=term("sport"), into=term("barrier", "caveat"), by=None, reason=WHY),
        "into",
    ),
    "with others below it": (
        lambda: actions.merge_terms(term=term("health"), into=term("sport"), by=None, reason=WHY),
        "term",
    ),
    "split into one": (lambda: actions.split_term(term=term("sport"), into=[new("a")], by=None, reason=WHY), "into"),
    "split into twice the same": (
        lambda: actions.split_term(term=term("sport"), into=[new("a"), new("a")], by=None, reason=WHY),
        "into",
    ),
    "split into what there is": (
        lambda: actions.split_term(term=term("sport"), into=[new("a"), new("health")], by=None, reason=WHY),
        "slug",
    ),
    "restore what is in use": (lambda: actions.restore_term(term=term("sport"), by=None, reason=WHY), "term"),
    "a slug with signs": (lambda: actions.rename_term(term=term("sport"), slug="Sport!", by=None, reason=WHY), "slug"),
    "a kind of nothing": (lambda: actions.rename_term(term=term("sport"), slug="none", by=None, reason=WHY), "slug"),
    "a row of Table 20.1": (
        lambda: actions.retire_term(term=term("peer-support", "type"), by=None, reason=WHY),
        "term",
    ),
    "the slug of such a row": (
        lambda: actions.rename_term(term=term("peer-support", "type"), slug="peers", by=None, reason=WHY),
        "slug",
    ),
    "a column of the tables": (
        lambda: actions.merge_terms(term=term("user", "actor"), into=term("community", "actor"), by=None, reason=WHY),
        "term",
    ),
    "a new column": (
        lambda: actions.add_term(term=new("staff", vocabulary=Vocabulary.objects.get(slug="actor")), by=None),
        "vocabulary",
    ),
    "below itself": (
        lambda: actions.redefine_term(term=term("health"), to={"broader": term("public-health")}, by=None, reason=WHY),
        "broader",
    ),
    "the label by redefining": (
        lambda: actions.redefine_term(term=term("health"), to={"label": "Care"}, by=None, reason=WHY),
        "label",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_rule_stands_against_is_refused_and_nothing_is_written(case: str) -> None:
    verb, field = REFUSED[case]
    before = list(Term.objects.order_by("pk").values())
    with pytest.raises(actions.CodebookRuleViolation) as refused:
        verb()
    assert list(refused.value.message_dict) == [field]
    assert (list(Term.objects.order_by("pk").values()), CodebookChange.objects.count()) == (before, 0)


def test_nothing_is_merged_into_what_is_retired() -> None:
    actions.retire_term(term=term("sport"), by=None, reason=WHY)
    with pytest.raises(actions.CodebookRuleViolation, match="retired itself"):
        actions.merge_terms(term=term("education"), into=term("sport"), by=None, reason=WHY)


def test_a_term_that_changed_since_it_was_read_is_not_changed() -> None:
    read = term("sport")
    actions.rename_term(term=term("sport"), label="Sports", by=None, reason=WHY)
    with pytest.raises(actions.StaleTerm, match="in version 1"):
        actions.retire_term(term=read, by=None, reason=WHY)
    assert term("sport").retired_at is None


def test_what_was_foreseen_must_still_be_so() -> None:
    seen = actions.preview_change(
        actions.PlannedChange(CodebookChangeKind.MERGED, term("sport"), None, [term("education")])
    )
    actions.redefine_term(term=term("education"), to={"definition": "Schools."}, by=None, reason=WHY)
    with pytest.raises(actions.PreviewOutdated):
        actions.merge_terms(term=term("sport"), into=term("education"), by=None, reason=WHY, token=seen.token)
    assert term("sport").replaced_by is None


def test_only_curators_change_the_codebook() -> None:
    with pytest.raises(PermissionDenied):
        actions.retire_term(term=term("sport"), by=make_user(), reason=WHY)
    assert term("sport").retired_at is None
    actions.retire_term(term=term("sport"), by=make_curator(), reason=WHY)
    assert term("sport").retired_at is not None


def test_the_first_load_is_version_one_and_begins_once() -> None:
    first = actions.record_first_load(by=None)
    added = Term.objects.create(vocabulary=term("health").vocabulary, slug="a", label="A", definition="A.")
    assert actions.finish_term_change(term=added, before=None, by=None, under=first) == first
    assert (term("a").version, CodebookChange.objects.number(), actions.record_first_load(by=None)) == (1, 1, None)


def test_the_tables_refuse_a_term_that_leads_elsewhere_and_is_in_use() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Term.objects.filter(slug="sport").update(replaced_by=term("health"))


@pytest.mark.django_db(transaction=True)
def test_two_who_change_the_codebook_at_once_make_two_versions() -> None:
    sector = Vocabulary.objects.get(slug="sector")
    start = Barrier(2)

    def added(slug: str) -> None:
        start.wait()
        actions.add_term(term=new(slug, vocabulary=sector), by=None)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(added, ["left", "right"]))
    assert sorted(number for number, _, _ in did()) == [1, 2]


@pytest.mark.parametrize(
    "path", ["direction/mixed", "kind/generic-practice", "role/near-miss", "eligibility/conditional"]
)
def test_terms_that_totals_are_made_of_are_not_taken_away(path: str) -> None:
    make_terms()
    vocabulary, _, slug = path.partition("/")
    held = Term.objects.get(vocabulary__slug=vocabulary, slug=slug)
    with pytest.raises(actions.CodebookRuleViolation, match="cannot be retired"):
        actions.retire_term(term=held, by=None, reason="Why.")
