"""Every error at a machine door is a problem document, every one elsewhere a page, and nothing is ever a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker
from rest_framework import exceptions
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from cases.query.parameters import CaseFilterSet
from codelivery import errors
from codelivery.wsgi import application
from tests.databases import standing
from tests.factories import arrangement, make_case, make_curator, passage

pytestmark = [pytest.mark.django_db, pytest.mark.once]

KEYS = {"type", "title", "status", "detail", "instance", "errors"}


def problem(response: Any, status: int) -> dict[str, Any]:
    """Return a problem document that is whole, and of this status."""
    document: dict[str, Any] = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert (response.status_code, document["status"], set(document)) == (status, status, KEYS)
    assert document["detail"]
    return document


# One shape


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/nothing/", "/api/v2/", "/export/", "/export/cases.xml", "/api/v1/cases/a b/"]
)
def test_an_unknown_address_is_a_problem(client: Client, path: str) -> None:
    assert problem(client.get(path), 404)["instance"] == quote(path)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/facets/", "/api/v1/taxonomy/", "/export/cases.csv"])
def test_a_method_that_is_not_offered_is_a_problem(client: Client, method: str, path: str) -> None:
    response = getattr(client, method)(path)
    problem(response, 405)
    assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_a_format_that_is_not_offered_is_a_problem(client: Client) -> None:
    problem(client.get("/api/v1/cases/", headers={"Accept": "text/csv"}), 406)


def test_a_format_that_is_not_read_is_a_problem(client: Client) -> None:
    client.force_login(make_curator())
    problem(client.post("/api/v1/cases/", "<case/>", content_type="application/xml"), 415)


def test_too_many_requests_are_a_problem_that_says_when_to_come_back() -> None:
    request = APIView().initialize_request(APIRequestFactory().get("/api/v1/"))
    response = errors.problem_exception_handler(exceptions.Throttled(wait=7), {"request": request})
    assert response is not None
    assert (response.status_code, response["Retry-After"], response["Content-Type"]) == (
        429,
        "7",
        errors.PROBLEM_CONTENT_TYPE,
    )


@pytest.mark.parametrize("path", ["/api/v1/", "/export/cases.csv"])
def test_a_mistake_of_ours_is_a_problem_that_tells_nothing_of_it(path: str) -> None:
    response = errors.server_error(RequestFactory().get(path))
    assert (response.status_code, response["Content-Type"]) == (500, errors.PROBLEM_CONTENT_TYPE)


def test_what_nobody_foresaw_is_left_to_be_logged() -> None:
    request = APIView().initialize_request(APIRequestFactory().get("/api/v1/"))
    assert errors.problem_exception_handler(KeyError("x"), {"request": request}) is None


def test_a_condition_that_fails_on_reading_is_a_problem(client: Client) -> None:
    problem(client.get("/api/v1/", headers={"If-Match": '"nothing"'}), 412)


def test_a_host_that_is_not_ours_is_a_problem(client: Client) -> None:
    problem(client.get("/api/v1/", headers={"Host": "elsewhere.example.org"}), 400)


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"", b"nonsense", b"[]", b"null", b"7", b'"text"', b"\xff", b'{"slug": NaN}', b"[" * 100_000, b"1" * 5000,
        b'{"slug": "\\u0000", "title": "\\u0000"}', b'{"title": "\\ud800", "slug": "\\ud800"}', b'{"\\u0000": 1}',
        b'{"years": {"start": ' + b"9" * 400 + b"}}", b'{"kind": {"a": []}, "sources": {}, "claims": [[]]}',
    ],
)  # fmt: skip
def test_a_body_that_is_no_case_is_a_problem_with_its_mistakes(client: Client, body: bytes) -> None:
    client.force_login(make_curator())
    problem(client.post("/api/v1/cases/", body, content_type="application/json"), 400)


@pytest.mark.parametrize("charset", ["=base64", "=idna", "=nonsense", "*=nonsense'en'x", "", '="'])
def test_text_is_utf_8_whatever_a_request_declares(charset: str) -> None:
    make_case("apples", title="Äpfel")
    environ = RequestFactory().get("/api/v1/cases/?q=%C3%84pfel").environ
    environ["CONTENT_TYPE"] = f"text/plain; charset{charset}"
    assert json.loads(served(environ))["count"] == 1


def test_a_form_in_parts_is_still_read() -> None:
    token = "a" * 32
    form = RequestFactory().post("/accounts/login/", {"login": "ann@", "password": "x", "csrfmiddlewaretoken": token})
    assert b'value="ann@"' in served(form.environ | {"HTTP_COOKIE": f"csrftoken={token}"})


def served(environ: dict[str, Any]) -> bytes:
    """Return what a server would send; the test's own connection stays open, as in Django's client."""
    request_started.disconnect(close_old_connections)
    try:
        return b"".join(application(environ, lambda *_: None))
    finally:
        request_started.connect(close_old_connections)


@pytest.mark.parametrize("cookie", ['"\\000abcdefgh"', "nonsense", "é"])
def test_a_cookie_that_we_never_made_is_nothing(client: Client, cookie: str) -> None:
    response = client.get("/api/v1/cases/", headers={"Cookie": f"sessionid={cookie}"})
    assert response.status_code in {200, 400}


@pytest.mark.parametrize(
    "said",
    ["Token", "Token a b", "Token \xff", "Bearer \0", "Token " + "x" * 10_000, "Basic AAAA", "\0", "", "Bearer", "a,b"],
)
@pytest.mark.parametrize("path", ["/api/v1/cases/", "/api/v1/results/", "/export/cases.csv", "/export/annotations.csv"])
def test_credentials_that_nobody_has_are_refused_and_not_taken_for_none(client: Client, path: str, said: str) -> None:
    response = client.get(path, headers={"Authorization": said})
    problem(response, 401)
    assert response["WWW-Authenticate"] == "Token, Bearer"


# Pages


def test_an_unknown_page_is_a_page_that_names_the_nearest_cases(client: Client) -> None:
    make_case("mosaic-clubhouse")
    make_case("mosaic-club", state="draft")
    response = client.get("/cases/mosaic clubhouse/")
    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")
    text = response.content.decode()
    assert "/cases/mosaic-clubhouse/" in text
    assert "mosaic-club/" not in text


@pytest.mark.parametrize(
    "path", ["/nothing/", "/cases/a%00b/", "/cases/%ff/", "/cases/" + 10_000 * "x" + "/", "/taxonomy/a/b/c/"]
)
def test_an_unknown_page_is_never_a_500(client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_mistake_of_ours_elsewhere_is_a_page() -> None:
    response: HttpResponse = errors.server_error(RequestFactory().get("/cases/"))
    assert (response.status_code, response["Content-Type"].split(";")[0]) == (500, "text/html")


def test_what_one_may_not_do_is_a_page_or_a_problem() -> None:
    page, document = (
        errors.permission_denied(RequestFactory().get(path), Exception()) for path in ("/cases/", "/api/v1/")
    )
    assert (page.status_code, page["Content-Type"].split(";")[0]) == (403, "text/html")
    assert (document.status_code, document["Content-Type"]) == (403, errors.PROBLEM_CONTENT_TYPE)


# Nothing is ever a 500

DOORS = [
    "/api/v1/cases/",
    "/api/v1/facets/",
    "/api/v1/matrix/",
    "/export/cases.csv",
    "/api/v1/sources/",
    "/api/v1/places/",
]
NASTY = [
    "",
    "\0",
    "a\0b",
    "x" * 10_000,
    '"',
    '""',
    "a AND",
    "NEAR(a b",
    "a* OR ^b",
    "{a} : b",
    "-",
    '-"',
    "--",
    "'; DROP TABLE x; --",
    "%",
    "_",
    "\\",
    "(",
    "NOT",
    "*",
    "9" * 400,
    "-1",
    "1e9",
    "0x10",
    "٣",
    "1.0",
    " 5 ",
    "\u202e",
    "\ufffd",
    "😀",
    "ﬁ",
    "none",
    "İ",
    "ß",
]


@pytest.fixture(scope="module", autouse=True)
def catalogue(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Two cases, made once for all these tests."""
    with standing(django_db_blocker):
        with django_db_blocker.unblock():
            make_case("apple", arrangements=[arrangement("peer-support", ["user"], ["digital"])], sectors=["health"])
            make_case("berry", years={"start": 2006, "passage": passage()}, places=["oslo"])
        yield


