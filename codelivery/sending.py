"""A form that is sent again, because its answer was lost on the way, does its work once.

The page's script (`static/sending.js`) gives what is sent a key of its own in the field `once`; the same text keeps its
key until an answer has arrived. A form with a key that was seen before is answered as it was the first time.

A form sent by that script gets an address to go to as a header, since a script cannot see where a redirect leads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from accounts import unsent
from accounts.models import User

from .errors import is_api_request
from .unsent import ONCE, posted_fields

GetResponse = Callable[[HttpRequest], HttpResponse]
FORM_CONTENT_TYPE = "application/x-www-form-urlencoded"
MAX_KEY_LENGTH = 64
WAITS = 20
SECONDS_EACH = 0.25
"""How often, and how long, the second of two requests waits for the answer to the first."""


def sent_once_middleware(get_response: GetResponse) -> GetResponse:
    """Answer a form that is sent again as it was answered before."""

    def middleware(request: HttpRequest) -> HttpResponse:
        key = _key_of(request)
        response = _respond_once(request, key, get_response) if key else get_response(request)
        return _for_script(response) if "X-Scripted" in request.headers else response

    return middleware


def _key_of(request: HttpRequest) -> str:
    """The key of a form that was sent by a user, for this user and address; empty if it has none."""
    if request.method != "POST" or request.content_type != FORM_CONTENT_TYPE or is_api_request(request):
        return ""
    once = posted_fields(request).get(ONCE, "")
    if not once or len(once) > MAX_KEY_LENGTH or not request.user.is_authenticated:
        return ""
    return f"{request.user.pk} {request.path} {once}"


def _respond_once(request: HttpRequest, key: str, get_response: GetResponse) -> HttpResponse:
    by = cast("User", request.user)
    if not unsent.claim_sending(key=key, by=by):
        return _earlier_response(key, by)
    response = get_response(request)
    if response.status_code in {403, 429} or response.status_code >= 500 or response.streaming:
        unsent.release_sending(key=key)
    else:
        unsent.store_response(key=key, content=_as_content(response))
    return response


def _earlier_response(key: str, by: User) -> HttpResponse:
    """The answer to the same form sent before; 503 if it is still being worked on."""
    for _ in range(WAITS):
        if content := unsent.stored_response(key=key, by=by):
            return HttpResponse(**content)
        time.sleep(SECONDS_EACH)
    return HttpResponse("This is being sent.", status=503, headers={"Retry-After": "10"})


def _as_content(response: HttpResponse) -> dict[str, Any]:
    return {"content": response.text, "status": response.status_code, "headers": dict(response.items())}


def _for_script(response: HttpResponse) -> HttpResponse:
    """The response, or, instead of a redirect, 204 with its address."""
    if not 300 <= response.status_code < 400:
        return response
    answer = HttpResponse(status=204, headers={"X-Location": response["Location"]})
    answer.cookies = response.cookies
    return answer
