"""Image layers against Keras."""

import pytest

from kspec.analysis.shapes.layers.image import COLOUR, RECOLOURED
from kspec.analysis.shapes.registry import infer_call
from kspec.analysis.shapes.types import Call, TensorType
from tests.analysis.shapes.differential import Case, compare, grid, shape_error

REQUIRED = {
    **{name: {"factor": 0.5} for name in ("RandomContrast", "RandomHue", "RandomSaturation", "RandomSharpness")},
    **{name: {"factor": 0.5} for name in ("RandomBrightness", "RandomColorDegeneration", "RandomRotation")},
    "RandomPosterization": {"factor": 4},
    "RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1},
    "RandomZoom": {"height_factor": 0.1},
}
CUTS = ("CenterCrop", "RandomCrop", "Resizing")

CASES = [
    *[
        Case(name, REQUIRED.get(name, {}), [given])
        for name in RECOLOURED
        for given in ((8, 8, 3), ((8, 8, 3), "uint8"), (None, None, None))
    ],
    *[
        Case(name, {**REQUIRED.get(name, {}), "dtype": "float16"}, [(8, 8, 3)])
        for name in ("RandomFlip", "Equalization")
    ],
    *[Case(name, {**REQUIRED.get(name, {}), "data_format": "channels_first"}, [(3, 8, 8)]) for name in COLOUR],
    Case("RandomGrayscale", {}, [(8, 8, 1)]),
    Case("RandomColorDegeneration", {"factor": 0.5}, [(8, 8, 1)], code="KS301"),
    *[
        Case(name, REQUIRED.get(name, {}), [(8, 8, 2)], late=True)
        for name in COLOUR
        if name != "RandomColorDegeneration"
    ],
    Case("RandomGaussianBlur", {"kernel_size": [3, 5]}, [(8, 8, 3)]),
    Case("RandomGaussianBlur", {"kernel_size": [3, 4]}, [(8, 8, 3)], code="KS302"),
    Case("RandomFlip", {}, [(8,)], late=True),
    Case("RandomFlip", {}, [((8, 8, 3), "string")], late=True),
    Case("MaxNumBoundingBoxes", {"max_number": 3}, [(8, 8, 3)]),
    *[
        case
        for name in CUTS
        for case in grid(
            name,
            [[(8, 9, 3)], [((8, 9, 3), "uint8")], [(None, None, 1)]],
            height=[4],
            width=[5],
            data_format=[..., "channels_first"],
        )
    ],
    Case("CenterCrop", {"height": 4, "width": 5}, [(8,)], code="KS301"),
    Case("Resizing", {"height": 4, "width": 5}, [(8,)], late=True),
]

ONE_PICTURE = [
    Case(name, arguments, [(8, 8)], miss="Keras takes the batch for one picture, its examples for rows")
    for name, arguments in [("RandomFlip", {}), *[(name, {"height": 4, "width": 5}) for name in CUTS]]
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_keras(case):
    compare(case)


@pytest.mark.parametrize("case", ONE_PICTURE, ids=str)
def test_a_batch_without_channels_is_rejected(case):
    compare(case)
    error = shape_error(case)
    assert error.message == ("expects 4-dimensional input (null, height, width, channels), got (null, 8, 8)")
    assert "[8, 8, 1]" in error.help


def test_an_unknown_rank_is_kept():
    case = Case("Resizing", {"height": 4, "width": 5}, [(8, 8, 3)])
    assert infer_call(Call(case.entry, case.arguments, {"data": [TensorType(None)]})).outputs == [TensorType(None)]
