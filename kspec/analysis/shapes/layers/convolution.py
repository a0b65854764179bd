"""Convolutions: a kernel that slides over the steps of a sequence, an image or a volume."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import NamedTuple

from kspec.analysis.shapes.broadcasting import size_of
from kspec.analysis.shapes.layers.shared import Axes, axes_of, known_size, one, several, size_words, unknown
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, InferredCall, Shape, ShapeError, Weight
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text


class Kernel(NamedTuple):
    """How a kernel slides along each spatial axis.

    Args:
        reach: The size that it covers of the input: `(size - 1) · dilation + 1`.
    """

    size: tuple[int, ...]
    strides: tuple[int, ...]
    reach: tuple[int, ...]

    @classmethod
    def of(cls, call: Call, count: int) -> Kernel:
        """The kernel of a layer with `count` spatial axes."""
        size, strides = several(call["kernel_size"], count), several(call["strides"], count)
        dilation = several(call["dilation_rate"], count)
        return cls(size, strides, tuple((n - 1) * d + 1 for n, d in zip(size, dilation, strict=True)))


def output_size(size: Dim, reach: int, stride: int, padding: str) -> Dim:
    """The new size of an axis: `⌊(size - reach) / stride⌋ + 1` without padding, `⌈size / stride⌉` with it.

    Args:
        size: The size of the input along the axis; None if unknown.
        reach: The elements that a dilated kernel spans.
        stride: The step between two positions of the kernel, in elements.
        padding: `valid` for no padding; any other value pads.

    Returns:
        The size of the output along the axis; None if `size` is.
    """
    if size is None:
        return None
    return (size - reach) // stride + 1 if padding == "valid" else (size - 1) // stride + 1


def too_small_error(call: Call, what: str, reach: Sequence[int], axes: Axes, argument: str) -> ShapeError:
    """The error for an input smaller than the window that slides over it.

    Args:
        call: Of the layer.
        what: The window in words: "a kernel".
        reach: Its size along each spatial axis.
        axes: Of the input.
        argument: The argument that sets its size.
    """
    padded = "" if call["padding"] == "same" else "`padding: same`, "
    return ShapeError(
        f"cannot fit {what} of {size_words(reach)} into an input of {size_words(axes.spatial)}",
        help=f"use a smaller `{argument}`, {padded}or fewer layers that shrink the input",
        argument=argument,
        code=codes.DIMENSION_COLLAPSE,
    )


def convolution(count: int) -> InferenceRule:
    """`(…, channels) → (…', filters)`; a kernel of (size…, channels / groups, filters), and a bias."""

    def rule(call: Call) -> InferredCall:
        kernel, filters, groups = _checked_kernel(call, count), call["filters"], call["groups"]
        if filters is not None and filters % groups:
            raise ShapeError(
                f"cannot divide {filters} filters into {groups} groups",
                help="make `filters` a multiple of `groups`",
                argument="groups",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )
        axes = axes_of(call, count)
        if axes is None:
            return unknown(call, None)
        channels = _channels(call, axes)
        if channels % groups:
            raise ShapeError(
                f"cannot divide the {channels} channels of {shape_text(call.x.shape)} into {groups} groups",
                help="make the channels a multiple of `groups`",
                argument="groups",
            )
        spatial = _output_sizes(call, kernel, axes)
        shape = axes.with_sizes(spatial, filters)
        if filters is None:
            return one(shape, call.dtype, None)
        weights = [Weight((*kernel.size, channels // groups, filters)), *_bias(call, filters)]
        return one(shape, call.dtype, weights, _flops(call, spatial, filters, prod(kernel.size) * channels // groups))

    return rule


def depthwise_convolution(count: int) -> InferenceRule:
    """`(…, channels) → (…', channels · depth_multiplier)`; each channel has its own kernels."""

    def rule(call: Call) -> InferredCall:
        kernel, axes = _depthwise_kernel(call, count), axes_of(call, count)
        if axes is None:
            return unknown(call, None)
        channels, spatial = _channels(call, axes), _output_sizes(call, kernel, axes)
        multiplier = call["depth_multiplier"]
        if multiplier is None:
            return one(axes.with_sizes(spatial, None), call.dtype, None)
        filters = channels * multiplier
        weights = [Weight((*kernel.size, channels, multiplier)), *_bias(call, filters)]
        shape = axes.with_sizes(spatial, filters)
        return one(shape, call.dtype, weights, _flops(call, spatial, filters, prod(kernel.size)))

    return rule


def separable_convolution(count: int) -> InferenceRule:
    """`(…, channels) → (…', filters)`: each channel has its own kernels; a kernel of size 1 mixes the results."""

    def rule(call: Call) -> InferredCall:
        kernel, axes = _depthwise_kernel(call, count), axes_of(call, count)
        if axes is None:
            return unknown(call, None)
        channels, spatial = _channels(call, axes), _output_sizes(call, kernel, axes)
        filters, multiplier = call["filters"], call["depth_multiplier"]
        shape = axes.with_sizes(spatial, filters)
        if filters is None or multiplier is None:
            return one(shape, call.dtype, None)
        between = channels * multiplier
        depth = Weight((*kernel.size, channels, multiplier))
        point = Weight((*[1] * count, between, filters))
        flops, places = _flops(call, spatial, filters, between), size_of(spatial)
        if flops is not None and places is not None:
            flops += places * between * 2 * prod(kernel.size)
        return one(shape, call.dtype, [depth, point, *_bias(call, filters)], flops)

    return rule


def transposed_convolution(count: int) -> InferenceRule:
    """`(…, channels) → (…', filters)`: the kernel spreads each value of the input.

    An axis of n becomes `n · stride` with padding, `(n - 1) · stride + max(reach, stride)` without. With an
    `output_padding` of p it becomes `(n - 1) · stride + p + reach` without padding; with it, `reach` counts as
    `reach mod 2`.
    """

    def rule(call: Call) -> InferredCall:
        kernel, filters = _checked_kernel(call, count), call["filters"]
        more: tuple[int | None, ...] = several(call["output_padding"], count)
        if any(p is not None and p >= s for p, s in zip(more, kernel.strides, strict=True)):
            raise ShapeError(
                f"has an `output_padding` of {size_words(more)}, but strides of {size_words(kernel.strides)}",
                help="make `output_padding` less than the stride",
                argument="output_padding",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )
        if call["padding"] == "same" and any(p == 0 and n % 2 == 0 for p, n in zip(more, kernel.reach, strict=True)):
            raise ShapeError(
                f"has a kernel of even size, {size_words(kernel.size)}, and `output_padding: 0` with `padding: same`: "
                "TensorFlow cannot compute an output of that size",
                help="leave `output_padding` out, or write `padding: valid`",
                argument="output_padding",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )
        axes = axes_of(call, count)
        if axes is None:
            return unknown(call, None)
        channels = _channels(call, axes)
        spatial = tuple(map(_transposed_size(call["padding"]), axes.spatial, kernel.reach, kernel.strides, more))
        shape = axes.with_sizes(spatial, filters)
        if filters is None:
            return one(shape, call.dtype, None)
        weights = [Weight((*kernel.size, filters, channels)), *_bias(call, filters)]
        places, results = size_of(axes.spatial), size_of(spatial)
        flops = None
        if places is not None and results is not None:
            flops = 2 * places * prod(kernel.size) * channels * filters + results * filters * bool(call["use_bias"])
        return one(shape, call.dtype, weights, flops)

    return rule


def _transposed_size(padding: str) -> Callable[[Dim, int, int, int | None], Dim]:
    return _padded_size if padding == "same" else _unpadded_size


def _padded_size(size: Dim, reach: int, stride: int, more: int | None) -> Dim:
    if size is None:
        return None
    return size * stride if more is None else (size - 1) * stride + reach % 2 + more


def _unpadded_size(size: Dim, reach: int, stride: int, more: int | None) -> Dim:
    if size is None:
        return None
    return (size - 1) * stride + (max(reach, stride) if more is None else reach + more)


def _checked_kernel(call: Call, count: int) -> Kernel:
    kernel = Kernel.of(call, count)
    if max(kernel.strides) > 1 and max(several(call["dilation_rate"], count)) > 1:
        raise ShapeError(
            "has both `strides` and `dilation_rate` above 1, which Keras does not support",
            help="use one of them",
            argument="dilation_rate",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    return kernel


def _depthwise_kernel(call: Call, count: int) -> Kernel:
    kernel = Kernel.of(call, count)
    check_depthwise_strides(kernel.strides, several(call["dilation_rate"], count))
    return kernel


def check_depthwise_strides(strides: Sequence[int], dilation: Sequence[int]) -> None:
    """Check that TensorFlow can compute a depthwise convolution. With dilation, Keras computes it in another way.

    Raises:
        ShapeError: If the strides differ.
    """
    if len(set(strides)) > 1 and max(dilation) == 1:
        raise ShapeError(
            f"has strides of {size_words(strides)}: TensorFlow computes depthwise convolutions only with equal strides",
            help=f"write one number, as in `strides: {max(strides)}`",
            argument="strides",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )


def _channels(call: Call, axes: Axes) -> int:
    shape = call.x.shape
    assert shape is not None
    return known_size(1 if axes.first else len(shape) - 1, shape)


def _output_sizes(call: Call, kernel: Kernel, axes: Axes) -> Shape:
    steps = zip(axes.spatial, kernel.reach, kernel.strides, strict=True)
    spatial = tuple(output_size(*step, call["padding"]) for step in steps)
    if any(size is not None and size < 1 for size in spatial):
        raise too_small_error(
            call, "a kernel" if kernel.reach == kernel.size else "a dilated kernel", kernel.reach, axes, "kernel_size"
        )
    return spatial


def _bias(call: Call, filters: int) -> list[Weight]:
    return [Weight((filters,))] if call["use_bias"] else []


def _flops(call: Call, spatial: Shape, filters: int, taps: int) -> int | None:
    places = size_of(spatial)
    return None if places is None else places * filters * (2 * taps + bool(call["use_bias"]))


RULES: dict[str, InferenceRule] = {
    "Conv1D": convolution(1),
    "Conv1DTranspose": transposed_convolution(1),
    "Conv2D": convolution(2),
    "Conv2DTranspose": transposed_convolution(2),
    "Conv3D": convolution(3),
    "Conv3DTranspose": transposed_convolution(3),
    "DepthwiseConv1D": depthwise_convolution(1),
    "DepthwiseConv2D": depthwise_convolution(2),
    "SeparableConv1D": separable_convolution(1),
    "SeparableConv2D": separable_convolution(2),
}
