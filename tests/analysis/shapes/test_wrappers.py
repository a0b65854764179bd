"""Layers that wrap a layer, against Keras."""

import pytest

from kspec.analysis.shapes.registry import infer_call
from kspec.analysis.shapes.types import Call
from tests.analysis.shapes.differential import Case, compare, grid, shape_error

LSTM_3 = {"LSTM": {"units": 3}}
BACK_3 = {"LSTM": {"units": 3, "go_backwards": True}}
CONV = {"Conv2D": {"filters": 3, "kernel_size": 3}}
MODES = [..., "sum", "mul", "ave", None]
WITH_STATES = [
    {"SimpleRNN": {"units": 3, "return_state": True}},
    {"GRU": {"units": 3, "return_state": True, "return_sequences": True}},
    {"LSTM": {"units": 3, "return_state": True}},
    {"RNN": {"cell": [{"LSTMCell": {"units": 3}}, {"GRUCell": {"units": 2}}], "return_state": True}},
]


def bidirectional(arguments, shape=(5, 2), **more):
    return Case("Bidirectional", arguments, [shape], **more)


BIDIRECTIONAL = [
    *grid("Bidirectional", [[(None, 2)]], layer=[LSTM_3, *WITH_STATES], merge_mode=MODES),
    *grid("Bidirectional", [[(5, 2)]], layer=[LSTM_3], backward_layer=[BACK_3], merge_mode=MODES),
    *grid(
        "Bidirectional", [[(5, 8, 2)]], layer=[{"ConvLSTM1D": {"filters": 4, "kernel_size": 3, "return_state": True}}]
    ),
    bidirectional({"layer": {"LSTM": {"units": 3, "dtype": "float16"}}, "dtype": "float64"}),
    bidirectional({"layer": LSTM_3, "backward_layer": {"GRU": {"units": 4, "go_backwards": True}}}),
    Case("Bidirectional", {"layer": LSTM_3}, {"sequences": (5, 2), "initial_state": [(3,)] * 4}),
    bidirectional({"layer": LSTM_3}, (5,), code="KS301"),
    bidirectional({"layer": LSTM_3}, (5, None), code="KS301"),
    bidirectional({"layer": {"Dense": {"units": 3}}}, code="KS302"),
    bidirectional({"layer": BACK_3}, code="KS302"),
    bidirectional({"layer": LSTM_3, "backward_layer": LSTM_3}, code="KS302"),
    bidirectional(
        {"layer": LSTM_3, "backward_layer": {"LSTM": {"units": 3, "go_backwards": True, "return_sequences": True}}},
        code="KS302",
    ),
    bidirectional({"layer": {"LSTM": {"units": 3, "stateful": True}}}, code="KS302"),
    bidirectional(
        {"layer": LSTM_3, "backward_layer": {"LSTM": {"units": 4, "go_backwards": True}}, "merge_mode": "sum"},
        late=True,
    ),
    Case("Bidirectional", {"layer": LSTM_3}, {"sequences": (5, 2), "initial_state": [(3,)] * 2}, late=True),
    Case("Bidirectional", {"layer": LSTM_3}, {"sequences": (5, 2), "initial_state": [(4,)] * 4}, late=True),
]

TIME_DISTRIBUTED = [
    *grid(
        "TimeDistributed",
        [[(5, 8, 8, 2)], [(None, 8, 8, 2)]],
        layer=[
            CONV,
            "Flatten",
            "BatchNormalization",
            {"MaxPooling2D": {"pool_size": 2}},
            {"TimeDistributed": {"layer": LSTM_3}},
        ],
    ),
    *grid(
        "TimeDistributed",
        [[(5, 8)], [(None, None, 8)]],
        layer=[
            {"Dense": {"units": 3}},
            {"Dropout": {"rate": 0.5}},
            {"SpectralNormalization": {"layer": {"Dense": {"units": 3}}}},
        ],
    ),
    *grid("TimeDistributed", [[(None, 8, 2)]], layer=[LSTM_3, {"Bidirectional": {"layer": LSTM_3}}]),
    Case("TimeDistributed", {"layer": {"Embedding": {"input_dim": 3, "output_dim": 4}}}, [((5, 8), "int32")]),
    Case("TimeDistributed", {"layer": {"Dense": {"units": 3, "dtype": "float16"}}}, [(5, 8)]),
    Case("TimeDistributed", {"layer": {"Dense": {"units": 3}}}, [(5,)], code="KS301"),
    Case("TimeDistributed", {"layer": CONV}, [(5, 8)], code="KS301"),
    Case("TimeDistributed", {"layer": LSTM_3}, [(5, 8)], code="KS301"),
    Case("TimeDistributed", {"layer": {"LSTM": {"units": 3, "return_state": True}}}, [(5, 8, 2)], code="KS302"),
    Case(
        "TimeDistributed", {"layer": {"MultiHeadAttention": {"num_heads": 2, "key_dim": 2}}}, [(5, 8, 2)], code="KS302"
    ),
    Case("TimeDistributed", {"layer": "Add"}, [(5, 8, 2)], code="KS302"),
    Case("TimeDistributed", {"layer": {"MaxPooling2D": {"pool_size": 2}}}, [(5, 8, 8)], late=True),
]

