"""What holds at every door, whichever view stands behind it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from .errors import CONTENT_TYPE, at_machine_door, bad_request, problem

Door = Callable[[HttpRequest], HttpResponse]
KEPT = ("Allow", "Retry-After", "WWW-Authenticate")


def in_one_shape(answer: Door) -> Door:
    """Refuse what no view could read, and make every error at a machine door a problem document."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = answer(request) if readable(request) else bad_request(request, ValueError("unreadable"))
        if response.status_code < 400 or not at_machine_door(request) or response.get("Content-Type") == CONTENT_TYPE:
            return response
        headers = {name: response[name] for name in KEPT if name in response}
        return problem(request, response.status_code, response.reason_phrase, headers=headers)

    return middleware


def readable(request: HttpRequest) -> bool:
    """Whether the cookies of a request are without NUL, which PostgreSQL takes nowhere."""
    return not any("\0" in value for value in request.COOKIES.values())


def for_its_reader_alone(answer: Door) -> Door:
    """Keep what was answered to someone signed in out of shared caches."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if request.user.is_authenticated:
            patch_cache_control(response, private=True)
        if at_machine_door(request):
            patch_vary_headers(response, ["Authorization", "Cookie"])
        return response

    return middleware
