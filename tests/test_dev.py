"""The set-up script: clear about what it cannot do, and quick when there is nothing to do."""

import ast
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import dev
from tests import postgres

SOURCE = Path(dev.__file__).read_text()


def test_an_older_python_can_read_it_far_enough_to_be_refused() -> None:
    tree = ast.parse(SOURCE, feature_version=(3, 7))

    check = next(node for node in tree.body if isinstance(node, ast.If))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert "sys.version_info" in ast.unparse(check.test)
    assert check.lineno < min(function.lineno for function in functions)


def test_it_needs_nothing_but_python() -> None:
    nodes = list(ast.walk(ast.parse(SOURCE)))
    imported = {alias.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    drawn_from = {str(node.module).partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}

    assert (imported | drawn_from) - sys.stdlib_module_names == set()


def test_a_command_that_it_does_not_know_is_refused_without_a_traceback() -> None:
    done = subprocess.run([sys.executable, dev.__file__, "fly"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "invalid choice: 'fly'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_busy_port_is_one_line_that_names_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(dev.Trouble) as trouble:
            dev.refuse_busy(port)

    assert str(trouble.value).startswith(f"port {port} cannot be used (Address already in use); choose another: PORT=")


@pytest.mark.parametrize("port", [65_536, 99_999])
def test_a_port_beyond_the_last_is_refused(port: int) -> None:
    with pytest.raises(dev.Trouble, match="cannot be used"):
        dev.refuse_busy(port)


def test_a_trouble_is_one_line_and_a_failing_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(dev, "ROOT", tmp_path / "nowhere")
    monkeypatch.setattr(dev, "VENV", tmp_path / "nowhere" / ".venv")
    monkeypatch.setattr(dev, "install", lambda _: dev.make_venv())

    assert dev.main(["run"]) == 1

    assert capsys.readouterr().err == (
        f"dev.py: the folder {tmp_path}/nowhere cannot be written to; "
        "make it writable, or copy the project elsewhere.\n"
    )


def test_run_takes_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["run", "faster"]) == 1

    assert capsys.readouterr().err == "dev.py: run takes nothing more, and was given faster\n"


def test_a_setting_that_cannot_be_read_is_told_in_its_own_words() -> None:
    raising = (
        "from django.core.exceptions import ImproperlyConfigured as E; raise E('The setting PORT cannot be read.')"
    )

    with pytest.raises(dev.Trouble) as trouble:
        dev.answer(sys.executable, "-c", raising)

    assert str(trouble.value) == "The setting PORT cannot be read."


def test_what_is_installed_is_not_installed_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "VENV", tmp_path)
    monkeypatch.setattr(dev, "PYTHON", Path(sys.executable))
    (tmp_path / "lock.txt").write_text("")  # pip takes an empty lock for nothing to do

    dev.install("lock.txt")
    monkeypatch.setattr(dev, "program", lambda *_: pytest.fail("installed again"))
    dev.install("lock.txt")

    (tmp_path / "lock.txt").write_text("# changed")
    with pytest.raises(pytest.fail.Exception, match="installed again"):
        dev.install("lock.txt")


def test_the_first_password_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "first-password.txt"

    password = dev.kept_password(file)

    assert len(password) >= 16
    assert dev.kept_password(file) == password
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("line", "locally", "in_ci"),
    [("ran: the suite", 0, 0), ("could not run: the suite", 0, 1), ("failed: the suite", 1, 1)],
)
def test_what_could_not_run_fails_where_ci_is_set(
    monkeypatch: pytest.MonkeyPatch, line: str, locally: int, in_ci: int
) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert dev.verdict(["ran: this", line]) == locally

    monkeypatch.setenv("CI", "1")
    assert dev.verdict(["ran: this", line]) == in_ci


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (0, "ran: the suite on SQLite (0 s)"),
        (1, "failed: the suite on SQLite (0 s)"),
        (5, "ran, and held no test that was asked for: the suite on SQLite (0 s)"),
        (69, "could not run: the suite on SQLite (the reason stands above)"),
    ],
)
def test_a_suite_is_reported_by_its_exit_code(code: int, said: str) -> None:
    assert dev.suite("SQLite", [sys.executable, "-c", f"raise SystemExit({code})"], "") == said


def test_what_it_started_ends_with_it() -> None:
    child = "import subprocess; subprocess.run(['sleep', '60'])"
    script = f"import sys, dev\nwith dev.stopping():\n    dev.suite('SQLite', [sys.executable, '-c', {child!r}], '')"
    with subprocess.Popen([sys.executable, "-uc", f"print('ready')\n{script}"], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(1)  # until the suite sleeps

        running.terminate()

        running.communicate(timeout=30)  # whoever is left would keep the pipe open


def test_too_few_lines_that_ran_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half.py").write_text("import sys\nif sys.argv[1:]:\n    print()\n    print()\n")
    monkeypatch.setattr(dev, "APPS", str(tmp_path))
    half, whole = tmp_path / "half.json", tmp_path / "whole.json"
    for file, arguments in ((half, []), (whole, ["more"])):
        subprocess.run([sys.executable, *dev.measuring(file), tmp_path / "half.py", *arguments], check=True)

    assert dev.lines_run(half) == f"failed: 50.0 % of the lines of the code (at least {dev.LINES_RUN} %)"
    assert dev.lines_run(whole) == f"ran: 100.0 % of the lines of the code (at least {dev.LINES_RUN} %)"
    assert dev.lines_run(tmp_path / "none.json") == "failed: which lines of the code ran is not known"


def test_both_scripts_mean_the_same_by_no_postgresql() -> None:
    assert dev.NO_POSTGRESQL == postgres.NONE_HERE
