"""Runs the rules on a spec and its data, and applies the edits they offer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kspec.compiler.passes import analyse
from kspec.data.training_data import read_training_data
from kspec.diagnostics import Diagnostic, Report, Source
from kspec.language import load_source


def check(text: str, folder: Path | None = None, **files: object) -> list[Diagnostic]:
    """The diagnostics of a spec.

    Args:
        text: The spec.
        folder: Where to write the data.
        **files: The data by file name: text for a CSV file (`table="a,b\\n1,2"`), arrays for an npz file.
    """
    report = Report()
    name = str(folder / "spec.yaml") if folder else "spec.yaml"
    spec = load_source(Source(name, text), report, ())
    if spec is None:
        return report.sorted()
    if folder is None or not files:
        analyse(spec, report)
        return report.sorted()
    for stem, content in files.items():
        if isinstance(content, str):
            (folder / f"{stem}.csv").write_text(content)
        elif isinstance(content, Mapping):
            np.savez(folder / f"{stem}.npz", **content)
    before = analyse(spec, Report())
    dataset = read_training_data(spec, before, report)
    analyse(spec, report, dataset.profile if dataset else None)
    return report.sorted()


def apply_edits(text: str, diagnostic: Diagnostic) -> str:
    """The text with a diagnostic's edits, the last one first."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for edit in sorted(diagnostic.edits, key=lambda edit: edit.span[1:], reverse=True):
        span = edit.span
        begin = starts[span.line - 1] + span.column - 1
        end = starts[span.end_line - 1] + span.end_column - 1
        text = text[:begin] + edit.replacement + text[end:]
    return text


def codes(diagnostics: list[Diagnostic]) -> list[str]:
    return [diagnostic.code for diagnostic in diagnostics]


def fixed(code: str, text: str, folder: Path | None = None, **files: object) -> str:
    """The text after the edits of its only diagnostic of a code; asserts that nothing else is reported then."""
    diagnostics = check(text, folder, **files)
    mine = [d for d in diagnostics if d.code == code]
    assert len(mine) == 1, codes(diagnostics)
    assert mine[0].edits, "no edits"
    after = apply_edits(text, mine[0])
    assert codes(check(after, folder, **files)) == [], after
    return after


def spec(layers: str, more: str = "", inputs: str = "{x: {shape: [4]}}") -> str:
    """A spec around its layers, one a line, without the dash."""
    lines = "".join(
        f"  - {line}\n" if not line.startswith(" ") else f"{line}\n" for line in layers.strip("\n").split("\n")
    )
    return f"kspec: 1\ninputs: {inputs}\nlayers:\n{lines}{more.strip()}\n"


CCE, SCE, BCE = "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy"


def dense(units: object, activation: str | None = None, loss: str | None = None, task: str | None = None) -> str:
    """A spec whose output `y` is a Dense.

    Args:
        units: Its units, as YAML.
        activation: Its activation; None for none.
        loss: The loss, as YAML; None for the default.
        task: The declared task; None for none.
    """
    more = f"compile: {{loss: {loss}}}\n" if loss else ""
    more += f"task: {task}\n" if task else ""
    last = f"Dense: {{units: {units}, activation: {activation}}}" if activation else f"Dense: {{units: {units}}}"
    return spec(f"Dense: {{units: 8, activation: relu}}\n{last}\n    name: y", more)
