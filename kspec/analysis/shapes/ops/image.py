"""What `keras.ops.image` does with pictures: resizing, cutting, moving, colours."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from kspec.analysis.shapes.dtypes import is_float
from kspec.analysis.shapes.ops.convolution import each, windows
from kspec.analysis.shapes.ops.elementwise import same
from kspec.analysis.shapes.ops.rule_helpers import (
    constant,
    first,
    op,
    operand,
    pair,
    replaced,
    shape_of,
    sized,
    unfit,
    untold,
)
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text

_OF_RANK = {3: "(height, width, channels)", 4: "(batch, height, width, channels)"}
_EDGES = {"height": ("top", "bottom"), "width": ("left", "right")}


def pictures(call: Call) -> Shape:
    """`(batch, h, w, c)` stays as it is, and `(h, w, c)` does."""
    return _pictures(shape_of(first(call)))


def grey(call: Call) -> Shape:
    """`(batch, h, w, 3) → (batch, h, w, 1)`"""
    return replaced(*_with_channels(call, (1, 3)), 1)


def coloured(call: Call) -> Shape:
    """`(batch, h, w, 3)` stays as it is; of numbers with a fraction."""
    shape, _ = _with_channels(call, (3,))
    dtype = first(call).dtype
    if not is_float(dtype):
        raise ShapeError(f"needs numbers with a fraction, and is given {dtype}", help="cast first: `op: cast`")
    return shape


def resized(call: Call) -> Shape:
    """`(batch, …, …, c) → (batch, size, c)`"""
    shape, (height, width) = pictures(call), _space(call)
    if constant(call, "pad_to_aspect_ratio") and constant(call, "crop_to_aspect_ratio"):
        raise unfit("both cuts and pads to the aspect ratio", "pad_to_aspect_ratio", "one of both")
    rows, columns = constant(call, "size")
    return replaced(replaced(shape, height, rows), width, columns)


def cut(call: Call) -> Shape:
    """`(batch, h, w, c) → (batch, h - top - bottom, w - left - right, c)`"""
    return _edged(call, "cropping", -1)


def padded(call: Call) -> Shape:
    """`(batch, h, w, c) → (batch, h + top + bottom, w + left + right, c)`"""
    return _edged(call, "padding", 1)


def transformed(call: Call) -> Shape:
    """`(batch, h, w, c), (batch, 8)` or `(8,)`: the pictures stay as they are."""
    shape, transform = pictures(call), shape_of(sized(call, "transform"))
    if len(transform) not in (1, 2):
        raise ShapeError(
            f"transforms by {shape_text(transform)}", help="a transform is 8 numbers, or 8 for each picture: (null, 8)"
        )
    return shape


def moved(call: Call) -> Shape:
    """`(batch, h, w, c), (batch, 4, 2), (batch, 4, 2)`, or the points alone: the pictures stay as they are."""
    shape = pictures(call)
    start, end = (shape_of(sized(call, name)) for name in ("start_points", "end_points"))
    if any(points[-2:] != (4, 2) or len(points) > 3 for points in (start, end)) or start != end:
        raise ShapeError(
            f"moves the points {shape_text(start)} to {shape_text(end)}",
            help="both are four points, (4, 2), or four for each picture: (null, 4, 2)",
        )
    return shape


def read_at(call: Call) -> Shape:
    """`(n, m, …), (axes, …) → (…)`"""
    shape, coordinates = shape_of(first(call)), shape_of(sized(call, "coordinates"))
    if len(coordinates) < 2 or coordinates[0] != len(shape):
        raise ShapeError(
            f"reads {shape_text(shape)} at the coordinates {shape_text(coordinates)}",
            help=f"coordinates have at least rank 2, and {len(shape)} rows: one for each axis that is read",
        )
    return coordinates[1:]


def scaled(call: Call) -> Shape:
    """`→ output_shape`"""
    return tuple(constant(call, "output_shape"))


def edges(call: Call) -> Shape:
    """`(batch, h, w, c) → (batch, h, w, c, 2)`"""
    shape = shape_of(first(call))
    if len(shape) != 4:
        raise ShapeError(f"needs pictures of rank 4, {_OF_RANK[4]}, and is given {shape_text(shape)}")
    return (*shape, 2)


def alike(call: Call) -> Shape:
    """`(batch, h, w, c), (batch, h, w, c) → (batch,)`"""
    shape, _ = (_pictures(shape_of(tensor)) for tensor in pair(call))
    window = constant(call, "filter_size")
    if any(shape[axis] is not None and shape[axis] < window for axis in _space(call)):
        raise ShapeError(
            f"compares {shape_text(shape)} by a window of {window}, which is larger",
            help="a smaller `filter_size`",
            argument="filter_size" if "filter_size" in call.constants else "",
            code=codes.DIMENSION_COLLAPSE,
        )
    return shape[:-3]


def patches(call: Call) -> Shape:
    """`(batch, h, w, c) → (batch, ⌊(h - size) / stride⌋ + 1, …, size²·c)`; of volumes likewise, with three sides."""
    shape, written = shape_of(first(call)), constant(call, "size")
    count = len(written) if isinstance(written, list) else 3 if call.entry.name.endswith("3d") else 2
    if len(shape) not in (count + 1, count + 2):
        raise ShapeError(
            f"cuts {shape_text(shape)} into patches of {count} sides", help=f"an input of rank {count + 2}"
        )
    size, gaps = each(call, "size", count), each(call, "dilation_rate", count)
    steps = size if constant(call, "strides") is None else each(call, "strides", count)
    if max(steps) > 1 and max(gaps) > 1:
        raise unfit("takes both steps and gaps of more than 1", "dilation_rate", "one of both is 1, as `strides: 1`")
    last = not _first(call)
    batch = shape[: len(shape) - count - 1]
    space, channels = (shape[-count - 1 : -1], shape[-1]) if last else (shape[-count:], shape[-count - 1])
    padding = constant(call, "padding")
    spans = [(side - 1) * gap + 1 for side, gap in zip(size, gaps, strict=True)]
    sizes = [windows(n, span, step, padding) for n, span, step in zip(space, spans, steps, strict=True)]
    if any(n is not None and n <= 0 for n in sizes):
        raise ShapeError(
            f"cuts patches of {shape_text(spans)} out of {shape_text(shape)}, which is smaller",
            code=codes.DIMENSION_COLLAPSE,
        )
    if channels is None:
        raise ShapeError(f"needs to know the channels of what it cuts, and is given {shape_text(shape)}")
    pixels = channels * prod(size)
    return (*batch, *sizes, pixels) if last else (*batch, pixels, *sizes)


def _pictures(shape: Shape) -> Shape:
    if len(shape) not in _OF_RANK:
        raise ShapeError(f"needs pictures, {_OF_RANK[4]}, and is given {shape_text(shape)}")
    return shape


def _first(call: Call) -> bool:
    return bool(constant(call, "data_format") == "channels_first")


def _space(call: Call) -> tuple[int, int]:
    """The axes of height and width."""
    rank = len(shape_of(first(call)))
    return (rank - 2, rank - 1) if _first(call) else (rank - 3, rank - 2)


def _with_channels(call: Call, known: tuple[int, ...]) -> tuple[Shape, int]:
    """The pictures, and the axis of their channels."""
    shape = pictures(call)
    axis = len(shape) - (3 if _first(call) else 1)
    if shape[axis] not in (None, *known):
        counts = " or ".join(map(str, known))
        raise ShapeError(f"needs pictures of {counts} channels, and is given {shape_text(shape)}")
    return shape, axis


def _edged(call: Call, noun: str, sign: int) -> Shape:
    """The pictures, with another height and width: what comes off or on at both edges, or the size that remains."""
    shape = pictures(call)
    for side, axis in zip(_EDGES, _space(call), strict=True):
        names = [*(f"{edge}_{noun}" for edge in _EDGES[side]), f"target_{side}"]
        one, other, target = (constant(call, name) for name in names)
        if [one, other, target].count(None) != 1:
            raise unfit(
                f"needs two of {', '.join(f'`{name}`' for name in names)}",
                next((name for name in names if name in call.constants), ""),
                "two of them say the third",
            )
        shape = replaced(shape, axis, _side(call, shape[axis], side, names, sign))
    return shape


def _side(call: Call, size: Dim, side: str, names: list[str], sign: int) -> Dim:
    one, other, target = (constant(call, name) for name in names)
    if size is None:
        if target is None and sign < 0:
            raise unfit(f"does not know the {side} of its pictures", names[0], f"state `target_{side}`")
        return int(target) if target is not None else None
    if target is None:
        target = size + sign * (one + other)
    edges = (one or 0) + (other or 0)
    if target < 0 or sign * (target - size) < edges:
        verb = "cuts" if sign < 0 else "pads"
        raise unfit(
            f"{verb} a {side} of {size} to {target}, with {edges} at the edge" if target >= 0 else
            f"cuts {edges} off a {side} of {size}",
            next(name for name in names if name in call.constants),
        )  # fmt: skip
    return int(target)


def _rules(names: str, shape: Callable[[Call], Shape]) -> dict[str, InferenceRule]:
    return {f"image.{name}": op(shape, same, untold) for name in names.split()}


RULES: dict[str, InferenceRule] = {
    **_rules("gaussian_blur elastic_transform", pictures),
    **_rules("rgb_to_grayscale", grey),
    **_rules("rgb_to_hsv hsv_to_rgb", coloured),
    **_rules("resize", resized),
    **_rules("crop_images", cut),
    **_rules("pad_images", padded),
    **_rules("affine_transform", transformed),
    **_rules("perspective_transform", moved),
    "image.map_coordinates": op(read_at, lambda call: operand(call, "inputs").dtype, untold),
    **_rules("scale_and_translate", scaled),
    **_rules("sobel_edges", edges),
    "image.ssim": op(alike, lambda call: operand(call, "image1").dtype, untold),
    **_rules("extract_patches extract_patches_3d", patches),
}
