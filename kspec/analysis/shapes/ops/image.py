"""Ops of `keras.ops.image`: resizing, cropping, warping, colours."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from kspec.analysis.shapes.dtypes import is_float
from kspec.analysis.shapes.ops.convolution import each, windows
from kspec.analysis.shapes.ops.elementwise import same
from kspec.analysis.shapes.ops.rule_helpers import (
    constant,
    first,
    invalid_constant,
    op,
    operand,
    pair,
    replaced,
    shape_of,
    sized,
    unknown_cost,
)
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text

_AXES = {3: "(height, width, channels)", 4: "(batch, height, width, channels)"}
_EDGES = {"height": ("top", "bottom"), "width": ("left", "right")}


def images(call: Call) -> Shape:
    """`(batch, h, w, c)` or `(h, w, c)` → the same."""
    return _check_images(shape_of(first(call)))


def rgb_to_grayscale(call: Call) -> Shape:
    """`(batch, h, w, 3) → (batch, h, w, 1)`"""
    return replaced(*_with_channels(call, (1, 3)), 1)


def rgb_to_hsv(call: Call) -> Shape:
    """`(batch, h, w, 3)` → the same, of floats."""
    shape, _ = _with_channels(call, (3,))
    dtype = first(call).dtype
    if not is_float(dtype):
        raise ShapeError(f"expects floats, got {dtype}", help="cast first: `op: cast`")
    return shape


def resize(call: Call) -> Shape:
    """`(batch, …, …, c) → (batch, size, c)`"""
    shape, (height, width) = images(call), _space(call)
    if constant(call, "pad_to_aspect_ratio") and constant(call, "crop_to_aspect_ratio"):
        raise invalid_constant("cannot both crop and pad to the aspect ratio", "pad_to_aspect_ratio", "choose one")
    rows, columns = constant(call, "size")
    return replaced(replaced(shape, height, rows), width, columns)


def crop_images(call: Call) -> Shape:
    """`(batch, h, w, c) → (batch, h - top - bottom, w - left - right, c)`"""
    return _change_edges(call, "cropping", -1)


def pad_images(call: Call) -> Shape:
    """`(batch, h, w, c) → (batch, h + top + bottom, w + left + right, c)`"""
    return _change_edges(call, "padding", 1)


def affine_transform(call: Call) -> Shape:
    """`(batch, h, w, c), (batch, 8)` or `(8,)` → the shape of the images."""
    shape, transform = images(call), shape_of(sized(call, "transform"))
    if len(transform) not in (1, 2):
        raise ShapeError(f"expects a transform of shape (8,) or (null, 8), got {shape_text(transform)}")
    return shape


def perspective_transform(call: Call) -> Shape:
    """`(batch, h, w, c), (batch, 4, 2), (batch, 4, 2)`, or points of `(4, 2)` → the shape of the images."""
    shape = images(call)
    start, end = (shape_of(sized(call, name)) for name in ("start_points", "end_points"))
    if any(points[-2:] != (4, 2) or len(points) > 3 for points in (start, end)) or start != end:
        raise ShapeError(
            f"expects start and end points of the same shape, (4, 2) or (null, 4, 2), got {shape_text(start)} and"
            f" {shape_text(end)}"
        )
    return shape


def map_coordinates(call: Call) -> Shape:
    """`(n, m, …), (axes, …) → (…)`"""
    shape, coordinates = shape_of(first(call)), shape_of(sized(call, "coordinates"))
    if len(coordinates) < 2 or coordinates[0] != len(shape):
        raise ShapeError(
            f"cannot read {shape_text(shape)} at coordinates of shape {shape_text(coordinates)}",
            help=f"give coordinates at least 2 axes, the first with {len(shape)} rows, one for each axis of the input",
        )
    return coordinates[1:]


def scale_and_translate(call: Call) -> Shape:
    """`→ output_shape`"""
    return tuple(constant(call, "output_shape"))


def sobel_edges(call: Call) -> Shape:
    """`(batch, h, w, c) → (batch, h, w, c, 2)`"""
    shape = shape_of(first(call))
    if len(shape) != 4:
        raise ShapeError(f"expects 4-dimensional input {_AXES[4]}, got {shape_text(shape)}")
    return (*shape, 2)


def ssim(call: Call) -> Shape:
    """`(batch, h, w, c), (batch, h, w, c) → (batch,)`"""
    shape, _ = (_check_images(shape_of(tensor)) for tensor in pair(call))
    window = constant(call, "filter_size")
    if any(shape[axis] is not None and shape[axis] < window for axis in _space(call)):
        raise ShapeError(
            f"cannot fit a window of {window} into {shape_text(shape)}",
            help="use a smaller `filter_size`",
            argument="filter_size" if "filter_size" in call.constants else "",
            code=codes.DIMENSION_COLLAPSE,
        )
    return shape[:-3]


def extract_patches(call: Call) -> Shape:
    """`(batch, h, w, c) → (batch, ⌊(h - size) / stride⌋ + 1, …, size²·c)`; volumes likewise."""
    shape, size_argument = shape_of(first(call)), constant(call, "size")
    count = len(size_argument) if isinstance(size_argument, list) else 3 if call.entry.name.endswith("3d") else 2
    if len(shape) not in (count + 1, count + 2):
        raise ShapeError(
            f"expects {count + 2}-dimensional input for {count}-dimensional patches, got {shape_text(shape)}"
        )
    size, gaps = each(call, "size", count), each(call, "dilation_rate", count)
    steps = size if constant(call, "strides") is None else each(call, "strides", count)
    if max(steps) > 1 and max(gaps) > 1:
        raise invalid_constant(
            "has both `strides` and `dilation_rate` above 1", "dilation_rate", "set one to 1, as `strides: 1`"
        )
    last = not _first(call)
    batch = shape[: len(shape) - count - 1]
    space, channels = (shape[-count - 1 : -1], shape[-1]) if last else (shape[-count:], shape[-count - 1])
    padding = constant(call, "padding")
    spans = [(side - 1) * gap + 1 for side, gap in zip(size, gaps, strict=True)]
    sizes = [windows(n, span, step, padding) for n, span, step in zip(space, spans, steps, strict=True)]
    if any(n is not None and n <= 0 for n in sizes):
        raise ShapeError(
            f"cannot cut patches of {shape_text(spans)} out of {shape_text(shape)}",
            code=codes.DIMENSION_COLLAPSE,
        )
    if channels is None:
        raise ShapeError(f"expects a known number of channels, got {shape_text(shape)}")
    pixels = channels * prod(size)
    return (*batch, *sizes, pixels) if last else (*batch, pixels, *sizes)


def _check_images(shape: Shape) -> Shape:
    if len(shape) not in _AXES:
        raise ShapeError(f"expects images {_AXES[4]}, got {shape_text(shape)}")
    return shape


def _first(call: Call) -> bool:
    return bool(constant(call, "data_format") == "channels_first")


def _space(call: Call) -> tuple[int, int]:
    """The axes of height and width."""
    rank = len(shape_of(first(call)))
    return (rank - 2, rank - 1) if _first(call) else (rank - 3, rank - 2)


def _with_channels(call: Call, known: tuple[int, ...]) -> tuple[Shape, int]:
    """The shape of images, and the axis of their channels."""
    shape = images(call)
    axis = len(shape) - (3 if _first(call) else 1)
    if shape[axis] not in (None, *known):
        counts = " or ".join(map(str, known))
        raise ShapeError(f"expects images with {counts} channels, got {shape_text(shape)}")
    return shape, axis


def _change_edges(call: Call, noun: str, sign: int) -> Shape:
    """The shape of images, cropped (-1) or padded (1) at the edges or to a target size."""
    shape = images(call)
    for side, axis in zip(_EDGES, _space(call), strict=True):
        names = [*(f"{edge}_{noun}" for edge in _EDGES[side]), f"target_{side}"]
        one, other, target = (constant(call, name) for name in names)
        if [one, other, target].count(None) != 1:
            raise invalid_constant(
                f"needs two of {', '.join(f'`{name}`' for name in names)}",
                next((name for name in names if name in call.constants), ""),
                "the third follows from two",
            )
        shape = replaced(shape, axis, _side(call, shape[axis], side, names, sign))
    return shape


def _side(call: Call, size: Dim, side: str, names: list[str], sign: int) -> Dim:
    one, other, target = (constant(call, name) for name in names)
    if size is None:
        if target is None and sign < 0:
            raise invalid_constant(f"cannot crop images of unknown {side}", names[0], f"write `target_{side}`")
        return int(target) if target is not None else None
    if target is None:
        target = size + sign * (one + other)
    edges = (one or 0) + (other or 0)
    if target < 0 or sign * (target - size) < edges:
        verb = "crop" if sign < 0 else "pad"
        raise invalid_constant(
            f"cannot {verb} a {side} of {size} to {target} with {edges} at the edge"
            if target >= 0
            else f"cannot crop {edges} off a {side} of {size}",
            next(name for name in names if name in call.constants),
        )
    return int(target)


def _rules(names: str, shape: Callable[[Call], Shape]) -> dict[str, InferenceRule]:
    return {f"image.{name}": op(shape, same, unknown_cost) for name in names.split()}


RULES: dict[str, InferenceRule] = {
    **_rules("gaussian_blur elastic_transform", images),
    **_rules("rgb_to_grayscale", rgb_to_grayscale),
    **_rules("rgb_to_hsv hsv_to_rgb", rgb_to_hsv),
    **_rules("resize", resize),
    **_rules("crop_images", crop_images),
    **_rules("pad_images", pad_images),
    **_rules("affine_transform", affine_transform),
    **_rules("perspective_transform", perspective_transform),
    "image.map_coordinates": op(map_coordinates, lambda call: operand(call, "inputs").dtype, unknown_cost),
    **_rules("scale_and_translate", scale_and_translate),
    **_rules("sobel_edges", sobel_edges),
    "image.ssim": op(ssim, lambda call: operand(call, "image1").dtype, unknown_cost),
    **_rules("extract_patches extract_patches_3d", extract_patches),
}
