"""API endpoints for reading, creating and changing cases."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import msgspec
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics, permissions, status
from rest_framework.request import Request
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.models import User
from cases import actions
from cases.actions.rules import MAX_REASON_LENGTH, require_perm
from cases.derived.representations import DOCUMENT_KEYS, insert_origin, load_representations
from cases.derived.selection import DocumentSelection
from cases.history import reading
from cases.models import Case, State
from cases.models.case import Reader
from cases.models.snapshot import snapshot
from cases.permissions import has_perm
from cases.query.parameters import CaseFilterSet
from cases.record import convert
from cases.record.addresses import MAX_LETTERS, FreeSlugs
from cases.record.registers import Registers
from cases.review.proposals import changes_since
from cases.serializers import CaseSerializer
from taxonomy.api import ParameterlessView
from taxonomy.slugs import make_slug

from .conditional import ConditionalQueryView
from .paging import paginate_cases
from .patching import JSON_MEDIA_TYPE, MERGE_PATCH_MEDIA_TYPE, PatchView, merge_patch
from .query import QueryPagination, chosen_by

JSON_ENCODER = msgspec.json.Encoder()
NON_FIELD_KEY = "__all__"
PATH_STEP = re.compile(r"[^.\[\]]+")  # for paths like arrangements[0].type
CASE_ETAG = re.compile(r'^(?:W/)?"(\d{1,9})(?:-[0-9a-f]+)?"$')


IN_REVISION = "This case is being revised: it was withdrawn, and is not published at present."


class CaseGone(exceptions.APIException):
    """410: the case was withdrawn, and may be under revision now."""

    status_code = status.HTTP_410_GONE

    def __init__(self, case: Case) -> None:
        withdrawn = case.state == State.WITHDRAWN
        super().__init__(f"This case was withdrawn: {case.withdrawn_reason}" if withdrawn else IN_REVISION)
        self.more = {"withdrawn_at": case.withdrawn_at, "reason": case.withdrawn_reason}


UNKNOWN_ETAG = (
    "If-Match is not an ETag as it was sent from here. Read what you want to change again, and send its ETag."
)


class CaseVersionRequired(exceptions.APIException):
    """428: a change must name the version that it is based on."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "Send If-Match with the ETag of the case as you read it, so that nobody's work is overwritten."


class CaseOutOfDate(exceptions.APIException):
    """412: the change is based on an older version; the problem details say what has changed since."""

    status_code = status.HTTP_412_PRECONDITION_FAILED

    def __init__(self, stale: actions.StaleCase, reader: Reader) -> None:
        super().__init__(str(stale) if stale.version >= 0 else UNKNOWN_ETAG)
        since = changes_since(stale.case, stale.version, reader)
        changed = reading.changes_as_primitives(since.difference) if since else []
        self.more = {"current_version": stale.case.version, "changed": changed}


class CaseStateConflict(exceptions.APIException):
    """409: the case is not in a state in which this can be done."""

    status_code = status.HTTP_409_CONFLICT


class CaseMoved(Exception):
    """The case has another address now."""

    def __init__(self, found: reading.CaseLocation) -> None:
        super().__init__(found.address)
        self.found = found


FETCHED_FIELDS = ("slug", "state", "version", "created_by", "representation__document")


def find_case(slug: str, reader: Reader) -> Case:
    """Return a case with its document. Raises CaseMoved, CaseGone or NotFound if `reader` cannot read it."""
    cases = Case.objects.readable_by(reader).select_related("representation").only(*FETCHED_FIELDS)
    if case := cases.filter(slug=slug).first():
        return case
    if found := reading.locate_case(slug, reader):
        raise CaseMoved(found) if found.address else CaseGone(found.case)
    hint = " or ".join(other.slug for other in Case.objects.visible_to(reader).near(slug))
    raise exceptions.NotFound(f"There is no case “{slug[:80]}”.{f' Did you mean {hint}?' if hint else ''}")


class CanWriteCases(permissions.BasePermission):
    """Everyone may read; writing requires the permission to enter cases, and others checked later."""

    message = "Only contributors and curators may write cases."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method not in view.allowed_methods:  # the view itself answers 405
            return True
        return request.method in permissions.SAFE_METHODS or has_perm(request.user, "enter")


CHANGE_REASON = OpenApiParameter(
    "Change-Reason", str, "header", description="Why, in UTF-8, at most 2,000 characters; the history tells readers."
)


