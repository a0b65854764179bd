"""Convolutions, pooling, and the ops that move between channels and space."""

from __future__ import annotations

from collections.abc import Callable

from kspec.analysis.shapes.broadcasting import size_of, size_per_example
from kspec.analysis.shapes.layers.convolution import check_depthwise_strides
from kspec.analysis.shapes.ops.elementwise import same
from kspec.analysis.shapes.ops.rule_helpers import (
    at_least,
    constant,
    invalid_constant,
    of_rank,
    op,
    operand,
    shape_of,
    times,
    unknown_cost,
)
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text


def windows(size: Dim, window: int, step: int, padding: str) -> Dim:
    """The number of windows: `⌊(n - window) / step⌋ + 1`; with `same` padding `⌈n / step⌉`.

    Args:
        size: The size n of the axis; None if unknown.
        window: The elements in a window.
        step: The elements between the starts of two windows.
        padding: `valid` or `same`.

    Returns:
        The number of windows; None if `size` is.
    """
    if size is None:
        return None
    return (size - window) // step + 1 if padding == "valid" else -(-size // step)


def transposed_size(size: Dim, kernel: int, step: int, padding: str, more: int | None) -> Dim:
    """The size after a transposed convolution.

    Args:
        size: Before it; None if unknown.
        kernel: The size of the kernel, dilation included.
        step: The stride.
        padding: `valid` or `same`.
        more: `output_padding`.
    """
    if size is None:
        return None
    if padding == "valid":
        return (size - 1) * step + (max(kernel, step) if more is None else kernel + more)
    return size * step if more is None else (size - 1) * step + kernel % 2 + more


def pooling(call: Call) -> Shape:
    """`(batch, n, …, c) → (batch, ⌊(n - pool) / stride⌋ + 1, …, c)`"""
    shape = at_least(shape_of(operand(call, "inputs")), 3)
    space, channels = _split(shape, call)
    pool = each(call, "pool_size", len(space))
    steps = pool if constant(call, "strides") is None else each(call, "strides", len(space))
    sizes = _windows(shape, space, pool, steps, constant(call, "padding"))
    return _join(shape, sizes, channels, call)


def adaptive_pooling(call: Call) -> Shape:
    """`(batch, c, …) → (batch, c, output_size)`; of channels that come last, Keras states one axis too many."""
    shape = at_least(shape_of(operand(call, "inputs")), 3)
    value, count = constant(call, "output_size"), len(shape) - 2
    if _last(call):
        layer = f"Adaptive{'Max' if 'max' in call.entry.name else 'Average'}Pooling{min(count, 3)}D"
        raise ShapeError(
            "fails within a model: Keras states a wrong shape for it, unless the channels come first",
            help=f"use the layer `{layer}`, or write `data_format: channels_first`",
            argument="data_format",
        )
    if isinstance(value, int):
        raise invalid_constant(
            f"expects a list as `output_size`, got {value}",
            "output_size",
            f"write one size for each axis: {[value] * count}",
        )
    if len(value) != count:
        raise invalid_constant(
            f"has {len(value)} numbers in `output_size` for {count} spatial axes",
            "output_size",
            f"write {count} numbers",
        )
    if None in shape[2:]:
        raise ShapeError(
            f"expects input of known size, got {shape_text(shape)}", help="write the sizes in the input's `shape`"
        )
    return (*shape[:2], *value)


def conv(call: Call) -> Shape:
    """`(batch, n, …, c), (k, …, c, f) → (batch, ⌊(n - k) / stride⌋ + 1, …, f)`"""
    kernel = at_least(shape_of(operand(call, "kernel")), 3)
    steps, gaps = (each(call, name, len(kernel) - 2) for name in ("strides", "dilation_rate"))
    if max(steps) > 1 and max(gaps) > 1:
        raise invalid_constant(
            "has both `strides` and `dilation_rate` above 1", "dilation_rate", "set one to 1, as `strides: 1`"
        )
    return _conv(call, kernel, kernel[-1])


def depthwise_conv(call: Call) -> Shape:
    """`(batch, n, …, c), (k, …, c, m) → (batch, ⌊(n - k) / stride⌋ + 1, …, c·m)`"""
    kernel = at_least(shape_of(operand(call, "kernel")), 3)
    _check_depthwise(call, kernel)
    return _conv(call, kernel, times(kernel[-2], kernel[-1]))


