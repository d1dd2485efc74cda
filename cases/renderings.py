"""A case as it is sent: the card of the results list, the line of the table, the document of the API.

All three are made once, when a case is written, kept as its `Record`, and sent as they are. `ORIGIN` stands in them
where the site's own origin belongs: `with_origin` puts it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from zlib import crc32

import msgspec
from django.conf import settings

from . import codings, records, schema
from .formats import COLUMNS, line_of
from .models import ORIGIN, Case, Record
from .records import Matter

WAY = 3
"""In which the texts below, and what the search keeps, are made. Raise it when it changes; of fields and columns that
come or go, the schema tells."""

FORM = crc32(repr((WAY, schema.SHAPE, [column.name for column in COLUMNS])).encode()) % 32_767 + 1
"""Of the texts below: where it is another one, the next `migrate` makes all of them anew."""

JSON = msgspec.json.Encoder(enc_hook=records.plain)
Name = Literal["card", "line", "document"]


class Rendering(NamedTuple):
    """The three texts of a case."""

    card: str
    """JSON: what a card of the results prints."""
    line: str
    """CSV: its line of the table, with its line end."""
    document: str
    """JSON: the case whole, as `CaseSerializer` gives it."""


def rendered(case: Case, said: Matter | None = None) -> Rendering:
    """Return the texts of a case fetched by `Case.objects.whole()`.

    With `said`, the matter of the case, only the plain columns of `case` are read, and it may be one never saved.
    """
    said = records.matter_of(case) if said is None else said
    path = case.get_absolute_url()
    return Rendering(_json(_card(case, said), path), line_of(case, said), _json(_document(case, said), path))


def _json(said: dict[str, Any], path: str) -> str:
    """Write a mapping, at its end its address; JSON that is JavaScript, too."""
    text = JSON.encode(said).decode().replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'{text[:-1]},"url":"{ORIGIN}{path}"}}'


def _card(case: Case, said: Matter) -> dict[str, Any]:
    eligibility, evidence = said["eligibility"], said["evidence"]
    return {
        "slug": case.slug,
        "title": case.title,
        "kind": said["kind"],
        "state": case.state,
        "summary": case.summary,
        "eligibility": eligibility and eligibility["verdict"],
        "years": case.years,
        "places": [place.name for place in said["places"]],
        "sectors": said["sectors"],
        "evidence": evidence and {"level": evidence["level"], "direction": evidence["direction"]},
        "arrangements": [_arrangement(arrangement) for arrangement in said["arrangements"]],
        "arrangements_absent": case.arrangements_absent,
    }


def _arrangement(said: Matter) -> dict[str, Any]:
    mode = said["mode"]
    return {
        "type": said["type"]["term"],
        "actor": said["actor"]["terms"],
        "mode": mode["terms"],
        "absent": mode["absent"],
    }


def _document(case: Case, said: Matter) -> dict[str, Any]:
    figures = [claim | {name: records.plain(claim[name]) for name in records.NUMBERS} for claim in said["claims"]]
    return {
        "slug": case.slug,
        "title": case.title,
        "kind": said["kind"],
        "state": case.state,
        **said,
        "claims": figures,
        "codings": codings.told(case.coded),
        "version": case.version,
        "created_at": case.created_at,
        "updated_at": case.updated_at,
        "published_at": case.published_at,
    }


def texts(keys: Sequence[int], name: Name) -> list[bytes]:
    """Return one text of each of these cases, in this order. One query.

    A case that was written past `actions`, without a record, is rendered here; one that is gone is left out.
    """
    found = Record.texts(keys, name) if keys else {}
    if len(found) < len(keys):
        lacking = Case.objects.whole().filter(pk__in=[key for key in keys if key not in found])
        found |= {case.pk: getattr(rendered(case), name).encode() for case in lacking}
    return [found[key] for key in keys if key in found]


def with_origin(text: bytes) -> bytes:
    """Return a text as it is sent from this site."""
    return text.replace(ORIGIN.encode(), settings.BASE_URL.encode())
