"""The last step in `main`, predict: probabilities and the crisp class with its label, or values, in a file."""

from __future__ import annotations

from pathlib import Path

from kspec.analysis.program import Analysis
from kspec.analysis.settings import OutputSettings, Settings
from kspec.codegen.data.examples import Examples
from kspec.codegen.data.step_rows import Portion
from kspec.codegen.text.literals import literal, text

Filling = tuple[str, str] | list[str]
"""A column with its value, or the lines of a loop that makes several."""

_WRITE = '''\
def write_csv(path, columns):
    """A table with a column for each name."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))'''
_SOFTMAX = '''\
def softmax(logits):
    """Probabilities that sum to one."""
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponents / exponents.sum(axis=-1, keepdims=True)'''
_SIGMOID = '''\
def sigmoid(logits):
    """Probabilities, each between 0 and 1."""
    return 1.0 / (1.0 + np.exp(-logits))'''


def predict_lines(portion: Portion, examples: Examples, analysis: Analysis, settings: Settings, size: str) -> list[str]:
    """`model.predict`, and the answers written to a file."""
    facts, file = examples.facts, examples.file
    outputs = settings.outputs
    to = facts.spec.document.predict.to
    lines = [*portion.lines, f"    answers = model.predict({portion.x}, batch_size={size}, verbose=0)"]
    single = len(outputs) == 1
    for name, output in outputs.items():
        if output.logits:
            turn = "softmax" if output.task == "multiclass_classification" else "sigmoid"
            file.helpers[turn] = (_SOFTMAX if turn == "softmax" else _SIGMOID).splitlines()
            answer = "answers" if single else f"answers[{text(name)}]"
            lines.append(f"    {answer} = {turn}({answer})")
    ranks = [len(analysis.types.tensor(analysis.graph.outputs[name]).shape or ()) for name in outputs]
    if any(rank > 2 for rank in ranks):
        to = Path(to).with_suffix(".npz").as_posix()
        given = "**answers" if not single else f"**{{{text(next(iter(outputs)))}: answers}}"
        return [*lines, f"    np.savez_compressed({text(to)}, {given})", f"    print({text(f'predictions: {to}')})"]
    file.imports.add("csv")
    file.helpers["write_csv"] = _WRITE.splitlines()
    columns: list[tuple[str, str]] = [("row", portion.numbers)]
    if portion.names:
        columns.append(("file", portion.names))
    more: list[Filling] = list(columns)
    for name, output in outputs.items():
        more += _answer(examples, analysis, name, output)
        target = portion.facts.targets.get(name)
        if target is not None and portion.facts.part.targets[name].ndim == 1:
            more.append((f"{name}_actual", portion.actual(target)))
    return [*lines, *_table(more), f"    write_csv({text(to)}, columns)", f"    print({text(f'predictions: {to}')})"]


def _table(columns: list[Filling]) -> list[str]:
    """The columns: as many as have a value each in one dict, then those that loops make, and those after them."""
    alone = next((place for place, filling in enumerate(columns) if isinstance(filling, list)), len(columns))
    pairs = [filling for filling in columns[:alone] if isinstance(filling, tuple)]
    lines = ["    columns = {" + ", ".join(f"{text(name)}: {value}" for name, value in pairs) + "}"]
    for filling in columns[alone:]:
        lines += filling if isinstance(filling, list) else [f"    columns[{text(filling[0])}] = {filling[1]}"]
    return lines


def _answer(examples: Examples, analysis: Analysis, name: str, output: OutputSettings) -> list[Filling]:
    """The columns of the predictions that one output gives."""
    facts = examples.facts
    answer = "answers" if len(examples.outputs) == 1 else f"answers[{text(name)}]"
    shape = analysis.types.tensor(analysis.graph.outputs[name]).shape or ()
    target = facts.targets.get(name)
    labels = [str(label) for label in target.labels.names] if target and target.labels else []
    columns = target.columns if target else []
    units = output.head.units or (shape[-1] if len(shape) > 1 else 1) or len(labels)
    threshold = repr(float(output.threshold))
    flat = f"{answer}.reshape(-1, 1)" if len(shape) == 1 else answer
    if output.task == "binary_classification" and units == 1:
        crisp = f"({flat}[:, 0] >= {threshold}).astype(int)"
        return [
            (f"{name}_probability", f"{flat}[:, 0]"),
            (name, _labelled(crisp, labels, target.constant if target else "")),
        ]
    if output.task == "multiclass_classification":
        known = len(labels) == units
        each = labels if known else columns if len(columns) == units else [str(number) for number in range(units)]
        over = target.constant if known and target and target.constant else ""
        if not over and each != [str(number) for number in range(units)]:
            over = literal(each)
        crisp = f"{flat}.argmax(axis=-1)"
        return [_each(name, flat, over, units, ""), (name, _labelled(crisp, each, over))]
    each = columns if len(columns) == units else [str(number) for number in range(units)]
    over = "" if each == [str(number) for number in range(units)] else literal(each)
    if output.task in ("multilabel_classification", "binary_classification"):
        crisp = f"({flat} >= {threshold}).astype(int)"
        return [_each(name, flat, over, units, "_probability"), _each(name, crisp, over, units, "")]
    if units == 1:
        return [(name, f"{flat}[:, 0]")]
    return [_each(name, flat, over, units, "")]


def _each(name: str, answer: str, over: str, units: int, ending: str) -> list[str]:
    """A column for each unit: under its label, or its number.

    Args:
        over: The labels in Python; empty for numbers.
    """
    if over:
        return [
            f"    for label, values in zip({over}, {answer}.T, strict=True):",
            f'        columns[f"{name}_{{label}}{ending}"] = values',
        ]
    return [f"    for number in range({units}):",
            f'        columns[f"{name}_{{number}}{ending}"] = {answer}[:, number]']  # fmt: skip


def _labelled(crisp: str, labels: list[str], over: str) -> str:
    """Classes by their labels, where these are not the numbers themselves."""
    return f"np.array({over})[{crisp}]" if over and labels else crisp
