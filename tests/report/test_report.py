"""The report of a run is one page that needs nothing else, and runs nothing that others wrote."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kspec.report.report import report_html
from tests.cli.run_cli import run_cli
from tests.report.runs import BINARY, binary_run, labels, multiclass_run, regression_run, write_run

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"\u202e"


@pytest.mark.parametrize("write", [binary_run, multiclass_run, regression_run])
def test_a_page_holds_all_that_it_needs(tmp_path: Path, write: object) -> None:
    folder, *_ = write(tmp_path / "run")  # type: ignore[operator]
    text = report_html([str(folder)])
    assert len(text) < 2_000_000
    markup = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!#|data:)', markup)
    for heading in ("Result", "Training", "Network", "Spec", "Environment"):
        assert f">{heading}" in text


def test_the_page_names_each_filled_in_value_with_its_reason(tmp_path: Path) -> None:
    folder, *_ = binary_run(tmp_path / "run")
    assert "# default" in report_html([str(folder)])


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    spec = BINARY.replace("name: invented", f"name: invented\ndescription: {HOSTILE!r}".replace("\\u202e", "\u202e"))
    columns = {"row": [1, 2], "kind_probability": [0.1, 0.9], "kind": ["a", HOSTILE], "kind_actual": ["a", HOSTILE]}
    folder = write_run(
        tmp_path / "run", spec, labels(["a", HOSTILE]) | {"message": HOSTILE, "command": HOSTILE}, columns
    )
    text = report_html([str(folder)])
    assert "<img src=x" not in text
    assert "<script>alert" not in text


def test_the_verb_writes_beside_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, *_ = binary_run(tmp_path / "run")
    assert str(folder / "report.html") in run_cli(["report", str(folder)], capsys)
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
