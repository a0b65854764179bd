"""The step predict in `main`: writes probabilities or scores, and classes, or values, to a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kspec.analysis.program import Analysis
from kspec.analysis.settings import OutputSettings, Settings
from kspec.codegen.data.examples import Examples
from kspec.codegen.data.step_rows import StepRows
from kspec.codegen.data.target import Target
from kspec.codegen.data.target_scaling import predictions_in_units
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import Code, dict_of, literal, text, text_of
from kspec.codegen.training.prediction_arrays import array_entries, with_rows
from kspec.codegen.training.window_predictions import columns_by_row, place_columns

Column = tuple[str, str] | list[str]
"""A column's name and its value in Python, or the lines of a loop that creates several columns."""

_WRITE_CSV = '''\
def write_csv(path, columns):
    """Writes a table with a column for each name."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))'''
_SOFTMAX = '''\
def softmax(logits):
    """Probabilities that sum to 1."""
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponents / exponents.sum(axis=-1, keepdims=True)'''
_SIGMOID = '''\
def sigmoid(logits):
    """Probabilities, each between 0 and 1."""
    return 1.0 / (1.0 + np.exp(-logits))'''


def predict_lines(
    step_rows: StepRows, examples: Examples, analysis: Analysis, settings: Settings, batch_size: str, nodes: str = ""
) -> list[str]:
    """The lines of `main` that predict and write the predictions to a file.

    Args:
        step_rows: The examples to predict.
        examples: All examples of `main`.
        analysis: The analysed spec.
        settings: The settings of the outputs.
        batch_size: The batch size in Python.
        nodes: The variable of the values of predicted nodes, that of their model without `_model`; empty without any.
    """
    info, file = examples.info, examples.file
    outputs = settings.outputs
    path = Path(info.spec.document.predict.to)
    predict = f"model.predict({step_rows.x}, batch_size={batch_size}, verbose=0)"
    lines = [*step_rows.lines, f"    predictions = {predict}"]
    inner = _nodes_beside_outputs(analysis, outputs) if nodes else {}
    if inner:
        lines.append(f"    {nodes} = {nodes}_{predict}")
    single = len(outputs) == 1
    shapes = {name: _output_shape(name, output, analysis) for name, output in outputs.items()}
    by_row = columns_by_row(step_rows.info, shapes)
    if by_row:
        step_rows = replace(step_rows, steps=info.data.window.horizon if info.data.window else 0)
        lines += _flat_lines(by_row, shapes, single=single)
        shapes = {name: (None, width) for name, width in by_row.items()}
    if inner and step_rows.steps > 1:
        raise UnsupportedInPython("predict nodes of windows", ("predict", "nodes"))
    for name, output in outputs.items():
        if output.logits:
            function = "softmax" if output.task == "multiclass_classification" else "sigmoid"
            file.helpers[function] = (_SOFTMAX if function == "softmax" else _SIGMOID).splitlines()
            variable = _prediction(name, single=single)
            lines.append(f"    {variable} = {function}({variable})")
    for scaled in (each for each in info.targets.values() if each.scaling is not None):
        variable = _prediction(scaled.name, single=single)
        lines.append(f"    {variable} = {predictions_in_units(info, scaled, variable)}")
    tabular = {name: output for name, output in outputs.items() if len(shapes[name]) <= 2}
    tensors = {title: name for title, name in inner.items() if len(_shape(name, analysis)) > 2}
    files = []
    if tabular or len(tensors) < len(inner):
        file.imports.add("csv")
        file.helpers["write_csv"] = _WRITE_CSV.splitlines()
        columns = [*_columns(step_rows, examples, shapes, tabular), *_node_columns(inner, nodes, analysis)]
        files.append(path.with_suffix(".csv") if path.suffix == ".npz" else path)
        written = f"write_csv({text(files[-1].as_posix())}, columns)"
        lines += [*_table(columns), f"    {'predicted.append(columns)' if info.trains_folds else written}"]
    entries: dict[str, str] = {}
    for name, output in outputs.items():
        if name not in tabular:
            prediction, target = _prediction(name, single=single), info.targets.get(name)
            entries |= array_entries(name, prediction, shapes[name][-1] or 1, output, target, step_rows)
    if step_rows.info.kept and (entries or step_rows.names or _hides(step_rows.info.kept, tabular)):
        raise UnsupportedInPython("keep columns beside arrays, images or outputs of their name", ("predict", "keep"))
    if info.trains_folds:
        if entries or tensors:
            raise UnsupportedInPython("write arrays that the models of all folds predict", ("predict",))
        return lines
    if entries:
        files.append(path.with_suffix(".npz"))
        lines.append(f"    arrays = {dict_of(with_rows(step_rows, entries))}")
        lines.append(f"    np.savez_compressed({text(files[-1].as_posix())}, **arrays)")
    if tensors:
        files.append(path.with_name(f"{path.stem}_nodes.npz"))
        lines.append(f"    np.savez_compressed({text(files[-1].as_posix())}, {', '.join(_arrays(tensors, nodes))})")
        file.imports.add("numpy as np")
    named = ", ".join(each.as_posix() for each in files)
    return [*lines, f"    print({text(f'predictions: {named}')})"]


