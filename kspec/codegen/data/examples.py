"""The code that reads, encodes and splits the examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kspec.analysis.program import Analysis
from kspec.analysis.settings import OutputSettings
from kspec.analysis.task_inference import FREE_FORM_LOSSES, loss_name
from kspec.codegen.data.balancing import balance_lines
from kspec.codegen.data.dataset_info import FOLDERS, DatasetInfo, output_shape
from kspec.codegen.data.folding import restore_lines
from kspec.codegen.data.images import ImageReader
from kspec.codegen.data.imputation import fill_lines
from kspec.codegen.data.reading import TableReader
from kspec.codegen.data.series import are_drawn, order_lines
from kspec.codegen.data.splitting import split_folds, split_lines
from kspec.codegen.data.synthetic import write_synthetic
from kspec.codegen.data.target_scaling import scale_lines, scaled
from kspec.codegen.data.windows import window_lines
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import dict_of, literal, series
from kspec.codegen.text.module_writer import ModuleWriter

_SOURCES = ("csv", "excel", "json", "sql", "parquet", "arrow", "npz", "npy", "keras", "images", "texts", "synthetic")
"""The sources that exported code can read."""
_TAKE = [
    "def take(arrays, rows):",
    '    """Takes some rows of each array."""',
    "    return {name: array[rows] for name, array in arrays.items()}",
]
_TAKE_TEXTS = [
    "def take(arrays, rows):",
    '    """Takes some rows of each array; text becomes tensors, as Keras requires."""',
    "    taken = {name: array[rows] for name, array in arrays.items()}",
    "    return {",
    '        name: tf.constant(array) if array.dtype.kind == "U" else array',
    "        for name, array in taken.items()",
    "    }",
]


@dataclass(slots=True)
class Examples:
    """The examples in `main`.

    Args:
        info: The training data.
        file: Collects helper functions.
        analysis: The analysed spec.
        settings: The settings of the outputs.
        others: Step → the data of its own: `evaluate`, `predict`.
        lines: The lines of `main` that read and split the training data.
        lines_of_fold: Those that take the examples of a fold, in a loop; empty without one.
        has_row_numbers: The suffixes of data sets with dropped rows, for which a variable has the row numbers.
        returned: Suffix → the variables of `main` that the function which reads the data set returns.
    """

    info: DatasetInfo
    file: ModuleWriter
    analysis: Analysis
    settings: Mapping[str, OutputSettings]
    others: dict[str, DatasetInfo] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    lines_of_fold: list[str] = field(default_factory=list)
    has_row_numbers: set[str] = field(default_factory=set)
    returned: dict[str, list[str]] = field(default_factory=dict)

    def rows(self, variable: str, rows: str) -> str:
        """Some rows of the variable `x`, `y` or `weights`.

        Args:
            variable: The variable.
            rows: The variable of the rows.
        """
        several = {"x": not self.info.single_input, "y": len(self.outputs) > 1, "weights": len(self.outputs) > 1}
        texts = self._has_texts()
        if not several.get(variable, False):
            return f"tf.constant({variable}[{rows}])" if texts and variable == "x" else f"{variable}[{rows}]"
        self.file.helpers["take"] = _TAKE_TEXTS if texts else _TAKE
        return f"take({variable}, {rows})"

    def all_rows(self, info: DatasetInfo) -> str:
        """All inputs of a step's own data."""
        x = info.named("x")
        if not self._has_texts():
            return x
        return f"tf.constant({x})" if info.single_input else self.rows("x", "...").replace("(x,", f"({x},")

    def _has_texts(self) -> bool:
        texts = any(settings.dtype == "string" for settings in self.info.spec.document.inputs.values())
        if texts:
            self.file.imports.add("tensorflow as tf")
        return texts

    def step_lines(self, step: str, *, targets: bool) -> list[str]:
        """The lines of `main` that read a step's own data, unless an earlier step has read it.

        Args:
            step: `evaluate` or `predict`.
            targets: Whether to encode the targets.
        """
        info = self.others[step]
        lines = []
        if info.suffix in self.returned:
            lines.append(f"    {', '.join(self.returned.pop(info.suffix))} = read_{info.suffix}()")
            lines += fill_lines(info, self.file)
        return lines + (self.encode(info) if targets else [])

    def encode(self, info: DatasetInfo) -> list[str]:
        """The lines that encode the targets as the losses take them."""
        values, lines = {}, list[str]()
        for name, settings in self.settings.items():
            shape = self.analysis.types.tensor(self.analysis.graph.outputs[name]).shape or ()
            if settings.loss is None or name not in info.targets:
                values[name] = f'np.zeros(len({info.first_input}), "float32")'
                continue
            target = info.targets[name]
            form = settings.target_form
            variable = info.named(target.variable)
            if target.scaling is not None:
                values_on_scale = scaled(self.info, target, variable)
                variable = info.named(info.variables.of(target.name, "scaled"))
                lines.append(f"    {variable} = {values_on_scale}")
            value = target.encoded(variable, info.first_split.targets[name])
            is_free_form = loss_name(settings.loss) in FREE_FORM_LOSSES
            if info.source == "synthetic" and len(shape) > 2 and not is_free_form:
                shape = output_shape(info, self.analysis.graph, name) if None in shape[1:] else shape
                value = _broadcast(info, value, form, shape[1:], variable)
            values[name] = value
        y = next(iter(values.values())) if len(values) == 1 else dict_of(values)
        return [*lines, f"    {info.named('y')} = {y}"]

    @property
    def outputs(self) -> list[str]:
        return list(self.settings)


