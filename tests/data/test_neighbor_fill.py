"""Gaps that take the value before or after them, against a plain loop over the rows."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.data import load, load_for_prediction
from kspec.data.missing.neighbor_fill import neighbors
from kspec.data.missing.row_order import RowOrder
from kspec.diagnostics import Report
from tests.data.helpers import input_specs, make_spec, read


def loop(missing, ranks, rows, series, forward):
    """The row whose value each row takes; -1 for none."""
    taken = np.full(len(rows), -1)
    steps = range(len(rows)) if forward else range(len(rows) - 1, -1, -1)
    for place in steps:
        row, way = rows[place], range(place, -1, -1) if forward else range(place, len(rows))
        for other in way:
            if series[other] != series[place]:
                break
            if not missing[rows[other]] and ranks[rows[other]] <= ranks[row]:
                taken[row] = rows[other]
                break
    return taken


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0, 0.5, 1, 2]), st.integers(0, 2)), max_size=12), st.data())
def test_a_row_takes_its_nearest_neighbor_that_its_split_may_know(rows, data):
    missing, ranks, keys = (np.array([row[i] for row in rows]) for i in range(3))
    shuffled = np.array(data.draw(st.permutations(range(len(rows)))), int)
    order = shuffled[np.argsort(keys[shuffled], kind="stable")]
    for forward in (True, False):
        taken = neighbors(missing.astype(bool), ranks, RowOrder(order, keys[order]), forward=forward)
        assert taken.tolist() == loop(missing, ranks, order, keys[order], forward).tolist()


def frame(folder, split, policy, seed=0, changed=()):
    """A table of two groups in mixed order with gaps, as the spec reads it; and its columns."""
    rng = np.random.default_rng(seed)
    count = 60
    day = rng.permutation(count)
    value = rng.normal(size=count).round(3)
    gap = rng.random(count) < 0.4
    for row in changed:
        value[row], gap[row] = 1000 + row, not gap[row]
    group = np.array(["a", "b"])[rng.integers(0, 2, count)]
    texts = ["" if none else str(number) for none, number in zip(gap, value, strict=True)]
    lines = [f"{d},{g},{v},{n}" for n, (d, g, v) in enumerate(zip(day, group, texts, strict=True))]
    (folder / "t.csv").write_text("\n".join(["day,group,v,y", *lines]))
    data = f"{{csv: t.csv, inputs: v, targets: y, missing: {{v: {policy}}}, split: {split}}}"
    return read(folder, data, "x: {shape: [1]}"), day, group, value, gap


@pytest.mark.parametrize("split", ["{time: day, validation: 0.2, test: 0.2}", "{validation: 0.2, test: 0.2}",
                                   "{group: group, validation: 0.5, test: 0}"])  # fmt: skip
@pytest.mark.parametrize("forward", [True, False])
def test_each_way_to_split(tmp_path, split, forward):
    policy = f"{{fill: {'forward' if forward else 'backward'}, else: -1}}"
    result, day, group, value, gap = frame(tmp_path, split, policy)
    splits, train = result.data.splits, None
    ranks = np.zeros(60)
    for rank, part in enumerate(splits.values()):
        ranks[part.rows - 1] = rank
    order, series = np.arange(60), np.zeros(60)
    if "time" in split:
        order = np.argsort(day)
    elif "group" in split:
        order = np.argsort(group, kind="stable")
        series = group[order]
    taken = loop(gap, ranks, order, series, forward)
    expected = np.where(taken < 0, -1, value[np.maximum(taken, 0)]).astype("float32")
    for part in splits.values():
        np.testing.assert_array_equal(part.inputs["x"][:, 0], expected[part.rows - 1])
    train = splits["train"]
    others = np.setdiff1d(np.arange(60), train.rows - 1)
    again = frame(tmp_path, split, policy, changed=others)[0].data.splits["train"]
    assert again.rows.tolist() == train.rows.tolist()
    np.testing.assert_array_equal(again.inputs["x"], train.inputs["x"])


def test_a_gap_without_a_neighbor_is_an_error_that_names_its_row(tmp_path):
    lines = [f"{day},{'' if day in (2, 11) else day},{day}" for day in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(["day,v,y", *lines]))
    data = "{csv: t.csv, inputs: v, targets: y, missing: {v: backward}, split: {time: day, validation: 0.2, test: 0.2}}"
    result = read(tmp_path, data, "x: {shape: [1]}")
    assert result.only == (
        "KS503 `v` has no value after its gap in row 12 that is known to its split |  | "
        "say what fills the rest: `missing: {v: {fill: backward, else: median}}`"
    )
    assert result.pointed == "backward"


def test_new_data_is_filled_from_itself_in_its_own_order(tmp_path):
    lines = [f"{n},{'' if n == 9 else n},{'ab'[n % 2] if n != 5 else ''},{n}" for n in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(["day,v,t,y", *lines]))
    data = "{csv: t.csv, inputs: {v: v, t: t}, targets: y, missing: {v: forward, t: forward}, split: {time: day}}"
    spec, report = make_spec(tmp_path, data, "v: {shape: [1]}, t: {shape: [1], dtype: string}"), Report()
    dataset = load(spec, input_specs(spec), ["y"], report)
    assert dataset is not None, list(report)
    train = dataset.splits["train"].inputs
    assert train["v"][9, 0] == 8
    assert train["t"][5, 0] == "a"
    fitted = json.loads(json.dumps(dataset.fitted))
    (tmp_path / "new.csv").write_text("day,v,t\n23,,\n21,,b\n22,7,a\n,,\n")
    split = load_for_prediction(
        "new.csv", spec, input_specs(spec), ["y"], {}, fitted, report, place=("predict", "data")
    )
    usual = np.median([n for n in range(12) if n != 9])
    assert split.inputs["v"][:, 0].tolist() == [7, usual, 7, usual]
    assert split.inputs["t"][:3, 0].tolist() == ["a", "b", "a"]
    assert split.notes == []
    assert [d.code for d in report] == ["KS558", "KS558"]
    (tmp_path / "new.csv").write_text("v,t\n3,a\n,\n")
    split = load_for_prediction(
        "new.csv", spec, input_specs(spec), ["y"], {}, fitted, Report(), place=("predict", "data")
    )
    assert split.inputs["v"][:, 0].tolist() == [3, 3]
