"""`kspec run --report`: the page is written beside the run, and a failure to write it never fails the run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kspec.cli._report import write_report
from kspec.training.console import Console
from tests.cli.run_cli import run_cli
from tests.report.runs import binary_run

SPEC = """\
kspec: 1
name: tiny
data: {csv: table.csv, targets: size, inputs: [a, b], split: {validation: 0.2, test: 0.2}}
inputs: {x: {shape: [2]}}
layers: [{Dense: {units: 1}}]
compile: {loss: mse}
fit: {epochs: 1}
"""


@pytest.mark.slow
def test_a_run_with_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["a,b,size", *(f"{at},{at % 7},{2 * at}" for at in range(40))]
    Path("table.csv").write_text("\n".join(lines), encoding="utf-8")
    Path("tiny.yaml").write_text(SPEC, encoding="utf-8")
    run_cli(["run", "tiny.yaml", "--report", "-q"], capfd)
    [page] = Path("runs/tiny").glob("2*/report.html")
    assert "mean absolute error" in page.read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_is_one_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, *_ = binary_run(tmp_path / "run")
    (folder / "history.csv").write_text("epoch,loss\n1,x\n", encoding="utf-8")
    write_report(folder, Console(True), allow_code=False)
    error = capsys.readouterr().err
    assert error.startswith("warning: the report is not written: ")
    assert error.count("\n") == 1
    shutil.rmtree(folder)
    write_report(folder, Console(True), allow_code=False)
    assert capsys.readouterr().err == ""


def test_a_smoke_run_has_no_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert "leave one of them out" in run_cli(["run", "x.yaml", "--smoke", "--report"], capsys, status=2)
