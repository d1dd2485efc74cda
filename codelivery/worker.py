"""gunicorn's worker, whose own refusals are problem documents, as those of the application are.

What cannot be read as a request, or is longer than gunicorn reads, never reaches the application.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

UNREADABLE = (400, "This cannot be read as an HTTP request.")
REFUSALS: dict[type[Exception], tuple[int, str]] = {
    errors.LimitRequestLine: (414, "The address is too long; ask for less at once."),
    errors.LimitRequestHeaders: (431, "The headers are larger than is read; send fewer or shorter ones."),
    errors.InvalidRequestLine: UNREADABLE,
    errors.InvalidRequestMethod: UNREADABLE,
    errors.InvalidHTTPVersion: UNREADABLE,
    errors.InvalidHeader: UNREADABLE,
    errors.InvalidHeaderName: UNREADABLE,
    errors.ObsoleteFolding: UNREADABLE,
    errors.InvalidChunkSize: UNREADABLE,
}
"""Status and detail by kind of error; gunicorn answers any other."""


class ProblemWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn is untyped
    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        refusal = REFUSALS.get(type(exc))
        if refusal is None:
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("Refused a request from %s: %s", addr[0] if addr else "a socket", exc)
        util.write_nonblock(client, problem_message(*refusal))


def problem_message(status: int, detail: str) -> bytes:
    """A whole HTTP message, after which the connection ends."""
    title = HTTPStatus(status).phrase
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": []}
    body = json.dumps(document).encode()
    head = (
        f"HTTP/1.1 {status} {title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        f"Access-Control-Allow-Origin: *\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
