"""The pages "Annotations" and "My annotations": what they list, say and lead to."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from annotations import actions
from annotations.models import Annotation
from cases.actions import withdraw_case
from cases.models import Case
from tests.factories import make_case, make_user

from ..notes import STORY, make_group, make_note, make_reply, rewrite, said

pytestmark = pytest.mark.django_db

ALL, MINE = "/annotations/", "/annotations/mine/"


class Browser(Client):
    """A client that asks for pages."""

    def __init__(self, user: User | None = None) -> None:
        super().__init__(headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        if user:
            self.force_login(user)


@pytest.fixture
def case() -> Case:
    return make_case("library", title="Libraries & more", narrative=STORY)


@pytest.fixture
def ann() -> User:
    return make_user("ann", name="Ann Reader")


@pytest.fixture
def bob() -> User:
    return make_user("bob", name="Bob Other")


def text(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def listed(response: Any) -> list[str]:
    """Return the ids of the notes that a page lists, in its order."""
    return re.findall(r'<li class="hit listed" id="note-([\w-]+)"', response.content.decode())


def items(response: Any) -> list[str]:
    """Return what a page says of each note."""
    found = re.findall(r'<li class="hit listed".*?</li>\n', response.content.decode(), re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", item)).split()) for item in found]


def total(response: Any) -> int:
    (number,) = re.findall(r'id="notes-total" data-total="(\d+)"', response.content.decode())
    return int(number)


def links(response: Any) -> dict[str, str]:
    """Return the addresses of a page's links by their words."""
    found = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', response.content.decode(), re.DOTALL)
    return {" ".join(re.sub(r"<[^>]+>", " ", words).split()): unescape(address) for address, words in found}


# What is listed


def test_everything_that_one_may_read_is_listed_the_latest_first(case: Case, ann: User, bob: User) -> None:
    group = make_group(bob, ann)
    public = make_note(case, bob, comment="For all", audience="public")
    shared = make_note(case, bob, "it grew", group=group)
    own = make_note(case, ann, "", "Mine alone")
    private = make_note(case, bob, "", "His alone")
    seen = {user: listed(Browser(user).get(ALL)) for user in (None, ann, bob)}
    assert seen == {
        None: [public.uid],
        ann: [own.uid, shared.uid, public.uid],
        bob: [private.uid, shared.uid, public.uid],
    }
    assert [total(Browser(user).get(ALL)) for user in (None, ann, bob)] == [1, 3, 3]


def test_my_annotations_are_those_that_i_wrote(case: Case, ann: User, bob: User) -> None:
    make_note(case, bob, audience="public")
    first, second = make_note(case, ann, comment="One"), make_note(case, ann, "it grew", audience="public")
    page = Browser(ann).get(MINE)
    assert (listed(page), total(page)) == ([second.uid, first.uid], 2)
    assert "facet-author" not in page.content.decode()


def test_whoever_is_not_signed_in_is_asked_to_for_their_own(case: Case) -> None:
    response = Browser().get(f"{MINE}?tag=trust")
    assert (response.status_code, response["Location"]) == (
        302,
        "/accounts/login/?next=/annotations/mine/%3Ftag%3Dtrust",
    )


def test_a_note_says_what_it_is(case: Case, ann: User, bob: User) -> None:
    group = make_group(bob, ann, name="Readers <3")
    note = make_note(case, ann, "began small", "It *began*.", group=group, tags=["to check"], codes=["mode:digital"])
    make_reply(note, bob, "No.")
    make_note(case, ann, "", "On all of it")
    actions.create_note(case=None, passage=None, content=said("A book"), by=ann)
    actions.resolve_thread(note=note, by=ann)
    rewrite(case, "Other words altogether, nothing of it is left.")
    Annotation.objects.update(created_at=datetime(2026, 3, 1, 12, tzinfo=timezone.get_current_timezone()))
    day = "1 March 2026"
    erase = "Edit the note of 1 March 2026, 12:00 Delete the note of 1 March 2026, 12:00"
    facts = f"Library You · Readers <3 · {day} · no longer placed · resolved"
    assert items(Browser(ann).get(f"{ALL}?sort=created")) == [
        f"{facts} began small It began . Digital #to check {erase}",
        f"Answer to you, Library Bob Other · Readers <3 · {day} · resolved No.",
        f"Library You · only me · {day} · on the case as a whole On all of it {erase}",
        f"Something elsewhere You · only me · {day} A book {erase}",
    ]