def separable_conv(call: Call) -> Shape:
    """`(batch, n, …, c), (k, …, c, m), (1, …, cm, f) → (batch, ⌊(n - k) / stride⌋ + 1, …, f)`"""
    filters = at_least(shape_of(operand(call, "pointwise_kernel")), 1)[-1]
    kernel = at_least(shape_of(operand(call, "depthwise_kernel")), 3)
    _check_depthwise(call, kernel)
    return _conv(call, kernel, filters)


def conv_transpose(call: Call) -> Shape:
    """`(batch, n, …, c), (k, …, f, c) → (batch, (n - 1)·stride + k, …, f)`"""
    shape, kernel = shape_of(operand(call, "inputs")), at_least(shape_of(operand(call, "kernel")), 3)
    space, _ = _space_and_channels(call, shape, kernel, kernel[-1])
    steps, gaps = each(call, "strides", len(space)), each(call, "dilation_rate", len(space))
    value = constant(call, "output_padding")
    more = [None] * len(space) if value is None else each(call, "output_padding", len(space))
    spans = _spans(kernel, gaps)
    sizes = [
        transposed_size(size, span, step, constant(call, "padding"), extra)
        for size, span, step, extra in zip(space, spans, steps, more, strict=True)
    ]
    return _join(shape, sizes, kernel[-2], call)


def depth_to_space(call: Call) -> Shape:
    """`(batch, h, w, c·b²) → (batch, h·b, w·b, c)`"""
    shape, block = of_rank(shape_of(operand(call, "x")), 4), constant(call, "block_size")
    (height, width), channels = _split(shape, call)
    if channels is not None and channels % block**2:
        raise invalid_constant(
            f"cannot spread the {channels} channels of {shape_text(shape)} over blocks of {block} by {block}",
            "block_size",
            f"make the channels a multiple of {block**2}",
        )
    fewer = None if channels is None else channels // block**2
    return _join(shape, [times(height, block), times(width, block)], fewer, call)


