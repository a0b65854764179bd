"""A classifier of several classes."""

from __future__ import annotations

import numpy as np

from kspec.report.chart import Table, number
from kspec.report.charts.confusion import confusion_chart
from kspec.report.charts.curves import calibration_chart, precision_recall_chart, roc_chart, worst
from kspec.report.numbers.binary import calibration, curves
from kspec.report.numbers.classes import class_scores, confusion, top_k
from kspec.report.predictions import Predictions
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section
from kspec.report.sections.binary import count_note
from kspec.report.sections.mistakes import mistakes_table

MOST_ROWS = 200


def multiclass_section(facts: RunFacts, own: Predictions) -> Section:
    """Confusion, scores of each class, curves of one class against the others, calibration of the predicted class.

    Args:
        facts: What is known of the run.
        own: The predictions of a multiclass output.
    """
    count = len(own.names)
    predicted = own.predicted()
    matrix = confusion(own.actual, predicted, count)
    scored = class_scores(matrix)
    ones = {at: curves(own.values[:, at], own.actual == at) for at in range(count) if 0 < scored.support[at] < len(own)}
    areas = {at: each.roc_area() for at, each in ones.items()}
    rows = [
        [name, *(number(float(column[at])) for column in scored[:3]), int(scored.support[at]), number(areas.get(at))]
        for at, name in enumerate(own.names[:MOST_ROWS])
    ]
    measures = [["accuracy", number(float(np.diagonal(matrix).sum() / max(1, matrix.sum())))]]
    measures += [
        [f"in the {k} highest", number(float(share))]
        for k, share in enumerate(top_k(own.values, own.actual, 5), 1)
        if 1 < k < count
    ]
    measures += [["mean F1 of the classes", number(float(scored.f1.mean()))]]
    tables = {
        "": Table(("measure", "value"), measures),
        "Classes": Table(("class", "precision", "recall", "F1", "examples", "area under the ROC curve"), rows),
    }
    named = worst({own.names[at]: each for at, each in ones.items()})
    charts = [confusion_chart(matrix, own.names)]
    if named:
        charts += [roc_chart(named), precision_recall_chart(named)]
    top = own.values[np.arange(len(own)), predicted]
    if own.settings.kind_of_value == "probability":
        charts.append(
            calibration_chart(calibration(np.clip(top, 0, 1), predicted == own.actual), "the predicted class")
        )
    mistakes = mistakes_table(facts, own, top)
    if mistakes is not None:
        tables["Most confident mistakes"] = mistakes
    return Section(f"output-{own.output}", f"{own.output}: {count} classes", [count_note(own)], tables, charts)
