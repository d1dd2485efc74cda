"""Nothing is silently out of step: what changed without the rest of a coding is marked until somebody affirms it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from knox.models import AuthToken

from accounts.models import User
from cases import actions
from cases.actions import recoding
from cases.models import Act, Case, Passage, Recoding, Source, Version
from cases.query.parameters import CaseFilterSet
from cases.record import convert
from cases.record.codings import Coding, codings_in
from cases.serializers import validate_record
from taxonomy import actions as codebook
from taxonomy.models import Term
from tests.factories import arrangement, claim, make_case, make_curator, make_source, make_terms, passage

pytestmark = pytest.mark.django_db

REASON = "Read anew."


def now(case: Case) -> Case:
    return Case.objects.whole().get(pk=case.pk)


def said(case: Case) -> dict[str, Any]:
    record: dict[str, Any] = convert.to_primitive(convert.record_from_case(now(case)))
    return record


def edited(case: Case, by: User | None = None, act: Act = Act.CHANGED, *, affirm: bool = False, **fields: Any) -> Case:
    case = now(case)
    record = validate_record({**said(case), **fields}, case)
    return actions.change_case(
        case=case, record=record, by=by, version=case.version, reason=REASON, act=act, affirm=affirm
    )


def doubts(case: Case) -> dict[str, list[str]]:
    """By path: why its codings are to be re-affirmed."""
    coded = now(case).coded
    return {
        path: [mark["why"] for mark in stamp["out_of_step"]] for path, stamp in coded.items() if "out_of_step" in stamp
    }


def verdict(value: str = "co-delivery", words: str = "they met", **more: Any) -> dict[str, Any]:
    return {"verdict": value, "reason": "It pays.", "since": None, "before": None, "passage": passage(words), **more}


def pathway(slug: str, words: str) -> dict[str, Any]:
    return {"pathway": slug, "basis": "explicit", "passage": passage(words)}


def term(slug: str) -> Term:
    """Return the term of the first vocabulary that has this slug."""
    terms = Term.objects.select_related("vocabulary").filter(slug=slug, replaced_by=None)
    return terms.order_by("vocabulary__order")[0]


def redefine(slug: str, definition: str = "Something else.", **more: Any) -> None:
    codebook.redefine_term(term=term(slug), to={"definition": definition, **more}, by=None, reason=REASON)


def correct(words: str, to: str) -> None:
    actions.change_passage(passage=Passage.objects.get(exact=words), given={"exact": to}, by=None)


def replace_text(sha256: str) -> None:
    source = Source.objects.get(slug="loeffler-2020")
    actions.change_thing(thing=source, given={"text_sha256": sha256}, by=None)


@pytest.fixture
def case() -> Case:
    make_terms()
    make_source(text_sha256="0" * 64)
    desk = arrangement("joint-action-services", label="Desk")
    desk["type"]["passage"] = desk["actor"]["passage"] = passage("at a desk")
    return make_case(
        "sharon",
        eligibility=verdict(),
        arrangements=[desk],
        pathways=[pathway("detect-early", "early")],
        claims=[claim()],
        caveats=[{"kind": "limitation", "text": "It was far.", "passage": passage("far")}],
    )


# What is marked, and what is not -------------------------------------------------------------------------------------


CHANGES: dict[str, tuple[Callable[[Case], object], dict[str, list[str]]]] = {
    "a value without its passage": (
        lambda case: edited(case, eligibility=verdict("conditional")),
        {"eligibility": ["value"]},
    ),
    "a figure without its passage": (
        lambda case: edited(case, claims=[claim("over 100 people", 120)]),
        {"claims.over 100 people": ["value"]},
    ),
    "a caveat without its passage": (
        lambda case: edited(case, caveats=[{"kind": "barrier", "text": "It was far.", "passage": passage("far")}]),
        {"caveats.barrier": ["value"]},
    ),
    "a term of a list without its passage": (
        lambda case: edited(case, pathways=[pathway("persuade-to-follow", "early")]),
        {"pathways.persuade-to-follow": ["value"]},
    ),
    "value and passage": (lambda case: edited(case, eligibility=verdict("conditional", "they pay")), {}),
    "a passage without its value": (lambda case: edited(case, eligibility=verdict(words="they pay")), {}),
    "the reason": (lambda case: edited(case, eligibility=verdict(reason="A town pays.")), {}),
    "the words of a passage": (
        lambda _: correct("they met", "they met weekly"),
        {"eligibility": ["passage"]},
    ),
    "where a passage stands": (
        lambda _: actions.change_passage(
            passage=Passage.objects.get(exact="they met"), given={"locator": "p. 3"}, by=None
        ),
        {},
    ),
    "the text of the source": (
        lambda _: replace_text("1" * 64),
        {
            path: ["source-text"]
            for path in (
                *("eligibility", "pathways.detect-early"),
                *("arrangements.Desk.type", "arrangements.Desk.actor"),
                *("claims.over 100 people", "caveats.limitation"),
            )
        },
    ),
    "a definition": (lambda _: redefine("co-delivery"), {"eligibility": ["codebook"]}),
    "the definition of a column": (lambda _: redefine("user"), {"arrangements.Desk.actor": ["codebook"]}),
    "a definition of another term": (lambda _: redefine("conditional"), {}),
    "the order of a term": (lambda _: redefine("co-delivery", "What co-delivery is.", order=9), {}),
    "the name of a term": (
        lambda _: codebook.rename_term(term=term("detect-early"), slug="early", by=None, reason=REASON),
        {},
    ),
    "a term that is retired": (
        lambda _: codebook.retire_term(term=term("detect-early"), by=None, reason=REASON),
        {"pathways.detect-early": ["retired"]},
    ),
    "a term that is merged": (
        lambda _: codebook.merge_terms(
            term=term("joint-action-services"), into=term("joint-action-outcomes"), by=None, reason=REASON
        ),
        {"arrangements.Desk.type": ["codebook"]},
    ),
    "the label of an arrangement": (
        lambda case: edited(case, arrangements=[said(case)["arrangements"][0] | {"label": "Table"}]),
        {},
    ),
    "an import": (
        lambda case: edited(case, act=Act.IMPORTED, eligibility=verdict("conditional")),
        {"eligibility": ["value"]},
    ),
}


@pytest.mark.parametrize(("change", "marks"), CHANGES.values(), ids=CHANGES)
def test_what_changes_without_the_rest_is_marked_and_nothing_else(
    change: Callable[[Case], object], marks: dict[str, list[str]], case: Case
) -> None:
    change(case)
    assert doubts(case) == marks
    assert now(case).out_of_step == len(marks)
    sent = json.loads(Client().get("/api/v1/cases/sharon/").content)["codings"]
    assert {
        coding["path"]: [mark["why"] for mark in coding["out_of_step"]] for coding in sent if coding["out_of_step"]
    } == marks
    every = {why for several in marks.values() for why in several}
    found = CaseFilterSet(QueryDict("&".join(f"out_of_step={why}" for why in every) or "out_of_step=none"), None)
    assert (found.total, found.qs.count()) == (1, 1)
    page = Client().get("/cases/sharon/").content.decode()
    assert page.count("To be re-affirmed.") == len(marks)


def test_a_mark_by_the_codebook_makes_no_version_and_stays_through_other_edits(case: Case) -> None:
    version = now(case).version
    redefine("co-delivery")
    assert now(case).version == version
    edited(case, summary="Another summary.")
    edited(case, eligibility=verdict(reason="A town pays."))
    assert doubts(case) == {"eligibility": ["codebook"]}


def test_what_comes_back_to_the_value_of_its_passage_is_in_step_again(case: Case) -> None:
    edited(case, act=Act.IMPORTED, eligibility=verdict("conditional"))
    edited(case, act=Act.UNDONE, eligibility=verdict())
    assert doubts(case) == {}


def test_a_restored_term_leaves_no_mark(case: Case) -> None:
    codebook.retire_term(term=term("detect-early"), by=None, reason=REASON)
    codebook.restore_term(term=term("detect-early"), by=None, reason=REASON)
    assert (doubts(case), now(case).doubts.count()) == ({}, 0)


# Affirming -----------------------------------------------------------------------------------------------------------


def post(client: Client, path: str, case: Case, **data: Any) -> Any:
    headers = {"If-Match": f'"{now(case).version}"'}
    return client.post(f"/api/v1/cases/{path}", json.dumps(data), "application/json", headers=headers)


OTHERS = {"arrangements.Desk.type", "arrangements.Desk.actor", "claims.over 100 people", "caveats.limitation"}


def test_a_coding_is_affirmed_or_pointed_to_other_words_in_one_act(case: Case, client: Client) -> None:
    curator = make_curator(name="Ada")
    client.force_login(curator)
    replace_text("1" * 64)
    redefine("co-delivery")
    before = now(case).version
    words = {"eligibility": "they pay"}
    sent = post(client, "sharon/affirm/", case, codings=["pathways.detect-early"], words=words, reason=REASON)
    assert sent.status_code == 200
    assert set(doubts(case)) == OTHERS
    assert said(case)["eligibility"]["passage"]["exact"] == "they pay"
    version = Version.objects.filter(case=case).latest("history_id")
    assert (version.number, version.act, version.history_user) == (before + 1, "affirmed", curator)
    assert version.history_change_reason == (
        "Still carried by their passages: pathways.detect-early. Pointed to other words: eligibility. Read anew."
    )
    assert post(client, "sharon/affirm/", case).status_code == 200
    assert (doubts(case), now(case).out_of_step) == ({}, 0)
    stamp = now(case).coded["arrangements.Desk.type"]
    assert (stamp["how"], stamp["affirmed"], stamp["version"]) == (
        "files",
        {"how": "hand", "by": curator.pk},
        before + 2,
    )
    assert "by hand, Ada" in client.get("/cases/sharon/").content.decode()


def test_the_page_of_curators_affirms_what_is_ticked(case: Case, client: Client) -> None:
    client.force_login(make_curator())
    replace_text("1" * 64)
    page = client.get("/cases/sharon/affirm/").content.decode()
    assert page.count("The passage still carries it") == 6
    typed = {
        "version": now(case).version,
        "coding": ["eligibility"],
        "path": ["eligibility", "pathways.detect-early"],
        "words": ["", "earlier"],
        "text": "",
    }
    assert client.post("/cases/sharon/affirm/", typed).status_code == 302
    assert set(doubts(case)) == OTHERS
    assert client.post("/cases/sharon/affirm/", typed).status_code == 409
    nothing = {"version": now(case).version, "text": ""}
    refused = client.post("/cases/sharon/affirm/", nothing)
    assert (refused.status_code, "Choose what you affirm" in refused.content.decode()) == (422, True)


def test_many_cases_are_affirmed_together_from_the_list_of_the_admin(case: Case, client: Client) -> None:
    client.force_login(make_curator())
    other = make_case("other", eligibility=verdict())
    redefine("co-delivery")
    listed = client.get("/admin/cases/case/?stands=to-affirm").content.decode()
    assert "Sharon" in listed
    chosen = {"action": "affirm_selected", "_selected_action": [case.pk, other.pk]}
    assert client.post("/admin/cases/case/", chosen).status_code == 302
    assert (doubts(case), doubts(other)) == ({}, {})


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({"codings": ["arrangements.Bench.type"]}, "no coding"),
        ({"codings": ["kind"]}, "in step already"),
        ({"codings": []}, "Choose what you affirm"),
        ({"words": {"kind": "some words"}}, "has no passage"),
        ({"words": {"eligibility": "  "}}, ""),
        ({"words": {"eligibility": "x" * 6_000}}, ""),
        ({"codings": "eligibility"}, ""),
    ],
)
def test_what_cannot_be_affirmed_changes_nothing(data: Any, where: str, case: Case, client: Client) -> None:
    client.force_login(make_curator())
    redefine("co-delivery")
    before = now(case).version
    sent = post(client, "sharon/affirm/", case, **data)
    assert (sent.status_code, where in sent.content.decode(), now(case).version) == (400, True, before)


def test_the_queue_and_the_mark_are_settled_by_one_act(case: Case) -> None:
    codebook.retire_term(term=term("detect-early"), by=None, reason=REASON)
    entry = Recoding.objects.get()
    recoding.confirm_coding(entry=entry, by=make_curator(), note="It fits.")
    assert doubts(case) == {}
    codebook.retire_term(term=term("joint-action-services"), by=None, reason=REASON)
    actions.affirm_codings(case=case, by=None, version=now(case).version, reason="It fits.")
    assert [(each.outcome, each.note != "") for each in Recoding.objects.all()] == [("still-right", True)] * 2


def test_a_change_may_affirm_all_codings_of_its_case(case: Case) -> None:
    redefine("co-delivery")
    redefine("user")
    edited(case, eligibility=verdict("conditional"), affirm=True)
    assert doubts(case) == {}
    redefine("user", "Again something else.")
    version = now(case).version
    edited(case, affirm=True)
    assert (doubts(case), now(case).version) == ({}, version + 1)


# Who and how ---------------------------------------------------------------------------------------------------------


def origins(case: Case, path: str = "eligibility") -> tuple[Any, Any]:
    stamp = now(case).coded[path]
    return stamp.get("how"), stamp.get("by")


def test_each_coding_keeps_how_and_by_whom_it_was_made(case: Case) -> None:
    ada, bob = make_curator("ada"), make_curator("bob")
    assert origins(case) == ("files", None)
    edited(case, ada, eligibility=verdict("conditional", "they pay"))
    edited(case, bob, Act.IMPORTED, pathways=[pathway("persuade-to-follow", "persuaded")])
    edited(case, bob, summary="Another.")
    codebook.merge_terms(term=term("joint-action-services"), into=term("joint-action-outcomes"), by=bob, reason=REASON)
    assert origins(case) == ("hand", ada.pk)
    assert origins(case, "pathways.persuade-to-follow") == ("import", bob.pk)
    assert origins(case, "arrangements.Desk.type") == ("rule", bob.pk)
    assert origins(case, "arrangements.Desk.actor") == ("files", None)
    assert CaseFilterSet(QueryDict("origin=hand"), None).total == 1
    assert CaseFilterSet(QueryDict("origin=program"), None).total == 0


def test_a_value_of_a_program_waits_for_a_person(case: Case, client: Client) -> None:
    ada = make_curator("ada")
    _, token = AuthToken.objects.create(ada)
    headers = {"Authorization": f"Token {token}", "If-Match": f'"{now(case).version}"'}
    data = json.dumps({"eligibility": verdict("conditional", "they pay")})
    client.patch("/api/v1/cases/sharon/", data, "application/merge-patch+json", headers=headers)
    assert (origins(case), now(case).unaffirmed) == (("program", ada.pk), 1)
    assert CaseFilterSet(QueryDict("out_of_step=program"), None).total == 1
    page = client.get("/cases/sharon/").content.decode()
    assert "no person has affirmed it" in page
    assert "by a program of ada" in page
    assert "a program of ada" in client.get("/cases/sharon/history/").content.decode()
    actions.affirm_codings(case=case, by=make_curator("bob"), version=now(case).version)
    assert (origins(case), now(case).unaffirmed) == (("program", ada.pk), 0)
    ada.delete()
    assert "of ada" not in client.get("/cases/sharon/").content.decode().partition("coding")[2]


def test_what_is_older_than_the_record_of_it_says_so(case: Case) -> None:
    stamps = {path: {"version": 1, "date": "2026-01-05", "codebook": 1} for path in now(case).coded}
    Case.objects.filter(pk=case.pk).update(coded=stamps)
    edited(case, make_curator(), summary="Another.")
    assert origins(case) == (None, None)
    redefine("co-delivery")
    assert doubts(case) == {"eligibility": ["codebook"]}


# After any sequence of edits -----------------------------------------------------------------------------------------

SLOTS = ("eligibility", "pathways", "type", "actor")
VERDICTS = ["co-delivery", "conditional", "out-of-scope"]
PATHWAYS = ["detect-early", "persuade-to-follow", "find-appropriate-treatment"]
TYPES = ["peer-support", "co-management", "co-implementation"]
WORDS = ["they met", "they pay", "at a desk"]

Rests = tuple[Any, Any, int, int]
"""What a coding rests on: its value, its words, the text of their source, the definitions of its terms."""


class Observer:
    """Knows for what each coding was made or affirmed, by watching what is done and not by what is kept."""

    def __init__(self, case: Case) -> None:
        self.case, self.text, self.meanings = case, 0, dict[tuple[str, str], int]()
        self.fresh = itertools.count(1)
        self.present = self.rests()
        self.affirmed = dict(self.present)

    def codings(self) -> dict[str, Coding]:
        return {coding.dimension: coding for coding in codings_in(said(self.case)) if coding.dimension in SLOTS}

    def rests(self) -> dict[str, Rests]:
        return {
            slot: (
                coding.core if slot != "pathways" else coding.value["pathway"],
                coding.words,
                self.text,
                max(self.meanings.get(name, 0) for name in coding.named_terms),
            )
            for slot, coding in self.codings().items()
        }

    def after(self, *, correction: bool = False) -> None:
        """What was pointed to other words by the last step is affirmed by it."""
        before, self.present = self.present, self.rests()
        for slot, rests in self.present.items():
            if before[slot][1] != rests[1] and not correction:
                self.affirmed[slot] = rests

    def unmarked(self) -> list[str]:
        """The codings that are out of step and not marked."""
        marked = doubts(self.case)
        codings = self.codings()
        return [
            slot for slot in SLOTS if self.present[slot] != self.affirmed[slot] and codings[slot].path not in marked
        ]


Step = Callable[[Observer], None]


def fields_of(value: int, words: int, label: str) -> dict[str, Any]:
    desk = arrangement(TYPES[value], ["user"] if value else ["user", "community"], label=label)
    for axis in ("type", "actor"):
        desk[axis]["passage"] = passage(WORDS[words])
    return {
        "eligibility": verdict(VERDICTS[value], WORDS[words]),
        "pathways": [pathway(PATHWAYS[value], WORDS[words])],
        "arrangements": [desk],
    }


def in_use(fields: dict[str, Any]) -> dict[str, Any]:
    """The same with terms in use."""
    text = json.dumps(fields)
    for slug in (*PATHWAYS, *TYPES):
        current = Term.objects.get(slug=slug).current.slug
        text = text.replace(f'"{slug}"', f'"{current}"')
    changed: dict[str, Any] = json.loads(text)
    return changed


def writes(how: str, part: str, value: int, words: int, label: str) -> Step:
    def step(seen: Observer) -> None:
        fields = {part: in_use(fields_of(value, words, label))[part]}
        if how == "proposal":
            propose(seen.case, fields)
        else:
            edited(seen.case, act=Act.IMPORTED if how == "import" else Act.CHANGED, **fields)
        seen.after()

    return step


def propose(case: Case, fields: dict[str, Any]) -> None:
    by, case = User.objects.filter(username="proposer").first() or make_curator("proposer"), now(case)
    record = validate_record({**said(case), **fields}, case)
    try:
        proposal = actions.propose_revision(case=case, record=record, by=by, version=case.version, reason=REASON)
    except actions.RuleViolation:  # it says that already
        return
    actions.accept_proposal(
        proposal=proposal, record=record, by=by, version=proposal.version, case_version=case.version
    )


def reverts(seen: Observer) -> None:
    first = Version.objects.filter(case=seen.case).earliest("history_id")
    record = validate_record(in_use({**first.record, "slug": seen.case.slug}), now(seen.case))
    try:
        actions.revert_case(case=seen.case, to=first, record=record, by=None, version=now(seen.case).version)
    except actions.RuleViolation:  # it says that already
        return
    seen.after()


def corrects(seen: Observer) -> None:
    words = seen.present["eligibility"][1][1]
    correct(words, f"{words} {next(seen.fresh)}")
    seen.after(correction=True)


def replaces_text(seen: Observer) -> None:
    seen.text = next(seen.fresh)
    replace_text(f"{seen.text:064}")
    seen.after()


def redefines(slot: str) -> Step:
    def step(seen: Observer) -> None:
        vocabulary, slug = min(seen.codings()[slot].named_terms)
        number = next(seen.fresh)
        codebook.redefine_term(
            term=Term.objects.get(vocabulary__slug=vocabulary, slug=slug),
            to={"definition": f"Meaning {number}."},
            by=None,
            reason=REASON,
        )
        seen.meanings[vocabulary, slug] = number
        seen.after()

    return step


def merges(seen: Observer) -> None:
    slug = seen.present["pathways"][0]
    known = (*PATHWAYS, "reduce-adverse-social-conditions")
    if into := next((each for each in known if each != slug and not term_gone(each)), ""):
        codebook.merge_terms(term=term(slug), into=term(into), by=None, reason=REASON)
        seen.after()


def term_gone(slug: str) -> bool:
    return Term.objects.filter(slug=slug).exclude(replaced_by=None).exists()


def affirms(slot: str) -> Step:
    def step(seen: Observer) -> None:
        path = seen.codings()[slot].path
        if path in doubts(seen.case):
            actions.affirm_codings(case=seen.case, by=None, version=now(seen.case).version, paths=[path])
            seen.affirmed[slot] = seen.present[slot]

    return step


STEPS = st.one_of(
    st.builds(
        writes,
        st.sampled_from(["hand", "import", "proposal"]),
        st.sampled_from(["eligibility", "pathways", "arrangements"]),
        st.integers(0, 2),
        st.integers(0, 2),
        st.sampled_from(["Desk", "Table"]),
    ),
    st.sampled_from([reverts, corrects, replaces_text, merges]),
    st.builds(redefines, st.sampled_from(SLOTS)),
    st.builds(affirms, st.sampled_from(SLOTS)),
)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=1, max_size=6))
def test_no_coding_is_out_of_step_and_unmarked_after_any_edits(steps: list[Step], case: Case) -> None:
    with undone():
        seen = Observer(case)
        for step in steps:
            step(seen)
            assert seen.unmarked() == []
        counted = now(case)
        assert counted.out_of_step == len(doubts(case))
        assert {each.slug for each in counted.doubts.all()} == {why for marks in doubts(case).values() for why in marks}
