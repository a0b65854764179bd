"""A model's compile configuration → the spec's `compile`."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import Any

from kspec import catalog
from kspec.archive.errors import contains_code, printable, unsupported
from kspec.archive.names import valid_name
from kspec.archive.values import Config, is_object, keras_entry, object_of, plain
from kspec.catalog.entry import Kind
from kspec.catalog.types import ObjectOf
from kspec.syntax.names import snake_case

_HOW = {"run_eagerly": (False, None), "steps_per_execution": (1, None), "jit_compile": ("auto", False, True, None)}
"""Settings that the training engine chooses, with the values that need no note."""


def compile_section(settings: Config, outputs: Sequence[str], notes: list[str]) -> dict[str, Any]:
    """The section `compile`.

    Args:
        settings: The compile configuration.
        outputs: The names of the spec's outputs, in the model's order.
        notes: Receives a note for each setting that is left out.

    Raises:
        ImportRefused: If a setting is code.
    """
    found: dict[str, Any] = {}
    if (optimizer := settings.get("optimizer")) is not None:
        found["optimizer"] = _one("optimizer", optimizer, "the optimizer")
    kinds: dict[str, Kind] = {"loss": "loss", "metrics": "metric", "weighted_metrics": "metric"}
    for word, kind in kinds.items():
        value = settings.get(word)
        if value is not None and value != []:
            found[word] = _by_output(word, kind, value, outputs)
    if (weights := settings.get("loss_weights")) is not None:
        found["loss_weights"] = _weights(weights, outputs)
    if settings.get("auto_scale_loss") is False:
        found["auto_scale_loss"] = False
    for word, usual in _HOW.items():
        if word in settings and settings[word] not in usual:
            notes.append(
                f"`{word}: {settings[word]}` is left out: in a spec, `fit.engine` determines how training runs"
            )
    order = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "auto_scale_loss")
    return {word: found[word] for word in order if word in found}


def _by_output(word: str, kind: Kind, value: Any, outputs: Sequence[str]) -> Any:
    """One setting, or a mapping from outputs to settings."""
    lists = kind == "metric"
    if isinstance(value, dict) and not is_object(value):
        return {_output(name, outputs): _setting(word, kind, item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        nested = any(isinstance(item, list) for item in value)
        if (not lists or nested) and len(outputs) > 1:
            if len(value) != len(outputs):
                raise unsupported(f"`{word}` has {len(value)} settings for {len(outputs)} outputs")
            return {
                name: _setting(word, kind, item)
                for name, item in zip(outputs, value, strict=True)
                if item is not None and item != []
            }
        if nested and len(value) == 1:
            value = value[0]
        if not lists and len(value) == 1:
            return _one(kind, value[0], f"`{word}`")
    if lists and len(outputs) > 1:
        raise unsupported(f"`{word}` does not name its output")
    return _setting(word, kind, value)


def _setting(word: str, kind: Kind, value: Any) -> Any:
    if isinstance(value, list):
        return [_one(kind, item, f"`{word}`") for item in value]
    return _one(kind, value, f"`{word}`")


def _output(name: str, outputs: Sequence[str]) -> str:
    if valid_name(name) not in outputs:
        raise unsupported(f"the model was compiled for an output `{printable(name)}`, which does not exist")
    return valid_name(name)


def _one(kind: Kind, value: Any, what: str) -> Any:
    """A Keras class or function in a spec; a string is kept."""
    if isinstance(value, str):
        if catalog.find(kind, value) is None:
            raise contains_code(f"{what} is not from Keras: `{printable(value)}`")
        return value
    if isinstance(value, dict) and value.get("class_name") == "function":
        return plain(value, ObjectOf(kind), what)
    if not is_object(value):
        raise unsupported(f"{what} cannot be expressed in a spec")
    entry = keras_entry(kind, value, what)
    found = object_of(kind, value, what)
    return _without_usual(entry, found)


def _without_usual(entry: catalog.Entry, found: Any) -> Any:
    """Remove what Keras sets by itself: a name derived from the class, the default dtype, a rounded learning rate."""
    arguments = dict(found[entry.name]) if isinstance(found, dict) else {}
    name = str(arguments.get("name"))
    if entry.kind == "optimizer":
        name = re.sub(r"_\d+$", "", name)  # numbered by the process that created it
    if name in (snake_case(entry.name), entry.name.lower()):
        del arguments["name"]
    if entry.kind != "optimizer" and arguments.get("dtype") == "float32":
        del arguments["dtype"]
    rate = arguments.get("learning_rate")
    if isinstance(rate, float):
        arguments["learning_rate"] = _shortest(rate)
        if arguments["learning_rate"] == entry.parameters["learning_rate"].default:
            del arguments["learning_rate"]
    if arguments:
        return {entry.name: arguments}
    word = entry.name.lower()
    return word if entry.kind == "optimizer" and word in entry.aliases else entry.name


def _shortest(number: float) -> float:
    """The shortest number that float32 keeps as the same: 0.001 for 0.0010000000474974513."""
    kept = struct.pack("<f", number)
    if struct.unpack("<f", kept)[0] != number:
        return number
    return next(short for digits in range(1, 18) if struct.pack("<f", short := float(f"{number:.{digits}g}")) == kept)


def _weights(value: Any, outputs: Sequence[str]) -> dict[str, float]:
    if isinstance(value, dict):
        return {_output(name, outputs): weight for name, weight in value.items()}
    if isinstance(value, list) and len(value) == len(outputs):
        return dict(zip(outputs, value, strict=True))
    if isinstance(value, (int, float)) and len(outputs) == 1:
        return {outputs[0]: float(value)}
    raise unsupported("`loss_weights` do not fit the outputs")