def test_only_ones_own_notes_can_be_changed_from_it(case: Case, ann: User, bob: User) -> None:
    own, other = make_note(case, ann), make_note(case, bob, "it grew", audience="public")
    addresses = set(re.findall(r'href="([^"]*)"', Browser(ann).get(ALL).content.decode()))
    assert {f"/annotations/{note.uid}/" in addresses for note in (own, other)} == {True}
    assert {verb for verb in ("edit", "delete") if f"/annotations/{own.uid}/{verb}/" in addresses} == {"edit", "delete"}
    assert not {verb for verb in ("edit", "delete") if f"/annotations/{other.uid}/{verb}/" in addresses}


def test_an_answer_does_not_name_who_wrote_what_is_not_shown(case: Case, ann: User, bob: User) -> None:
    for hide in (True, False):
        note = make_note(case, bob, "", "Rude", audience="public")
        make_reply(note, ann, "Why?")
        if hide:
            Annotation.objects.filter(pk=note.pk).update(hidden_at=timezone.now())
        else:
            actions.delete_note(note=note, by=bob)
    page = text(Browser().get(ALL))
    assert page.count("Answer to a note that is not shown, Libraries & more") == 2
    assert "Bob" not in page


def test_ones_notes_on_a_withdrawn_case_are_kept_and_marked(case: Case, ann: User) -> None:
    make_note(case, ann, audience="public")
    withdraw_case(case=case, by=None, reason="It was counted twice.")
    (item,) = items(Browser(ann).get(MINE))
    assert item.startswith("Libraries & more withdrawn You")
    assert total(Browser().get(ALL)) == 0


def test_what_people_wrote_is_harmless_wherever_it_stands(case: Case, ann: User) -> None:
    evil = "\"><script>alert('x')</script>"
    make_note(case, ann, comment=evil, tags=[evil, "a b"])
    page = Browser(ann).get(ALL, {"tag": evil, "q": evil}).content.decode()
    assert page.count("<script>alert") == 0
    assert len(re.findall(r'<a id="tag-a%20b" ', page)) == 1


# What it leads to


def test_its_links_narrow_and_its_pills_take_that_back(case: Case, ann: User) -> None:
    make_note(case, ann, comment="One", tags=["trust"], codes=["mode:digital"])
    make_note(case, ann, "it grew", "Two")
    browser = Browser(ann)
    narrow = links(browser.get(MINE))["#trust"]
    assert narrow == f"{MINE}?tag=trust"
    page = browser.get(f"{narrow}&q=one&kind=passage")
    assert total(page) == 1
    assert {words: url for words, url in links(page).items() if "(remove)" in words} == {
        "kind: on a passage ✕ (remove)": f"{MINE}?tag=trust&q=one",
        "tag: trust ✕ (remove)": f"{MINE}?q=one&kind=passage",
        "search: “one” ✕ (remove)": f"{MINE}?tag=trust&kind=passage",
    }
    assert links(page)["Clear all"] == MINE


def test_the_search_keeps_what_was_chosen(case: Case, ann: User) -> None:
    make_note(case, ann, tags=["trust"])
    page = Browser(ann).get(f"{MINE}?tag=trust&sort=position").content.decode()
    assert '<input type="hidden" name="tag" value="trust">' in page
    assert '<option value="position" selected>' in page


def test_the_same_notes_are_taken_as_data(case: Case, ann: User) -> None:
    make_note(case, ann, tags=["trust"])
    page = links(Browser(ann).get(f"{MINE}?tag=trust&page=1"))
    whole = "?tag=trust&author=ann"
    assert {words: url for words, url in page.items() if url.endswith("author=ann")} == {
        "JSON": f"/api/v1/annotations/{whole}",
        "CSV": f"/export/annotations.csv{whole}",
        "spreadsheet (XLSX)": f"/export/annotations.xlsx{whole}",
        "W3C annotations (JSON-LD)": f"/export/annotations.jsonld{whole}",
        "project for QDA software (QDPX)": f"/export/annotations.qdpx{whole}",
    }
    assert Client().get(f"{page['JSON']}").status_code == 400, "nobody else reads them"


