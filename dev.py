#!/usr/bin/env python3
"""Set the catalogue up, run it, test it, with nothing installed but Python.

    python3 dev.py run            serve it on http://127.0.0.1:8000 (PORT=8123 python3 dev.py run: on another port)
    python3 dev.py test [...]     run every test; what follows goes to pytest
    python3 dev.py bench [...]    measure it beside its contestants and write docs/benchmarks.md; this may follow:
                                  --cases 1000 100000 (1000 alone: two minutes; 1000000: an hour)  --rounds 40
                                  --databases sqlite postgresql  --keep FOLDER (made catalogues stay there)

Each makes `.venv` and installs the locked requirements into it, again only after the lock changed. What people enter
stays in the folder `var`.
"""

import argparse
import contextlib
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

if sys.version_info < (3, 11):  # here, because the code below does not run on older versions
    sys.exit(f"dev.py: this needs Python 3.11 or newer, and this is Python {sys.version.split()[0]}.")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OUTER_PYTHON = getattr(sys, "_base_executable", None) or sys.executable  # of an environment the one it was made with
OUTER_PIP = [OUTER_PYTHON, "-m", "pip", "--python"]  # pip 22.3 and newer can install into another environment
PYTEST_FOUND_NOTHING = 5
NO_POSTGRESQL = 69  # exit code of tests/postgres.py
APPS = "accounts,annotations,cases,codelivery,interchange,plaintext,taxonomy"
LINES_RUN = 97  # the percentage of lines that the tests have to run
RUNNING: list[subprocess.Popen[bytes]] = []
CHROMIUMS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

SETTINGS = """
import json
from codelivery import settings
print(json.dumps({name: str(getattr(settings, name)) for name in ("BASE_URL", "DATA_DIR", "PORT", "STATIC_ROOT")}))
"""
# In one process, as each start of Django takes time.
PREPARE = """
import os, sys
from pathlib import Path
import django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "codelivery.settings")
django.setup()
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from dev import kept_password
try:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_catalogue")
except CommandError as error:
    sys.exit(f"CommandError: {error}")
users = get_user_model().objects
if not users.filter(is_superuser=True).exists():
    users.create_superuser("admin", "admin@localhost", kept_password(Path(sys.argv[1])))
"""


class Trouble(Exception):
    """A problem that the user can solve; its text is the line to print."""


# The environment


def say(line: str) -> None:
    """Print without buffering, so that the order with the output of programs is right."""
    print(line, flush=True)


def program(*command: str | Path) -> None:
    """Run a program of this project, with its output on the terminal."""
    done = subprocess.run(command, cwd=ROOT, env=environment(), check=False)
    if done.returncode:
        name = " ".join(Path(word).name for word in command[:4])
        raise Trouble(f"`{name} ...` failed; its own words stand above.")


def environment() -> dict[str, str]:
    """The environment of programs: our own, but with compiled modules."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def answer(*command: str | Path) -> str:
    """The output of a program; Trouble with its last error line if it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"{command[0]} failed without a word"]
        raise Trouble(lines[-1].removeprefix("django.core.exceptions.ImproperlyConfigured: "))
    return done.stdout.strip()


def install(lock: str) -> None:
    """Install the locked packages into `.venv`, unless they are there already."""
    stamp = VENV / f"{lock}.installed"
    wanted = digest((ROOT / lock).read_bytes(), sys.version.encode())
    if PYTHON.exists() and stamp.is_file() and stamp.read_text() == wanted:
        return
    make_venv()
    say(f"Installing {lock} ...")
    # The lock lists all dependencies, and modules are compiled when they are first imported.
    options = ["-qq", "--disable-pip-version-check", "--no-input", "--require-hashes", "--no-deps", "--no-compile"]
    program(*pip(), "install", *options, "-r", lock)
    stamp.write_text(wanted)


def make_venv() -> None:
    """Create `.venv` with this Python, also in place of a broken one or one of another version."""
    if not os.access(ROOT, os.W_OK):
        raise Trouble(f"the folder {ROOT} cannot be written to; make it writable, or copy the project elsewhere.")
    same = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    if quietly(PYTHON, "-c", same) and quietly(*pip(), "--version"):
        return
    say("Making .venv ...")
    without = ["--without-pip"] if quietly(*OUTER_PIP, OUTER_PYTHON, "--version") else []  # another pip takes seconds
    command: list[str | Path] = [sys.executable, "-m", "venv", "--clear", *without, VENV]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        words = (done.stdout + done.stderr).strip().replace("\n", " ")
        raise Trouble(f".venv cannot be made, on Debian install python3-venv first ({words})")


def pip() -> list[str | Path]:
    """The pip that installs into `.venv`: the one in there, or this Python's."""
    own: list[str | Path] = [PYTHON, "-m", "pip"]
    return own if quietly(*own, "--version") else [*OUTER_PIP, PYTHON]


