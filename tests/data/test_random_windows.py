"""Windows chosen at random: the examples of each split are those that loops over the rows enumerate.

The reference knows the documented rules alone: which rows follow one another, which rows an example has, the split that
each row is in, and the split that an example belongs to.
"""

from __future__ import annotations

import datetime
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from kspec.compiler.compile import compile_spec
from kspec.data.windows.arrays import WindowArray

PARTS = ("train", "validation", "test")
HIDDEN = -1
START = datetime.datetime(2024, 1, 1)
DAY = datetime.timedelta(days=1)
WAYS = ("by", "default", "order", "time", "dates", "gap")
SPEC = """
kspec: 1
data:
  {source}: table.{source}
  window: {window}
  inputs:
    past: {{columns: [load, wind], window: past}}
    {future}place: region
  targets: load
  {split}
inputs:
  past: {{shape: [{length}, 2]}}
  {future_input}place: {{shape: [1]}}
layers:
  - Flatten: {{}}
    from: past
    name: flat
  - Concatenate: {{}}
    from: [flat, place]
  - Dense: {{units: {units}}}
    name: load
"""


class Case(NamedTuple):
    """What is drawn.

    Args:
        source: The kind of file.
        window: The keys of `window` that are numbers.
        step: The days from one row to the next.
        has_time: Whether rows have times; else their order counts.
        is_number: Whether these are numbers instead of days.
        has_series: Whether there are several series.
        way: How rows are split.
        rows: The columns of each row.
    """

    source: str
    window: dict[str, int]
    step: int
    has_time: bool
    is_number: bool
    has_series: bool
    way: str
    rows: list[dict[str, Any]]


