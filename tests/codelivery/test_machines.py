"""What programs and scripts of other sites are promised at the API and the exports."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from gunicorn.config import Config
from gunicorn.http import errors
from knox.models import AuthToken

from accounts.models import User
from codelivery.worker import REFUSALS, ProblemWorker, problem_message
from tests.factories import make_case, make_curator, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]

READ_HERE = [
    *("/api/v1/", "/api/v1/cases/", "/api/v1/results/", "/api/v1/taxonomy/", "/api/v1/schema/", "/api/v1/annotations/"),
    *("/export/cases.csv", "/export/cases.xlsx", "/export/cases.json", "/export/cases.jsonl"),
    *("/export/annotations.csv", "/export/annotations.jsonld", "/export/annotations.xlsx", "/export/annotations.qdpx"),
]
ELSEWHERE = {"Origin": "https://notebook.example.org"}
ANY_SITE = "Access-Control-Allow-Origin"


def make_token(user: User) -> str:
    return str(AuthToken.objects.create(user)[1])


def content(response: Any) -> bytes:
    return b"".join(response) if response.streaming else response.content


# Scripts of other sites


@pytest.mark.parametrize(
    "path", [*READ_HERE, "/api/v1/cases/nowhere/", "/api/v1/cases/?type=x", "/api/v1/cases", "/api"]
)
def test_a_script_of_any_site_reads_what_is_public_and_every_error(client: Client, path: str) -> None:
    make_case("apple")
    response = client.get(path, headers=ELSEWHERE)
    assert response[ANY_SITE] == "*"
    assert {"ETag", "Link", "Location", "Content-Disposition"} <= set(
        response["Access-Control-Expose-Headers"].split(", ")
    )
    assert "Access-Control-Allow-Credentials" not in response
    assert "Origin" not in response.get("Vary", "")


@pytest.mark.parametrize("path", ["/", "/cases/", "/accounts/login/", "/admin/login/", "/nowhere/", "/api-docs/"])
def test_a_page_is_read_by_no_other_site(client: Client, path: str) -> None:
    asked = client.options(path, headers=ELSEWHERE | {"Access-Control-Request-Method": "GET"})
    assert (ANY_SITE in client.get(path, headers=ELSEWHERE), ANY_SITE in asked) == (False, False)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_no_other_site_writes(client: Client, method: str) -> None:
    assert ANY_SITE not in getattr(client, method)("/api/v1/cases/", headers=ELSEWHERE)


def test_a_browser_is_told_before_it_reads_what_it_may_send() -> None:
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization,if-none-match"}
    answer = Client().options("/export/cases.jsonl", headers=ELSEWHERE | asked)
    assert (answer.status_code, answer[ANY_SITE]) == (204, "*")
    assert answer["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert {"accept", "authorization", "if-none-match"} <= set(
        answer["Access-Control-Allow-Headers"].lower().split(", ")
    )


def test_what_a_session_reads_is_for_no_other_site_and_not_compressed(client: Client) -> None:
    make_case("apple", state="draft", summary="A secret. " * 100)
    client.force_login(make_curator())
    response = client.get("/api/v1/cases/", headers=ELSEWHERE | {"Accept-Encoding": "gzip"})
    assert response.json()["count"] == 1
    assert ANY_SITE not in response
    assert "Content-Encoding" not in response
    assert {"Cookie", "Accept-Encoding"} <= set(response["Vary"].split(", "))


# Tokens


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer", "TOKEN", "Bearer  "])
@pytest.mark.parametrize("path", ["/api/v1/cases/?status=draft", "/export/cases.jsonl?status=draft"])
def test_a_token_is_known_by_both_names_of_its_scheme(client: Client, scheme: str, path: str) -> None:
    make_case("apple", state="draft")
    said = {"Authorization": f"{scheme} {make_token(make_curator())}"}
    assert b'"slug":"apple"' in content(client.get(path, headers=said))


def test_the_protocol_of_notes_knows_the_same_tokens_and_refuses_the_same(client: Client) -> None:
    token = make_token(make_user())
    answers = [
        client.get("/annotations/", headers={"Accept": "application/ld+json", "Authorization": said})
        for said in (f"Bearer {token}", "Basic QTpC")
    ]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert answers[1]["Content-Type"] == "application/problem+json"


# Formats, HEAD, compression


@pytest.mark.parametrize("accepted", ["application/json", "text/html", "image/png", "text/csv;q=0", "nonsense"])
@pytest.mark.parametrize("path", [path for path in READ_HERE if path.startswith("/export/")])
def test_a_download_is_what_its_address_says_whatever_is_accepted(client: Client, path: str, accepted: str) -> None:
    assert client.get(path, headers={"Accept": accepted}).status_code == 200


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("path", [*READ_HERE, "/api/v1/cases/apple/", "/api/v1/cases/berry/", "/export/cases.csv?x=1"])
def test_head_tells_what_get_tells(client: Client, path: str, encoding: str) -> None:
    make_case("apple")
    asked = {"Accept-Encoding": encoding}
    read, head = client.get(path, headers=asked), client.head(path, headers=asked)
    left_out = {"Content-Length"} if path.startswith("/export/") and "Content-Length" not in head else set()
    told = {name: value for name, value in read.items() if name not in left_out}
    assert (head.status_code, dict(head.items())) == (read.status_code, told)
    assert head.get("Content-Length") != "0"


@pytest.mark.parametrize(
    "path", [path for path in READ_HERE if not path.endswith((".xlsx", ".qdpx", "/v1/annotations/"))]
)
def test_what_programs_read_is_compressed_and_not_sent_again(client: Client, path: str) -> None:
    make_case("apple", summary="Neighbours help. " * 30)
    plain = content(client.get(path))
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(content(packed)) == plain
    assert "Accept-Encoding" in packed["Vary"]
    if tag := packed.get("ETag"):
        assert client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": tag}).status_code == 304


def test_an_etag_of_what_came_compressed_serves_for_a_change(client: Client) -> None:
    make_case("apple", summary="Neighbours help. " * 30)
    said = {"Authorization": f"Bearer {make_token(make_curator())}"}
    read = client.get("/api/v1/cases/apple/", headers=said | {"Accept-Encoding": "gzip"})
    change = client.patch(
        "/api/v1/cases/apple/", {"summary": "Other."}, "application/json", headers=said | {"If-Match": read["ETag"]}
    )
    assert change.status_code == 200


def test_pages_are_not_compressed(client: Client) -> None:
    assert "Content-Encoding" not in client.get("/cases/", headers={"Accept-Encoding": "gzip"})


# What is too long or no request at all


def test_an_address_that_is_too_long_is_a_problem(client: Client) -> None:
    response = client.get("/api/v1/cases/", {"q": "x" * 8_001})
    assert (response.status_code, response["Content-Type"]) == (414, "application/problem+json")
    assert "8,000" in response.json()["detail"]


class Wire(io.BytesIO):
    """A socket that keeps what is sent."""

    def gettimeout(self) -> float:
        return 0.0

    def sendall(self, sent: bytes) -> None:
        self.write(sent)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.LimitRequestLine(9000, 8190), 414),
        (errors.LimitRequestHeaders("too many"), 431),
        (errors.InvalidRequestLine("FOO"), 400),
        (errors.InvalidHTTPVersion((9, 9)), 400),
    ],
)
def test_what_the_server_refuses_by_itself_is_a_problem_too(error: Exception, status: int) -> None:
    config = Config()
    config.set("loglevel", "critical")
    worker = ProblemWorker(1, 1, [], object(), 30, config, config.logger_class(config))
    wire = Wire()
    worker.tmp.close()
    worker.handle_error(None, wire, ("127.0.0.1", 1), error)
    assert wire.getvalue() == problem_message(status, REFUSALS[type(error)][1])
    assert b"application/problem+json" in wire.getvalue()


def test_the_server_reads_longer_addresses_than_the_application_takes() -> None:
    config = Config()
    said: dict[str, Any] = {}
    exec((Path(settings.BASE_DIR) / "gunicorn.conf.py").read_text(), said)  # noqa: S102 - as gunicorn does
    config.set("limit_request_line", said["limit_request_line"])
    assert config.limit_request_line > 8_000 + len("DELETE  HTTP/1.1\r\n")
    assert said["worker_class"] == f"{ProblemWorker.__module__}.{ProblemWorker.__name__}"
