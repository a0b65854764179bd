"""Columns → inputs of the network, as Keras operations: gaps are filled, and rows that cannot be used are found.

A row that `kspec predict` leaves out (a gap that nothing fills, an infinite number, an index that a layer does not
have) must not stop the others of its batch: its values become ones that the network takes, and its predictions become
NaN, the class -1 and the empty label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kspec.export.row_model.description import Description, RowInput, size_of

Tensor = Any
Fill = float | str | None
_LARGEST = 3.4028234663852886e38
"""Larger numbers count as infinite, in 64 bits, too, as Keras reads constants back in 32."""


class Features:
    """The inputs of a network, made of the columns of rows.

    Args:
        description: What the columns are.
        tensors: Keras tensors by column, or by input.
        by_column: Whether they are by column.

    Attributes:
        unusable: Which rows have no prediction, shape (batch,); None if all have one.
    """

    def __init__(self, description: Description, tensors: Mapping[str, Tensor], *, by_column: bool) -> None:
        self.unusable: Tensor | None = None
        self._description = description
        self._tensors = tensors
        self._by_column = by_column

    def inputs(self) -> dict[str, Tensor]:
        """The tensors that the network takes, by input, in its shapes and dtypes."""
        made = {name: self._input(each) for name, each in self._description.inputs.items()}
        for name, tensor in made.items():
            self._mark_by_limits(name, tensor)
        return {name: self._without_unusable(name, tensor) for name, tensor in made.items()}

    def _input(self, own: RowInput) -> Tensor:
        from keras import ops

        if own.has_indicators:
            parts = zip(own.columns, own.indicators, strict=True)
            values = ops.stack([self._part(name, own, is_gap=flag) for name, flag in parts], axis=-1)
            values = _in_shape(values, own.shape)
        else:
            values = self._filled(self._whole(own), own.values, own.shape, own)
        if own.dtype == "string":
            return values
        return ops.cast(self._integers(own, values) if own.is_integer else values, own.dtype)

    def _whole(self, own: RowInput) -> Tensor:
        """All columns of an input, in its shape."""
        from keras import ops

        if not self._by_column:
            return self._tensors[own.name]
        tensors = [self._tensors[name] for name in own.columns]
        if len(tensors) == 1:
            return _in_shape(tensors[0], own.shape)
        if all(len(tensor.shape) == 1 for tensor in tensors):
            return _in_shape(ops.stack(_alike(tensors), axis=-1), own.shape)
        flat = [ops.reshape(tensor, (-1, size_of(tensor.shape[1:]))) for tensor in _alike(tensors)]
        return _in_shape(ops.concatenate(flat, axis=-1), own.shape)

    def _part(self, name: str, own: RowInput, *, is_gap: bool) -> Tensor:
        """A column of an input, or the indicator of its gaps, as numbers of one dtype.

        Args:
            name: The column.
            own: The input.
            is_gap: Whether the indicator is wanted.
        """
        from keras import ops

        column = self._column(name, own)
        part = _is_gap(column) if is_gap else self._filled(column, [name], ())
        return ops.cast(part, "float64" if own.is_integer or own.dtype == "float64" else "float32")

    def _column(self, name: str, own: RowInput) -> Tensor:
        """The values of a column, with gaps.

        Args:
            name: The column.
            own: An input that is made of it.
        """
        if self._by_column or name in self._tensors:
            return self._tensors[name]
        inputs = self._description.inputs.values()
        taker = own if name in own.values else next(each for each in inputs if name in each.values)
        flat = self._tensors[taker.name]
        return flat[..., taker.values.index(name)] if len(flat.shape) > 1 else flat

    def _filled(
        self, values: Tensor, columns: Sequence[str], shape: Sequence[int | None], own: RowInput | None = None
    ) -> Tensor:
        """Values without gaps; rows of which a gap stays are marked.

        Args:
            values: Shape (batch, …) of all columns of an input, or of one column.
            columns: The columns.
            shape: The shape of the values without the batch.
            own: The input, if the values are all of its columns.
        """
        import numpy
        from keras import ops

        fills = [self._description.columns[name].fill for name in columns]
        if own is not None and (own.is_window or len(shape) == 0):
            shape = (len(columns),) if len(columns) > 1 else ()
        if values.dtype == "string":
            are_lists = any(self._description.columns[name].shape for name in columns)
            return values if are_lists else self._filled_texts(values, fills)  # the empty text pads lists
        if "int" in values.dtype or values.dtype == "bool":
            return values
        if len(set(fills)) == 1:
            can_fill: Any = fills[0] is not None
            fill: Any = float(fills[0] or 0.0)
        else:
            open_to = tuple(len(columns) // size_of(shape) if length is None else length for length in shape)
            can_fill = numpy.array([each is not None for each in fills]).reshape(open_to)
            fill = numpy.array([float(each or 0.0) for each in fills], values.dtype).reshape(open_to)
        is_gap = ops.isnan(values)
        # not `isfinite`: LiteRT's converter gets it wrong; nor the negation of `<=`, which TensorFlow makes a `>`
        is_infinite = ops.greater(ops.abs(values), _LARGEST)
        if can_fill is True:
            self._mark(is_infinite)
        elif can_fill is False:
            self._mark(ops.logical_or(is_gap, is_infinite))
        else:
            self._mark(ops.logical_or(ops.logical_and(is_gap, numpy.logical_not(can_fill)), is_infinite))
        return ops.where(ops.logical_or(is_gap, is_infinite), fill, values)

    def _filled_texts(self, values: Tensor, fills: Sequence[Fill]) -> Tensor:
        """Texts without gaps.

        Args:
            values: Shape (batch, …), of one column or of several along the last axis.
            fills: What a gap takes, by column.
        """
        from keras import ops

        is_gap = ops.equal(values, "")
        if len(set(fills)) == 1:
            if fills[0] is None:
                self._mark(is_gap)
                return values
            return ops.where(is_gap, fills[0], values)
        parts = [self._filled_texts(values[..., at : at + 1], [fill]) for at, fill in enumerate(fills)]
        return ops.concatenate(parts, axis=-1)

    def _integers(self, own: RowInput, values: Tensor) -> Tensor:
        """Whole numbers in the range of a dtype; rows with others are marked.

        Args:
            own: The input.
            values: Shape (batch, …).
        """
        import numpy
        from keras import ops

        if "int" in values.dtype or values.dtype == "bool":
            return values
        low, high = (0, 1) if own.dtype == "bool" else (numpy.iinfo(own.dtype).min, numpy.iinfo(own.dtype).max)
        in_range = ops.logical_and(ops.greater_equal(values, float(low)), ops.less_equal(values, float(high)))
        fits = ops.logical_and(in_range, ops.equal(values, ops.floor(values)))
        self._mark(ops.logical_not(fits))
        return ops.where(ops.logical_not(fits), 0.0, values)

    def _mark_by_limits(self, name: str, tensor: Tensor) -> None:
        """Marks the rows with a number or a text that a layer cannot take.

        Args:
            name: The input.
            tensor: Its values, shape (batch, …).
        """
        from keras import ops

        for limit in self._description.limits:
            if limit.source.name == name and tensor.dtype != "string":
                part = _selected(tensor, limit.selections)
                part = ops.cast(part, "int32") if part.dtype == "bool" else part
                part = part if "int" in part.dtype else ops.trunc(part)
                self._mark(ops.logical_or(ops.less(part, limit.lowest), ops.greater(part, limit.size - 1)))
        for lookup, known in self._description.closed:
            if lookup.source.name == name:
                self._mark(_unknown(_selected(tensor, lookup.selections), known))

    def _without_unusable(self, name: str, tensor: Tensor) -> Tensor:
        """Values that the network takes in place of those of marked rows.

        Args:
            name: The input.
            tensor: Its values, shape (batch, …).
        """
        from keras import ops

        limits = any(each.source.name == name for each in self._description.limits)
        closed = [known for lookup, known in self._description.closed if lookup.source.name == name]
        if self.unusable is None or not (limits or closed):
            return tensor
        bad = ops.reshape(self.unusable, (-1, *[1] * (len(tensor.shape) - 1)))
        harmless: Any = closed[0][0] if closed else 0
        return ops.where(bad, harmless, tensor)

    def _mark(self, bad: Tensor) -> None:
        """Marks the rows with a bad value; shape (batch, …)."""
        from keras import ops

        rows = ops.any(bad, axis=tuple(range(1, len(bad.shape)))) if len(bad.shape) > 1 else bad
        self.unusable = rows if self.unusable is None else ops.logical_or(self.unusable, rows)


def _alike(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Tensors of one dtype, that of the widest."""
    from keras import ops

    dtypes = {tensor.dtype for tensor in tensors}
    return list(tensors) if len(dtypes) == 1 else [ops.cast(tensor, "float64") for tensor in tensors]