def _case(random: np.random.Generator) -> Case:
    source = str(random.choice(["csv", "parquet", "npz"]))
    window = {
        "length": int(random.integers(1, 8)),
        "horizon": int(random.integers(0, 5)),
        "stride": int(random.integers(1, 5)),
        "gap": int(random.integers(0, 4)),
    }
    has_time = bool(random.random() < 0.8)
    way = str(random.choice([way for way in ("by", *WAYS) if has_time or way in ("by", "default", "order")]))
    step = int(random.choice([1, 2])) if has_time else 1
    rows, has_series = [], bool(random.random() < 0.6)
    for sensor in range(int(random.integers(1, 4)) if has_series else 1):
        day = int(random.integers(0, 6)) * step
        for _ in range(int(random.integers(30, 60))):
            rows.append({"day": day, "sensor": sensor})
            day += step * (1 if random.random() < 0.95 else int(random.integers(2, 5)))
    blocks = random.choice(3, 40, p=[0.5, 0.3, 0.2])
    for number, row in enumerate(rows):
        part = int(blocks[row["day"] // (8 * step)])
        row |= {"load": number + 0.25, "wind": float(random.integers(100)), "region": row["sensor"] % 2, "part": part}
    if has_time and way != "order" and random.random() < 0.5:
        rows = [rows[place] for place in random.permutation(len(rows))]
    is_number = source == "npz" or bool(random.random() < 0.3)
    return Case(source, window, step, has_time, is_number, has_series, way, rows)


def _moment(day: int, case: Case) -> Any:
    return day if case.is_number else (START + day * DAY).date()


def _write(case: Case, folder: Path) -> None:
    columns = {name: [row[name] for row in case.rows] for name in ("sensor", "load", "wind", "region")}
    columns |= {
        "day": [_moment(row["day"], case) for row in case.rows],
        "part": [PARTS[row["part"]] for row in case.rows],
    }
    file = folder / f"table.{case.source}"
    if case.source == "npz":
        np.savez(file, **{name: np.array(values) for name, values in columns.items()})
    else:
        (pa.csv.write_csv if case.source == "csv" else pa.parquet.write_table)(pa.table(columns), file)


def _text(case: Case) -> str:
    length, horizon = case.window["length"], case.window["horizon"]
    window = ", ".join(f"{key}: {value}" for key, value in case.window.items())
    if case.has_time:
        window += ", time: day"
    if case.has_series:
        window += ", by: sensor"
    if case.step > 1:
        window += f", every: {case.step if case.is_number else f'{case.step} days'}"
    split = {
        "by": "{by: part}",
        "order": "{order: true, validation: 0.25, test: 0.15}",
        "time": "{time: day, validation: 0.2, test: 0.3}",
        "dates": f"{{time: day, validation: {_moment(40, case)}, test: {_moment(50, case)}}}",
        "gap": f"{{time: day, validation: 0.2, test: 0.2, gap: {3 if case.is_number else '3 days'}}}",
    }.get(case.way)
    return SPEC.format(
        source=case.source,
        window=f"{{{window}}}",
        future="later: {columns: wind, window: future}\n    " if horizon else "",
        future_input=f"later: {{shape: [{horizon}, 1]}}\n  " if horizon else "",
        split=f"split: {split}" if split else "",
        length=length,
        units=max(1, horizon),
    )


def _order(case: Case) -> list[Any]:
    """What a split in time goes by: the time of each row, or its place."""
    if case.way == "order" or not case.has_time:
        return list(range(len(case.rows)))
    return [row["day"] for row in case.rows]


def _begin(times: list[Any], wanted: int) -> Any:
    """The time of the row nearest to `wanted` in order at which a new time begins; the earlier of two as near."""
    starts = [place for place in range(1, len(times)) if times[place] != times[place - 1]]
    return times[min(starts, key=lambda place: (abs(place - wanted), place))]


def _row_parts(case: Case) -> list[int]:
    """The split of each row."""
    times = _order(case)
    ordered, count = sorted(times), len(times)
    if case.way == "by":
        return [row["part"] for row in case.rows]
    if case.way == "default":
        held = [count - math.floor(count * share + 0.5) for share in (0.4, 0.2)]
        begins = [ordered[place] for place in held]
    elif case.way == "dates":
        begins = [40, 50]
    else:
        validation, test = {"order": (0.25, 0.15), "time": (0.2, 0.3), "gap": (0.2, 0.2)}[case.way]
        rows = [math.floor(count * share + 0.5) for share in (validation, test)]
        last = _begin(ordered, count - rows[1])
        before = [time for time in ordered if time < last]
        begins = [_begin(before, count - rows[0] - rows[1]), last]
    parts = [sum(time >= begin for begin in begins) for time in times]
    if case.way == "gap":
        used = [begin for number, begin in enumerate(begins, start=1) if number in parts]
        parts = [
            HIDDEN if any(begin - 3 <= time < begin for begin in used) else part
            for time, part in zip(times, parts, strict=True)
        ]
    return parts


def _stretches(case: Case) -> Iterator[list[int]]:
    """The rows that follow one another, series by series, as places in the file."""
    for sensor in sorted({row["sensor"] for row in case.rows}, key=str) if case.has_series else [None]:
        own = [place for place, row in enumerate(case.rows) if sensor is None or row["sensor"] == sensor]
        if not case.has_time:
            yield own
            continue
        own.sort(key=lambda place: case.rows[place]["day"])
        stretch: list[int] = []
        for place in own:
            if stretch and case.rows[place]["day"] - case.rows[stretch[-1]]["day"] != case.step:
                yield stretch
                stretch = []
            stretch.append(place)
        yield stretch


def _part_of(past: list[int], future: list[int]) -> int:
    """The split of an example whose rows have these splits; it may look at earlier ones."""
    part = future[0]
    if len(set(future)) > 1:
        return HIDDEN
    if part == 0 and any(each != 0 for each in past):
        return HIDDEN
    return HIDDEN if any(each > part for each in past) else part


def _expected(case: Case) -> dict[str, list[tuple[list[int], list[int]]]]:
    """By split, the rows of the past and of the targets of each example, as places in the file."""
    length, horizon, stride, gap = (case.window[key] for key in ("length", "horizon", "stride", "gap"))
    parts, found = _row_parts(case), {name: [] for name in PARTS}
    for stretch in _stretches(case):
        t = length - 1
        while t < len(stretch):
            past = stretch[t - length + 1 : t + 1]
            future = stretch[t + gap + 1 : t + gap + horizon + 1] if horizon else [stretch[t]]
            if len(future) == max(1, horizon):
                part = _part_of([parts[place] for place in past], [parts[place] for place in future])
                if part != HIDDEN:
                    found[PARTS[part]].append((past, future))
            t += stride
    return found


def _compare(seed: int, folder: Path) -> str:
    """Compares the windows of a case; returns how it was split, or that no window fits into training."""
    case = _case(np.random.default_rng(seed))
    _write(case, folder)
    spec = folder / "spec.yaml"
    spec.write_text(_text(case), encoding="utf-8")
    compiled, expected = compile_spec(spec, data="always"), _expected(case)
    if not expected["train"]:
        wanted = "KS572" if 0 in _row_parts(case) else "KS506"
        assert wanted in [str(each.code) for each in compiled.report], (case, list(compiled.report))
        return "none"
    assert not compiled.report.has_errors, (case, list(compiled.report))
    assert compiled.dataset is not None
    splits = compiled.dataset.splits
    assert {name: len(split) for name, split in splits.items()} == {
        name: len(own) for name, own in expected.items() if own
    }, case
    values = {name: np.array([row[name] for row in case.rows], np.float32) for name in ("load", "wind", "region")}
    for name, split in splits.items():
        past = np.array([own for own, _ in expected[name]])
        future = np.array([own for _, own in expected[name]])
        np.testing.assert_array_equal(split.rows, past[:, -1] + 1)
        inputs = {
            key: value.array() if isinstance(value, WindowArray) else value for key, value in split.inputs.items()
        }
        np.testing.assert_array_equal(inputs["past"], np.stack([values["load"][past], values["wind"][past]], axis=2))
        np.testing.assert_array_equal(inputs["place"], values["region"][past[:, -1:]])
        if case.window["horizon"]:
            np.testing.assert_array_equal(inputs["later"], values["wind"][future][..., np.newaxis])
        np.testing.assert_array_equal(np.asarray(split.targets["load"]).reshape(future.shape), values["load"][future])
    return case.way


def _compare_many(seeds: range, folder: Path) -> None:
    ways = Counter(_compare(seed, folder) for seed in seeds)
    assert set(WAYS) <= set(ways), ways
    assert ways["none"] < len(seeds) / 4


def test_windows_are_those_that_loops_enumerate(tmp_path: Path) -> None:
    _compare_many(range(40), tmp_path)


@pytest.mark.slow
def test_many_windows_are_those_that_loops_enumerate(tmp_path: Path) -> None:
    _compare_many(range(24, 200), tmp_path)
