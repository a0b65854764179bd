"""Layers that change images, most of them at random and only during training."""

from __future__ import annotations

from kspec.analysis.shapes.layers.shared import moved_dtype, number_shape, one, per_value, rank_error, several, unknown
from kspec.analysis.shapes.types import Call, InferenceRule, InferredCall, Shape, ShapeError
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text

COLOUR = {"RandomColorDegeneration": (3,), "RandomHue": (3,), "RandomSaturation": (3,), "RandomGrayscale": (1, 3)}
"""Layers that work on colours → the numbers of channels that they accept."""

KEEPS_INTEGERS = ("ContrastLimitedAdaptiveHistogramEqualization", "Equalization", "RandomGrayscale")
"""Layers that return integers for integers."""

RECOLOURED = (
    *("AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix", "Equalization", "MixUp"),
    *("RandAugment", "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast"),
    *("RandomElasticTransform", "RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHue"),
    *("RandomInvert", "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation"),
    *("RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom", "Solarization"),
)


def image(call: Call) -> InferredCall:
    """`(batch, height, width, channels)` → the same."""
    shape = _image_shape(call)
    if call.entry.name == "RandomGaussianBlur":
        _check_odd_kernel(call)
    if shape is None:
        return unknown(call)
    channels, known = shape[1 if _first(call) else 3], COLOUR.get(call.entry.name)
    if known and channels is not None and channels not in known:
        raise ShapeError(
            f"expects images with {' or '.join(map(str, known))} channels, got {shape_text(shape)}",
            help="the channels must be red, green and blue",
        )
    return one(shape, moved_dtype(call) if call.entry.name in KEEPS_INTEGERS else call.dtype)


def crop(call: Call) -> InferredCall:
    """`(batch, …, …, channels) → (batch, height, width, channels)`."""
    shape = _image_shape(call)
    if shape is None:
        return unknown(call)
    height, width = call["height"], call["width"]
    result = (*shape[:2], height, width) if _first(call) else (shape[0], height, width, shape[3])
    return one(result, call.dtype, (), per_value(result, 1))


def boxes(call: Call) -> InferredCall:
    """`(…) → (…)`: it pads bounding boxes, which a spec does not have."""
    return one(call.x.shape, call.dtype, (), 0)


def _first(call: Call) -> bool:
    return bool(call["data_format"] == "channels_first")


def _image_shape(call: Call) -> Shape | None:
    """The shape of a batch of images.

    Keras would take a batch of rank 3 for a single image whose rows are the examples.
    """
    shape = number_shape(call)
    if shape is not None and len(shape) != 4:
        names = ("channels", "height", "width") if _first(call) else ("height", "width", "channels")
        raise rank_error(call, shape, names)
    return shape


def _check_odd_kernel(call: Call) -> None:
    for size in several(call["kernel_size"], 1):
        if size % 2 == 0:
            raise ShapeError(
                f"expects an odd `kernel_size`, got {size}",
                help=f"write an odd size, such as {size + 1}",
                argument="kernel_size",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )


RULES: dict[str, InferenceRule] = {
    **dict.fromkeys(RECOLOURED, image),
    **dict.fromkeys(("CenterCrop", "RandomCrop", "Resizing"), crop),
    "MaxNumBoundingBoxes": boxes,
}
