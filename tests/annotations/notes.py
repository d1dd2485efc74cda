"""Ready-made notes for tests, made as every door makes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import Group as PermissionGroup

from accounts.models import User
from annotations import actions
from annotations.anchoring.selectors import Quotation
from annotations.models import Annotation, Group
from annotations.records import NoteContent, QuotedPassage
from cases.actions import change_case
from cases.models import Case
from cases.serializers import CaseSerializer
from taxonomy.models import Term
from tests.factories import make_record, make_user

STORY = "It began small 👍🏽 in one library.\n\nThen it **grew**: every library has *one* now."
"""A narrative in which `library` stands twice; its text is "It began small 👍🏽 in one library.⏎Then it grew: ...⏎"."""


def said(
    comment: str = "",
    *,
    tags: Sequence[str] = (),
    codes: Iterable[str] = (),
    audience: str = "private",
    group: Group | None = None,
) -> NoteContent:
    """Return what a note says; codes as `vocabulary:slug`."""
    terms = [Term.objects.get(vocabulary__slug=v, slug=s) for v, _, s in (code.partition(":") for code in codes)]
    return NoteContent(comment, tuple(tags), tuple(terms), "group" if group else audience, group)


def make_note(
    case: Case,
    by: User,
    exact: str = "began small",
    comment: str = "",
    *,
    audience: str = "private",
    group: Group | None = None,
    tags: Sequence[str] = (),
    codes: Iterable[str] = (),
) -> Annotation:
    """Pin a note to words that stand once in the narrative; to the case as a whole where `exact` is empty."""
    passage = QuotedPassage(Quotation(exact)) if exact else None
    words = said(comment, tags=tags, codes=codes, audience=audience, group=group)
    return actions.create_note(case=case, passage=passage, content=words, by=by)


def make_reply(parent: Annotation, by: User, comment: str = "I see.") -> Annotation:
    return actions.reply_to_note(parent=parent, content=said(comment), by=by)


def make_group(owner: User, *members: User, name: str = "Readers of libraries") -> Group:
    group = actions.create_group(name=name, by=owner)
    for member in members:
        actions.join_group(invitation=group.invitation, by=member)
    return group


def rewrite(case: Case, narrative: str, by: User | None = None) -> Case:
    """Give a case of `make_case` another narrative, as a curator does."""
    serializer = CaseSerializer(case, data=make_record(case.slug, narrative=narrative))
    serializer.is_valid(raise_exception=True)
    return change_case(case=case, record=serializer.validated_data, by=by, version=Case.objects.get(pk=case.pk).version)


def make_moderator(username: str = "moderator", **fields: object) -> User:
    """Make someone who decides on flagged notes, in the admin."""
    user = make_user(username, is_staff=True, **fields)
    user.groups.add(PermissionGroup.objects.get(name="Moderators"))
    return user


def unpublish(case: Case) -> None:
    """Make a case a draft, as if its notes had been written by somebody who saw drafts then."""
    Case.objects.filter(pk=case.pk).update(state="draft")
