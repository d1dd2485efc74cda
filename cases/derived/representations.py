"""The representations of a case: the card in results, the line in the CSV table, and the document of the API.

All three are made when a case is saved, stored as its `CachedRepresentation`, and sent unchanged, except that
`insert_origin` replaces `ORIGIN_PLACEHOLDER` with the site's origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from zlib import crc32

import msgspec
from django.conf import settings

from .. import schema
from ..models import ORIGIN_PLACEHOLDER, CachedRepresentation, Case, Place
from ..record import codings, convert
from ..record.convert import ValidatedRecord
from .csv_columns import CSV_COLUMNS, csv_line

RENDERING = 8
"""The version of the code that makes the representations and the search texts. Raise it when that code changes; changes
of the schema and the columns are noticed without it."""

REPRESENTATION_FORM = (
    crc32(repr((RENDERING, schema.SHAPE, [column.name for column in CSV_COLUMNS])).encode()) % 32_767 + 1
)
"""Identifies the form of the representations; when it changes, the next `migrate` makes all of them again."""

REPRESENTATION_ENCODER = msgspec.json.Encoder(enc_hook=convert.to_sent)
RepresentationName = Literal["card", "line", "document"]


DOCUMENT_KEYS = (
    *("slug", "title", "kind", "state"),
    *(node.name for node in schema.RECORD if node.name not in {"slug", "title", "kind"}),
    *("absent", "codings", "version", "created_at", "updated_at", "published_at", "url"),
)
"""The keys of a document, in their order."""


class Representation(NamedTuple):
    card: str
    """JSON, for a card in results."""
    line: str
    """CSV, with the line end."""
    document: str
    """JSON of the whole case, as `CaseSerializer` represents it."""


def build_representation(case: Case, record: ValidatedRecord | None = None) -> Representation:
    """Return the representations of a case fetched by `Case.objects.whole()`.

    With `record`, its validated record, only the columns of `case` itself are read, and it may be unsaved.
    """
    record = convert.record_from_case(case) if record is None else record
    path = case.get_absolute_url()
    return Representation(
        _json(_card(case, record), path), csv_line(case, record), _json(_document(case, record), path)
    )


def _json(payload: dict[str, Any], path: str) -> str:
    """Encode a mapping with its URL as the last key. The JSON is also valid JavaScript."""
    text = REPRESENTATION_ENCODER.encode(payload).decode().replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'{text[:-1]},"url":"{ORIGIN_PLACEHOLDER}{path}"}}'


def _card(case: Case, record: ValidatedRecord) -> dict[str, Any]:
    eligibility, evidence = record["eligibility"], record["evidence"]
    return {
        "slug": case.slug,
        "title": case.title,
        "kind": record["kind"],
        "role": record["role"],
        "state": case.state,
        "summary": case.summary,
        "eligibility": eligibility and eligibility["verdict"],
        "years": case.years,
        "places": [_place(place) for place in record["places"]],
        "sectors": record["sectors"],
        "evidence": evidence and {"level": evidence["level"], "direction": evidence["direction"]},
        "arrangements": [_arrangement(arrangement) for arrangement in record["arrangements"]],
        "arrangements_absent": case.arrangements_absent,
    }


def _place(place: Place) -> dict[str, str]:
    return {"name": place.name, "slug": place.slug, "country": str(place.country)}


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
        **convert.without_idle_qualifiers(record),
        "claims": figures,
        "codings": codings.coding_list(convert.to_primitive(record), case.coded),
        "version": case.version,
        "created_at": case.created_at,
        "updated_at": case.updated_at,
        "published_at": case.published_at,
    }


def with_codings_renewed(document: str, case: Case) -> str:
    """Return the document of a case with the codings as its stamps are now; nothing else of it is read or changed."""
    payload = msgspec.json.decode(document.replace(ORIGIN_PLACEHOLDER, ""))
    path = payload.pop("url")
    return _json({**payload, "codings": codings.coding_list(payload, case.coded)}, path)


def load_representations(keys: Sequence[int], name: RepresentationName) -> list[bytes]:
    """Return one representation of each of these cases, in this order, with one query.

    A case that was saved without `actions`, and so has none, is rendered here; a deleted one is left out.
    """
    found = CachedRepresentation.texts(keys, name) if keys else {}
    if len(found) < len(keys):
        lacking = Case.objects.whole().filter(pk__in=[key for key in keys if key not in found])
        found |= {case.pk: getattr(build_representation(case), name).encode() for case in lacking}
    return [found[key] for key in keys if key in found]


def insert_origin(text: bytes) -> bytes:
    """Replace `ORIGIN_PLACEHOLDER` with the site's origin."""
    return text.replace(ORIGIN_PLACEHOLDER.encode(), settings.BASE_URL.encode())
