"""Convolutions, pooling, and the ops that move between channels and space."""

from __future__ import annotations

from collections.abc import Callable

from kspec.analysis.shapes.broadcasting import size_of, size_per_example
from kspec.analysis.shapes.ops.elementwise import same
from kspec.analysis.shapes.ops.rule_helpers import (
    at_least,
    constant,
    of_rank,
    op,
    operand,
    shape_of,
    times,
    unfit,
    untold,
)
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text


def windows(size: Dim, window: int, step: int, padding: str) -> Dim:
    """How many windows fit: `⌊(n - window) / step⌋ + 1`; padded to `same`, `⌈n / step⌉`."""
    if size is None:
        return None
    return (size - window) // step + 1 if padding == "valid" else -(-size // step)


def stretched(size: Dim, kernel: int, step: int, padding: str, more: int | None) -> Dim:
    """The size that a convolution would turn into this one.

    Args:
        kernel: With its gaps.
        more: `output_padding`.
    """
    if size is None:
        return None
    if padding == "valid":
        return (size - 1) * step + (max(kernel, step) if more is None else kernel + more)
    return size * step if more is None else (size - 1) * step + kernel % 2 + more


def pooled(call: Call) -> Shape:
    """`(batch, n, …, c) → (batch, ⌊(n - pool) / stride⌋ + 1, …, c)`"""
    shape = at_least(shape_of(operand(call, "inputs")), 3)
    space, channels = _split(shape, call)
    pool = each(call, "pool_size", len(space))
    steps = pool if constant(call, "strides") is None else each(call, "strides", len(space))
    sizes = _windows(shape, space, pool, steps, constant(call, "padding"))
    return _join(shape, sizes, channels, call)


def adaptively_pooled(call: Call) -> Shape:
    """`(…, c) → (…, output_size, c)`: of the last axes as many go as come; channels first, `(batch, c, sizes)`."""
    shape = at_least(shape_of(operand(call, "inputs")), 2)
    written = constant(call, "output_size")
    if isinstance(written, int):
        raise unfit(f"pools to {written}", "output_size", f"a list, one for each axis: [{written}, {written}]")
    if _last(call):
        return (*shape[: -len(written)], *written, shape[-1])
    return (*shape[:2], *written)


def convolved(call: Call) -> Shape:
    """`(batch, n, …, c), (k, …, c, f) → (batch, ⌊(n - k) / stride⌋ + 1, …, f)`"""
    kernel = at_least(shape_of(operand(call, "kernel")), 3)
    return _convolved(call, kernel, kernel[-1])


def convolved_by_depth(call: Call) -> Shape:
    """`(batch, n, …, c), (k, …, c, m) → (batch, ⌊(n - k) / stride⌋ + 1, …, c·m)`"""
    kernel = at_least(shape_of(operand(call, "kernel")), 3)
    return _convolved(call, kernel, times(kernel[-2], kernel[-1]))


def convolved_apart(call: Call) -> Shape:
    """`(batch, n, …, c), (k, …, c, m), (1, …, cm, f) → (batch, ⌊(n - k) / stride⌋ + 1, …, f)`"""
    filters = at_least(shape_of(operand(call, "pointwise_kernel")), 1)[-1]
    return _convolved(call, at_least(shape_of(operand(call, "depthwise_kernel")), 3), filters)


def convolved_back(call: Call) -> Shape:
    """`(batch, n, …, c), (k, …, f, c) → (batch, (n - 1)·stride + k, …, f)`"""
    shape, kernel = shape_of(operand(call, "inputs")), at_least(shape_of(operand(call, "kernel")), 3)
    space, _ = _space_and_channels(call, shape, kernel, kernel[-1])
    steps, gaps = each(call, "strides", len(space)), each(call, "dilation_rate", len(space))
    written = constant(call, "output_padding")
    more = [None] * len(space) if written is None else each(call, "output_padding", len(space))
    spans = _spans(kernel, gaps)
    sizes = [
        stretched(size, span, step, constant(call, "padding"), extra)
        for size, span, step, extra in zip(space, spans, steps, more, strict=True)
    ]
    return _join(shape, sizes, kernel[-2], call)


def depth_to_space(call: Call) -> Shape:
    """`(batch, h, w, c·b²) → (batch, h·b, w·b, c)`"""
    shape, block = of_rank(shape_of(operand(call, "x")), 4), constant(call, "block_size")
    (height, width), channels = _split(shape, call)
    if channels is not None and channels % block**2:
        raise unfit(
            f"spreads {channels} channels of {shape_text(shape)} over blocks of {block} by {block}",
            "block_size",
            f"the channels are a multiple of {block**2}",
        )
    fewer = None if channels is None else channels // block**2
    return _join(shape, [times(height, block), times(width, block)], fewer, call)


