"""Layers that change pictures, most of them at random and while training only."""

from __future__ import annotations

from kspec.analysis.shapes.layers.shared import given_dtype, number_shape, one, per_value, unknown, wrong_rank
from kspec.analysis.shapes.types import Call, InferenceRule, InferredCall, Shape, ShapeError
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text

COLOUR = {"RandomColorDegeneration": (3,), "RandomHue": (3,), "RandomSaturation": (3,), "RandomGrayscale": (1, 3)}
"""Layers that need to know colours: the numbers of channels that they take."""

AS_GIVEN = ("Equalization", "RandomGrayscale")
"""Layers that give integers back as integers."""

RECOLOURED = (
    *("AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix", "Equalization", "MixUp"),
    *("RandAugment", "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast"),
    *("RandomElasticTransform", "RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHue"),
    *("RandomInvert", "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation"),
    *("RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom", "Solarization"),
)


def picture(call: Call) -> InferredCall:
    """`(batch, height, width, channels)` stays as it is."""
    shape = _pictures(call)
    if call.entry.name == "RandomGaussianBlur":
        _odd(call)
    if shape is None:
        return unknown(call)
    channels, known = shape[1 if _first(call) else 3], COLOUR.get(call.entry.name)
    if known and channels is not None and channels not in known:
        raise ShapeError(
            f"expects images with {' or '.join(map(str, known))} channels, got {shape_text(shape)}",
            help="it changes colours, of which red, green and blue are the channels",
        )
    return one(shape, given_dtype(call) if call.entry.name in AS_GIVEN else call.dtype)


def cut(call: Call) -> InferredCall:
    """`(batch, …, …, channels) → (batch, height, width, channels)`."""
    shape = _pictures(call)
    if shape is None:
        return unknown(call)
    height, width = call["height"], call["width"]
    result = (*shape[:2], height, width) if _first(call) else (shape[0], height, width, shape[3])
    return one(result, call.dtype, (), per_value(result, 1))


def boxes(call: Call) -> InferredCall:
    """What it is given: it counts boxes around what pictures show, and a spec has none."""
    return one(call.x.shape, call.dtype, (), 0)


def _first(call: Call) -> bool:
    return bool(call["data_format"] == "channels_first")


def _pictures(call: Call) -> Shape | None:
    """The shape of a batch of pictures.

    Of rank 3 Keras would take the whole batch for one picture, its examples for rows.
    """
    shape = number_shape(call)
    if shape is not None and len(shape) != 4:
        names = ("channels", "height", "width") if _first(call) else ("height", "width", "channels")
        raise wrong_rank(call, shape, names)
    return shape


def _odd(call: Call) -> None:
    said = call["kernel_size"]
    for size in [said] if isinstance(said, int) else said:
        if size % 2 == 0:
            raise ShapeError(
                f"blurs with a window of {size}, which has no middle",
                help=f"choose an odd size, such as {size + 1}",
                argument="kernel_size",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )


RULES: dict[str, InferenceRule] = {
    **dict.fromkeys(RECOLOURED, picture),
    **dict.fromkeys(("CenterCrop", "RandomCrop", "Resizing"), cut),
    "MaxNumBoundingBoxes": boxes,
}
