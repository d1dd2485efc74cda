"""Imports by API, for scripts: upload, plan, look, decide, apply, undo."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, cast

from django import forms
from django.core.files import File
from django.db import transaction
from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics, permissions, serializers, status
from rest_framework.parsers import BaseParser, FileUploadParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from cases.api.query import PAGE_FIELDS, ParameterFields, ParameterSchema, QueryPagination, read_params
from cases.permissions import has_perm
from taxonomy.api import ParameterlessView

from .forms import FORM_OVERHEAD, ImportCasesForm
from .imports import batches
from .imports.planning import Planner
from .imports.preview import count_rows, preview_rows
from .imports.reading.bounds import MAX_FILE_BYTES, FileRefused, FileTooLarge
from .imports.receiving import receive_file
from .imports.running import start_step
from .models import Batch, RowOutcome
from .serializers import (
    AlikeDecisionsSerializer,
    AlikeThingSerializer,
    ApplySerializer,
    BatchSerializer,
    DecisionsSerializer,
    ImportRowSerializer,
    PlanSerializer,
)

SECONDS_OF_PLANNING = 4
"""How long one request plans."""
ROWS_AT_ONCE = 100

UPLOAD_PARAMETERS: ParameterFields = {
    "mapping": forms.CharField(
        required=False, max_length=80, help_text="Name of the mapping; left out, the columns tell."
    ),
    "sheet": forms.CharField(required=False, max_length=31, help_text="Of a workbook; left out, the first one."),
    "publish": forms.ChoiceField(
        required=False,
        choices=[("true", "true"), ("false", "false")],
        help_text="Publish what was published where it was exported.",
    ),
    "filename": forms.CharField(required=False, max_length=200, help_text="Whose ending tells what it is: table.csv."),
}


class ImportProblem(exceptions.APIException):
    """409: the import is not in a state for this, or the catalogue has changed."""

    status_code = status.HTTP_409_CONFLICT


class UploadTooLarge(exceptions.APIException):
    """413: the file has more bytes or rows than are taken."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE


class FileNotRead(exceptions.ValidationError):
    """400: the file cannot be read; `columns` are those that no mapping knows."""

    def __init__(self, refused: FileRefused) -> None:
        super().__init__({"file": [str(refused)]})
        columns = getattr(refused, "columns", None)
        self.more = {"columns": columns} if columns else {}


class CanImport(permissions.BasePermission):
    """Imports are for curators, to see too."""

    message = "Only curators may import cases."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return has_perm(request.user, "import")


class RawFileParser(FileUploadParser):
    """A body that is the file itself, of whatever type."""

    media_type = "*/*"

    def get_filename(self, stream: Any, media_type: str | None, parser_context: Any) -> str:
        named = super().get_filename(stream, media_type, parser_context)
        query = parser_context["request"].query_params.get("filename", "")
        return str(
            named or query.replace("\0", "") or DEFAULT_NAMES.get((media_type or "").partition(";")[0], "upload")
        )


DEFAULT_NAMES = {"text/csv": "table.csv", "application/json": "cases.json", "application/jsonl": "cases.jsonl"}


