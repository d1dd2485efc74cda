"""Addresses of notes and groups. Where pages and the W3C protocol share one, the `Accept` header decides."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.cache import patch_vary_headers

from .api import protocol
from .views import groups, listing, notes
from .w3c import JSONLD_MEDIA_TYPE

NegotiableView = Callable[..., HttpResponseBase]
MACHINE_MEDIA_TYPES = [JSONLD_MEDIA_TYPE, "application/ld+json", "application/json", "text/turtle"]


def negotiate(page: NegotiableView, program: NegotiableView) -> NegotiableView:
    """Serve the page for GET requests that prefer HTML, and the W3C protocol otherwise."""

    @wraps(page)
    def chosen(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        reads = request.method in {"GET", "HEAD"}
        wanted = request.get_preferred_type([*MACHINE_MEDIA_TYPES, "text/html"])
        view = page if reads and wanted == "text/html" else program
        response = view(request, *args, **kwargs)
        patch_vary_headers(response, ["Accept"])
        return response

    chosen.csrf_exempt = True  # type: ignore[attr-defined]  # the page only reads; the protocol view does its own check
    return chosen


app_name = "annotations"
urlpatterns = [
    path("", negotiate(listing.all_notes, protocol.ContainerView.as_view()), name="container"),
    path("mine/", listing.my_notes, name="mine"),
    path("write/", notes.annotate, name="annotate"),
    path("cases/<slug:slug>/", negotiate(notes.case_notes, protocol.CaseContainerView.as_view()), name="case"),
    path("groups/", groups.group_list, name="groups"),
    path("groups/join/<str:invitation>/", groups.join_group_page, name="join"),
    path("groups/<slug:uid>/", groups.group_detail, name="group"),
    path("groups/<slug:uid>/leave/", groups.leave_group_page, name="leave"),
    path("groups/<slug:uid>/renew/", groups.renew_invitation_page, name="renew"),
    path("groups/<slug:uid>/close/", groups.close_group_page, name="close"),
    path("<slug:uid>/", negotiate(notes.note_page, protocol.NoteProtocolView.as_view()), name="note"),
    path("<slug:uid>/edit/", notes.revise, name="revise"),
    path("<slug:uid>/delete/", notes.remove, name="remove"),
    path("<slug:uid>/reply/", notes.reply, name="reply"),
    path("<slug:uid>/resolve/", notes.resolve, name="resolve"),
    path("<slug:uid>/reattach/", notes.reattach, name="reattach"),
    path("<slug:uid>/flag/", notes.flag, name="flag"),
    path("<slug:uid>/history/", notes.note_history, name="history"),
]
