"""Flagging, hiding and approving: who may, what becomes of the note, and what the log says."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group as PermissionGroup
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from accounts.models import User
from annotations import actions
from annotations.models import Annotation, Decision, Flag
from cases.models import Case
from tests.factories import make_case, make_user

from .notes import STORY, make_group, make_moderator, make_note, make_reply, said, unpublish

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
def moderator() -> User:
    return make_moderator()


def readers_of(note: Annotation, *users: User | None) -> list[str]:
    """Return which of the users see a note; nobody in particular is a stranger."""
    seen = [user for user in users if Annotation.objects.visible_to(user).filter(pk=note.pk).exists()]
    return [user.username if user else "a stranger" for user in seen]


def waits(note: Annotation) -> bool:
    return note.flags.filter(settled_at=None).exists()


def test_a_hidden_note_is_left_to_its_author_and_to_moderators_and_an_approved_one_is_back(
    library: Case, ann: User, bob: User, moderator: User
) -> None:
    note = make_note(library, ann, audience="public")
    actions.flag_note(note=note, reason="It names a patient.", by=bob)
    everyone = (None, ann, bob, moderator)
    assert (waits(note), readers_of(note, *everyone)) == (True, ["a stranger", "ann", "bob", "moderator"])
    actions.hide_note(note=note, reason="It names a patient.", by=moderator)
    assert (waits(note), readers_of(note, *everyone)) == (False, ["ann", "moderator"])
    actions.approve_note(note=note, by=moderator)
    assert readers_of(note, *everyone) == ["a stranger", "ann", "bob", "moderator"]
    assert list(note.decisions.values_list("verb", "reason", "by__username")) == [
        ("approve", "", "moderator"),
        ("hide", "It names a patient.", "moderator"),
    ]


def test_every_decision_is_a_version_of_the_note(library: Case, ann: User, moderator: User) -> None:
    note = make_note(library, ann, audience="public")
    actions.hide_note(note=note, reason="Off topic.", by=moderator)
    actions.hide_note(note=note, reason="Still off topic.", by=moderator)
    hidden_at = Annotation.objects.get(pk=note.pk).hidden_at
    actions.approve_note(note=note, by=moderator)
    note.refresh_from_db()
    assert (note.version, hidden_at is not None, note.hidden_at) == (4, True, None)
    with pytest.raises(actions.StaleNote):
        actions.revise_note(note=note, content=said("Changed", audience="public"), by=ann, version=1)


def test_only_moderators_decide(library: Case, ann: User, bob: User) -> None:
    note = make_note(library, ann, audience="public")
    actions.flag_note(note=note, reason="Look.", by=bob)
    for user in (ann, bob, make_user("staff", is_staff=True)):
        for decide in (actions.hide_note, actions.approve_note):
            with pytest.raises(PermissionDenied):
                decide(note=note, reason="So be it.", by=user)
    idle = make_moderator("idle", is_active=False)
    with pytest.raises(PermissionDenied):
        actions.hide_note(note=note, reason="So be it.", by=idle)
    assert (Decision.objects.count(), waits(note)) == (0, True)


def test_a_reason_is_needed_to_flag_and_to_hide_and_has_an_end(
    library: Case, ann: User, bob: User, moderator: User
) -> None:
    note = make_note(library, ann, audience="public")
    for reason in ("", "  \n", "x" * 501, "a\0b"):
        with pytest.raises(actions.RuleViolation) as flagging:
            actions.flag_note(note=note, reason=reason, by=bob)
        with pytest.raises(actions.RuleViolation) as hiding:
            actions.hide_note(note=note, reason=reason, by=moderator)
        assert flagging.value.message_dict == hiding.value.message_dict
        assert list(hiding.value.message_dict) == ["reason"]
    assert (Flag.objects.count(), Decision.objects.count(), readers_of(note, None)) == (0, 0, ["a stranger"])
    assert actions.approve_note(note=note, by=moderator).reason == ""


def test_flagging_again_changes_the_reason_and_after_a_decision_begins_anew(
    library: Case, ann: User, bob: User, moderator: User
) -> None:
    note = make_note(library, ann, audience="public")
    actions.flag_note(note=note, reason="Rude.", by=bob)
    actions.flag_note(note=note, reason="Very rude.", by=bob)
    assert list(note.flags.values_list("reason", flat=True)) == ["Very rude."]
    actions.approve_note(note=note, reason="Firm, not rude.", by=moderator)
    actions.flag_note(note=note, reason="I insist.", by=bob)
    assert [(flag.reason, flag.settled_at is None) for flag in note.flags.all()] == [
        ("I insist.", True),
        ("Very rude.", False),
    ]


def test_one_flags_only_what_somebody_else_wrote_and_one_can_read(library: Case, ann: User, bob: User) -> None:
    private = make_note(library, ann, comment="mine")
    of_group = make_note(library, ann, "it grew", group=make_group(ann))
    public = make_note(library, ann, "it grew", audience="public")
    for note, user in ((private, bob), (of_group, bob), (public, ann), (private, ann)):
        with pytest.raises(PermissionDenied):
            actions.flag_note(note=note, reason="Look.", by=user)
    assert Flag.objects.count() == 0


def decided_on(moderator: User) -> list[str]:
    return sorted(Annotation.objects.moderated_by(moderator).values_list("comment", flat=True))


def test_a_flag_discloses_one_note_of_a_group_and_nothing_a_private_one(
    library: Case, ann: User, bob: User, moderator: User
) -> None:
    group = make_group(ann, bob)
    make_note(library, ann, comment="private")
    root = make_note(library, ann, "it grew", "of the group", group=group)
    reply = make_reply(root, bob, "flagged")
    assert decided_on(moderator) == []
    for note in (root, reply):
        with pytest.raises(PermissionDenied):
            actions.hide_note(note=note, reason="Curiosity.", by=moderator)
    actions.flag_note(note=reply, reason="Rude.", by=ann)
    assert decided_on(moderator) == ["flagged"]
    assert readers_of(reply, ann, bob, moderator) == ["ann", "bob"]
    actions.hide_note(note=reply, reason="Rude.", by=moderator)
    assert (decided_on(moderator), readers_of(reply, ann, bob, moderator)) == (["flagged"], ["bob"])
    actions.approve_note(note=reply, by=moderator)
    assert (decided_on(moderator), readers_of(reply, ann, bob, moderator)) == ([], ["ann", "bob"])


def test_a_flagged_note_that_its_author_made_private_or_deleted_is_decided_on_no_more(
    library: Case, ann: User, bob: User, moderator: User
) -> None:
    notes = [make_note(library, ann, comment=word, audience="public") for word in ("withdrawn", "deleted", "open")]
    for note in notes:
        actions.flag_note(note=note, reason="Look.", by=bob)
    actions.revise_note(note=notes[0], content=said("withdrawn"), by=ann)
    actions.delete_note(note=notes[1], by=ann)
    assert decided_on(moderator) == ["open"]
    with pytest.raises(PermissionDenied):
        actions.hide_note(note=notes[0], reason="Look.", by=moderator)
    with pytest.raises(Annotation.DoesNotExist):
        actions.hide_note(note=notes[1], reason="Look.", by=moderator)


def test_a_note_on_a_draft_is_decided_on_by_those_who_see_the_draft(ann: User, moderator: User) -> None:
    draft = make_case("draft", narrative=STORY)
    make_note(draft, ann, comment="on a draft", audience="public")
    unpublish(draft)
    assert decided_on(moderator) == []
    assert decided_on(User.objects.create_superuser("root", "root@example.org", "password")) == ["on a draft"]


def test_a_flag_waits_also_when_the_account_of_whoever_flagged_is_deleted(library: Case, ann: User, bob: User) -> None:
    note = make_note(library, ann, audience="public")
    actions.flag_note(note=note, reason="Rude.", by=bob)
    bob.delete()
    assert waits(note)


def test_the_answers_to_a_hidden_note_stay(library: Case, ann: User, bob: User, moderator: User) -> None:
    root = make_note(library, ann, audience="public")
    reply = make_reply(root, bob)
    actions.hide_note(note=root, reason="Off topic.", by=moderator)
    assert (readers_of(root, None, bob), readers_of(reply, None, bob)) == ([], ["a stranger", "bob"])
    with pytest.raises(PermissionDenied):
        make_reply(root, bob)


def permissions_of_moderators() -> list[tuple[str, str]]:
    moderators = PermissionGroup.objects.get(name="Moderators")
    return list(moderators.permissions.values_list("content_type__app_label", "codename"))


def test_moderators_are_a_group_that_decides_and_does_nothing_else() -> None:
    assert permissions_of_moderators() == [("annotations", "moderate_annotation")]
    PermissionGroup.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert permissions_of_moderators() == [("annotations", "moderate_annotation")]
    assert not PermissionGroup.objects.filter(name="Curators", permissions__codename="moderate_annotation").exists()
