"""Forms for importing files, and for mappings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from .imports.planning import (
    BUILT_IN_SPECS,
    IMPORT_FIELDS,
    format_spec,
    parse_columns,
    parse_constants,
    parse_values,
    spec_mistakes,
)
from .imports.reading.bounds import MAX_FILE_BYTES as MOST_OF_CASES
from .imports.w3c import MAX_ANNOTATIONS_PER_UPLOAD, MAX_NOTES_FILE_BYTES
from .models import Mapping

FORM_OVERHEAD = 10_000
"""Bytes that a form takes besides the file in it."""


class ImportNotesForm(forms.Form):
    """A file of annotations, and how it is imported."""

    file = forms.FileField(
        help_text=f"W3C annotations as JSON or JSON Lines: at most {MAX_ANNOTATIONS_PER_UPLOAD:,}, "
        f"and {MAX_NOTES_FILE_BYTES // 1024**2} MB."
    )
    private = forms.BooleanField(
        label="Only I may read the new notes, whatever audience the file names", required=False, initial=True
    )
    skip_refused = forms.BooleanField(
        label="Leave out annotations that are refused, and take the others", required=False
    )

    def clean_file(self) -> UploadedFile:
        """Refuse a file that is too large before it is read."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_NOTES_FILE_BYTES:
            raise ValidationError(f"A file has at most {MAX_NOTES_FILE_BYTES // 1024**2} MB: split it.")
        return file


class ImportCasesForm(forms.Form):
    """A file of cases, and how it is read."""

    file = forms.FileField(help_text=f"CSV, XLSX or JSON, at most {MOST_OF_CASES // 1024**2} MB and 5,000 rows.")
    mapping = forms.ChoiceField(
        required=False, help_text="How its columns are read. Left open, the columns themselves tell."
    )
    sheet = forms.CharField(required=False, max_length=31, help_text="Of a workbook; left out, the first one.")
    publish = forms.BooleanField(
        label="Publish what was published",
        required=False,
        help_text="Only for exports of this catalogue; everything else comes in as drafts.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [*BUILT_IN_SPECS, *Mapping.objects.values_list("name", flat=True)]
        choice: Any = self.fields["mapping"]
        choice.choices = [("", "as its columns tell"), *((name, name) for name in names)]


def _lines(help_text: str) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField", "spellcheck": "false"})
    return forms.CharField(required=False, help_text=help_text, widget=widget, max_length=100_000)


class MappingForm(forms.ModelForm):
    """A mapping, a line for each column, word and constant."""

    columns = _lines(
        "Which field each column is: “Name = title”, several separated by commas. Fields: "
        f"{', '.join(IMPORT_FIELDS)}, organisation:PART (lead-organisation, partner, funder …), figure:UNIT:WHAT "
        "(people:volunteers). Columns without one are left out."
    )
    values = _lines("What the words of a column mean here: “Still active: Yes = true”; nothing after = is nothing.")
    constants = _lines("What holds for every row: “kind = named-case”, “source_authors = Who made the table”.")
    nothing = _lines("Words that mean nothing in every column, one on each line: “Unknown”.")

    class Meta:
        model = Mapping
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial = {**format_spec(self.instance.spec), **self.initial}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name in BUILT_IN_SPECS:
            raise ValidationError("There is a mapping of this name already; choose another.")
        return name

    def clean(self) -> dict[str, Any]:
        """Make the spec of the lines, and check it."""
        said = super().clean() or self.cleaned_data
        spec = {
            "columns": parse_columns(said.get("columns", "")),
            "values": parse_values(said.get("values", "")),
            "constants": parse_constants(said.get("constants", "")),
            "nothing": [word.strip() for word in said.get("nothing", "").splitlines() if word.strip()],
        }
        if mistakes := spec_mistakes(spec):
            self.add_error("columns", mistakes)
        if not spec["columns"]:
            self.add_error("columns", "Say of at least one column which field it is.")
        self.instance.spec = spec
        return said
