"""A case as it is sent: the card of the results list, the line of the table, the document of the API.

All three are made once, when a case is written, kept as its `CachedRepresentation`, and sent as they are.
`ORIGIN_PLACEHOLDER` stands in them where the site's own origin belongs: `insert_origin` puts it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from zlib import crc32

import msgspec
from django.conf import settings

from .. import schema
from ..models import ORIGIN_PLACEHOLDER, CachedRepresentation, Case
from ..record import codings, convert
from ..record.convert import ValidatedRecord
from .csv_columns import CSV_COLUMNS, csv_line

RENDERING = 3
"""In which the texts below, and what the search keeps, are made. Raise it when it changes; of fields and columns that
come or go, the schema tells."""

REPRESENTATION_FORM = (
    crc32(repr((RENDERING, schema.SHAPE, [column.name for column in CSV_COLUMNS])).encode()) % 32_767 + 1
)
"""Of the texts below: where it is another one, the next `migrate` makes all of them anew."""

REPRESENTATION_ENCODER = msgspec.json.Encoder(enc_hook=convert.to_primitive)
RepresentationName = Literal["card", "line", "document"]


class Representation(NamedTuple):
    """The three texts of a case."""

    card: str
    """JSON: what a card of the results prints."""
    line: str
    """CSV: its line of the table, with its line end."""
    document: str
    """JSON: the case whole, as `CaseSerializer` gives it."""


def build_representation(case: Case, record: ValidatedRecord | None = None) -> Representation:
    """Return the texts of a case fetched by `Case.objects.whole()`.

    With `said`, the matter of the case, only the plain columns of `case` are read, and it may be one never saved.
    """
    record = convert.record_from_case(case) if record is None else record
    path = case.get_absolute_url()
    return Representation(
        _json(_card(case, record), path), csv_line(case, record), _json(_document(case, record), path)
    )


def _json(payload: dict[str, Any], path: str) -> str:
    """Write a mapping, at its end its address; JSON that is JavaScript, too."""
    text = REPRESENTATION_ENCODER.encode(payload).decode().replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'{text[:-1]},"url":"{ORIGIN_PLACEHOLDER}{path}"}}'


def _card(case: Case, record: ValidatedRecord) -> dict[str, Any]:
    eligibility, evidence = record["eligibility"], record["evidence"]
    return {
        "slug": case.slug,
        "title": case.title,
        "kind": record["kind"],
        "state": case.state,
        "summary": case.summary,
        "eligibility": eligibility and eligibility["verdict"],
        "years": case.years,
        "places": [place.name for place in record["places"]],
        "sectors": record["sectors"],
        "evidence": evidence and {"level": evidence["level"], "direction": evidence["direction"]},
        "arrangements": [_arrangement(arrangement) for arrangement in record["arrangements"]],
        "arrangements_absent": case.arrangements_absent,
    }


def _arrangement(arrangement: ValidatedRecord) -> dict[str, Any]:
    mode = arrangement["mode"]
    return {
        "type": arrangement["type"]["term"],
        "actor": arrangement["actor"]["terms"],
        "mode": mode["terms"],
        "absent": mode["absent"],
    }


def _document(case: Case, record: ValidatedRecord) -> dict[str, Any]:
    figures = [
        claim | {name: convert.to_primitive(claim[name]) for name in convert.CLAIM_NUMBERS}
        for claim in record["claims"]
    ]
    return {
        "slug": case.slug,
        "title": case.title,
        "kind": record["kind"],
        "state": case.state,
        **record,
        "claims": figures,
        "codings": codings.sorted_stamps(case.coded),
        "version": case.version,
        "created_at": case.created_at,
        "updated_at": case.updated_at,
        "published_at": case.published_at,
    }


def load_representations(keys: Sequence[int], name: RepresentationName) -> list[bytes]:
    """Return one text of each of these cases, in this order. One query.

    A case that was written past `actions`, without a record, is rendered here; one that is gone is left out.
    """
    found = CachedRepresentation.texts(keys, name) if keys else {}
    if len(found) < len(keys):
        lacking = Case.objects.whole().filter(pk__in=[key for key in keys if key not in found])
        found |= {case.pk: getattr(build_representation(case), name).encode() for case in lacking}
    return [found[key] for key in keys if key in found]


def insert_origin(text: bytes) -> bytes:
    """Return a text as it is sent from this site."""
    return text.replace(ORIGIN_PLACEHOLDER.encode(), settings.BASE_URL.encode())
