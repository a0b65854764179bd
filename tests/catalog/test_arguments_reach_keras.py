"""Every argument of every class, set to another value than its default, reaches the object that Keras creates.

Where Keras's own configuration omits an argument, the call of the constructor is checked instead.
"""

from __future__ import annotations

from typing import Any

import keras
import pytest

from kspec.backend.keras_objects import instantiate, keras_class
from kspec.catalog import KINDS, find, names
from tests.catalog.samples import cases

NOT_IN_CONFIGURATION = {
    ("initializer", "Identity", "gain"),
    ("layer", "CategoryEncoding", "sparse"),
    ("layer", "GRU", "use_cudnn"),
    ("layer", "GroupQueryAttention", "flash_attention"),
    ("layer", "LSTM", "use_cudnn"),
    ("layer", "MaxNumBoundingBoxes", "fill_value"),
    ("layer", "MultiHeadAttention", "flash_attention"),
    ("layer", "RandomGrayscale", "seed"),
    ("layer", "SimpleRNN", "seed"),
    ("loss", "CosineSimilarity", "axis"),
    ("loss", "Huber", "delta"),
    ("loss", "SparseCategoricalCrossentropy", "axis"),
    ("metric", "CosineSimilarity", "axis"),
    *(("loss", name, "dtype") for name in names("loss")),
}
"""Arguments that Keras omits when such an object is saved; callbacks have no configuration at all."""

FUNCTIONS = ("op", "activation", "application")
CASES = [(kind, *case) for kind in KINDS if kind not in FUNCTIONS for case in cases(kind)]


def test_the_cases_set_every_argument():
    covered: dict[tuple[str, str], set[str]] = {}
    for kind, name, arguments in CASES:
        covered.setdefault((kind, name), set()).update(arguments)
    for kind in KINDS:
        for name in names(kind):
            entry = find(kind, name)
            if entry and entry.path and kind not in FUNCTIONS:
                assert covered[kind, name] == set(entry.parameters), (kind, name)


@pytest.mark.parametrize(
    ("kind", "name", "arguments"), CASES, ids=[f"{kind}-{name}-{len(arguments)}" for kind, name, arguments in CASES]
)
def test_an_argument_reaches_the_object(kind, name, arguments, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(0)
    entry = find(kind, name)
    omitted = [
        argument for argument in arguments if kind == "callback" or (kind, name, argument) in NOT_IN_CONFIGURATION
    ]
    calls = _record(monkeypatch, keras_class(entry.path)) if omitted else []
    keras_object = instantiate(kind, {name: arguments})
    for argument in omitted:
        assert calls[0][argument] == arguments[argument], argument
    config = keras_object.get_config() if kind != "callback" else {}
    for argument in arguments.keys() - set(omitted):
        assert states(config[argument], arguments[argument]), (argument, arguments[argument], config[argument])


def _record(monkeypatch: pytest.MonkeyPatch, class_: Any) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []
    original = class_.__init__

    def recording(self: Any, **named: Any) -> None:
        calls.append(named)
        original(self, **named)

    monkeypatch.setattr(class_, "__init__", recording)
    return calls


def states(config: Any, value: Any) -> bool:
    """Whether a configuration states a value of a spec: serialized objects, tuples, and numbers that Keras repeats."""
    if isinstance(value, dict) and isinstance(config, dict) and "class_name" in config:
        ((name, arguments),) = value.items()
        return config["class_name"] == name and all(
            states(config["config"][key], argument) for key, argument in arguments.items()
        )
    if isinstance(config, dict) and config.get("class_name") == "DTypePolicy":
        return config["config"]["name"] == value
    if isinstance(value, list):
        return len(config) == len(value) and all(states(one, other) for one, other in zip(config, value, strict=True))
    if isinstance(config, list | tuple):
        return bool(config) and all(states(one, value) for one in config)
    return bool(config == value)
