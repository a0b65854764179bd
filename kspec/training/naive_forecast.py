"""Naive forecasts of windows: the last value again and again, or the last season."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kspec.analysis.metric_names import logged_metrics
from kspec.analysis.settings import OutputSettings
from kspec.data import DataSplit
from kspec.data.targets.encoding import TargetEncoding
from kspec.data.targets.units import in_units
from kspec.training.baseline import metric_values

Array = np.ndarray[Any, Any]


def naive_forecasts(
    split: DataSplit,
    targets: Mapping[str, Array],
    weights: Mapping[str, Array],
    outputs: Mapping[str, OutputSettings],
    encodings: Mapping[str, TargetEncoding],
) -> dict[str, dict[str, float]]:
    """What naive forecasts score on examples, in metrics that compare numbers.

    Args:
        split: The examples.
        targets: By output, their encoded targets, in the unit of the column, shape (n, …).
        weights: By output, their sample weights; they count in weighted metrics.
        outputs: The settings of the outputs.
        encodings: By output, the encoding of its target.

    Returns:
        The forecast in words → value by metric; empty unless the examples are windows that predict rows to come.
    """
    places = split.windows
    if places is None or not places.window.horizon:
        return {}
    forecasts = {"the last value": 1}
    if places.window.season is not None:
        forecasts[f"the last season of {places.window.season} rows"] = places.window.season
    found: dict[str, dict[str, float]] = {name: {} for name in forecasts}
    for output, settings in outputs.items():
        raw = places.targets.get(output)
        if output not in targets or raw is None or raw.dtype.kind not in "fiub" or settings.target_form != "values":
            continue
        if settings.loss is None or encodings[output].is_free_form:
            continue
        for words, season in forecasts.items():
            answer = encodings[output].encode(places.repeated(output, season)).astype("float64")
            answer = in_units(answer, settings.scaling)
            for number, metric in enumerate(each for each in logged_metrics(outputs) if each.output == output):
                own = weights.get(output) if number >= len(settings.metrics) else None
                values = metric_values(metric.metric, settings, targets[output], answer, own)
                if len(values) == len(metric.names):
                    found[words].update(zip(metric.names, values, strict=True))
    return {words: values for words, values in found.items() if values}
