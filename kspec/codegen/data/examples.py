"""The code that gets the examples: read, encoded, divided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kspec.analysis.program import Analysis
from kspec.analysis.settings import OutputSettings
from kspec.codegen.data.dataset_info import Facts, answer_shape, encoded
from kspec.codegen.data.images import Pictures
from kspec.codegen.data.imputation import fill_lines
from kspec.codegen.data.reading import Reading
from kspec.codegen.data.splitting import divide
from kspec.codegen.data.synthetic import write_synthetic
from kspec.codegen.text.literals import literal, series
from kspec.codegen.text.module_writer import File

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
        facts: Of what is trained on.
        others: Other data, by the step that uses it: `evaluate`, `predict`.
        lines: Of `main`, up to the parts.
        numbered: The data, by suffix, of which rows have been left out, so that `numbered` has their numbers.
    """

    facts: Facts
    file: File
    analysis: Analysis
    settings: Mapping[str, OutputSettings]
    others: dict[str, Facts] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    numbered: set[str] = field(default_factory=set)
    returned: dict[str, list[str]] = field(default_factory=dict)
    """By suffix, what the function that reads gives, as `main` calls it."""

    def rows(self, variable: str, part: str) -> str:
        """A part of an array, or of arrays by name."""
        several = {"x": not self.facts.single_input, "y": len(self.outputs) > 1, "weights": len(self.outputs) > 1}
        texts = self._has_texts()
        if not several.get(variable, False):
            return f"tf.constant({variable}[{part}])" if texts and variable == "x" else f"{variable}[{part}]"
        self.file.helpers["take"] = _TAKE_TEXTS if texts else _TAKE
        return f"take({variable}, {part})"

    def all_rows(self, facts: Facts) -> str:
        """All inputs of other data."""
        x = facts.named("x")
        if not self._has_texts():
            return x
        return f"tf.constant({x})" if facts.single_input else self.rows("x", "...").replace("(x,", f"({x},")

    def _has_texts(self) -> bool:
        texts = any(given.dtype == "string" for given in self.facts.spec.document.inputs.values())
        if texts:
            self.file.imports.add("tensorflow as tf")
        return texts

    def other_lines(self, step: str, *, targets: bool) -> list[str]:
        """The lines of `main` that get the other data of a step; none where a step before has got the same.

        Args:
            targets: Whether they are encoded, too.
        """
        facts = self.others[step]
        lines = []
        if facts.suffix in self.returned:
            lines.append(f"    {', '.join(self.returned.pop(facts.suffix))} = read_{facts.suffix}()")
            lines += fill_lines(facts, self.file)
        return lines + (self.encode(facts) if targets else [])

    def encode(self, facts: Facts) -> list[str]:
        """The targets in the form that the losses take."""
        made = {}
        for name, settings in self.settings.items():
            shape = self.analysis.types.tensor(self.analysis.graph.outputs[name]).shape or ()
            if settings.loss is None or name not in facts.targets:
                made[name] = f'np.zeros(len({facts.first}), "float32")'
                continue
            target = facts.targets[name]
            form = settings.target_form
            variable = facts.named(target.variable)
            value = encoded(target, variable, facts.part.targets[name], form, len(shape))
            if facts.source == "synthetic" and len(shape) > 2:
                shape = answer_shape(facts, self.analysis.graph, name) if None in shape[1:] else shape
                value = _spread(facts, value, form, shape[1:], variable)
            made[name] = value
        if len(made) == 1:
            return [f"    {facts.named('y')} = {next(iter(made.values()))}"]
        return [f"    {facts.named('y')} = {{" + ", ".join(f'"{n}": {value}' for n, value in made.items()) + "}"]

    @property
    def outputs(self) -> list[str]:
        return list(self.settings)


def write_examples(facts: Facts, others: Mapping[str, Facts], analysis: Analysis, file: File, folder: Path,
                   outputs: Mapping[str, OutputSettings]) -> Examples:  # fmt: skip
    """Writes the functions that read and divide the examples, and the lines of `main` that call them.

    Args:
        others: Other data, by the step that uses it.
        folder: Where the Python file will lie.
    """
    file.imports.add("numpy as np")
    examples = Examples(facts, file, analysis, outputs, dict(others))
    distinct = list({each.suffix: each for each in others.values()}.values())
    reading, pictures = Reading([facts, *distinct], file, folder), Pictures(file, folder)
    for each in (facts, *distinct):
        name = f"read_{each.suffix or 'examples'}"
        if each.source == "synthetic":
            name = "make_examples"
            given = write_synthetic(each, file, outputs)
        elif each.source == "images":
            given = pictures.write(each, name)
        else:
            given = reading.write(each, name)
        examples.returned[each.suffix] = [each.named(variable) for variable in given]
        if "numbered" in given:
            examples.numbered.add(each.suffix)
        if not each.suffix:
            examples.lines.append(f"    {', '.join(examples.returned.pop(''))} = {name}()")
    for target in facts.targets.values():
        if target.constant and target.labels is not None:
            labels = target.labels.values if target.labels.kind != "boolean" else target.labels.names
            file.constants[target.constant] = series([literal(label) for label in labels], as_tuple=False)
    examples.lines += examples.encode(facts)
    examples.lines += divide(facts, file)
    if facts.source not in ("images", "synthetic"):
        examples.lines += fill_lines(facts, file)
    return examples


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
