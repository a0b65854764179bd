"""Round trips: a Keras model, the spec imported from it, and the model rebuilt from the spec."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np

from kspec.backend.keras_model import build_keras_model
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from kspec.importer.from_model import ImportedSpec, import_model
from kspec.ir import build
from kspec.rewrite.fmt import format_text
from kspec.rewrite.yaml_writer import spec_text
from tests.conftest import spec_of
from tests.support.model_comparison import canonical, copy_weights, differences, predictions_by_output, random_inputs

UNUSED_INPUT = "KS208"


def checked(text: str) -> tuple[Any, Report]:
    """The spec of a text without errors, and its report."""
    report = Report()
    spec = spec_of(text, report)
    report.raise_errors()
    assert spec is not None
    analyse(spec, report)
    report.raise_errors()
    return spec, report


def built(text: str) -> tuple[Any, list[str]]:
    """The model of a spec, and the codes of its diagnostics."""
    spec, report = checked(text)
    codes = sorted({diagnostic.code for diagnostic in report})
    model = build_keras_model(spec, build(spec, report), report).model
    report.raise_errors()
    return model, codes


def plain_names(imported: ImportedSpec) -> dict[str, str]:
    """Name of a layer or op in the compact spec → its name in the plain spec."""
    compact, plain = (build(checked(text)[0], Report()) for text in (imported.text, spec_text(imported.plain)))
    return {
        ours.name.replace("/", "."): theirs.name
        for name in ["", *compact.models]
        for ours, theirs in zip(
            (compact.models[name] if name else compact).calls,
            (plain.models[name] if name else plain).calls,
            strict=True,
        )
    }


def with_plain_names(config: Any, names: dict[str, str]) -> Any:
    """A model's configuration with its layers renamed."""
    if isinstance(config, dict):
        return {
            key: names.get(item, item) if key == "name" and isinstance(item, str) else with_plain_names(item, names)
            for key, item in config.items()
        }
    if isinstance(config, list):
        is_tensor = len(config) == 3 and isinstance(config[0], str) and all(type(part) is int for part in config[1:])
        if is_tensor:
            return [names.get(config[0], config[0]), *config[1:]]
        return [with_plain_names(item, names) for item in config]
    return config


def assert_same(model: keras.Model, *, compact: bool = False, compare_predictions: bool = True) -> ImportedSpec:
    """Asserts that the rebuilt model equals the imported one; for a compact spec, except for names.

    Args:
        answer: Whether to compare predictions, too.
    """
    imported = import_model(model, compact=compact)
    assert format_text(imported.text) == imported.text
    rebuilt, codes = built(imported.text)
    assert not [code for code in codes if code.startswith("KS2") and code != UNUSED_INPUT], codes
    assert rebuilt.count_params() == model.count_params()
    names = plain_names(imported) if compact else {}
    ours = with_plain_names(json.loads(rebuilt.to_json()), names)
    changes = differences(canonical(json.loads(model.to_json())), canonical(ours))
    assert not changes, changes
    if compact or not compare_predictions:
        return imported
    copy_weights(model, rebuilt)
    inputs = random_inputs(model)
    theirs, ours = predictions_by_output(model, inputs), predictions_by_output(rebuilt, inputs)
    assert theirs.keys() == ours.keys()
    for name in theirs:
        np.testing.assert_array_equal(theirs[name], ours[name])
    return imported
