"""The formats in which all cases of a query can be taken away.

The app that writes them says at the start which there are (`offer`); the pages, the `format` parameter and the API's
index read them here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class ExportFormat(NamedTuple):
    """One format."""

    name: str
    """The value of `format`, and the ending of the file: `csv`."""
    label: str
    """What people call it: CSV."""
    contents: str
    """What stands in the file, behind "All cases as CSV, "."""
    link_name: str
    """Its name in the API's index."""
    url_name: str


_registered: dict[str, ExportFormat] = {}


def register_export_formats(formats: Iterable[ExportFormat]) -> None:
    """Say which formats there are, in the order in which they are shown."""
    _registered.clear()
    _registered.update({each.name: each for each in formats})


def export_formats() -> list[ExportFormat]:
    """Return the formats that there are."""
    return list(_registered.values())


def export_format(name: str) -> ExportFormat | None:
    """Return the format with this name, if there is one."""
    return _registered.get(name)


def format_choices() -> list[tuple[str, str]]:
    """Return the values of the parameter `format`, with their words."""
    return [("html", "page"), *((each.name, each.label) for each in export_formats())]