def digest(*parts: bytes) -> str:
    """One digest of several values."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


# Run


def run(arguments: list[str]) -> int:
    """Prepare the catalogue and serve it."""
    if arguments:
        raise Trouble(f"run takes nothing more, and was given {' '.join(arguments)}")
    install("requirements.txt")
    settings = json.loads(answer(PYTHON, "-c", SETTINGS))
    port = int(settings["PORT"])
    refuse_busy(port)
    say("Preparing the catalogue ...")
    password = Path(settings["DATA_DIR"]) / "first-password.txt"
    with ThreadPoolExecutor() as executor:
        collecting = executor.submit(collect_static, Path(settings["STATIC_ROOT"]))
        program(PYTHON, "-c", PREPARE, password)
        collecting.result()
    say(f"\nThe catalogue is at {settings['BASE_URL']} (Ctrl+C stops it).\n{account(password)}\n")
    return serve(port)


def refuse_busy(port: int) -> None:
    """Raise Trouble if the port cannot be used, before any work is done."""
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left is free
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            hint = f"choose another: PORT={port + 1 if port < 65_535 else 8000} python3 dev.py run"
            raise Trouble(f"port {port} cannot be used ({getattr(error, 'strerror', error)}); {hint}") from None


def collect_static(folder: Path) -> None:
    """Collect static files, if one of them or a package has changed."""
    stamp = folder.with_name("static.collected")
    sources = [source for source in (ROOT / "static", *ROOT.glob("*/static")) if source != folder]
    files = sorted(path for source in sources for path in source.rglob("*"))
    state = "".join(f"{path} {path.stat().st_mtime_ns}\n" for path in files)
    wanted = digest((ROOT / "requirements.txt").read_bytes(), state.encode())
    if folder.is_dir() and stamp.is_file() and stamp.read_text() == wanted:
        return
    program(PYTHON, "manage.py", "collectstatic", "--no-input", "--clear", "--verbosity=0")
    stamp.write_text(wanted)


def account(file: Path) -> str:
    """How to sign in."""
    if not file.is_file():
        return "Sign in with the account that you made."
    return f"Sign in as admin; the first password is {file.read_text().strip()} (kept in {file})."


def kept_password(file: Path) -> str:
    """The password in `file`, which is created if it is missing, readable by its owner only."""
    if not file.is_file():
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(secrets.token_urlsafe(12) + "\n")
    return file.read_text().strip()


def serve(port: int) -> int:
    """Replace this process by gunicorn, or on Windows, which has no gunicorn, run Django's server."""
    address = f"127.0.0.1:{port}"
    if os.name == "nt":
        return subprocess.run(
            [PYTHON, "manage.py", "runserver", "--noreload", address], cwd=ROOT, check=False
        ).returncode
    os.chdir(ROOT)
    options = ["--no-control-socket", "--workers=2", "--threads=4", "--log-level=warning", f"--bind={address}"]
    return os.execv(PYTHON, [str(PYTHON), "-m", "gunicorn", *options, "codelivery.wsgi"])


# Test


def test(arguments: list[str]) -> int:
    """Run the suite on SQLite with a browser and on PostgreSQL at the same time, and report what ran.

    A full run measures code coverage, on SQLite: hardly any line runs on PostgreSQL alone.
    """
    install("requirements-dev.txt")
    chromium = find_chromium() or install_chromium()
    browser = (
        "could not run: the tests in a browser (no Chromium found on the PATH or in CHROMIUM, none could be installed)"
        if chromium is None
        else f"ran: the tests in a browser ({chromium or 'of Playwright'})"
    )
    with tempfile.TemporaryDirectory() as folder:
        measured = None if arguments else Path(folder, "lines.json")
        on_sqlite, on_postgresql = on_both(arguments, measured, chromium)
        report = [on_sqlite, browser, on_postgresql, *([lines_run(measured)] if measured else [])]
    say("\n" + "\n".join(report))
    return verdict(report)


def on_both(arguments: list[str], measured: Path | None, chromium: str | None) -> tuple[str, str]:
    """Run both suites at once; returns a line of report for each. The output of the second is printed at the end."""
    # Work stealing keeps a file's tests in one process, which sets up shared fixtures once.
    cores = [f"--numprocesses={min(os.cpu_count() or 1, 4)}", "--dist=worksteal"]
    no_browser = ["-m", "not browser"] if chromium is None else []
    on_sqlite: list[str | Path] = [
        *(PYTHON, *(measuring(measured) if measured else ()), "-m", "pytest"),
        *(*cores, *no_browser, *arguments),
    ]
    narrower = ["-m", "not browser and not pure and not once"]
    on_postgresql: list[str | Path] = [PYTHON, "-m", "tests.postgres", PYTHON, "-m", "pytest", *cores]
    with tempfile.TemporaryFile("w+") as output, ThreadPoolExecutor() as executor, stopping():
        meanwhile = executor.submit(suite, "PostgreSQL", [*on_postgresql, *narrower, *arguments], "", output)
        say("\nOn SQLite:")
        report = suite("SQLite", on_sqlite, chromium or ""), meanwhile.result()
        output.seek(0)
        say(f"\nOn PostgreSQL, meanwhile:\n{output.read()}")
    return report


