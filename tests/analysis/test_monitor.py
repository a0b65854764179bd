"""Whether more or less of a monitored quantity is better."""

import pytest

from kspec.compiler.passes import analyse
from kspec.diagnostics import Report, Source
from kspec.language import load_source

SPEC = """\
kspec: 1
inputs: {x: {shape: [4]}}
layers:
  - Dense: {units: 8}
    name: hidden
  - Dense: {units: 3, activation: softmax}
    name: loss_rate
  - Dense: {units: 1}
    from: hidden
    name: price
outputs: OUTPUTS
compile: {metrics: METRICS}
fit: {keep: best, monitor: MONITOR}
"""
OWN = "[accuracy, {CategoricalCrossentropy: {name: score}}, {F1Score: {name: error}}]"
OF_TWO = "{loss_rate: [accuracy, AUC], price: [mae, {R2Score: {name: loss_}}]}"


@pytest.mark.parametrize(
    ("outputs", "metrics", "monitor", "direction"),
    [
        *(("loss_rate", OWN, monitor, best) for monitor, best in [
            ("val_loss", "min"), ("val_accuracy", "max"), ("score", "min"), ("val_error_1", "max"),
        ]),
        *(("[loss_rate, price]", OF_TWO, monitor, best) for monitor, best in [
            ("loss", "min"), ("val_loss_rate_loss", "min"), ("loss_rate_accuracy", "max"), ("val_loss_rate_auc", "max"),
            ("price_mean_absolute_error", "min"), ("val_price_loss_", "max"), ("price_loss", "min"),
        ]),
        ("loss_rate", "[7]", "val_surface", None),
    ],
)  # fmt: skip
def test_the_direction_is_that_of_the_class(outputs, metrics, monitor, direction):
    text = SPEC.replace("OUTPUTS", outputs).replace("METRICS", metrics).replace("MONITOR", monitor)
    spec = load_source(Source("spec.yaml", text), Report(), ())
    settings = analyse(spec, Report()).settings
    if direction is None and settings is None:
        return
    assert settings.keep.name == monitor
    assert settings.keep.direction == direction