def change_reason(request: Request) -> str:
    """The reason for a change, from the header; the body contains only the record."""
    header = request.headers.get("Change-Reason", "").encode("latin-1", "replace")  # raw, see PEP 3333
    try:
        reason = header.decode()
    except UnicodeDecodeError:
        reason = header.decode("latin-1")
    if len(reason) > MAX_REASON_LENGTH:
        raise exceptions.ValidationError({"non_field_errors": ["Change-Reason: say it in 2,000 characters."]})
    return reason.replace("\0", "")


def case_etag(case: Case, document: bytes) -> str:
    """The ETag of a case, which begins with its version."""
    return f'"{case.version}-{hashlib.sha256(document).hexdigest()[:16]}"'


class CaseAPIView(APIView):
    """Base class of endpoints that write cases."""

    permission_classes = [CanWriteCases]
    registers: Registers | None = None
    """What the records of one request refer to, if they were looked up together."""

    @property
    def curator(self) -> User:
        """The signed-in user; `CanWriteCases` has refused everyone else."""
        return cast("User", self.request.user)

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]  # any response is fine
        """Redirect from an old address to the current one; for a merged case only its detail view redirects."""
        here = self.request.resolver_match
        if not isinstance(exc, CaseMoved) or here is None:
            return super().handle_exception(exc)
        if exc.found.other and here.view_name != "case-detail":
            return super().handle_exception(CaseGone(exc.found.case))
        return self.redirect_permanently(reverse(here.view_name, kwargs={**here.kwargs, "slug": exc.found.address}))

    def redirect_permanently(self, path: str) -> HttpResponse:
        """Redirect permanently, keeping query and method.

        The response is not cached, because a case may get an old address back.
        """
        query = self.request.META["QUERY_STRING"]
        address = self.request.build_absolute_uri(f"{path}?{query}" if query else path)
        reads = self.request.method in permissions.SAFE_METHODS
        code: int = status.HTTP_301_MOVED_PERMANENTLY if reads else status.HTTP_308_PERMANENT_REDIRECT
        return HttpResponse(status=code, headers={"Location": address, "Cache-Control": "no-cache"})

    def find(self, slug: str, perm: str = "") -> Case:
        """Return a case that the user may read, and for which they have the permission `perm`, if given."""
        case = find_case(slug, self.request.user)
        if perm:
            require_perm(self.curator, perm, case)
        return case

    def shown(self, case: Case, code: int = status.HTTP_200_OK) -> HttpResponse:
        """Respond with a case, and an ETag that begins with its version."""
        document = insert_origin(
            case.representation.document.encode()
            if hasattr(case, "representation")
            else load_representations([case.pk], "document")[0]
        )
        headers = {"ETag": case_etag(case, document)}
        if code == status.HTTP_201_CREATED:
            headers["Location"] = reverse("case-detail", args=[case.slug], request=self.request)
        return HttpResponse(document, "application/json", code, headers=headers)

    def version(self) -> int:
        """The version in If-Match; -1 if that is not one of our ETags. Raises CaseVersionRequired if missing."""
        header = self.request.headers.get("If-Match", "").strip()
        if header in {"", "*"}:
            raise CaseVersionRequired
        found = CASE_ETAG.match(header)
        return int(found[1]) if found else -1

    def reason(self) -> str:
        return change_reason(self.request)

    def record(self, data: Any, case: Case | None = None) -> Mapping[str, Any]:
        """Validate the data as a record."""
        shared = {"registers": self.registers} if self.registers else {}
        serializer = CaseSerializer(case, data=data, context={"request": self.request, **shared})
        serializer.is_valid(raise_exception=True)
        record: Mapping[str, Any] = serializer.validated_data
        return record

    @contextmanager
    def writing(self, refused_as: type[exceptions.APIException] = exceptions.ValidationError) -> Iterator[None]:
        """Turn errors of an action into API exceptions."""
        try:
            yield
        except actions.RuleViolation as error:
            raise refused_as(nested_errors(error.message_dict)) from error
        except actions.StaleCase as stale:
            raise CaseOutOfDate(stale, self.request.user) from stale


def nested_errors(mistakes: Mapping[str, list[str]]) -> dict[str, Any]:
    """Convert messages by path to nested errors.

    >>> nested_errors({"claims": ["One is enough."], "claims[0].value": ["Give a number."]})
    {'claims': {'__all__': ['One is enough.'], '0': {'value': {'__all__': ['Give a number.']}}}}
    """
    found: dict[str, Any] = {}
    for path, messages in mistakes.items():
        place = found
        for name in PATH_STEP.findall(path):
            place = place.setdefault(name, {}) if name != NON_FIELD_KEY else place
        place[NON_FIELD_KEY] = messages
    return found


