"""One catalogue on one database with everything that is asked about it: tables, servers, contestants."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from . import datasette, flat, statements
from .client import Client
from .database import Connection
from .measuring import Asked, Contestant
from .processes import PATIENCE, ROOT, free_port, gunicorn, running, serving
from .questions import Answer, Codes, Question


@dataclass
class Arena:
    """A catalogue of `size` cases at `address` (as DATABASE_URL has it); what runs over it ends with `stack`."""

    size: int
    database: str
    address: str
    folder: Path
    stack: contextlib.ExitStack
    file: Path | None = None
    """Datasette's."""
    servers: dict[str, int] = field(default_factory=dict)
    """The processes of the servers, by the name of what they serve."""

    @cached_property
    def flat(self) -> Connection:
        connection = flat.connect(self.address)
        self.stack.callback(connection.close)
        return connection

    @cached_property
    def codes(self) -> Codes:
        return Codes(self.flat)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of the catalogue's own programs."""
        return {
            "DATABASE_URL": self.address,
            "DATA_DIR": str(self.folder / "var"),
            "ENV_FILE": ".env-none",
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        }

    @property
    def log(self) -> Path:
        return self.folder / "servers.log"

    def site(self, workers: int = 1) -> int:
        """Serve the catalogue; the port, once every worker has its index."""
        self._collect_static()
        port = free_port()
        variables = self.variables | {"BASE_URL": f"http://127.0.0.1:{port}"}
        name = f"site of {workers}"
        self.servers[name] = self.stack.enter_context(serving(gunicorn(port, workers), port, variables, self.log))
        await_workers(port, workers)
        return port

    def _collect_static(self) -> None:
        """Gather the style sheets and scripts that pages name, once a folder."""
        if not (self.folder / "var" / "static").is_dir():
            command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
            subprocess.run(command, cwd=ROOT, env={**os.environ, **self.variables}, check=True)

    def datasette(self, file: Path) -> int:
        """Serve Datasette's file; the port."""
        port = free_port()
        command = datasette.command(sys.executable, file, port)
        self.servers["Datasette"] = self.stack.enter_context(serving(command, port, {}, self.log))
        return port

    def inside(self, **variables: str) -> Inside:
        """Start the contestants without HTTP."""
        command = [sys.executable, "-m", "tests.benchmarks.inside"]
        process = self.stack.enter_context(running(command, self.variables | variables, self.log))
        return Inside(process)


def await_workers(port: int, workers: int) -> None:
    """Wait until all workers have said that their index is ready."""
    ready: set[int] = set()
    end_of_patience = time.monotonic() + PATIENCE
    while len(ready) < workers and time.monotonic() < end_of_patience:
        client = Client(port)  # a new connection may reach another worker
        said = json.loads(client.get("/bench/ready/").body)
        client.close()
        if said["ready"]:
            ready.add(said["process"])
        else:
            time.sleep(0.05)


class Inside:
    """A process with the contestants that need Django, asked line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._said()

    def contestant(self, name: str, called: str = "") -> Contestant:
        def ask(question: Question) -> Asked:
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps({"ask": name, **asdict(question)}) + "\n")
            self.process.stdin.flush()
            said = self._said()
            return said.pop("seconds"), said

        return Contestant(called or name, ask, lambda said, _: Answer(**said), leaves_only=name == "orm")

    def _said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the contestants without HTTP ended")
        return cast("dict[str, Any]", json.loads(line))


# Contestants ----------------------------------------------------------------------------------------------------------


def by_sql(arena: Arena, name: str) -> Contestant:
    """Return `best` or `bare`: hand-written SQL."""

    def ask(question: Question) -> Asked:
        statement = getattr(statements, name)(arena.codes, question)
        start = time.perf_counter()
        rows, _ = statements.fetch(arena.flat, statement)
        return time.perf_counter() - start, rows

    def read(rows: Any, _: Question) -> Answer:
        return statements.read(arena.codes, rows)

    return Contestant(name, ask, read if name == "best" else None)


def over_http(name: str, port: int, path: Any, read: Any = None) -> Contestant:
    """Return whoever answers over HTTP at the address that `path` makes of a question."""
    client = Client(port)

    def ask(question: Question) -> Asked:
        address = path(question)
        reply = client.get(address)
        if reply.status != 200:
            raise RuntimeError(f"{name} answered {reply.status} to {address}: {reply.body[:300]!r}")
        return reply.seconds, reply

    return Contestant(name, ask, read and (lambda reply, question: read(reply.body, question)))


def empty(port: int) -> Contestant:
    return over_http("empty", port, lambda _: "/bench/empty/")


def ours(port: int, path: str = "/api/v1/results/", name: str = "ours") -> Contestant:
    read = read_results if path == "/api/v1/results/" else None
    return over_http(name, port, lambda question: f"{path}?{question.query}".rstrip("?"), read)


def theirs(port: int, file: Path, form: str = ".json") -> Contestant:
    """Return Datasette."""
    read = datasette.read if form == ".json" else None
    return over_http("Datasette", port, lambda question: datasette.path(file, question, form), read)


def read_results(body: bytes, question: Question) -> Answer:
    """Return what `/api/v1/results/` says."""
    said = json.loads(body)
    keys = [int(card["slug"].rpartition("-")[2]) for card in said["results"]]
    counts = {name: said["facets"][name] for name in flat.FACETS}
    cells = [(cell["type"], cell["actor"], cell["mode"], cell["count"]) for cell in said["matrix"]]
    matrix = {"/".join(axes): number for *axes, number in cells if all(axes)}
    return Answer(said["count"], keys, counts, matrix)
