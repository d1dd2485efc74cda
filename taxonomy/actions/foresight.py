"""What a change of the codebook would do, before it is done: whoever codes with terms is asked, and answers."""

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
"""Sent to ask what a change would do, with `ask`; each receiver returns a list of effects and tallies."""


@dataclass(frozen=True)
class PlannedChange:
    """A change that somebody thinks of: what is to be done to which term; `hold` where it is about to be done."""

    kind: CodebookChangeKind
    term: Term
    by: Person | None
    into: Sequence[Term] = ()
    label: str = ""
    slug: str = ""
    lock: bool = False


class EffectLine(NamedTuple):
    """What a thing says in one place, before and after."""

    where: str
    before: str
    after: str


class Effect(NamedTuple):
    """A thing that the change concerns; `mark` is another one whenever the thing is."""

    name: str
    url: str
    state: str
    lines: Sequence[EffectLine]
    mark: str


class Tally(NamedTuple):
    """Things that the change concerns and that are nobody else's to see: their number alone."""

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
        """Stands for all of it: another one as soon as anything differs."""
        terms = [(term.pk, term.version, term.slug, term.label) for term in (self.planned.term, *self.planned.into)]
        key = [self.planned.kind, terms, self.planned.label, self.planned.slug]
        things = [key, sorted(effect.mark for effect in self.effects), self.tallies]
        return hashlib.sha256(json.dumps(things).encode()).hexdigest()

    @property
    def states(self) -> Sequence[Tally]:
        """How many things there are in each state."""
        states = [effect.state for effect in self.effects]
        return [Tally(state, states.count(state)) for state in dict.fromkeys(states)]


class PreviewOutdated(Exception):
    """What was foreseen no longer holds; `foresight` is what would happen now."""

    def __init__(self, preview: ChangePreview) -> None:
        super().__init__(
            "Something changed since this was shown. Nothing was done: look at what would happen now, and confirm it "
            "again."
        )
        self.preview = preview


@transaction.atomic
def preview_change(planned: PlannedChange) -> ChangePreview:
    """Return what a change would do. Nothing is written."""
    require_codebook_perm(planned.by)
    said: list[tuple[Any, Any]] = preview_requested.send(sender=Term, planned=planned)
    answers = [each for _, answer in said for each in answer]
    effects = [each for each in answers if isinstance(each, Effect)]
    tallies = [each for each in answers if isinstance(each, Tally)]
    return ChangePreview(planned, effects, tallies)


def check_preview_token(planned: PlannedChange, token: str | None) -> None:
    """Hold what a change concerns, and refuse it where something else would happen than was shown under `token`."""
    if token is not None and (now := preview_change(planned)).token != token:
        raise PreviewOutdated(now)
