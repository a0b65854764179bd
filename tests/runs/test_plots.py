"""Plots of results, checked by the texts in their SVG. No TensorFlow."""

import math
import re

import numpy as np
import pytest

from kspec.runs.plots import confusion_plot, history_plot
from kspec.runs.regression_plot import MAX_POINTS, Pairs, regression_plot


def rows(count, *names):
    return [{"epoch": e + 1, **dict.fromkeys(names, 1 / (e + 1))} for e in range(count)]


def texts(path):
    return re.findall(r"<text[^>]*>(.*?)</text>", path.read_text(encoding="utf-8"))


@pytest.fixture
def drawn(tmp_path):
    def draw(history, best=None):
        history_plot(history, tmp_path / "h.svg", best)
        return texts(tmp_path / "h.svg")

    return draw


def test_each_metric_has_a_panel_with_the_best_epoch(drawn):
    shown = drawn(rows(20, "loss", "accuracy", "val_loss", "val_accuracy"), 4)
    assert [name for name in ("loss", "accuracy", "val loss", "val accuracy") if name in shown] == ["loss", "accuracy"]
    assert {"training", "validation", "kept epoch: 4"} <= set(shown)
    assert shown.count("epoch 4: 0.25") == 2


def test_several_outputs_and_the_learning_rate(drawn):
    shown = drawn(rows(5, "learning_rate", "a_loss", "b_loss", "b_accuracy", "loss"), 5)
    panels = [text for text in shown if text in ("loss", "a loss", "b loss", "b accuracy", "learning rate")]
    assert panels == ["loss", "a loss", "b loss", "b accuracy", "learning rate"]
    assert "validation" not in shown


def test_one_epoch(drawn):
    shown = drawn(rows(1, "loss", "val_loss"), 1)
    assert "loss" in shown
    assert "1" in shown


def test_an_empty_history(drawn):
    assert "training" in drawn([])


def test_nan_leaves_a_gap(drawn):
    history = rows(6, "loss", "val_loss")
    history[2]["loss"] = math.nan
    history[4]["loss"] = math.inf
    del history[3]["val_loss"]
    assert "loss" in drawn(history, 3)
    for row in history:
        row["loss"] = row["val_loss"] = math.nan
    assert "not a number in any epoch" in drawn(history, 3)


def test_a_steep_loss_is_on_a_log_scale_and_an_accuracy_is_not(drawn):
    shown = drawn(rows(200, "loss", "accuracy"))
    assert "loss  (log scale)" in shown
    assert "accuracy" in shown
    assert "0.01" in shown


def test_ten_thousand_epochs(tmp_path):
    history_plot(rows(10_000, "loss", "val_loss"), tmp_path / "h.png", 9_000)
    assert (tmp_path / "h.png").stat().st_size < 200_000


def test_plots_are_reproducible_whatever_the_users_settings(tmp_path):
    import matplotlib

    history_plot(rows(5, "loss"), tmp_path / "a.svg", 2)
    with matplotlib.rc_context({"axes.titlesize": 30, "svg.fonttype": "path"}):
        history_plot(rows(5, "loss"), tmp_path / "b.svg", 2)
        assert matplotlib.rcParams["axes.titlesize"] == 30
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert b"<dc:date>" not in (tmp_path / "a.svg").read_bytes()


def test_pyplot_is_not_imported(tmp_path):
    import subprocess
    import sys

    code = (
        "import sys, pathlib; from kspec.runs.plots import history_plot; early = 'matplotlib' in sys.modules;"
        f"history_plot([{{'loss': 1.0}}], pathlib.Path({str(tmp_path / 'h.png')!r}), None);"
        "print(early, 'matplotlib.pyplot' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False False"


def test_confusion_matrices_show_counts_and_shares(tmp_path):
    confusion_plot(np.array([[38, 3], [1, 1999]]), ["benign", "malignant"], tmp_path / "c.svg", "diagnosis")
    shown = texts(tmp_path / "c.svg")
    assert {"diagnosis", "benign", "malignant", "38", "93%", "3", "7%", "1", "&lt;1%", "1,999", "&gt;99%"} <= set(shown)


def test_a_class_without_examples_has_no_shares(tmp_path):
    confusion_plot(np.array([[0, 0], [0, 2_500_000]]), ["a", "b"], tmp_path / "c.svg", "t")
    shown = texts(tmp_path / "c.svg")
    assert shown.count("0") == 3
    assert {"2.5 M", "100%"} <= set(shown)


@pytest.mark.parametrize("count", [1, 2, 12, pytest.param(30, marks=pytest.mark.slow)])
def test_up_to_thirty_classes_show_numbers(tmp_path, count):
    confusion_plot(np.full((count, count), 7), [f"class {i}" for i in range(count)], tmp_path / "c.svg", "t")
    assert texts(tmp_path / "c.svg").count("7") == count**2


def test_more_classes_show_no_numbers(tmp_path):
    confusion_plot(np.full((100, 100), 7), [f"class {i}" for i in range(100)], tmp_path / "c.svg", "t")
    shown = texts(tmp_path / "c.svg")
    assert "7" not in shown
    assert "share of the actual class" in shown
    assert shown.count("class 2") == 2
    assert "class 1" not in shown


def test_unusual_labels_are_shown_literally(tmp_path):
    labels = ["$x_1$", "a<b>&c", "a name that goes on and on and on", ""]
    confusion_plot(np.eye(4, dtype=int), labels, tmp_path / "c.svg", "cost in $ and $")
    shown = texts(tmp_path / "c.svg")
    assert {"$x_1$", "a&lt;b&gt;&amp;c", "a name that goes on a…", "cost in $ and $"} <= set(shown)


def test_epochs_are_numbered_from_the_first(drawn):
    for count in (1, 2, 3, 12, 100):
        numbers = [text for text in drawn(rows(count, "accuracy")) if text.isdigit()]
        assert numbers[0] == "1"
        assert len(numbers) <= 8


def test_a_long_title_keeps_its_ends(drawn):
    shown = drawn(rows(3, "the_name_of_an_output_that_is_very_long_mean_absolute_error"), 2)
    (title,) = (text for text in shown if "…" in text)
    assert title.startswith("the name")
    assert title.endswith("mean absolute error")


def test_a_regression_shows_its_errors(tmp_path):
    actual = np.array([1.0, 2.0, 4.0, np.nan])
    predicted = np.array([1.5, 2.0, 3.0, 1.0], "float32")
    regression_plot({"price": Pairs(actual, predicted)}, tmp_path / "r.svg", "4 examples of test")
    residuals = (predicted - actual)[:3]
    r2 = 1 - (residuals**2).sum() / ((actual[:3] - actual[:3].mean()) ** 2).sum()
    assert {
        "price",
        "4 examples of test",
        "actual",
        "predicted",
        f"MAE {np.abs(residuals).mean():.4g}, R² {r2:.3f}",
    } <= set(texts(tmp_path / "r.svg"))


@pytest.mark.parametrize("values", [np.zeros(3), np.full(3, np.nan), np.arange(MAX_POINTS + 1.0)])
def test_a_regression_of_any_values(tmp_path, values):
    regression_plot({str(n): Pairs(values, values) for n in range(2)}, tmp_path / "r.svg", "title")
    assert "predicted" in texts(tmp_path / "r.svg")
