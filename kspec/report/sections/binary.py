"""A classifier of two classes."""

from __future__ import annotations

import numpy as np

from kspec.report.chart import Chart, Table, number, with_interval
from kspec.report.charts.confusion import confusion_chart
from kspec.report.charts.curves import calibration_chart, precision_recall_chart, roc_chart, score_chart
from kspec.report.numbers.binary import Curves, areas, calibration, curves, thinned
from kspec.report.numbers.classes import class_scores, confusion
from kspec.report.predictions import Predictions
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section
from kspec.report.sections.mistakes import mistakes_table

MOST_THRESHOLDS = 400


def binary_section(facts: RunFacts, own: Predictions) -> Section:
    """Confusion, curves with their areas, calibration, and what each threshold costs.

    Args:
        facts: What is known of the run.
        own: The predictions of a binary output.
    """
    scores, positive = own.values[:, 0], own.actual == 1
    found = curves(scores, positive)
    roc, precision = areas(scores, positive, found)
    matrix = confusion(own.actual, own.predicted(), 2)
    scored = class_scores(matrix)
    tables = {
        "": Table(
            ("measure", "value"),
            [
                ["area under the ROC curve", with_interval(*roc)],
                ["average precision", with_interval(*precision)],
                ["accuracy", number(float(np.diagonal(matrix).sum() / max(1, matrix.sum())))],
                *(
                    [f"precision of {own.names[1]}", number(float(scored.precision[1]))],
                    [f"recall of {own.names[1]}", number(float(scored.recall[1]))],
                    [f"F1 of {own.names[1]}", number(float(scored.f1[1]))],
                ),
            ],
        )
    }
    kind = own.settings.kind_of_value
    charts: list[Chart] = [confusion_chart(matrix, own.names)]
    if found.positives and found.negatives:
        charts += [roc_chart({own.names[1]: found}), precision_recall_chart({own.names[1]: found})]
    if kind == "probability":
        charts.append(calibration_chart(calibration(scores, positive), own.names[1]))
    charts.append(score_chart(scores, own.actual, (own.names[0], own.names[1]), own.settings.threshold, kind))
    sure = np.where(own.actual == 1, own.settings.threshold - scores, scores - own.settings.threshold)
    mistakes = mistakes_table(facts, own, sure)
    if mistakes is not None:
        tables["Most confident mistakes"] = mistakes
    return Section(
        f"output-{own.output}", f"{own.output}: {own.names[0]} or {own.names[1]}", [count_note(own)], tables, charts,
        template="threshold.html.j2", values={"thresholds": _thresholds(own, found), "positive": own.names[1]},
    )  # fmt: skip


def count_note(own: Predictions) -> str:
    """How many predictions there are, and whether they are a part of all."""
    part = "" if own.share == 1 else f", {own.share:.2%} of all, at even distances in the file"
    return f"{len(own):,} {own.unit} with predictions and actual values{part}."


def _thresholds(own: Predictions, found: Curves) -> dict[str, object]:
    """What the threshold slider knows: true and false positives at each of some thresholds, ascending."""
    at = thinned(len(found.thresholds), MOST_THRESHOLDS)[::-1]
    # a prediction is positive above the threshold, so that of a score lies just below it
    rows = [
        (float(np.nextafter(found.thresholds[each], -np.inf)), found.true_positives[each], found.false_positives[each])
        for each in at
    ]
    above, used = own.values[:, 0] > own.settings.threshold, own.settings.threshold
    rows.append((used, float((above & (own.actual == 1)).sum()), float((above & (own.actual == 0)).sum())))
    thresholds, true, false = zip(*sorted(rows), strict=True)
    return {
        "thresholds": thresholds, "true": list(map(float, true)), "false": list(map(float, false)),
        "positives": found.positives, "negatives": found.negatives, "used": used,
    }  # fmt: skip
