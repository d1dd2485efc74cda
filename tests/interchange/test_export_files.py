"""What a download leaves behind, however it ends: no file that is open, none on the disk."""

from __future__ import annotations

import gc
import io
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from cases.models import CachedRepresentation
from interchange.exports import sheet, table
from tests.factories import make_case

PATH = "/export/cases.xlsx"


def left_open(act: Callable[[], object]) -> list[str]:
    """Return what Python says of files that were never closed, once nobody holds them any more."""
    gc.collect()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        act()
        gc.collect()
    return [str(warning.message) for warning in said]


@pytest.mark.django_db
def test_a_client_that_never_reads_its_spreadsheet_leaves_no_file_open(client: Client) -> None:
    make_case("apple")
    assert left_open(lambda: client.get(PATH)) == []


@pytest.mark.django_db
def test_a_spreadsheet_that_cannot_be_written_leaves_no_file_open(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", "django.request")  # what is logged would hold the error, and the error the file
    make_case("apple")
    CachedRepresentation.objects.update(line="no line of the table\r\n")
    client = Client(raise_request_exception=False)
    assert left_open(lambda: client.get(PATH)) == []
    assert client.get(PATH).status_code == 500


def test_a_spreadsheet_whose_rows_end_in_an_error_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def rows() -> Iterator[table.NoteTableRow]:
        yield from ()
        raise ConnectionError

    def write() -> None:
        with pytest.raises(ConnectionError):
            sheet.write_notes_workbook(rows(), {}, io.BytesIO())

    assert left_open(write) == []
    assert list(tmp_path.iterdir()) == []
