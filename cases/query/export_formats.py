"""The registry of formats in which all cases of a query can be downloaded.

The app that writes the exports registers them at start; the pages, the `format` parameter and the API's index read them
from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class ExportFormat(NamedTuple):
    name: str
    """The value of `format` and the extension of the file, such as `csv`."""
    label: str
    """Its name on pages, such as CSV."""
    contents: str
    """What the file contains, to complete the sentence "All cases as CSV, …"."""
    link_name: str
    """The key of its link in the API's index."""
    url_name: str


_registered: dict[str, ExportFormat] = {}


def register_export_formats(formats: Iterable[ExportFormat]) -> None:
    """Replace the registered formats; they are shown in this order."""
    _registered.clear()
    _registered.update({each.name: each for each in formats})


def export_formats() -> list[ExportFormat]:
    return list(_registered.values())


def export_format(name: str) -> ExportFormat | None:
    return _registered.get(name)


def format_choices() -> list[tuple[str, str]]:
    """Return the choices of the parameter `format`: value and label."""
    return [("html", "page"), *((each.name, each.label) for each in export_formats())]
