"""What was typed is not lost when its form is refused: to its author, who has to sign in again, it is given back.

A form is refused because its session has ended, or because its CSRF token is of an earlier sign-in. Then what was typed
is kept, sealed, under a key that stands in the address (`?unsent=`) to which sign-in leads. There the form is filled
with it, and sent by nobody but its author.

The CSRF token tells who the author is: each sign-in makes a new secret, and a signed cookie remembers whose the last
few were. So what one user typed is never given to another who signs in in the same browser.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core import signing
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.middleware.csrf import _unmask_cipher_token, get_token  # type: ignore[attr-defined]  # nothing public tells a token's secret
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import unsent

from .errors import is_api_request, permission_denied
from .filling import CSRF_FIELD, fill_form, find_form

GetResponse = Callable[[HttpRequest], HttpResponse]
PARAMETER = "unsent"
"""The key of what is given back: in the address of a page, and as a hidden field of its form."""
ONCE = "once"
"""The hidden field by which a form that is sent again is recognised."""
FRAGMENT = f"#{PARAMETER}"
AUTHORS_COOKIE = "authors"
MAX_AUTHORS = 5
SALT = "codelivery.unsent"
FORM_SHOWN_AGAIN = {400, 409, 422}
"""The statuses of pages that show the form with what was typed and what is wrong with it."""
UNREADABLE = (RequestDataTooBig, TooManyFieldsSent, UnreadablePostError, MultiPartParserError)


@dataclass
class Unsent:
    """What was typed and not sent: the path it was sent to, the pages where its form may stand, and each field."""

    key: str
    path: str
    pages: list[str]
    typed: dict[str, list[str]]
    had_files: bool = False
    is_bound: bool = False
    """Whether the view has filled the form already."""

    @property
    def data(self) -> QueryDict:
        """The fields as a view gets them."""
        data = QueryDict(mutable=True)
        for name, values in self.typed.items():
            data.setlist(name, values)
        return data

    def next_page(self, after: str | None = None) -> str | None:
        """The address of the first page, or of the next one after a path, with the key; None after the last one."""
        paths = [urlsplit(page).path for page in self.pages]
        place = paths.index(after) + 1 if after in paths else 0
        return _with_key(self.pages[place], self.key) if place < len(self.pages) else None


# Whose a form is


def author_of(request: HttpRequest) -> int | None:
    """Primary key of the user for whom the submitted form was rendered; None if that is unknown.

    A request that needed no token is taken to be of the user who was signed in last.
    """
    authors = _remembered(request)
    token = request.headers.get("X-CSRFToken") or posted_fields(request).get(CSRF_FIELD, "")
    return authors.get(_secret_digest(token)) if token else next(reversed(authors.values()), None)


def remember_author(request: HttpRequest, response: HttpResponse) -> None:
    """Set the cookie that tells whose forms these are, if it does not say so already."""
    if not request.user.is_authenticated or is_api_request(request):
        return
    authors, secret = _remembered(request), _secret_digest(request.META.get("CSRF_COOKIE", ""))
    if [*authors.items()][-1:] == [(secret, request.user.pk)]:
        return
    authors.pop(secret, None)
    pairs = [*authors.items(), (secret, request.user.pk)][-MAX_AUTHORS:]
    response.set_cookie(
        AUTHORS_COOKIE,
        signing.dumps(pairs, salt=SALT),
        max_age=settings.CSRF_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _remembered(request: HttpRequest) -> dict[str, int]:
    """Users by the digest of the CSRF secret of their sign-in, the last one last."""
    try:
        return dict(signing.loads(request.COOKIES.get(AUTHORS_COOKIE, ""), salt=SALT))
    except signing.BadSignature:
        return {}


def _secret_digest(token: str) -> str:
    """A digest of the secret of a CSRF token, masked or not; of none, for what is none."""
    try:
        secret = _unmask_cipher_token(token) if len(token) == 64 else token
    except ValueError:
        secret = ""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


# What was typed


def typed_fields(request: HttpRequest) -> dict[str, list[str]]:
    """The fields of a submitted form, without passwords and tokens; empty for forms that are never kept."""
    if _is_exempt(request):
        return {}
    hidden = {CSRF_FIELD, PARAMETER, ONCE}
    return {
        name: values
        for name, values in posted_fields(request).lists()
        if name not in hidden and "password" not in name.lower()
    }


def posted_fields(request: HttpRequest) -> QueryDict:
    """The submitted form; empty if it cannot be read."""
    try:
        return request.POST
    except UNREADABLE:
        return QueryDict()


def _is_exempt(request: HttpRequest) -> bool:
    """Whether a form is one that signs in, or one for passwords and codes."""
    name = (request.resolver_match and request.resolver_match.view_name) or ""
    return is_api_request(request) or (name.startswith(("account_", "mfa_")) and name != "account_email")


def _keep(request: HttpRequest, author: int | None, next_page: str = "") -> Unsent | None:
    """Keep what was typed for its author; None if it is nobody's, or nothing was typed."""
    typed = typed_fields(request)
    if author is None or not any(map(any, typed.values())):
        return None
    referrer = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    pages = [_own_page(request, referrer), _own_page(request, next_page), request.get_full_path()]
    content: dict[str, Any] = {
        "path": request.path,
        "pages": list({urlsplit(page).path: page for page in reversed(pages) if page}.values())[::-1],
        "typed": typed,
        "had_files": bool(request.FILES),
    }
    key = unsent.keep_unsent_form(author=author, content=content)
    return Unsent(key, **content) if key else None


