"""A Keras model → a spec's text → the model that it builds."""

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
from tests.support.model_comparison import answers, canonical, copy_weights, differences, random_inputs

UNUSED_INPUT = "KS208"


def checked(text: str) -> tuple[Any, Report]:
    """A spec, and what a check says of it."""
    report = Report()
    spec = spec_of(text, report)
    report.raise_errors()
    assert spec is not None
    analyse(spec, report)
    report.raise_errors()
    return spec, report


def built(text: str) -> tuple[Any, list[str]]:
    """The model that a spec builds, and the codes of what a check says of it."""
    spec, report = checked(text)
    codes = sorted({found.code for found in report})
    model = build_keras_model(spec, build(spec, report), report).model
    report.raise_errors()
    return model, codes


def plain_names(found: ImportedSpec) -> dict[str, str]:
    """What the layers and ops of a compact spec's model are called → what those of the plain one's are."""
    compact, plain = (build(checked(text)[0], Report()) for text in (found.text, spec_text(found.plain)))
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


def assert_same(model: keras.Model, *, compact: bool = False, answer: bool = True) -> ImportedSpec:
    """Holds the model that is built of an import against the one that was imported; of a compact one, names aside.

    Args:
        answer: Whether to compare what they answer, too.
    """
    found = import_model(model, compact=compact)
    assert format_text(found.text) == found.text
    again, codes = built(found.text)
    assert not [code for code in codes if code.startswith("KS2") and code != UNUSED_INPUT], codes
    assert again.count_params() == model.count_params()
    names = plain_names(found) if compact else {}
    ours = with_plain_names(json.loads(again.to_json()), names)
    unlike = differences(canonical(json.loads(model.to_json())), canonical(ours))
    assert not unlike, unlike
    if compact or not answer:
        return found
    copy_weights(model, again)
    inputs = random_inputs(model)
    theirs, ours = answers(model, inputs), answers(again, inputs)
    assert theirs.keys() == ours.keys()
    for name in theirs:
        np.testing.assert_array_equal(theirs[name], ours[name])
    return found
