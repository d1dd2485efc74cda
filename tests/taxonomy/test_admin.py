from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from taxonomy.codebook import Codebook
from taxonomy.models import Alignment, CodebookChange, Term, Vocabulary
from tests.factories import arrangement, make_case, make_terms, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TERMS = "/admin/taxonomy/term/"
VOCABULARIES = "/admin/taxonomy/vocabulary/"


@pytest.fixture
def client() -> Client:
    """A curator's browser."""
    make_terms()
    user = make_user("cora", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def root() -> Client:
    """A browser of someone who may do everything."""
    make_terms()
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.org", "password"))
    return client


def term(vocabulary: str, slug: str) -> Term:
    return Term.objects.get(vocabulary__slug=vocabulary, slug=slug)


def page_of(thing: Term | Vocabulary) -> str:
    return f"/admin/taxonomy/{thing._meta.model_name}/{thing.pk}/change/"


PARTS = ("alignments", "neighbours", "examples")


def typed(vocabulary: str = "type", **fields: Any) -> dict[str, Any]:
    """Return the form of a term, filled in."""
    return {
        "vocabulary": Vocabulary.objects.get(slug=vocabulary).pk,
        "label": "Co-assessment",
        "slug": "co-assessment",
        "definition": "Citizens judge the results.",
        "order": 9,
        "opened": 0,
        "reason": "Readers asked for it.",
        **{f"{name}-{count}_FORMS": 0 for name in PARTS for count in ("TOTAL", "INITIAL")},
        **fields,
    }


def mistakes(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return {name: list(map(str, messages)) for name, messages in response.context["adminform"].form.errors.items()}


def rows(response: Any) -> list[list[str]]:
    table = response.content.decode().split("<tbody>")[1].split("</tbody>")[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[1:]]
    return [[re.sub("<[^>]*>", "", cell) for cell in row if "action-select" not in cell] for row in cells]


def test_a_curator_adds_a_term_with_its_counterpart_outside(client: Client) -> None:
    row = {"relation": "closeMatch", "iri": "https://example.org/x", "label": "Assessment"}
    parts: dict[str, Any] = {f"alignments-0-{name}": value for name, value in row.items()}
    parts["alignments-TOTAL_FORMS"] = 1
    assert client.post(f"{TERMS}add/", typed(**parts)).status_code == 302
    added = term("type", "co-assessment")
    assert Client().get(added.get_absolute_url()).status_code == 200
    assert Alignment.objects.values_list("term__slug", "iri").get() == ("co-assessment", "https://example.org/x")


def test_a_counterpart_is_taken_away_again(client: Client) -> None:
    held = term("sector", "health")
    counterpart = held.alignments.create(relation="exactMatch", iri="https://example.org/x", label="Health")
    parts: dict[str, Any] = {
        "alignments-TOTAL_FORMS": 1,
        "alignments-INITIAL_FORMS": 1,
        "alignments-0-id": counterpart.pk,
    }
    parts |= {"alignments-0-term": held.pk, "alignments-0-relation": "exactMatch", "alignments-0-label": "Health"}
    parts |= {"alignments-0-iri": counterpart.iri, "alignments-0-DELETE": "on"}
    client.post(page_of(held), typed("sector", label="Health", **parts))
    assert not Alignment.objects.exists()


def test_names_and_vocabulary_of_a_term_do_not_change_on_its_form(client: Client) -> None:
    held = term("type", "peer-support")
    assert client.post(page_of(held), typed("sector", label="Mutual support", slug="mutual")).status_code == 302
    held.refresh_from_db()
    assert (held.slug, held.vocabulary.slug, held.label) == ("peer-support", "type", "Peer support")
    assert held.definition == "Citizens judge the results."


def test_a_save_is_a_version_of_the_codebook_with_the_words_before_and_the_reason(client: Client) -> None:
    held = term("type", "peer-support")
    client.post(page_of(held), typed(order=held.order))
    change = CodebookChange.objects.get()
    assert (change.number, change.kind, change.term, change.reason) == (1, "redefined", held, "Readers asked for it.")
    assert (change.by and change.by.username) == "cora"
    assert change.differences == [("definition", "What peer-support is.", "Citizens judge the results.")]


def test_a_new_counterpart_alone_is_a_version_too(client: Client) -> None:
    held = term("sector", "health")
    row = {"relation": "closeMatch", "iri": "https://example.org/x", "label": "Care"}
    parts: dict[str, Any] = {f"alignments-0-{name}": value for name, value in row.items()}
    client.post(
        page_of(held), typed(definition=held.definition, order=held.order, **parts | {"alignments-TOTAL_FORMS": 1})
    )
    (difference,) = CodebookChange.objects.get().differences
    assert difference == ("alignments", "", "Care (closeMatch, https://example.org/x)")


def test_a_save_of_what_it_says_already_is_no_version(client: Client) -> None:
    held = term("sector", "health")
    assert client.post(page_of(held), typed(definition=held.definition, order=held.order)).status_code == 302
    assert not CodebookChange.objects.exists()


def test_a_save_without_a_reason_is_refused(client: Client) -> None:
    held = term("sector", "health")
    assert mistakes(client.post(page_of(held), typed(reason=" "))) == {"reason": ["This field is required."]}
    held.refresh_from_db()
    assert held.definition == "What health is."


def test_a_stale_save_is_refused_and_what_was_typed_stays(client: Client) -> None:
    held = term("sector", "health")
    client.post(page_of(held), typed(definition="First."))
    response = client.post(page_of(held), typed(definition="Second."))
    (said,) = mistakes(response)["__all__"]
    assert "was changed meanwhile, in version 1" in said
    assert "Second." in response.content.decode()
    held.refresh_from_db()
    assert held.definition == "First."


@pytest.mark.parametrize(
    ("vocabulary", "slug", "said"),
    [("actor", "staff", "“Actor” is closed"), ("sector", "not-coded", "“not-coded” is a kind of nothing")],
)
def test_no_term_comes_that_the_code_cannot_hold(client: Client, vocabulary: str, slug: str, said: str) -> None:
    response = client.post(f"{TERMS}add/", typed(vocabulary, slug=slug))
    assert said in str(mistakes(response))
    assert not Term.objects.filter(vocabulary__slug=vocabulary, slug=slug).exists()


def test_what_the_history_tells_of_is_retired_not_deleted(root: Client) -> None:
    root.post(f"{TERMS}add/", typed())
    held = term("type", "co-assessment")
    assert root.post(f"/admin/taxonomy/term/{held.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Term.objects.filter(pk=held.pk).exists()


def test_a_change_of_the_rules_of_a_vocabulary_is_a_version_of_the_codebook(client: Client) -> None:
    held = Vocabulary.objects.get(slug="type")
    said = {"label": held.label, "definition": held.definition, "order": held.order, "rules": "### Order\n\nFirst."}
    assert list(mistakes(client.post(page_of(held), said))) == ["reason"]
    assert client.post(page_of(held), {**said, "reason": "Coders asked."}).status_code == 302
    change = CodebookChange.objects.get()
    assert (change.number, change.what, change.reason, change.kind) == (1, held, "Coders asked.", "redefined")
    assert change.differences == [("rules", "", "### Order\n\nFirst.")]
    assert "Coders asked." in client.get("/taxonomy/history/").text
    client.post(page_of(held), {**said, "reason": "Nothing changed."})
    assert CodebookChange.objects.count() == 1


def test_neighbours_and_examples_are_among_what_a_change_records(client: Client) -> None:
    held, other = term("type", "peer-support"), term("sector", "health")
    parts = {
        "include_when": "They share it.",
        "neighbours-TOTAL_FORMS": 1,
        "neighbours-0-neighbour": other.pk,
        "neighbours-0-difference": "That is a sector.",
        "neighbours-0-order": 0,
        "examples-TOTAL_FORMS": 1,
        "examples-0-fit": "near-miss",
        "examples-0-case": "apple",
        "examples-0-why": "It is none.",
        "examples-0-passage": "some words",
        "examples-0-order": 0,
    }
    said = {"definition": held.definition, "order": held.order, **parts}
    assert client.post(page_of(held), typed() | said).status_code == 302
    assert CodebookChange.objects.get().differences == [
        ("include when", "", "They share it."),
        ("neighbours", "", "sector/health: That is a sector."),
        ("examples", "", "near-miss: apple. It is none. “some words”"),
    ]


def test_the_slug_of_a_vocabulary_never_changes(client: Client) -> None:
    held = Vocabulary.objects.get(slug="type")
    client.post(page_of(held), {"label": "Kinds", "slug": "kinds", "definition": "How.", "order": 1, "reason": "So."})
    held.refresh_from_db()
    assert (held.slug, held.label) == ("type", "Kinds")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"label": ""}, {"label": ["This field is required."]}),
        ({"definition": "\0"}, {"definition": ["Null characters are not allowed."]}),
        ({"slug": "peer-support"}, {"slug": ["Term with this Vocabulary and Slug already exists."]}),
        ({"slug": "s" * 10_000}, {"slug": ["Ensure this value has at most 50 characters (it has 10000)."]}),
        ({"order": "70000"}, {"order": ["Ensure this value is less than or equal to 32767."]}),
        (
            {"broader": "x"},
            {"broader": ["Select a valid choice. That choice is not one of the available choices."]},
        ),
    ],
)
def test_a_wrong_term_is_refused(client: Client, wrong: dict[str, Any], said: dict[str, list[str]]) -> None:
    before = Term.objects.count()
    assert mistakes(client.post(f"{TERMS}add/", typed(**wrong))) == said
    assert Term.objects.count() == before


