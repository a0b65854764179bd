"""What XLA is expected to bring, by the layers of a network alone."""

import pytest

from kspec.backend.tensorflow import import_tensorflow


@pytest.fixture(scope="module")
def networks():
    import_tensorflow()
    import keras

    def network(shape, *layers):
        visible = hidden = keras.Input(shape)
        for layer in layers:
            hidden = layer(hidden)
        return keras.Model(visible, hidden)

    make = keras.layers
    return {
        "dense": network((10,), *(make.Dense(10) for _ in range(4))),
        "recurrent": network((100, 1), make.LSTM(10), make.Dense(1)),
        "bidirectional": network((50, 1), make.Bidirectional(make.GRU(10))),
        "any length": network((None, 1), make.LSTM(10)),
        "convolutions": network((8, 8, 1), make.Conv2D(2, 3), make.Flatten(), make.Dense(1)),
    }


@pytest.mark.parametrize(
    ("name", "few", "enough"),
    [("dense", 18_000, 20_000), ("recurrent", 250, 320), ("bidirectional", 200, 320), ("any length", 30_000, 60_000)],
)
def test_xla_needs_enough_steps(networks, name, few, enough):
    from kspec.training.engine.expected_gain import expected_engine

    assert expected_engine(networks[name], few) == "fused"
    assert expected_engine(networks[name], enough) == "fused_xla"


def test_convolutions_stay_fused_on_a_processor(networks):
    from kspec.training.engine.expected_gain import expected_engine

    assert expected_engine(networks["convolutions"], 1e9) == "fused"


@pytest.mark.parametrize(
    ("name", "steps", "validations", "expected"),
    [
        ("recurrent", 9, 1000, True),
        ("recurrent", 9, 50, False),  # too few in all
        ("dense", 9, 1e6, False),  # too short each
        ("dense", 100, 1e6, True),
    ],
)
def test_validation_has_a_program_of_its_own(networks, name, steps, validations, expected):
    from kspec.training.engine.expected_gain import pays_for_validation

    assert pays_for_validation(networks[name], steps, validations) is expected
