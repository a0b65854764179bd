"""The source `synthetic`: examples made by seed to fit a model's inputs and outputs, for trying a spec without data.

Numbers of an input are standard normal; whole numbers are 0 to 9, those of `uint8` 0 to 255; text is a word. Targets
are a fixed random function of the inputs, so that there is something to learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.data.randomness import SYNTHETIC, generator
from kspec.data.sources.read_request import Request
from kspec.data.table import Column, Table
from kspec.data.types import InputSpec, OutputSpec
from kspec.diagnostics import codes
from kspec.language.data import Synthetic

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

UNKNOWN_LENGTH = 32
"""What stands for a length that the spec leaves open."""
MAX_BYTES = 1 << 30
WORDS = ("red", "green", "blue", "small", "large", "round", "square", "old", "new", "fast", "slow", "warm")
NOISE = 0.1


def read(given: Synthetic, request: Request) -> Table | None:
    """A column for each input and output, of their names."""
    import numpy

    context = request.context
    count = given.examples
    size = 4 * count * sum(_size(takes) for takes in request.inputs.values())
    if size > MAX_BYTES:
        fewer = max(1, count * MAX_BYTES // size)
        context.error(codes.EMPTY_SPLIT, f"{count} synthetic examples of these inputs take {size / 2**30:.1f} GiB",
                      context.source_path, help=f"write `synthetic: {{examples: {fewer}}}`")  # fmt: skip
        return None
    columns: dict[str, Column] = {}
    features = []
    for number, (name, takes) in enumerate(request.inputs.items()):
        values, seen = _example_values(takes, count, generator(request.seed, SYNTHETIC, number))
        columns[name] = _column(name, values)
        features.append(seen)
    told = numpy.concatenate(features, axis=1)
    for number, name in enumerate(request.outputs, start=len(columns)):
        answer = request.answers.get(name, OutputSpec())
        chance = generator(request.seed, SYNTHETIC, number)
        columns[name] = _column(name, _target(told, answer, given.classes, chance))
    return Table(columns, count)


def _size(takes: InputSpec) -> int:
    size = 1
    for length in takes.shape:
        size *= length or UNKNOWN_LENGTH
    return size


def _column(name: str, values: Array) -> Column:
    import numpy

    missing = numpy.zeros(len(values), bool)
    if values.ndim > 1:
        return Column(name, "array", values, missing)
    kinds = {"f": "float", "i": "integer", "u": "integer", "b": "boolean", "O": "text"}
    return Column(name, kinds[values.dtype.kind], values, missing)  # type: ignore[arg-type]


def _example_values(takes: InputSpec, count: int, chance: np.random.Generator) -> tuple[Array, Array]:
    """An input's values, shape (count, *shape), and what of them the targets depend on: float32, (count, size)."""
    import numpy

    shape = (count, *(length or UNKNOWN_LENGTH for length in takes.shape))
    values: Array
    numbers: Array
    if takes.dtype == "string":
        chosen = chance.integers(0, len(WORDS), shape)
        values, numbers = numpy.array(WORDS, dtype=object)[chosen], chosen
    elif takes.dtype == "bool":
        values = chance.integers(0, 2, shape).astype(bool)
        numbers = values
    elif "int" in takes.dtype:
        numbers = chance.integers(0, 256 if takes.dtype == "uint8" else 10, shape)
        values = numbers.astype(takes.dtype)
    else:
        values = chance.standard_normal(shape, dtype=numpy.float32)
        numbers = values
    return values, numbers.reshape(count, -1).astype(numpy.float32)


def _target(told: Array, answer: OutputSpec, classes: int, chance: np.random.Generator) -> Array:
    """Raw targets: values, shape (n,) or (n, units); one label an example, (n,); or 0 and 1, (n, units)."""
    import numpy

    units = answer.units or 1
    several = units > 1
    width = units if several or answer.task == "regression" else classes
    scores: Array = told @ chance.standard_normal((told.shape[1], width), dtype=numpy.float32)
    spread = scores.std(axis=0)
    scores = (scores - scores.mean(axis=0)) / numpy.where(spread > 0, spread, 1)
    if answer.task == "regression":
        values: Array = (scores + NOISE * chance.standard_normal(scores.shape)).astype(numpy.float32)
        return values if several else values.ravel()
    if answer.task == "multilabel_classification":
        return numpy.asarray(scores > 0, dtype=numpy.int64)
    if answer.task == "binary_classification" or width == 2:
        return numpy.asarray(scores[:, 0] > 0, dtype=numpy.int64)
    return numpy.asarray(scores.argmax(axis=1))
