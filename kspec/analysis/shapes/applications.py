"""What a model of `keras.applications` takes and gives, and its parameters, by what was measured of it.

Keras builds a network of hundreds of layers for it; here a handful of numbers tell the same.
"""

from __future__ import annotations

from kspec.analysis.shapes.types import Call, Dim, InferredCall, Shape, ShapeError, TensorType, Weight
from kspec.catalog.applications import STRIDE, Sizes, features_of, other_widths, sizes, stated_shape, variant
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text

IMAGENET_CLASSES = 1000


def application(call: Call) -> InferredCall:
    """What an application gives for pictures, shape (n, height, width, channels).

    Returns:
        Class probabilities, shape (n, classes); without `include_top` features, shape (n, rows, columns, features), or
        pooled, (n, features). Parameters are unknown where an argument gives its layers widths that Keras has no
        weights for: these have not been measured.

    Raises:
        Refusal: when Keras would refuse its arguments, or pictures of this size.
    """
    known = sizes(call.entry.name)
    if known is None:
        return InferredCall([TensorType(None, call.dtype)], None)
    stated = _stated(call, known)
    if call["weights"] == "imagenet":
        _fits_imagenet(call, known, stated)
    positions = _positions(call, known, stated)
    widths = other_widths(call.entry.name, call.arguments)
    measured = sizes(variant(call.entry.name, **widths))
    if stated[0] is None and known.rows_of_unknown is None:
        measured = None
    features = measured.features if measured else features_of(call.entry.name, call["alpha"]) if widths else None
    classes = call["classes"]
    shape: Shape = (None, *positions, features)
    if call["include_top"]:
        shape = (None, classes)
    elif call["pooling"] is not None:
        shape = (None, features)
    weights = _weights(measured, stated[2], positions, classes if call["include_top"] else 0) if measured else None
    return InferredCall([TensorType(shape, call.dtype)], weights)


def _stated(call: Call, known: Sizes) -> list[Dim]:
    """The shape of a picture that the model is built for.

    Raises:
        Refusal: when it cannot be built for that.
    """
    given = call["input_shape"]
    if given is not None and len(given) != 3:
        raise ShapeError(
            f"takes pictures of height, width and channels, and `input_shape` has {len(given)} sizes",
            argument="input_shape", help=f"write `input_shape: {[known.size or 224, known.size or 224, 3]}`",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )  # fmt: skip
    height, width, channels = stated = stated_shape(call.entry.name, call.arguments)
    small = [size for size in (height, width) if size is not None and size < known.smallest]
    if small:
        raise ShapeError(
            f"takes pictures of {known.smallest}×{known.smallest} and more, not of {small[0]}",
            argument="input_shape", help="give it larger pictures", code=codes.INCOMPATIBLE_ARGUMENTS,
        )  # fmt: skip
    if channels is None:
        raise ShapeError("needs to know how many channels its pictures have", argument="input_shape",
                      help="3 for colours, 1 for greys", code=codes.INCOMPATIBLE_ARGUMENTS)  # fmt: skip
    if channels != 3 and known.three_channels and call["include_preprocessing"]:
        raise ShapeError(f"prepares pictures of 3 channels itself, not of {channels}", argument="input_shape",
                      help="write `include_preprocessing: false`", code=codes.INCOMPATIBLE_ARGUMENTS)  # fmt: skip
    if call["include_top"] and known.size is not None and None in (height, width):
        raise ShapeError(
            "has a classifier for pictures of one size, and `input_shape` leaves it open",
            argument="input_shape",
            help="write the size, or `include_top: false`",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if height is not None and width is None and known.rows != known.rows_of_unknown:
        raise ShapeError(
            "cannot be built for a width that is open with a height that is known",
            argument="input_shape",
            help="write both, or null for both",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    return stated


def _fits_imagenet(call: Call, known: Sizes, stated: list[Dim]) -> None:
    """Refuses what the weights that Keras downloads are not made for."""
    if stated[2] != 3:
        raise ShapeError(
            f"has imagenet weights for 3 channels, not for {stated[2]}",
            argument="input_shape",
            help="give it 3 channels, or `weights: null`",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if not call["include_top"]:
        return
    classes = call["classes"]
    if classes is not None and classes != IMAGENET_CLASSES:
        raise ShapeError(
            f"has imagenet weights for {IMAGENET_CLASSES} classes, not for {classes}",
            argument="classes", code=codes.INCOMPATIBLE_ARGUMENTS,
            help="write `include_top: false`, and a Dense layer of your own after it; or `weights: null`",
        )  # fmt: skip
    if call["classifier_activation"] not in ("softmax", None):
        raise ShapeError("has imagenet weights for a softmax or for logits", argument="classifier_activation",
                      help="write softmax, or null for logits", code=codes.INCOMPATIBLE_ARGUMENTS)  # fmt: skip
    if known.imagenet and (stated[0] != stated[1] or stated[0] not in known.imagenet):
        sides = ", ".join(f"{side}×{side}" for side in known.imagenet)
        raise ShapeError(
            f"has a classifier with imagenet weights for pictures of {sides}, not of {stated[0]}×{stated[1]}",
            argument="input_shape",
            help="leave `input_shape` out, or write `include_top: false`",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )


def _positions(call: Call, known: Sizes, stated: list[Dim]) -> tuple[Dim, Dim]:
    """Rows and columns of what comes before the classifier.

    Raises:
        Refusal: when nothing is left of a picture.
    """
    shape = call.x.shape
    if shape is None:
        shape = (None, *stated)
    if len(shape) != 4:
        raise ShapeError(f"takes pictures, shape (n, height, width, channels), and is given {shape_text(shape)}")
    offset = known.rows_of_unknown if stated[0] is None else known.rows
    found = [None if size is None or offset is None else (size + offset) // STRIDE for size in shape[1:3]]
    if any(size is not None and size < 1 for size in found):
        raise ShapeError(f"leaves nothing of pictures of {shape[1]}×{shape[2]}", code=codes.DIMENSION_COLLAPSE,
                      help=f"give it pictures of at least {known.smallest}×{known.smallest}")  # fmt: skip
    return found[0], found[1]


def _weights(known: Sizes, channels: Dim, positions: tuple[Dim, Dim], classes: int | None) -> list[Weight] | None:
    """All trained parameters as one weight, all others as another; None where they cannot be told.

    Args:
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
