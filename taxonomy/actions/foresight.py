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

from ..models import Kind, Person, Term
from .rules import permit

foreseen = Signal()
"""Sent to ask what a change would do, with `ask`; each receiver returns a list of effects and tallies."""


@dataclass(frozen=True)
class Ask:
    """A change that somebody thinks of: what is to be done to which term; `hold` where it is about to be done."""

    kind: Kind
    term: Term
    by: Person | None
    into: Sequence[Term] = ()
    label: str = ""
    slug: str = ""
    hold: bool = False


class Line(NamedTuple):
    """What a thing says in one place, before and after."""

    where: str
    before: str
    after: str


class Effect(NamedTuple):
    """A thing that the change concerns; `mark` is another one whenever the thing is."""

    name: str
    url: str
    state: str
    lines: Sequence[Line]
    mark: str


class Tally(NamedTuple):
    """Things that the change concerns and that are nobody else's to see: their number alone."""

    what: str
    number: int


@dataclass(frozen=True)
class Foresight:
    """Everything that a change would do."""

    ask: Ask
    effects: Sequence[Effect]
    tallies: Sequence[Tally]

    @cached_property
    def token(self) -> str:
        """Stands for all of it: another one as soon as anything differs."""
        terms = [(term.pk, term.version, term.slug, term.label) for term in (self.ask.term, *self.ask.into)]
        asked = [self.ask.kind, terms, self.ask.label, self.ask.slug]
        things = [asked, sorted(effect.mark for effect in self.effects), self.tallies]
        return hashlib.sha256(json.dumps(things).encode()).hexdigest()

    @property
    def states(self) -> Sequence[Tally]:
        """How many things there are in each state."""
        states = [effect.state for effect in self.effects]
        return [Tally(state, states.count(state)) for state in dict.fromkeys(states)]


class Outdated(Exception):
    """What was foreseen no longer holds; `foresight` is what would happen now."""

    def __init__(self, foresight: Foresight) -> None:
        super().__init__(
            "Something changed since this was shown. Nothing was done: look at what would happen now, and confirm it "
            "again."
        )
        self.foresight = foresight


@transaction.atomic
def foresee(ask: Ask) -> Foresight:
    """Return what a change would do. Nothing is written."""
    permit(ask.by)
    said: list[tuple[Any, Any]] = foreseen.send(sender=Term, ask=ask)
    answers = [each for _, answer in said for each in answer]
    effects = [each for each in answers if isinstance(each, Effect)]
    tallies = [each for each in answers if isinstance(each, Tally)]
    return Foresight(ask, effects, tallies)


def agree(ask: Ask, token: str | None) -> None:
    """Hold what a change concerns, and refuse it where something else would happen than was shown under `token`."""
    if token is not None and (now := foresee(ask)).token != token:
        raise Outdated(now)
