"""Importing models: rejected features, noted changes, and the compile configuration."""

import json

import keras
import pytest
from keras import Input, Model, Sequential, layers, ops

import kspec
from kspec.archive import ImportRefused, spec_from_config
from kspec.cli import main
from kspec.diagnostics import SpecError
from kspec.importer.from_model import import_model
from tests.support.import_round_trip import built
from tests.support.keras_models import MODELS, compiled


class Own(Model):
    def __init__(self, **more):
        super().__init__(**more)
        self.dense = layers.Dense(1)

    def call(self, x):
        return self.dense(x)


class Gate(layers.Layer):
    def call(self, x):
        return x


class Derived(Model):
    """A functional model that may do more than its graph says."""


@keras.saving.register_keras_serializable("mine")
class Registered(layers.Dense):
    pass


def own_loss(y, x):
    return ops.mean(y - x)


def refusal(model):
    with pytest.raises(SpecError) as error:
        kspec.from_keras(model)
    (found,) = error.value.diagnostics
    return found.code, found.message


def around(layer, shape=(4,)):
    x = Input(shape, name="x")
    return Model(x, layer(x))


def test_code_is_rejected():
    assert refusal(Own())[0] == "KS712"
    assert refusal(around(layers.Lambda(lambda x: x * 2, name="twice"))) == (
        "KS712",
        "the layer `twice` contains Python code",
    )
    code, message = refusal(around(Gate()))
    assert code == "KS712"
    assert message.startswith("the layer `gate` has a custom class: ")
    assert "mine>Registered" in refusal(around(Registered(2)))[1]
    x = Input([4], name="x")
    assert "the model has a custom class" in refusal(Derived(x, layers.Dense(1)(x)))[1]
    assert refusal(compiled(MODELS["chain"], loss=own_loss)) == (
        "KS712",
        "`loss` is a custom function: `own_loss`",
    )
    assert import_model(compiled(MODELS["chain"], loss=own_loss), compiled=False).values["layers"]


def test_features_that_a_spec_cannot_express_are_rejected():
    assert (
        refusal(around(layers.Dense(2), (4,)).__class__(x := Input([4], sparse=True), layers.Dense(2)(x)))[0] == "KS713"
    )
    assert refusal(Sequential([layers.Dense(2)]))[0] == "KS713"
    assert (
        "its weights are only created when the network runs"
        in refusal(around(layers.Dense(2, activation=layers.PReLU())))[1]
    )
    assert "is a layer" in refusal(around(layers.Dense(2, activation=layers.Dropout(0.1))))[1]
    quantized = around(layers.Dense(2))
    quantized.quantize("int8")
    assert "dtype policy" in refusal(quantized)[1]
    newer = around(lambda x: ops.image.resize(x, (2, 2)), (4, 4, 1)).to_json().replace("Resize", "Warp")
    with pytest.raises(ImportRefused, match=r"an op that is not in keras\.ops: `Warp`"):
        spec_from_config(json.loads(newer))
    taking_functions = refusal(around(lambda x: ops.map(ops.abs, x)))
    assert taking_functions[0] == "KS712"
    assert "it takes a Python function" in taking_functions[1]


@pytest.mark.parametrize("version", [{"keras_version": "2.11.0"}, {}])
def test_a_model_of_keras_2_is_named_as_such(version):
    dense = {"class_name": "Dense", "config": {"name": "dense", "units": 2, "batch_input_shape": [None, 3]}}
    model = {"class_name": "Sequential", "config": {"name": "old", "layers": [dense]}, "backend": "tensorflow"}
    with pytest.raises(ImportRefused, match="the model is in the format of Keras 2") as caught:
        spec_from_config(model | version)
    assert caught.value.code == "KS713"
    assert ("2.11.0" in caught.value.message) == bool(version)


