"""Notes as downloads: exactly those that answer a question, of those that the reader may read.

No answer is kept for anyone: what a reader may see changes with groups, moderation and deletion.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, ClassVar

import msgspec
from django import forms
from django.http import FileResponse, Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, permissions
from rest_framework.request import Request
from rest_framework.views import APIView

from annotations import w3c
from annotations.filters import PAGING, NoteFilterSet, parameters
from annotations.models import Annotation
from cases.api.questions import NO_PAGES, Asked, Parameters
from cases.markdown import text_content
from cases.models import Case
from cases.models.snapshot import snapshot
from taxonomy.api import WithoutParameters
from taxonomy.codebook import Codebook

from ..formats import qda, refi, sheet, table
from .cases import Csv, Streamed

JSON = msgspec.json.Encoder()


class Spreadsheet(Streamed):
    """A spreadsheet."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    format = "xlsx"


class JsonLd(Streamed):
    """W3C annotations; whoever asks for their profile is answered, too."""

    media_type = "application/ld+json"
    format = "jsonld"


class Zip(Streamed):
    """A zip file."""

    media_type = "application/zip"
    format = "qdpx"


class Xml(Streamed):
    """XML."""

    media_type = "application/xml"
    format = "qdc"


class NotesExport(Asked):
    """All notes of a question as a file, in the order asked for, as they are at one moment."""

    refused = tuple(name for name in PAGING if name != "format")
    chunk: ClassVar[int] = 200
    """Notes held in memory at a time."""

    def parameters(self) -> Parameters:
        """Return the parameters that may be given here."""
        format_ = forms.ChoiceField(label="format", choices=[(self.sends, self.sends)], required=False)
        known = {**parameters(), "format": format_}
        return {name: field for name, field in known.items() if name not in self.refused}

    def question(self) -> Any:
        """Return what is asked, of the notes that the reader may read; a wrong question is refused."""
        asked = NoteFilterSet(self.query, self.request.user)
        problems = {**asked.problems, **{name: [NO_PAGES] for name in self.refused if name in self.query}}
        if self.query.get("format", self.sends) not in {self.sends, ""}:
            problems["format"] = [f"Only {self.sends} is sent from here."]
        if problems:
            raise exceptions.ValidationError(problems)
        return asked

    @property
    def query(self) -> QueryDict:
        """The query of the address."""
        query: QueryDict = self.request.query_params
        return query

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let nobody send it again without asking."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.setdefault("Cache-Control", "no-cache")
        return answer

    def keys(self) -> list[int]:
        """Return the keys of the notes that answer now, in the order asked for; to be read in a snapshot."""
        return list(NoteFilterSet(self.query, self.request.user).notes.values_list("pk", flat=True))

    def chunks(self, keys: Sequence[int]) -> Iterator[list[Annotation]]:
        """Yield notes, fetched whole, a few at a time."""
        for start in range(0, len(keys), self.chunk):
            yield whole(keys[start : start + self.chunk])

    def placed(self) -> Iterator[qda.Placed]:
        """Yield each note with the text that it stands in; without it where the reader may not see that."""
        for notes in self.chunks(self.keys()):
            cases = {note.case_id for note in notes if note.case_id}
            seen = set(Case.objects.visible_to(self.request.user).filter(pk__in=cases).values_list("pk", flat=True))
            for note in notes:
                yield qda.Placed(
                    note, text_content(note.case.narrative) if note.case and note.case.pk in seen else None
                )

    def rows(self) -> Iterator[table.Row]:
        """Yield the rows of the table."""
        return (table.Row(placed.note, placed.text or "") for placed in self.placed())

    def streamed(self, pieces: Iterable[bytes], content_type: str) -> HttpResponseBase:
        """Send a file while it is read from the database."""
        body = () if self.request.method == "HEAD" else pieces
        return StreamingHttpResponse(body, content_type=content_type, headers=attachment("annotations", self.sends))

    def sent(self, file: IO[bytes], content_type: str) -> HttpResponseBase:
        """Send a file that had to be made whole."""
        file.seek(0)
        return FileResponse(file, content_type=content_type, headers=attachment("annotations", self.sends))


