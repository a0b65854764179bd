"""The examples that a step uses: a split, or data of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kspec.analysis.settings import OutputSettings
from kspec.codegen.data.dataset_info import FOLDERS, DatasetInfo
from kspec.codegen.data.examples import Examples
from kspec.codegen.data.target import Target
from kspec.codegen.text.literals import dict_of


@dataclass(frozen=True, slots=True)
class StepRows:
    """The code for the examples of a step.

    Args:
        examples: All examples of `main`.
        info: The data set.
        split: The split, whose variable has the rows; empty for data of the step's own.
        label: The name of the examples in printed results.
        lines: The statements that read the data of the step's own.
        steps: How many rows each example predicts, with a line for each of them; 0 for one line for each example.
    """

    examples: Examples
    info: DatasetInfo
    split: str
    label: str
    lines: tuple[str, ...] = ()
    steps: int = 0

    @property
    def x(self) -> str:
        """The inputs."""
        return self.examples.rows("x", self.split) if self.split else self.examples.all_rows(self.info)

    @property
    def y(self) -> str:
        """The targets."""
        return self.examples.rows("y", self.split) if self.split else self.info.named("y")

    def weights(self, outputs: Mapping[str, OutputSettings]) -> str:
        """The sample weights; empty if there are none."""
        info = self.info
        weights = {}
        for name, column in info.weights.items():
            own = self._rows(info.variables.of(column, "weights"))
            if outputs[name].is_minimized:
                weights[name] = own
            elif outputs[name].loss is not None and name in info.targets:
                weights[name] = info.targets[name].weights_in_shape(own, info.first_split.weights[name].ndim)
        return by_output(weights, outputs, info.targets, f"len({self.split or info.first_input})")

    def actual(self, target: Target) -> str:
        """The raw values of the target."""
        values = self._rows(target.variable)
        if not self.steps:
            return values
        shape = self.raw(target).shape[1:]
        return f"{values}.reshape({', '.join(map(str, (-1, *shape)))})" if shape else f"{values}.ravel()"

    def raw(self, target: Target) -> Any:
        """The raw values of the target, shape (lines, …)."""
        raw = self.info.first_split.targets[target.name]
        return raw.reshape(-1, *raw.shape[2:]) if self.steps else raw

    def kept(self, column: str) -> str:
        """A column that stands beside predictions."""
        return self.repeated(self.info.variables.of(column, "kept"))

    def repeated(self, variable: str) -> str:
        """A value for each example, in each of its lines.

        Args:
            variable: The variable of the values of all examples.
        """
        values = self._rows(variable)
        return f"np.repeat({values}, HORIZON)" if self.steps > 1 else values

    @property
    def names(self) -> str:
        """The file name of each example; empty if examples are no files."""
        return self._rows("names") if self.info.source in FOLDERS else ""

    @property
    def numbers(self) -> str:
        """The row number of each example, from 1; each split that has its own files counts from 1."""
        info = self.info
        if info.suffix in self.examples.has_row_numbers:
            return self.repeated("row_numbers")
        if not self.split:
            return f"np.arange(1, len({info.first_input}) + 1)"
        if info.has_split_files and self.split in info.file_splits and self.split != "train":
            return f"np.arange(1, len({self.split}) + 1)"
        return f"{self.split} + 1"

    def _rows(self, variable: str) -> str:
        return f"{variable}[{self.split}]" if self.split else self.info.named(variable)


def by_output(
    weights: Mapping[str, str], outputs: Mapping[str, OutputSettings], targets: Mapping[str, Target], count: str
) -> str:
    """Sample weights as Keras takes them: an array, or a dict if the model has several outputs.

    Args:
        weights: Output → its weights in Python.
        outputs: The settings of all outputs.
        targets: Output → its target.
        count: The number of examples in Python.
    """
    if not weights or len(outputs) == 1:
        return next(iter(weights.values()), "")
    ones = dict.fromkeys(outputs, f'np.ones({count}, "float32")')
    ones |= {
        name: target.weights_in_shape(ones[name], 1)
        for name, target in targets.items()
        if outputs[name].loss is not None
    }
    return dict_of(ones | dict(weights))


def rows_of_step(step: str, examples: Examples, *, targets: bool) -> StepRows:
    """The examples that a step uses.

    Args:
        step: `evaluate` or `predict`.
        examples: All examples of `main`.
        targets: Whether the step needs targets.
    """
    if step in examples.others:
        label = getattr(examples.info.spec.document, step).data
        lines = tuple(examples.step_lines(step, targets=targets))
        return StepRows(examples, examples.others[step], "", label, lines)
    split = examples.info.split_of(step)
    return StepRows(examples, examples.info, split, split)
