"""Notes as downloads: exactly the results of a query, among the notes that the reader may read.

Caches must ask again each time: what a reader may see changes with groups, moderation and deletion.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from typing import IO, Any, ClassVar, TypeVar

import msgspec
from django import forms
from django.conf import settings
from django.db.models import Count, F, Max, Sum
from django.db.models.expressions import OrderBy
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
from annotations.models import Annotation, Placement
from annotations.query.filters import NOTE_PAGING, NoteFilterSet, note_parameters
from annotations.query.flat import FlatNote, fetch_flat
from annotations.query.whole import fetch_whole
from cases.api.query import PAGES_UNSUPPORTED, FileView, ParameterFields, QueryView
from cases.http_cache import has_already
from cases.models.case import sees_drafts
from cases.models.snapshot import catalogue_versions, snapshot
from interchange.views.cases import XlsxRenderer
from taxonomy.api import ParameterlessView
from taxonomy.codebook import Codebook

from ..exports import qda, refi, sheet, table
from ..exports.texts import NarrativeTexts
from .cases import CsvRenderer, StreamedRenderer
from .files import temporary_file

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


FetchedNote = TypeVar("FetchedNote", Annotation, FlatNote)


def is_changed(note: FlatNote) -> bool:
    """Whether the words at the place of a note are not those that it quotes: only these are printed beside it."""
    return note.placement == Placement.CHANGED


class NotesExport(FileView, QueryView):
    """All notes of a question as a file, in the order asked for, as they are at one moment."""

    refused = tuple(name for name in NOTE_PAGING if name != "format")
    chunk: ClassVar[int] = 500
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

    def keys(self, *first: OrderBy) -> Sequence[int]:
        """The keys of the notes of the results, ordered `first` by that, then as asked for; read in a snapshot."""
        filterset = NoteFilterSet(self.query, self.request.user)
        ordered = filterset.found.order_by(*first, *filterset.ordering)
        return array("q", ordered.values_list("pk", flat=True).iterator())

    def chunks(
        self, keys: Sequence[int], fetch: Callable[[Sequence[int], Codebook], list[FetchedNote]]
    ) -> Iterator[list[FetchedNote]]:
        """The notes, a few at a time."""
        codebook = Codebook.load()
        for start in range(0, len(keys), self.chunk):
            yield fetch(keys[start : start + self.chunk], codebook)

    def placed(self, keys: Sequence[int], needs_text: Callable[[Annotation], bool]) -> Iterator[qda.NoteWithText]:
        """Each note with the text that it is on; None if the reader may not see that, or it is not needed."""
        with closing(NarrativeTexts(self.request.user)) as texts:
            for notes in self.chunks(keys, fetch_whole):
                texts.add({note.case_id for note in notes if note.case_id and needs_text(note)})
                for note in notes:
                    yield qda.NoteWithText(note, texts.get(note.case_id) if note.case_id and needs_text(note) else None)

    def rows(self) -> Iterator[table.NoteTableRow]:
        with closing(NarrativeTexts(self.request.user)) as texts:
            for notes in self.chunks(self.keys(), fetch_flat):
                texts.add({note.case_key for note in notes if note.case_key and is_changed(note)})
                for note in notes:
                    text = texts.get(note.case_key) if note.case_key and is_changed(note) else None
                    yield table.NoteTableRow(note, text or "")

    def streamed(self, pieces: Iterable[bytes], content_type: str) -> HttpResponseBase:
        body = () if self.request.method == "HEAD" else pieces
        return StreamingHttpResponse(
            body, content_type=content_type, headers=attachment_headers("annotations", self.sends)
        )

    def sent(self, write: Callable[[IO[bytes]], None], content_type: str) -> HttpResponseBase:
        """Send a file that is written as a whole; not for HEAD, which is told no length: only writing would tell it."""
        if self.request.method == "HEAD":
            return self.streamed((), content_type)
        headers = attachment_headers("annotations", self.sends)
        return FileResponse(temporary_file(write), content_type=content_type, headers=headers)


def attachment_headers(what: str, ending: str) -> dict[str, str]:
    """The header with the name of a file, which has today's date."""
    name = f"codelivery-{what}-{timezone.localdate():%Y-%m-%d}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}


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
            for placed in self.placed(keys, lambda note: note.start is not None):
                yield comma + JSONLD_ENCODER.encode(w3c.embedded(self.document(placed)))
                comma = b","
            yield end

    def document(self, placed: qda.NoteWithText) -> w3c.AnnotationDocument:
        return w3c.note_document(placed.note, self.request.user, lambda _: placed.text or "")


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

        def write(file: IO[bytes]) -> None:
            with snapshot():
                sheet.write_notes_workbook(self.rows(), about, file)

        return self.sent(write, XlsxRenderer.media_type)


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
        def write(file: IO[bytes]) -> None:
            with snapshot():
                named = qda.named_in(NoteFilterSet(self.query, self.request.user).found)
                told = f"Asked for: {words}." if words else ""
                with qda.Project(file, Codebook.load_manual(), named, told, timezone.now()) as project:
                    by_case = self.placed(self.keys(F("case__slug").asc(nulls_last=True)), lambda _: True)
                    for _, notes in groupby(by_case, lambda placed: placed.note.case_id):
                        project.add_case(notes)

        return self.sent(write, QdpxRenderer.media_type)


class CodebookExport(FileView, ParameterlessView):
    """The codebook for QDA software."""

    permission_classes = [permissions.AllowAny]
    renderer_classes = [QdcRenderer]

    @extend_schema(operation_id="codebook_qdc", responses={(200, QdcRenderer.media_type): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        """Send the vocabularies and their terms (REFI-QDA codebook)."""
        codebook = Codebook.load_manual()
        if not codebook.terms:
            raise Http404
        return HttpResponse(
            refi.codebook_file(codebook), QdcRenderer.media_type, headers=attachment_headers("codebook", "qdc")
        )
