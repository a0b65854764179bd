"""Nothing outside the training split reaches what is trained on: changing it changes no bit of the training data.

Changed are the values of inputs, targets and weights in rows of the other splits, to other values of their column's
type. What decides the splits is not changed: which rows there are, and the columns that a split by time, group or key
reads. Classes stay among those of the table.
"""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kspec.compiler.compile import CompiledSpec, compile_spec
from kspec.data.windows.arrays import WindowArray

ROWS = 60
WORDS = ("red", "green", "blue", "a b", "c", "12")
SPLITS = {
    "chance": "{validation: 0.2, test: 0.2}",
    "order": "{order: true}",
    "time": "{time: day, validation: 0.2, test: 0.2, gap: 2 days}",
    "by": "{by: part}",
    "group": "{group: place}",
    "hash": "{hash: key}",
    "lists": "{lists: {train: train.txt, validation: validation.txt, test: test.txt}, key: key}",
    "folds": "{folds: 4, test: 0.2}",
    "walk forward": "{folds: 3, time: day, test: 0.2, gap: 1 days}",
    "groups in folds": "{folds: 3, group: place, test: 0}",
}
IN_TIME = ("order", "time", "by", "walk forward")
"""The splits that suit windows which share rows."""
POLICIES = (
    "mean",
    "median",
    "most_frequent",
    "0",
    "{fill: forward, else: mean}",
    "{fill: backward, else: 0}",
    "{fill: median, indicator: true}",
)
SCALES = ("none", "standard", "minmax", "log")
BALANCES = ("none", "oversample", "undersample")
ROW = """
  inputs: {numbers: [a, n], word: word, tags: {column: tags, sep: " "}, sizes: {column: sizes, sep: " "}}
"""
WINDOW = """
  window: {length: 4, horizon: 2, time: day}
  inputs: {numbers: {columns: [a, n], window: past}, word: word}
"""
LISTS = """
  tags: {shape: [null], dtype: string}
  sizes: {shape: [null]}
"""
LIST_LAYERS = """
  - StringLookup: {output_mode: multi_hot}
    from: tags
    name: many
  - Reshape: {target_shape: [-1, 1]}
    from: sizes
  - GlobalMaxPooling1D:
    name: largest
"""
SPEC = """
kspec: 1
task: {task}
seed: {seed}
data:
  {source}: table.{source}
  columns: {{double: a * 2}}
  {inputs}
  targets: {{out: {target}}}
  weights: weight
  missing: {{a: {policy}, n: {policy}, word: most_frequent}}
  split: {split}
  {balance}
inputs:
  numbers: {{shape: [{shape}]}}
  word: {{shape: [1], dtype: string}}
  {lists}
layers:
  - Normalization:
    from: numbers
  - Flatten:
    name: flat
  - StringLookup: {{output_mode: one_hot}}
    from: word
    name: code
  {list_layers}
  - Concatenate:
    from: [flat, code{more}]
  - Dense: {{units: {units}, activation: {activation}}}
    name: out
"""


def _table(random: np.random.Generator) -> dict[str, list[Any]]:
    """A table with gaps, of numbers, texts, classes, times, groups and keys."""

    def with_gaps(values: list[Any]) -> list[Any]:
        return [None if random.random() < 0.25 else value for value in values]

    return {
        "a": with_gaps(random.normal(size=ROWS).round(4).tolist()),
        "n": with_gaps(random.integers(0, 9, ROWS).tolist()),
        "word": with_gaps(random.choice(WORDS, ROWS).tolist()),
        "tags": [" ".join(random.choice(WORDS[:3], random.integers(1, 5))) for _ in range(ROWS)],
        "sizes": [" ".join(str(n) for n in random.integers(0, 9, random.integers(1, 6))) for _ in range(ROWS)],
        "amount": (random.random(ROWS) + 0.5).round(4).tolist(),
        "kind": ["x", "y", "z", *random.choice(["x", "y", "z"], ROWS - 3).tolist()],
        "weight": random.random(ROWS).round(4).tolist(),
        "day": [datetime.date(2024, 1, 1) + datetime.timedelta(day) for day in range(ROWS)],
        "place": [f"p{row % 9}" for row in range(ROWS)],
        "key": [f"k{row}" for row in range(ROWS)],
        "part": ["train"] * 40 + ["validation"] * 10 + ["test"] * 10,
    }


def _change(table: dict[str, list[Any]], rows: np.ndarray[Any, Any], random: np.random.Generator) -> None:
    """Other values in some rows: outliers, gaps, words that training lacks."""
    for row in rows.tolist():
        names = ["a", "n", "word", "tags", "sizes", "amount", "kind", "weight"]
        for name in random.choice(names, 4, replace=False).tolist():
            table[name][row] = {
                "a": random.choice([None, 1e12, -1e6, 0.0, 0.1234567]),
                "n": random.choice([None, 10**6, -5, 7]),
                "word": random.choice([None, "unseen", "red", "3.5"]),
                "tags": str(random.choice(["unseen", "red red blue green red unseen blue green"])),
                "sizes": str(random.choice(["99", "-5 1e6 3 4 5 6 7 8 9"])),
                "amount": float(random.random() * 1e6 + 1e-6),
                "kind": str(random.choice(["x", "y", "z"])),
                "weight": float(random.random() * 100),
            }[name]