def _in_shape(values: Tensor, shape: Sequence[int | None]) -> Tensor:
    """Values in the shape of an input, if they have another."""
    from keras import ops

    if len(values.shape) == len(shape) + 1 and None in shape:
        return values
    if tuple(values.shape[1:]) == tuple(shape):
        return values
    return ops.reshape(values, (-1, *(-1 if length is None else length for length in shape)))


def _is_gap(values: Tensor) -> Tensor:
    from keras import ops

    return ops.equal(values, "") if values.dtype == "string" else ops.isnan(values)


def _selected(tensor: Tensor, selections: Sequence[Any]) -> Tensor:
    for selection in selections:
        tensor = tensor[selection]
    return tensor


def _unknown(values: Tensor, known: Sequence[Any]) -> Tensor:
    """Which values are not among the known ones, in the shape of `values`."""
    import numpy
    from keras import layers, ops

    if values.dtype == "string":
        lookup = layers.StringLookup(vocabulary=[str(word) for word in known if word], mask_token=None)
        unknown = ops.equal(lookup(values), 0)
        return ops.logical_and(unknown, ops.not_equal(values, "")) if "" in known else unknown
    numbers = numpy.array([word for word in known if isinstance(word, int)], values.dtype)
    return ops.logical_not(ops.any(ops.equal(ops.expand_dims(values, -1), numbers), axis=-1))
