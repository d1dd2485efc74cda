"""What is filled in to bring in a file."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from .w3c import MOST_BYTES, MOST_ON_PAGE


class ImportNotesForm(forms.Form):
    """A file of annotations, and how it is brought in."""

    file = forms.FileField(
        help_text=f"W3C annotations as JSON or JSON Lines: at most {MOST_ON_PAGE:,}, and {MOST_BYTES // 1024**2} MB."
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
        if (file.size or 0) > MOST_BYTES:
            raise ValidationError(f"A file has at most {MOST_BYTES // 1024**2} MB: split it.")
        return file