def sound(response: Any) -> bool:
    """Whether a machine door answered, or said what is wrong."""
    if response.status_code == 200:
        return b"".join(response) != b""
    return bool(problem(response, response.status_code)) and response.status_code in {400, 404, 414}


@pytest.mark.parametrize("name", [*CaseFilterSet.base_filters, "\0", "a\0", "x" * 10_000, "", "q[]"])
def test_a_nasty_value_is_answered_or_refused(client: Client, name: str) -> None:
    for value in NASTY:
        assert sound(client.get("/api/v1/cases/", {name: value})), (name, value)


@pytest.mark.parametrize(
    "query", ["q=%ff", "type=%ff%00", "%ff=1", "q=%u0000", "&&&", "=", "?", "q", "page=1&page=2", "q=a&q=b", "q=%"]
)
@pytest.mark.parametrize("door", DOORS)
def test_a_broken_query_is_answered_or_refused(client: Client, door: str, query: str) -> None:
    assert sound(client.get(f"{door}?{query}"))


@pytest.mark.parametrize("value", ["user", "none"])
def test_a_value_said_again_counts_once_and_said_hundreds_of_times_is_refused(client: Client, value: str) -> None:
    said = [client.get("/api/v1/cases/", {"actor": [value] * times}) for times in (1, 7, 600)]
    assert said[0].json() == said[1].json()
    assert problem(said[2], 400)["errors"] == [{"parameter": "actor", "detail": "Give each value once."}]


def test_more_parameters_than_anyone_needs_are_refused(client: Client) -> None:
    problem(client.get("/api/v1/cases/", {"actor": ["user"] * 10_001}), 414)


def test_five_hundred_characters_of_words_are_searched(client: Client) -> None:
    for text in (
        " ".join("ab"[n % 2] for n in range(250)),
        " ".join(f"-{chr(97 + n % 26)}" for n in range(160)),
        "-" * 500,
        '"' * 500,
    ):
        for door in DOORS[:4]:
            assert sound(client.get(door, {"q": text}))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(DOORS),
    st.lists(
        st.tuples(
            st.sampled_from([*CaseFilterSet.base_filters]), st.text() | st.sampled_from(NASTY) | st.integers().map(str)
        ),
        max_size=5,
    ),
)
def test_any_query_is_answered_or_refused(
    client: Client, catalogue: None, door: str, query: list[tuple[str, str]]
) -> None:
    text = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in query)
    assert sound(client.get(f"{door}?{text}"))


PATHS = [
    f"/api/v1/{noun}/{{}}/" for noun in ("cases", "sources", "organisations", "places", "taxonomy", "taxonomy/type")
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "name", ["a%00b", "%ff", "x" * 7_000, "..", "%2e%2e", "a%2fb", "9" * 400, "-", "%F0%9F%98%80", "a%0d%0ab", "é"]
)
def test_a_nasty_name_is_not_found(client: Client, path: str, name: str) -> None:
    problem(client.get(path.format(name)), 404)