def write_examples(
    info: DatasetInfo,
    others: Mapping[str, DatasetInfo],
    analysis: Analysis,
    file: ModuleWriter,
    folder: Path,
    outputs: Mapping[str, OutputSettings],
) -> Examples:
    """Writes the functions that read and split the examples, and the lines of `main` that call them.

    Args:
        info: The training data.
        others: Step → the data of its own.
        analysis: The analysed spec.
        file: Gets the functions.
        folder: The folder of the exported file.
        outputs: The settings of the outputs.

    Raises:
        UnsupportedInPython: If no code reads the source of the data.
    """
    for each in (info, *others.values()):
        if each.source not in _SOURCES:
            raise UnsupportedInPython(f"read `{each.source}` data", each.path or ("data", each.source))
    file.imports.add("numpy as np")
    examples = Examples(info, file, analysis, outputs, dict(others))
    distinct = list({each.suffix: each for each in others.values()}.values())
    tables, images = TableReader([info, *distinct], file, folder), ImageReader(file, folder)
    for each in (info, *distinct):
        name = f"read_{each.suffix or 'examples'}"
        if each.source == "synthetic":
            name = "make_examples"
            variables = write_synthetic(each, file, outputs, analysis)
        elif each.source in FOLDERS:
            variables = images.write(each, name)
        else:
            variables = tables.write(each, name)
        examples.returned[each.suffix] = [each.named(variable) for variable in variables]
        if "row_numbers" in variables:
            examples.has_row_numbers.add(each.suffix)
        if not each.suffix:
            variables_of_rows = list(variables)
            examples.lines.append(f"    {', '.join(examples.returned.pop(''))} = {name}()")
    for target in info.targets.values():
        if target.constant and target.labels is not None:
            labels = target.labels.values if target.labels.kind != "boolean" else target.labels.names
            file.constants[target.constant] = series([literal(label) for label in labels], as_tuple=False)
    if info.trains_folds:
        _write_folds(examples)
    elif info.data.window is not None:
        examples.lines += _window_lines(examples, variables_of_rows)
    else:
        scales, splits = scale_lines(info), split_lines(info, file)
        examples.lines += [*splits, *scales, *examples.encode(info)] if scales else [*examples.encode(info), *splits]
        if info.source not in (*FOLDERS, "synthetic"):
            examples.lines += fill_lines(info, file)
    balance = balance_lines(info, file)
    (examples.lines_of_fold if info.trains_folds else examples.lines).extend(balance)
    return examples


def _write_folds(examples: Examples) -> None:
    """Writes the lines of `main` that make folds, and those that fill the gaps of one from its rows of training.

    Args:
        examples: All examples of `main`; gets the lines.
    """
    info, file = examples.info, examples.file
    shared, own = split_folds(info, file)
    fills = fill_lines(info, file) if info.source not in (*FOLDERS, "synthetic") else []
    examples.lines += [*examples.encode(info), *shared]
    examples.lines_of_fold += own
    if fills:
        keep, take = restore_lines(info)
        examples.lines.append(keep)
        examples.lines_of_fold += [take, *fills]


def _window_lines(examples: Examples, returned: list[str]) -> list[str]:
    """The lines of `main` that split and fill rows, and make examples of them.

    Args:
        examples: All examples of `main`; learns that these have row numbers.
        returned: The variables of `main` that reading the table returns.
    """
    info, file = examples.info, examples.file
    splits, fills, scales = split_lines(info, file), fill_lines(info, file), scale_lines(info)
    windows = window_lines(info, file, returned)
    order = order_lines(info)
    examples.has_row_numbers.add(info.suffix)
    if not are_drawn(info):
        return [*splits, *fills, *order, *scales, *windows, *examples.encode(info)]
    if fills or scales:
        raise UnsupportedInPython("learn from the rows of windows that are split by chance", ("data", "split"))
    return [*order, *windows, *splits, *examples.encode(info)]


def _broadcast(info: DatasetInfo, value: str, form: str, shape: tuple[int | None, ...], variable: str) -> str:
    """A synthetic target with one value per example, repeated at every position of its output.

    Args:
        info: The data set.
        value: The target in Python.
        form: The form that its loss takes.
        shape: The output's shape without the batch.
        variable: The variable of the raw target.
    """
    if None in shape:
        info.report_unsupported("create synthetic targets for an unknown number of positions", ("data",))
    ones = ["1"] * (len(shape) - 1)
    last = [] if form == "integer" else ["1" if form in ("binary", "values") else str(shape[-1])]
    sizes = [*map(str, shape[:-1]), *last]
    flat = value.removesuffix(".reshape(-1, 1)")
    full_shape = ", ".join([f"len({variable})", *sizes])
    return f"np.broadcast_to({flat}.reshape({', '.join(['-1', *ones, *last])}), ({full_shape}))"
