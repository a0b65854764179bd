"""The history of a training: whether it diverged."""

import math

import pytest

from kspec.training.fit import FitResult

NAN, INFINITY = math.nan, math.inf


@pytest.mark.parametrize(("losses", "diverged"), [([], False), ([0.5], False), ([0.5, NAN], True), ([INFINITY], True)])
def test_a_training_diverges_if_its_last_loss_is_not_finite(losses, diverged):
    assert FitResult([{"loss": loss} for loss in losses]).diverged == diverged
