"""Rows in memory and prefetched rows: the same rows, in the order of each pass."""

from itertools import islice

import numpy as np
import pytest

from tests.training.engine.worlds import batches, identical, mlp, numbers, train

ROW = 20
"""Bytes of an example of `numbers()`: four inputs and a target."""


def source(made, **options):
    from kspec.training.engine.row_source import RowSource

    return RowSource(made, **options)


def rows_of(made, passes, **options):
    return list(source(made, **options).passes(passes))


@pytest.mark.parametrize("budget", [None, 0])
@pytest.mark.parametrize("runs", [1, 2, 100])
@pytest.mark.parametrize("count", [7, 50, 53, 61])
def test_every_row_comes_once_in_order(count, runs, budget):
    x, y = numbers(count)
    made = batches(x, y)
    found = rows_of(made, [0, 1], budget=budget, chunk_bytes=runs * 10 * ROW)
    given = np.concatenate([rows.tensors[0].numpy() for rows in found])
    assert np.array_equal(given, x[np.concatenate([made.order(0), made.order(1)])])
    assert sum(rows.batches for rows in found) == 2 * made.steps
    assert sum(rows.full for rows in found) == 2 * (count // 10)
    assert all(len(rows.tensors[0]) < (runs + 1) * 10 or count < 10 for rows in found)


def test_at_most_two_chunks_are_prefetched():
    x, y = numbers(1000)
    made = source(batches(x, y), budget=0, chunk_bytes=5 * 10 * ROW)
    taken = []
    pick = made._pick
    made._pick = lambda order: taken.append(len(order)) or pick(order)
    for number, _ in enumerate(islice(made.passes([0]), 10), start=1):
        assert len(taken) <= number + 1
    assert set(taken) == {50}


def test_read_errors_reach_the_caller():
    x, y = numbers(100)
    made = source(batches(x, y), budget=0, chunk_bytes=5 * 10 * ROW)

    def fail(order):
        raise OSError("the file is gone")

    made._pick = fail
    with pytest.raises(OSError, match="the file is gone"):
        list(made.passes([0]))


def test_the_memory_budget_changes_no_bit(monkeypatch):
    from kspec.training.engine import fused, row_source

    whole = train(mlp(), "fused", data=numbers(253))
    monkeypatch.setattr(row_source, "memory_budget", lambda: 0)
    monkeypatch.setattr(fused, "ROWS_BYTES", 4 * 10 * ROW)
    identical(train(mlp(), "fused", data=numbers(253)), whole)


def test_no_chunk_is_gathered_in_vain(monkeypatch):
    from kspec.data.pipeline import Batches

    picker, picked = Batches.picker, []

    def counted(self):
        pick = picker(self)
        return lambda chosen: picked.append(len(chosen)) or pick(chosen)

    monkeypatch.setattr(Batches, "picker", counted)
    monkeypatch.setattr("kspec.training.engine.row_source.memory_budget", lambda: 0)
    train(mlp(), "fused", data=numbers(300), epochs=3)
    assert sum(rows for rows in picked if rows > 1) == 3 * (300 + 23)  # one row tells the types


@pytest.mark.slow
def test_images_are_decoded_as_needed(tmp_path, monkeypatch):
    """Both engines train the same."""
    import kspec
    from kspec.data.files import decoded_files
    from tests.conftest import SPECS

    monkeypatch.setattr(decoded_files, "BUDGET", 0)
    overrides = ["fit.epochs=1", "fit.steps_per_epoch=4"]
    runs = [
        kspec.run(SPECS / "cnn.yaml", out=tmp_path, overrides=[*overrides, f"fit.engine={engine}"])
        for engine in ("fused", "keras")
    ]
    for ours, theirs in zip(*(run.model.get_weights() for run in runs), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    assert runs[0].metrics["loss"] == pytest.approx(runs[1].metrics["loss"], rel=1e-4)
