"""The history of a training: its best epoch, and whether it diverged."""

import math

import pytest

from kspec.training.fit import FitResult, best_epoch

NAN, INFINITY = math.nan, math.inf


@pytest.mark.parametrize(
    ("losses", "best"),
    [([0.5, 0.4, 0.6], 2), ([NAN, 0.4, 0.5], 2), ([0.4, 0.4], 1), ([NAN, INFINITY], 2), ([NAN], 1), ([], None)],
)
def test_the_best_epoch_has_the_smallest_finite_validation_loss(losses, best):
    assert best_epoch([{"epoch": epoch, "val_loss": loss} for epoch, loss in enumerate(losses, start=1)]) == best


def test_without_validation_the_last_epoch_is_the_best():
    assert best_epoch([{"epoch": 1, "loss": 0.1}, {"epoch": 2, "loss": 0.2}]) == 2


@pytest.mark.parametrize(("losses", "diverged"), [([], False), ([0.5], False), ([0.5, NAN], True), ([INFINITY], True)])
def test_a_training_diverges_if_its_last_loss_is_not_finite(losses, diverged):
    assert FitResult([{"loss": loss} for loss in losses]).diverged == diverged
