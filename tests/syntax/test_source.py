"""Files that cannot be specs."""

import pytest

from kspec.diagnostics import Report
from kspec.syntax import read_source
from kspec.syntax.source import MAX_BYTES


def read(path):
    report = Report()
    return read_source(path, report), [d.code for d in report]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "KS012"),
        (b"  \n\n", "KS012"),
        (b"\x00\x01\x02", "KS011"),
        (b"name: caf\xe9\n", "KS011"),
        (b"\xff\xfea\x00:\x00", "KS011"),
        (b"x" * (MAX_BYTES + 1), "KS006"),
    ],
)
def test_contents(tmp_path, content, code):
    path = tmp_path / "spec.yaml"
    path.write_bytes(content)
    assert read(path) == (None, [code])


def test_a_folder_and_a_missing_file(tmp_path):
    (tmp_path / "model.yaml").write_text("kspec: 1")
    report = Report()
    assert read_source(tmp_path / "modle.yaml", report) is None
    assert "model.yaml" in report.diagnostics[0].help
    assert read(tmp_path)[1] == ["KS010"]


def test_a_byte_order_mark_is_removed(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"\xef\xbb\xbfkspec: 1\n")
    source, found = read(path)
    assert not found
    assert source.text == "kspec: 1\n"
