"""Notes beside a case, read: by their author, by others, after an edit."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.conf import settings
from django.template import RequestContext, Template
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from annotations import actions
from annotations.models import Annotation
from cases.actions import publish_case
from cases.models import Case
from tests.factories import make_case, make_curator, make_user

from .notes import STORY, make_group, make_note, make_reply, rewrite, said
from .pages import HTMX, listed, marked, narrative, referred, text, total

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client: Client, ann: User) -> Client:
    client.force_login(ann)
    return client


PAGE = "/cases/library/"


def test_the_case_page_shows_marks_in_the_text_and_notes_beside_it(
    client: Client, case: Case, ann: User, bob: User
) -> None:
    second = make_note(case, ann, "it grew", "*Look* <b>here</b>")
    first = make_note(case, bob, "began small", "Was it?", audience="public")
    third = make_note(case, bob, "grew: every", audience="public")
    page = client.get(PAGE)
    assert (listed(page), total(page)) == ([first.uid, second.uid, third.uid], 3)
    assert marked(page) == [("1", "began small"), ("1", "it "), ("2", "grew"), ("1", ": every")]
    assert referred(page) == {first.uid: "began small", second.uid: "it grew", third.uid: "grew: every"}
    html = page.content.decode()
    assert '<div class="comment"><p><em>Look</em> &lt;b&gt;here&lt;/b&gt;</p>' in html
    assert re.findall(r"<b>(You|[^<]*Other)</b> <span class=\"quiet\">([\w ]+) ·", html) == [
        ("Bob Other", "everyone"),
        ("You", "only me"),
        ("Bob Other", "everyone"),
    ]
    assert re.findall(r'href="/annotations/([\w-]+)/edit/"', html) == [second.uid], "only one's own can be edited"
    assert re.findall(r'href="/annotations/([\w-]+)/flag/"', html) == [first.uid, third.uid], "only others' be flagged"


def test_nothing_but_marks_and_empty_references_is_put_into_the_narrative(
    client: Client, case: Case, ann: User
) -> None:
    plain = narrative(client.get(PAGE))
    make_note(case, ann, "began small 👍🏽 in one library.\nThen it", codes=["type:peer-support"])
    noted = narrative(client.get(PAGE))
    assert noted != plain
    assert re.sub(r'<a class="noteref"[^>]*></a>|</?mark[^>]*>', "", noted) == plain


def test_codes_and_tags_are_listed_and_the_words_are_marked_as_their_type(
    client: Client, case: Case, ann: User
) -> None:
    codes = ["type:joint-action-services", "mode:digital"]
    make_note(case, ann, "it grew", codes=codes, tags=["to check"])
    html = client.get(PAGE).content.decode()
    assert re.findall(r'<mark data-depth="1"( data-type="[\w-]+")>', html) == [' data-type="joint-action"'] * 2
    assert re.findall(r'data-letters="(\w+)"', html) == ["JAS"]
    [labels] = re.findall(r'<p class="labels">(.*?)</p>', html)
    assert re.findall(r'href="([^"]*)"[^>]*>(.*?)</a>', labels) == [
        ("/cases/library/?code=type%3Ajoint-action-services#notes", "<i>JAS</i> Joint action services"),
        ("/cases/library/?code=mode%3Adigital#notes", "Digital"),
        ("/cases/library/?tag=to+check#notes", "#to check"),
    ]


def test_a_note_on_the_case_as_a_whole_stands_after_those_on_words(
    client: Client, case: Case, ann: User, bob: User
) -> None:
    whole = make_note(case, ann, "", "All of it.")
    words = make_note(case, ann, "it grew")
    page = client.get(PAGE)
    assert (listed(page), referred(page)) == ([words.uid, whole.uid], {words.uid: "it grew"})
    assert text(page).index("On the case as a whole") < text(page).index("All of it.")


def test_a_note_says_that_it_was_edited_and_its_author_alone_sees_the_earlier_wordings(
    client: Client, case: Case, ann: User, bob: User
) -> None:
    with time_machine.travel("2026-03-01 12:00", tick=True):
        note = make_note(case, ann, comment="Before", audience="public")
        assert " · edited" not in text(client.get(PAGE))
    with time_machine.travel("2026-03-02 12:00", tick=True):
        actions.revise_note(note=note, content=said("After", audience="public"), by=ann)
    page = client.get(PAGE)
    assert "everyone · 1 March 2026 · edited" in text(page)
    assert f'href="/annotations/{note.uid}/history/"' in page.content.decode()
    history = text(client.get(f"/annotations/{note.uid}/history/"))
    assert "since 1 March 2026, 12:00 Before" in history
    other = Client()
    other.force_login(bob)
    assert "edited" in text(other.get(PAGE))
    assert f"/annotations/{note.uid}/history/" not in other.get(PAGE).content.decode()
    assert other.get(f"/annotations/{note.uid}/history/").status_code == 404


def test_a_note_of_somebody_who_has_left_stays_without_a_name(client: Client, case: Case, bob: User) -> None:
    make_note(case, bob, audience="public")
    bob.delete()
    assert "<b>Somebody who has left</b>" in client.get(PAGE).content.decode()
    assert "Bob Other" not in client.get(PAGE).content.decode()


def test_no_page_of_notes_shows_an_address_for_mail(client: Client, case: Case, ann: User, bob: User) -> None:
    note = make_note(case, make_user("cleo"), comment="Nameless", audience="public")
    make_reply(note, bob)
    page = client.get(PAGE).content.decode()
    assert ("<b>cleo</b>" in page, "@" in page) == (True, False)


# Threads


def test_answers_stand_below_their_note_and_say_whom_they_answer(
    client: Client, case: Case, ann: User, bob: User
) -> None:
    note = make_note(case, bob, comment="One?", audience="public")
    first = make_reply(note, ann, "Two.")
    second = make_reply(first, bob, "Three.")
    page = client.get(PAGE)
    assert (listed(page), total(page)) == ([note.uid, first.uid, second.uid], 3)
    assert "Bob Other to Ann Reader ·" in text(page)
    assert text(page).count(" to Bob Other ·") == 0, "an answer to the first note says no name"


def test_a_resolved_thread_is_folded(client: Client, case: Case, ann: User, bob: User) -> None:
    note = make_note(case, ann, comment="Done?", audience="public")
    make_reply(note, bob, "Done.")
    assert '<details class="settled">' not in client.get(PAGE).content.decode()
    actions.resolve_thread(note=note, by=ann)
    page = client.get(PAGE)
    assert page.content.decode().count('<details class="settled">') == 1
    assert "Resolved “began small” 2 notes" in text(page)


def test_a_deleted_note_keeps_its_place_while_it_is_answered(client: Client, case: Case, ann: User, bob: User) -> None:
    note = make_note(case, bob, "it grew", "secret thoughts", tags=["secret"], audience="public")
    answer = make_reply(note, ann, "Indeed.")
    below = make_reply(answer, bob, "Well.")
    actions.delete_note(note=note, by=bob)
    actions.delete_note(note=answer, by=ann)
    page = client.get(PAGE)
    assert (listed(page), referred(page), total(page)) == (
        [note.uid, answer.uid, below.uid],
        {note.uid: "it grew"},
        1,
    )
    assert text(page).count("Its author has deleted this note.") == 2
    assert ("secret" in text(page), "Indeed." in text(page)) == (False, False)
    actions.delete_note(note=below, by=bob)
    assert (listed(client.get(PAGE)), marked(client.get(PAGE))) == ([], [])


def test_a_deleted_answer_that_nobody_has_answered_leaves_nothing(client: Client, case: Case, ann: User) -> None:
    note = make_note(case, ann)
    actions.delete_note(note=make_reply(note, ann), by=ann)
    page = client.get(PAGE)
    assert (listed(page), "deleted" in text(page)) == ([note.uid], False)


def test_what_people_write_is_text_wherever_it_stands(client: Client, ann: User) -> None:
    case = make_case("library", narrative='It began with <script>alert(1)</script> & "more".')
    group = make_group(ann, name="<i>Circle</i>")
    tags = ["<u>tag</u>", '"x"&y']
    make_note(case, ann, '<script>alert(1)</script> & "more"', "<b>bold</b>", tags=tags, group=group)
    ann.name = "<s>Ann</s>"
    ann.save()
    page = Client()
    page.force_login(ann)
    html = page.get(PAGE).content.decode()
    assert re.findall(r"<script>|<i>C|<u>|<b>b|<s>", html) == []
    assert (
        '<blockquote class="quoted">&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;</blockquote>' in html
    )
    assert ">#&lt;u&gt;tag&lt;/u&gt;</a>" in html
    assert 'href="/cases/library/?tag=%22x%22%26y#notes"' in html


def test_a_hidden_note_is_left_to_its_author_and_says_so(client: Client, case: Case, ann: User, bob: User) -> None:
    note = make_note(case, ann, "it grew", "Rude words", tags=["rude"], audience="public")
    answer = make_reply(note, bob, "Please.")
    Annotation.objects.filter(pk=note.pk).update(hidden_at="2026-03-01T12:00Z")
    mine = client.get(PAGE)
    assert (listed(mine), total(mine)) == ([note.uid, answer.uid], 2)
    assert "hidden by a moderator" in text(mine)
    other = Client()
    other.force_login(bob)
    for reader in (other, Client()):
        page = reader.get(PAGE)
        assert (listed(page), total(page), marked(page)) == ([answer.uid], 1, [])
        assert ("This note is not shown." in text(page), "ude" in text(page)) == (True, False)


# Who reads what


def test_a_stranger_reads_public_notes_and_is_asked_to_sign_in_for_writing(case: Case, ann: User, bob: User) -> None:
    make_note(case, ann, "it grew", "secret thoughts")
    public = make_note(case, bob, "began small", audience="public")
    page = Client().get(PAGE)
    assert (listed(page), total(page)) == ([public.uid], 1)
    assert referred(page) == {public.uid: "began small"}
    html = page.content.decode()
    assert ("secret" in html, "<textarea" in html, 'class="doing"' in html) == (False, False, False)
    assert 'href="/accounts/login/?next=/cases/library/%23notes"' in html


def test_notes_of_a_group_are_read_by_its_members(client: Client, case: Case, ann: User, bob: User) -> None:
    group = make_group(bob, ann, name="The circle")
    note = make_note(case, bob, "it grew", "Among us", tags=["ours"], group=group)
    assert "Bob Other The circle ·" in text(client.get(PAGE))
    assert (listed(client.get(PAGE)), referred(client.get(PAGE))) == ([note.uid], {note.uid: "it grew"})
    actions.leave_group(group=group, by=ann)
    page = client.get(PAGE)
    assert (listed(page), marked(page), total(page)) == ([], [], 0)
    assert ("The circle" in text(page), "ours" in text(page)) == (False, False)


def test_what_others_keep_to_themselves_changes_nothing_that_a_reader_gets(
    client: Client, case: Case, ann: User, bob: User
) -> None:
    public = make_note(case, bob, comment="Open", tags=["open"], codes=["mode:digital"], audience="public")
    make_reply(public, bob)
    other = Client()
    other.force_login(bob)
    asked = ["", "?q=secret", "?tag=secret", "?author=ann", "?code=type:peer-support", "?audience=private", "?notes=2"]

    def seen() -> list[tuple[int, str]]:
        answers = [reader.get(f"{PAGE}{query}") for reader in (Client(), other) for query in asked]
        return [(got.status_code, re.sub(r'value="\w{64}"', "", got.content.decode())) for got in answers]

    before, tag = seen(), Client().get(PAGE)["ETag"]
    codes = ["type:peer-support"]
    note = make_note(case, ann, "it grew", "secret thoughts", tags=["secret"], codes=codes)
    make_reply(note, ann, "secret too")
    make_note(case, ann, "every", "secret", tags=["secret"], group=make_group(ann, name="Secret circle"))
    gone = make_note(case, ann, "in one", "secret", audience="public")
    actions.delete_note(note=gone, by=ann)
    hidden = make_note(case, ann, "in one", "secret", tags=["secret"], codes=codes, audience="public")
    Annotation.objects.filter(pk=hidden.pk).update(hidden_at="2026-03-01T12:00Z")
    assert (seen(), Client().get(PAGE)["ETag"]) == (before, tag)
    assert len(listed(client.get(PAGE))) == 6


@pytest.mark.parametrize("verb", ["", "edit/", "delete/", "reply/", "resolve/", "reattach/", "flag/", "history/"])
def test_what_one_may_not_read_is_answered_as_what_never_was(case: Case, ann: User, bob: User, verb: str) -> None:
    private = make_note(case, ann, "it grew", "secret thoughts")
    gone = make_note(case, ann, "it grew", audience="public")
    actions.delete_note(note=gone, by=ann)
    other = Client(headers={"Accept": "text/html"})
    other.force_login(bob)
    uids = (private.uid, gone.uid, "AAAAAAAAAAAAAAAA")
    for headers in ({}, HTMX):
        read = [other.get(f"/annotations/{uid}/{verb}", headers=headers) for uid in uids]
        assert [(answer.status_code, text(answer)) for answer in read] == [(404, text(read[0]))] * len(uids)
        if verb not in {"", "history/"}:
            sent = [other.post(f"/annotations/{uid}/{verb}", {"audience": "public"}) for uid in uids]
            assert [(answer.status_code, text(answer)) for answer in sent] == [(404, text(sent[0]))] * len(uids)


def test_a_curator_does_not_read_private_notes(case: Case, ann: User) -> None:
    make_note(case, ann, "it grew", "secret thoughts")
    curator = Client()
    curator.force_login(make_curator())
    page = curator.get(PAGE)
    assert (listed(page), marked(page), total(page)) == ([], [], 0)


def test_what_is_answered_to_someone_signed_in_is_not_kept_in_shared_caches(client: Client, case: Case) -> None:
    response = client.get(PAGE)
    assert "private" in response["Cache-Control"]
    assert "Cookie" in response["Vary"]


def test_the_case_page_points_to_the_container_of_its_notes(client: Client, case: Case) -> None:
    page = client.get(PAGE)
    container = f"{settings.BASE_URL}/annotations/cases/library/"
    assert page["Link"] == f'<{container}>; rel="http://www.w3.org/ns/oa#annotationService"'
    assert f'<link rel="http://www.w3.org/ns/oa#annotationService" href="{container}">' in page.content.decode()
    people = client.get("/annotations/cases/library/", headers={"Accept": "text/html"})
    assert (people.status_code, people["Location"]) == (302, "/cases/library/#notes")


# How much it asks of the database


@pytest.mark.parametrize("number", [1, 3])
def test_the_text_and_the_list_ask_for_the_notes_together_once(
    case: Case, ann: User, bob: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    group = make_group(ann, bob)
    for words in ("began small", "it grew", "every")[:number]:
        note = make_note(case, bob, words, "Said.", tags=["a", "b"], codes=["type:peer-support"], audience="public")
        make_reply(make_reply(note, ann), bob)
        make_note(case, ann, words, "Said.", codes=["mode:digital", "type:joint-action-services"], group=group)
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="ann")
    template = Template("{% load notes %}{% annotated_narrative case %}{% notes_beside case %}")
    # the reader's and their groups' permissions; all notes' places, codes and tags; the notes of this page with their
    # authors and groups; the authors and groups to choose from; the groups, vocabularies and terms of the form
    with django_assert_num_queries(11):
        html = template.render(RequestContext(request, {"case": case}))
    assert (html.count("<mark"), html.count('class="note"')) == ({1: 1, 3: 4}[number], 4 * number)


# When the narrative changes


def test_a_note_follows_its_words_and_is_kept_where_they_are_lost(client: Client, case: Case, ann: User) -> None:
    follows = make_note(case, ann, "it grew", "Follows")
    lost = make_note(case, ann, "small 👍🏽 in one library", "Lost")
    reply = make_reply(lost, ann, "Where?")
    rewrite(
        case,
        "# New\n\nOnce upon a time there was no more than a plan.\n\nThen it **grew**: every library has *one* now.",
    )
    page = client.get(PAGE)
    assert (listed(page), referred(page)) == ([follows.uid, lost.uid, reply.uid], {follows.uid: "it grew"})
    shown = text(page)
    assert shown.index("Follows") < shown.index("No longer placed") < shown.index("Lost") < shown.index("Where?")
    html = page.content.decode()
    assert '<blockquote class="quoted">small 👍🏽 in one library</blockquote>' in html
    assert '<a href="/cases/library/narrative/1/">The narrative that it quotes</a>' in html
    assert re.findall(r'href="/annotations/([\w-]+)/reattach/"', html) == [lost.uid]
    assert f"#mark-{lost.uid}" not in html
    assert '<a href="/cases/library/#adrift">1 no longer placed</a>' in html


def test_changed_words_are_shown_with_those_that_were_quoted(client: Client, case: Case, ann: User) -> None:
    note = make_note(case, ann, "every library has one now", "All?", audience="public")
    rewrite(case, STORY.replace("every library has *one* now", "every library had *one* now"))
    assert Annotation.objects.get().placement == "changed"
    for reader in (client, Client()):
        page = reader.get(PAGE)
        assert referred(page) == {note.uid: "every library had one now"}
        assert '<blockquote class="quoted">every library had one now</blockquote>' in page.content.decode()
        assert "The words were changed since: it quoted “every library has one now”." in text(page)
        assert '<a href="/cases/library/narrative/1/">The narrative that it quotes</a>' in page.content.decode()


def test_an_earlier_narrative_is_read_as_it_stood(client: Client, case: Case) -> None:
    rewrite(case, "All is *new* now.")
    old, new = client.get("/cases/library/narrative/1/"), client.get("/cases/library/narrative/2/")
    assert "It began small 👍🏽 in one library. Then it grew : every library has one now." in text(old)
    assert "An earlier narrative, as it stood from" in text(old)
    assert "The narrative as it stands since" in text(new)
    for page in (old, new):
        assert 'href="/cases/library/"' in page.content.decode()
        assert "<mark" not in page.content.decode()


def test_a_narrative_that_readers_may_not_see_is_404_or_410(client: Client, case: Case) -> None:
    draft = make_case("draft", state="draft", narrative="secret plans")
    Case.objects.filter(pk=make_case("gone", narrative="secret plans").pk).update(
        state="withdrawn", withdrawn_reason="x"
    )
    unknown = ["library/narrative/0", "library/narrative/2", f"library/narrative/{'9' * 30}", "nowhere/narrative/1"]
    for address in ["draft/narrative/1", "gone/narrative/1", *unknown]:
        answer = client.get(f"/cases/{address}/")
        status = 410 if address.startswith("gone") else 404
        assert (answer.status_code, "secret" in text(answer)) == (status, False), address
    client.force_login(make_curator())
    assert "secret plans" in text(client.get("/cases/draft/narrative/1/"))
    assert draft.revisions.count() == 1


def test_a_narrative_that_readers_were_not_shown_is_not_linked_to(case: Case) -> None:
    curator = make_curator()
    draft = make_case("draft", state="draft", narrative=STORY, by=curator)
    make_note(draft, curator, "every library has one", audience="public")
    rewrite(draft, "All is new.", curator)
    publish_case(case=Case.objects.get(slug="draft"), by=curator)
    sees = Client()
    sees.force_login(curator)
    pages = [reader.get("/cases/draft/") for reader in (Client(), sees)]
    assert ["No longer placed" in text(page) for page in pages] == [True, True]
    assert ["/narrative/1/" in page.content.decode() for page in pages] == [False, True]