def attachment(what: str, ending: str) -> dict[str, str]:
    """Return the header that names a file after today."""
    name = f"codelivery-{what}-{timezone.localdate():%Y-%m-%d}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def whole(keys: Sequence[int]) -> list[Annotation]:
    """Return notes by their keys, in their order, with all that is printed of them; each narrative is fetched once."""
    found = Annotation.objects.whole().defer("case__narrative", "revision__narrative").in_bulk(keys)
    notes = [found[key] for key in keys if key in found]
    cases = {note.case_id for note in notes if note.case_id}
    narratives = dict(Case.objects.filter(pk__in=cases).values_list("pk", "narrative"))
    for note in notes:
        if note.case:
            note.case.narrative = narratives[note.case.pk]
    return notes


class NotesCsv(NotesExport):
    """The notes as a table."""

    renderer_classes = [Csv]
    sends = "csv"

    @extend_schema(operation_id="annotations_csv", responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every note that answers a question, a line each, in the order asked for."""
        self.question()
        return self.streamed(self.lines(), "text/csv; charset=utf-8; header=present")

    def lines(self) -> Iterator[bytes]:
        """Yield the file line by line."""
        yield table.header().encode()
        with snapshot():
            for line in table.lines_of(self.rows()):
                yield line.encode()


class NotesJsonLd(NotesExport):
    """The notes as annotations of the W3C."""

    renderer_classes = [JsonLd]
    sends = "jsonld"

    @extend_schema(operation_id="annotations_jsonld", responses={(200, "application/ld+json"): OpenApiTypes.OBJECT})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every note that answers a question as an AnnotationCollection with one page."""
        asked = self.question()
        return self.streamed(self.pieces(asked.words()), w3c.MEDIA_TYPE)

    def pieces(self, words: str) -> Iterator[bytes]:
        """Yield the collection in pieces: what stands around its items, and each of them."""
        iri = w3c.absolute(self.request.get_full_path())
        label = f"Annotations in the {refi.ORIGIN}{f' ({words})' if words else ''}"
        with snapshot():
            keys = self.keys()
            opening, end = around(iri, label, len(keys))
            yield opening
            comma = b""
            for notes in self.chunks(keys):
                documents = [w3c.document_of(note, self.request.user) for note in notes]
                for item in w3c.collection(documents, iri, label)["first"]["items"]:
                    yield comma + JSON.encode(item)
                    comma = b","
            yield end


def around(iri: str, label: str, total: int) -> tuple[bytes, bytes]:
    """Return what stands before and behind the items of a collection; its page has no address of its own."""
    if not total:
        return JSON.encode(w3c.collection([], iri, label)), b""
    frame = w3c.collection([{}], iri, label) | {"total": total}
    frame["first"]["id"] = f"{iri}#page"
    opening, _, end = JSON.encode(frame).rpartition(b"{}")
    return opening, end


class NotesSpreadsheet(NotesExport):
    """The notes as a spreadsheet."""

    renderer_classes = [Spreadsheet]
    sends = "xlsx"

    @extend_schema(operation_id="annotations_xlsx", responses={(200, Spreadsheet.media_type): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every note that answers a question, a row each, in the order asked for."""
        asked = self.question()
        about = {
            "from": refi.ORIGIN,
            "address": w3c.absolute(request.get_full_path()),
            "asked for": asked.words() or "all annotations that you may read",
            "at": f"{timezone.now():%Y-%m-%d %H:%M:%S} UTC; so are all times",
        }
        file = io.BytesIO()
        with snapshot():
            sheet.write(self.rows(), about, file)
        return self.sent(file, Spreadsheet.media_type)


class NotesProject(NotesExport):
    """The notes as a project for QDA software."""

    renderer_classes = [Zip]
    sends = "qdpx"

    @extend_schema(operation_id="annotations_qdpx", responses={(200, Zip.media_type): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponseBase:
        """Send the narratives with every note that answers a question (REFI-QDA project)."""
        words = self.question().words()
        file = io.BytesIO()
        with snapshot():
            project = qda.Project(Codebook.load(), f"Asked for: {words}." if words else "", timezone.now())
            for placed in self.placed():
                project.add(placed)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in project.files():
                archive.writestr(name, content)
        return self.sent(file, Zip.media_type)


class CodebookFile(WithoutParameters, APIView):
    """The codebook for QDA software."""

    permission_classes = [permissions.AllowAny]
    renderer_classes = [Xml]

    @extend_schema(operation_id="codebook_qdc", responses={(200, Xml.media_type): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        """Send the vocabularies and their terms (REFI-QDA codebook)."""
        codebook = Codebook.load()
        if not codebook.terms:
            raise Http404
        return HttpResponse(refi.codebook_file(codebook), Xml.media_type, headers=attachment("codebook", "qdc"))
