"""Every argument of every class, set to what is not its default, is found again in the object that Keras makes.

Where Keras's own configuration leaves an argument out, the call of its constructor must have it.
"""

from __future__ import annotations

from typing import Any

import keras
import pytest

from kspec.backend.keras_objects import instantiate, keras_class
from kspec.catalog import KINDS, find, names
from tests.catalog.samples import cases

NOT_IN_ITS_CONFIGURATION = {
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
"""What Keras itself forgets when such an object is saved; `callback` objects have no configuration at all."""

FUNCTIONS = ("op", "activation", "application")
CASES = [(kind, *case) for kind in KINDS if kind not in FUNCTIONS for case in cases(kind)]


def test_the_cases_set_every_argument():
    told: dict[tuple[str, str], set[str]] = {}
    for kind, name, arguments in CASES:
        told.setdefault((kind, name), set()).update(arguments)
    for kind in KINDS:
        for name in names(kind):
            entry = find(kind, name)
            if entry and entry.path and kind not in FUNCTIONS:
                assert told[kind, name] == set(entry.parameters), (kind, name)


@pytest.mark.parametrize(
    ("kind", "name", "arguments"), CASES, ids=[f"{kind}-{name}-{len(arguments)}" for kind, name, arguments in CASES]
)
def test_an_argument_reaches_the_object(kind, name, arguments, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(0)
    entry = find(kind, name)
    lost = [
        argument for argument in arguments if kind == "callback" or (kind, name, argument) in NOT_IN_ITS_CONFIGURATION
    ]
    calls = _record(monkeypatch, keras_class(entry.path)) if lost else []
    made = instantiate(kind, {name: arguments})
    for argument in lost:
        assert calls[0][argument] == arguments[argument], argument
    config = made.get_config() if kind != "callback" else {}
    for argument in arguments.keys() - set(lost):
        assert says(config[argument], arguments[argument]), (argument, arguments[argument], config[argument])


def _record(monkeypatch: pytest.MonkeyPatch, class_: Any) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []
    original = class_.__init__

    def recording(self: Any, **named: Any) -> None:
        calls.append(named)
        original(self, **named)

    monkeypatch.setattr(class_, "__init__", recording)
    return calls


def says(found: Any, said: Any) -> bool:
    """Whether a configuration says what a spec said: serialized objects, tuples, and numbers that Keras spreads."""
    if isinstance(said, dict) and isinstance(found, dict) and "class_name" in found:
        ((name, arguments),) = said.items()
        return found["class_name"] == name and all(
            says(found["config"][key], value) for key, value in arguments.items()
        )
    if isinstance(found, dict) and found.get("class_name") == "DTypePolicy":
        return found["config"]["name"] == said
    if isinstance(said, list):
        return len(found) == len(said) and all(says(one, other) for one, other in zip(found, said, strict=True))
    if isinstance(found, list | tuple):
        return bool(found) and all(says(one, said) for one in found)
    return bool(found == said)
