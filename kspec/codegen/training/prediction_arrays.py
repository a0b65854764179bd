"""The step predict in `main`, for outputs that no table holds: the arrays of an npz file."""

from __future__ import annotations

from kspec.analysis.settings import OutputSettings
from kspec.codegen.data.step_rows import StepRows
from kspec.codegen.data.target import Target
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import literal
from kspec.data.targets.encoding import reshaped
from kspec.training.prediction_arrays import label_values

CLASSIFICATIONS = ("multiclass_classification", "multilabel_classification", "binary_classification")


def array_entries(
    name: str, prediction: str, width: int, output: OutputSettings, target: Target | None, step_rows: StepRows
) -> dict[str, str]:
    """The arrays of an output, each in Python.

    Args:
        name: The output.
        prediction: Its predictions in Python.
        width: Its number of units.
        output: Its settings.
        target: Its target; None without one.
        step_rows: The examples that are predicted.
    """
    entries = {name: prediction}
    labels = "" if target is None else _labels(target, width)
    if output.task in CLASSIFICATIONS:
        is_by_unit = output.task == "multiclass_classification"
        classes = f"{prediction}.argmax(axis=-1)" if is_by_unit else f"({prediction} > {float(output.threshold)!r})"
        number = classes if is_by_unit else f"{classes}.astype(int)"
        is_plain = target is None or target.labels is None or _are_numbers(target, width)
        entries = {
            name: number if is_plain else f"{labels}[{number}]",
            f"{name}_{output.kind_of_value}": prediction,
        }
        if labels:
            entries[f"{name}_labels"] = labels
    if target is not None and target.name in step_rows.info.targets:
        entries[f"{name}_actual"] = _actual(target, labels, step_rows)
    return entries


def _labels(target: Target, width: int) -> str:
    """The array of a target's labels in Python; empty if it has none."""
    values = label_values(target.encoding, width)
    if values is None:
        return ""
    if _are_numbers(target, width):
        return f"np.arange({len(values)})"
    return f"np.array({literal(values.tolist())})"


def _are_numbers(target: Target, width: int) -> bool:
    """Whether each label is the number of its class."""
    values = label_values(target.encoding, width)
    return values is not None and values.dtype.kind == "i" and values.tolist() == list(range(len(values)))


def _actual(target: Target, labels: str, step_rows: StepRows) -> str:
    """What an output should have predicted, in Python.

    Args:
        target: Its target.
        labels: The array of its labels in Python; empty without any.
        step_rows: The examples that are predicted.
    """
    encoding, raw = target.encoding, step_rows.info.first_split.targets[target.name][:1]
    variable, own = step_rows.actual(target), raw.shape[1:]
    if target.labels is None:
        wanted = own if encoding.is_free_form else reshaped(raw, encoding.shape).shape[1:]
    else:
        wanted = encoding.classes(raw).shape[1:]
        if target.labels.kind == "column":
            variable, own = f"{labels}[{variable}.argmax(axis={raw.ndim - 1})]", own[:-1]
        elif target.labels.kind == "boolean":
            variable = f"{labels}[{variable}.astype(int)]"
        ignored = target.labels.ignored
        if ignored is not None and target.labels.kind in ("text", "column"):
            raise UnsupportedInPython("leave out the ignored label of the actual values", ("predict",))
        if ignored is not None:
            variable = f"np.where({variable} == {ignored}, np.nan, {variable})"
    if raw.dtype.kind in "OU":
        variable = f"{variable}.astype(str)"
    return variable if own == wanted else f"{variable}.reshape({', '.join(map(str, (-1, *wanted)))})"


def with_rows(step_rows: StepRows, entries: dict[str, str]) -> dict[str, str]:
    """The arrays of a file, the row numbers and the names of files first."""
    names = {"file": f"np.array({step_rows.names})"} if step_rows.names else {}
    return {"row": step_rows.numbers, **names, **entries}
