"""The pages of suggesting and reviewing: what each shows to whom, and that nothing of it shows to anybody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from cases import actions
from cases.models import Case, Proposal, Remark
from cases.models.snapshot import catalogue_versions
from cases.views import suggesting
from tests.cases.review.reviewing import change, make_contributor, propose, reviewer, signed_in
from tests.factories import make_case, make_curator, make_record, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SECRET = "Whispered words"
VERDICT = make_record()["eligibility"]


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", "", response.content.decode()))


def suggest(client: Client, case: Case, **typed: Any) -> Any:
    sent = {"opened": case.version, "title": case.title, "summary": case.summary, "narrative": case.narrative}
    return client.post(f"/cases/{case.slug}/suggest/", sent | typed, follow=True)


def form_values(page: Any) -> dict[str, Any]:
    return {name: page.context["form"][name].value() or "" for name in page.context["form"].fields}


def decide(client: Client, proposal: Proposal, verb: str, **typed: Any) -> Any:
    now = Proposal.objects.select_related("case").get(pk=proposal.pk)
    sent = {"version": now.version, "case_version": now.case.version}
    return client.post(f"/proposals/{proposal.pk}/{verb}/", sent | typed, follow=True)


# Suggesting


def test_a_reader_suggests_a_correction_without_an_admin_account() -> None:
    case, reader = make_case("sharon"), signed_in(make_user())
    assert "Suggest a correction" in text(reader.get("/cases/sharon/suggest/"))
    response = suggest(reader, case, summary="Better said.", reason="The report says so, p. 4.", about="summary")
    proposal = Proposal.objects.get()
    assert response.redirect_chain == [(f"/proposals/{proposal.pk}/", 302)]
    assert "The report says so, p. 4." in text(response)
    assert "<ins>" in response.content.decode()
    assert Case.objects.values_list("summary", "version").get() == ("Citizens and staff do it together.", 2)


def test_whoever_is_not_signed_in_is_led_there_and_back() -> None:
    make_case("sharon")
    response = Client().get("/cases/sharon/suggest/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/cases/sharon/suggest/")


def test_a_suggestion_says_why_and_keeps_what_was_typed() -> None:
    case, reader = make_case("sharon"), signed_in(make_user())
    response = suggest(reader, case, summary="Better said.", reason=" ")
    assert response.context["form"].errors == {"reason": ["Say what should be corrected, and where that can be read."]}
    assert response.context["form"]["summary"].value() == "Better said."
    assert not Proposal.objects.exists()


def test_a_stale_suggestion_is_told_what_changed_and_is_sent_again_with_both() -> None:
    case, reader = make_case("sharon"), signed_in(make_user())
    change(case, title="Another title")
    stale = suggest(reader, case, summary="Better said.", reason="So it is.")
    assert (stale.status_code, Proposal.objects.count()) == (409, 0)
    assert "you began from version 2, it is now version 3" in text(stale)
    assert '<ins><span class="unseen"> [added:' in stale.content.decode() or "Another title" in text(stale)
    form = stale.context["form"]
    assert [form[name].value() for name in ("title", "summary", "reason")] == [
        "Another title", "Better said.", "So it is.",
    ]  # fmt: skip
    typed = {name: form[name].value() or "" for name in form.fields}
    assert reader.post("/cases/sharon/suggest/", typed).status_code == 302
    proposal = Proposal.objects.get()
    assert (proposal.base_version, proposal.record["title"]) == (3, "Another title")


def test_only_a_published_case_is_suggested_to() -> None:
    reader = signed_in(make_user())
    make_case("draft", state="draft")
    make_case("gone", state="withdrawn")
    for slug, status in (("draft", 404), ("gone", 410), ("nothing", 404)):
        assert reader.get(f"/cases/{slug}/suggest/").status_code == status
        assert reader.post(f"/cases/{slug}/suggest/", {"reason": "x"}).status_code == status


def test_a_suggestion_to_a_case_that_was_renamed_meanwhile_keeps_what_was_typed() -> None:
    case, reader = make_case("sharon"), signed_in(make_user())
    actions.rename_case(case=case, to="rose", by=reviewer(), reason="Its whole name.")
    assert reader.get("/cases/sharon/suggest/")["Location"] == "/cases/rose/suggest/"
    stale = suggest(reader, case, summary="Better said.", reason="So it is.")
    assert (stale.status_code, stale.context["form"]["summary"].value()) == (409, "Better said.")


def test_twenty_that_wait_are_enough() -> None:
    case, user = make_case(), make_user()
    for _ in range(20):
        actions.suggest_correction(case=case, texts={}, by=user, version=case.version, reason="Again.")
    response = suggest(signed_in(user), case, reason="Once more.")
    assert "20 proposals of yours wait for review" in text(response)
    assert Proposal.objects.count() == 20


def test_a_suggestion_that_came_back_is_amended_in_the_same_form() -> None:
    case, user = make_case("sharon"), make_user()
    proposal = actions.suggest_correction(case=case, texts={"summary": "Bettr said."}, by=user, version=2, reason="So.")
    decide(signed_in(reviewer()), proposal, "return", text="Mind the spelling.")
    page = signed_in(user).get(f"/proposals/{proposal.pk}/amend/")
    assert "Mind the spelling." in text(page)
    form = page.context["form"]
    typed = {name: form[name].value() for name in form.fields} | {"summary": "Better said."}
    assert signed_in(user).post(f"/proposals/{proposal.pk}/amend/", typed).status_code == 302
    proposal.refresh_from_db()
    assert (proposal.status, proposal.record["summary"], proposal.reason) == ("open", "Better said.", "So.")


def test_the_codings_of_a_whole_proposal_stay_when_its_texts_are_amended() -> None:
    case, user = make_case("sharon", sectors=["health"]), make_contributor()
    proposal = propose(case, user, sectors=["sport"], summary="Bettr said.")
    User.objects.update(is_staff=False)
    client, path = signed_in(User.objects.get()), f"/proposals/{proposal.pk}/amend/"
    typed = {**form_values(client.get(path)), "summary": "Better said."}
    assert client.post(path, typed).status_code == 302
    proposal.refresh_from_db()
    assert (proposal.record["summary"], proposal.record["sectors"]) == ("Better said.", ["sport"])


def test_texts_decide_no_conflict_that_lies_elsewhere() -> None:
    case, user = make_case("sharon", eligibility=VERDICT | {"reason": "As it was."}), make_contributor()
    proposal = propose(case, user, eligibility=VERDICT | {"reason": "As proposed."})
    change(case, eligibility=VERDICT | {"reason": "As it is."})
    client, path = signed_in(user), f"/proposals/{proposal.pk}/amend/"
    answer = client.post(path, {**form_values(client.get(path)), "summary": "Better said."})
    said = "Decide first, on its page, what was changed in two ways: Verdict: reason."
    assert (answer.status_code, said in text(answer)) == (422, True)
    assert Proposal.objects.get().version == 1


def test_a_proposal_to_a_case_that_is_revised_as_a_draft_tells_nothing_of_that() -> None:
    case, user = make_case("sharon", title="Sharon"), make_user()
    proposal = actions.suggest_correction(case=case, texts={"title": "Sharon now"}, by=user, version=2, reason="So.")
    actions.redraft_case(case=actions.withdraw_case(case=case, by=None, reason="Counted twice."), by=None)
    case = change(case, title=SECRET, summary=SECRET)
    client, path = signed_in(user), f"/proposals/{proposal.pk}/"
    amended = {"opened": case.version, "version": 1, "title": "x", "summary": "x", "reason": "x"}
    chosen = {"version": 1, "case_version": case.version, "choice-0": "mine"}
    for answer in (
        client.get(path),
        client.get("/contributions/"),
        client.get(f"{path}amend/", follow=True),
        client.post(f"{path}amend/", amended, follow=True),
        client.post(f"{path}choose/", chosen),
        client.post(f"{path}choose/", chosen | {"case_version": 2}),
    ):
        assert ("Sharon" in answer.text, SECRET in answer.text) == (True, False), answer.request["PATH_INFO"]
    assert Proposal.objects.get().version == 1
    assert SECRET in signed_in(reviewer()).get(path).text


# Reviewing


def test_accepting_makes_the_case_say_it() -> None:
    case, curator = make_case("sharon"), signed_in(reviewer())
    proposal = propose(case, make_contributor(), summary="Better said.")
    page = curator.get(f"/proposals/{proposal.pk}/")
    assert "Better said." in text(page)
    assert "It is said better." in text(page)
    done = decide(curator, proposal, "accept")
    assert "Accepted: the case says it now." in text(done)
    assert "Better said." in text(Client().get("/cases/sharon/"))
    proposal.refresh_from_db()
    assert (proposal.status, proposal.accepted_as) == ("accepted", 3)


def test_what_was_shown_is_what_is_written_else_it_is_shown_anew() -> None:
    case, curator = make_case("sharon"), signed_in(reviewer())
    proposal = propose(case, make_contributor(), summary="Better said.")
    change(case, title="Another title")
    response = decide(curator, proposal, "accept", case_version=2)
    assert (response.status_code, Case.objects.get().summary) == (409, "Citizens and staff do it together.")
    assert "What changed in the case meanwhile" in text(response)
    assert "What accepting would write" in text(response)
    decide(curator, proposal, "accept")
    assert Case.objects.values_list("title", "summary").get() == ("Another title", "Better said.")


def test_the_second_of_two_reviewers_is_told() -> None:
    proposal = propose(make_case(), make_contributor(), summary="Better said.")
    first, second = signed_in(reviewer()), signed_in(make_curator("rolf"))
    decide(first, proposal, "decline", text="It was better before.")
    response = decide(second, proposal, "accept", version=1)
    assert response.status_code == 409
    assert "it is now version 2 and declined" in text(response)
    assert Case.objects.get().version == 2


@pytest.mark.parametrize(("side", "title"), [("mine", "As proposed"), ("theirs", "As it is")])
def test_a_conflict_has_to_be_decided_before_it_is_accepted(side: str, title: str) -> None:
    case, curator = make_case("sharon", title="As it was"), signed_in(reviewer())
    proposal = propose(case, make_contributor(), title="As proposed", summary="Better said.")
    change(case, title="As it is")
    page = curator.get(f"/proposals/{proposal.pk}/")
    assert "It was: As it was" in text(page)
    assert "accept/" not in page.content.decode()
    refused = decide(curator, proposal, "accept")
    assert (refused.status_code, Case.objects.get().title) == (422, "As it is")
    assert decide(curator, proposal, "choose").status_code == 422
    decide(curator, proposal, "choose", **{"choice-0": side})
    decide(curator, proposal, "accept")
    assert Case.objects.values_list("title", "summary").get() == (title, "Better said.")


@pytest.mark.parametrize("verb", ["return", "decline"])
def test_returning_and_declining_need_words(verb: str) -> None:
    proposal = propose(make_case(), make_contributor(), summary="Better said.")
    response = decide(signed_in(reviewer()), proposal, verb, text=" ")
    assert response.status_code == 422
    assert list(response.context["answering"].errors) == ["text"]
    assert Proposal.objects.get().status == "open"


def test_a_remark_stands_at_the_change_that_it_is_about() -> None:
    author = make_contributor()
    proposal = propose(make_case(), author, summary="Better said.")
    page = signed_in(author).get(f"/proposals/{proposal.pk}/?on=summary")
    assert 'href="?on=summary#remark"' in page.content.decode()
    assert page.context["remarking"]["path"].value() == "summary"
    signed_in(author).post(f"/proposals/{proposal.pk}/remark/", {"path": "summary", "text": "Is it <clear>?"})
    shown = signed_in(author).get(f"/proposals/{proposal.pk}/").content.decode()
    assert shown.count("Is it &lt;clear&gt;?") == 2
    assert 'href="#at-summary">Summary</a>' in shown


def test_each_label_leads_to_a_field_of_its_own() -> None:
    proposal = propose(make_case("sharon"), make_contributor(), summary="Better said.")
    page = signed_in(reviewer()).get(f"/proposals/{proposal.pk}/").content.decode()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'\bfor="([^"]+)"', page)) <= set(ids)


def test_an_author_takes_back_and_cannot_accept() -> None:
    author = make_contributor()
    proposal = propose(make_case(), author, summary="Better said.")
    client = signed_in(author)
    for verb in ("accept", "return", "decline"):
        assert decide(client, proposal, verb, text="x").status_code == 403
    decide(client, proposal, "retract")
    assert Proposal.objects.get().status == "retracted"


def test_one_finds_what_one_sent_and_what_to_do_next() -> None:
    author = make_contributor()
    proposal = propose(make_case("sharon"), author, summary="Better said.")
    make_case("own", state="draft", by=author)
    make_case("other", state="draft")
    decide(signed_in(reviewer()), proposal, "return", text="Mind the spelling.")
    said = text(signed_in(author).get("/contributions/"))
    assert "Mind the spelling." in said
    assert "Read what was said, and amend it." in said
    assert ("Own draft" in said, "Other" in said) == (True, False)
    assert "Nothing yet." in text(signed_in(make_user()).get("/contributions/"))


def test_what_one_sent_has_pages(monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any) -> None:
    monkeypatch.setattr(suggesting, "PROPOSALS_PER_PAGE", 2)
    case, user = make_case("sharon"), make_user()
    for number in range(3):
        actions.suggest_correction(case=case, texts={}, by=user, version=2, reason=f"Reason {number}.")
    client = signed_in(user)
    with django_assert_num_queries(8):  # session, user, rights; how many, those, their remarks; drafts, how many
        first = text(client.get("/contributions/?status=open"))
    assert ("3 proposed revisions" in first, first.count("Reason ")) == (True, 2)
    assert text(client.get("/contributions/?page=2")).count("Reason 0.") == 1
    assert [client.get(f"/contributions/?page={page}").status_code for page in ("3", "0", "x")] == [404] * 3


# A case in review


def test_a_draft_is_submitted_returned_with_words_submitted_and_published() -> None:
    author = make_contributor()
    case = make_case("own", state="draft", by=author)
    mine, curator = signed_in(author), signed_in(reviewer())

    def move(client: Client, verb: str, **typed: Any) -> Any:
        version = Case.objects.get().version
        return client.post(f"/cases/own/review/{verb}/", {"version": version, **typed}, follow=True)

    assert "Citizens and staff do it together." in text(mine.get("/cases/own/review/"))
    move(mine, "submit")
    assert Case.objects.get().state == "in-review"
    assert move(mine, "publish").status_code == 403
    assert move(curator, "return", text=" ").status_code == 422
    move(curator, "return", text="Name the source.")
    assert "Name the source." in text(mine.get("/cases/own/review/"))
    move(mine, "submit")
    stale = curator.post("/cases/own/review/publish/", {"version": 1})
    assert (stale.status_code, Case.objects.get().state) == (409, "in-review")
    curator.post("/cases/own/review/remark/", {"text": "Well done.", "path": "summary"})
    move(curator, "publish")
    assert Case.objects.get().state == "published"
    assert mine.get("/cases/own/review/")["Location"] == case.get_absolute_url()


# The queue


def test_the_queue_holds_what_waits_the_oldest_first() -> None:
    author = make_contributor()
    first = propose(make_case("first"), author, summary="Better said.")
    actions.submit_case(case=make_case("second", state="draft", by=author), by=author)
    declined = propose(make_case("third"), author, summary="Better said.")
    client = signed_in(reviewer())
    decide(client, declined, "decline", text="No.")

    def listed(query: str = "") -> list[str]:
        rows = client.get(f"/proposals/{query}").context["rows"]
        return [str(row.get("case") or row["proposal"].case.slug) for row in rows]

    assert listed() == ["first", "Second"]
    assert listed("?status=declined") == ["third"]
    assert listed("?status=in-review") == ["Second"]
    assert listed("?case=first") == [first.case.slug]
    for wrong in ("?status=nothing", "?page=x", "?case=a b"):
        assert client.get(f"/proposals/{wrong}").status_code == 400
    assert client.get("/proposals/?page=9").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_queue_takes_the_same_number_of_queries_however_long(number: int, django_assert_num_queries: Any) -> None:
    author, client = make_contributor(), signed_in(reviewer())
    for each in range(number):
        propose(make_case(f"case-{each}"), author, summary="Better said.")
        actions.submit_case(case=make_case(f"draft-{each}", state="draft", by=author), by=author)
    with django_assert_num_queries(8):
        client.get("/proposals/")


# Leaks


@pytest.fixture
def whispered() -> Proposal:
    """A proposal, a remark on it, a draft and a remark on that, all with words that nobody else may read."""
    author = make_contributor()
    proposal = propose(make_case("sharon"), author, reason=SECRET, summary=SECRET)
    actions.add_remark(about=proposal, text=SECRET, by=author)
    draft = make_case("hidden", state="draft", summary=SECRET, by=author)
    actions.add_remark(about=draft, text=SECRET, by=author)
    return proposal


OPEN = [
    *("/", "/cases/", "/cases/?q=whispered", "/cases/sharon/", "/cases/sharon/history/", "/api/v1/cases/"),
    *("/api/v1/cases/sharon/", "/api/v1/results/?q=whispered", "/export/cases.csv", "/export/cases.jsonl"),
    *("/api/v1/facets/", "/api/v1/cases/sharon/versions/", "/contributions/"),
]


def test_what_waits_shows_on_no_page_to_nobody_else(whispered: Proposal) -> None:
    for client in (Client(), signed_in(make_user()), signed_in(make_contributor("other"))):
        for address in OPEN:
            response = client.get(address, follow=True)
            body = b"".join(response) if response.streaming else response.content
            assert SECRET not in body.decode(), address


CLOSED = ["", "amend/", "accept/", "return/", "decline/", "retract/", "remark/", "choose/", "nonsense/"]


def test_others_cannot_tell_a_proposal_from_none(whispered: Proposal) -> None:
    for client in (signed_in(make_user()), signed_in(make_contributor("other"))):
        for last in CLOSED:
            for pk in (whispered.pk, whispered.pk + 999):
                address = f"/proposals/{pk}/{last}"
                answers = (client.get(address), client.post(address, {"version": 1, "text": "x"}))
                assert {answer.status_code for answer in answers} <= {404, 405}, address
        for slug in ("hidden", "nothing"):
            assert client.get(f"/cases/{slug}/review/").status_code == 404
            assert client.post(f"/cases/{slug}/review/remark/", {"text": "x"}).status_code == 404
        assert client.get("/proposals/").status_code == 403
    assert (Proposal.objects.get().version, Remark.objects.count()) == (1, 2)
    assert Client().get(f"/proposals/{whispered.pk}/").status_code == 302


def test_the_version_that_readers_see_does_not_move_when_something_is_proposed() -> None:
    case, author = make_case(), make_contributor()
    before = (catalogue_versions().seen(drafts=False), Client().get("/cases/")["ETag"])
    proposal = propose(case, author, summary="Better said.")
    actions.add_remark(about=proposal, text="Look.", by=author)
    decide(signed_in(reviewer()), proposal, "return", text="Amend.")
    assert (catalogue_versions().seen(drafts=False), Client().get("/cases/")["ETag"]) == before
