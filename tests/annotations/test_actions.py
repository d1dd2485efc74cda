"""The verbs of notes and groups: who may, what is refused, what is kept, and what an account or a case takes along."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import User
from annotations import actions
from annotations.anchoring.selectors import Quotation, TextSpan
from annotations.models import Annotation, Group, Wording
from annotations.records import ExternalName, NoteContent, QuotedPassage
from cases.actions import publish_case, redraft_case, withdraw_case
from cases.models import Case
from cases.models.case import Reader
from tests.factories import make_case, make_curator, make_user

from .notes import STORY, make_group, make_note, make_reply, rewrite, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def library() -> Case:
    return make_case("library", narrative=STORY)


@pytest.fixture
def ann() -> User:
    return make_user("ann")


@pytest.fixture
def bob() -> User:
    return make_user("bob")


@pytest.fixture
def cat() -> User:
    return make_user("cat")


def fresh(note: Annotation) -> Annotation:
    return Annotation.objects.get(pk=note.pk)


def sees(user: Reader, note: Annotation) -> bool:
    return Annotation.objects.visible_to(user).filter(pk=note.pk).exists()


def refused(words: NoteContent, case: Case, by: User, exact: str = "began small") -> dict[str, list[str]]:
    """Return what is said against a note."""
    with pytest.raises(actions.RuleViolation) as refusal:
        actions.create_note(case=case, passage=QuotedPassage(Quotation(exact)) if exact else None, content=words, by=by)
    mistakes: dict[str, list[str]] = refusal.value.message_dict
    return mistakes


# Writing


def test_a_note_is_pinned_to_words_that_stand_in_one_place_as_the_text_has_them(library: Case, ann: User) -> None:
    note = make_note(library, ann, "👍🏽 in", "Nice.", tags=["joy"], codes=["type:peer-support"])
    assert (note.start, note.end, note.exact, note.prefix) == (15, 20, "👍🏽 in", "It began small ")
    assert (note.suffix, note.placement, note.quoted_at) == (" one library.\nThen it grew: ever", "placed", 15)
    assert (note.revision.number if note.revision else None, note.version, note.audience) == (1, 1, "private")
    at = QuotedPassage(Quotation("library", "one "), TextSpan(25, 32))
    again = actions.create_note(case=library, passage=at, content=said("Here."), by=ann)
    assert (again.start, again.end) == (25, 32)


@pytest.mark.parametrize(
    "passage",
    [
        QuotedPassage(Quotation("never said")),
        QuotedPassage(Quotation("library")),
        QuotedPassage(Quotation("library"), TextSpan(24, 31)),
        QuotedPassage(Quotation("library"), TextSpan(25, 30)),
        QuotedPassage(Quotation("library"), TextSpan(2**31 - 8, 2**31 - 1)),
        QuotedPassage(Quotation("library", "two "), TextSpan(25, 32)),
    ],
    ids=["not there", "twice there", "beside it", "too short", "behind the end", "other words before"],
)
def test_words_without_a_certain_place_are_not_stored(library: Case, ann: User, passage: QuotedPassage) -> None:
    with pytest.raises(actions.AnchoringError):
        actions.create_note(case=library, passage=passage, content=said("Here."), by=ann)
    assert Annotation.objects.count() == 0


def test_what_a_note_must_not_say_is_refused_by_field(library: Case, ann: User) -> None:
    assert list(refused(said(""), library, ann, exact="")) == ["comment"]
    assert list(refused(said("x" * 10_001), library, ann)) == ["comment"]
    assert list(refused(said("a\0b"), library, ann)) == ["comment"]
    assert list(refused(said(tags=["t" * 61]), library, ann)) == ["tags"]
    assert list(refused(said(tags=[f"tag {n}" for n in range(21)]), library, ann)) == ["tags"]
    assert Annotation.objects.count() == 0
    assert make_note(library, ann, comment="x" * 10_000, tags=[f"tag {n}" for n in range(20)]).version == 1


def test_one_writes_in_the_open_groups_that_one_belongs_to(library: Case, ann: User, bob: User) -> None:
    group, closed = make_group(ann), make_group(bob)
    actions.close_group(group=closed, by=bob)
    assert list(refused(said(group=group), library, bob)) == ["group"]
    assert refused(said(group=closed), library, bob) == {
        "group": ["This group is closed: nothing new is written in it."]
    }
    assert list(refused(NoteContent("x", audience="group"), library, ann)) == ["group"]
    assert list(refused(NoteContent("x", audience="public", group=group), library, ann)) == ["group"]
    assert make_note(library, ann, group=group).group == group


# Answering


@pytest.mark.parametrize("audience", ["private", "public", "group"])
def test_an_answer_has_the_readers_of_its_thread_whatever_it_says(
    library: Case, ann: User, bob: User, audience: str
) -> None:
    group = make_group(ann, bob) if audience == "group" else None
    root = make_note(library, ann, audience=audience, group=group)
    first = actions.reply_to_note(parent=root, content=said("First.", audience="public"), by=ann)
    second = actions.reply_to_note(parent=first, content=said("Second."), by=ann)
    assert [(r.audience, r.group, r.thread, r.parent, r.case, r.exact) for r in (first, second)] == [
        (audience, group, root, root, library, ""),
        (audience, group, root, first, library, ""),
    ]


def test_only_who_reads_a_note_answers_it(library: Case, ann: User, bob: User, cat: User) -> None:
    group = make_group(ann, bob)
    private, of_group = make_note(library, ann), make_note(library, ann, group=group)
    for note, user in ((private, bob), (of_group, cat)):
        with pytest.raises(PermissionDenied):
            make_reply(note, user)
    with pytest.raises(actions.RuleViolation):
        make_reply(of_group, bob, "  ")
    gone = make_note(library, ann, audience="public")
    actions.delete_note(note=gone, by=ann)
    with pytest.raises(Annotation.DoesNotExist):
        make_reply(gone, bob)
    assert Annotation.objects.filter(thread__isnull=False).count() == 0


def test_nobody_answers_in_a_closed_group_or_after_leaving_it(library: Case, ann: User, bob: User) -> None:
    group = make_group(ann, bob)
    note = make_note(library, bob, group=group)
    actions.leave_group(group=group, by=bob)
    with pytest.raises(actions.RuleViolation):
        make_reply(note, bob)
    actions.close_group(group=group, by=ann)
    with pytest.raises(actions.RuleViolation):
        make_reply(note, ann)


# Changing


def test_each_earlier_wording_is_kept_with_its_version(library: Case, ann: User) -> None:
    note = make_note(library, ann, comment="One", tags=["a"], codes=["type:peer-support"])
    actions.revise_note(note=note, content=said("Two", tags=["b"]), by=ann)
    actions.revise_note(note=note, content=said("Two", tags=["b"]), by=ann)
    actions.reattach_note(note=note, passage=QuotedPassage(Quotation("it grew")), by=ann)
    changed = actions.revise_note(note=note, content=said("Three"), by=ann)
    assert (changed.version, changed.comment, changed.exact) == (4, "Three", "it grew")
    columns = ("version", "comment", "tags", "codes", "exact")
    assert list(Wording.objects.order_by("version").values_list(*columns)) == [
        (1, "One", ["a"], ["type:peer-support"], "began small"),
        (2, "Two", ["b"], [], "began small"),
        (3, "Two", ["b"], [], "it grew"),
    ]
    assert (changed.edited_at is not None, list(changed.tags.all())) == (True, [])


@pytest.mark.parametrize("verb", ["revise_note", "reattach_note", "delete_note"])
def test_only_its_author_changes_a_note_and_only_the_version_that_was_read(
    library: Case, ann: User, bob: User, verb: str
) -> None:
    more: dict[str, dict[str, Any]] = {
        "revise_note": {"content": said("Mine", audience="public")},
        "reattach_note": {"passage": QuotedPassage(Quotation("it grew"))},
        "delete_note": {},
    }
    note = make_note(library, ann, comment="One", audience="public")
    actions.revise_note(note=note, content=said("Two", audience="public"), by=ann)
    act = getattr(actions, verb)
    with pytest.raises(PermissionDenied):
        act(note=note, by=bob, **more[verb])
    with pytest.raises(actions.StaleNote) as stale:
        act(note=note, by=ann, version=1, **more[verb])
    assert (stale.value.note.comment, stale.value.note.version) == ("Two", 2)
    now = fresh(note)
    assert (now.comment, now.exact, now.version, now.deleted_at) == ("Two", "began small", 2, None)
    act(note=note, by=ann, version=2, **more[verb])
    assert fresh(note).version == 3


def test_a_note_cannot_be_emptied_but_a_highlight_needs_no_words(library: Case, ann: User) -> None:
    whole, words = make_note(library, ann, "", "On it all."), make_note(library, ann, comment="On this.")
    with pytest.raises(actions.RuleViolation):
        actions.revise_note(note=whole, content=said(), by=ann)
    assert actions.revise_note(note=words, content=said(), by=ann).comment == ""
    assert fresh(whole).comment == "On it all."


def test_the_audience_stays_once_somebody_else_has_answered(library: Case, ann: User, bob: User) -> None:
    note = make_note(library, ann, comment="One", audience="public")
    own = make_reply(note, ann, "And this.")
    actions.revise_note(note=note, content=said("One"), by=ann)
    assert [(n.audience, n.version) for n in (fresh(note), fresh(own))] == [("private", 2)] * 2
    actions.revise_note(note=note, content=said("One", audience="public"), by=ann)
    theirs = make_reply(note, bob)
    for now in ("there", "deleted"):
        with pytest.raises(actions.RuleViolation) as refusal:
            actions.revise_note(note=note, content=said("One"), by=ann)
        assert list(refusal.value.message_dict) == ["audience"], now
        actions.delete_note(note=theirs, by=bob) if now == "there" else None
    assert [fresh(n).audience for n in (note, own, theirs)] == ["public"] * 3
    assert actions.revise_note(note=note, content=said("Two", audience="public"), by=ann).comment == "Two"


def test_an_answer_cannot_be_moved_to_other_readers(library: Case, ann: User) -> None:
    reply = make_reply(make_note(library, ann, audience="public"), ann)
    with pytest.raises(actions.RuleViolation) as refusal:
        actions.revise_note(note=reply, content=said("Secret"), by=ann)
    assert (list(refusal.value.message_dict), fresh(reply).comment) == (["audience"], "I see.")
    with pytest.raises(actions.RuleViolation):
        actions.reattach_note(note=reply, passage=QuotedPassage(Quotation("it grew")), by=ann)


def test_who_left_a_group_may_put_a_note_right_or_take_it_home_but_not_into_another(
    library: Case, ann: User, bob: User, cat: User
) -> None:
    group, other = make_group(ann, bob), make_group(cat)
    note = make_note(library, bob, comment="Worng", group=group)
    actions.leave_group(group=group, by=bob)
    assert actions.revise_note(note=note, content=said("Wrong", group=group), by=bob).comment == "Wrong"
    with pytest.raises(actions.RuleViolation):
        actions.revise_note(note=note, content=said("Wrong", group=other), by=bob)
    actions.revise_note(note=note, content=said("Wrong"), by=bob)
    assert (sees(bob, note), sees(ann, note)) == (True, False)


# Resolving


def test_a_thread_is_resolved_by_its_author_and_in_a_group_by_every_member(
    library: Case, ann: User, bob: User, cat: User
) -> None:
    group = make_group(ann, bob)
    public, of_group = make_note(library, ann, audience="public"), make_note(library, ann, group=group)
    reply = make_reply(of_group, bob)
    for note, user in ((public, bob), (of_group, cat), (reply, cat)):
        with pytest.raises(PermissionDenied):
            actions.resolve_thread(note=note, by=user)
    resolved = actions.resolve_thread(note=reply, by=bob)
    assert (resolved, resolved.resolved_by, resolved.version) == (of_group, bob, 2)
    assert actions.resolve_thread(note=of_group, by=ann).version == 2
    opened = actions.resolve_thread(note=of_group, by=ann, resolved=False)
    assert (opened.resolved_at, opened.resolved_by, opened.version) == (None, None, 3)


# Deleting


def test_of_a_deleted_note_only_the_words_stay_and_only_while_an_answer_hangs_on_it(
    library: Case, ann: User, bob: User
) -> None:
    note = make_note(library, ann, comment="One", tags=["a"], codes=["type:peer-support"], audience="public")
    names = (ExternalName("canonical", "https://example.org/1"),)
    more = NoteContent("Two", ("b",), (), "public", None, {"rights": "https://example.org/"}, names)
    actions.revise_note(note=note, content=more, by=ann)
    reply = make_reply(note, bob)
    actions.delete_note(note=note, by=ann)
    gone = fresh(note)
    assert (gone.comment, gone.w3c_extra, gone.edited_at, gone.version) == ("", {}, None, 3)
    assert [said.count() for said in (gone.tags, gone.codes, gone.names, gone.wordings)] == [0] * 4
    assert (gone.exact, sees(ann, note), sees(bob, reply)) == ("began small", False, True)
    assert Annotation.objects.addressed_to(bob).filter(pk=note.pk).exists()
    actions.delete_note(note=reply, by=bob)
    gone = fresh(note)
    assert (gone.exact, gone.prefix, gone.suffix, gone.revision, gone.start, gone.placement) == (
        "",
        "",
        "",
        None,
        None,
        "",
    )
    with pytest.raises(Annotation.DoesNotExist):
        actions.delete_note(note=note, by=ann)


def test_a_note_that_nothing_hangs_on_leaves_no_words(library: Case, ann: User) -> None:
    note = make_note(library, ann, comment="One")
    actions.delete_note(note=note, by=ann)
    assert (fresh(note).exact, fresh(note).revision) == ("", None)


# Accounts


def test_with_an_account_its_private_notes_go_and_what_others_read_stays_without_a_name(
    library: Case, ann: User, bob: User
) -> None:
    group = make_group(ann, bob)
    private = make_note(library, ann, comment="private")
    make_reply(private, ann, "to myself")
    public, of_group = make_note(library, ann, audience="public"), make_note(library, ann, group=group)
    reply, nested = make_reply(public, bob), make_reply(make_reply(public, ann, "mine"), bob, "theirs")
    ann.delete()
    left = Annotation.objects.order_by("pk")
    assert [(note.author, note.comment) for note in left] == [
        (None, ""),
        (None, ""),
        (bob, "I see."),
        (None, "mine"),
        (bob, "theirs"),
    ]
    assert [fresh(n).root for n in (reply, nested)] == [public, public]
    assert [sees(bob, note) for note in (public, of_group, reply)] == [True] * 3
    assert make_reply(public, bob, "Still here?").thread == public


def test_the_groups_of_a_deleted_account_pass_to_their_oldest_member_or_close(ann: User, bob: User, cat: User) -> None:
    shared, alone = make_group(ann, bob, cat, name="Shared"), make_group(ann, name="Alone")
    ann.delete()
    shared, alone = Group.objects.get(pk=shared.pk), Group.objects.get(pk=alone.pk)
    assert (shared.owner, shared.closed_at, alone.owner, alone.closed_at is None) == (bob, None, None, False)
    assert actions.renew_invitation(group=shared, by=bob).owner == bob


# Cases


def test_when_a_case_is_withdrawn_its_notes_remain_to_their_authors_and_the_public_ones_to_who_still_sees_the_case(
    library: Case, ann: User, bob: User
) -> None:
    group = make_group(ann, bob)
    notes = [make_note(library, ann, audience="public"), make_note(library, ann, group=group), make_note(library, ann)]
    gone = withdraw_case(case=library, by=None, reason="It was counted twice.")
    nothing, everything = [False] * 3, [True] * 3
    for user, seen in ((ann, everything), (bob, nothing), (None, nothing), (make_curator(), [True, False, False])):
        assert [sees(user, note) for note in notes] == seen
    publish_case(case=redraft_case(case=gone, by=None), by=None)
    assert [sees(bob, note) for note in notes] == [True, True, False]


def test_with_a_case_all_its_notes_go(library: Case, ann: User, bob: User) -> None:
    note = make_note(library, ann, comment="One", tags=["a"], audience="public")
    make_reply(make_reply(note, bob), ann)
    actions.revise_note(note=note, content=said("Two", audience="public"), by=ann)
    rewrite(library, "Another text.")
    make_note(make_case("other", narrative=STORY), ann)
    library.delete()
    assert list(Annotation.objects.values_list("case__slug", flat=True)) == ["other"]