def _own_page(request: HttpRequest, address: str) -> str:
    """The path and query of an address on this site, without a key; empty for any other."""
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return ""
    parts = urlsplit(address)
    query = QueryDict(parts.query, mutable=True)
    query.pop(PARAMETER, None)
    return parts._replace(scheme="", netloc="", query=query.urlencode(), fragment="").geturl()


def _with_key(page: str, key: str) -> str:
    return f"{page}{'&' if '?' in page else '?'}{urlencode({PARAMETER: key})}{FRAGMENT}"


# Refused, and given back


def unsent_forms_middleware(get_response: GetResponse) -> GetResponse:
    """Keep what was typed into a form that is refused because nobody is signed in, and give it back later."""

    def middleware(request: HttpRequest) -> HttpResponse:
        key = _take_key(request)
        if key and not request.user.is_authenticated:
            return _to_sign_in(request, _with_key(request.get_full_path(), key))
        found = _open(key, request.user) if key else None
        request.unsent = found  # type: ignore[attr-defined]  # for views that fill their forms themselves
        response = get_response(request)
        if request.method == "POST":
            response = _after_post(request, response)
        elif found:
            response = _give_back(request, response, found)
        remember_author(request, response)
        return response

    return middleware


def _take_key(request: HttpRequest) -> str:
    """Take the key out of the address, so that no view meets a parameter it does not know."""
    if request.method != "GET" or PARAMETER not in request.META.get("QUERY_STRING", ""):
        return ""
    query = QueryDict(request.META["QUERY_STRING"], mutable=True)
    keys = query.pop(PARAMETER, [""])
    request.META["QUERY_STRING"] = query.urlencode()
    return str(keys[-1])


def _open(key: str, user: Any) -> Unsent | None:
    content = unsent.open_unsent_form(key=key, by=user)
    return Unsent(key, **content) if content else None