class CaseList(CaseAPIView, ConditionalQueryView, generics.GenericAPIView[Case]):
    """The cases."""

    permission_classes = [CanWriteCases]
    serializer_class = CaseSerializer
    pagination_class = QueryPagination
    refused = ()

    @extend_schema(responses=CaseSerializer(many=True))
    def get(self, request: Request) -> HttpResponseBase:
        """List the cases that answer a question, whole, in the order asked for.

        With `cursor`, empty to begin, `next` goes on from the last case, however far that is.
        """
        with snapshot():
            return self.answered(self.listed)

    def listed(self, filterset: CaseFilterSet) -> HttpResponse:
        """Respond with one page, assembled from cached documents."""
        selection = chosen_by(filterset.params, partial(DocumentSelection, DOCUMENT_KEYS))
        page = paginate_cases(self.request, filterset)
        count, before, behind = map(JSON_ENCODER.encode, (filterset.total, page.previous, page.next))
        results = insert_origin(b",".join(selection.select(load_representations(page.keys, "document"))))
        counts = JSON_ENCODER.encode(filterset.answer.groups())
        parts = (count, counts, behind, before, results)
        answer = b'{"count":%b,"counts":%b,"next":%b,"previous":%b,"results":[%b]}' % parts
        return HttpResponse(answer, "application/json")

    @extend_schema(responses={201: CaseSerializer}, parameters=[CHANGE_REASON])
    def post(self, request: Request) -> HttpResponse:
        """Enter a new case, as a draft.

        A case that was read can be sent as it came: what only the catalogue says of it is passed over. Leave the slug
        out, and it is made of the title.
        """
        record, reason = self.record(with_slug(request.data, FreeSlugs("cases"))), self.reason()
        with self.writing():
            case = actions.create_case(record=record, by=self.curator, reason=reason)
        return self.shown(find_case(case.slug, request.user), status.HTTP_201_CREATED)


IF_MATCH = OpenApiParameter(
    "If-Match", str, "header", required=True, description="The ETag of the case as you read it."
)


class CaseDetail(CaseAPIView, PatchView, ParameterlessView):
    """One case."""

    serializer_class = CaseSerializer

    @extend_schema(responses=CaseSerializer)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Read one case whole. Its ETag names its version, for the change that you make from it."""
        return self.shown(self.find(slug))

    @extend_schema(request=CaseSerializer, responses=CaseSerializer, parameters=[IF_MATCH, CHANGE_REASON])
    def put(self, request: Request, slug: str) -> HttpResponse:
        """Replace what a case says."""
        return self.changed(self.find(slug, "edit"), request.data)

    @extend_schema(
        request={JSON_MEDIA_TYPE: CaseSerializer, MERGE_PATCH_MEDIA_TYPE: OpenApiTypes.OBJECT},
        responses=CaseSerializer,
        parameters=[IF_MATCH, CHANGE_REASON],
    )
    def patch(self, request: Request, slug: str) -> HttpResponse:
        """Change some keys of a case; the others stay as they are.

        As JSON, each key replaces the one that stands; as a merge patch (RFC 7396), objects are merged, and null takes
        away what stands.
        """
        case = self.find(slug, "edit")
        whole = Case.objects.whole().get(pk=case.pk)
        return self.changed(case, patched_record(whole, request.data, merge=self.is_merge_patch))

    def changed(self, case: Case, data: Any) -> HttpResponse:
        """Replace the record of a case by the data, and respond with the case."""
        version, reason = self.version(), self.reason()
        record = self.record(data, case)
        with self.writing():
            actions.change_case(case=case, record=record, by=self.curator, version=version, reason=reason)
        return self.shown(self.find(case.slug))


def with_slug(data: Any, free: FreeSlugs) -> Any:
    """The data of a new case, with a free slug if it has none."""
    if not isinstance(data, Mapping) or data.get("slug") not in (None, ""):
        return data
    title = str(data.get("title") or "")[: MAX_LETTERS["cases"]]
    wanted = make_slug(title, fallback="case", most=MAX_LETTERS["cases"] - 10)
    return {**data, "slug": free.take(wanted)}


def patched_record(case: Case, patch: Any, *, merge: bool) -> dict[str, Any]:
    """Return the record of a whole case with some keys changed; a dimension that is given is not absent any more."""
    if not isinstance(patch, Mapping):
        raise exceptions.ValidationError({"non_field_errors": ["Give an object here, with keys and values."]})
    whole = convert.to_primitive(convert.record_from_case(case))
    absent = {name: kind for name, kind in whole["absent"].items() if not patch.get(name)}
    present = {**whole, "absent": absent}
    patched: dict[str, Any] = merge_patch(present, patch) if merge else {**present, **patch}
    return patched