def test_changed_names_are_noted(tmp_path, capsys):
    MODELS["names"]().save(tmp_path / "model.keras")
    assert main(["import", str(tmp_path / "model.keras"), "-o", str(tmp_path / "spec.yaml")]) == 0
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "note: `the.input` is renamed `the_input`",
        "note: `block 1.conv` is renamed `block_1_conv`",
        "note: `2nd` is renamed `n2nd`",
        "note: `sum.up` is renamed `sum_up`",
    ]


def test_names_that_would_collide_stay_unique():
    x = Input([4], name="x")
    y = layers.Dense(2, name="a b")(layers.Dense(3, name="a_b")(layers.Dense(4, name="a.b")(x)))
    found = import_model(Model(x, y))
    assert [entry.get("name") for entry in found.values["layers"]] == ["a_b", "a_b_1", "a_b_2"]
    assert len(found.notes) == 3


@pytest.mark.parametrize(
    ("name", "settings", "section"),
    [
        ("chain", {"loss": "mse"}, {"optimizer": "rmsprop", "loss": "mse"}),
        (
            "chain",
            {
                "optimizer": keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 20), clipnorm=1.0),
                "loss": keras.losses.BinaryCrossentropy(label_smoothing=0.1),
                "metrics": ["accuracy", keras.metrics.AUC(name="area"), keras.metrics.Precision()],
                "weighted_metrics": [],
            },
            {
                "optimizer": {
                    "Adam": {
                        "learning_rate": {"CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 20}},
                        "clipnorm": 1.0,
                    }
                },
                "loss": {"BinaryCrossentropy": {"label_smoothing": 0.1}},
                "metrics": ["accuracy", {"AUC": {"name": "area"}}, "Precision"],
            },
        ),
        (
            "several_outputs",
            {
                "loss": ["mse", None, keras.losses.Huber()],
                "loss_weights": [1.0, 0.5, 0.0],
                "metrics": [["mae"], [], []],
            },
            {
                "loss": {"z": "mse", "a": "Huber"},
                "loss_weights": {"z": 1.0, "trunk": 0.5, "a": 0.0},
                "metrics": {"z": ["mae"]},
            },
        ),
        (
            "structures",
            {"loss": {"small": "mae", "large": keras.losses.mean_squared_error}},
            {"loss": {"small": "mae", "large": "mean_squared_error"}},
        ),
    ],
)
def test_the_compile_configuration_is_imported(name, settings, section):
    found = import_model(compiled(MODELS[name], **settings))
    assert {"optimizer": "rmsprop"} | section == found.values["compile"]
    assert built(found.text)


def test_engine_settings_are_left_out_with_a_note():
    found = import_model(compiled(MODELS["chain"], loss="mse", run_eagerly=True))
    assert found.notes == ["`run_eagerly: True` is left out: in a spec, `fit.engine` determines how training runs"]


def test_from_keras_accepts_models_and_files(tmp_path):
    model = MODELS["shared"]()
    model.save(tmp_path / "model.keras")
    (tmp_path / "model.json").write_text(model.to_json())
    texts = {
        kspec.from_keras(given).source.text for given in (model, tmp_path / "model.keras", tmp_path / "model.json")
    }
    assert len(texts) == 1


def test_dollar_signs_are_escaped():
    x = Input([1], dtype="string", name="x")
    model = Model(x, layers.StringLookup(vocabulary=["$a", "${b}", "$$c"])(x))
    again, _ = built(import_model(model).text)
    assert again.layers[-1].get_vocabulary() == ["[UNK]", "$a", "${b}", "$$c"]


def test_importing_needs_no_tensorflow(tmp_path):
    import subprocess
    import sys

    MODELS["shared"]().save(tmp_path / "model.keras")
    code = "import sys; from kspec.cli import main; main(sys.argv[1:]); print({'tensorflow', 'keras', 'numpy', 'h5py'} & set(sys.modules))"
    command = [sys.executable, "-c", code, "import", str(tmp_path / "model.keras"), "-o", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")
    assert json.dumps("tower")[1:-1] in done.stdout
