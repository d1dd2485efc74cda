"""Programs that a benchmark starts, and surely ends: each in a group of its own, ended by its id."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds until a program must have begun to answer
GRACE = 10  # seconds until a program that was asked to end is ended


@contextlib.contextmanager
def running(command: Sequence[str], variables: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[str]]:
    """A program with its pipes; at the end it is ended, with all that it started itself."""
    with log.open("a") as words:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    """End a program and its children."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, sign)
            process.wait(GRACE)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(command: Sequence[str], port: int, variables: Mapping[str, str], log: Path) -> Iterator[int]:
    """A server that listens at `port`; its process id."""
    with running(command, variables, log) as process:
        _await(port, process, log)
        yield process.pid


def _await(port: int, process: subprocess.Popen[str], log: Path) -> None:
    end_of_patience = time.monotonic() + PATIENCE
    while time.monotonic() < end_of_patience and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing answers at port {port}: {log.read_text()[-2000:]}")


def gunicorn(port: int, workers: int) -> list[str]:
    """Return the command that serves the catalogue as `dev.py run` does, with the benchmark's few addresses more."""
    options = ["--no-control-socket", f"--workers={workers}", "--threads=4", "--log-level=error"]
    return [sys.executable, "-m", "gunicorn", *options, f"--bind=127.0.0.1:{port}", "codelivery.wsgi"]


def memory(process: int) -> float:
    """Return the resident memory of a process and of those that it started, in MB; shared pages count in each."""
    return sum(_resident(each) for each in (process, *children(process)))


def peak(process: int) -> float:
    """Return the most resident memory that a process and those that it started have had, in MB."""
    return sum(_resident(each, "VmHWM") for each in (process, *children(process)))


def children(process: int) -> list[int]:
    """Return the ids of the processes that a process started."""
    file = Path(f"/proc/{process}/task/{process}/children")
    return [int(word) for word in file.read_text().split()] if file.is_file() else []


def _resident(process: int, name: str = "VmRSS") -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
    return 0.0
