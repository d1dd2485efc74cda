"""The doors to the cases: the list, each whole case, and what curators do with them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.models import User
from cases import actions, records
from cases.filters import CaseFilterSet
from cases.models import Case, State
from cases.models.case import Reader, sees_drafts
from cases.models.snapshot import snapshot
from cases.renderings import texts, with_origin
from cases.serializers import CaseSerializer
from taxonomy.api import WithoutParameters

from .paging import page_of
from .questions import Pages
from .tagged import Tagged

JSON = msgspec.json.Encoder()
VERSION = re.compile(r'^(?:W/)?"(\d{1,9})(?:-[0-9a-f]+)?"$')


class Gone(exceptions.APIException):
    """410: the case was withdrawn."""

    status_code = status.HTTP_410_GONE


class VersionWanted(exceptions.APIException):
    """428: a change has to name the version that it was made from."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "Send If-Match with the ETag of the case as you read it, so that nobody's work is overwritten."


class OutOfDate(exceptions.APIException):
    """412: the change was made from an older version."""

    status_code = status.HTTP_412_PRECONDITION_FAILED


class Conflict(exceptions.APIException):
    """409: the case is not in a state in which this can be done."""

    status_code = status.HTTP_409_CONFLICT


SEEN = ("slug", "state", "version", "withdrawn_reason", "record__document")


def find(slug: str, reader: Reader) -> Case:
    """Return a case with its record, if `reader` may see it."""
    case = Case.objects.select_related("record").only(*SEEN).filter(slug=slug).first()
    if case and (case.state == State.PUBLISHED or sees_drafts(reader)):
        return case
    if case and case.state == State.WITHDRAWN:
        raise Gone(f"This case was withdrawn: {case.withdrawn_reason}")
    hint = " or ".join(other.slug for other in Case.objects.visible_to(reader).near(slug))
    raise exceptions.NotFound(f"There is no case “{slug[:80]}”.{f' Did you mean {hint}?' if hint else ''}")


class Curates(permissions.BasePermission):
    """Everyone reads; curators write."""

    message = "Only curators may write cases."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method not in view.allowed_methods:  # the view itself will say so
            return True
        return request.method in permissions.SAFE_METHODS or sees_drafts(request.user)


class Curated(APIView):
    """A door through which curators write."""

    permission_classes = [Curates]

    @property
    def curator(self) -> User:
        """Who writes; `Curates` has let nobody else in."""
        return cast("User", self.request.user)

    def shown(self, case: Case, code: int = status.HTTP_200_OK) -> HttpResponse:
        """Answer with a case as it was found, and an ETag that begins with its version."""
        document = with_origin(
            case.record.document.encode() if hasattr(case, "record") else texts([case.pk], "document")[0]
        )
        headers = {"ETag": f'"{case.version}-{hashlib.sha256(document).hexdigest()[:16]}"'}
        if code == status.HTTP_201_CREATED:
            headers["Location"] = reverse("case-detail", args=[case.slug], request=self.request)
        return HttpResponse(document, "application/json", code, headers=headers)

    def version(self) -> int:
        """Return the version that a change was made from."""
        said = self.request.headers.get("If-Match", "").strip()
        if said in {"", "*"}:
            raise VersionWanted
        found = VERSION.match(said)
        return int(found[1]) if found else -1

    def record(self, data: Any, case: Case | None = None) -> Mapping[str, Any]:
        """Read what was sent as a record of a case."""
        serializer = CaseSerializer(case, data=data, context={"request": self.request})
        serializer.is_valid(raise_exception=True)
        record: Mapping[str, Any] = serializer.validated_data
        return record


def pointed(refused: actions.Refused) -> dict[str, Any]:
    """Return what an action refused as nested errors: `evidence.level` becomes a mistake in `level` of `evidence`."""
    found: dict[str, Any] = {}
    for path, messages in refused.message_dict.items():
        *outer, last = path.split(".")
        place = found
        for name in outer:
            place = place.setdefault(name, {})
        place[last] = messages
    return found