def _output_shape(name: str, output: OutputSettings, analysis: Analysis) -> tuple[int | None, ...]:
    """The shape of an output with the batch axis; of one that depends on the data, that of its units.

    Args:
        name: The output.
        output: Its settings.
        analysis: The analysed spec.
    """
    shape = analysis.types.tensor(analysis.graph.outputs[name]).shape
    return shape or ((None, output.head.units) if output.head.units else ())


def _flat_lines(by_row: Mapping[str, int], shapes: Mapping[str, tuple[int | None, ...]], *, single: bool) -> list[str]:
    """The lines that give each predicted row a line of its own.

    Args:
        by_row: By output, how many values it predicts of each row.
        shapes: By output, its shape with the batch axis.
        single: Whether there is one output.
    """
    variables = {name: _prediction(name, single=single) for name in by_row}
    return [
        f"    {variables[name]} = {variables[name]}.reshape(-1, {width})"
        for name, width in by_row.items()
        if shapes[name][1:] != (width,)
    ]


def _hides(kept: Sequence[str], outputs: Iterable[str]) -> bool:
    """Whether a column of predictions can have the name of one that is kept."""
    return any(name.startswith(("row", *outputs)) for name in kept)


def _nodes_beside_outputs(analysis: Analysis, outputs: Mapping[str, OutputSettings]) -> dict[str, str]:
    """The predicted nodes by their titles in the file; an output is one only if it gives logits."""
    return {
        f"{name}_logits" if name in outputs else name: name
        for name in analysis.graph.predicted_nodes
        if name not in outputs or outputs[name].logits
    }


def _shape(node: str, analysis: Analysis) -> tuple[int | None, ...]:
    """The shape of a predicted node."""
    shape = analysis.types.tensor(analysis.graph.predicted_nodes[node]).shape
    if shape is None:
        raise UnsupportedInPython(f"predict `{node}`, whose shape is unknown", ("predict", "nodes"))
    return shape


def _arrays(names: Mapping[str, str], nodes: str) -> list[str]:
    """Predicted nodes as arguments of `np.savez_compressed`; none without any."""
    return [f"**{dict_of({title: f'{nodes}[{text(name)}]' for title, name in names.items()})}"] if names else []


def _node_columns(names: Mapping[str, str], nodes: str, analysis: Analysis) -> list[Column]:
    """The columns of the predicted nodes that fit a table.

    Args:
        names: Title → node.
        nodes: The variable of their values.
        analysis: The analysed spec.
    """
    columns: list[Column] = []
    for title, name in names.items():
        values, shape = f"{nodes}[{text(name)}]", _shape(name, analysis)
        if len(shape) == 1:
            columns.append((title, values))
        elif len(shape) == 2:
            columns.append(_loop(title, values, "", shape[1] or f"{values}.shape[1]"))
    return columns


def _prediction(output: str, *, single: bool) -> str:
    """The predictions of an output in Python."""
    return "predictions" if single else f"predictions[{text(output)}]"