def measuring(file: Path) -> list[str]:
    """Python's arguments to record the lines that ran in `file`."""
    return ["-m", "slipcover", "--source", APPS, "--omit", "*/migrations/*", "--json", "--out", str(file)]


def suite(database: str, command: list[str | Path], chromium: str, output: IO[str] | None = None) -> str:
    """Run pytest on a database; returns a line of report. Its output goes to `output`, if given."""
    variables = {name: value for name, value in environment().items() if name != "DATABASE_URL"}
    variables["CHROMIUM"] = chromium
    start = time.monotonic()
    with subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=output, stderr=output, start_new_session=True
    ) as child:
        RUNNING.append(child)
        code = child.wait()
    if code == NO_POSTGRESQL:
        return f"could not run: the suite on {database} (the reason stands above)"
    outcomes = {0: "ran", PYTEST_FOUND_NOTHING: "ran, and held no test that was asked for"}
    return f"{outcomes.get(code, 'failed')}: the suite on {database} ({time.monotonic() - start:.0f} s)"


@contextlib.contextmanager
def stopping() -> Iterator[None]:
    """Stop the suites, and the processes that they started, when this program is stopped."""
    former = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        for child in RUNNING:
            stop(child)
        raise
    finally:
        signal.signal(signal.SIGTERM, former)


def interrupt(*_: Any) -> None:
    """Treat SIGTERM like Ctrl+C."""
    raise KeyboardInterrupt


def stop(child: subprocess.Popen[bytes]) -> None:
    """Stop a program and the processes that it started."""
    if os.name == "nt":
        child.terminate()
        return
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):  # it has ended already
            os.killpg(child.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=10)


def lines_run(measured: Path) -> str:
    """A line of report: the share of lines that ran. If it is too low, the others are listed."""
    if not measured.is_file():
        return "failed: which lines of the code ran is not known"
    found = json.loads(measured.read_text())
    share = found["summary"]["percent_covered"]
    if share < LINES_RUN:
        missing = {name: file["missing_lines"] for name, file in found["files"].items() if file["missing_lines"]}
        say("\nDid not run:\n" + "\n".join(f"{name}: {lines}" for name, lines in sorted(missing.items())))
    word = "ran" if share >= LINES_RUN else "failed"
    return f"{word}: {share:.1f} % of the lines of the code (at least {LINES_RUN} %)"


def verdict(report: list[str]) -> int:
    """The exit code: failures always count, parts that could not run count if CI is set."""
    strict = bool(os.environ.get("CI"))
    return int(any(line.startswith("failed") or (strict and line.startswith("could not run")) for line in report))


def find_chromium() -> str | None:
    """A Chromium that starts: CHROMIUM, or one on the PATH."""
    for name in filter(None, [os.environ.get("CHROMIUM"), *CHROMIUMS]):
        found = shutil.which(name)
        if found and quietly(found, "--version"):
            return found
    return None


def install_chromium() -> str | None:
    """Install Debian's Chromium if we are root there, or else Playwright's (its path is "", as Playwright knows it)."""
    say("Installing Chromium ...")
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        quietly("apt-get", "update")
        quietly("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
        found = find_chromium()
        if found:
            return found
    return "" if quietly(PYTHON, "-m", "playwright", "install", "chromium") else None


def quietly(*command: str | Path) -> bool:
    """Run a program without output; returns whether it succeeds within five minutes."""
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, capture_output=True, env=variables, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


# Bench


def bench(arguments: list[str]) -> int:
    """Replace this process by the benchmark, which stops the processes that it starts."""
    install("requirements-bench.txt")
    command = [str(PYTHON), "-m", "tests.benchmarks", *arguments]
    if os.name == "nt":
        return subprocess.run(command, cwd=ROOT, check=False).returncode
    os.chdir(ROOT)
    return os.execv(PYTHON, command)


def main(arguments: list[str]) -> int:
    """Run a command; Trouble is printed as one line, with exit code 1."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__, formatter_class=formatter)
    parser.add_argument("command", choices=["run", "test", "bench"])
    chosen, rest = parser.parse_known_args(arguments)
    try:
        return {"run": run, "test": test, "bench": bench}[chosen.command](rest)
    except Trouble as trouble:
        print(f"dev.py: {trouble}", file=sys.stderr)
    except OSError as error:
        print(f"dev.py: {error.filename or 'the system'}: {error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print("dev.py: stopped", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
