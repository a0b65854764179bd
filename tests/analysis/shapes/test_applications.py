"""The models of `keras.applications`: what is told of them without TensorFlow is what Keras makes of them."""

import keras
import pytest

from kspec.analysis.shapes.applications import application
from kspec.analysis.shapes.types import Call, ShapeError, TensorType
from kspec.catalog import find, names
from kspec.catalog.applications import features_of, image_shape, inner_layers, sizes, variant
from kspec.catalog.generator.applications import WIDTHS
from tests.conftest import diagnostics_of, network


def inferred(name, picture=None, **arguments):
    """Shape and parameters (all, not trained) as we tell them."""
    shape = (None, *(picture or image_shape(name, arguments)))
    call = Call(find("application", name), {"weights": None, **arguments}, {"inputs": [TensorType(shape)]})
    answer = application(call)
    if answer.weights is None:
        return answer.outputs[0].shape, None
    fixed = sum(weight.size for weight in answer.weights if not weight.trainable)
    return answer.outputs[0].shape, (sum(weight.size for weight in answer.weights), fixed)


def built(name, picture=None, **arguments):
    """The same of the model that Keras builds."""
    keras.backend.clear_session()
    model = getattr(keras.applications, name)(**{"weights": None, **arguments})
    fixed = sum(int(keras.ops.size(weight)) for weight in model.non_trainable_weights)
    shape = model.output.shape if picture is None else model.compute_output_shape((None, *picture))
    return tuple(shape), (model.count_params(), fixed)


def test_every_application_has_been_measured():
    assert {name for name in names("application") if sizes(name) is None or not inner_layers(name, {})} == set()


def test_the_known_numbers_of_parameters():
    published = {"ResNet50": 25_636_712, "MobileNetV2": 3_538_984, "VGG16": 138_357_544, "Xception": 22_910_480}
    assert {name: inferred(name)[1][0] for name in published} == published


CASES = [
    ("MobileNetV3Small", None, {"classes": 5, "include_preprocessing": False}),
    ("VGG16", None, {"include_top": False, "input_shape": [65, 127, 3], "pooling": "avg"}),
]
SLOW = [
    ("MobileNetV2", None, {"include_top": False}),
    ("MobileNetV2", (131, 97, 3), {"include_top": False}),
    ("MobileNetV2", None, {"include_top": False, "input_shape": [131, 97, 3], "pooling": "max"}),
    ("MobileNetV2", None, {"input_shape": [96, 96, 1], "classes": 7}),
    ("MobileNetV3Small", None, {"include_top": False, "input_shape": [65, 33, 3]}),
    ("MobileNetV3Small", None, {"minimalistic": True, "classes": 4}),
    ("MobileNet", None, {"alpha": 0.25, "include_top": False, "input_shape": [65, 33, 3]}),
    ("VGG16", None, {"input_shape": [64, 97, 3], "classes": 3}),
    ("VGG19", None, {"include_top": False, "input_shape": [224, 224, 2]}),
    ("ResNet50", None, {}),
    ("ResNet50", None, {"include_top": False, "input_shape": [97, 161, 1]}),
    ("ResNet50V2", (97, 161, 3), {"include_top": False}),
    ("InceptionV3", None, {"include_top": False, "input_shape": [107, 139, 3]}),
    ("Xception", None, {"include_top": False, "input_shape": [72, 130, 4]}),
    ("EfficientNetB0", (97, 161, 3), {"include_top": False}),
    ("EfficientNetB0", None, {"input_shape": [97, 161, 1], "classes": 3}),
    ("EfficientNetV2B0", None, {"include_top": False, "input_shape": [97, 161, 3], "pooling": "avg"}),
    ("ConvNeXtTiny", None, {"include_top": False, "input_shape": [97, 161, 3]}),
    ("DenseNet121", None, {"classes": 4, "classifier_activation": None}),
    ("NASNetMobile", None, {"include_top": False, "input_shape": [97, 161, 3]}),
    ("InceptionResNetV2", None, {"include_top": False, "input_shape": [107, 139, 3]}),
]


@pytest.mark.parametrize(
    ("name", "picture", "arguments"), [*CASES, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)]
)
def test_shapes_and_parameters_are_those_of_keras(name, picture, arguments):
    assert inferred(name, picture, **arguments) == built(name, picture, **arguments)


@pytest.mark.parametrize(
    ("name", "widths"), [(name, widths) for name in names("application") for widths in ({}, *WIDTHS.get(name, []))]
)
def test_inner_layers_add_up_to_the_whole(name, widths):
    shape = [image_shape(name, {})[0] or 224] * 2 + [3]
    arguments = {"include_top": False, "input_shape": shape, **widths}
    _, (all_, fixed) = inferred(name, **arguments)
    assert sum(layer.trained for layer in inner_layers(name, arguments)) == all_ - fixed


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("MobileNetV3Small", {"classes": 5}),
        pytest.param("MobileNet", {"alpha": 0.3, "include_top": False}, marks=pytest.mark.slow),
        pytest.param("ConvNeXtTiny", {"include_top": False, "input_shape": [32, 32, 3]}, marks=pytest.mark.slow),
        pytest.param("VGG16", {"include_top": False, "input_shape": [32, 32, 1]}, marks=pytest.mark.slow),
        pytest.param("InceptionV3", {}, marks=pytest.mark.slow),
    ],
)
def test_inner_layers_are_those_of_keras(name, arguments):
    keras.backend.clear_session()
    model = getattr(keras.applications, name)(**{"weights": None, **arguments})
    layers = [layer for layer in model.layers if layer.weights]
    ours = inner_layers(name, arguments)
    assert [layer.name for layer in ours] == [layer.name for layer in layers]
    counts = {layer.name: sum(int(keras.ops.size(w)) for w in layer.trainable_weights) for layer in layers}
    assert {layer.name: layer.trained for layer in ours if layer.trained is not None}.items() <= counts.items()
    as_measured = not {"alpha"} & arguments.keys() and arguments.get("input_shape", [0, 0, 3])[2] == 3
    assert any(layer.trained for layer in ours) == as_measured


