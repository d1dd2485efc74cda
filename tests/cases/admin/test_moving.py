"""Merging two things of a register and splitting one, at the curators' pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from cases import actions
from cases.models import Case, Organisation, Passage, Source, Version
from cases.review import overview, twins
from cases.serializers import validate_record
from tests.cases.admin.pages import opened, rows
from tests.factories import arrangement, claim, make_case, make_organisation, make_passage, make_place, make_source
from tests.html import one_line

pytestmark = pytest.mark.django_db


def page(thing: Any, verb: str) -> str:
    return f"/admin/cases/{type(thing)._meta.model_name}/{thing.pk}/{verb}/"


def record_of(slug: str) -> str:
    return json.dumps(Client().get(f"/api/v1/cases/{slug}/").json())


def test_a_merge_is_shown_then_done_and_the_slug_leads_on(client: Client, curator: User) -> None:
    old = Source.objects.get()
    make_source("wake-2013")
    cited = [{"source": "loeffler-2020"}, {"source": "wake-2013"}]
    make_case("apple", arrangements=[arrangement()], claims=[claim("ten", 10)], sources=cited)
    make_passage("words that no case quotes", old)
    said = {"into": "wake-2013", "reason": "One work."}
    shown = client.post(page(old, "merge"), said).content.decode()
    assert ("1 case would name the other" in shown, "Apple" in shown) == (True, True)
    assert Source.objects.current().count() == 2
    client.post(page(old, "merge"), said | {"_confirm": "yes"})
    assert "loeffler" not in record_of("apple")
    assert set(Passage.objects.values_list("source__slug", flat=True)) == {"wake-2013"}
    version = Version.objects.filter(case__slug="apple").latest("number")
    assert (version.act, version.history_user) == ("regrouped", curator)
    assert version.history_change_reason.endswith("One work.")
    assert [row["slug"] for row in Client().get("/api/v1/results/?source=loeffler-2020").json()["results"]] == ["apple"]
    response = Client().get("/api/v1/sources/loeffler-2020/")
    assert (response.status_code, response["Location"][-11:]) == (301, "/wake-2013/")
    assert len(rows(client.get("/admin/cases/source/"))) == 1


def test_what_was_written_before_a_merge_is_read_on(curator: User) -> None:
    make_organisation("old-fund")
    make_organisation("new-fund")
    part = {"organisation": "old-fund", "part": "funder", "passage": None}
    case = make_case("apple", organisations=[part])
    before = Client().get("/api/v1/cases/apple/").json()
    before = {name: before[name] for name in before if name not in {"state", "codings", "version", "url"}}
    before = {name: value for name, value in before.items() if not name.endswith("_at")}
    old, new = (Organisation.objects.get(slug=slug) for slug in ("old-fund", "new-fund"))
    actions.merge_things(thing=old, into=new, by=curator, reason="One.")
    case.refresh_from_db()
    changed = validate_record({**before, "summary": "Another."}, case)
    actions.change_case(case=case, record=changed, by=curator, version=case.version)
    assert "new-fund" in record_of("apple")
    assert Client().get(f"/cases/apple/versions/{case.version - 1}/").status_code == 200


def test_some_cases_of_a_source_are_moved_to_a_new_one(client: Client) -> None:
    kept = Source.objects.get()
    for slug in ("apple", "pear"):
        make_case(slug, claims=[claim(f"ten in {slug}", 10)], sources=[{"source": "loeffler-2020"}])
    said = {"chosen": ["pear"], "reason": "Another work.", "new_authors": "Loeffler", "new_title": "C++ for care"}
    shown = client.post(page(kept, "split"), said).content.decode()
    assert "1 case would name the other" in shown
    assert Source.objects.count() == 1
    client.post(page(kept, "split"), said | {"_confirm": "yes"})
    new = Source.objects.exclude(pk=kept.pk).get()
    assert new.slug == "loeffler-c-for-care"
    assert ("loeffler-2020" in record_of("pear"), new.slug in record_of("apple")) == (False, False)
    assert {p.exact for p in kept.passages.all()} == {"citizens took part", "ten in apple"}
    assert {p.exact for p in new.passages.all()} == {"citizens took part", "ten in pear"}


@pytest.mark.parametrize(
    ("verb", "said", "field"),
    [
        ("merge", {"into": "", "reason": "One."}, "into"),
        ("merge", {"into": "nowhere", "reason": "One."}, "into"),
        ("merge", {"into": "loeffler-2020", "reason": "One."}, "into"),
        ("merge", {"into": "wake-2013", "reason": " "}, "reason"),
        ("split", {"chosen": [], "into": "wake-2013", "reason": "Two."}, "others"),
        ("split", {"others": "nowhere", "into": "wake-2013", "reason": "Two."}, "others"),
        ("split", {"others": "plum", "into": "wake-2013", "reason": "Two."}, "others"),
        ("split", {"chosen": ["apple"], "reason": "Two."}, "into"),
        ("split", {"chosen": ["apple"], "into": "wake-2013", "new_title": "A", "reason": "Two."}, "into"),
        ("split", {"chosen": ["apple"], "new_authors": "WAKE", "new_year": "2020",
                   "new_title": "the book of wake-2013", "reason": "Two."}, "new_title"),
    ],
)  # fmt: skip
def test_a_wrong_wish_is_said_at_its_field_and_changes_nothing(
    client: Client, verb: str, said: dict[str, Any], field: str
) -> None:
    make_source("wake-2013")
    make_case("apple")
    Case.objects.create(slug="plum", kind=Case.objects.get().kind)
    before = list(Version.objects.values_list("pk"))
    source = Source.objects.get(slug="loeffler-2020")
    response = client.post(page(source, verb), said | {"_confirm": "yes"})
    assert list(response.context["form"].errors) == [field]
    assert (list(Version.objects.values_list("pk")), Source.objects.current().count()) == (before, 2)


@pytest.mark.parametrize(
    ("register", "typed", "field"),
    [
        ("source", {"authors": "LOEFFLER", "year": "2020", "title": "The  book of Loeffler-2020"}, "title"),
        ("organisation", {"name": "\uff2bings Fund", "country": "GB"}, "name"),
        ("place", {"name": "birmingham", "country": "GB"}, "name"),
    ],
)
def test_the_same_thing_is_not_entered_twice(client: Client, register: str, typed: dict[str, Any], field: str) -> None:
    make_organisation()
    make_place()
    address = f"/admin/cases/{register}/add/"
    response = client.post(address, opened(client, address) | typed | {"slug": "another"})
    [said] = response.context["adminform"].form.errors[field]
    assert said.startswith("The same stands already: ")


def test_twins_are_counted_so_far_as_the_overview_says(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Merged ones are no twins: neither of the one that they lead to, nor of one another."""
    for place in range(4):
        make_organisation(f"care-{place}", name="Care", country="GB")
    for place in range(3):
        merged = make_organisation(f"fund-{place}", name="Fund", country="GB")
        Organisation.objects.filter(pk=merged.pk).update(replaced_by=Organisation.objects.get(slug="fund-0"))
    Organisation.objects.filter(slug="fund-0").update(replaced_by=None)
    label = "Organisations whose words another has, too"
    for most, told in ((5, ">4</a>"), (4, ">4</a>"), (3, ">more than 3</a>")):
        cache.clear()
        monkeypatch.setattr(overview, "MOST_COUNTED", most)
        monkeypatch.setattr(twins, "MOST_COUNTED", most)
        shown = one_line(client.get("/curation/").content.decode())
        assert (label in shown, told in shown.partition(label)[2][:400]) == (True, True), most


def test_twins_of_before_can_be_edited_and_are_shown_to_be_merged(client: Client) -> None:
    make_organisation("one", name="Care", country="GB")
    twin = make_organisation("two", name="CARE", country="GB")
    make_organisation("three", name="The Câre", country="")
    make_organisation("four", name="Care", country="FR")
    counted = client.get("/curation/").content.decode()
    assert ("twins=same" in counted, "twins=alike" in counted) == (True, True)
    listed = {name: rows(client.get(f"/admin/cases/organisation/?twins={name}")) for name in ("same", "alike", "x")}
    assert {name: sorted(row[2] for row in found) for name, found in listed.items()} == {
        "same": ["one", "two"],
        "alike": ["four", "three"],
        "x": [],
    }
    address = f"/admin/cases/organisation/{twin.pk}/change/"
    assert client.post(address, opened(client, address)).status_code == 302
    assert client.post(address, opened(client, address) | {"name": "Care "}).status_code == 302
