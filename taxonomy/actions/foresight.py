"""Previews of changes to the codebook: apps that code with terms report what a change would affect."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db import transaction
from django.dispatch import Signal

from ..models import CodebookChangeKind, Person, Term
from .rules import require_codebook_perm

preview_requested = Signal()
"""Sent with `planned`, a PlannedChange; each receiver returns a list of effects and tallies."""


@dataclass(frozen=True)
class PlannedChange:
    """A change that may be made to a term; with `lock`, it is about to be made, and what it affects is locked."""

    kind: CodebookChangeKind
    term: Term
    by: Person | None
    into: Sequence[Term] = ()
    label: str = ""
    slug: str = ""
    lock: bool = False


class EffectLine(NamedTuple):
    """A value of an affected object, before and after."""

    where: str
    before: str
    after: str


class Effect(NamedTuple):
    """An object that the change affects; `mark` differs whenever the object has changed."""

    name: str
    url: str
    state: str
    lines: Sequence[EffectLine]
    mark: str


class Tally(NamedTuple):
    """The number of affected objects, for objects that the curator may not see."""

    what: str
    number: int


@dataclass(frozen=True)
class ChangePreview:
    """Everything that a change would do."""

    planned: PlannedChange
    effects: Sequence[Effect]
    tallies: Sequence[Tally]

    @cached_property
    def token(self) -> str:
        """A digest of the preview, which differs as soon as anything differs."""
        terms = [(term.pk, term.version, term.slug, term.label) for term in (self.planned.term, *self.planned.into)]
        key = [self.planned.kind, terms, self.planned.label, self.planned.slug]
        things = [key, sorted(effect.mark for effect in self.effects), self.tallies]
        return hashlib.sha256(json.dumps(things).encode()).hexdigest()

    @property
    def states(self) -> Sequence[Tally]:
        """The number of affected objects by state."""
        states = [effect.state for effect in self.effects]
        return [Tally(state, states.count(state)) for state in dict.fromkeys(states)]


class PreviewOutdated(Exception):
    """The preview that was confirmed is outdated; `preview` is the current one."""

    def __init__(self, preview: ChangePreview) -> None:
        super().__init__(
            "Something changed since this was shown. Nothing was done: look at what would happen now, and confirm it "
            "again."
        )
        self.preview = preview


@transaction.atomic
def preview_change(planned: PlannedChange) -> ChangePreview:
    """Collect what a change would affect, without changing anything."""
    require_codebook_perm(planned.by)
    responses: list[tuple[Any, Any]] = preview_requested.send(sender=Term, planned=planned)
    items = [item for _, response in responses for item in response]
    effects = [item for item in items if isinstance(item, Effect)]
    tallies = [item for item in items if isinstance(item, Tally)]
    return ChangePreview(planned, effects, tallies)


def check_preview_token(planned: PlannedChange, token: str | None) -> None:
    """Raise PreviewOutdated unless the current preview has this token; None skips the check."""
    if token is not None and (current := preview_change(planned)).token != token:
        raise PreviewOutdated(current)
