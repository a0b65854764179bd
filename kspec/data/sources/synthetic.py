"""The source `synthetic`: random examples that fit the inputs and outputs, to try a spec without data.

Floats are standard normal, integers 0 to 9 (`uint8`: 0 to 255), texts are words; where a layer takes indices or states
a vocabulary, the values are of these. Targets are a fixed random function of the inputs, so that there is something to
learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.analysis.input_values import known_values
from kspec.analysis.per_output import minimized_outputs, untrained_outputs
from kspec.data.network_specs import InputSpec, OutputSpec
from kspec.data.randomness import SYNTHETIC, generator
from kspec.data.sources.read_request import Request
from kspec.data.table import Column, Table
from kspec.diagnostics import codes
from kspec.language.byte_sizes import bytes_text
from kspec.language.data import Synthetic

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

UNKNOWN_LENGTH = 32
"""The length of an axis that the spec leaves open."""
NUMBER_BYTES, TEXT_BYTES, TARGET_BYTES = 24, 80, 24
"""The memory of a number and of a text of an input, and of a score of a target."""
WORDS = ("red", "green", "blue", "small", "large", "round", "square", "old", "new", "fast", "slow", "warm")
NOISE = 0.1
FEW = 20
"""Classes with fewer examples than this are spread evenly, so that each split has some of each."""
POSITIVE_LOSSES = frozenset({"Poisson", "MeanSquaredLogarithmicError"})
"""Losses of targets that are not negative."""
MAX_LABELS = 4
"""The length of a sequence of labels, for CTC."""


def read(setting: Synthetic, request: Request) -> Table | None:
    """Generates a column for each input and output, under its name."""
    import numpy

    context = request.context
    count = setting.examples
    size, limit = count * _bytes_each(setting, request), context.limits.memory
    if size > limit:
        message = f"{count:,} synthetic examples take about {bytes_text(size)} of memory, more than the limit of "
        fewer = int(count * limit / size)
        help = f"set `synthetic: {{examples: {fewer}}}`" if fewer else "the inputs or outputs are too large"
        context.error(codes.DATA_TOO_LARGE, message + bytes_text(limit), context.source_path, help=help)
        return None
    columns: dict[str, Column] = {}
    features = []
    known = {} if request.values is None else known_values(request.values.graph)
    for number, (name, takes) in enumerate(request.inputs.items()):
        random = generator(request.seed, SYNTHETIC, number)
        values, numbers = _example_values(takes, count, random, known.get(name))
        columns[name] = _column(name, values)
        features.append(numbers)
    signal = numpy.concatenate(features, axis=1)
    loss = context.spec.document.compile.loss
    without = minimized_outputs(loss, request.outputs) | untrained_outputs(loss, request.outputs)
    for number, name in enumerate(request.outputs, start=len(columns)):
        if name in without:
            continue
        output_spec = request.output_specs.get(name, OutputSpec())
        random = generator(request.seed, SYNTHETIC, number)
        columns[name] = _column(name, _target(signal, output_spec, setting.classes, random))
    return Table(columns, count)


def _bytes_each(setting: Synthetic, request: Request) -> int:
    """The memory of an example, while it is made and looked at."""
    size = sum(_size(takes) * (TEXT_BYTES if takes.dtype == "string" else NUMBER_BYTES)
               for takes in request.inputs.values())  # fmt: skip
    for name in request.outputs:
        units = request.output_specs.get(name, OutputSpec()).units or 1
        size += TARGET_BYTES * max(units, setting.classes)
    return size


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


def _example_values(
    takes: InputSpec, count: int, random: np.random.Generator, known: int | list[Any] | None
) -> tuple[Array, Array]:
    """The values of an input, shape (count, *shape), and the numbers that targets depend on, (count, size).

    Args:
        takes: The input.
        count: The number of examples.
        random: Draws the values.
        known: The number of indices that its layers take, or the values that they know; None for any values.
    """
    import numpy

    shape = (count, *(length or UNKNOWN_LENGTH for length in takes.shape))
    values: Array
    numbers: Array
    if isinstance(known, list):
        numbers = random.integers(0, len(known), shape)
        values = numpy.array(known, dtype=object if takes.dtype == "string" else takes.dtype)[numbers]
    elif known is not None and takes.dtype not in ("string", "bool"):
        numbers = random.integers(0, known, shape)
        values = numbers.astype(takes.dtype)
    elif takes.dtype == "string":
        chosen = random.integers(0, len(WORDS), shape)
        values, numbers = numpy.array(WORDS, dtype=object)[chosen], chosen
    elif takes.dtype == "bool":
        values = random.integers(0, 2, shape).astype(bool)
        numbers = values
    elif "int" in takes.dtype:
        numbers = random.integers(0, 256 if takes.dtype == "uint8" else 10, shape)
        values = numbers.astype(takes.dtype)
    else:
        values = random.standard_normal(shape, dtype=numpy.float32)
        numbers = values
    return values, numbers.reshape(count, -1).astype(numpy.float32)


def _target(signal: Array, output_spec: OutputSpec, classes: int, random: np.random.Generator) -> Array:
    """Raw targets: values, shape (n,) or (n, units); one label per example, (n,); 0 and 1, (n, units); or labels in
    sequence, (n, labels).
    """
    import numpy

    units = output_spec.units or 1
    several = units > 1
    width = units if several or output_spec.task == "regression" else classes
    if output_spec.loss == "CTC":
        width = label_count(output_spec)
    scores: Array = signal @ random.standard_normal((signal.shape[1], width), dtype=numpy.float32)
    spread = scores.std(axis=0)
    scores = (scores - scores.mean(axis=0)) / numpy.where(spread > 0, spread, 1)
    if output_spec.loss == "CTC":  # label 0 is the blank
        return numpy.asarray(1 + numpy.clip((scores + 2) / 4 * (units - 1), 0, units - 2).astype(numpy.int64))
    if output_spec.task == "regression":
        values: Array = (scores + NOISE * random.standard_normal(scores.shape)).astype(numpy.float32)
        values = numpy.abs(values) if output_spec.loss in POSITIVE_LOSSES else values
        return values if several else values.ravel()
    if output_spec.task == "multilabel_classification":
        return numpy.asarray(scores > 0, dtype=numpy.int64)
    if output_spec.task == "binary_classification" or width == 2:
        return numpy.asarray(scores[:, 0] > 0, dtype=numpy.int64)
    labels: Array = scores.argmax(axis=1)
    if numpy.bincount(labels, minlength=width).min() < FEW:
        labels = scores[:, 0].argsort().argsort() * width // len(scores)
    return labels


def label_count(output_spec: OutputSpec) -> int:
    """The length of a sequence of labels for the loss CTC: at most half the output's steps, to fit any labels."""
    return max(1, min(MAX_LABELS, (output_spec.steps or UNKNOWN_LENGTH) // 2))
