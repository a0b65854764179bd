"""A spec and its data, what the rules say of both, and the spec after the edits they offer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kspec.compiler.passes import analyse
from kspec.data import InputSpec, OutputSpec, load
from kspec.diagnostics import Diagnostic, Report, Source
from kspec.language import load_source


def look(text: str, folder: Path | None = None, **files: object) -> list[Diagnostic]:
    """All that is said of a spec; with files (`table="a,b\\n1,2"`, or arrays for an npz) its data is read as well."""
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
    inputs = {n: InputSpec(tuple(given.shape), given.dtype) for n, given in spec.document.inputs.items()}
    answers = {n: OutputSpec(o.task, o.head.units) for n, o in before.settings.outputs.items()}
    dataset = load(spec, inputs, list(before.graph.outputs), report, output_specs=answers)
    analyse(spec, report, dataset.profile if dataset else None)
    return report.sorted()


def edited(text: str, diagnostic: Diagnostic) -> str:
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


def codes(found: list[Diagnostic]) -> list[str]:
    return [diagnostic.code for diagnostic in found]


def cured(code: str, text: str, folder: Path | None = None, **files: object) -> str:
    """The text after the only diagnostic of that code, which has edits, has been cured by them; nothing else appears."""
    found = look(text, folder, **files)
    mine = [d for d in found if d.code == code]
    assert len(mine) == 1, codes(found)
    assert mine[0].edits, "it offers no edit"
    after = edited(text, mine[0])
    assert codes(look(after, folder, **files)) == [], after
    return after


def spec(layers: str, more: str = "", inputs: str = "{x: {shape: [4]}}") -> str:
    """A spec around its layers, one a line, without the dash."""
    lines = "".join(
        f"  - {line}\n" if not line.startswith(" ") else f"{line}\n" for line in layers.strip("\n").split("\n")
    )
    return f"kspec: 1\ninputs: {inputs}\nlayers:\n{lines}{more.strip()}\n"
