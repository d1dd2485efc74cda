"""Notes as downloads: exactly the results of a query, among the notes that the reader may read.

Caches must ask again each time: what a reader may see changes with groups, moderation and deletion.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, ClassVar

import msgspec
from django import forms
from django.conf import settings
from django.db.models import Count, Max, Sum
from django.http import (
    FileResponse,
    Http404,
    HttpResponse,
    HttpResponseNotModified,
    QueryDict,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, permissions
from rest_framework.request import Request

from annotations import w3c
from annotations.models import Annotation
from annotations.query.filters import NOTE_PAGING, NoteFilterSet, note_parameters
from cases.api.query import PAGES_UNSUPPORTED, FileView, ParameterFields, QueryView
from cases.http_cache import has_already
from cases.markdown import narrative_text
from cases.models import Case
from cases.models.case import sees_drafts
from cases.models.snapshot import catalogue_versions, snapshot
from interchange.views.cases import XlsxRenderer
from taxonomy.api import ParameterlessView
from taxonomy.codebook import Codebook

from ..exports import qda, refi, sheet, table
from .cases import CsvRenderer, StreamedRenderer

JSONLD_ENCODER = msgspec.json.Encoder()


class JsonLdRenderer(StreamedRenderer):
    """W3C annotations; whoever asks for their profile is answered, too."""

    media_type = "application/ld+json"
    format = "jsonld"


class QdpxRenderer(StreamedRenderer):
    """A zip file."""

    media_type = "application/zip"
    format = "qdpx"


class QdcRenderer(StreamedRenderer):
    """XML."""

    media_type = "application/xml"
    format = "qdc"


class NotesExport(FileView, QueryView):
    """All notes of a question as a file, in the order asked for, as they are at one moment."""

    refused = tuple(name for name in NOTE_PAGING if name != "format")
    chunk: ClassVar[int] = 200
    """Notes held in memory at a time."""

    def parameters(self) -> ParameterFields:
        format_ = forms.ChoiceField(label="format", choices=[(self.sends, self.sends)], required=False)
        known = {**note_parameters(), "format": format_}
        return {name: field for name, field in known.items() if name not in self.refused}

    def get_filterset(self) -> Any:
        """The filterset over the notes that the reader may read. Raises an error for wrong parameters."""
        filterset = NoteFilterSet(self.query, self.request.user)
        problems = {**filterset.problems, **{name: [PAGES_UNSUPPORTED] for name in self.refused if name in self.query}}
        if self.query.get("format", self.sends) not in {self.sends, ""}:
            problems["format"] = [f"Only {self.sends} is sent from here."]
        if problems:
            raise exceptions.ValidationError(problems)
        return filterset

    @property
    def query(self) -> QueryDict:
        query: QueryDict = self.request.query_params
        return query

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let caches revalidate every answer."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.setdefault("Cache-Control", "no-cache")
        return answer

    def answered(self, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
        """Answer with an ETag; 304 without making the file if the client has it already."""
        tag = self.etag()
        if has_already(self.request, tag):
            return HttpResponseNotModified(headers={"ETag": f"W/{tag}"})
        response = answer()
        response.headers["ETag"] = f"W/{tag}"  # weak: files name the time at which they were made
        return response

    def etag(self) -> str:
        """A digest of all that the file depends on, and of nothing that the reader may not see."""
        visible = Annotation.objects.visible_to(self.request.user)
        state = visible.aggregate(
            Count("pk"), Sum("pk"), Sum("version"), Max("updated_at"), Max("thread__updated_at"), Count("case__slug")
        )
        names = ("author__name", "author__username", "author__orcid", "group__name")
        people = list(visible.order_by(*names).values_list(*names).distinct())
        seen = catalogue_versions().seen(drafts=sees_drafts(self.request.user))
        asked = (self.request.user.pk, self.request.get_full_path())
        told = (settings.RELEASE, seen, asked, sorted(state.items()), people)
        return f'"{hashlib.blake2b(repr(told).encode(), digest_size=12).hexdigest()}"'

    def keys(self) -> list[int]:
        """The keys of the notes of the results, in their order; to be read in a snapshot."""
        return list(NoteFilterSet(self.query, self.request.user).notes.values_list("pk", flat=True))

    def chunks(self, keys: Sequence[int]) -> Iterator[list[Annotation]]:
        """The notes, fetched whole, a few at a time."""
        for start in range(0, len(keys), self.chunk):
            yield fetch_notes_by_key(keys[start : start + self.chunk])

    def placed(self) -> Iterator[qda.NoteWithText]:
        """Each note with the text that it is on; None if the reader may not see that."""
        for notes in self.chunks(self.keys()):
            cases = {note.case_id for note in notes if note.case_id}
            seen = set(Case.objects.visible_to(self.request.user).filter(pk__in=cases).values_list("pk", flat=True))
            texts = {note.case.pk: "" for note in notes if note.case and note.case.pk in seen}
            for note in notes:
                if note.case and note.case.pk in texts:
                    texts[note.case.pk] = texts[note.case.pk] or narrative_text(note.case.narrative)
                yield qda.NoteWithText(note, texts.get(note.case_id) if note.case_id else None)

    def rows(self) -> Iterator[table.NoteTableRow]:
        return (table.NoteTableRow(placed.note, placed.text or "") for placed in self.placed())

    def streamed(self, pieces: Iterable[bytes], content_type: str) -> HttpResponseBase:
        body = () if self.request.method == "HEAD" else pieces
        return StreamingHttpResponse(
            body, content_type=content_type, headers=attachment_headers("annotations", self.sends)
        )

    def sent(self, file: IO[bytes], content_type: str) -> HttpResponseBase:
        """Send a file that was written as a whole."""
        file.seek(0)
        return FileResponse(file, content_type=content_type, headers=attachment_headers("annotations", self.sends))


def attachment_headers(what: str, ending: str) -> dict[str, str]:
    """The header with the name of a file, which has today's date."""
    name = f"codelivery-{what}-{timezone.localdate():%Y-%m-%d}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def fetch_notes_by_key(keys: Sequence[int]) -> list[Annotation]:
    """Notes by their keys, in their order, with all that is printed; each narrative is fetched once."""
    found = Annotation.objects.with_related().defer("case__narrative", "revision__narrative").in_bulk(keys)
    notes = [found[key] for key in keys if key in found]
    cases = {note.case_id for note in notes if note.case_id}
    narratives = dict(Case.objects.filter(pk__in=cases).values_list("pk", "narrative"))
    for note in notes:
        if note.case:
            note.case.narrative = narratives[note.case.pk]
    return notes


