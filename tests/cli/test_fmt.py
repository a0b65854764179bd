"""`kspec fmt`: files, folders, standard input; `--check` and `--diff`."""

from __future__ import annotations

import io
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kspec.cli import main

WRONG = "name: x\nkspec: 1 # one\nlayers: [Flatten]\n"
RIGHT = "kspec: 1  # one\nname: x\nlayers:\n  - Flatten\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wrong.yaml").write_text(WRONG)
    Path("right.yaml").write_text(RIGHT)


def test_files_are_formatted_in_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "wrong.yaml", "right.yaml", "./wrong.yaml"]) == 0
    assert Path("wrong.yaml").read_text() == RIGHT
    assert capsys.readouterr().out == "wrong.yaml: formatted\n1 formatted, 1 unchanged\n"
    assert main(["fmt", "wrong.yaml"]) == 0


def test_check_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", "wrong.yaml", "right.yaml"]) == 1
    assert capsys.readouterr().out == "wrong.yaml: would change\n1 would change, 1 unchanged\n"
    assert Path("wrong.yaml").read_text() == WRONG
    assert main(["fmt", "--check", "right.yaml"]) == 0


def test_diff_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--diff", "wrong.yaml", "right.yaml"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("--- wrong.yaml\n+++ wrong.yaml\n")
    assert "+kspec: 1  # one\n" in out
    assert err == "1 would change, 1 unchanged\n"
    assert Path("wrong.yaml").read_text() == WRONG
    assert main(["fmt", "--diff", "right.yaml"]) == 0


def test_byte_order_mark_and_line_endings_are_kept() -> None:
    file = Path("windows.yaml")
    file.write_bytes(b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode())
    file.chmod(0o640)
    assert main(["fmt", "windows.yaml"]) == 0
    assert file.read_bytes() == b"\xef\xbb\xbf" + RIGHT.replace("\n", "\r\n").encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(path.name for path in Path().iterdir()) == ["right.yaml", "windows.yaml", "wrong.yaml"]


def test_nothing_is_written_through_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    Path("link.yaml").symlink_to("wrong.yaml")
    for words in (["fmt", "link.yaml"], ["schema", "-o", "link.yaml"]):
        assert main(words) == 3
        assert "it is a link, through which nothing is written; name `" in capsys.readouterr().err
    assert Path("link.yaml").is_symlink()
    assert Path("wrong.yaml").read_text() == WRONG
    assert main(["fmt", "."]) == 0
    assert Path("wrong.yaml").read_text() == RIGHT


def test_all_specs_of_a_folder_are_formatted(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("compose.yaml", ".hidden/spec.yaml", "runs/one/spec.yaml", "runs/one/run.json", "deep/spec.yml"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("services: {  a: b}\n" if name == "compose.yaml" else WRONG)
    assert main(["fmt", "--check", "."]) == 1
    assert capsys.readouterr().out == (
        "wrong.yaml: would change\ndeep/spec.yml: would change\n2 would change, 1 unchanged\n"
    )


def test_a_folder_without_specs_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert main(["fmt", "--check", "empty"]) == 1
    assert "no spec in this folder" in capsys.readouterr().out


def test_files_that_do_not_parse_are_left_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.yaml").write_text("kspec: 1\nlayers: [Dense\n")
    assert main(["fmt", "broken.yaml", "nowhere.yaml", "wrong.yaml"]) == 1
    out = capsys.readouterr().out
    assert "error[KS002]" in out
    assert "error[KS010]" in out
    assert out.endswith("1 formatted, 1 skipped\n")
    assert Path("broken.yaml").read_text() == "kspec: 1\nlayers: [Dense\n"
    assert Path("wrong.yaml").read_text() == RIGHT


def _read(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_standard_input_is_formatted_to_standard_output(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for argument, status, out in (([], 0, RIGHT.replace("\n", "\r\n")), (["--check"], 1, None)):
        _read(monkeypatch, WRONG.replace("\n", "\r\n"))
        assert main(["fmt", "-", *argument]) == status
        shown = capfdbinary.readouterr()
        assert shown.out == (out.encode() if out else b"<stdin>: would change\n1 would change\n")
        assert shown.err == b""
    _read(monkeypatch, "kspec: [")
    assert main(["fmt", "-"]) == 1
    shown = capfdbinary.readouterr()
    assert shown.out == b""
    assert b"<stdin>:1:" in shown.err
    assert main(["fmt", "-", "right.yaml"]) == 2


def test_a_result_with_another_meaning_is_not_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from kspec.rewrite.fmt import layout

    monkeypatch.setattr(layout, "aligned", lambda _: ["kspec: 2"])
    assert main(["fmt", "wrong.yaml"]) == 3
    assert Path("wrong.yaml").read_text() == WRONG
    assert capsys.readouterr().err == "kspec: wrong.yaml: formatting would change its meaning\n"


def test_formatting_imports_neither_tensorflow_nor_pydantic() -> None:
    code = (
        "import sys; from kspec.cli import main; main(['fmt', '--check', 'right.yaml'])\n"
        "sys.exit(str([m for m in ('tensorflow', 'keras', 'numpy', 'pydantic') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == "[]\n"
