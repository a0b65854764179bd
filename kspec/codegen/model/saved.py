"""A model's file, as far as it decides how the model is called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kspec.archive import read_model


@dataclass(frozen=True, slots=True)
class Saved:
    """How a model was written.

    Args:
        name: Its own.
        inputs: The names of its inputs in order, where it takes a list; empty where it takes a dict, or one tensor.
        outputs: Whether it gives a list.
    """

    name: str
    inputs: tuple[str, ...] = ()
    outputs: bool = False


def read_saved(file: Path) -> Saved:
    """How the model of a `.keras` file, or of a JSON, was written."""
    config = read_model(file).config["config"]
    given, answers = config.get("input_layers"), config.get("output_layers")
    inputs = tuple(layer[0] for layer in given) if _is_list(given) else ()
    return Saved(config.get("name", ""), inputs, _is_list(answers))


def _is_list(layers: object) -> bool:
    return isinstance(layers, list) and bool(layers) and isinstance(layers[0], list)
