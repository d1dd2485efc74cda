"""A small HTTP client over one open connection, so that little but the server is measured."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import NamedTuple

TIMEOUT = 120  # seconds
PIECE = 1 << 16  # bytes read at a time


class Reply(NamedTuple):
    """An answer: its status, its head, its body, and the seconds until its head and until its end."""

    status: int
    head: bytes
    body: bytes
    first: float
    seconds: float

    def header(self, name: str) -> str:
        """Return the content of a header, or ""."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.decode().lower() == name.lower():
                return value.decode().strip()
        return ""


def request(path: str, headers: dict[str, str] | None = None) -> bytes:
    """Return a GET as it is sent."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _joined(chunks: bytes) -> Iterator[bytes]:
    """Yield what stands in chunks: the size in hexadecimal, a line end, so many bytes, a line end."""
    while True:
        size, _, chunks = chunks.partition(b"\r\n")
        if not int(size, 16):
            return
        yield chunks[: int(size, 16)]
        chunks = chunks[int(size, 16) + 2 :]


class Client:
    """One connection to a server of this machine; opened anew when the server closed it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def get(self, path: str, headers: dict[str, str] | None = None) -> Reply:
        """Ask, and wait for the whole answer."""
        sent = request(path, headers)
        start = time.perf_counter()
        try:
            return self._asked(sent, start)
        except ConnectionError:
            self.close()
            return self._asked(sent, time.perf_counter())

    def _asked(self, sent: bytes, start: float) -> Reply:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(sent)
        head, rest = self._head()
        first = time.perf_counter() - start
        body = self._body(head.lower(), rest)
        reply = Reply(int(head.split(b" ", 2)[1]), head, body, first, time.perf_counter() - start)
        if reply.header("Connection").lower() == "close":
            self.close()
        return reply

    def _head(self) -> tuple[bytes, bytes]:
        read = b""
        while b"\r\n\r\n" not in read:
            read += self._piece()
        head, _, rest = read.partition(b"\r\n\r\n")
        return head, rest

    def _body(self, head: bytes, rest: bytes) -> bytes:
        if head.split(b" ", 2)[1] == b"304":
            return b""
        if b"transfer-encoding: chunked" in head:
            return self._chunks(rest)
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
        pieces, size = [rest], len(rest)
        while size < length:
            pieces.append(self._piece())
            size += len(pieces[-1])
        return b"".join(pieces)

    def _chunks(self, read: bytes) -> bytes:
        """Read until the last chunk; what they hold."""
        pieces, tail = [read], read[-7:]
        while not tail.endswith(b"\r\n0\r\n\r\n") and read != b"0\r\n\r\n":
            pieces.append(self._piece())
            tail = (tail + pieces[-1])[-7:]
        return b"".join(_joined(b"".join(pieces)))

    def _piece(self) -> bytes:
        assert self.socket is not None
        piece = self.socket.recv(PIECE)
        if not piece:
            raise ConnectionResetError("the server closed the connection")
        return piece

    def drain(self, path: str) -> tuple[float, float, int]:
        """Ask for an answer of any length and forget it; the seconds until its head and until its end, and its size."""
        start = time.perf_counter()
        self.close()
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)
        self.socket.sendall(request(path, {"Connection": "close"}))
        first, size = 0.0, 0
        while piece := self.socket.recv(PIECE):
            first = first or time.perf_counter() - start
            size += len(piece)
        self.close()
        return first, time.perf_counter() - start, size

    def close(self) -> None:
        """Close the connection; the next question opens one anew."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None