@pytest.mark.parametrize(("name", "widths"), [(name, widths) for name in WIDTHS for widths in ({}, *WIDTHS[name])])
def test_the_features_of_any_width_follow_a_rule(name, widths):
    measured = sizes(variant(name, **widths))
    assert features_of(name, widths.get("alpha", 1.0)) == measured.features


def test_unmeasured_widths_are_unknown():
    assert inferred("MobileNetV2", include_top=False, input_shape=[64, 64, 3], alpha=1.2) == ((None, 2, 2, 1536), None)
    assert inferred("MobileNetV2", alpha=0.6, classes=7) == ((None, 7), None)
    assert inferred("MobileNetV2", alpha=0.5, classes=7)[1] is not None
    assert inferred("MobileNetV2", alpha=1, classes=7)[1] is not None


@pytest.mark.parametrize(
    ("name", "arguments", "argument"),
    [
        ("MobileNetV2", {"input_shape": [224, 224]}, "input_shape"),
        ("MobileNetV2", {"include_top": False, "input_shape": [31, 64, 3]}, "input_shape"),
        ("InceptionV3", {"include_top": False, "input_shape": [74, 74, 3]}, "input_shape"),
        ("ResNet50", {"input_shape": [None, 224, 3]}, "input_shape"),
        ("MobileNetV2", {"include_top": False, "input_shape": [64, None, 3]}, "input_shape"),
        ("MobileNetV2", {"include_top": False, "input_shape": [64, 64, None]}, "input_shape"),
        ("ResNet50", {"weights": "imagenet", "classes": 10}, "classes"),
        ("ResNet50", {"weights": "imagenet", "input_shape": [64, 64, 3]}, "input_shape"),
        ("ResNet50", {"weights": "imagenet", "include_top": False, "input_shape": [64, 64, 1]}, "input_shape"),
        pytest.param("ResNet50", {"weights": "imagenet", "classifier_activation": "sigmoid"}, "classifier_activation",
                     marks=pytest.mark.slow),  # Keras builds it all before it looks
        ("MobileNetV2", {"weights": "imagenet", "input_shape": [100, 100, 3]}, "input_shape"),
    ],
)  # fmt: skip
def test_calls_that_keras_rejects(name, arguments, argument):
    with pytest.raises(ShapeError) as shape_error:
        inferred(name, **arguments)
    assert shape_error.value.argument == argument
    with pytest.raises((ValueError, TypeError)):
        built(name, **arguments)


def test_calls_that_keras_accepts():
    assert inferred("MobileNetV2", weights="imagenet", input_shape=[160, 160, 3])[0] == (None, 1000)
    assert inferred("ResNet50", weights="imagenet", include_top=False, input_shape=[64, 64, 3])[0] == (None, 2, 2, 2048)
    assert inferred("MobileNetV3Small", input_shape=[None, None, 3])[0] == (None, 1000)


def test_images_that_shrink_to_nothing():
    with pytest.raises(ShapeError) as shape_error:
        inferred("VGG16", picture=(20, 40, 3), include_top=False)
    assert shape_error.value.code == "KS303"


def spec(application, shape="[64, 64, 3]", more=""):
    models = f"models:\n  base:\n    application: {application}\n{more}"
    layers = "  - model: base\n  - Dense: {units: 1}"
    return network(layers, inputs=f"{{x: {{shape: {shape}}}}}", more=models)


@pytest.mark.parametrize(
    ("application", "error"),
    [
        ("{MobileNetV2: {include_top: false}}", "KS702 `MobileNetV2` starts from imagenet weights"),
        ("MobileNetV2", "KS702 `MobileNetV2` starts from imagenet weights"),
        ("{MobilNetV2: {weights: null}}", "KS106 unknown application `MobilNetV2`"),
        ("{MobileNetV2: {weights: null, clases: 3}}", "KS110 `MobileNetV2` has no argument `clases`"),
        ("{MobileNetV2: {weights: imagnet}}", "KS112 `imagnet` is not a weights file"),
        ("{MobileNetV2: {weights: none.weights.h5}}", "KS501 file `none.weights.h5` not found"),
        ("{MobileNetV2: {weights: null, input_tensor: x}}", "KS110 a spec cannot set `input_tensor` of `MobileNetV2`"),
        ("{MobileNetV2: {weights: null, pooling: mean}}", "KS112 `pooling` of `MobileNetV2` must be"),
        ("{MobileNetV2: {weights: null, input_shape: [16, 16, 3]}}", "KS302 `MobileNetV2` expects images of at least 32×32"),
        ("{MobileNetV2: {weights: null}}", "KS301 `base` expects (null, 224, 224, 3) for `image`"),
    ],
)  # fmt: skip
def test_one_mistake_is_reported_once(application, error):
    found = [f"{problem.code} {problem.message}" for problem in diagnostics_of(spec(application)) if problem.is_error]
    assert len(found) == 1, found
    assert found[0].startswith(error)


def test_a_spec_with_an_application():
    assert not [
        p
        for p in diagnostics_of(spec("{MobileNetV2: {include_top: false, weights: null, pooling: avg}}"))
        if p.is_error
    ]
