"""Shapes and parameters of the models of `keras.applications`, from measurements.

Keras builds a network of hundreds of layers for each; a few measured numbers give the same result.
"""

from __future__ import annotations

from kspec.analysis.shapes.types import Call, Dim, InferredCall, Shape, ShapeError, TensorType, Weight
from kspec.catalog.applications import STRIDE, Sizes, features_of, image_shape, other_widths, sizes, variant
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text

IMAGENET_CLASSES = 1000


def application(call: Call) -> InferredCall:
    """The output of an application for images, shape (n, height, width, channels).

    Returns:
        Class probabilities, shape (n, classes); without `include_top` features, shape (n, rows, columns, features), or
        pooled, (n, features). Parameters are unknown if an argument changes the width of layers to one that has not
        been measured.

    Raises:
        ShapeError: If Keras would reject its arguments, or images of this size.
    """
    known = sizes(call.entry.name)
    if known is None:
        return InferredCall([TensorType(None, call.dtype)], None)
    image = _input_shape(call, known)
    if call["weights"] == "imagenet":
        _check_imagenet(call, known, image)
    positions = _positions(call, known, image)
    widths = other_widths(call.entry.name, call.arguments)
    measured = sizes(variant(call.entry.name, **widths))
    if image[0] is None and known.rows_of_unknown is None:
        measured = None
    features = measured.features if measured else features_of(call.entry.name, call["alpha"]) if widths else None
    classes = call["classes"]
    shape: Shape = (None, *positions, features)
    if call["include_top"]:
        shape = (None, classes)
    elif call["pooling"] is not None:
        shape = (None, features)
    weights = _weights(measured, image[2], positions, classes if call["include_top"] else 0) if measured else None
    return InferredCall([TensorType(shape, call.dtype)], weights)


def _input_shape(call: Call, known: Sizes) -> list[Dim]:
    """The shape of an image for which the model is built.

    Raises:
        ShapeError: If it cannot be built for that.
    """
    input_shape = call["input_shape"]
    if input_shape is not None and len(input_shape) != 3:
        raise ShapeError(
            f"expects height, width and channels in `input_shape`, got {len(input_shape)} sizes",
            argument="input_shape",
            help=f"write `input_shape: {[known.size or 224, known.size or 224, 3]}`",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    height, width, channels = image = image_shape(call.entry.name, call.arguments)
    small = [size for size in (height, width) if size is not None and size < known.smallest]
    if small:
        raise ShapeError(
            f"expects images of at least {known.smallest}×{known.smallest}, got a size of {small[0]}",
            argument="input_shape",
            help="use larger images",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if channels is None:
        raise ShapeError(
            "expects a known number of channels",
            argument="input_shape",
            help="write 3 for colour images, 1 for grayscale",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if channels != 3 and known.three_channels and call["include_preprocessing"]:
        raise ShapeError(
            f"can only preprocess images with 3 channels, got {channels}",
            argument="input_shape",
            help="write `include_preprocessing: false`",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if call["include_top"] and known.size is not None and None in (height, width):
        raise ShapeError(
            "needs a fixed image size for its classifier, but `input_shape` leaves it open",
            argument="input_shape",
            help="write the size, or `include_top: false`",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if height is not None and width is None and known.rows != known.rows_of_unknown:
        raise ShapeError(
            "cannot be built for a known height and an unknown width",
            argument="input_shape",
            help="write both, or null for both",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    return image


def _check_imagenet(call: Call, known: Sizes, image: list[Dim]) -> None:
    """Check that the weights that Keras downloads fit."""
    if image[2] != 3:
        raise ShapeError(
            f"has ImageNet weights for 3 channels, not {image[2]}",
            argument="input_shape",
            help="use 3 channels, or write `weights: null`",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if not call["include_top"]:
        return
    classes = call["classes"]
    if classes is not None and classes != IMAGENET_CLASSES:
        raise ShapeError(
            f"has ImageNet weights for {IMAGENET_CLASSES} classes, not {classes}",
            argument="classes",
            code=codes.INCOMPATIBLE_ARGUMENTS,
            help="write `include_top: false` and add your own Dense layer, or write `weights: null`",
        )
    if call["classifier_activation"] not in ("softmax", None):
        raise ShapeError(
            "has ImageNet weights for softmax or logits only",
            argument="classifier_activation",
            help="write softmax, or null for logits",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if known.imagenet and (image[0] != image[1] or image[0] not in known.imagenet):
        sides = ", ".join(f"{side}×{side}" for side in known.imagenet)
        raise ShapeError(
            f"has a classifier with ImageNet weights for images of {sides}, not {image[0]}×{image[1]}",
            argument="input_shape",
            help="leave `input_shape` out, or write `include_top: false`",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )


def _positions(call: Call, known: Sizes, image: list[Dim]) -> tuple[Dim, Dim]:
    """Rows and columns before the classifier.

    Raises:
        ShapeError: If the image is too small.
    """
    shape = call.x.shape
    if shape is None:
        shape = (None, *image)
    if len(shape) != 4:
        raise ShapeError(f"expects 4-dimensional input (null, height, width, channels), got {shape_text(shape)}")
    offset = known.rows_of_unknown if image[0] is None else known.rows
    positions = [None if size is None or offset is None else (size + offset) // STRIDE for size in shape[1:3]]
    if any(size is not None and size < 1 for size in positions):
        raise ShapeError(
            f"shrinks images of {shape[1]}×{shape[2]} to nothing",
            code=codes.DIMENSION_COLLAPSE,
            help=f"use images of at least {known.smallest}×{known.smallest}",
        )
    return positions[0], positions[1]


def _weights(known: Sizes, channels: Dim, positions: tuple[Dim, Dim], classes: int | None) -> list[Weight] | None:
    """All trained parameters as one weight, all others as another; None if unknown.

    Args:
        known: The measurements.
        channels: Of an image.
        positions: Rows and columns before the classifier.
        classes: Of the classifier; 0 without one.
    """
    if channels is None or classes is None or (classes and any(known.per_position) and None in positions):
        return None
    places = (positions[0] or 0) * (positions[1] or 0)

    def count(of: int) -> int:
        body = known.parameters[of] + channels * known.per_channel[of]
        return body + (
            known.top[of] + classes * known.per_class[of] + places * known.per_position[of] if classes else 0
        )

    total, fixed = count(0), count(1)
    return [Weight((total - fixed,)), *([Weight((fixed,), False)] if fixed else [])]
