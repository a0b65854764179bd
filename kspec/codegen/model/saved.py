"""How the model in a file takes its inputs and returns its outputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kspec.archive import read_model


@dataclass(frozen=True, slots=True)
class Saved:
    """The signature of a saved model.

    Args:
        name: The model's own name.
        inputs: The names of its inputs in order if it takes a list; empty if it takes a dict, or one tensor.
        outputs: Whether it returns a list.
    """

    name: str
    inputs: tuple[str, ...] = ()
    outputs: bool = False


def read_saved(file: Path) -> Saved:
    """Reads the signature of the model in a `.keras` or JSON file."""
    config = read_model(file).config["config"]
    inputs = config.get("input_layers")
    names = tuple(layer[0] for layer in inputs) if _is_list(inputs) else ()
    return Saved(config.get("name", ""), names, _is_list(config.get("output_layers")))


def _is_list(layers: object) -> bool:
    return isinstance(layers, list) and bool(layers) and isinstance(layers[0], list)
