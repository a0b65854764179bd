"""The command line as a whole: help, imports, exit statuses, Ctrl-C, closed pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from kspec import cli
from kspec.cli._group import VERBS, group
from kspec.diagnostics import Diagnostic, Severity, SpecError

PROGRAM = [sys.executable, "-c", "import sys; from kspec.cli import main; sys.exit(main())"]
NAMES = [verb for section in VERBS.values() for verb in section]


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_all_verbs(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([flag]) == 0
    text = capsys.readouterr().out
    assert all(f"  {verb} " in text for verb in NAMES)
    assert "Examples:" in text


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "Usage: kspec" in capsys.readouterr().err


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    import kspec

    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"kspec {kspec.__version__}\n"


@pytest.mark.parametrize("verb", NAMES)
def test_each_verb_has_help_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([verb, "-h"]) == 0
    text = capsys.readouterr().out
    assert f"Usage: kspec {verb}" in text
    assert "Example" in text
    assert f"  kspec {verb}" in text.split("Example")[-1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["chek"], "did you mean `check`?"),
        (["train"], "did you mean `run`?"),
        (["spec.yaml"], "kspec check spec.yaml"),
        (["zzz"], "unknown command `zzz`"),
        (["check"], "Missing argument"),
        (["check", "x.yaml", "--formt", "json"], "--format"),
        (["check", "x.yaml", "--format", "xml"], "xml"),
    ],
)
def test_wrong_use_exits_with_status_2(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    assert message in capsys.readouterr().err


def _verb(monkeypatch: pytest.MonkeyPatch, action: Callable[[], None]) -> None:
    command = click.Command("check", callback=action)
    monkeypatch.setattr(type(group), "get_command", lambda *_: command)


def _raises(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


def test_spec_errors_are_printed_with_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _verb(monkeypatch, _raises(SpecError([Diagnostic("KS101", Severity.ERROR, "unknown key `x`")])))
    assert cli.main(["check"]) == 1
    assert "error[KS101]: unknown key `x`" in capsys.readouterr().err


def test_unexpected_exceptions_exit_with_status_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _verb(monkeypatch, _raises(RuntimeError("boom")))
    assert cli.main(["check"]) == 3
    assert "RuntimeError: boom" in capsys.readouterr().err


def test_file_errors_are_printed_on_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _verb(monkeypatch, _raises(PermissionError(13, "Permission denied", "out.csv")))
    assert cli.main(["check"]) == 3
    assert capsys.readouterr().err == "kspec: out.csv: Permission denied\n"


def test_ctrl_c_prints_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _verb(monkeypatch, _raises(KeyboardInterrupt()))
    assert cli.main(["check"]) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_an_interrupt_signal_prints_no_traceback() -> None:
    receiving = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731 (a job in the background ignores Ctrl-C)
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([*PROGRAM, "check", "-"], **pipes, text=True, preexec_fn=receiving)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in message


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_closed_pipe_prints_nothing() -> None:
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        [*PROGRAM, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=buffered
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=20) == 141


LIGHT = [["--help"], ["--version"], ["check", "-h"], ["explain", "KS201"], ["layers", "Dense"], ["init", "--list"]]
HEAVY = {"numpy", "tensorflow", "keras", "pyarrow", "rich", "jsonschema", "pydantic"}


@pytest.mark.parametrize("words", LIGHT, ids=" ".join)
def test_light_commands_import_little(words: list[str]) -> None:
    assert not _imported(words) & HEAVY


def test_a_check_imports_nothing_heavy(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text("kspec: 1\ninputs: {x: {shape: [4]}}\nlayers:\n  - Dens: {units: 1}\n")
    assert not _imported(["check", str(spec)]) & (HEAVY - {"pydantic"})


def _imported(words: list[str]) -> set[str]:
    code = (
        "import sys; from kspec.cli import main; main(sys.argv[1:]); "
        "print('\\n' + ' '.join({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())
