"""Keys that people write in the wrong place, and what to write instead."""

from __future__ import annotations

from typing import Any

from kspec.diagnostics import Path
from kspec.language.base import Model
from kspec.language.data import Data
from kspec.language.document import Document
from kspec.language.training_config import Compile, Fit
from kspec.syntax.yaml_flow import abbreviate

_SECTIONS: dict[str, type[Model]] = {"compile": Compile, "fit": Fit, "data": Data}
"""Sections whose keys are often written elsewhere."""

_ELSEWHERE = {
    "validation_split": "data: {split: {validation: 0.2}}",
    "validation_data": "data: {csv: {train: a.csv, validation: b.csv}}",
    "test_split": "data: {split: {test: 0.2}}",
    "learning_rate": "compile: {optimizer: {Adam: {learning_rate: 1e-3}}}",
    "lr": "compile: {optimizer: {Adam: {learning_rate: 1e-3}}}",
    "monitor": "fit: {callbacks: [{EarlyStopping: {monitor: val_loss}}]}",
    "patience": "fit: {callbacks: [{EarlyStopping: {patience: 5}}]}",
    "early_stopping": "fit: {callbacks: [{EarlyStopping: {patience: 5}}]}",
    "model": "layers: [{Dense: {units: 1}}]",
    "random_state": "seed: 7",
    "random_seed": "seed: 7",
}
"""Keys from Keras and other tools, and their equivalents in a spec."""


_TRACKER = 'write `kspec run SPEC --track mlflow:URI`, or `track = "mlflow:URI"` in `[tool.kspec]` of pyproject.toml'
_NO_PART = dict.fromkeys(("track", "tracker", "tracking", "mlflow", "tensorboard", "wandb"), _TRACKER)
"""Keys for what is no part of an experiment, and where to write it."""


def correct_place(key: str, section: Path) -> str:
    """What to write for a key that is known elsewhere; empty for any other."""
    if section not in ((), *((name,) for name in _SECTIONS)):
        return ""
    if section and key in Document.model_fields:
        return f"it belongs at the top level, in the column of `{section[0]}`"
    for name, model in _SECTIONS.items():
        if key in model.model_fields and section != (name,):
            return f"it belongs under `{name}`: write `{name}: {{{key}: ...}}`"
    if key in _NO_PART:
        return _NO_PART[key]
    return f"write `{_ELSEWHERE[key]}`" if key in _ELSEWHERE else ""


def correct_form(path: Path, value: Any) -> str:
    """How to write a value that has the wrong form for its key; empty where that is obvious."""
    match path:
        case ("inputs", str(name)):
            return f"write `{name}: {{shape: {_sizes(value)}}}`"
        case ("inputs",):
            return f"name each input, as in `inputs: {{x: {{shape: {_sizes(value)}}}}}`"
        case ("data", "split"):
            fraction = value if isinstance(value, float) and 0 < value < 1 else 0.2
            return f"write `split: {{test: {fraction}}}`"
        case ("data", "synthetic"):
            count = value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 100
            return f"write `synthetic: {{examples: {count}}}`"
        case ("layers",) if isinstance(value, dict):
            return "start each entry with a dash, as in `- Dense: {units: 1}`"
        case ("layers",):
            return "write `layers:`, and one entry per line below it, as in `- Dense: {units: 1}`"
        case ("fit", "callbacks") if isinstance(value, str):
            return f"write `callbacks: [{value}]`"
        case ("fit", "callbacks") if isinstance(value, dict):
            return "start each callback with a dash, as in `- EarlyStopping: {patience: 5}`"
        case (str(section),) if section in _SECTIONS and isinstance(value, str):
            key, _, setting = value.partition(" ")
            return f"write `{key}: {setting}`" if key in _SECTIONS[section].model_fields and setting else ""
        case ("compile", "loss_weights"):
            return "write `loss_weights: {name: 1.0}` with the name of each output"
    return ""


def _sizes(value: Any) -> str:
    sizes = value if isinstance(value, list) else [value]
    is_shape = all(size is None or (isinstance(size, int) and not isinstance(size, bool)) for size in sizes)
    return abbreviate(sizes) if is_shape and sizes and value is not None else "[10]"