SPECTRAL = [
    *grid(
        "SpectralNormalization",
        [[(8, 8, 2)]],
        layer=[
            *(
                CONV,
                {"Dense": {"units": 3}},
                {"Dense": {"units": 3, "use_bias": False}},
                "BatchNormalization",
                "Flatten",
            ),
            {"DepthwiseConv2D": {"kernel_size": 3, "depth_multiplier": 2}},
            {"Conv2DTranspose": {"filters": 5, "kernel_size": 3}},
            {"SeparableConv2D": {"filters": 5, "kernel_size": 3}},
            {"SpectralNormalization": {"layer": CONV}},
            {"TimeDistributed": {"layer": {"Dense": {"units": 3}}}},
            {"EinsumDense": {"equation": "abcd,de->abce", "output_shape": [None, None, 7]}},
        ],
    ),
    Case("SpectralNormalization", {"layer": {"Embedding": {"input_dim": 3, "output_dim": 5}}}, [((8,), "int32")]),
    Case("SpectralNormalization", {"layer": {"Dense": {"units": 3}}, "dtype": "float16"}, [(8,)]),
    Case("SpectralNormalization", {"layer": CONV}, [(8,)], code="KS301"),
    Case("SpectralNormalization", {"layer": LSTM_3}, [(8, 2)], code="KS302"),
]

PIPELINE = [
    Case("Pipeline", {"layers": [{"Dense": {"units": 3}}, "BatchNormalization", {"Dense": {"units": 2}}]}, [(8,)]),
    Case("Pipeline", {"layers": [{"Rescaling": {"scale": 0.5}}, {"RandomFlip": {"mode": "horizontal"}}]}, [(8, 8, 3)]),
    Case("Pipeline", {"layers": [{"Resizing": {"height": 4, "width": 4}}, "Flatten"]}, [(8, 8, 3)]),
    Case("Pipeline", {"layers": [CONV]}, [(8,)], code="KS301"),
]


STRICTER = [
    Case("TimeDistributed", {"layer": "GlobalAveragePooling1D"}, [(8, 5)]),  # Keras does not look at the step's rank
]
"""Calls that Keras accepts and we reject."""


@pytest.mark.parametrize("case", [*STRICTER, *BIDIRECTIONAL, *TIME_DISTRIBUTED, *SPECTRAL, *PIPELINE], ids=str)
def test_as_keras(case):
    compare(case)


def test_an_error_of_a_wrapped_layer_names_it():
    error = shape_error(Case("TimeDistributed", {"layer": LSTM_3}, [(5, 8)]))
    assert error.message == ("wraps `LSTM`, which expects 3-dimensional input (null, steps, features), got (null, 8)")
    assert error.argument == "layer"


def test_operations_of_every_step_count():
    case = Case("TimeDistributed", {"layer": {"Dense": {"units": 3}}}, [(5, 8)])
    assert infer_call(Call(case.entry, case.arguments, case.feeds)).flops == 5 * 3 * (2 * 8 + 1)


@pytest.mark.parametrize("name", ["Bidirectional", "TimeDistributed", "SpectralNormalization"])
def test_an_unknown_class_has_unknown_outputs(name):
    case = Case(name, {"layer": {"my_package.Gated": {"units": 4}}}, [(5, 8)])
    found = infer_call(Call(case.entry, case.arguments, case.feeds))
    assert found.outputs[0].shape is None
    assert found.weights is None
