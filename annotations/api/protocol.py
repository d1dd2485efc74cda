"""The W3C Web Annotation Protocol: containers and notes for programs, at the addresses of the pages.

Notes that the user may not read leave no trace: not in lists, totals or ETags, and not in how a response differs
from another.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Sum
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import parse_etags, parse_header_parameters
from rest_framework import exceptions, status
from rest_framework.request import Request

from cases.api.query import ParameterFields, read_params
from cases.models import Case
from cases.models import State as CaseState
from cases.models.case import Reader
from cases.models.snapshot import snapshot

from .. import actions, w3c
from ..models import Annotation, AnnotationQuerySet
from .exchange import (
    ACCEPTED_MEDIA_TYPES,
    AnnotationGone,
    AnnotationPreconditionFailed,
    AnnotationPreconditionRequired,
    ProtocolView,
    protocol_errors,
)

CONSTRAINED_BY_LINK = '<http://www.w3.org/TR/annotation-protocol/>; rel="http://www.w3.org/ns/ldp#constrainedBy"'
CONTAINER_LINKS = f'<http://www.w3.org/ns/ldp#BasicContainer>; rel="type", {CONSTRAINED_BY_LINK}'
NOTE_LINKS = '<http://www.w3.org/ns/ldp#Resource>; rel="type"'

PREFER_MINIMAL = "http://www.w3.org/ns/ldp#PreferMinimalContainer"
PREFER_IRIS = "http://www.w3.org/ns/oa#PreferContainedIRIs"
PREFER_DESCRIPTIONS = "http://www.w3.org/ns/oa#PreferContainedDescriptions"

CONTAINER_PARAMETERS: ParameterFields = {
    "iris": forms.ChoiceField(label="pages with IRIs alone", choices=[("0", "0"), ("1", "1")], required=False),
    "page": forms.IntegerField(label="page, from 0", min_value=0, max_value=10**6, required=False),
}
"""The query parameters of a container."""


def get_note(uid: str, request: Request) -> Annotation:
    """A note that the user may read; 410 if it was deleted, 404 for all others, existing or not."""
    note = Annotation.objects.addressed_to(request.user).with_related().filter(uid=uid).first()
    if note is None:
        raise exceptions.NotFound("There is no such annotation.")
    if note.deleted_at:
        raise AnnotationGone
    return note


class NoteProtocolView(ProtocolView):
    """One note."""

    def links(self) -> str:
        return NOTE_LINKS

    def get(self, request: Request, uid: str) -> HttpResponse:
        """Read a note."""
        return self.shown(get_note(uid, request))

    def put(self, request: Request, uid: str) -> HttpResponse:
        """Replace a note's content; without If-Match, only by what must have been made from the note as it is."""
        note = self.own(uid)
        document = self.document()
        if not (self.match(note) or w3c.stems_from_current(document, note)):
            raise AnnotationPreconditionRequired
        with protocol_errors():
            draft = w3c.read_update(document, note=note, by=self.writer)
            actions.revise_note(
                note=note, content=draft.content, by=self.writer, version=note.version, passage=draft.passage
            )
        return self.shown(get_note(uid, request))

    def delete(self, request: Request, uid: str) -> HttpResponse:
        """Delete a note; with If-Match, only if it has not changed."""
        note = self.own(uid)
        version = note.version if self.match(note) else None
        with protocol_errors():
            actions.delete_note(note=note, by=self.writer, version=version)
        return HttpResponse(status=status.HTTP_204_NO_CONTENT)

    def own(self, uid: str) -> Annotation:
        """A note that the user wrote; 403 for a note of somebody else that they may read."""
        note = get_note(uid, self.request)
        if note.author_id != self.writer.pk:
            raise PermissionDenied
        return note

    def match(self, note: Annotation) -> bool:
        """Whether If-Match names the current version; False if it names none, 412 if it names another."""
        header = self.request.headers.get("If-Match", "").strip()
        if header in {"", "*"}:
            return False
        if not self.names(w3c.note_document(note, self.request.user), etag_salt(note)) & set(parse_etags(header)):
            raise AnnotationPreconditionFailed
        return True

    def shown(self, note: Annotation) -> HttpResponse:
        return self.answer(w3c.note_document(note, self.request.user), etag_salt(note))


def etag_salt(note: Annotation) -> str:
    return f"{note.uid} {note.version} "


