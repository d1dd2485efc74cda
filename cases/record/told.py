"""The stamps of codings in words: what is coded, when and how it was made, and why it is to be re-affirmed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from django.utils.formats import date_format

from accounts.models import User

from ..models import Case, Doubt, Origin
from ..schema import NODES, get_axis
from . import convert
from .codings import TERM_FIELDS, Coding, codings_in
from .labels import RecordLabels
from .stamps import CodingStamp, is_unaffirmed, marks_of, needs_affirmation

DOUBTS_IN_WORDS = {
    Doubt.VALUE: "On {day} its value was changed, and its passage was not.",
    Doubt.PASSAGE: "On {day} the words of its passage were corrected.",
    Doubt.SOURCE_TEXT: "On {day} the text of its source became another one.",
    Doubt.CODEBOOK: "Since {day} the codebook (version {codebook}) defines its term otherwise.",
    Doubt.RETIRED: "Since {day} its term is retired (version {codebook} of the codebook).",
    Doubt.PROGRAM: "A program set it, and no person has affirmed it yet.",
}


def doubts_in_words(stamp: CodingStamp) -> list[str]:
    """Return a sentence for each reason for which a coding is to be re-affirmed."""
    told = [
        DOUBTS_IN_WORDS[Doubt(mark["why"])].format(day=day_in_words(mark["date"]), codebook=mark.get("codebook"))
        for mark in marks_of(stamp)
    ]
    return [*told, DOUBTS_IN_WORDS[Doubt.PROGRAM]] if is_unaffirmed(stamp) else told


def day_in_words(day: str) -> str:
    return date_format(date.fromisoformat(day), "j F Y")


Coders = Mapping[int, str]
"""The names of users by key. A deleted account leaves none."""


def coders_of(case: Case) -> Coders:
    """Return the names of those who made or affirmed codings of a case. One query."""
    stamps = case.coded.values()
    keys = {who["by"] for stamp in stamps for who in (stamp, stamp.get("affirmed") or {}) if who.get("by")}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=keys)}


def origin_in_words(who: CodingStamp, coders: Coders) -> str:
    """Return how and by whom a coding was made or affirmed; empty if that is not recorded."""
    if not who.get("how"):
        return ""
    how, name = Origin(who["how"]), coders.get(who.get("by") or 0, "")
    between = " of " if how is Origin.PROGRAM else ", "
    return f"{how.label}{between}{name}" if name else how.label


class DoubtfulCoding(NamedTuple):
    """A coding that is to be re-affirmed, as curators see it."""

    path: str
    name: str
    value: str
    quoted: str
    """The words of its passage; empty if it has none."""
    source: str
    doubts: list[str]


def doubtful_codings(case: Case) -> list[DoubtfulCoding]:
    """Return the codings of a whole case that are to be re-affirmed, in the order of its record."""
    record = convert.to_primitive(convert.record_from_case(case))
    labels = RecordLabels.of(record)
    return [
        _doubtful(coding, case.coded[coding.path], record, labels)
        for coding in codings_in(record)
        if needs_affirmation(case.coded.get(coding.path, {}))
    ]


def _doubtful(
    coding: Coding, stamp: CodingStamp, record: convert.PrimitiveRecord, labels: RecordLabels
) -> DoubtfulCoding:
    source, quoted = coding.words or ("", "")
    return DoubtfulCoding(
        coding.path,
        _name(coding, record),
        "; ".join(_values(coding, labels)),
        quoted,
        labels.of_slug("sources", source) if source else "",
        doubts_in_words(stamp),
    )


def _name(coding: Coding, record: convert.PrimitiveRecord) -> str:
    if coding.arrangement is None:
        return NODES[coding.dimension].label
    axis = get_axis(coding.dimension).label
    return f"{axis[:1].upper()}{axis[1:]} of “{record['arrangements'][coding.arrangement]['label']}”"


def _values(coding: Coding, labels: RecordLabels) -> Iterator[str]:
    """Yield what is coded, in words: terms by their labels, other things in the words of the record."""
    if coding.nothing:
        yield coding.nothing.replace("-", " ")
    elif coding.dimension == "places":
        yield labels.of_slug("places", coding.value)
    elif isinstance(coding.value, str):
        yield from (labels.of_slug(field.vocabulary, coding.value) for field in TERM_FIELDS[coding.dimension])
    else:
        yield from _texts(coding.value)
        for field in TERM_FIELDS[coding.dimension]:
            yield from (labels.of_slug(field.vocabulary, slug) for slug in _slugs(coding.value.get(field.name)))


TEXT_KEYS = ("as_stated", "statement", "text")


def _texts(value: Mapping[str, object]) -> Iterable[str]:
    if "organisation" in value:
        yield str(value["organisation"])
    years = [str(value[name]) for name in ("start", "end") if value.get(name)]
    yield from [str(value[name]) for name in TEXT_KEYS if value.get(name)]
    yield from ["–".join(dict.fromkeys(years))] if years else []


def _slugs(value: object) -> list[str]:
    return value if isinstance(value, list) else [str(value)] if value else []