class ImportView(generics.GenericAPIView[Any]):
    """The base of all endpoints of imports."""

    permission_classes = [CanImport]
    serializer_class: type[serializers.Serializer[Any]] = BatchSerializer
    queryset = Batch.objects.select_related("by")
    lookup_field = "pk"

    @property
    def curator(self) -> User:
        return cast("User", self.request.user)

    def shown(self, batch: Batch, code: int = status.HTTP_200_OK) -> Response:
        batch = self.get_queryset().get(pk=batch.pk)
        data = BatchSerializer(batch, context={"request": self.request, "counts": count_rows([batch])}).data
        headers = {"Location": data["url"]} if code != status.HTTP_200_OK else {}
        return Response(data, code, headers=headers)

    def done(self, verb: Callable[[], Any]) -> Any:
        """Do a step. Raises ImportProblem if it is refused."""
        try:
            return verb()
        except batches.BATCH_REFUSALS as refusal:
            raise ImportProblem(batches.refusal_message(refusal)) from refusal

    def read(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        serializer = shape(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        said: dict[str, Any] = serializer.validated_data
        return said


class ImportList(ImportView):
    """The imports."""

    schema = ParameterSchema()
    pagination_class = QueryPagination

    def parameters(self) -> ParameterFields:
        return PAGE_FIELDS

    def get_parsers(self) -> list[BaseParser]:
        return [MultiPartParser(), RawFileParser()]

    @extend_schema(operation_id="imports_list", responses=BatchSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the imports, the latest first."""
        self.paging = read_params(request, PAGE_FIELDS)
        page = self.paginate_queryset(self.get_queryset().order_by("-pk")) or []
        context = {"request": request, "counts": count_rows(page)}
        return self.get_paginated_response(BatchSerializer(page, many=True, context=context).data)

    @extend_schema(
        operation_id="imports_create",
        parameters=[
            OpenApiParameter(name, str, description=str(field.help_text)) for name, field in UPLOAD_PARAMETERS.items()
        ],
        request={"multipart/form-data": OpenApiTypes.OBJECT, "application/octet-stream": OpenApiTypes.BINARY},
        responses={201: BatchSerializer},
    )
    def post(self, request: Request) -> Response:
        """Send a file of cases: as the body, or as `file` of a form. Nothing is written yet but the import itself.

        The parameters stand in the address, or in the form. Then let it be planned.
        """
        refuse_too_large(request)
        file, said = self.sent()
        form = ImportCasesForm(said, {"file": file} if file else {})
        if not form.is_valid():
            raise exceptions.ValidationError(
                {name: [str(each) for each in messages] for name, messages in form.errors.items()}
            )
        try:
            batch = receive_file(by=self.curator, **form.cleaned_data)
        except FileTooLarge as refused:
            raise UploadTooLarge(str(refused)) from None
        except FileRefused as refused:
            raise FileNotRead(refused) from None
        return self.shown(batch, status.HTTP_201_CREATED)

    def sent(self) -> tuple[File[Any] | None, dict[str, Any]]:
        """The file, and what is said of it in the form or in the address. Raises ValidationError by parameter."""
        given: Mapping[str, Any] = self.request.data  # type: ignore[assignment]  # both parsers give a mapping
        said = {name: value for name, value in given.items() if name != "file"}
        said = read_params(self.request, UPLOAD_PARAMETERS) | said
        said["publish"] = said.get("publish") in {"true", "on", "1", True}
        return given.get("file"), said


def refuse_too_large(request: Request) -> None:
    """Raise UploadTooLarge before anything is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_FILE_BYTES + FORM_OVERHEAD:
        raise UploadTooLarge(
            f"The file is larger than {MAX_FILE_BYTES // 1024**2} MB. Split it, and bring in the parts one by one."
        )


class ImportDetail(ParameterlessView, ImportView):
    """One import."""

    @extend_schema(responses=BatchSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Read one import: how far it is, and what became of it."""
        return self.shown(self.get_object())

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Throw away an import that wrote nothing."""
        self.done(partial(batches.delete_batch, batch=self.get_object(), by=self.curator))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ImportPlan(ParameterlessView, ImportView):
    """Planning."""

    @extend_schema(request=PlanSerializer, responses=BatchSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Plan the next rows, for some seconds. Repeat it until `status` is `planned`; `planned` of `total` are."""
        batch = self.get_object()
        if self.read(PlanSerializer)["again"]:
            batch = self.done(partial(batches.reset_plan, batch=batch, by=self.curator))
        if batch.status == Batch.Status.READ:
            planner, until = Planner.going_on(batch), time.monotonic() + SECONDS_OF_PLANNING
            step = partial(batches.plan_next_rows, batch=batch, plan=planner.plan, by=self.curator, number=ROWS_AT_ONCE)
            while time.monotonic() < until and self.done(step):
                pass
            planner.rest()
        return self.shown(batch)


ROWS_PARAMETERS: ParameterFields = {
    **PAGE_FIELDS,
    "outcome": forms.ChoiceField(label="outcome", choices=RowOutcome.choices, required=False),
}


class ImportRows(ImportView):
    """The preview."""

    schema = ParameterSchema()
    serializer_class = ImportRowSerializer
    pagination_class = QueryPagination

    def parameters(self) -> ParameterFields:
        return ROWS_PARAMETERS

    @extend_schema(operation_id="import_rows_list", responses=ImportRowSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List the rows of an import in the order of its file, each with what it would do."""
        self.paging = read_params(request, ROWS_PARAMETERS)
        rows = self.get_object().rows.select_related("case").order_by("number", "pk")
        if outcome := self.paging.get("outcome"):
            rows = rows.filter(outcome=outcome)
        page = self.paginate_queryset(rows) or []
        previews = {preview["row"].pk: preview for preview in preview_rows(list(page))}
        serializer = ImportRowSerializer(page, many=True, context={"previews": previews})
        return self.get_paginated_response(serializer.data)


class ImportDecide(ParameterlessView, ImportView):
    """Deciding."""

    @extend_schema(request=DecisionsSerializer, responses=BatchSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Decide what becomes of rows that are probably cases which stand: skip, create, or change one of those."""
        batch, decisions = self.get_object(), self.decisions()
        with transaction.atomic():
            again = self.done(partial(batches.decide_duplicates, batch=batch, decisions=decisions, by=self.curator))
            if again:
                planned = Planner(batch, again).plan(again)
                self.done(partial(batches.save_plan, batch=batch, rows=planned, by=self.curator))
        return self.shown(batch)

    def decisions(self) -> dict[int, tuple[str, str]]:
        """The decisions by the key of the row. Raises ValidationError by index if it is no probable duplicate."""
        said = self.read(DecisionsSerializer)["decisions"]
        rows = self.get_object().rows.exclude(candidates=[]).filter(number__in={each["row"] for each in said})
        keys = dict(rows.values_list("number", "pk"))
        unknown = {
            str(index): {"row": ["This row is not like any case that stands."]}
            for index, each in enumerate(said)
            if each["row"] not in keys
        }
        if unknown:
            raise exceptions.ValidationError({"decisions": unknown})
        return {keys[each["row"]]: (each["decision"], each["case"]) for each in said}


class ImportAlike(ImportView):
    """What is like something in the registers, but not the same."""

    schema = ParameterSchema()
    serializer_class = AlikeThingSerializer
    pagination_class = QueryPagination

    def parameters(self) -> ParameterFields:
        return PAGE_FIELDS

    @extend_schema(operation_id="import_alike_list", responses=AlikeThingSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """List the sources, organisations and places that are like others. Undecided, each is a new one."""
        self.paging = read_params(request, PAGE_FIELDS)
        page = self.paginate_queryset(self.get_object().alike_things.all()) or []
        return self.get_paginated_response(AlikeThingSerializer(page, many=True).data)

    @extend_schema(operation_id="import_alike_decide", request=AlikeDecisionsSerializer, responses=BatchSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Decide which of those they are, or that they are new. The rows then have to be planned again."""
        read_params(request, {})
        batch, said = self.get_object(), self.read(AlikeDecisionsSerializer)["decisions"]
        known = set(batch.alike_things.filter(pk__in=[each["id"] for each in said]).values_list("pk", flat=True))
        unknown = {
            str(index): {"id": ["This import asks nothing under this number."]}
            for index, each in enumerate(said)
            if each["id"] not in known
        }
        if unknown:
            raise exceptions.ValidationError({"decisions": unknown})
        decisions = {each["id"]: each["decision"] for each in said}
        self.done(partial(batches.decide_alike, batch=batch, decisions=decisions, by=self.curator))
        return self.shown(batch)


PREFER_ASYNC = OpenApiParameter(
    "Prefer",
    str,
    "header",
    description="With `respond-async` the answer is 202 at once, and `progress` tells the rest.",
)
STEP_RESPONSES = {200: BatchSerializer, 202: BatchSerializer}


class ImportStep(ParameterlessView, ImportView):
    """The base of the steps that write: all or nothing, and, if that is preferred, in the background."""

    step: ClassVar[str]

    def taken(self, batch: Batch, total: int, verb: Callable[..., Any]) -> Response:
        do = partial(verb, batch=batch, by=self.curator)
        if "respond-async" not in self.request.headers.get("Prefer", "").lower():
            self.done(do)
            return self.shown(batch)
        if not start_step(batch=batch, step=self.step, total=total, do=lambda told: do(progress=told)):
            raise ImportProblem("A step of this import is under way: see its progress.")
        return self.shown(batch, status.HTTP_202_ACCEPTED)


class ImportApply(ImportStep):
    """Applying."""

    step = "apply"

    @extend_schema(request=ApplySerializer, responses=STEP_RESPONSES, parameters=[PREFER_ASYNC])
    def post(self, request: Request, pk: int) -> Response:
        """Write what is planned, whole or not at all. Duplicates that nobody decided on are left out."""
        batch, skip_refused = self.get_object(), self.read(ApplySerializer)["skip_refused"]
        if batch.status != Batch.Status.PLANNED:
            raise ImportProblem(f"This import is {batch.get_status_display()}: only a planned one is applied.")
        refused = batch.rows.filter(outcome=RowOutcome.REFUSE).count()
        if refused and not skip_refused:
            raise ImportProblem(
                f"{refused:,} rows are refused: see rows/?outcome=refuse. Mend the file, or send skip_refused."
            )
        return self.taken(batch, batch.rows.filter(batches.ROWS_TO_WRITE).count(), batches.apply_batch)


class ImportUndo(ImportStep):
    """Undoing."""

    step = "undo"

    @extend_schema(request=None, responses=STEP_RESPONSES, parameters=[PREFER_ASYNC])
    def post(self, request: Request, pk: int) -> Response:
        """Take back an import as one, if nobody has changed one of its cases since."""
        batch = self.get_object()
        if batch.status != Batch.Status.APPLIED:
            raise ImportProblem(f"This import is {batch.get_status_display()}: only an applied one is undone.")
        return self.taken(batch, batch.rows.filter(applied_as__isnull=False).count(), batches.undo_batch)


urlpatterns: list[URLPattern] = [
    path("imports/", ImportList.as_view(), name="import-list"),
    path("imports/<int:pk>/", ImportDetail.as_view(), name="import-detail"),
    path("imports/<int:pk>/plan/", ImportPlan.as_view(), name="import-plan"),
    path("imports/<int:pk>/rows/", ImportRows.as_view(), name="import-rows"),
    path("imports/<int:pk>/decisions/", ImportDecide.as_view(), name="import-decisions"),
    path("imports/<int:pk>/alike/", ImportAlike.as_view(), name="import-alike"),
    path("imports/<int:pk>/apply/", ImportApply.as_view(), name="import-apply"),
    path("imports/<int:pk>/undo/", ImportUndo.as_view(), name="import-undo"),
]
