"""Keras accepts what a type allows: every word, bound and null of every argument, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kspec.backend.keras_objects import instantiate
from kspec.catalog import find, names
from kspec.catalog.types import Boolean, Choice, Null, Number, Type, Union, parse
from tests.catalog.samples import required
from tests.catalog.samples_by_class import NEEDS

KINDS = ("layer", "optimizer", "schedule", "loss", "metric", "initializer", "regularizer", "constraint", "callback")
DEPENDENT = {
    ("AUC", "num_labels", 1): "only with multi_label",
    ("Discretization", "bin_boundaries", None): "only with num_bins",
    ("Discretization", "sparse", True): "only with another output_mode",
    ("GroupQueryAttention", "num_query_heads", 1): "a multiple of num_key_value_heads",
    ("Hashing", "dtype", "mixed_bfloat16"): "only with another output_mode",
    ("Hashing", "dtype", "mixed_float16"): "only with another output_mode",
    ("Hashing", "sparse", True): "only with another output_mode",
    ("IoU", "num_classes", 2): "above all target_class_ids",
    ("OneHotIoU", "num_classes", 2): "above all target_class_ids",
    ("STFTSpectrogram", "fft_length", 1): "no less than frame_length",
    **{
        (name, "idf_weights", None): "its output_mode"
        for name in ("IntegerLookup", "StringLookup", "TextVectorization")
    },
}
"""Values that Keras rejects because of another argument, with the reason; the type of one argument cannot state that."""


def allowed(type_: Type) -> Iterator[Any]:
    for option in type_.options if isinstance(type_, Union) else (type_,):
        match option:
            case Choice(values):
                yield from values
            case Boolean():
                yield from (True, False)
            case Null():
                yield None
            case Number(_, low, high, open_low, open_high):
                yield from (
                    bound for bound, open_ in ((low, open_low), (high, open_high)) if bound is not None and not open_
                )


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in KINDS for name in names(kind) if find(kind, name).path]
)
def test_keras_accepts_what_the_type_allows(kind, name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    entry = find(kind, name)
    for parameter in entry.parameters.values():
        for value in allowed(parse(parameter.type)):
            if (name, parameter.name, value) in DEPENDENT:
                continue
            arguments = required(entry) | NEEDS.get((kind, name, parameter.name), {}) | {parameter.name: value}
            if name == "Discretization" and parameter.name != "bin_boundaries" and value is not None:
                arguments.setdefault("num_bins", 3)
            elif name == "Discretization":
                arguments |= {"bin_boundaries": [0.5]}
            assert instantiate(kind, {name: arguments}) is not None, (parameter.name, value)
