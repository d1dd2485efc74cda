"""Whatever several people do to notes, in whatever order: what must always hold, holds after each step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from accounts.models import User
from annotations import actions
from annotations.models import Annotation, Group
from annotations.records import NoteContent
from tests.factories import make_case, make_user

from .notes import STORY, make_group, make_moderator, make_note, make_reply, rewrite

pytestmark = pytest.mark.django_db

REFUSALS = (
    actions.RuleViolation,
    actions.AnchoringError,
    PermissionDenied,
    Annotation.DoesNotExist,
    Group.DoesNotExist,
)
WORDS = ("tags", "codes", "names", "wordings")
NARRATIVES = (STORY, "It began small.", "Quite another text stands here now.")


class World:
    """A case, four people, and what they did, as the test itself remembers it."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw
        self.case = make_case("library", narrative=STORY)
        self.moderator = make_moderator()
        self.people = [*map(make_user, ("ann", "bob", "cat")), self.moderator]
        self.groups: list[Group] = []
        self.members: set[tuple[int, int]] = set()
        self.earlier: defaultdict[int, list[str]] = defaultdict(list)
        self.versions: dict[int, tuple[int, tuple[Any, ...]]] = {}
        self.comments = 0
        self.begin()

    def begin(self) -> None:
        """Let there be a group of two, a note in it and a public one, each with an answer."""
        ann, bob, *_ = self.people
        self.groups.append(make_group(ann, bob))
        self.members |= {(self.groups[0].pk, ann.pk), (self.groups[0].pk, bob.pk)}
        notes = make_note(self.case, ann, group=self.groups[0]), make_note(self.case, bob, "it grew", audience="public")
        for note, user in zip(notes, (bob, ann), strict=True):
            make_reply(note, user)
        self.check()

    # What is drawn

    def someone(self) -> User:
        person: User = self.draw(st.sampled_from(self.people))
        return person

    def likely(self, *people: User | None) -> User:
        """Return one of these, or now and then anybody."""
        of = [person for person in people if person] or self.people
        return self.draw(st.sampled_from([*of, *of, self.someone()]))  # type: ignore[no-any-return]  # what is drawn is Any

    def some_note(self) -> Annotation:
        return Annotation.objects.get(pk=self.draw(st.sampled_from(sorted(self.versions))))

    def some_group(self) -> Group:
        group: Group = self.draw(st.sampled_from(self.groups))
        return group

    def some_words(self, audience: str | None = None, group: Group | None = None) -> NoteContent:
        self.comments += 1
        if audience is None:
            audience = self.draw(st.sampled_from(["private", "public", "group"]))
            group = self.some_group() if audience == "group" else None
        tags = tuple(self.draw(st.sets(st.sampled_from(["trust", "doubt"]))))
        return NoteContent(f"comment {self.comments}", tags, (), audience, group)

    # What is done

    def write(self) -> None:
        exact, words = self.draw(st.sampled_from(["", "began small", "it grew"])), self.some_words()
        options: Any = {"group": words.group} if words.group else {"audience": words.audience}
        make_note(self.case, self.someone(), exact, words.comment, tags=words.tags, **options)

    def answer(self) -> None:
        self.comments += 1
        note = self.some_note()
        readers = [person for person in self.people if self.reads(person, note)]
        make_reply(note, self.likely(*readers), f"comment {self.comments}")

    def revise(self) -> None:
        note = self.some_note()
        words = self.some_words() if self.draw(st.booleans()) else self.some_words(note.audience, note.group)
        actions.revise_note(note=note, content=words, by=self.likely(note.author))
        self.earlier[note.pk].append(note.comment)

    def remove(self) -> None:
        note = self.some_note()
        actions.delete_note(note=note, by=self.likely(note.author))
        self.earlier[note.pk] = []

    def resolve(self) -> None:
        note = self.some_note()
        actions.resolve_thread(note=note, by=self.likely(note.root.author), resolved=self.draw(st.booleans()))

    def flag(self) -> None:
        note = self.some_note()
        readers = [person for person in self.people if self.reads(person, note) and person != note.author]
        actions.flag_note(note=note, reason="Look.", by=self.likely(*readers))

    def hide(self) -> None:
        actions.hide_note(note=self.some_note(), reason="Away.", by=self.moderator)

    def approve(self) -> None:
        actions.approve_note(note=self.some_note(), by=self.moderator)

    def found(self) -> None:
        owner = self.someone()
        self.groups.append(actions.create_group(name="Readers", by=owner))
        self.members.add((self.groups[-1].pk, owner.pk))

    def join(self) -> None:
        group, user = self.some_group(), self.someone()
        actions.join_group(invitation=group.invitation, by=user)
        self.members.add((group.pk, user.pk))

    def leave(self) -> None:
        group, user = self.some_group(), self.someone()
        actions.leave_group(group=group, by=user)
        self.members.discard((group.pk, user.pk))

    def close(self) -> None:
        group = self.some_group()
        actions.close_group(group=group, by=self.likely(Group.objects.get(pk=group.pk).owner))

    def rewrite(self) -> None:
        rewrite(self.case, self.draw(st.sampled_from(NARRATIVES)))

    def step(self) -> None:
        """Let somebody do something, or be refused."""
        often = [self.write, self.answer, self.revise, self.remove]
        now_and_then = [self.resolve, self.flag, self.hide, self.approve, self.found, self.join, self.leave, self.close]
        deed = self.draw(st.sampled_from([*often, *often, *now_and_then, self.rewrite]))
        try:
            deed()
            event(f"{deed.__name__}: done")
        except REFUSALS as refusal:
            event(f"{deed.__name__}: {type(refusal).__name__}")

    # What must hold

    def reads(self, user: User | None, note: Annotation) -> bool:
        """Tell whether somebody may read a note, by what the test remembers of the groups."""
        if note.deleted_at or note.author_id == getattr(user, "pk", -1):
            return not note.deleted_at
        if note.hidden_at and user != self.moderator:
            return False
        member = user is not None and (note.group_id, user.pk) in self.members
        return note.audience == "public" or (note.audience == "group" and member)

    def check(self) -> None:
        notes = list(Annotation.objects.select_related("thread").order_by("pk").prefetch_related(*WORDS))
        for user in (None, *self.people):
            visible = set(Annotation.objects.visible_to(user).values_list("pk", flat=True))
            assert visible == {note.pk for note in notes if self.reads(user, note)}, user
        for note in notes:
            assert (note.audience, note.group_id) == (note.root.audience, note.root.group_id)
            assert [wording.comment for wording in reversed(note.wordings.all())] == self.earlier[note.pk]
            self.check_version(note)
            if note.deleted_at:
                check_tombstone(note)

    def check_version(self, note: Annotation) -> None:
        """The version never falls, and rises with whatever is changed."""
        state = (
            note.comment,
            note.audience,
            note.group_id,
            note.hidden_at,
            note.deleted_at,
            note.start,
            note.placement,
        )
        before, old = self.versions.get(note.pk, (0, state))
        assert note.version >= before
        assert note.version > before or state == old or forgotten(note)
        self.versions[note.pk] = (note.version, state)


def forgotten(note: Annotation) -> bool:
    """Tell whether a tombstone lost its words, because the last answer went: nobody reads its version any more."""
    return note.deleted_at is not None and note.exact == ""


def check_tombstone(note: Annotation) -> None:
    """Nothing of what was said is left, and of the quotation only what answers still hang on."""
    assert (note.comment, note.w3c_extra, note.edited_at) == ("", {}, None)
    assert [list(getattr(note, name).all()) for name in WORDS] == [[], [], [], []]
    if not note.members.filter(deleted_at=None).exists():
        assert (note.exact, note.prefix, note.suffix, note.revision, note.start) == ("", "", "", None, None)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_done_nothing_is_seen_that_must_not_and_nothing_is_lost(data: st.DataObject) -> None:
    with transaction.atomic():
        world = World(data.draw)
        for _ in range(14):
            world.step()
            world.check()
        transaction.set_rollback(True)
