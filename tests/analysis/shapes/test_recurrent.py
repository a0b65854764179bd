"""Recurrent layers and their cells, against Keras."""

import pytest

from kspec.analysis.shapes.registry import infer_call
from kspec.analysis.shapes.types import Call, TensorType
from tests.analysis.shapes.differential import Case, compare, grid, shape_error

KINDS = ("SimpleRNN", "GRU", "LSTM")
TRUTH = [..., True]
LSTM_4, GRU_3, SIMPLE_2 = {"LSTMCell": {"units": 4}}, {"GRUCell": {"units": 3}}, {"SimpleRNNCell": {"units": 2}}

CASES = [
    *[
        case
        for kind in KINDS
        for case in grid(
            kind, [[(5, 2)], [(None, 2)]], units=[3], use_bias=[..., False], return_sequences=TRUTH, return_state=TRUTH
        )
    ],
    *[case for kind in KINDS for case in grid(kind, [[(5,)], [(5, None)], [(4, 5, 2), (3,)], [()]], units=[3])],
    *[
        Case(kind, {"units": 3, "go_backwards": True, "dropout": 0.5, "recurrent_dropout": 0.1}, [(5, 2)])
        for kind in KINDS
    ],
    *[Case(kind, {"units": 3, "stateful": True}, [(5, 2)], code="KS302") for kind in KINDS],
    Case("LSTM", {"units": 3, "stateful": True}, [(5, 2)], batch=2),
    Case("LSTM", {"units": 3, "unroll": True}, [(5, 2)]),
    Case("LSTM", {"units": 3, "dtype": "mixed_float16", "return_state": True}, [(5, 2)]),
    Case("LSTM", {"units": 3}, [((5, 2), "int32")]),
    Case("LSTM", {"units": {"classes_of": "y"}}, [(5, 2)]),
    Case("LSTM", {"units": 3}, {"sequences": (5, 2), "initial_state": [(3,), (3,)]}),
    Case("GRU", {"units": 3}, {"sequences": (5, 2), "initial_state": [(3,)]}),
    Case("GRU", {"units": 3, "reset_after": False}, [(5, 2)]),
    Case("GRU", {"units": 3, "reset_after": False, "use_bias": False}, [(5, 2)]),
    *[
        case
        for cell in (LSTM_4, GRU_3, SIMPLE_2)
        for case in grid("RNN", [[(5, 2)], [(None, 2)]], cell=[cell], return_sequences=TRUTH, return_state=TRUTH)
    ],
    *grid(
        "RNN",
        [[(5, 2)], [(5,)], [(5, None)]],
        cell=[[LSTM_4, GRU_3], [GRU_3], [SIMPLE_2, SIMPLE_2, LSTM_4], {"StackedRNNCells": {"cells": [LSTM_4, GRU_3]}}],
        return_state=TRUTH,
    ),
    Case("GRUCell", {"units": 3}, {"inputs": (2,), "states": [(3,)]}),
    Case("SimpleRNNCell", {"units": 3}, {"sequence": (2,), "states": [(3,)]}),
    Case("LSTMCell", {"units": 3}, {"inputs": (2,), "states": [(3,), (3,)]}),
    Case("LSTMCell", {"units": 3, "dtype": "float16"}, {"inputs": (2,), "states": [(3,), (3,)]}),
    Case("LSTMCell", {"units": 3}, {"inputs": (2,), "states": [(3,)]}, code="KS301"),
    Case("LSTMCell", {"units": 3}, {"inputs": (2,), "states": [(4,), (3,)]}, code="KS301"),
    Case("LSTMCell", {"units": 3}, {"inputs": (None,), "states": [(3,), (3,)]}, code="KS301"),
    Case("GRUCell", {"units": 3}, {"inputs": (), "states": [(3,)]}, code="KS301"),
    Case("StackedRNNCells", {"cells": [GRU_3, SIMPLE_2]}, {"inputs": (2,), "states": [(3,), (2,)]}),
    Case("StackedRNNCells", {"cells": [LSTM_4]}, {"inputs": (2,), "states": [(4,), (4,)]}, code="KS302"),
    *grid(
        "ConvLSTM1D",
        [[(5, 8, 2)], [(None, 8, 2)]],
        filters=[4],
        kernel_size=[3],
        return_sequences=TRUTH,
        return_state=TRUTH,
    ),
    *grid(
        "ConvLSTM1D",
        [[(5, 8, 2)], [(5, 9, 2)]],
        filters=[4],
        kernel_size=[[3]],
        strides=[1, 2, 3],
        padding=["same", "valid"],
    ),
    *grid("ConvLSTM1D", [[(8, 2)], [(5, None, 2)], [(5, 8, None)], [(5, 8, 8, 2)]], filters=[4], kernel_size=[3]),
    *grid(
        "ConvLSTM2D",
        [[(5, 8, 9, 2)]],
        filters=[4],
        kernel_size=[3, [3, 2]],
        dilation_rate=[..., 2],
        use_bias=[..., False],
    ),
    Case("ConvLSTM2D", {"filters": 4, "kernel_size": 3, "data_format": "channels_first"}, [(5, 2, 8, 9)]),
    Case("ConvLSTM2D", {"filters": 4, "kernel_size": 9}, [(5, 8, 9, 2)], code="KS303"),
    Case(
        "ConvLSTM2D", {"filters": 4, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, [(5, 8, 9, 2)], code="KS302"
    ),
    Case("ConvLSTM3D", {"filters": 2, "kernel_size": 2}, [(5, 4, 5, 6, 2)]),
    Case("ConvLSTM1D", {"filters": 4, "kernel_size": 3}, {"sequences": (5, 8, 2), "initial_state": [(6, 4), (6, 4)]}),
    Case("RNN", {"cell": LSTM_4}, [(5, 3, 2)], late=True),
    Case("LSTM", {"units": 3}, {"sequences": (5, 2), "initial_state": [(3,)]}, late=True),
    Case("LSTM", {"units": 3}, {"sequences": (5, 2), "initial_state": [(4,), (4,)]}, late=True),
    Case("GRU", {"units": 3}, {"sequences": (5, 2), "initial_state": [(4,)]}, late=True),
    Case(
        "ConvLSTM1D",
        {"filters": 4, "kernel_size": 3},
        {"sequences": (5, 8, 2), "initial_state": [(8, 4)] * 2},
        late=True,
    ),
    Case("LSTM", {"units": 3}, [((5, 2), "string")], late=True),
    Case("LSTM", {"units": 3}, {"sequences": (5, 2), "initial_state": [(3,)] * 3}, late=True),
    Case("SimpleRNN", {"units": 3}, {"sequences": (5, 2), "initial_state": [(3,)] * 2}, late=True),
    Case("GRU", {"units": 3}, {"sequences": (5, 2), "initial_state": [(3,)] * 2}),
    Case("RNN", {"cell": GRU_3}, {"sequences": (5, 2), "initial_state": [(3,)] * 2}, late=True),
    Case("RNN", {"cell": [GRU_3, SIMPLE_2]}, {"sequences": (5, 2), "initial_state": [(3,), (2,)]}),
    Case("LSTMCell", {"units": 3}, {"inputs": (2,), "states": [(3,)] * 3}),
]


STRICTER = [
    Case("RNN", {"cell": SIMPLE_2}, [(3, 1, 1)]),  # on axes of 1 the product broadcasts, to another shape than stated
]
"""Calls that Keras accepts and we reject."""


@pytest.mark.parametrize("case", [*CASES, *STRICTER], ids=str)
def test_as_keras(case):
    compare(case)


def test_one_row_into_a_recurrent_layer_names_three_fixes():
    error = shape_error(Case("LSTM", {"units": 3}, [(10,)]))
    assert error.message == "expects 3-dimensional input (null, steps, features), got (null, 10)"
    assert "shape [steps, features]" in error.help
    assert "`Reshape: {target_shape: [10, 1]}`" in error.help
    assert "`return_sequences: true`" in error.help


def test_operations_grow_with_the_steps():
    case = Case("LSTM", {"units": 4}, [(7, 3)])
    found = infer_call(Call(case.entry, case.arguments, case.feeds))
    assert found.flops == 7 * (2 * (3 + 4) * 16 + 16)
    case = Case("LSTM", {"units": 4}, [(None, 3)])
    assert infer_call(Call(case.entry, case.arguments, case.feeds)).flops is None


@pytest.mark.parametrize("name", ["LSTM", "ConvLSTM2D"])
def test_an_unknown_rank_is_kept(name):
    case = Case(name, {"units": 4, "filters": 2, "kernel_size": 3}, [()])
    found = infer_call(Call(case.entry, case.arguments, {"sequences": [TensorType(None)]}))
    assert found.outputs == [TensorType(None)]
    assert found.weights is None