def space_to_depth(call: Call) -> Shape:
    """`(batch, h·b, w·b, c) → (batch, h, w, c·b²)`"""
    shape, block = of_rank(shape_of(operand(call, "x")), 4), constant(call, "block_size")
    space, channels = _split(shape, call)
    if any(size is not None and size % block for size in space):
        raise unfit(
            f"gathers blocks of {block} by {block} of {shape_text(shape)}, which does not come out even",
            "block_size",
            f"height and width are multiples of {block}",
        )
    sizes = [None if size is None else size // block for size in space]
    return _join(shape, sizes, times(channels, block**2), call)


def unfolded(call: Call) -> Shape:
    """`(batch, c, h, w) → (batch, c·kh·kw, windows)`"""
    batch, channels, *space = of_rank(shape_of(operand(call, "x")), 4)
    kernel, gaps, border, steps = (each(call, name, 2) for name in ("kernel_size", "dilation", "padding", "stride"))
    counts: list[int] = []
    for size, k, gap, margin, step in zip(space, kernel, gaps, border, steps, strict=True):
        if size is None or channels is None:
            raise ShapeError(
                "needs to know all sizes of its input but the batch", help="state them in the input's shape"
            )
        counts.append((size + 2 * margin - gap * (k - 1) - 1) // step + 1)
    return (batch, times(channels, kernel[0] * kernel[1]), counts[0] * counts[1])


def folded(call: Call) -> Shape:
    """`(batch, c·kh·kw, windows) → (batch, c, height, width)`"""
    shape = of_rank(shape_of(operand(call, "x")), 3)
    kernel, output = each(call, "kernel_size", 2), each(call, "output_size", 2)
    channels, size = shape[1], kernel[0] * kernel[1]
    if channels is not None and channels % size:
        raise unfit(f"folds {shape_text(shape)}, whose second size is no multiple of {size}", "kernel_size")
    return (shape[0], None if channels is None else channels // size, *output)


def each(call: Call, name: str, count: int) -> list[int]:
    """A constant for each spatial axis; one number is for all of them."""
    written = constant(call, name)
    if isinstance(written, int):
        return [written] * count
    if len(written) not in (1, count):
        raise unfit(f"gives {len(written)} numbers for {count} spatial axes", name, f"one number, or {count}")
    return list(written) * (count if len(written) == 1 else 1)


def multiplications(call: Call, result: Shape) -> int | None:
    """A multiplication and an addition for each element of the output and each weight that it sees."""
    places, weights = size_per_example(result), size_of(shape_of(operand(call, "kernel"))[:-1])
    return None if places is None or weights is None else 2 * places * weights


def _convolved(call: Call, kernel: Shape, filters: Dim) -> Shape:
    shape = shape_of(operand(call, "inputs"))
    space, _ = _space_and_channels(call, shape, kernel, kernel[-2])
    steps, gaps = each(call, "strides", len(space)), each(call, "dilation_rate", len(space))
    padding = constant(call, "padding")
    spans = _spans(kernel, gaps) if padding == "valid" else [1] * len(space)
    return _join(shape, _windows(shape, space, spans, steps, padding), filters, call)


def _space_and_channels(call: Call, shape: Shape, kernel: Shape, taken: Dim) -> tuple[list[Dim], Dim]:
    """The input's spatial axes and channels, which must be those that the kernel takes."""
    if len(shape) < 3 or len(kernel) != len(shape):
        raise ShapeError(
            f"convolves {shape_text(shape)} with a kernel of {shape_text(kernel)}",
            help="an input has a batch, spatial axes and channels; the kernel has as many axes",
        )
    space, channels = _split(shape, call)
    if channels is not None and taken is not None and channels != taken:
        raise ShapeError(
            f"convolves {shape_text(shape)}, of {channels} channels, with a kernel of {shape_text(kernel)} for {taken}"
        )
    return space, channels


def _spans(kernel: Shape, gaps: list[int]) -> list[int]:
    """How far the kernel reaches, with its gaps."""
    spans: list[int] = []
    for size, gap in zip(kernel[:-2], gaps, strict=True):
        if size is None:
            raise ShapeError(f"needs to know the size of its kernel, and is given {shape_text(kernel)}")
        spans.append((size - 1) * gap + 1)
    return spans


def _windows(shape: Shape, space: list[Dim], spans: list[int], steps: list[int], padding: str) -> list[Dim]:
    sizes = [windows(n, span, step, padding) for n, span, step in zip(space, spans, steps, strict=True)]
    if any(size is not None and size <= 0 for size in sizes) and padding == "valid":
        raise ShapeError(
            f"moves a window of {shape_text(spans)} over {shape_text(shape)}, which is smaller",
            help="a smaller window, or `padding: same`",
            code=codes.DIMENSION_COLLAPSE,
        )
    return sizes


def _last(call: Call) -> bool:
    """Whether the channels come last, as they do where the call does not say."""
    return bool(constant(call, "data_format") != "channels_first")


def _split(shape: Shape, call: Call) -> tuple[list[Dim], Dim]:
    """The spatial axes, and the channels."""
    return (list(shape[1:-1]), shape[-1]) if _last(call) else (list(shape[2:]), shape[1])


def _join(shape: Shape, space: list[Dim], channels: Dim, call: Call) -> Shape:
    """The batch of a shape, with spatial axes and channels."""
    return (shape[0], *space, channels) if _last(call) else (shape[0], channels, *space)


def _rules(names: str, shape: Callable[[Call], Shape]) -> dict[str, InferenceRule]:
    return dict.fromkeys(names.split(), op(shape, same, untold))


RULES: dict[str, InferenceRule] = {
    **_rules("max_pool average_pool", pooled),
    **_rules("adaptive_max_pool adaptive_average_pool", adaptively_pooled),
    "conv": op(convolved, same, multiplications),
    **_rules("depthwise_conv", convolved_by_depth),
    **_rules("separable_conv", convolved_apart),
    **_rules("conv_transpose", convolved_back),
    "depth_to_space": op(depth_to_space, same),
    "space_to_depth": op(space_to_depth, same),
    "unfold": op(unfolded, same),
    "fold": op(folded, same, untold),
}
