"""Compares the data with the installed Keras: nothing is missing or stale, and names mean the same."""

import inspect
from typing import Any

import keras
import numpy as np
import pytest

from kspec.backend.keras_objects import instantiate, keras_class
from kspec.catalog import KINDS, Entry, find, internal, made_for, names, refused
from kspec.catalog.generator.__main__ import main
from kspec.catalog.generator.corrections import corrections
from tests.catalog.samples import required

MODULES: dict[str, tuple[Any, type]] = {
    "layer": (keras.layers, keras.layers.Layer),
    "optimizer": (keras.optimizers, keras.optimizers.Optimizer),
    "schedule": (keras.optimizers.schedules, keras.optimizers.schedules.LearningRateSchedule),
    "loss": (keras.losses, keras.losses.Loss),
    "metric": (keras.metrics, keras.metrics.Metric),
    "initializer": (keras.initializers, keras.initializers.Initializer),
    "regularizer": (keras.regularizers, keras.regularizers.Regularizer),
    "constraint": (keras.constraints, keras.constraints.Constraint),
    "callback": (keras.callbacks, keras.callbacks.Callback),
}
CLASSES = [(kind, name) for kind in MODULES for name in names(kind) if find(kind, name).path]

NEED_ONE_OF = {"Discretization": {"num_bins": 3}}
"""Classes that need one of two arguments."""

ANYTHING_GOES: set[tuple[str, str, str]] = set()
"""Arguments whose type is `any`, so that they cannot be checked. There are none, and it should stay so."""


same_keras = pytest.mark.skipif(keras.__version__ != made_for(), reason="the data was generated from another Keras")


@same_keras
def test_the_data_is_what_the_generator_gives(capsys):
    assert main(["--check"]) == 0, f"run `python -m kspec.catalog.generator`: {capsys.readouterr().out}"


@pytest.mark.parametrize("kind", MODULES)
def test_every_public_class_is_there(kind):
    module, base = MODULES[kind]
    public = {
        name
        for name in dir(module)
        if isinstance(getattr(module, name), type) and issubclass(getattr(module, name), base)
    }
    for name in public:
        entry = find(kind, name)
        assert entry is not None, name
        if entry.path:
            assert keras_class(entry.path) is getattr(module, name)


@same_keras
def test_the_number_of_entries():
    counts = {kind: len([name for name in (*names(kind), *refused(kind)) if find(kind, name).path]) for kind in KINDS}
    assert counts == {
        "layer": 144,
        "op": 351,
        "optimizer": 17,
        "schedule": 7,
        "loss": 23,
        "metric": 46,
        "initializer": 17,
        "regularizer": 5,
        "constraint": 5,
        "callback": 16,
        "activation": 36,
        "application": 40,
    }


@pytest.mark.parametrize("kind", ["optimizer", "loss", "metric", "initializer", "regularizer", "constraint"])
def test_keras_accepts_an_alias_for_the_class(kind):
    get = MODULES[kind][0].get
    for name in names(kind):
        entry = find(kind, name)
        for alias in entry.aliases if entry.path else ():
            if required(entry) or isinstance(getattr(MODULES[kind][0], alias, None), type):
                continue  # a second public name, which need not be one that `get` takes
            found = get(alias)
            called = found.__name__.replace("_", "") if kind == "loss" else type(found).__name__
            assert called.lower() == keras_class(entry.path).__name__.lower(), alias


def test_keras_accepts_an_activation():
    for name in names("activation"):
        entry = find("activation", name)
        if entry.is_layer:
            layer = keras.layers.Dense(2, activation=instantiate("activation", {name: required(entry)}))
            assert type(layer.activation) is keras_class(entry.path)
            continue
        for called in (name, *entry.aliases):
            assert keras.activations.get(called) is keras_class(entry.path)


def test_compile_resolves_the_words_that_are_not_classes():
    model = keras.Sequential([keras.Input([2]), keras.layers.Dense(1, activation="sigmoid")])
    for called in ("accuracy", *find("metric", "accuracy").aliases):
        model.compile(loss="mse", metrics=[called])
        assert set(model.evaluate(np.zeros((1, 2)), np.zeros((1, 1)), verbose=0, return_dict=True)) == {"loss", called}
    for called in ("crossentropy", *find("loss", "crossentropy").aliases):
        model.compile(loss=called)
        model.evaluate(np.zeros((1, 2)), np.zeros((1, 1)), verbose=0)


@pytest.mark.parametrize(("kind", "name"), CLASSES)
def test_a_class_needs_no_more_than_its_required_arguments(kind, name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    entry = find(kind, name)
    arguments = required(entry) | NEED_ONE_OF.get(name, {})
    assert isinstance(instantiate(kind, {name: arguments}), keras_class(entry.path))


def test_arguments_that_accept_anything_are_listed():
    found = set()
    for kind in KINDS:
        for name in names(kind):
            entry = find(kind, name)
            for parameter in (*entry.parameters.values(), *entry.constants.values()):
                if "any" in parameter.type.replace("[", "|").replace("]", "|").replace("{", "|").replace(
                    "}", "|"
                ).split("|"):
                    found.add((kind, name, parameter.name))
    assert found == ANYTHING_GOES


def test_the_corrections_name_only_what_exists():
    """A misspelt name would have no effect, silently."""
    for kind in KINDS:
        known = corrections(kind)
        entries = {name: find(kind, name) for name in (*names(kind), *internal(kind), *refused(kind))}
        everything = {argument for entry in entries.values() for argument in arguments_of(entry)}
        assert known.named_entries() <= entries.keys(), kind
        assert known.named_arguments() <= everything, kind
        for name in known.named_entries():
            assert entries[name].refused or known.named_arguments(name) <= arguments_of(entries[name]), (kind, name)


def arguments_of(entry: Entry) -> set[str]:
    return {*entry.parameters, *entry.constants, *entry.skipped, *(tensor.name for tensor in entry.tensors)}


def test_every_argument_of_keras_is_offered_or_skipped():
    """Every argument in Keras's signature is offered, or skipped for a stated reason."""
    for kind, name in CLASSES:
        entry = find(kind, name)
        parameters = inspect.signature(keras_class(entry.path).__init__).parameters.values()
        named = {item.name for item in parameters if item.kind not in (item.VAR_KEYWORD, item.VAR_POSITIONAL)} - {
            "self"
        }
        entry_keys = {"name", "trainable"} if kind == "layer" else set()
        assert named - entry_keys <= {*entry.parameters, *entry.skipped}, (kind, name)
        assert all(entry.skipped.values())