def _columns(
    step_rows: StepRows,
    examples: Examples,
    shapes: Mapping[str, tuple[int | None, ...]],
    outputs: Mapping[str, OutputSettings],
) -> list[Column]:
    """All columns of the table of predictions.

    Args:
        step_rows: The examples that are predicted.
        examples: All examples of `main`.
        shapes: By output, the shape of its predictions with the batch axis.
        outputs: The settings of the outputs.
    """
    columns: list[Column] = [("row", step_rows.numbers)]
    if step_rows.names:
        columns.append(("file", step_rows.names))
    columns += [(name, step_rows.kept(name)) for name in step_rows.info.kept]
    columns += place_columns(step_rows)
    for name, output in outputs.items():
        columns += _output_columns(examples, shapes[name], name, output)
        target = step_rows.info.targets.get(name)
        if target is not None:
            columns.append(_actual_columns(step_rows, target))
    return columns


def _table(columns: list[Column]) -> list[str]:
    """The lines that create the dict of columns: one display up to the first loop, then a statement for each."""
    first_loop = next((i for i, column in enumerate(columns) if isinstance(column, list)), len(columns))
    lines = [f"    columns = {dict_of(dict(column for column in columns[:first_loop] if isinstance(column, tuple)))}"]
    for column in columns[first_loop:]:
        lines += column if isinstance(column, list) else [f"    columns[{text(column[0])}] = {column[1]}"]
    return lines


def _output_columns(
    examples: Examples, shape: tuple[int | None, ...], name: str, output: OutputSettings
) -> list[Column]:
    """The columns of an output's predictions: probabilities or scores and the class, or values.

    Args:
        examples: All examples of `main`.
        shape: The shape of its predictions with the batch axis.
        name: The output.
        output: Its settings.
    """
    prediction = _prediction(name, single=len(examples.outputs) == 1)
    target = examples.info.targets.get(name)
    labels = target.labels.names if target and target.labels else []
    is_by_row = examples.info.data.window is not None and len(shape) > 1
    units = (shape[-1] if is_by_row else output.head.units) or (shape[-1] if len(shape) > 1 else 1) or len(labels)
    threshold = repr(float(output.threshold))
    values = f"{prediction}.reshape(-1, 1)" if len(shape) == 1 else prediction
    if output.task == "binary_classification" and units == 1:
        classes = f"({values}[:, 0] > {threshold}).astype(int)"
        label = target.spelled(classes) if target else classes
        return [(f"{name}_{output.kind_of_value}", f"{values}[:, 0]"), (name, label)]
    numbers = [str(number) for number in range(units)]
    if output.task == "multiclass_classification":
        names = target.encoding.names(units) if target else numbers
        constant = target.constant if target and names == labels else ""
        code = constant or ("" if names == numbers else literal(names))
        classes = f"{values}.argmax(axis=-1)"
        return [_loop(name, values, code, units), (name, f"np.array({code})[{classes}]" if code else classes)]
    names = target.encoding.suffixes(units) if target else numbers
    code = "" if names == numbers else literal(names)
    if output.task in ("multilabel_classification", "binary_classification"):
        classes = f"({values} > {threshold}).astype(int)"
        shown = _loop(name, values, code, units, f"_{output.kind_of_value}")
        return [shown, _loop(name, target.spelled(classes) if target else classes, code, units)]
    return [(name, f"{values}[:, 0]") if units == 1 else _loop(name, values, code, units)]


def _actual_columns(step_rows: StepRows, target: Target) -> Column:
    """The column, or the loop that creates the columns, with what an output should have predicted.

    Args:
        step_rows: The examples that are predicted.
        target: The target of the output.
    """
    raw = step_rows.raw(target)
    values = target.spelled_raw(step_rows.actual(target), raw)
    width = raw[:1].size
    if width == 1 or (target.labels is not None and target.labels.kind == "column"):
        return f"{target.name}_actual", values
    names = target.encoding.suffixes(width)
    code = "" if names == [str(number) for number in range(width)] else literal(names)
    return _loop(target.name, values, code, width, "_actual")


def _loop(name: str, values: str, labels: str, units: int | str, suffix: str = "") -> list[str]:
    """A loop that creates a column for each unit.

    Args:
        name: The output.
        values: Its values in Python, shape (rows, units).
        labels: The labels of the units in Python; empty to number them.
        units: The number of units, also in Python.
        suffix: The end of the columns' names.
    """
    if labels:
        return [
            f"    for label, values in zip({labels}, {values}.T, strict=True):",
            f"        columns[{text_of(f'{name}_', Code('label'), suffix)}] = values",
        ]
    return [
        f"    for number in range({units}):",
        f"        columns[{text_of(f'{name}_', Code('number'), suffix)}] = {values}[:, number]",
    ]