class NotesCsv(NotesExport):
    """The notes as a table."""

    renderer_classes = [CsvRenderer]
    sends = "csv"

    @extend_schema(operation_id="annotations_csv", responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every note that answers a question, a line each, in the order asked for."""
        self.get_filterset()
        return self.answered(lambda: self.streamed(self.lines(), "text/csv; charset=utf-8; header=present"))

    def lines(self) -> Iterator[bytes]:
        yield table.notes_csv_header().encode()
        with snapshot():
            for line in table.notes_csv_lines(self.rows()):
                yield line.encode()


class NotesJsonLd(NotesExport):
    """The notes as annotations of the W3C."""

    renderer_classes = [JsonLdRenderer]
    sends = "jsonld"

    @extend_schema(operation_id="annotations_jsonld", responses={(200, "application/ld+json"): OpenApiTypes.OBJECT})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every note that answers a question as an AnnotationCollection with one page."""
        filterset = self.get_filterset()
        return self.answered(lambda: self.streamed(self.pieces(filterset.words()), w3c.JSONLD_MEDIA_TYPE))

    def pieces(self, words: str) -> Iterator[bytes]:
        """The collection in pieces: its frame and its items."""
        iri = w3c.absolute_url(self.request.get_full_path())
        label = f"Annotations in the {refi.QDA_ORIGIN}{f' ({words})' if words else ''}"
        with snapshot():
            keys = self.keys()
            opening, end = collection_frame(iri, label, len(keys))
            yield opening
            comma = b""
            for notes in self.chunks(keys):
                documents = [w3c.note_document(note, self.request.user) for note in notes]
                for item in w3c.collection_document(documents, iri, label)["first"]["items"]:
                    yield comma + JSONLD_ENCODER.encode(item)
                    comma = b","
            yield end


def collection_frame(iri: str, label: str, total: int) -> tuple[bytes, bytes]:
    """What comes before and after the items of a collection; its page has no address."""
    if not total:
        return JSONLD_ENCODER.encode(w3c.collection_document([], iri, label)), b""
    frame = w3c.collection_document([{}], iri, label) | {"total": total}
    frame["first"]["id"] = f"{iri}#page"
    opening, _, end = JSONLD_ENCODER.encode(frame).rpartition(b"{}")
    return opening, end


class NotesSpreadsheet(NotesExport):
    """The notes as a spreadsheet."""

    renderer_classes = [XlsxRenderer]
    sends = "xlsx"

    @extend_schema(operation_id="annotations_xlsx", responses={(200, XlsxRenderer.media_type): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every note that answers a question, a row each, in the order asked for."""
        words = self.get_filterset().words()
        return self.answered(lambda: self.workbook(words))

    def workbook(self, words: str) -> HttpResponseBase:
        about = {
            "from": refi.QDA_ORIGIN,
            "address": w3c.absolute_url(self.request.get_full_path()),
            "asked for": words or "all annotations that you may read",
            "at": f"{timezone.now():%Y-%m-%d %H:%M:%S} UTC; so are all times",
        }
        file = io.BytesIO()
        with snapshot():
            sheet.write_notes_workbook(self.rows(), about, file)
        return self.sent(file, XlsxRenderer.media_type)


class NotesProject(NotesExport):
    """The notes as a project for QDA software."""

    renderer_classes = [QdpxRenderer]
    sends = "qdpx"

    @extend_schema(operation_id="annotations_qdpx", responses={(200, QdpxRenderer.media_type): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponseBase:
        """Send the narratives with every note that answers a question (REFI-QDA project)."""
        words = self.get_filterset().words()
        return self.answered(lambda: self.project(words))

    def project(self, words: str) -> HttpResponseBase:
        file = io.BytesIO()
        with snapshot():
            project = qda.Project(Codebook.load(), f"Asked for: {words}." if words else "", timezone.now())
            for placed in self.placed():
                project.add(placed)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in project.files():
                archive.writestr(name, content)
        return self.sent(file, QdpxRenderer.media_type)


class CodebookExport(FileView, ParameterlessView):
    """The codebook for QDA software."""

    permission_classes = [permissions.AllowAny]
    renderer_classes = [QdcRenderer]

    @extend_schema(operation_id="codebook_qdc", responses={(200, QdcRenderer.media_type): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        """Send the vocabularies and their terms (REFI-QDA codebook)."""
        codebook = Codebook.load()
        if not codebook.terms:
            raise Http404
        return HttpResponse(
            refi.codebook_file(codebook), QdcRenderer.media_type, headers=attachment_headers("codebook", "qdc")
        )
