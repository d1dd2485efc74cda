"""Imports, step by step: upload, plan, preview, apply, undo."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from interchange.forms import FORM_OVERHEAD

from ..forms import ImportCasesForm
from ..imports import batches, mistaken
from ..imports.planning import Planner
from ..imports.preview import preview_rows
from ..imports.reading.bounds import MAX_FILE_BYTES, FileRefused, FileTooLarge
from ..imports.receiving import MAX_UPLOAD_ROWS, receive_file
from ..models import Batch, DuplicateDecision, RowOutcome
from .importers import ImporterAdmin

PREVIEW_ROWS_PER_PAGE = 25
ALIKE_PER_PAGE = 50
MISTAKEN_TITLE = "Imported cases that rest on another’s source, organisation or place"
MAX_KEY_DIGITS = 19
"""A number with this many digits may be too large for the key of a row."""
PLANNING_SECONDS = 4
"""How long one request plans before the next one continues."""


@admin.register(Batch)
class BatchAdmin(ImporterAdmin):
    """The imports: what each file would do, and did."""

    list_display = ["__str__", "mapping", "status", "total", "by", "created_at"]
    list_filter = ["status"]
    list_select_related = ["by"]
    list_per_page = 50
    actions = None

    def get_urls(self) -> list[URLPattern]:
        steps: dict[str, Callable[..., HttpResponse]] = {
            "plan": require_GET(self.plan),
            "apply": require_POST(self.apply),
            "undo": require_POST(self.undo),
            "decide": require_POST(self.decide),
            "alike": self.alike,
            "again": require_POST(self.again),
            "forget": require_POST(self.forget),
        }
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(step), name=f"interchange_batch_{name}")
            for name, step in steps.items()
        ]
        own.append(path("mistaken/", self.admin_site.admin_view(self.mistaken), name="interchange_batch_mistaken"))
        upload = csrf_exempt(self.upload)  # it checks the token itself, once it knows that the file is small enough
        return [path("add/", upload, name="interchange_batch_add"), *own, *super().get_urls()]

    # Upload

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Receive a file; one that is too large is refused before it is read."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        too_large = not length.isdecimal() or int(length) > MAX_FILE_BYTES + FORM_OVERHEAD
        if request.method == "POST" and too_large:
            request.method = "GET"  # nothing of the body is read, not even by the check of its token
            return self.admin_site.admin_view(partial(self._upload, refused=_too_large()))(request)
        return self.admin_site.admin_view(self._upload)(request)

    def _upload(self, request: HttpRequest, refused: FileRefused | None = None) -> HttpResponse:
        if not self._may(request):
            raise PermissionDenied
        form = ImportCasesForm(request.POST or None, request.FILES or None, label_suffix="")
        columns: list[str] = []
        if form.is_valid():
            try:
                return HttpResponseRedirect(
                    reverse("admin:interchange_batch_plan", args=[self._received(request, form)])
                )
            except FileRefused as error:
                refused, columns = error, getattr(error, "columns", [])
        context = {
            "form": form,
            "refused": refused,
            "title": "Import cases",
            "opts": self.opts,
            "most": MAX_UPLOAD_ROWS,
        }
        if columns:
            query = urlencode([("column", column) for column in columns])
            context["new_mapping"] = f"{reverse('admin:interchange_mapping_add')}?{query}"
        status = 413 if isinstance(refused, FileTooLarge) else 400 if refused or form.errors else 200
        page = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, "admin/interchange/upload.html", page, status=status)

    def _received(self, request: HttpRequest, form: ImportCasesForm) -> int:
        """Store the rows of the file, and return the key of the import."""
        return int(receive_file(by=_user(request), **form.cleaned_data).pk)

    # Plan

    def plan(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Plan for some seconds, and refresh until all rows are planned: any process can continue."""
        batch = self._batch(request, pk)
        if batch.status != Batch.Status.READ:
            return HttpResponseRedirect(batch.get_absolute_url())
        planner, until = Planner.going_on(batch), time.monotonic() + PLANNING_SECONDS
        step = partial(batches.plan_next_rows, batch=batch, plan=planner.plan, by=_user(request), number=100)
        while time.monotonic() < until and self._done(request, step):
            pass
        left = batch.rows.filter(outcome=RowOutcome.WAITING).count()
        if not left:
            return _to(batch)
        planner.rest()
        context = {"batch": batch, "done": batch.total - left, "title": f"Planning {batch.name}", "opts": self.opts}
        page = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(
            request, "admin/interchange/progress.html", page, headers={"Refresh": f"0; url={request.path}"}
        )

    # Preview

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what an import would do, or did, row by row."""
        batch = self._batch(request, int(object_id) if object_id.isdecimal() else 0)
        if batch.status == Batch.Status.READ:
            return HttpResponseRedirect(reverse("admin:interchange_batch_plan", args=[batch.pk]))
        outcome = request.GET.get("fate", "")
        rows = batch.rows.filter(outcome=outcome) if outcome in RowOutcome else batch.rows.all()
        listed = Paginator(rows.select_related("case"), PREVIEW_ROWS_PER_PAGE).get_page(request.GET.get("page"))
        counts = batch.counts()
        context = {
            "batch": batch,
            "outcomes": [(name, RowOutcome(name).label, number) for name, number in counts.items() if number],
            "fate": outcome,
            "listed": listed,
            "rows": preview_rows(list(listed)),
            "deciding": batch.status == Batch.Status.PLANNED and any(row.candidates for row in listed),
            "ready": batch.rows.filter(batches.ROWS_TO_WRITE).count(),
            "refused": counts[RowOutcome.REFUSE],
            "alike": batch.alike_things.count(),
            "alike_undecided": batch.alike_things.filter(decision="").count(),
            "undecided": batch.rows.filter(outcome=RowOutcome.DUPLICATE, decision="").exists(),
            "outdated": batch.status == Batch.Status.PLANNED and batch.catalogue != batches.current_catalogue_version(),
            "title": str(batch),
            "opts": self.opts,
        }
        page = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, "admin/interchange/preview.html", page)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Store decisions on probable duplicates, and plan the rows again whose case to change is another one."""
        batch = self._batch(request, pk)
        decisions = {}
        for name, value in request.POST.items():
            key = name.removeprefix("row-")
            if name.startswith("row-") and key.isdecimal() and len(key) < MAX_KEY_DIGITS:
                decision, _, slug = str(value).replace("\0", "").partition(":")
                decisions[int(key)] = (decision if decision in DuplicateDecision else "", slug)
        again = self._done(
            request, partial(batches.decide_duplicates, batch=batch, decisions=decisions, by=_user(request))
        )
        if again:
            planned = Planner(batch, again).plan(again)
            self._done(request, partial(batches.save_plan, batch=batch, rows=planned, by=_user(request)))
        return _to(batch, f"?{request.GET.urlencode()}")

    def alike(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what the things are that are like others; the decisions are kept, and all rows planned again."""
        batch = self._batch(request, pk)
        if request.method == "POST":
            decided = self._done(request, partial(self._decide_alike, request, batch))
            return HttpResponseRedirect(reverse("admin:interchange_batch_plan", args=[pk])) if decided else _to(batch)
        listed = Paginator(batch.alike_things.all(), ALIKE_PER_PAGE).get_page(request.GET.get("page"))
        context = {
            "batch": batch,
            "listed": listed,
            "undecided": batch.alike_things.filter(decision="").count(),
            "deciding": batch.status in {Batch.Status.READ, Batch.Status.PLANNED},
            "title": f"{batch}: what is alike",
            "opts": self.opts,
        }
        page = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, "admin/interchange/alike.html", page)

    def _decide_alike(self, request: HttpRequest, batch: Batch) -> int:
        if every := request.POST.get("all"):
            return batches.decide_all_alike(batch=batch, first=every == "first", by=_user(request))
        sent = ((name.removeprefix("thing-"), str(value).replace("\0", "")) for name, value in request.POST.items())
        decisions = {int(key): value for key, value in sent if key.isdecimal() and len(key) < MAX_KEY_DIGITS}
        return batches.decide_alike(batch=batch, decisions=decisions, by=_user(request))

    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Plan all rows again."""
        batch = self._batch(request, pk)
        again = self._done(request, partial(batches.reset_plan, batch=batch, by=_user(request)))
        if again is None:
            return _to(batch)
        return HttpResponseRedirect(reverse("admin:interchange_batch_plan", args=[batch.pk]))

    # What stands already

    def mistaken(self, request: HttpRequest) -> HttpResponse:
        """Show the cases that likely rest on another's thing, some rows at a time, and part those that are chosen."""
        if not self._may(request):
            raise PermissionDenied
        if request.method == "POST":
            chosen, reason = request.POST.getlist("part"), request.POST.get("reason", "")
            if number := self._done(request, partial(mistaken.part_chosen, chosen, by=_user(request), reason=reason)):
                messages.success(request, f"{number} parted; their cases have a new version.")
            return HttpResponseRedirect(request.get_full_path())
        after = request.GET.get("after", "")
        is_key = after.isdecimal() and len(after) < MAX_KEY_DIGITS
        found, last = mistaken.find_mistaken(after=int(after) if is_key else 0)
        context = {"found": found, "last": last, "reason": mistaken.REASON, "title": MISTAKEN_TITLE, "opts": self.opts}
        page = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, "admin/interchange/mistaken.html", page)

    # Apply, undo, delete

    def apply(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Apply the plan in this one request and transaction."""
        batch = self._batch(request, pk)
        if self._done(request, partial(batches.apply_batch, batch=batch, by=_user(request))):
            messages.success(request, "The import is applied. It can be undone here as one.")
        return _to(batch)

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        batch = self._batch(request, pk)
        if self._done(request, partial(batches.undo_batch, batch=batch, by=_user(request))):
            messages.success(request, "The import is undone.")
        return _to(batch)

    def forget(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Delete an import that wrote nothing."""
        batch = self._batch(request, pk)
        self._done(request, partial(batches.delete_batch, batch=batch, by=_user(request)))
        return HttpResponseRedirect(reverse("admin:interchange_batch_changelist"))

    def _batch(self, request: HttpRequest, pk: int) -> Batch:
        if not self._may(request):
            raise PermissionDenied
        batch = Batch.objects.filter(pk=pk).first()
        if batch is None:
            raise Http404
        return batch

    def _done(self, request: HttpRequest, verb: Callable[[], Any]) -> Any:
        """Do a step, or show the reason why it is refused."""
        try:
            return verb()
        except batches.BATCH_REFUSALS as refusal:
            messages.error(request, batches.refusal_message(refusal))
            return None


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)


def _to(batch: Batch, query: str = "") -> HttpResponse:
    """Redirect to an import, or to the list if it was deleted meanwhile."""
    if Batch.objects.filter(pk=batch.pk).exists():
        return HttpResponseRedirect(f"{batch.get_absolute_url()}{query}")
    return HttpResponseRedirect(reverse("admin:interchange_batch_changelist"))


def _too_large() -> FileTooLarge:
    return FileTooLarge(
        f"The file is larger than {MAX_FILE_BYTES // 1024**2} MB. Split it, and bring in the parts one by one."
    )
