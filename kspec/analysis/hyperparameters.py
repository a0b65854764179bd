"""Rates of dropout and factors of regularizers: numbers of layers that change no computation but by their values.

A program that takes them as inputs serves all networks that differ in nothing else. Zero and one are forms, not values:
Keras leaves out a Dropout of zero, and one of all is zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OF_CELLS = ("dropout", "recurrent_dropout")
_RATES = ("rate", *_OF_CELLS)
OF_LAYERS: Mapping[str, tuple[str, ...]] = {
    "Dropout": ("rate",),
    "SpatialDropout1D": ("rate",),
    "SpatialDropout2D": ("rate",),
    "SpatialDropout3D": ("rate",),
    "GaussianNoise": ("stddev",),
    **dict.fromkeys(("GRU", "GRUCell", "LSTM", "LSTMCell", "SimpleRNN", "SimpleRNNCell"), _OF_CELLS),
}
"""By class of layer, the arguments whose values are inputs of a program."""
OF_REGULARIZERS: Mapping[str, tuple[str, ...]] = {"L1": ("l1",), "L2": ("l2",), "L1L2": ("l1", "l2")}
"""The same by class of regularizer."""
_ALL = {**OF_LAYERS, **OF_REGULARIZERS}


def without_values(value: Any) -> Any:
    """An object as a spec writes it, with marks for the values of hyperparameters.

    Args:
        value: Plain values, in which objects are mappings of a class to its arguments.

    >>> without_values({"Dropout": {"rate": 0.3, "seed": 1}})
    {'Dropout': {'rate': 'any', 'seed': 1}}
    >>> without_values({"Dropout": {"rate": 0}})
    {'Dropout': {'rate': 0}}
    """
    if isinstance(value, dict):
        return {key: _marked(without_values(item), _ALL.get(key, ())) for key, item in value.items()}
    return [without_values(item) for item in value] if isinstance(value, (list, tuple)) else value


def without_values_in_config(value: Any) -> Any:
    """A configuration of Keras, with marks for the values of hyperparameters.

    Args:
        value: Plain values, in which objects are mappings with `class_name`, `module` and `config`.
    """
    if isinstance(value, (list, tuple)):
        return [without_values_in_config(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: without_values_in_config(item) for key, item in value.items()}
    if str(found.get("module", "")).startswith("keras.") and "config" in found:
        found["config"] = _marked(found["config"], _ALL.get(str(found.get("class_name")), ()))
    return found


def _marked(arguments: Any, names: tuple[str, ...]) -> Any:
    """Arguments, of which some numbers other than zero are marked.

    Args:
        arguments: By name; anything else is returned as it is.
        names: Those to mark.
    """
    if not names or not isinstance(arguments, dict):
        return arguments
    return {key: "any" if key in names and is_value(key, item) else item for key, item in arguments.items()}


def is_value(name: str, number: Any) -> bool:
    """Whether a number is an input of a program, rather than a form of its own.

    Args:
        name: The argument.
        number: Its value.
    """
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return False
    return number != 0 and not (name in _RATES and number >= 1)