def _write(table: dict[str, list[Any]], file: Path) -> None:
    types = {
        "a": pa.float64(),
        "n": pa.int64(),
        "word": pa.string(),
        "weight": pa.float64(),
        "tags": pa.string(),
        "sizes": pa.string(),
    }
    columns = {name: pa.array(values, types.get(name)) for name, values in table.items()}
    (pa.csv.write_csv if file.suffix == ".csv" else pa.parquet.write_table)(pa.table(columns), file)


def _learned(compiled: CompiledSpec) -> dict[str, Any]:
    """All that training sees, as bytes, and all that the data learns from it."""
    assert not compiled.report.has_errors, list(compiled.report)
    data = compiled.dataset
    assert data is not None
    train = data.splits["train"]
    arrays: dict[str, Any] = {"rows": train.rows}
    for part in ("inputs", "targets", "weights"):
        for name, values in getattr(train, part).items():
            array = np.asarray(values.array() if isinstance(values, WindowArray) else values)
            arrays[f"{part} {name}"] = array.tolist() if array.dtype == object else array
    found = {name: each if isinstance(each, list) else (each.dtype, each.tobytes()) for name, each in arrays.items()}
    labels = {name: each.names for name, each in data.labels.items()}
    drawn = None if train.drawn is None else train.drawn.tolist()
    return found | {
        "training": data.training,
        "fitted": data.fitted,
        "vocabularies": data.vocabularies,
        "labels": labels,
        "drawn": drawn,
    }


PHASES = (Phase.generate,)
"""A case that fails is not made smaller, which would take minutes."""
CASES = given(
    seed=st.integers(0, 1 << 16),
    source=st.sampled_from(["csv", "parquet"]),
    split=st.sampled_from(sorted(SPLITS)),
    policy=st.sampled_from(POLICIES),
    scale=st.sampled_from(SCALES),
    balance=st.sampled_from(BALANCES),
    is_class=st.booleans(),
    has_windows=st.booleans(),
)


@settings(max_examples=16, phases=PHASES)
@CASES
def test_other_splits_change_nothing_that_training_sees(**case: Any) -> None:
    _compare(**case)


@pytest.mark.slow
@settings(max_examples=100, phases=PHASES)
@CASES
def test_other_splits_of_many_tables_change_nothing_that_training_sees(**case: Any) -> None:
    _compare(**case)


def _compare(
    seed: int, source: str, split: str, policy: str, scale: str, balance: str, is_class: bool, has_windows: bool
) -> None:
    has_windows = has_windows and split in IN_TIME
    random = np.random.default_rng(seed)
    table = _table(random)
    units = (2 if has_windows else 1) if not is_class else 3
    columns = 4 if "indicator" in policy else 2
    text = SPEC.format(
        task="multiclass_classification" if is_class else "regression",
        seed=seed,
        source=source,
        inputs=(WINDOW.replace("horizon: 2", "horizon: 0") if is_class else WINDOW) if has_windows else ROW,
        target="kind" if is_class else "amount" if scale == "none" else f"{{column: amount, scale: {scale}}}",
        policy=policy,
        split=SPLITS[split],
        balance=f"balance: {balance}" if is_class and balance != "none" else "",
        shape=f"4, {columns}" if has_windows else columns,
        lists="" if has_windows else LISTS,
        list_layers="" if has_windows else LIST_LAYERS,
        more="" if has_windows else ", many, largest",
        units=units,
        activation="softmax" if is_class else "linear",
    )
    with tempfile.TemporaryDirectory() as folder:
        spec, file = Path(folder) / "spec.yaml", Path(folder) / f"table.{source}"
        spec.write_text(text, encoding="utf-8")
        for number, part in enumerate(("train", "validation", "test")):
            keys = [key for row, key in enumerate(table["key"]) if (0, 0, 1, 2)[row % 4] == number]
            spec.with_name(f"{part}.txt").write_text("\n".join(keys), encoding="utf-8")
        _write(table, file)
        before = compile_spec(spec, data="always")
        known = _learned(before)
        assert before.dataset is not None
        parts = before.dataset.splits
        if has_windows:
            first = min(int(parts[name].rows[0]) + (0 if is_class else 1) for name in parts if name != "train")
            outside = np.arange(first - 1, ROWS)
        else:
            outside = np.setdiff1d(np.arange(ROWS), parts["train"].rows - 1)
        assert len(outside) > 5
        _change(table, outside, random)
        _write(table, file)
        assert _learned(compile_spec(spec, data="always")) == known
