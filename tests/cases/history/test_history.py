"""The history of a case: what readers see of it, old versions whole, two compared, and going back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Permission
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import User
from cases import actions
from cases.history.reading import case_at_version, readable_versions
from cases.models import Case, CurrentVersion, Place, Version
from cases.record import convert
from cases.serializers import validate_record
from cases.views import history
from tests.factories import arrangement, claim, make_case, make_curator, make_user, passage
from tests.html import one_line

pytestmark = pytest.mark.django_db

WHOLE: dict[str, Any] = {
    "arrangements": [
        arrangement("peer-support", ["user"], ["digital"]),
        arrangement("joint-action-services", ["user", "community"]),
    ],
    "pathways": [{"pathway": "promote-behaviour-change", "basis": "section", "passage": passage("to change")}],
    "sectors": ["public-health"],
    "places": ["berkshire"],
    "years": {"start": 2008, "ongoing": True, "passage": passage("since 2008")},
    "evidence": {"level": "evaluation", "direction": "positive", "note": "", "passage": passage("was evaluated")},
    "claims": [claim("two thirds", 2, out_of=3), claim("16.5%", 16.5, unit="%")],
    "organisations": [{"organisation": "berkshire-nhs", "part": "funder", "passage": passage("is funded")}],
    "sources": [{"source": "sharon-2020", "locator": "p. 3"}],
    "caveats": [{"kind": "limitation", "text": "Few were asked.", "passage": passage("few took part")}],
    "democratic_quality": {"judgement": "concern-raised", "reason": "Few decide.", "passage": passage("few decide")},
}


@pytest.fixture
def curator() -> User:
    return make_curator(name="Cora")


def make_contributor() -> User:
    user = make_user("author")
    user.user_permissions.add(Permission.objects.get(codename="add_case"))
    return User.objects.get(pk=user.pk)


def plain(case: Case) -> dict[str, Any]:
    said: dict[str, Any] = convert.to_primitive(convert.record_from_case(Case.objects.whole().get(pk=case.pk)))
    return said


def change(case: Case, by: User | None = None, reason: str = "", **fields: Any) -> Case:
    case.refresh_from_db()
    said = plain(case) | fields
    said["absent"] = {name: kind for name, kind in said["absent"].items() if not said[name]}
    return actions.change_case(
        case=case, record=validate_record(said, case), by=by, version=case.version, reason=reason
    )


def numbers(html: str) -> list[int]:
    return [int(number) for number in re.findall(r"/versions/(\d+)/\">Version", html)]


def version(case: Case, number: int) -> Any:
    return Version.objects.get(case=case, number=number)


@pytest.fixture
def drafted() -> Case:
    """A case that was a draft in its versions 1 and 2, and has two published ones."""
    case = make_case("sharon", state="draft")
    change(case, reason="Secret reason", title="Secret title")
    change(case, title="Sharon")
    case.refresh_from_db()
    actions.publish_case(case=case, by=None)
    return change(case, title="Sharon, again")


def test_readers_see_no_more_of_drafts_than_the_gap_in_the_numbers(client: Client, drafted: Case) -> None:
    html = one_line(client.get("/cases/sharon/history/").text)
    assert numbers(html) == [5, 4]
    assert "Secret" not in html
    assert re.findall(r"\?from=(\d+)&amp;to=(\d+)", html) == [("4", "5")]
    api = client.get("/api/v1/cases/sharon/versions/").json()
    assert [each["number"] for each in api["results"]] == [5, 4]
    for number in (1, 2, 3):
        answers = [
            client.get(f"/cases/sharon/versions/{number}/"),
            client.get(f"/cases/sharon/compare/?from={number}&to=5"),
            client.get(f"/api/v1/cases/sharon/versions/{number}/"),
            client.get(f"/api/v1/cases/sharon/versions/5/difference/?with={number}"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert not any("Secret" in answer.text for answer in answers)
    assert client.get("/api/v1/cases/sharon/versions/4/difference/").json() == []


def test_curators_see_every_version(client: Client, drafted: Case, curator: User) -> None:
    client.force_login(curator)
    html = one_line(client.get("/cases/sharon/history/").text)
    assert (numbers(html), "Secret reason" in html) == ([5, 4, 3, 2, 1], True)


def test_what_changed_while_a_case_was_withdrawn_is_not_told(client: Client, drafted: Case, curator: User) -> None:
    drafted.refresh_from_db()
    actions.withdraw_case(case=drafted, by=curator, reason="Checked first.")
    change(drafted, title="Secret title")
    change(drafted, title="Sharon")
    drafted.refresh_from_db()
    actions.publish_case(case=drafted, by=curator)
    assert numbers(client.get("/cases/sharon/history/").text) == [9, 6, 5, 4]


def test_whoever_entered_a_draft_reads_its_history_and_nobody_else(client: Client) -> None:
    author = make_contributor()
    make_case("sharon", state="draft")
    Case.objects.update(created_by=author)
    client.force_login(make_user("other"))
    assert client.get("/cases/sharon/history/").status_code == 404
    client.force_login(author)
    assert numbers(client.get("/cases/sharon/history/").text) == [1]


def test_only_its_author_and_curators_are_given_versions_of_what_is_not_published(drafted: Case, curator: User) -> None:
    drafted.refresh_from_db()
    redrafted = actions.redraft_case(
        case=actions.withdraw_case(case=drafted, by=None, reason="Checked first."), by=None
    )
    author = make_contributor()
    Case.objects.update(created_by=author)
    redrafted.refresh_from_db()
    readers = (None, AnonymousUser(), make_user("other"), author, curator)
    assert [readable_versions(redrafted, reader).count() for reader in readers] == [0, 0, 0, 7, 7]


def test_a_version_tells_who_why_and_what_in_one_line(client: Client, drafted: Case, curator: User) -> None:
    change(drafted, curator, "The <b>book</b> says so.", summary="Otherwise.", sectors=["health"])
    html = one_line(client.get("/cases/sharon/history/").text)
    assert "Changed</span> by Cora, " in html
    assert "<q>The &lt;b&gt;book&lt;/b&gt; says so.</q>" in html
    assert "Summary, 1 sector added" in html
    assert "Published</span> by the catalogue itself, " in html


def test_who_proposed_and_who_accepted_are_both_named(client: Client, drafted: Case, curator: User) -> None:
    drafted.refresh_from_db()
    asker = make_user("rita", name="Rita")
    proposal = actions.suggest_correction(
        case=drafted, texts={"title": "Sharon today"}, by=asker, version=drafted.version, reason="Its new name."
    )
    actions.accept_proposal(
        proposal=proposal,
        record=validate_record(proposal.record, drafted),
        by=curator,
        version=proposal.version,
        case_version=drafted.version,
    )
    assert "by Rita, accepted by Cora, " in client.get("/cases/sharon/history/").text
    newest = client.get("/api/v1/cases/sharon/versions/").json()["results"][0]
    assert [newest[name] for name in ("by", "accepted_by", "act", "reason")] == [
        "Rita", "Cora", "accepted", "Its new name.",
    ]  # fmt: skip


def test_the_history_has_pages_each_compared_to_its_end(
    client: Client, drafted: Case, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "VERSIONS_PER_PAGE", 2)
    client.force_login(curator)
    pages = [client.get(f"/cases/sharon/history/?page={page}").text for page in (1, 2, 3)]
    assert [numbers(html) for html in pages] == [[5, 4], [3, 2], [1]]
    assert ["?from=1&amp;to=2" in html for html in pages] == [False, True, False]
    assert [client.get(f"/cases/sharon/history/?page={page}").status_code for page in (4, 0, "x")] == [404] * 3


@pytest.mark.parametrize("changes", [1, 3])
def test_the_history_asks_a_literal_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, changes: int
) -> None:
    case = make_case("sharon")
    for number in range(changes):
        change(case, title=f"Sharon {number}")
    with django_assert_num_queries(5):  # the catalogue's version, the case; how many versions, those, their proposals
        assert len(numbers(client.get("/cases/sharon/history/").text)) == changes + 1


# One version, whole


def test_a_version_reads_as_the_case_that_it_was(client: Client) -> None:
    case = make_case("sharon", **WHOLE)
    before = plain(case)
    change(case, title="Other", arrangements=[], claims=[], pathways=[], sources=[], caveats=[], places=[], sectors=[])
    stood = case_at_version(case, version(case, 2))
    assert convert.to_primitive(convert.record_from_case(stood)) == before
    html = one_line(client.get("/cases/sharon/versions/2/").text)
    for words in ("to change", "since 2008", "was evaluated", "few took part", "2 of 3", "16.5%", "Berkshire", "p. 3"):
        assert words in html, words
    assert len(re.findall('id="claim-', html)) == len(set(re.findall(r'id="claim-\d', html))) == 2


def test_a_version_says_what_it_is_and_leads_to_the_others(client: Client, drafted: Case) -> None:
    change(drafted, title="Sharon, at last")
    html = one_line(client.get("/cases/sharon/versions/5/").text)
    assert "This is version 5 of 6" in html
    assert '<link rel="canonical" href="' + settings.BASE_URL + '/cases/sharon/">' in html
    assert re.findall(r'href="/cases/sharon/versions/(\d+)/" rel="(\w+)"', html) == [("4", "prev"), ("6", "next")]
    assert re.findall(r"\?from=(\d+)&amp;to=(\d+)", html) == [("4", "5"), ("5", "6")]
    assert f". {settings.BASE_URL}/cases/sharon/versions/5/. Coded from" in html
    assert "Notes stand beside" in html


def test_the_citation_names_the_address_of_the_version(client: Client, drafted: Case) -> None:
    html = one_line(client.get("/cases/sharon/").text)
    assert re.search(rf"version 5 of [^.]+\. {settings.BASE_URL}/cases/sharon/versions/5/\. Coded from", html)
    assert client.get("/cases/sharon/versions/5/").status_code == 200


def test_what_is_no_longer_there_is_called_by_its_slug(client: Client) -> None:
    case = make_case("sharon", places=["atlantis"])
    change(case, places=[])
    Place.objects.get(slug="atlantis").delete()
    html = one_line(client.get("/cases/sharon/versions/2/").text)
    assert "<dt>Where</dt><dd>atlantis</dd>" in html
    assert client.get("/cases/sharon/compare/?from=2&to=3").status_code == 200


def test_a_version_asks_a_literal_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_case("sharon", **WHOLE)
    # the catalogue's version, the case, the version; terms, sources, organisations, places; who accepted; neighbours
    with django_assert_num_queries(10):
        client.get("/cases/sharon/versions/2/")


# Two compared


def test_any_two_versions_are_compared_with_the_words_marked(client: Client, drafted: Case) -> None:
    change(drafted, summary="Citizens do it together.")
    change(drafted, title="Sharon <3")
    html = one_line(client.get("/cases/sharon/compare/?from=4&to=7").text)
    assert "From version 4 to version 7" in html
    assert "and staff" in re.sub("<[^>]+>", "", "".join(re.findall("<del>.*?</del>", html)))
    assert "Sharon &lt;3" in re.sub("<(?!3)[^>]+>", "", html)
    assert "difference.css" in html


def test_without_numbers_the_last_change_is_shown(client: Client, drafted: Case) -> None:
    assert "From version 4 to version 5" in client.get("/cases/sharon/compare/").text
    assert "Nothing differs." in client.get("/cases/sharon/compare/?from=5&to=5").text


WRONG = {
    **dict.fromkeys(["from=x&to=5", "from=&to=5", "from=4&to=-1", f"from={10**30}&to=5", "from=%C2%B2&to=5"], 400),
    **dict.fromkeys(["from=4&to=99", "from=0&to=5", "to=4"], 404),
}


def test_wrong_numbers_get_a_page_that_says_so(client: Client, drafted: Case) -> None:
    answers = {query: client.get(f"/cases/sharon/compare/?{query}") for query in WRONG}
    assert {query: answer.status_code for query, answer in answers.items()} == WRONG
    assert [query for query, answer in answers.items() if 'role="alert"' not in answer.text] == []


# Going back


@pytest.fixture
def reverting(client: Client, drafted: Case, curator: User) -> Client:
    client.force_login(curator)
    return client


REVERT = "/cases/sharon/versions/4/revert/"


def test_going_back_is_seen_first_and_is_a_version_with_its_reason(reverting: Client) -> None:
    asked = reverting.get(REVERT)
    assert (asked.status_code, ", again] </del>" in re.sub("<(?!/?del)[^>]+>", "", one_line(asked.text))) == (200, True)
    done = reverting.post(REVERT, {"version": "5", "reason": "Too much."})
    assert (done.status_code, done["Location"]) == (302, "/cases/sharon/history/")
    case = Case.objects.get()
    assert (case.title, case.version) == ("Sharon", 6)
    assert version(case, 6).history_change_reason == "As in version 4. Too much."
    assert "Brought back to an earlier version</span> by Cora" in one_line(reverting.get("/cases/sharon/history/").text)


def test_going_back_keeps_the_address(reverting: Client, curator: User) -> None:
    actions.rename_case(case=Case.objects.get(), to="sharon-net", by=curator, reason="Its name.")
    address = "/cases/sharon-net/versions/4/revert/"
    assert "Address" not in reverting.get(address).text
    assert reverting.post(address, {"version": "6"}).status_code == 302
    assert (Case.objects.get().slug, Case.objects.get().title) == ("sharon-net", "Sharon")


def test_going_back_from_an_older_version_is_refused_with_what_changed(reverting: Client, drafted: Case) -> None:
    change(drafted, summary="Changed meanwhile.")
    answer = reverting.post(REVERT, {"version": "5", "reason": "Too much."})
    assert answer.status_code == 409
    for words in ("you started from version 5, it is now version 6", "What changed meanwhile", "Too much."):
        assert words in answer.text
    assert '<input type="hidden" name="version" value="6">' in answer.text
    assert Case.objects.get().version == 6


def test_what_cannot_be_said_again_is_named(reverting: Client, drafted: Case) -> None:
    place = Place.objects.create(slug="atlantis", name="Atlantis")
    change(drafted, places=["atlantis"])
    change(drafted, places=[])
    place.delete()
    answer = reverting.post("/cases/sharon/versions/6/revert/", {"version": "7", "reason": "\0"})
    assert (answer.status_code, "places" in answer.text, Case.objects.get().version) == (409, True, 7)


def test_there_is_nothing_to_go_back_to_in_the_present_version(reverting: Client) -> None:
    html = reverting.get("/cases/sharon/versions/5/revert/").text
    assert ("The case says now what it said in version 5." in html, "<button" in html) == (True, False)


def test_only_curators_go_back(client: Client, drafted: Case) -> None:
    assert client.get(REVERT)["Location"].startswith("/accounts/login/")
    client.force_login(make_user())
    assert client.post(REVERT, {"version": "5"}).status_code == 403
    assert "Bring back" not in client.get("/cases/sharon/history/").text
    assert Case.objects.get().version == 5


# The case page


def test_each_coding_says_when_it_was_made(client: Client) -> None:
    case = make_case("sharon", arrangements=[arrangement(), arrangement()], sectors=["health"])
    other = arrangement() | {"actor": arrangement(actors=["community"])["actor"]}
    change(case, arrangements=[arrangement(), other], absent={"places": "not-stated"})
    html = one_line(client.get("/cases/sharon/").text)
    day, codebook = r'<time datetime="[\d-]+">[^<]+</time>', '<a href="/taxonomy/history/#v1">codebook 1</a>'
    said = re.findall(
        rf'<p class="stamp">coded in version (\d+), {day}, {codebook}, from the catalogue’s own files</p>', html
    )
    assert sorted(said) == [*"1" * 14, *"3" * 2]


def test_only_curators_are_told_of_what_waits(client: Client, drafted: Case, curator: User) -> None:
    drafted.refresh_from_db()
    actions.suggest_correction(
        case=drafted, texts={"title": "Secret"}, by=make_user("rita"), version=drafted.version, reason="Secret."
    )
    assert "proposed revision" not in client.get("/cases/sharon/").text
    client.force_login(curator)
    assert '<a href="/proposals/?case=sharon">1 proposed revision</a>' in one_line(client.get("/cases/sharon/").text)


def test_readers_are_led_to_suggest_a_correction_and_to_the_history(client: Client, drafted: Case) -> None:
    html = one_line(client.get("/cases/sharon/").text)
    for address in ("/cases/sharon/suggest/", "/cases/sharon/history/", "/cases/sharon/versions/5/"):
        assert f'href="{address}"' in html


def test_an_own_draft_opens_with_a_way_to_its_review(client: Client) -> None:
    make_case("sharon", state="draft")
    author = make_contributor()
    Case.objects.update(created_by=author)
    client.force_login(author)
    html = one_line(client.get("/cases/sharon/").text)
    assert ("only you and the curators" in html, 'href="/cases/sharon/review/"' in html) == (True, True)
    assert client.get("/cases/").text.count("sharon") == 0


def test_every_version_of_a_case_is_told_once(drafted: Case) -> None:
    told = [each.number for each in readable_versions(drafted, make_curator("other"))]
    assert told == list(range(CurrentVersion.objects.get(pk=drafted.pk).number, 0, -1))
