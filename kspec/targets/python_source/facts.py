"""What the data is like, as far as the file's code depends on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from kspec.checker import OutputSettings
from kspec.checker.problem import CATEGORICAL_LOSSES, SPARSE_LOSSES, loss_name
from kspec.diagnostics import Path, Report
from kspec.profile import ColumnProfile
from kspec.spec import Spec
from kspec.spec.data import Data
from kspec.targets.python_source.file import File
from kspec.targets.python_source.literals import literal, text
from kspec.targets.python_source.names import HELPERS, OF_MAIN, Allocator, identifier

if TYPE_CHECKING:
    from kspec.data import Dataset, Labels

SEVERAL = 6
"""Columns from which on a rule is written in place of their names, where there is one."""


@dataclass(slots=True)
class Target:
    """The target of an output.

    Args:
        variable: What its raw values are called.
        constant: What the list of its labels is called; empty where a label is its own index, or there are none.
    """

    name: str
    columns: list[str]
    labels: Labels | None
    variable: str
    constant: str = ""

    @property
    def count(self) -> str:
        """How many labels it has, in Python."""
        if self.constant:
            return f"len({self.constant})"
        return str(len(self.labels.names)) if self.labels is not None else "0"


@dataclass(slots=True)
class Facts:
    """The data of a spec.

    Args:
        dataset: As read.
        inputs: Input → the columns that feed it.
        weights: Output → the column of its sample weights.
    """

    spec: Spec
    dataset: Dataset
    report: Report
    inputs: dict[str, list[str]] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    weights: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Data:
        assert self.spec.document.data is not None
        return self.spec.document.data

    @property
    def parts(self) -> list[str]:
        """The parts that have examples: `train` first."""
        return list(self.dataset.parts)

    def column(self, name: str) -> ColumnProfile:
        found = self.dataset.profile.column(name)
        assert found is not None
        return found

    def array(self, name: str) -> Any:
        """What an input is fed in training."""
        return self.dataset.parts["train"].inputs[name]

    @property
    def single_input(self) -> bool:
        return len(self.spec.document.inputs) == 1

    def refuse(self, what: str, path: Path, help: str = "") -> None:
        """Reports what has no way of being written in plain Python yet."""
        refuse(self.spec, self.report, what, path, help)

    def columns_text(self, columns: Sequence[str], header: str, file: File) -> str:
        """A list of columns, or the rule that they follow.

        Args:
            header: What gives all columns' names in Python.
        """
        names = [column.name for column in self.dataset.profile.columns]
        said = self.data.inputs
        patterns = list(said.values()) if isinstance(said, dict) else [said]
        for pattern in patterns if len(columns) >= SEVERAL else ():
            pattern = pattern[0] if isinstance(pattern, list) and len(pattern) == 1 else pattern
            if isinstance(pattern, str) and [n for n in names if fnmatchcase(n, pattern)] == list(columns):
                if not set(pattern[:-1]) & set("*?["):
                    return f"[name for name in {header} if name.startswith({text(pattern[:-1])})]"
                file.imports.add("fnmatch")
                return f"fnmatch.filter({header}, {text(pattern)})"
        others = [name for name in names if name not in columns]
        if said is None and len(others) == 1 and len(columns) >= SEVERAL and len(names) == len(columns) + 1:
            return f"[name for name in {header} if name != {text(others[0])}]"
        return literal(list(columns))


def refuse(spec: Spec, report: Report, what: str, path: Path, help: str = "") -> None:
    """Reports what plain Python code has no way for yet."""
    report.error("KS620", f"a Python file has no way yet to {what}", spec.written.value(path), help=help)


def read_off(spec: Spec, dataset: Dataset, report: Report, allocator: Allocator, outputs: Sequence[str]) -> Facts:
    """The facts of a data set.

    Args:
        allocator: Gives constants their names.
        outputs: The outputs, in order.
    """
    fitted = dataset.fitted.get("columns", {})
    facts = Facts(spec, dataset, report, dict(fitted.get("inputs", {})), weights=dict(fitted.get("weights", {})))
    variables = Allocator(*HELPERS, *OF_MAIN)
    for output in outputs:
        if output not in dataset.parts["train"].targets:
            continue
        columns = list(fitted.get("targets", {}).get(output, [output]))
        labels = dataset.labels.get(output)
        one = len(columns) == 1 and facts.data.source not in ("images", "synthetic")
        variable = variables.take(identifier(columns[0] if one else output))
        target = Target(output, columns, labels, variable)
        if labels is not None and (not labels.identity or labels.kind == "boolean"):
            target.constant = allocator.take("LABELS" if len(outputs) == 1 else f"{identifier(output).upper()}_LABELS")
        facts.targets[output] = target
    return facts


def target_form(settings: OutputSettings) -> str:
    """The form that an output's loss takes its target in: `binary`, `integer`, `one_hot`, `multi_label`, `values`."""
    name = loss_name(settings.loss)
    if name in SPARSE_LOSSES:
        return "integer"
    if name in CATEGORICAL_LOSSES:
        return "one_hot"
    if settings.task == "binary_classification":
        return "binary"
    return "multi_label" if settings.task == "multilabel_classification" else "values"


def encoded(target: Target, raw: Any, form: str, rank: int) -> str:
    """The raw values of a target in the form that its loss takes, in Python.

    Args:
        raw: The values themselves.
        rank: Of the output, the batch counted.
    """
    name, labels = target.variable, target.labels
    column = ".reshape(-1, 1)" if raw.ndim == 1 else ""
    if form == "integer" and raw.dtype.kind in "iuf" and raw.ndim == rank - 1 > 1:
        return f'{name}.astype("int32")'
    if form == "values":
        return f'{name}.astype("float32"){column}'
    if raw.ndim > 1:
        if form == "integer":
            one_hot = raw.ndim == 2 and (raw.shape[1] > 1 or raw.dtype.kind == "f")
            return f'{name}{".argmax(axis=1)" if one_hot else ""}.astype("int32")'
        return f'{name}.astype("float32")'
    if form in ("binary", "multi_label"):
        if labels is None or labels.identity or (len(labels.names) == 1 and labels.kind != "text"):
            return f'{name}.astype("float32"){column}'
        last = literal(labels.values[1]) if len(labels.names) == 2 else "None"
        return f'({name} == {last}).astype("float32"){column}'
    classes = name if labels is None or labels.identity else f"np.searchsorted({target.constant}, {name})"
    if form == "integer":
        return f'{classes}.astype("int32")'
    count = target.count if labels is not None else f"{name}.max() + 1"
    return f'np.eye({count}, dtype="float32")[{classes}]'