def space_to_depth(call: Call) -> Shape:
    """`(batch, h·b, w·b, c) → (batch, h, w, c·b²)`"""
    shape, block = of_rank(shape_of(operand(call, "x")), 4), constant(call, "block_size")
    space, channels = _split(shape, call)
    if any(size is not None and size % block for size in space):
        raise invalid_constant(
            f"cannot divide {shape_text(shape)} into blocks of {block} by {block}",
            "block_size",
            f"make height and width multiples of {block}",
        )
    sizes = [None if size is None else size // block for size in space]
    return _join(shape, sizes, times(channels, block**2), call)


def unfold(call: Call) -> Shape:
    """`(batch, c, h, w) → (batch, c·kh·kw, windows)`"""
    batch, channels, *space = of_rank(shape_of(operand(call, "x")), 4)
    kernel, gaps, border, steps = (each(call, name, 2) for name in ("kernel_size", "dilation", "padding", "stride"))
    counts: list[int] = []
    for size, k, gap, margin, step in zip(space, kernel, gaps, border, steps, strict=True):
        if size is None or channels is None:
            raise ShapeError("expects input of known size", help="write the sizes in the input's `shape`")
        counts.append((size + 2 * margin - gap * (k - 1) - 1) // step + 1)
    return (batch, times(channels, kernel[0] * kernel[1]), counts[0] * counts[1])


def fold(call: Call) -> Shape:
    """`(batch, c·kh·kw, windows) → (batch, c, height, width)`"""
    shape = of_rank(shape_of(operand(call, "x")), 3)
    kernel, output = each(call, "kernel_size", 2), each(call, "output_size", 2)
    channels, size = shape[1], kernel[0] * kernel[1]
    if channels is not None and channels % size:
        raise invalid_constant(
            f"cannot fold {shape_text(shape)}: the second size is not a multiple of {size}", "kernel_size"
        )
    return (shape[0], None if channels is None else channels // size, *output)


def each(call: Call, name: str, count: int) -> list[int]:
    """A constant for each spatial axis; a single number holds for all.

    Args:
        call: The call of the op.
        name: The constant: an integer, or a list of them.
        count: The number of spatial axes.

    Returns:
        A list of `count` numbers.

    Raises:
        ShapeError: If the list has neither 1 nor `count` numbers.
    """
    value = constant(call, name)
    if isinstance(value, int):
        return [value] * count
    if len(value) not in (1, count):
        raise invalid_constant(
            f"has {len(value)} numbers in `{name}` for {count} spatial axes", name, f"write one number, or {count}"
        )
    return list(value) * (count if len(value) == 1 else 1)


def multiplications(call: Call, result: Shape) -> int | None:
    """A multiplication and an addition for each output element and weight of its window."""
    places, weights = size_per_example(result), size_of(shape_of(operand(call, "kernel"))[:-1])
    return None if places is None or weights is None else 2 * places * weights


def _conv(call: Call, kernel: Shape, filters: Dim) -> Shape:
    shape = shape_of(operand(call, "inputs"))
    space, _ = _space_and_channels(call, shape, kernel, kernel[-2])
    steps, gaps = each(call, "strides", len(space)), each(call, "dilation_rate", len(space))
    padding = constant(call, "padding")
    spans = _spans(kernel, gaps) if padding == "valid" else [1] * len(space)
    return _join(shape, _windows(shape, space, spans, steps, padding), filters, call)


def _check_depthwise(call: Call, kernel: Shape) -> None:
    count = len(kernel) - 2
    check_depthwise_strides(each(call, "strides", count), each(call, "dilation_rate", count))


def _space_and_channels(call: Call, shape: Shape, kernel: Shape, expected: Dim) -> tuple[list[Dim], Dim]:
    """The input's spatial axes and channels, if the kernel fits them."""
    if len(shape) < 3 or len(kernel) != len(shape):
        raise ShapeError(
            f"cannot convolve {shape_text(shape)} with a kernel of {shape_text(kernel)}",
            help="the input has a batch, spatial axes and channels; the kernel has as many axes",
        )
    space, channels = _split(shape, call)
    if channels is not None and expected is not None and channels != expected:
        raise ShapeError(
            f"cannot convolve {shape_text(shape)}, which has {channels} channels, with a kernel of {shape_text(kernel)}"
            f" for {expected}"
        )
    return space, channels


def _spans(kernel: Shape, gaps: list[int]) -> list[int]:
    """The kernel's sizes, dilation included."""
    spans: list[int] = []
    for size, gap in zip(kernel[:-2], gaps, strict=True):
        if size is None:
            raise ShapeError(f"expects a kernel of known size, got {shape_text(kernel)}")
        spans.append((size - 1) * gap + 1)
    return spans


def _windows(shape: Shape, space: list[Dim], spans: list[int], steps: list[int], padding: str) -> list[Dim]:
    sizes = [windows(n, span, step, padding) for n, span, step in zip(space, spans, steps, strict=True)]
    if any(size is not None and size <= 0 for size in sizes) and padding == "valid":
        raise ShapeError(
            f"cannot fit a window of {shape_text(spans)} into {shape_text(shape)}",
            help="use a smaller window, or `padding: same`",
            code=codes.DIMENSION_COLLAPSE,
        )
    return sizes


def _last(call: Call) -> bool:
    """Whether the channels come last, which is the default."""
    return bool(constant(call, "data_format") != "channels_first")


def _split(shape: Shape, call: Call) -> tuple[list[Dim], Dim]:
    """The spatial axes, and the channels."""
    return (list(shape[1:-1]), shape[-1]) if _last(call) else (list(shape[2:]), shape[1])


def _join(shape: Shape, space: list[Dim], channels: Dim, call: Call) -> Shape:
    """The batch of a shape, with other spatial axes and channels."""
    return (shape[0], *space, channels) if _last(call) else (shape[0], channels, *space)


def _rules(names: str, shape: Callable[[Call], Shape]) -> dict[str, InferenceRule]:
    return dict.fromkeys(names.split(), op(shape, same, unknown_cost))


RULES: dict[str, InferenceRule] = {
    **_rules("max_pool average_pool", pooling),
    **_rules("adaptive_max_pool adaptive_average_pool", adaptive_pooling),
    "conv": op(conv, same, multiplications),
    **_rules("depthwise_conv", depthwise_conv),
    **_rules("separable_conv", separable_conv),
    **_rules("conv_transpose", conv_transpose),
    "depth_to_space": op(depth_to_space, same),
    "space_to_depth": op(space_to_depth, same),
    "unfold": op(unfold, same),
    "fold": op(fold, same, unknown_cost),
}