class CaseList(Curated, Tagged, generics.GenericAPIView[Case]):
    """The cases."""

    permission_classes = [Curates]
    serializer_class = CaseSerializer
    pagination_class = Pages
    refused = ()

    @extend_schema(responses=CaseSerializer(many=True))
    def get(self, request: Request) -> HttpResponseBase:
        """List the cases that answer a question, whole, in the order asked for.

        With `cursor`, empty to begin, `next` goes on from the last case, however far that is.
        """
        with snapshot():
            return self.answered(self.listed)

    def listed(self, asked: CaseFilterSet) -> HttpResponse:
        """Answer with a page of the list, from the documents that are kept."""
        page = page_of(self.request, asked)
        count, before, behind = map(JSON.encode, (asked.total, page.previous, page.next))
        results = with_origin(b",".join(texts(page.keys, "document")))
        answer = b'{"count":%b,"next":%b,"previous":%b,"results":[%b]}' % (count, behind, before, results)
        return HttpResponse(answer, "application/json")

    @extend_schema(responses={201: CaseSerializer})
    def post(self, request: Request) -> HttpResponse:
        """Enter a new case, as a draft."""
        record = self.record(request.data)
        try:
            case = actions.create(record=record, by=self.curator)
        except actions.Refused as refused:
            raise exceptions.ValidationError(pointed(refused)) from refused
        return self.shown(find(case.slug, request.user), status.HTTP_201_CREATED)


IF_MATCH = OpenApiParameter(
    "If-Match", str, "header", required=True, description="The ETag of the case as you read it."
)


class CaseDetail(Curated, WithoutParameters):
    """One case."""

    serializer_class = CaseSerializer

    @extend_schema(responses=CaseSerializer)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Read one case whole. Its ETag names its version, for the change that you make from it."""
        return self.shown(find(slug, request.user))

    @extend_schema(request=CaseSerializer, responses=CaseSerializer, parameters=[IF_MATCH])
    def put(self, request: Request, slug: str) -> HttpResponse:
        """Replace what a case says."""
        return self.changed(find(slug, request.user), request.data)

    @extend_schema(request=CaseSerializer, responses=CaseSerializer, parameters=[IF_MATCH])
    def patch(self, request: Request, slug: str) -> HttpResponse:
        """Replace some keys of a case; the others stay as they are."""
        case = find(slug, request.user)
        if not isinstance(request.data, Mapping):
            raise exceptions.ValidationError({"non_field_errors": ["Give an object here, with keys and values."]})
        whole = Case.objects.whole().get(pk=case.pk)
        return self.changed(case, merged(records.plain(records.matter_of(whole)), request.data))

    def changed(self, case: Case, data: Any) -> HttpResponse:
        """Make a case say what was sent."""
        version, by = self.version(), self.curator
        record = self.record(data, case)
        try:
            actions.change(case=case, record=record, by=by, version=version)
        except actions.Refused as refused:
            raise exceptions.ValidationError(pointed(refused)) from refused
        except actions.Stale as stale:
            raise OutOfDate(str(stale)) from stale
        return self.shown(find(case.slug, by))


def merged(whole: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with some keys replaced; a dimension that is given is no longer absent."""
    absent = {name: kind for name, kind in whole["absent"].items() if not part.get(name)}
    return {**whole, "absent": absent, **part}


class ReasonSerializer(serializers.Serializer[Any]):
    """Why a case is withdrawn."""

    reason = serializers.CharField(max_length=2000, help_text="Readers who look for the case are told.")


class Move(Curated, WithoutParameters):
    """A door that moves a case into another state. With If-Match it does so only from the version that you read."""

    def moved(self, request: Request, slug: str, move: Any, **said: str) -> HttpResponse:
        """Move a case, if its state and its record allow it."""
        case = find(slug, request.user)
        if "If-Match" in request.headers:
            case.version = self.version()
        try:
            move(case=case, by=self.curator, **said)
        except actions.Refused as refused:
            raise Conflict(pointed(refused)) from refused
        except actions.Stale as stale:
            raise OutOfDate(str(stale)) from stale
        return self.shown(find(slug, request.user))


class Publish(Move):
    """Publishing."""

    @extend_schema(request=None, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Show a case to every reader."""
        return self.moved(request, slug, actions.publish)


class Withdraw(Move):
    """Withdrawing."""

    @extend_schema(request=ReasonSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Take a published case away from readers, and tell them why."""
        serializer = ReasonSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.moved(request, slug, actions.withdraw, reason=serializer.validated_data["reason"])
