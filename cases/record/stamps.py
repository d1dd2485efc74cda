"""The stamp of a coding: when it was made, how and by whom, and whether it is to be re-affirmed.

A coding is *in step* while its value, the words of its passage, the text of their source and the definition of its
terms are those for which somebody made or affirmed it. What changes one of them alone leaves a `Doubt` in its stamp,
until the coding is affirmed, or pointed to other words. Pure: nothing here uses the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from ..models.coding import Doubt, Origin

if TYPE_CHECKING:
    from .codings import Coding

CodingStamp = dict[str, Any]
"""`version` of the case, `date` (ISO 8601), and `codebook`, the version of the codebook: of the coding, or of its last
affirmation. `how`, an Origin, and `by`, the key of a user: of the coding; missing if that is not recorded. `affirmed`:
the same two of its affirmation, if there was one. `out_of_step`: a list of `Mark`, if it is to be re-affirmed."""

Mark = dict[str, Any]
"""`why`, a Doubt; `date`; `codebook`, the version that caused it; `was`, the value that its passage was given for."""

Words = tuple[str, str]
"""Slug of a source, and the words quoted from it."""

UNRECORDED: CodingStamp = {"version": None, "date": None, "codebook": None}
"""The stamp of a coding that is older than the record of such codings."""


class Turn(Enum):
    """What kind of change leads from one record of a case to the next."""

    EDIT = "the record was written by somebody"
    CORRECTION = "words of passages were corrected where they stand"
    REGROUPING = "a thing that it names was merged or split"
    RECODING = "a term was merged into another"


def origin_of(stamp: CodingStamp) -> dict[str, Any]:
    """Return what the API tells of a stamp, besides when it was made."""
    return {
        "origin": stamp.get("how"),
        "affirmed": bool(stamp.get("affirmed")),
        "unaffirmed": is_unaffirmed(stamp),
        "out_of_step": [{name: mark.get(name) for name in ("why", "date", "codebook")} for mark in marks_of(stamp)],
    }


def marks_of(stamp: CodingStamp) -> Sequence[Mark]:
    marks: Sequence[Mark] = stamp.get("out_of_step", ())
    return marks


def is_unaffirmed(stamp: CodingStamp) -> bool:
    """Whether it is a program, not a person, that last answered for a coding."""
    return bool((stamp.get("affirmed") or stamp).get("how") == Origin.PROGRAM)


def needs_affirmation(stamp: CodingStamp) -> bool:
    return bool(marks_of(stamp)) or is_unaffirmed(stamp)


def with_marks(stamp: CodingStamp, marks: Iterable[Mark]) -> CodingStamp:
    """Return a stamp with these marks instead of its own; of those with the same reason, the first."""
    by_reason: dict[str, Mark] = {}
    for mark in marks:
        by_reason.setdefault(mark["why"], mark)
    kept = {name: value for name, value in stamp.items() if name != "out_of_step"}
    return {**kept, "out_of_step": list(by_reason.values())} if by_reason else kept


def marked(stamp: CodingStamp, why: Doubt, date: str, **more: Any) -> CodingStamp:
    """Return a stamp with one more mark."""
    return with_marks(stamp, [*marks_of(stamp), {"why": why.value, "date": date, **more}])


MARKED = "marked"
Affirm = bool | Collection[str]
"""The codings that a change affirms: their paths, True for all, or `MARKED` for those that are to be re-affirmed."""


def affirmed_paths(stamps: Mapping[str, CodingStamp], affirm: Affirm) -> list[str]:
    if affirm == MARKED:
        return [path for path, stamp in stamps.items() if needs_affirmation(stamp)]
    return [path for path in stamps if affirm is True or (affirm and path in affirm)]


def affirmed(stamp: CodingStamp, now: CodingStamp) -> CodingStamp:
    """Return the stamp of a coding that was affirmed `now`; how it was made stays."""
    when = {name: now[name] for name in ("version", "date", "codebook")}
    who = {name: now[name] for name in ("how", "by") if name in now}
    return with_marks({**stamp, **when, "affirmed": who}, [])


def restamp(
    after: Sequence[Coding],
    before: Sequence[Coding],
    stamps: Mapping[str, CodingStamp],
    now: CodingStamp,
    turn: Turn = Turn.EDIT,
) -> dict[str, CodingStamp]:
    """Return the stamp of each coding after a change: its former one if it is the same as before, else `now`.

    What changed without its passage, and what quotes corrected words, is marked.
    """
    former = find_former(after, before, turn)
    return {
        coding.path: _next_stamp(coding, old, stamps.get(old.path, UNRECORDED), now, turn)
        if (old := former.get(coding.path))
        else now
        for coding in after
    }


def _next_stamp(coding: Coding, old: Coding, stamp: CodingStamp, now: CodingStamp, turn: Turn) -> CodingStamp:
    if turn is Turn.REGROUPING or _same(coding, old):
        return stamp
    if turn is Turn.RECODING:
        return with_marks({**stamp, **_origin(now)}, [*marks_of(stamp), _mark(Doubt.CODEBOOK, now)])
    if turn is Turn.CORRECTION:
        return stamp if coding.words == old.words else marked(stamp, Doubt.PASSAGE, now["date"])
    if coding.words != old.words and (coding.words or coding.core != old.core):
        return now
    if coding.core == old.core:
        return with_marks(now, marks_of(stamp))
    return with_marks(now, _marks_of_other_value(coding, old, stamp, now))


def _origin(stamp: CodingStamp) -> CodingStamp:
    return {name: stamp[name] for name in ("how", "by") if name in stamp}


def _mark(why: Doubt, now: CodingStamp) -> Mark:
    return {"why": why.value, "date": now["date"], "codebook": now["codebook"]}


def _same(coding: Coding, old: Coding) -> bool:
    return coding.value == old.value and coding.ground == old.ground


def _marks_of_other_value(coding: Coding, old: Coding, stamp: CodingStamp, now: CodingStamp) -> list[Mark]:
    """Return the marks of a coding whose value changed and whose passage, if it has one, did not.

    A value that comes back to the one that its passage was given for is in step again.
    """
    if not coding.words:
        return []
    earlier = next((mark for mark in marks_of(stamp) if mark["why"] == Doubt.VALUE), None)
    was = earlier["was"] if earlier else old.core
    kept = [mark for mark in marks_of(stamp) if mark is not earlier]
    back = [] if was == coding.core else [{"why": Doubt.VALUE.value, "date": now["date"], "was": was}]
    return [*kept, *back]


# Which coding was which ----------------------------------------------------------------------------------------------


def find_former(after: Sequence[Coding], before: Sequence[Coding], turn: Turn = Turn.EDIT) -> dict[str, Coding]:
    """Return, by path, what each coding was before. One whose path is new was what now has none and is most like it.

    That is the same value of the same words, or else another value of the same words: an arrangement that was given
    another label, a sector exchanged for another. Where only names were replaced, it is the next of its dimension.
    """
    old = {coding.path: coding for coding in before}
    found = {coding.path: old[coding.path] for coding in after if coding.path in old}
    left = [coding for coding in before if coding.path not in found]
    fresh = [coding for coding in after if coding.path not in found]
    for likeness in (_whole_likeness, _likeness_of_words, *([_dimension] if turn in RENAMING else [])):
        _match(fresh, left, likeness, found)
    return found


Likeness = Callable[["Coding"], Any]


def _match(fresh: list[Coding], left: list[Coding], likeness: Likeness, found: dict[str, Coding]) -> None:
    """Match codings that are alike, each once, and take them out of both lists."""
    for coding in list(fresh):
        alike = likeness(coding)
        if alike and (old := next((each for each in left if likeness(each) == alike), None)):
            found[coding.path] = old
            fresh.remove(coding)
            left.remove(old)


def _whole_likeness(coding: Coding) -> Any:
    """An arrangement stays what it is under another label, even where it has no passage."""
    if coding.words or coding.arrangement is not None:
        return coding.dimension, coding.words, coding.core
    return None


def _likeness_of_words(coding: Coding) -> Any:
    return (coding.dimension, coding.words) if coding.words else None


def _dimension(coding: Coding) -> Any:
    return coding.dimension


RENAMING = {Turn.REGROUPING, Turn.RECODING}
"""The turns in which nothing but names is replaced."""


# Counting ------------------------------------------------------------------------------------------------------------


def count_doubts(stamps: Mapping[str, CodingStamp]) -> Counter[str]:
    """Return the number of codings by Doubt."""
    found = Counter(mark["why"] for stamp in stamps.values() for mark in marks_of(stamp))
    if unaffirmed := sum(map(is_unaffirmed, stamps.values())):
        found[Doubt.PROGRAM.value] = unaffirmed
    return found


def origins_in(stamps: Mapping[str, CodingStamp]) -> set[str]:
    return {stamp["how"] for stamp in stamps.values() if stamp.get("how")}
