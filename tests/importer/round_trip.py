"""A Keras model → a spec's text → the model that it builds."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np

from kspec.checker import analyse
from kspec.diagnostics import Report
from kspec.from_model import ImportedSpec, import_model
from kspec.graph import build
from kspec.rewrite.fmt import format_text
from kspec.targets.keras_model import build_keras_model
from tests.conftest import spec_of

from .same import answers, canonical, copy_weights, differences, random_inputs


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


def assert_same(model: keras.Model, found: ImportedSpec | None = None) -> ImportedSpec:
    """Holds the model that is built of an import against the one that was imported."""
    found = found or import_model(model)
    assert format_text(found.text) == found.text
    again, codes = built(found.text)
    assert not [code for code in codes if code.startswith("KS2")], codes
    assert again.count_params() == model.count_params()
    unlike = differences(canonical(json.loads(model.to_json())), canonical(json.loads(again.to_json())))
    assert not unlike, unlike
    copy_weights(model, again)
    inputs = random_inputs(model)
    theirs, ours = answers(model, inputs), answers(again, inputs)
    assert theirs.keys() == ours.keys()
    for name in theirs:
        np.testing.assert_array_equal(theirs[name], ours[name])
    return found
