"""A classifier of labels of which several may hold at once."""

from __future__ import annotations

import numpy as np

from kspec.report.chart import Table, number
from kspec.report.charts.curves import calibration_chart, precision_recall_chart, roc_chart, worst
from kspec.report.numbers.binary import calibration, curves
from kspec.report.numbers.classes import class_scores, confusion
from kspec.report.predictions import Predictions
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section
from kspec.report.sections.binary import count_note
from kspec.report.sections.mistakes import label_mistakes_table

MOST_ROWS = 200


def multilabel_section(facts: RunFacts, own: Predictions) -> Section:
    """Scores and curves of each label.

    Args:
        facts: What is known of the run.
        own: The predictions of a multilabel output.
    """
    predicted, rows, found = own.predicted(), [], {}
    for at, name in enumerate(own.names):
        actual = own.actual[:, at].astype("int64")
        scored = class_scores(confusion(actual, predicted[:, at], 2))
        known = curves(own.values[:, at], actual == 1)
        if known.positives and known.negatives:
            found[name] = known
        area = known.roc_area()
        rows.append(
            [
                name,
                *(number(float(each[1])) for each in scored[:3]),
                int(scored.support[1]),
                number(area),
                number(known.average_precision()),
            ]
        )
    exact = float(np.mean((predicted == own.actual).all(axis=1)))
    headings = ("label", "precision", "recall", "F1", "examples", "area under the ROC curve", "average precision")
    tables = {
        "": Table(
            ("measure", "value"),
            [["all labels right", number(exact)], ["labels right", number(float(np.mean(predicted == own.actual)))]],
        ),
        "Labels": Table(headings, rows[:MOST_ROWS]),
    }
    shown = worst(found)
    charts = [roc_chart(shown), precision_recall_chart(shown)] if shown else []
    if own.settings.kind_of_value == "probability":
        charts.append(calibration_chart(calibration(own.values.ravel(), own.actual.ravel() == 1), "each label"))
    mistakes = label_mistakes_table(facts, own)
    if mistakes is not None:
        tables["Most confident mistakes"] = mistakes
    return Section(f"output-{own.output}", f"{own.output}: {len(own.names)} labels", [count_note(own)], tables, charts)
