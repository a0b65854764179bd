"""The table of predictions is the same however many of its lines are made together."""

import numpy as np
import pytest

from kspec.data import DataSplit, Labels
from kspec.data.storage import mapped_arrays
from kspec.data.targets.encoding import TargetEncoding
from kspec.runs import prediction_table as tables
from kspec.runs import regression_plot as plots
from kspec.runs.artifacts import confusion_matrices
from kspec.runs.prediction_table import prediction_table
from tests.data.helpers import output_settings

N = 11
CLASSES = ["a, b", "c", "d"]
ENCODINGS = {
    "kind": TargetEncoding.of(
        output_settings("multiclass_classification", 3, "sparse_categorical_crossentropy"),
        (3,),
        Labels("text", CLASSES),
        ["kind"],
    ),
    "size": TargetEncoding.of(output_settings("regression", 2, "mean_squared_error"), (2,), None, ["long", "wide"]),
}


@pytest.fixture(params=["every row", "rows left out"])
def examples(request):
    rng, left_out = np.random.default_rng(0), [3, 4, 5, 6, 15] if request.param == "rows left out" else []
    rows = np.array([row for row in range(1, 40) if row not in left_out][:N])
    texts = np.array([f"n{row}" for row in rows], object)
    split = DataSplit(
        rows,
        {},
        {"kind": np.array(CLASSES)[rng.integers(0, 3, N)], "size": rng.normal(size=(N, 2))},
        absent={"size": rng.integers(0, 2, N).astype(bool)},
        names=[f"f{row}.png" for row in rows],
        left_out=left_out,
        kept={"kind": texts, "note": texts},
        kept_of_left_out={name: np.array([f"l{row}" for row in left_out], object) for name in ("kind", "note")},
    )
    predictions = {"kind": rng.random((N, 3), "float32"), "size": rng.random((N, 2), "float32")}
    return split, predictions, rng.random((N, 2), "float32")


@pytest.mark.parametrize("piece", [1, 3, N])
def test_pieces_make_the_same_lines(examples, piece, monkeypatch):
    split, predictions, nodes = examples
    places = [("step", np.arange(N)), ("time", [0.1 * n for n in range(N)])]
    arguments = (split, predictions, ENCODINGS, {"node": nodes}, places, {"size": predictions["size"] / 3})
    whole = list(prediction_table(*arguments))
    monkeypatch.setattr(tables, "PIECE", piece)
    assert list(prediction_table(*arguments)) == whole
    header, *lines = whole
    assert header[:6] == ["row", "file", "kind_kept", "note", "step", "time"]
    assert [line[0] for line in lines] == sorted([*split.rows, *split.left_out])
    by_row = {line[0]: dict(zip(header, line, strict=True)) for line in lines}
    for at, row in enumerate(split.rows):
        line = by_row[row]
        assert (line["file"], line["note"], line["step"]) == (f"f{row}.png", f"n{row}", at)
        assert line["kind"] == CLASSES[predictions["kind"][at].argmax()]
        assert line["kind_actual"] == split.targets["kind"][at]
        assert line["size_wide"] == str(predictions["size"][at, 1])
        assert line["size_long_deviation"] == str(predictions["size"][at, 0] / np.float32(3))
        assert line["size_wide_actual"] == ("" if split.absent["size"][at] else split.targets["size"][at, 1])
        assert line["node_1"] == str(nodes[at, 1])
    for row in split.left_out:
        assert [each for each in by_row[row].values() if each != ""] == [row, f"l{row}", f"l{row}"]


def test_pieces_count_the_same_classes(examples, monkeypatch):
    split, predictions, _ = examples
    monkeypatch.setattr(mapped_arrays, "PIECE_BYTES", 1)
    matrix, names = confusion_matrices(split, {"kind": predictions["kind"]}, ENCODINGS)["kind"]
    expected = np.zeros((3, 3), int)
    for actual, predicted in zip(split.targets["kind"], predictions["kind"].argmax(axis=1), strict=True):
        expected[CLASSES.index(actual), predicted] += 1
    assert names == CLASSES
    assert np.array_equal(matrix, expected)


def test_pieces_draw_the_same_regression(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    actual = rng.normal(size=plots.MAX_POINTS + 100)
    actual[5] = np.inf
    pairs = {"y": plots.Pairs(actual, (actual + rng.normal(size=len(actual))).astype("float32"))}
    plots.regression_plot(pairs, tmp_path / "whole.svg", "")
    monkeypatch.setattr(plots, "PIECE", 500)
    plots.regression_plot(pairs, tmp_path / "pieces.svg", "")
    assert (tmp_path / "pieces.svg").read_text() == (tmp_path / "whole.svg").read_text()