def _after_post(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Keep what was typed if the answer is to sign in; delete what was kept before if it has been sent now."""
    if response.status_code >= 400 and response.status_code not in FORM_SHOWN_AGAIN:
        _add_typed(request, response)
    if request.user.is_authenticated:
        key = "" if is_api_request(request) else posted_fields(request).get(PARAMETER, "")
        if key and response.status_code < 500 and response.status_code != 403:
            unsent.discard_unsent_form(key=key, by=request.user)
        return response
    address = urlsplit(response.get("HX-Redirect") or response.get("Location") or "")
    if address.path not in (reverse(settings.LOGIN_URL), reverse("admin:login")):
        return response
    next_page = QueryDict(address.query).get("next", "")
    if PARAMETER in QueryDict(urlsplit(next_page).query):  # kept already
        return response
    kept = _keep(request, author_of(request), next_page)
    return _to_sign_in(request, str(kept.next_page())) if kept else response


def _add_typed(request: HttpRequest, response: HttpResponse) -> None:
    """Add what was typed to the page of an error, which shows no form."""
    typed = {} if _is_scripted(request) or _is_foreign(request) else typed_fields(request)
    is_page = response.get("Content-Type", "").startswith("text/html") and not response.streaming
    if is_page and any(map(any, typed.values())) and b"</main>" in response.content and not _shows_typed(response):
        shown = render_to_string("unsent_typed.html", {"typed": _shown(typed)})
        response.content = response.text.replace("</main>", f"{shown}</main>", 1)


def _shows_typed(response: HttpResponse) -> bool:
    return b'class="typed"' in response.content


def _to_sign_in(request: HttpRequest, page: str) -> HttpResponse:
    address = f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': page})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _give_back(request: HttpRequest, response: HttpResponse, found: Unsent) -> HttpResponse:
    """The page with its form filled; or the next page where the form may stand; or what was typed, by itself."""
    is_page = response.status_code == 200 and response.get("Content-Type", "").startswith("text/html")
    page = response.content.decode() if is_page and not response.streaming else ""
    form = find_form(page, request.get_full_path(), found.path, found.typed)
    if form is None:
        elsewhere = found.next_page(request.path)
        response = HttpResponseRedirect(elsewhere) if elsewhere else _typed_page(request, found)
    else:
        notice = render_to_string("unsent_notice.html", {"unsent": found})
        filled = fill_form(page, form, found.typed, notice, controls=not found.is_bound)
        response.content = filled.page
        del response.headers["ETag"]
        response.headers.pop("Content-Length", None)
    add_never_cache_headers(response)
    return response


def _typed_page(request: HttpRequest, found: Unsent) -> HttpResponse:
    """What was typed, where its form is not to be found any more; it can be sent from here."""
    return render(request, "unsent.html", {"unsent": found, "typed": _shown(found.typed)})


def _shown(typed: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in typed.items() for value in values]


# A CSRF token that is not, or no longer, right


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django passes it
    """403: the form is not of this sign-in. Its author goes on with it; from another site, nothing is shown."""
    if is_api_request(request) or _is_foreign(request):
        return permission_denied(request, PermissionError())
    author = author_of(request) if posted_fields(request).get(CSRF_FIELD) else None
    is_own = author is not None and author == request.user.pk
    if _is_scripted(request) and is_own:
        return _new_token(request)
    kept = _keep(request, author) if is_own or not request.user.is_authenticated else None
    if kept and is_own:
        return HttpResponseRedirect(str(kept.next_page()))
    if kept:
        return _to_sign_in(request, str(kept.next_page()))
    context = {"typed": _shown(typed_fields(request)), "page": _own_page(request, request.headers.get("Referer", ""))}
    return render(request, "unsent.html", context, status=403)


def _is_foreign(request: HttpRequest) -> bool:
    """Whether a form comes from another site; every browser of these years says so in one of these headers."""
    own = {request.get_host(), *(urlsplit(origin).netloc for origin in settings.CSRF_TRUSTED_ORIGINS)}
    said = [request.headers.get("Origin"), request.headers.get("Referer")]
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    return site not in {"same-origin", "none"} or any(urlsplit(each).netloc not in own for each in said if each)


def _is_scripted(request: HttpRequest) -> bool:
    """Whether a script of ours sent the form, and its page is still open."""
    return "HX-Request" in request.headers or "X-Scripted" in request.headers


def _new_token(request: HttpRequest) -> HttpResponse:
    """403 with a token of the present sign-in, with which the open page can send its form again."""
    return HttpResponse("Signed in anew.", status=403, headers={"X-CSRFToken": get_token(request)})