class ContainerView(ProtocolView):
    """All notes that the user may read, on cases and elsewhere."""

    varies = ("Accept", "Prefer", "Authorization", "Cookie")

    @property
    def is_page(self) -> bool:
        """Whether one page is requested: pages are read-only and not containers themselves."""
        return "page" in self.request.query_params

    def links(self) -> str:
        return "" if self.is_page else CONTAINER_LINKS

    @property
    def allowed_methods(self) -> list[str]:
        return [name for name in super().allowed_methods if name != "POST" or not self.is_page]

    def described(self) -> dict[str, str]:
        return {} if self.is_page else {"Accept-Post": ", ".join([w3c.JSONLD_MEDIA_TYPE, *ACCEPTED_MEDIA_TYPES])}

    def get(self, request: Request, **kwargs: str) -> HttpResponse:
        """Read the container, or one of its pages."""
        params = read_params(request, CONTAINER_PARAMETERS)
        preferred = parse_prefer(request.headers.get("Prefer", ""))
        with snapshot():
            case = self.case()
            notes = self.notes(case)
            totals = notes.aggregate(total=Count("pk"), modified=Max("updated_at"), versions=Sum("version"))
            iris = params["iris"] == "1" if "iris" in params else PREFER_IRIS in preferred
            contents = w3c.ContainerContents(
                **container_identity(case), total=totals["total"], modified=totals["modified"], iris=iris
            )
            salt = f"{totals['versions']} "
            if self.is_page:
                return self.answer(container_page(contents, notes, request.user, params.get("page") or 0), salt)
            items = page_items(contents, notes, request.user, 0) if wants_first_page(preferred) else None
        applied = {"Preference-Applied": "return=representation"} if preferred else {}
        headers = {"Content-Location": contents.own_iri, **applied}
        return self.answer(w3c.container_document(contents, items), salt, headers)

    def post(self, request: Request, **kwargs: str) -> HttpResponse:
        """Write a note."""
        if self.is_page:
            raise exceptions.MethodNotAllowed("POST")
        case, document, by = self.case(), self.document(), self.writer
        with protocol_errors():
            draft = w3c.read_annotation(document, by=by, case=case)
            if draft.parent is not None:
                note = actions.reply_to_note(parent=draft.parent, content=draft.content, by=by)
            else:
                note = actions.create_note(case=draft.case, passage=draft.passage, content=draft.content, by=by)
        note = get_note(note.uid, request)
        response = self.answer(w3c.note_document(note, by), etag_salt(note), {"Location": note.iri})
        response.status_code = status.HTTP_201_CREATED
        return response

    def case(self) -> Case | None:
        """The case that the container is limited to."""
        return None

    def notes(self, case: Case | None) -> AnnotationQuerySet:
        """The container's notes that the user may read, in the order in which they were written."""
        visible = Annotation.objects.visible_to(self.request.user).order_by("pk")
        return visible if case is None else visible.filter(case=case)


class CaseContainerView(ContainerView):
    """The notes on one case or on words of its narrative, with their replies."""

    def case(self) -> Case:
        """The case; 410 if it was withdrawn, 404 if it is missing or the user may not see it."""
        slug = self.kwargs["slug"]
        case = Case.objects.visible_to(self.request.user).defer("narrative").addressed(slug).first()
        if case is not None:
            return case
        if Case.objects.addressed(slug).filter(state=CaseState.WITHDRAWN).exists():
            raise AnnotationGone("This case was withdrawn.")
        raise exceptions.NotFound("There is no such case.")


def container_identity(case: Case | None) -> dict[str, str]:
    """The IRI and label of a container."""
    if case is None:
        return {"iri": w3c.absolute_url(reverse("annotations:container")), "label": "Annotations in this catalogue"}
    path = reverse("annotations:case", args=[case.slug])
    return {"iri": w3c.absolute_url(path), "label": f"Annotations on “{case}”"}


def parse_prefer(header: str) -> set[str]:
    """The representations that a Prefer header asks for. Unknown or contradictory preferences are ignored: a
    preference is never an error.
    """
    included: set[str] = set()
    for preference in header.split(","):
        _, params = parse_header_parameters(f"preference; {preference}")
        if params.get("return") == "representation":
            included |= set(params.get("include", "").split()) & {PREFER_MINIMAL, PREFER_IRIS, PREFER_DESCRIPTIONS}
    return set() if included >= {PREFER_IRIS, PREFER_DESCRIPTIONS} else included


def wants_first_page(preferred: set[str]) -> bool:
    """Whether the first page is to stand in the container. Without a preference it is linked: whoever follows `first`
    then finds an address there, and whoever wants the page itself can say so.
    """
    return bool(preferred) and PREFER_MINIMAL not in preferred


def container_page(
    contents: w3c.ContainerContents, notes: AnnotationQuerySet, reader: Reader, number: int
) -> dict[str, Any]:
    """One page of a container; 404 after the last."""
    if number > contents.last:
        raise exceptions.NotFound("There are not so many pages.")
    return w3c.page_document(contents, number, page_items(contents, notes, reader, number))


def page_items(contents: w3c.ContainerContents, notes: AnnotationQuerySet, reader: Reader, number: int) -> list[Any]:
    part = notes[number * contents.size : (number + 1) * contents.size]
    if contents.iris:
        return [note.iri for note in part.only("uid")]
    return [w3c.note_document(note, reader) for note in fetch_notes(part)]


def fetch_notes(notes: AnnotationQuerySet) -> list[Annotation]:
    """Fetch notes with everything that their documents need, each narrative only once."""
    rows = list(notes.with_related().defer("case__narrative", "revision__narrative"))
    narratives = dict(Case.objects.filter(pk__in={note.case_id for note in rows}).values_list("pk", "narrative"))
    for note in rows:
        if note.case:
            note.case.narrative = narratives.get(note.case.pk, "")
    return rows
