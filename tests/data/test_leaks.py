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
from hypothesis import HealthCheck, given, settings
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
}
POLICIES = ("mean", "median", "most_frequent", "0")
ROW = """
  inputs: {numbers: [a, n], word: word}
"""
WINDOW = """
  window: {length: 4, horizon: 2, time: day}
  inputs: {numbers: {columns: [a, n], window: past}, word: word}
"""
SPEC = """
kspec: 1
task: {task}
seed: {seed}
data:
  {source}: table.{source}
  columns: {{double: a * 2}}
  {inputs}
  targets: {target}
  weights: weight
  missing: {{a: {policy}, n: {policy}, word: most_frequent}}
  split: {split}
inputs:
  numbers: {{shape: [{shape}]}}
  word: {{shape: [1], dtype: string}}
layers:
  - Normalization:
    from: numbers
  - Flatten:
    name: flat
  - StringLookup: {{output_mode: one_hot}}
    from: word
    name: code
  - Concatenate:
    from: [flat, code]
  - Dense: {{units: {units}, activation: {activation}}}
    name: out
"""


def _table(random: np.random.Generator) -> dict[str, list[Any]]:
    """A table with gaps, of numbers, texts, classes, times, groups and keys."""

    def with_gaps(values: list[Any]) -> list[Any]:
        return [None if random.random() < 0.1 else value for value in values]

    return {
        "a": with_gaps(random.normal(size=ROWS).round(4).tolist()),
        "n": with_gaps(random.integers(0, 9, ROWS).tolist()),
        "word": with_gaps(random.choice(WORDS, ROWS).tolist()),
        "amount": random.normal(size=ROWS).round(4).tolist(),
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
        for name in random.choice(["a", "n", "word", "amount", "kind", "weight"], 3, replace=False).tolist():
            table[name][row] = {
                "a": random.choice([None, 1e12, -1e6, 0.0, 0.1234567]),
                "n": random.choice([None, 10**6, -5, 7]),
                "word": random.choice([None, "unseen", "red", "3.5"]),
                "amount": float(random.normal() * 1e6),
                "kind": str(random.choice(["x", "y", "z"])),
                "weight": float(random.random() * 100),
            }[name]


def _write(table: dict[str, list[Any]], file: Path) -> None:
    types = {"a": pa.float64(), "n": pa.int64(), "word": pa.string(), "weight": pa.float64()}
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
    return found | {"fitted": data.fitted, "vocabularies": data.vocabularies, "labels": labels}


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    seed=st.integers(0, 1 << 16),
    source=st.sampled_from(["csv", "parquet"]),
    split=st.sampled_from(sorted(SPLITS)),
    policy=st.sampled_from(POLICIES),
    is_class=st.booleans(),
    has_windows=st.booleans(),
)
def test_other_splits_change_nothing_that_training_sees(
    seed: int, source: str, split: str, policy: str, is_class: bool, has_windows: bool
) -> None:
    has_windows = has_windows and split in ("order", "time", "by")
    random = np.random.default_rng(seed)
    table = _table(random)
    units = (2 if has_windows else 1) if not is_class else 3
    text = SPEC.format(
        task="multiclass_classification" if is_class else "regression",
        seed=seed,
        source=source,
        inputs=(WINDOW.replace("horizon: 2", "horizon: 0") if is_class else WINDOW) if has_windows else ROW,
        target="kind" if is_class else "amount",
        policy=policy,
        split=SPLITS[split],
        shape="4, 2" if has_windows else "2",
        units=units,
        activation="softmax" if is_class else "linear",
    )
    with tempfile.TemporaryDirectory() as folder:
        spec, file = Path(folder) / "spec.yaml", Path(folder) / f"table.{source}"
        spec.write_text(text, encoding="utf-8")
        _write(table, file)
        before = compile_spec(spec, data="always")
        known = _learned(before)
        assert before.dataset is not None
        parts = before.dataset.splits
        if has_windows:
            first = min(int(parts[name].rows[0]) + (0 if is_class else 1) for name in parts if name != "train")
            outside = np.arange(first - 1, ROWS)
        else:
            outside = np.concatenate([parts[name].rows - 1 for name in parts if name != "train"])
        _change(table, outside, random)
        _write(table, file)
        assert _learned(compile_spec(spec, data="always")) == known
