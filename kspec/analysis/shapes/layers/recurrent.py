"""Layers that read a sequence step by step, and their cells."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from kspec.analysis.shapes.broadcasting import agree, size_of
from kspec.analysis.shapes.layers.convolution import Kernel, output_size, too_small_error
from kspec.analysis.shapes.layers.shared import SPATIAL, Axes, known_size, number_shape, several, unknown
from kspec.analysis.shapes.registry import inner_call
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, InferredCall, Shape, ShapeError, TensorType, Weight
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text

GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}
"""Cell → the number of its gates, whose matrices lie side by side in one weight."""

RECURRENT = (*GATES, "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")


class Cell(NamedTuple):
    """One step of a recurrent layer, or several stacked cells.

    Args:
        units: The size of the output.
        states: The size of each state, in Keras's order.
        weights: Of all cells; None if unknown.
        flops: For one step; None if unknown.
    """

    units: Dim
    states: list[Dim]
    weights: list[Weight] | None
    flops: int | None


def cell_of(call: Call, size: Dim) -> Cell:
    """The cell of a call, for steps of `size` features.

    `h' = f(x W + h U + b)` with `W` of (features, gates * units), `U` of (units, gates * units) and `b` of
    (gates * units); a GRU that resets after the product has a bias for each of the two products.
    """
    if call.entry.name == "StackedRNNCells":
        stack = stack_of(call, call["cells"], size)
        assert stack is not None
        return stack
    kind, units = call.entry.name.removesuffix("Cell"), call["units"]
    states = [units] * (2 if kind == "LSTM" else 1)
    if units is None or size is None:
        return Cell(units, states, None, None)
    gates = GATES[kind] * units
    weights = [Weight((size, gates)), Weight((units, gates))]
    flops = 2 * (size + units) * gates
    if call["use_bias"]:
        weights.append(Weight((2, gates) if kind == "GRU" and call["reset_after"] else (gates,)))
        flops += weights[-1].size
    return Cell(units, states, weights, flops)


def stack_of(call: Call, values: Sequence[Any], size: Dim) -> Cell | None:
    """Stacked cells, each fed by the one before.

    Args:
        call: The call of the layer that contains the cells.
        values: The cells as written in the spec, in order.
        size: The features of a step of the input; None if unknown.

    Returns:
        The stack as one cell; None if a class is unknown or is not a cell.
    """
    units: Dim = size
    states: list[Dim] = []
    weights: list[Weight] | None = []
    flops: int | None = 0
    for value in values:
        inner = inner_call(call, value, [])
        if inner is None or not inner.entry.cell:
            return None
        cell = cell_of(inner, units)
        units = cell.units
        states += cell.states
        weights = None if weights is None or cell.weights is None else weights + cell.weights
        flops = None if flops is None or cell.flops is None else flops + cell.flops
    return Cell(units, states, weights, flops)


def recurrent(call: Call) -> InferredCall:
    """`(batch, steps, features) → (batch, units)`; the weights are the cell's.

    With `return_sequences` the output of each step, `(batch, steps, units)`; with `return_state` also each state,
    `(batch, units)`: one, or two for an LSTM.
    """
    shape = number_shape(call)
    if shape is None:
        return unknown(call, None)
    _check_rank(shape)
    _check_stateful(call, shape)
    size = known_size(2, shape)
    if call.entry.name != "RNN":
        cell: Cell | None = cell_of(call, size)
    else:
        cells = call["cell"] if isinstance(call["cell"], list) else [call["cell"]]
        cell = stack_of(call, cells, size)
    if cell is None:
        return unknown(call, None)
    batch, steps = shape[:2]
    states: list[Shape] = [(batch, state) for state in cell.states]
    _check_initial_states(call, "initial_state", states)
    outputs = _outputs(call, batch, steps, (cell.units,), states)
    return InferredCall(outputs, cell.weights, size_of((steps, cell.flops)))


def conv_lstm(call: Call) -> InferredCall:
    """`(batch, steps, rows…, channels) → (batch, new rows…, filters)`: an LSTM whose products are convolutions.

    A kernel of (kernel_size…, channels, 4 * filters), one of (kernel_size…, filters, 4 * filters) for the state, which
    keeps its size, and a bias of (4 * filters).
    """
    rank = int(call.entry.name[-2])
    shape = number_shape(call)
    if shape is None:
        return unknown(call, None)
    first = call["data_format"] == "channels_first"
    order = ("channels", *SPATIAL[rank]) if first else (*SPATIAL[rank], "channels")
    if len(shape) != rank + 3:
        raise ShapeError(
            f"expects {rank + 3}-dimensional input (null, steps, {', '.join(order)}), got {shape_text(shape)}",
            help=f"give it an input of shape [steps, {', '.join(order)}], or insert a `Reshape`",
        )
    _check_stateful(call, shape)
    axes = Axes(shape[0], shape[3:], shape[2], True) if first else Axes(shape[0], shape[2:-1], shape[-1], False)
    channels = axes.channels
    if None in axes.spatial or channels is None:
        raise ShapeError(
            f"expects steps of known size, got {shape_text(shape)}",
            help=f"write {', '.join(order)} in the input's shape, or resize images with `Resizing`",
        )
    kernel = Kernel.of(call, rank)
    if max(kernel.strides) > 1 and max(several(call["dilation_rate"], rank)) > 1:
        raise ShapeError(
            "has both `strides` and `dilation_rate` above 1, which Keras does not support",
            help="use one of the two",
            argument="dilation_rate",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    slides = zip(axes.spatial, kernel.reach, kernel.strides, strict=True)
    new = tuple(output_size(*slide, call["padding"]) for slide in slides)
    if any(size is not None and size < 1 for size in new):
        raise too_small_error(call, "a kernel", kernel.reach, axes, "kernel_size")
    filters, gates, area = call["filters"], 4 * call["filters"], prod(kernel.size)
    weights = [Weight((*kernel.size, channels, gates)), Weight((*kernel.size, filters, gates))]
    at_each = 2 * area * (channels + filters) * gates
    if call["use_bias"]:
        weights.append(Weight((gates,)))
        at_each += gates
    batch, steps = shape[:2]
    size = axes.with_sizes(new, filters)[1:]
    states: list[Shape] = [(batch, *size)] * 2
    _check_initial_states(call, "initial_state", states)
    outputs = _outputs(call, batch, steps, size, states)
    return InferredCall(outputs, weights, size_of((steps, *new, at_each)))


def cell(call: Call) -> InferredCall:
    """A cell called as a node, for one step: `(batch, features)` and states → `(batch, units)` and new states."""
    shape = number_shape(call)
    if shape is None:
        return unknown(call, None)
    if len(shape) < 2:
        raise ShapeError(f"expects one step (null, features), got {shape_text(shape)}")
    one = cell_of(call, known_size(len(shape) - 1, shape))
    if call.entry.name == "StackedRNNCells" and len(one.states) > len(call["cells"]):
        raise ShapeError(
            "contains a cell with several states, which only `RNN` supports",
            help="write `RNN: {cell: [...]}` and call it on a sequence",
            argument="cells",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    states: list[Shape] = [(shape[0], state) for state in one.states]
    _check_initial_states(call, "states", states)
    if len(shape) > 2:
        return InferredCall([TensorType(None, call.dtype)] * (1 + len(states)), one.weights)
    outputs = [TensorType(size, call.dtype) for size in ((shape[0], one.units), *states)]
    return InferredCall(outputs, one.weights, one.flops)


def _outputs(call: Call, batch: Dim, steps: Dim, size: Shape, states: list[Shape]) -> list[TensorType]:
    """The output of the last step or of each, then the last states if `return_state` is set."""
    first = (batch, steps, *size) if call["return_sequences"] else (batch, *size)
    return [TensorType(shape, call.dtype) for shape in (first, *(states if call["return_state"] else []))]


def _check_rank(shape: Shape) -> None:
    if len(shape) == 3:
        return
    if len(shape) == 2 and shape[1] is not None:
        help = (
            "give it an input of shape [steps, features], or insert "
            f"`Reshape: {{target_shape: [{shape[1]}, 1]}}` for {shape[1]} steps of one feature; "
            "after another recurrent layer, set `return_sequences: true` there"
        )
    elif len(shape) < 3:
        help = "give it an input of shape [steps, features]; if the steps are token ids, insert an `Embedding`"
    else:
        help = "flatten each step with `Reshape: {target_shape: [steps, features]}` or `TimeDistributed`"
    raise ShapeError(f"expects 3-dimensional input (null, steps, features), got {shape_text(shape)}", help=help)


def _check_stateful(call: Call, shape: Shape) -> None:
    if call["stateful"] and shape[0] is None:
        raise ShapeError(
            "is stateful, but the batch size is not fixed",
            help="write `inputs: {x: {shape: [...], batch_size: 32}}`, or leave `stateful` out",
            argument="stateful",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )


def _check_initial_states(call: Call, argument: str, expected: list[Shape]) -> None:
    """Check initial states against the layer's own; a GRU and the cells ignore surplus ones."""
    shapes = [tensor.shape for tensor in call.tensors.get(argument, [])]
    if not shapes:
        return
    reads_all = argument == "initial_state" and call.entry.name != "GRU"
    if len(shapes) < len(expected) or (reads_all and len(shapes) > len(expected)):
        raise ShapeError(
            f"expects {len(expected)} states in `{argument}`, got {len(shapes)}",
            help=f"name {len(expected)} in the layer's order, such as `from: {{{argument}: [h, c]}}` for an LSTM",
        )
    for own, other in zip(expected, shapes, strict=False):
        if other is not None and not agree(own, other):
            raise ShapeError(
                f"expects states of shape {shape_text(own)} in `{argument}`, got {shape_text(other)}",
                help="take the state from a layer with as many units",
            )


RULES: dict[str, InferenceRule] = {
    **dict.fromkeys((*GATES, "RNN"), recurrent),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), conv_lstm),
    **dict.fromkeys((*(f"{kind}Cell" for kind in GATES), "StackedRNNCells"), cell),
}
