"""A ready-made note for tests, made as every door makes it."""

from __future__ import annotations

from accounts.models import User
from annotations.actions import annotate
from annotations.models import Annotation
from annotations.selectors import Quotation
from cases.models import Case

STORY = "It began small 👍🏽 in one library.\n\nThen it **grew**: every library has *one* now."
"""A narrative in which `library` stands twice; its text is "It began small 👍🏽 in one library.⏎Then it grew: ...⏎"."""


def make_note(
    case: Case, by: User, exact: str = "began small", comment: str = "", *, audience: str = "private"
) -> Annotation:
    """Pin a note to words that stand once in the narrative."""
    return annotate(case=case, quotation=Quotation(exact), span=None, comment=comment, audience=audience, by=by)
