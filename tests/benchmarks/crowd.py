"""Many clients at once, in a process of their own: how many answers a second, how many errors.

    python -m tests.benchmarks.crowd PORT CLIENTS SECONDS < requests

Standard input has one JSON list [path, headers] a line; each client begins at another one. The answer is one line of
JSON: {"answers", "errors", "seconds"}. It is bounded in time, and asks this machine only.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time

from .client import request

PIECE = 1 << 18  # bytes read at a time
LATE = 30  # seconds after which a client that still waits counts as an error


class Member:
    """One client of the crowd: asks, waits for the whole answer, asks again."""

    def __init__(self, port: int, requests: list[bytes], start: int) -> None:
        self.port, self.requests, self.turn = port, requests, start
        self.answers = self.errors = 0
        self.read = bytearray()
        self.left = -1
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=LATE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self) -> None:
        """Send the next question."""
        self.socket.sendall(self.requests[self.turn % len(self.requests)])
        self.turn += 1
        self.read.clear()
        self.left = -1

    def listen(self) -> bool:
        """Read what has come; True when the answer is whole."""
        piece = self.socket.recv(PIECE)
        if not piece:
            raise ConnectionResetError
        if self.left >= 0:
            self.left -= len(piece)
        else:
            self.read += piece
            self._begin()
        return self.left == 0

    def _begin(self) -> None:
        end = self.read.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.read[:end]).lower()
        status = int(head.split(b" ", 2)[1])
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
        self.left = 0 if status == 304 else length - (len(self.read) - end - 4)
        self.errors += status not in (200, 304)


def crowd(port: int, clients: int, seconds: float, requests: list[bytes]) -> dict[str, float]:
    """Let the clients ask for some seconds; what came of it."""
    members = [Member(port, requests, number * len(requests) // clients) for number in range(clients)]
    start = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for member in members:
            selector.register(member.socket, selectors.EVENT_READ, member)
            member.ask()
        while time.perf_counter() - start < seconds:
            for key, _ in selector.select(timeout=0.1):
                _turn(key.data, selector)
    passed = time.perf_counter() - start
    for member in members:
        member.socket.close()
    answers, errors = sum(member.answers for member in members), sum(member.errors for member in members)
    return {"answers": answers, "errors": errors, "seconds": passed}


def _turn(member: Member, selector: selectors.BaseSelector) -> None:
    """Let a client read, and ask anew when its answer is whole; a connection that broke is an error."""
    try:
        if not member.listen():
            return
        member.answers += 1
    except OSError:
        member.errors += 1
        selector.unregister(member.socket)
        member.socket.close()
        member.open()
        selector.register(member.socket, selectors.EVENT_READ, member)
    member.ask()


def main(port: str, clients: str, seconds: str) -> None:
    """Read the questions, let the crowd ask them, and say what came of it."""
    requests = [request(path, headers) for path, headers in map(json.loads, sys.stdin)]
    print(json.dumps(crowd(int(port), int(clients), float(seconds), requests)))


if __name__ == "__main__":
    main(*sys.argv[1:4])
