"""Metrics: their order, and their text."""

from kspec.training.metrics import format_metrics, sort_metrics


def test_the_loss_comes_first_and_validation_last():
    names = ["val_accuracy", "accuracy", "val_loss", "loss", "auc"]
    assert list(sort_metrics(dict.fromkeys(names, 0.0))) == ["loss", "accuracy", "auc", "val_loss", "val_accuracy"]


def test_metrics_are_printed_with_four_digits():
    assert format_metrics({"val_loss": 12345.678, "loss": 0.123456}) == "loss 0.1235  val_loss 1.235e+04"
