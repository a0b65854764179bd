"""How a target becomes what the loss of its output takes, and how its classes are named.

A `TargetEncoding` is built once, from the labels of the data and the settings and shape of the output. Training,
evaluation, class weights, predictions, confusion matrices and checks all read it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kspec.analysis.settings import OutputSettings
from kspec.analysis.task_inference import BINARY_LOSSES, FREE_FORM_LOSSES, loss_name
from kspec.data.lists.padding import ListPlan, mark_padding
from kspec.data.storage.mapped_arrays import by_rows
from kspec.data.targets.labels import Labels
from kspec.data.targets.odd_values import OddValue, odd_word, third_value
from kspec.data.targets.text_encoding import TextEncoder
from kspec.data.targets.units import scaled
from kspec.data.types import DataSplit
from kspec.diagnostics import Path, Report, codes
from kspec.language import Spec

Array = np.ndarray[Any, Any]
Shape = tuple[int | None, ...]

HINGE_LOSSES = frozenset({"Hinge", "SquaredHinge"})


@dataclass(frozen=True, slots=True)
class TargetEncoding:
    """The classes of a target, and the form in which the loss takes it.

    Args:
        settings: The settings of the output.
        shape: The output's shape for one example; None for open lengths.
        labels: The classes of the output, one for each unit; None if the target is no classes.
        columns: The columns of the target.
        is_known: Whether the shape is known; if not, `shape` is that of an output with one prediction.
        vocabulary: The labels that occur in the data, even if the output predicts no classes.
        lists: How the lists of its target become arrays; None if the target is no lists.
        encoder: What encodes the texts of its target; None if they are none, or the model is not built.
    """

    settings: OutputSettings
    shape: Shape
    labels: Labels | None
    columns: tuple[str, ...] = ()
    is_known: bool = True
    vocabulary: Labels | None = None
    lists: ListPlan | None = None
    encoder: TextEncoder | None = None

    @classmethod
    def of(
        cls,
        settings: OutputSettings,
        shape: Shape | None,
        labels: Labels | None,
        columns: Sequence[str] = (),
        lists: ListPlan | None = None,
    ) -> TargetEncoding:
        """The encoding of a target.

        Args:
            settings: The settings of the output.
            shape: The output's shape for one example; None if unknown.
            labels: The labels that occur in the data.
            columns: The columns of the target.
            lists: How the lists of the target become arrays.
        """
        is_known = shape is not None
        shape = (settings.head.units,) if shape is None else shape
        vocabulary = labels
        is_encoded = lists is not None and lists.through is not None
        if settings.task == "regression" and not is_encoded:
            labels = None
        if labels is not None and not is_encoded:
            by_unit = settings.task == "multiclass_classification"
            labels = labels.of_units((shape[-1] if shape else 1) if by_unit else 2)
        return cls(settings, shape, labels, tuple(columns), is_known, vocabulary, lists)

    @property
    def predicts_positions(self) -> bool:
        """Whether the output predicts at several positions."""
        return len(self.shape) > 1

    @property
    def weighs_columns(self) -> bool:
        """Whether the class weights differ between the columns of an example."""
        return self.settings.weighs_columns

    @property
    def is_free_form(self) -> bool:
        """Whether the loss takes targets of another form than its predictions."""
        return loss_name(self.settings.loss) in FREE_FORM_LOSSES

    def encode(self, raw: Array) -> Array:
        """Encodes a raw target for the loss.

        Args:
            raw: As in `DataSplit.targets`.

        Returns:
            `integer`: int32, a class for each example or position. Otherwise float32, in the shape of the output if the
            sizes agree: 0 and 1 (`binary`, `multi_label`), a row of 0 and 1 for each class (`one_hot`), or the values,
            on the scale of the target.

        Raises:
            UnknownLabel: If a value is no class.
            ValueError: If the target cannot take the form, such as text as values.
        """
        form, labels = self.settings.target_form, self.labels
        if self.is_free_form and labels is not None:
            return labels.indices(raw)
        if form == "values" or self.is_free_form:
            if raw.dtype.kind not in "fiub":
                raise ValueError("text is not a number")
            scaling = self.settings.scaling
            return self._in_shape((raw if scaling is None else scaled(raw, scaling)).astype(np.float32))
        if self.has_column_for_each_class(raw):
            if form == "integer":
                classes: Array = raw.argmax(axis=-1).astype(np.int32)
                return classes
            return self._in_shape(raw.astype(np.float32))
        if labels is None and form not in ("integer", "one_hot"):
            if raw.dtype.kind not in "fiub":
                raise ValueError("text is not a number")
            return self._in_shape(raw.astype(np.float32))
        self._check_labels()
        numbers = _class_numbers(raw) if labels is None else labels.indices(raw)
        if form == "integer":
            return reshaped(numbers, self.shape[:-1])
        if form == "one_hot":
            count = len(labels.names) if labels is not None else int(numbers.max(initial=-1)) + 1
            count = max(count, self.shape[-1] or 0)  # a unit that no label has
            numbers = reshaped(numbers, self.shape[:-1])
            return np.asarray(np.eye(count, dtype=np.float32)[numbers])
        return self._in_shape(numbers.astype(np.float32))

    def encode_rows(self, raw: Array) -> Array:
        """As `encode`; piece by piece, where the form of a piece does not depend on the rest."""
        if self.settings.target_form == "one_hot" and self.labels is None:
            return self.encode(raw)
        return by_rows(self.encode, raw)

    def classes(self, raw: Array, positions: Array | None = None) -> Array:
        """The class of each example, position or column, as an index of `labels.names`; -1 for an ignored label.

        Args:
            raw: As in `DataSplit.targets`; the target has labels.
            positions: Which of its positions are real, as in `DataSplit.positions`; the others are -1. None if all are.
        """
        assert self.labels is not None
        classes = np.where(self.labels.is_ignored(raw), -1, self.labels.indices(raw))
        if positions is not None:
            classes = mark_padding(classes, positions)
        by_unit = self.settings.task == "multiclass_classification"
        return reshaped(classes, self.shape[:-1] if by_unit else self.shape)

    def names(self, width: int) -> list[str]:
        """A name for each unit of a multi-class output: the label, or the number of a unit beyond the last label.

        Args:
            width: The number of units.
        """
        names = self.labels.names if self.labels is not None else []
        if not names:
            return self.suffixes(width)
        return [*names[:width], *map(str, range(len(names), width))]

    def suffixes(self, width: int) -> list[str]:
        """A name for each value of an example: the column of the target, or a number.

        Args:
            width: The number of values.
        """
        return list(self.columns) if len(self.columns) == width else [str(i) for i in range(width)]

    def spelled(self, raw: Array, column: int = 0) -> list[str] | Array:
        """The labels of a column as predictions spell them; other numbers stay as they are.

        Args:
            raw: Its values, shape (n,).
            column: Its number among several.
        """
        if self.labels is None:
            return raw
        labels = self.labels.of_column(column)
        return [labels.text(value) for value in raw.tolist()]

    def has_column_for_each_class(self, raw: Array) -> bool:
        """Whether the last axis of a raw target is a column for each class, as in one-hot rows."""
        if self.labels is not None:
            return self.labels.kind == "column"
        is_exclusive = self.settings.target_form in ("integer", "one_hot")
        return is_exclusive and raw.ndim == len(self.shape) + 1 and raw.shape[-1] > 1

    def _check_labels(self) -> None:
        labels = self.labels
        if labels is None:
            return
        if self.settings.target_form in ("binary", "multi_label") and len(labels.names) > 2:
            raise ValueError(f"{len(labels.names)} classes are too many for a binary target")
        if labels.are_numbers and not labels.identity and not self._is_signed():
            units = self.shape[-1] if self.settings.task == "multiclass_classification" else 2
            raise ValueError(
                f"its labels are {', '.join(labels.names[:5])}{' …' if len(labels.names) > 5 else ''}, "
                f"and the classes are numbered from 0 to {(units or 2) - 1}"
            )

    def _is_signed(self) -> bool:
        """Whether the labels are -1 and 1, which hinge losses take."""
        assert self.labels is not None
        return loss_name(self.settings.loss) in HINGE_LOSSES and set(self.labels.values) <= {-1, 1}

    def _in_shape(self, values: Array) -> Array:
        """The values in the shape of the output, if the sizes agree; else unchanged, but (n,) becomes (n, 1)."""
        values = values if self.is_free_form else reshaped(values, self.shape or (1,))
        return values.reshape(-1, 1) if values.ndim == 1 else values


def reshaped(values: Array, shape: Shape) -> Array:
    """An array with examples of this shape, if the sizes agree; else unchanged.

    A single value for each example does not make an open length 1.

    Args:
        values: Shape (n, …).
        shape: The wanted shape of an example; None for open lengths.
    """
    own = values.shape[1:]
    if len(own) == len(shape) and all(want in (None, has) for want, has in zip(shape, own, strict=True)):
        return values
    fixed = math.prod(length for length in shape if length is not None)
    size, unknown = math.prod(own), shape.count(None)
    if unknown == 0 and fixed == size:
        return values.reshape(len(values), *shape)
    if unknown == 1 and fixed and size % fixed == 0 and size > fixed:
        return values.reshape(len(values), *(size // fixed if length is None else length for length in shape))
    return values


def _class_numbers(raw: Array) -> Array:
    """The classes of numbers such as 0.0, 1.0, 2.0."""
    classes = raw.astype(np.int32)
    if (classes != raw).any() or (classes < 0).any():
        raise ValueError("classes must be integers from 0")
    return classes


def target_encodings(
    outputs: Mapping[str, OutputSettings],
    shapes: Mapping[str, Shape | None],
    labels: Mapping[str, Labels],
    columns: Mapping[str, Sequence[str]],
    lists: Mapping[str, Mapping[str, Any]] | None = None,
    encoders: Mapping[str, TextEncoder] | None = None,
) -> dict[str, TargetEncoding]:
    """The encoding of each output's target.

    Args:
        outputs: By output, its settings.
        shapes: By output, its shape, including the batch axis; None if unknown.
        labels: By output, the labels of its target.
        columns: By output, the columns of its target.
        lists: By input and output that takes lists, the plan of these, as plain JSON.
        encoders: By output whose target is texts, what encodes them.
    """
    encodings = {}
    for name, settings in outputs.items():
        shape = shapes.get(name)
        example = None if shape is None else shape[1:]
        plan = ListPlan.from_json(lists[name]) if lists and name in lists else None
        encoding = TargetEncoding.of(settings, example, labels.get(name), columns.get(name, ()), plan)
        encodings[name] = replace(encoding, encoder=(encoders or {}).get(name))
    return encodings


def encode_targets(split: DataSplit, encodings: Mapping[str, TargetEncoding]) -> dict[str, Array]:
    """The encoded targets of a split, for outputs that have a loss and a target.

    Args:
        split: The examples.
        encodings: By output, the encoding of its target.

    Returns:
        By output, an array of shape (n, …).

    Raises:
        TargetMismatch: If a loss cannot take its target.
    """
    encoded = {}
    for name, encoding in encodings.items():
        if encoding.settings.loss is None or name not in split.targets:
            continue
        if encoding.lists is not None and encoding.lists.through is not None and encoding.labels is None:
            continue  # its layer is not built yet
        try:
            encoded[name] = encoding.encode_rows(split.targets[name])
            if name in split.positions:
                by_zero = encoding.is_free_form
                encoded[name] = mark_padding(encoded[name], split.positions[name], by_zero=by_zero)
        except ValueError as error:
            odd = _odd_value(encoding, split)
            raise TargetMismatch(name, encoding.settings, encoding.vocabulary, error, odd) from error
    return encoded


def _odd_value(encoding: TargetEncoding, split: DataSplit) -> OddValue | None:
    """The single value that makes a target unfit; None if there is none."""
    raw, columns, labels = split.targets[encoding.settings.name], encoding.columns, encoding.vocabulary
    if encoding.settings.target_form in ("binary", "multi_label") and raw.ndim == 2 and raw.shape[1] == len(columns):
        return third_value(columns, raw, split.rows)
    if labels is None or raw.ndim != 1 or len(columns) != 1:
        return None
    return odd_word(columns[0], raw, split.rows, labels.names)


class TargetMismatch(ValueError):
    """A target that a loss cannot take.

    Args:
        name: The output.
        settings: Its settings.
        labels: The vocabulary of its target, if it has one.
        error: Why the target cannot be encoded.
        odd: The value that is at fault; None if it is not a single one.
    """

    def __init__(
        self, name: str, settings: OutputSettings, labels: Labels | None, error: ValueError, odd: OddValue | None = None
    ) -> None:
        super().__init__(f"the target of `{name}` does not fit the loss `{loss_name(settings.loss)}`: {error}")
        self.name = name
        self.settings = settings
        self.labels = labels
        self.error = error
        self.odd = odd

    def report(self, spec: Spec, report: Report) -> None:
        """Reports the mismatch at the loss or, if the spec omits it, at the target."""
        loss = spec.document.compile.loss
        is_default = loss is None or (isinstance(loss, dict) and loss.get(self.name, ...) is None)
        path: Path = ("data", "targets") if is_default else ("compile", "loss")
        own = (*path, self.name)
        path = own if own in spec.positions.values else path
        message = (
            f"the target of `{self.name}` does not fit the loss `{loss_name(self.settings.loss)}`"
            + (", which kspec filled in" if is_default else "")
            + f": {self.error if self.odd is None else self.odd.text}"
        )
        help = (
            self.odd.help
            if self.odd
            else self._help(is_default=is_default, task_declared=spec.document.task is not None)
        )
        report.error(codes.INCOMPATIBLE_DATA_TYPE, message, spec.positions.value(path), help=help)

    def _help(self, *, is_default: bool, task_declared: bool) -> str:
        """What to write instead: the head, loss and task for the classes of the target."""
        settings, labels = self.settings, self.labels
        if settings.target_form not in ("values", "binary", "multi_label"):
            return "for numbers that are not classes, use a linear output and `mean_squared_error`"
        if labels is None:
            return "for one column of labels, use a softmax output and `sparse_categorical_crossentropy`"
        count = len(labels.names)
        task, loss = "binary_classification", "binary_crossentropy"
        units, activation = "one unit", "sigmoid"
        if count > 2:
            task, loss = "multiclass_classification", "sparse_categorical_crossentropy"
            units, activation = f"{count} units", "softmax"
        changes = []
        wanted = 1 if count <= 2 else count
        is_loss_right = count <= 2 and loss_name(settings.loss) in BINARY_LOSSES and settings.head.units == 1
        if is_loss_right and task_declared and settings.task != task:
            return f"for the 2 classes of `{self.name}`, write `task: {task}`"
        if (settings.head.activation, settings.head.units) != (activation, wanted):
            changes.append(f"end `{self.name}` with {units} and `activation: {activation}`")
        if task_declared and settings.task != task:
            changes.append(f"write `task: {task}`")
        if not is_default and loss_name(settings.loss) != loss_name(loss):
            changes.append(f"write the loss `{loss}`")
        return f"for the {count} classes of `{self.name}`, " + ", and ".join(changes or [f"write the loss `{loss}`"])