@pytest.mark.parametrize(
    ("format_", "address"),
    [("json", "/api/v1/annotations/?case=library"), ("csv", "/export/annotations.csv?case=library"),
     ("xlsx", "/export/annotations.xlsx?case=library"), ("jsonld", "/export/annotations.jsonld?case=library"),
     ("qdpx", "/export/annotations.qdpx?case=library")],
)  # fmt: skip
def test_format_leads_from_the_page_to_its_data(case: Case, format_: str, address: str) -> None:
    response = Browser().get(f"{ALL}?case=library&format={format_}&page=1")
    assert (response.status_code, response["Location"]) == (302, address)


def test_html_is_the_page_itself(case: Case, ann: User) -> None:
    assert Browser(ann).get(f"{MINE}?format=html").status_code == 200


def test_it_leads_to_groups_and_where_there_is_one_to_the_import(ann: User) -> None:
    page = links(Browser(ann).get(MINE))
    assert (page["Groups"], page["All that you may read"]) == ("/annotations/groups/", ALL)
    assert links(Browser(ann).get(ALL))["My annotations"] == MINE
    try:
        address = reverse("interchange:import-notes")
    except NoReverseMatch:
        address = None
    assert page.get("Import notes") == address


def test_it_comes_in_pages(case: Case, ann: User) -> None:
    made = [make_note(case, ann).uid for _ in range(3)]
    browser = Browser(ann)
    first = browser.get(f"{MINE}?page_size=2&sort=created")
    assert (listed(first), links(first)["Next →"]) == (made[:2], f"{MINE}?page_size=2&sort=created&page=2")
    second = browser.get(links(first)["Next →"])
    assert (listed(second), total(second), links(second)["← Previous"]) == (
        made[2:],
        3,
        f"{MINE}?page_size=2&sort=created&page=1",
    )
    beyond = browser.get(f"{MINE}?page_size=2&page=3")
    assert (beyond.status_code, listed(beyond), links(beyond)["Start again"]) == (404, [], MINE)


# What goes wrong


def test_a_wrong_question_says_what_is_wrong_and_lists_nothing(case: Case, ann: User) -> None:
    make_note(case, ann)
    page = Browser(ann).get(f"{MINE}?tag=nowhere&colour=red")
    assert (page.status_code, listed(page), total(page)) == (400, [], 0)
    assert "tag No note that you may read has the tag “nowhere”. colour There is no such parameter." in text(page)
    assert links(page)["Start again"] == MINE


def test_other_authors_are_not_asked_for_among_ones_own(case: Case, ann: User, bob: User) -> None:
    make_note(case, bob, audience="public")
    for name in ("bob", "ann", "nobody"):
        page = Browser(ann).get(f"{MINE}?author={name}")
        assert (page.status_code, listed(page)) == (400, [])
    assert "Here are your own notes." in text(page)


def test_where_there_is_nothing_it_says_what_to_do(case: Case, ann: User) -> None:
    assert "You have written no notes yet. Open a case , select words of its narrative" in text(Browser(ann).get(MINE))
    assert "There are no notes that you may read yet. Open a case and sign in" in text(Browser().get(ALL))
    make_note(case, ann)
    page = text(Browser(ann).get(f"{MINE}?q=zebra"))
    assert "No note answers this question. Remove one of the choices above." in page


def test_it_is_only_read(ann: User) -> None:
    assert [Browser(ann).generic(method, MINE).status_code for method in ("POST", "PUT", "DELETE")] == [405, 405, 405]
    assert Browser(ann).head(MINE).status_code == 200


@pytest.mark.parametrize("address", [ALL, MINE, f"{MINE}?tag=nowhere", f"{MINE}?format=csv"])
def test_no_cache_keeps_it(case: Case, ann: User, address: str) -> None:
    make_note(case, ann)
    response = Browser(ann).get(address)
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))


# What it costs


@pytest.mark.parametrize("number", [1, 3])
def test_a_page_asks_as_often_however_many_notes_it_lists(
    ann: User, bob: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    group = make_group(bob, ann)
    for slug in ("a", "b", "c")[:number]:
        case = make_case(slug, narrative=STORY)
        note = make_note(
            case, bob, "began small", group=group, tags=["trust", slug], codes=["type:joint-action-services"]
        )
        make_reply(note, ann)
    browser = Browser(ann)
    with django_assert_num_queries(22):  # version, who asks (4), total, notes with tags and codes (3), facets (13)
        assert len(listed(browser.get(ALL))) == 2 * number
