"""Why a model predicts what it does."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.report.chart import Chart, Table, number
from kspec.report.charts.explanation import Line, Row, band_chart, interval_chart
from kspec.report.explanation.explanation import ColumnDependence, ColumnImportance, Explanation, Residuals, Slice
from kspec.report.numbers.importance import worse_by
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section
from kspec.runs.spread import Spread

MOST_COLUMNS = 30
MOST_ROWS = 100


def explanation_sections(facts: RunFacts) -> list[Section]:
    """Importance, dependence, residuals along columns, and slices; empty where nothing of it is known.

    Args:
        facts: What is known of the run.
    """
    known, sections = facts.explanation, []
    if known is not None:
        if known.importance or known.notes:
            sections.append(_importance_section(known))
        if known.dependence:
            sections.append(_dependence_section(known))
        if known.residuals:
            charts = [_residual_chart(each) for each in known.residuals]
            note = "Residuals are predicted - actual; the bars hold nine of ten examples, the points are medians."
            sections.append(Section("residuals", "Residuals along the columns", [note], charts=charts))
    slices = _slices_section(facts)
    return [*sections, slices] if slices is not None else sections


def _about(known: Explanation) -> str:
    part = "" if known.examples == known.all_examples else f" of {known.all_examples:,}, chosen at random"
    return f"On {known.examples:,} examples of the {known.split} split{part}."


def _importance_section(known: Explanation) -> Section:
    notes = [
        _about(known),
        "How much worse the model gets when the examples exchange their values of a column. Columns that tell the same "
        "stand in for each other: each of them then looks less important than it is.",
        *known.notes,
    ]
    quick = [each.column for each in known.importance if each.is_quick]
    if quick:
        notes.append(f"For lack of time, measured once, on some of the examples: {_listed(quick)}.")
    if known.left:
        notes.append(f"For lack of time, not measured: {_listed(known.left)}.")
    if len(known.importance) > MOST_COLUMNS:
        notes.append(f"The charts show the {MOST_COLUMNS} most important of {len(known.importance):,} columns.")
    charts = [_importance_chart(known, "loss", "min")] if known.importance else []
    if known.importance and known.metric and known.direction:
        charts.append(_importance_chart(known, known.metric, known.direction))
    return Section("importance", "Why: the columns that matter", notes, charts=charts)


def importance_of(column: ColumnImportance, known: Explanation, metric: str, direction: str) -> Spread | None:
    """How much worse a metric gets by permuting a column, over the repeats; None if that is no number.

    Args:
        column: The column.
        known: The explanation.
        metric: The metric.
        direction: `min` where less of it is better, else `max`.
    """
    before, scores = known.metrics.get(metric), column.scores.get(metric, [])
    if before is None or not scores or any(score is None for score in scores):
        return None
    return Spread.of([worse_by(score, before, direction) for score in scores if score is not None])


def _importance_chart(known: Explanation, metric: str, direction: str) -> Chart:
    rows = []
    for column in known.importance[:MOST_COLUMNS]:
        own = importance_of(column, known, metric, direction)
        if own is not None:
            low, high = own.interval or (None, None)
            rows.append(Row(column.column, own.mean, low, high, "" if own.interval else "measured once"))
    verb = "rises" if direction == "min" else "falls"
    text = f"how far {metric} {verb} when a column is permuted; lines: 95% intervals of the mean over the repeats"
    if rows:
        text = f"{rows[0].name} matters most ({number(rows[0].value)}); {text}"
    title = f"Importance by {metric}"
    return interval_chart(title, text, rows, f"{metric} {verb} by", 0.0, "column")


def _dependence_section(known: Explanation) -> Section:
    notes = [
        "Partial dependence: the mean prediction if all examples had the same value in a column. "
        "The band (of several classes, in the numbers) holds eight of ten examples; ticks mark the column's deciles.",
        "It says what the model does, not what causes what; of columns that go together, it mixes values that never "
        "occur together.",
    ]
    charts = [_dependence(each) for each in known.dependence]
    return Section("dependence", "Why: how predictions follow the columns", notes, charts=charts)


def _dependence(own: ColumnDependence) -> Chart:
    is_number = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in own.grid)
    grid = own.grid if is_number else [str(value) for value in own.grid]
    lines = [Line(curve.name, grid, curve.mean, curve.low, curve.high) for curve in own.curves]
    text = "; ".join(
        f"the prediction of {line.name} runs from {number(min(known))} to {number(max(known))}"
        for line in lines
        if (known := [value for value in line.middle if value is not None])
    )
    order = [] if is_number else [str(value) for value in own.grid]
    what = lines[0].name if len(lines) == 1 else "prediction"
    title = f"{what} by {own.column}" if len(lines) == 1 else own.column
    return band_chart(title, text, lines, (own.column, what), own.deciles if is_number else (), order=order)


def _residual_chart(own: Residuals) -> Chart:
    line = Line(own.target, own.parts, own.median, own.low, own.high)
    worst = max(range(len(own.parts)), key=lambda at: abs(own.median[at]))
    text = f"the median is farthest from zero, {number(own.median[worst])}, for {own.column} {own.parts[worst]}"
    title = f"{own.target} along {own.column}"
    return band_chart(title, text, [line], (own.column, "predicted - actual"), zero=True, order=own.parts)


def _slices_section(facts: RunFacts) -> Section | None:
    """The slices that the spec names, else those of the columns where the loss differs most."""
    run, known = facts.run, facts.explanation
    if run.slices:
        tables = {}
        for expression, rows in run.slices.items():
            names = [name for name in rows[0] if name not in ("value", "examples")] if rows else []
            cells = [
                ["(missing)" if row.get("value") is None else row["value"], row.get("examples"),
                 *(number(row.get(name)) for name in names)]
                for row in rows[:MOST_ROWS]
            ]  # fmt: skip
            tables[expression] = Table((expression, "examples", *names), cells)
        note = f"The metrics of parts of the {run.metrics.get('split', 'data')} split."
        return Section("slices", "Slices of the evaluation", [note], tables)
    if known is None or not known.slices:
        return None
    metric = known.metric or "loss"
    notes = [
        _about(known),
        f"The columns between whose values the loss differs most, of {known.candidates}. Such a choice exaggerates: "
        "look at them again on other data, named in evaluate: {slices: […]}. Lines are 95% intervals.",
    ]
    charts = [_slice_chart(column, rows, metric, known) for column, rows in known.slices.items()]
    return Section("slices", "Where it is better, and where worse", notes, charts=[each for each in charts if each])


def _slice_chart(column: str, slices: Sequence[Slice], metric: str, known: Explanation) -> Chart | None:
    rows = []
    for each in slices:
        value = each.metrics.get(metric)
        if value is not None:
            low, high = each.intervals.get(metric, [None, None])[:2]
            rows.append(Row(each.value, value, low, high, f"{each.examples:,} examples"))
    overall = known.metrics.get(metric)
    if not rows or overall is None:
        return None
    least, most = min(rows, key=lambda row: row.value), max(rows, key=lambda row: row.value)
    text = f"lowest {number(least.value)} ({least.name}), highest {number(most.value)} ({most.name}); "
    text += f"all {number(overall)}"
    return interval_chart(f"{metric} by {column}", text, rows, metric, overall, column)


def _listed(names: Sequence[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
