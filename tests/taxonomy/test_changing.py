"""The curators' pages on which the codebook changes: first what would change, then the change; and the queue."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from annotations.models import Annotation, Code
from cases.models import Case, Recoding
from taxonomy import actions
from taxonomy.models import CodebookChange, Term
from tests.factories import make_case, make_curator, make_terms, make_user
from tests.html import one_line

pytestmark = pytest.mark.django_db

QUEUE = "/admin/cases/recoding/"
WHY = "Two readers took them for one."


@pytest.fixture
def client() -> Client:
    """A curator's browser."""
    make_terms()
    user = make_user("cora", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client = Client()
    client.force_login(user)
    return client


def term(slug: str) -> Term:
    return Term.objects.select_related("vocabulary").get(slug=slug, replaced_by=None)


def page(slug: str, verb: str) -> str:
    return f"/admin/taxonomy/term/{term(slug).pk}/{verb}/"


def said(response: Any) -> dict[str, list[str]]:
    """Return what the form says is wrong."""
    assert response.status_code == 200
    return {name: list(messages) for name, messages in response.context["form"].errors.items()}


def rows(response: Any) -> list[list[str]]:
    table = one_line(response.text).partition("<tbody>")[2].partition("</tbody>")[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[1:]]
    return [[re.sub("<[^>]*>", "", cell) for cell in row] for row in cells]


def confirmed(client: Client, held: str, verb: str, /, **typed: Any) -> Any:
    """Look at what would change, then confirm it."""
    address = page(held, verb)
    seen = client.post(address, {**typed, "_look": "1"}).context["preview"]
    return client.post(address, {"reason": WHY, **typed, "token": seen.token, "_confirm": "1"})


def test_a_merge_is_shown_case_by_case_and_written_when_confirmed(client: Client) -> None:
    make_case("apple", sectors=["sport"])
    make_case("berry", state="draft", sectors=["sport"])
    make_case("cherry", sectors=["health"])
    typed = {"into": term("education").pk}
    shown = client.post(page("sport", "merge"), {**typed, "_look": "1"})
    assert [row[:3] for row in rows(shown)] == [["Apple", "published", "sectors"], ["Berry", "draft", "sectors"]]
    assert [row[3:] for row in rows(shown)] == [["Sport", "Education"]] * 2
    assert "<strong>2 cases</strong> (1 published, 1 draft)" in one_line(shown.text)
    assert f'href="/admin/cases/case/{Case.objects.get(slug="berry").pk}/change/"' in shown.text
    assert not CodebookChange.objects.exists()
    assert confirmed(client, "sport", "merge", **typed).status_code == 302
    assert not Case.objects.filter(sectors__slug="sport").exists()


def test_notes_of_readers_are_told_by_number_alone(client: Client) -> None:
    note = Annotation.objects.create(case=make_case("apple"), author=make_user("secretive"), comment="My doubts.")
    Code.objects.create(annotation=note, term=term("sport"))
    shown = client.get(page("sport", "retire")).text
    assert "Notes of readers with this code: 1;" in shown
    assert [word for word in ("secretive", "My doubts.", note.uid) if str(word) in shown] == []


@pytest.mark.parametrize(
    ("verb", "typed", "kind"),
    [
        ("rename", {"label": "Sports", "slug": "sports"}, "renamed"),
        ("split", {"new": "Play: Without rules.\r\nGames: With rules."}, "split"),
        ("retire", {}, "retired"),
    ],
)
def test_every_change_is_confirmed_with_its_reason(client: Client, verb: str, typed: dict[str, str], kind: str) -> None:
    make_case("apple", sectors=["sport"])
    without = client.post(page("sport", verb), {**typed, "reason": "", "token": "", "_confirm": "1"})
    assert (list(said(without)), CodebookChange.objects.count()) == (["reason"], 0)
    assert confirmed(client, "sport", verb, **typed).status_code == 302
    change = CodebookChange.objects.latest("number")
    assert (change.kind, change.reason, change.by and change.by.username) == (kind, WHY, "cora")


def test_a_retired_term_is_restored(client: Client) -> None:
    actions.retire_term(term=term("sport"), by=None, reason=WHY)
    shown = client.get(page("sport", "restore"))
    token = shown.context["preview"].token
    assert client.post(page("sport", "restore"), {"reason": WHY, "token": token, "_confirm": "1"}).status_code == 302
    assert term("sport").retired_at is None


def test_what_changed_between_the_preview_and_the_confirmation_refuses_it_and_is_shown(client: Client) -> None:
    make_case("apple", sectors=["sport"])
    typed = {"into": term("education").pk, "reason": WHY}
    token = client.post(page("sport", "merge"), {**typed, "_look": "1"}).context["preview"].token
    make_case("berry", sectors=["sport"])
    refused = client.post(page("sport", "merge"), {**typed, "token": token, "_confirm": "1"})
    assert said(refused)["__all__"][0].startswith("Something changed since this was shown. Nothing was done")
    assert [row[0] for row in rows(refused)] == ["Apple", "Berry"]
    assert Case.objects.filter(sectors__slug="sport").count() == 2
    again = {**typed, "token": refused.context["preview"].token, "_confirm": "1"}
    assert client.post(page("sport", "merge"), again).status_code == 302


@pytest.mark.parametrize("token", ["", "made up", "x" * 64])
def test_nothing_is_confirmed_that_was_not_shown(client: Client, token: str) -> None:
    client.post(page("sport", "retire"), {"reason": WHY, "token": token, "_confirm": "1"})
    assert term("sport").retired_at is None


@pytest.mark.parametrize(
    ("slug", "verb", "typed", "wrong"),
    [
        ("sport", "merge", {}, "into"),
        ("sport", "merge", {"into": "x"}, "into"),
        ("sport", "rename", {"label": "Sport", "slug": "sport"}, "label"),
        ("sport", "rename", {"label": "Sport", "slug": "health"}, "slug"),
        ("sport", "split", {"new": "Play without a colon"}, "new"),
        ("sport", "split", {"new": "Play: Without rules."}, "into"),
        ("peer-support", "retire", {}, "__all__"),
        ("health", "retire", {}, "__all__"),
    ],
)
def test_a_wrong_change_says_so_beside_the_field(
    client: Client, slug: str, verb: str, typed: dict[str, str], wrong: str
) -> None:
    for button in ("_look", "_confirm"):
        assert list(said(client.post(page(slug, verb), {**typed, "reason": WHY, button: "1"}))) == [wrong]
    assert not CodebookChange.objects.exists()


def test_a_reason_that_cannot_be_kept_is_shown_with_what_to_do_next(client: Client) -> None:
    response = client.post(page("sport", "retire"), {"reason": "Not\0so", "_confirm": "1"})
    assert said(response) == {"reason": ["Null characters are not allowed."]}
    assert "Null characters are not allowed." in response.text
    assert 'name="_look"' in response.text


def test_a_term_of_the_code_offers_no_way_to_take_it_away(client: Client) -> None:
    offered = {
        slug: re.findall(r'href="\.\./(\w+)/"', client.get(f"/admin/taxonomy/term/{term(slug).pk}/change/").text)
        for slug in ("peer-support", "sport")
    }
    assert offered == {"peer-support": ["rename"], "sport": ["rename", "merge", "split", "retire"]}


def test_what_leads_to_another_term_is_only_looked_at(client: Client) -> None:
    merged = term("sport")
    actions.merge_terms(term=merged, into=term("education"), by=None, reason=WHY)
    address = f"/admin/taxonomy/term/{merged.pk}/change/"
    assert "It leads to" in client.get(address).text
    assert client.post(address, {"definition": "Else.", "reason": WHY, "opened": 1}).status_code == 403


def test_who_may_not_change_the_codebook_sees_none_of_these_pages() -> None:
    make_terms()
    make_case("secret-draft", state="draft", sectors=["sport"])
    client = Client()
    client.force_login(make_user(is_staff=True))
    for verb in ("rename", "merge", "split", "retire", "restore"):
        assert client.get(page("sport", verb)).status_code == 403
        assert client.post(page("sport", verb), {"reason": WHY, "_confirm": "1"}).status_code == 403
    assert client.get(QUEUE).status_code == 403


@pytest.mark.parametrize("key", ["0", "x", "9" * 30])
def test_a_term_that_is_not_there_leads_back(client: Client, key: str) -> None:
    assert client.get(f"/admin/taxonomy/term/{key}/merge/").status_code == 302


# The queue -----------------------------------------------------------------------------------------------------------


def queued(slug: str = "apple", state: str = "draft") -> Recoding:
    make_case(slug, state=state, sectors=["sport"])
    actions.retire_term(term=term("sport"), by=None, reason=WHY)
    return Recoding.objects.get()


def test_the_queue_leads_to_the_case_and_is_settled_with_a_note(client: Client) -> None:
    entry = queued()
    assert f'href="/admin/cases/case/{entry.case_id}/change/"' in client.get(QUEUE).text
    address = f"{QUEUE}{entry.pk}/change/"
    refused = client.post(address, {"note": " "})
    assert list(refused.context["adminform"].form.errors) == ["note"]
    assert client.post(address, {"note": "It is about sport."}).status_code == 302
    entry.refresh_from_db()
    assert (entry.outcome, entry.settled_by and entry.settled_by.username) == ("still-right", "cora")
    assert [len(rows(client.get(f"{QUEUE}{query}"))) for query in ("", "?standing=settled", "?standing=all")] == [
        0,
        1,
        1,
    ]
    assert client.post(address, {"note": "Again."}).status_code == 403


@pytest.mark.parametrize("number", [1, 3])
def test_the_queue_asks_as_often_for_three_as_for_one(
    client: Client, number: int, django_assert_num_queries: Any
) -> None:
    for place in range(number):
        make_case(f"case-{place}", sectors=["sport"])
    actions.retire_term(term=term("sport"), by=make_curator(), reason=WHY)
    with django_assert_num_queries(8):
        assert len(rows(client.get(QUEUE))) == number
