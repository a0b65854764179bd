"""Builds specs with a `data` section and reads their data."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import kspec
from kspec.analysis.settings import OutputSettings
from kspec.analysis.task_inference import OutputHead
from kspec.data import Dataset, InputSpec, load
from kspec.data.headers.check import check_headers
from kspec.diagnostics import Report


class Read(NamedTuple):
    """A data set, and its problems as `code message | label | help`."""

    dataset: Dataset | None
    report: Report

    @property
    def data(self) -> Dataset:
        assert self.dataset is not None, self.problems
        return self.dataset

    @property
    def problems(self) -> list[str]:
        return [f"{d.code} {d.message} | {d.label} | {d.help}" for d in self.report]

    @property
    def only(self) -> str:
        """The single problem."""
        assert len(self.problems) == 1, self.problems
        return self.problems[0]

    @property
    def pointed(self) -> str:
        """The text that the first problem points at."""
        return self.at("")

    def at(self, expected: str) -> str:
        """The text that the problem with this text points at."""
        matches = [d for d, problem in zip(self.report, self.problems, strict=True) if expected in problem]
        assert matches, self.problems
        span = matches[0].span
        assert span is not None
        assert span.line == span.end_line, "points at several lines"
        return span.source.line(span.line)[span.column - 1 : span.end_column - 1]


def make_spec(folder: Path, data: str, inputs: str = "x: {shape: [2]}", **options: Any) -> kspec.Spec:
    """Writes a spec with this `data` section to `folder` and loads it."""
    path = folder / "spec.yaml"
    path.write_text(
        f"kspec: 1\nseed: 3\ndata: {data}\ninputs: {{{inputs}}}\nlayers: [{{Dense: {{units: 1}}}}]\n", "utf-8"
    )
    return kspec.load(path, **options)


def read(
    folder: Path,
    data: str,
    inputs: str = "x: {shape: [2]}",
    outputs: tuple[str, ...] = ("y",),
    allow_outside: bool = False,
    **options: Any,
) -> Read:
    """Reads the data of a spec with this `data` section."""
    spec = make_spec(folder, data, inputs, allow_outside=allow_outside)
    report = Report()
    headers = Report()
    check_headers(spec, input_specs(spec), outputs, headers)
    dataset = load(spec, input_specs(spec), outputs, report, **options)
    assert report.has_errors or set(headers) <= set(report), (
        "reading the headers reports what reading the data does not"
    )
    return Read(dataset, report)


def input_specs(spec: kspec.Spec) -> dict[str, InputSpec]:
    return {name: InputSpec(tuple(given.shape), given.dtype) for name, given in spec.document.inputs.items()}


def table(folder: Path, name: str = "t.csv", rows: int = 50) -> Path:
    """A table with the columns a, b, y (yes or no), w (a weight) and part."""
    lines = ["a,b,y,w,part"]
    for number in range(rows):
        part = ("train", "train", "train", "val", "test")[number % 5]
        lines.append(f"{number},{number / 8},{'yes' if number % 3 else 'no'},{number % 4},{part}")
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def output_settings(task: str, units: int, loss: Any, **settings: Any) -> OutputSettings:
    """The settings of an output `y`."""
    others: dict[str, Any] = {"metrics": [], "weighted_metrics": [], "loss_weight": None, "class_weight": None}
    others |= {"threshold": 0.5, "logits": False, **settings}
    return OutputSettings(name="y", task=task, head=OutputHead(None, units), loss=loss, **others)