def test_a_broader_term_stands_in_the_same_vocabulary(client: Client) -> None:
    health = term("sector", "health")
    said = {"broader": ["“Health” stands in another vocabulary."]}
    assert mistakes(client.post(f"{TERMS}add/", typed(broader=health.pk))) == said
    assert mistakes(client.post(page_of(term("type", "peer-support")), typed(broader=health.pk))) == said


def test_terms_never_stand_in_a_circle(client: Client) -> None:
    above, below = term("type", "joint-action"), term("type", "joint-action-services")
    for broader in (below, above):
        response = client.post(page_of(above), typed(broader=broader.pk))
        assert mistakes(response)["broader"] == [f"“{broader}” is itself narrower than this term."]
    assert [found.slug for found in Codebook.load()["type"]][-3:] == [
        "joint-action",
        "joint-action-services",
        "joint-action-outcomes",
    ]


def test_the_list_counts_the_uses_of_each_term(client: Client) -> None:
    make_case(arrangements=[arrangement("peer-support"), arrangement("peer-support")], sectors=["health"])
    used = {row[2]: row[-1] for row in rows(client.get(TERMS))}
    # twice a type; a sector, and broader than public health
    assert (used["peer-support"], used["health"], used["sport"]) == ("2×", "2×", "–")


@pytest.mark.parametrize("number", [1, 3])
def test_the_lists_ask_as_often_for_three_as_for_one(
    client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Term.objects.exclude(broader=None).delete()
    Term.objects.all().delete()
    Vocabulary.objects.all().delete()
    for n in range(number):
        vocabulary = Vocabulary.objects.create(slug=f"v-{n}", label=f"V {n}", definition="One.")
        Term.objects.create(vocabulary=vocabulary, slug="a", label="A", definition="One.")
    with django_assert_num_queries(8):
        assert len(rows(client.get(TERMS))) == number
    with django_assert_num_queries(7):
        assert [row[-1] for row in rows(client.get(VOCABULARIES))] == ["1"] * number


@pytest.mark.parametrize("slug", ["peer-support", "health", "joint-action"])
def test_a_term_in_use_is_not_deleted_and_says_where(root: Client, slug: str) -> None:
    make_case("sharon", arrangements=[arrangement("peer-support")], sectors=["health"])
    held = Term.objects.get(slug=slug)
    named = {"peer-support": "Members support one another", "health": "Sharon", "joint-action": "Joint action services"}
    alone = root.post(f"/admin/taxonomy/term/{held.pk}/delete/", {"post": "yes"})
    many = root.post(TERMS, {"action": "delete_selected", "_selected_action": [held.pk], "post": "yes"})
    for response in (alone, many):
        assert (response.status_code, named[slug] in response.content.decode()) == (200, True)
    assert Term.objects.filter(pk=held.pk).exists()


def test_a_vocabulary_with_terms_is_not_deleted(root: Client) -> None:
    held = Vocabulary.objects.get(slug="type")
    assert root.post(f"/admin/taxonomy/vocabulary/{held.pk}/delete/", {"post": "yes"}).status_code == 200
    assert Vocabulary.objects.filter(pk=held.pk).exists()


def test_a_term_not_in_use_is_deleted(root: Client) -> None:
    held = term("sector", "sport")
    root.post(f"/admin/taxonomy/term/{held.pk}/delete/", {"post": "yes"})
    assert not Term.objects.filter(pk=held.pk).exists()


def test_nobody_else_sees_the_vocabularies() -> None:
    client = Client()
    client.force_login(make_user(is_staff=True))
    assert [client.get(address).status_code for address in (TERMS, VOCABULARIES)] == [403, 403]


@pytest.mark.parametrize("query", ["?q=%00", "?vocabulary__id__exact=x", "?vocabulary__id__exact=%00", "?o=99&p=-1"])
def test_a_wrong_question_of_a_list_is_no_error_of_ours(client: Client, query: str) -> None:
    assert client.get(TERMS + query, follow=True).status_code == 200
