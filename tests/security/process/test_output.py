"""Streams that are closed, full, or of another encoding: no verb ends in a traceback, and no run is lost."""

import codecs
import io
import json
import os
import subprocess
import sys

import pytest

from kspec.cli import main
from kspec.cli._output import Output
from tests.support.project import BINARY

KSPEC = (sys.executable, "-m", "kspec")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other streams")


class Full(io.RawIOBase):
    """A disk without space."""

    def writable(self):
        return True

    def write(self, _):
        raise OSError(28, "No space left on device")


def stream(encoding):
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "a → b … 𝒙 \\udcff é"),
        ("latin-1", "a -> b ... \\ud835\\udc99 \\udcff é"),
        ("ascii", "a -> b ... \\ud835\\udc99 \\udcff \\u00e9"),
    ],
)
def test_characters_that_an_encoding_lacks_are_replaced(encoding, expected):
    below = stream(encoding)
    Output(below).write("a → b … 𝒙 \udcff é")
    assert below.buffer.getvalue().decode(encoding) == expected


def test_json_keeps_its_meaning_in_every_encoding():
    below = stream("ascii")
    value = {"é": "𝒙"}
    Output(below).write(json.dumps(value, ensure_ascii=False))
    assert json.loads(below.buffer.getvalue()) == value


def test_documents_are_utf8_in_every_encoding():
    below = stream("latin-1")
    Output(below).write_document("→\r\n")
    assert below.buffer.getvalue() == "→\r\n".encode()


def test_what_a_full_disk_cannot_take_is_discarded_and_remembered():
    out = Output(io.TextIOWrapper(io.BufferedWriter(Full())))
    out.write("text")
    out.flush()
    out.write("more")
    out.flush()
    assert out.problem.errno == 28


def test_a_closed_stream_is_no_failure_unless_something_is_written():
    out = Output(None)
    out.write("")
    assert out.problem is None
    out.write("text")
    assert out.problem is not None
    assert not out.isatty()


VERBS = (["check", "spec.yaml"], ["summary", "spec.yaml"], ["render", "spec.yaml"], ["layers"], ["explain", "KS201"])


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_a_verb_whose_output_is_lost_fails_with_a_line(project, monkeypatch, capsys, verb):
    project(BINARY)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(Full())))
    assert main(verb) == 3
    assert capsys.readouterr().err == "kspec: standard output cannot be written: No space left on device\n"
    monkeypatch.setattr(sys, "stdout", None)
    assert main(verb) == 3
    assert capsys.readouterr().err == "kspec: standard output cannot be written: it is closed\n"


def test_a_verb_without_standard_error_succeeds(project, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["check", project(BINARY)]) == 0
    assert main(["check", project(BINARY.replace("Dense", "Dens"))]) == 1
    capsys.readouterr()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_verbs_print_in_every_encoding(project, monkeypatch, encoding):
    project(BINARY.replace("name: small", "name: small\ndescription: größer → …"))
    for verb in VERBS:
        below = stream(encoding)
        monkeypatch.setattr(sys, "stdout", below)
        assert main(verb) == 0
        text = below.buffer.getvalue()
        text.decode("utf-8" if verb[0] == "render" else encoding)
    monkeypatch.undo()


def test_the_error_handler_is_that_of_encoding_alone():
    with pytest.raises(UnicodeDecodeError):
        codecs.decode(b"\xff", "utf-8", "kspec")


@pytest.mark.slow
@pytest.mark.parametrize("close", ["2>&-", ">/dev/full 2>&1", "<&- >&- 2>&-"])
def test_a_run_outlives_its_streams(project, tmp_path, close):
    project(BINARY)
    words = f'"{KSPEC[0]}" -m kspec run spec.yaml {close}'
    done = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=False)
    assert done.returncode == (0 if close == "2>&-" else 3)
    assert "Traceback" not in done.stderr
    (folder,) = (tmp_path / "runs" / "small").glob("2*")
    assert json.loads((folder / "run.json").read_text())["status"] == "finished"
    assert (folder / "confusion.png").exists()


WORDS = """\
kspec: 1
name: words
data: {csv: table.csv, inputs: note, targets: kind}
inputs: {note: {shape: [], dtype: string}}
layers:
  - TextVectorization: {output_mode: multi_hot}
  - Dense: {units: 1, activation: sigmoid}
    name: kind
fit: {epochs: 1}
"""


@pytest.mark.slow
def test_a_run_needs_no_utf8(project, tmp_path):
    project(WORDS)
    table = tmp_path / "table.csv"
    table.write_text(table.read_text().replace("good", "größer → 大"))
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*KSPEC, "run", "spec.yaml"], capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"->" in done.stdout
    done = subprocess.run([*KSPEC, "predict", "words", "-o", "-"], capture_output=True, env=environment, check=False)
    assert done.returncode == 0
    ours = done.stdout.decode().splitlines()
    assert ours == next((tmp_path / "runs/words").glob("2*/predictions.csv")).read_text().splitlines()
