"""The code that gets the examples: read, encoded, divided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kspec.checker import Analysis, OutputSettings
from kspec.targets.python_source.facts import Facts, encoded, target_form
from kspec.targets.python_source.file import File
from kspec.targets.python_source.filling import fill_lines, filled
from kspec.targets.python_source.literals import literal, series
from kspec.targets.python_source.names import identifier
from kspec.targets.python_source.pictures import write_pictures
from kspec.targets.python_source.splitting import by_column, by_fractions
from kspec.targets.python_source.synthetic import write_synthetic
from kspec.targets.python_source.tables import ColumnTable, CsvTable, Table

_TAKE = [
    "def take(arrays, rows):",
    '    """Some rows of each array."""',
    "    return {name: array[rows] for name, array in arrays.items()}",
]
_TAKE_TEXTS = [
    "def take(arrays, rows):",
    '    """Some rows of each array; texts as tensors, for Keras takes no others."""',
    "    taken = {name: array[rows] for name, array in arrays.items()}",
    "    return {",
    '        name: tf.constant(array) if array.dtype.kind == "U" else array',
    "        for name, array in taken.items()",
    "    }",
]


@dataclass(slots=True)
class Examples:
    """What `main` knows of the examples.

    Args:
        lines: Of `main`, up to the parts.
        named: Whether each example is a file, whose names are in `names`.
        numbered: Whether rows have been left out, so that `numbered` has their numbers in the table.
    """

    facts: Facts
    file: File
    lines: list[str] = field(default_factory=list)
    named: bool = False
    numbered: bool = False

    def rows(self, variable: str, part: str) -> str:
        """A part of an array, or of arrays by name."""
        several = {"x": not self.facts.single_input, "y": len(self.outputs) > 1, "weights": len(self.outputs) > 1}
        texts = any(given.dtype == "string" for given in self.facts.spec.document.inputs.values())
        if texts:
            self.file.imports.add("tensorflow as tf")
        if not several.get(variable, False):
            return f"tf.constant({variable}[{part}])" if texts and variable == "x" else f"{variable}[{part}]"
        self.file.helpers["take"] = _TAKE_TEXTS if texts else _TAKE
        return f"take({variable}, {part})"

    @property
    def first(self) -> str:
        """An array that has as many rows as there are examples."""
        return _first(self.facts)

    @property
    def outputs(self) -> list[str]:
        return list(self._outputs)

    _outputs: dict[str, OutputSettings] = field(default_factory=dict)


def write_examples(
    facts: Facts, analysis: Analysis, file: File, folder: Path, outputs: Mapping[str, OutputSettings]
) -> Examples:
    """Writes the functions that read and divide the examples, and the lines of `main` that call them."""
    file.imports.add("numpy as np")
    examples = Examples(facts, file, _outputs=dict(outputs))
    targets = list(facts.targets.values())
    variables = [target.variable for target in targets]
    if facts.data.source == "synthetic":
        write_synthetic(facts, file, outputs)
        examples.lines.append(f"    {', '.join(['x', *variables])} = make_examples()")
    elif facts.data.source == "images":
        write_pictures(facts, file, folder)
        examples.named = True
        examples.lines.append(f"    {', '.join(['x', *variables, 'names'])} = read_examples()")
    else:
        table = (CsvTable if facts.data.source == "csv" else ColumnTable)(facts, file, folder)
        given = _write_reading(facts, file, table)
        examples.lines.append(f"    {', '.join(given)} = read_examples()")
        examples.numbered = "numbered" in given
    for target in targets:
        if target.constant and target.labels is not None:
            labels = target.labels.values if target.labels.kind != "boolean" else target.labels.names
            file.constants[target.constant] = series([literal(label) for label in labels], as_tuple=False)
    examples.lines += _encode(facts, analysis, outputs)
    examples.lines += _divide(facts, file)
    if facts.data.source not in ("images", "synthetic"):
        examples.lines += fill_lines(facts, file)
    return examples


def _write_reading(facts: Facts, file: File, table: Table) -> list[str]:
    """Writes `read_examples`; gives the variables that it returns."""
    document = facts.spec.document
    made = {}
    for name, given in document.inputs.items():
        columns = facts.inputs[name]
        shape = facts.array(name).shape[1:]
        natural: tuple[int, ...] = (len(columns),)
        if given.dtype == "string":
            value = table.texts(columns)
        else:
            value = table.numbers(columns)
            dtype = "float32" if given.dtype == "bfloat16" else given.dtype
            if not (isinstance(table, CsvTable) and table._dtype()):
                value += f".astype({'bool' if dtype == 'bool' else literal(dtype)})"
            if filled(facts, name):  # main goes on, once it is known which rows are trained on
                made[name] = table.numbers(columns) + (".astype(float)" if isinstance(table, ColumnTable) else "")
                continue
            if isinstance(table, ColumnTable) and len(columns) == 1:
                natural = facts.column(columns[0]).shape
        if tuple(shape) != natural:
            value += f".reshape({', '.join(['-1', *map(str, shape)])})"
        made[name] = value
    lines = ["def read_examples():", f'    """{_told(facts)}"""', *table.lines]
    if len(made) == 1:
        lines.append(f"    x = {next(iter(made.values()))}")
    else:
        lines.append("    x = {" + ", ".join(f'"{name}": {value}' for name, value in made.items()) + "}")
    returned = ["x"]
    for target in facts.targets.values():
        raw = table.raw(target.columns[0]) if len(target.columns) == 1 else table.numbers(target.columns)
        lines.append(f"    {target.variable} = {raw}")
        returned.append(target.variable)
    for column in dict.fromkeys(facts.weights.values()):
        value = table.raw(column)
        value = value[:-1] + ', "float32")' if value.startswith("np.array([") else f'{value}.astype("float32")'
        lines.append(f"    {_weight(column)} = {value}")
        returned.append(_weight(column))
    by, stratify = facts.data.split.by, facts.data.split.stratify
    if by is not None:
        lines.append(f"    part = {table.raw(by)}")
    if any("complete = " in line for line in lines):
        returned.append("np.flatnonzero(complete) + 1")
    if by is not None or any("part +=" in line for line in lines):
        returned.append("part" if by is not None else "np.array(part)")
    own = {target.columns[0] for target in facts.targets.values()}
    if isinstance(stratify, str) and stratify not in own:
        lines.append(f"    classes = {table.raw(stratify)}")
        returned.append("classes")
    file.helpers["read_examples"] = [*lines, f"    return {', '.join(returned)}"]
    return ["numbered" if "complete" in name else name.removeprefix("np.array(").removesuffix(")") for name in returned]


def _told(facts: Facts) -> str:
    names = [target.columns[0] if len(target.columns) == 1 else target.name for target in facts.targets.values()]
    return f"The inputs, and {' and '.join(f'`{name}`' for name in names)}, in the order of the table."


def _weight(column: str) -> str:
    return f"{identifier(column)}_weights"


def _encode(facts: Facts, analysis: Analysis, outputs: Mapping[str, OutputSettings]) -> list[str]:
    """The targets in the form that the losses take."""
    made = {}
    train = facts.dataset.parts["train"]
    for name, settings in outputs.items():
        shape = analysis.types.tensor(analysis.graph.outputs[name]).shape or ()
        if settings.loss is None or name not in facts.targets:
            made[name] = f'np.zeros(len({_first(facts)}), "float32")'
            continue
        target = facts.targets[name]
        form = target_form(settings)
        value = encoded(target, train.targets[name], form, len(shape))
        if facts.data.source == "synthetic" and len(shape) > 2:
            value = _spread(facts, value, form, shape[1:], target.variable)
        made[name] = value
    if len(made) == 1:
        return [f"    y = {next(iter(made.values()))}"]
    return ["    y = {" + ", ".join(f'"{name}": {value}' for name, value in made.items()) + "}"]


def _first(facts: Facts) -> str:
    return "x" if facts.single_input else f'x["{next(iter(facts.spec.document.inputs))}"]'


def _spread(facts: Facts, value: str, form: str, shape: tuple[int | None, ...], variable: str) -> str:
    """A synthetic target, one value an example, repeated at every position that its output answers at."""
    if None in shape:
        facts.refuse("make synthetic targets for positions whose number is open", ("data",))
    ones = ["1"] * (len(shape) - 1)
    last = [] if form == "integer" else ["1" if form in ("binary", "values") else str(shape[-1])]
    sizes = [*map(str, shape[:-1]), *last]
    flat = value.removesuffix(".reshape(-1, 1)")
    whole = ", ".join([f"len({variable})", *sizes])
    return f"np.broadcast_to({flat}.reshape({', '.join(['-1', *ones, *last])}), ({whole}))"


def _divide(facts: Facts, file: File) -> list[str]:
    parts = ", ".join(facts.parts)
    split = facts.data.split
    if len(facts.parts) == 1:
        return [f"    train = np.arange(len({_first(facts)}))"]
    given = getattr(facts.data, facts.data.source)
    by_files = isinstance(getattr(given, "path", given), dict)
    if split.by is not None or by_files:
        stated = split.model_fields_set & {"validation", "test"} if by_files else set()
        if stated:
            facts.refuse("draw parts where there are files for each split", ("data", "split"))
        if by_files or _plain_words(facts):
            names = ", ".join(map(literal, facts.parts))
            return [f"    {parts} = [np.flatnonzero(part == name) for name in ({names})]"]
        return by_column(facts)
    if not split.stratify:
        name = by_fractions(facts, file, stratified=False)
        return [f"    {parts} = {name}(len({_first(facts)}))"]
    column = split.stratify
    targets = list(facts.targets.values())
    classes = next((t.variable for t in targets if column is True or t.columns == [column]), "classes")
    return [f"    {parts} = {by_fractions(facts, file, stratified=True)}({classes})"]


def _plain_words(facts: Facts) -> bool:
    """Whether a `by` column says just the parts' own names."""
    return set(facts.column(facts.data.split.by or "").classes) <= set(facts.parts)
