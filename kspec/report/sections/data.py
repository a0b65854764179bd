"""The data of a run: splits, columns, classes."""

from __future__ import annotations

from kspec.report.chart import Table
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section
from kspec.summary.data_summary import DataSummary, class_tables, column_table

MOST_COLUMNS = 100


def data_section(facts: RunFacts) -> Section | None:
    """What is known of the data, as the run saw it."""
    profile = facts.profile
    if profile is None:
        return None
    parts = ", ".join(f"{count:,} {name}" for name, count in profile.parts.items())
    notes = [f"{profile.rows:,} rows{f': {parts}' if parts else ''}."]
    doubts = [
        f"{count:,} examples of {split} are in the training split, too."
        for split, count in profile.repeated.items()
        if count
    ]
    doubts += [f"{name} repeats the target {target}." for name, target in profile.copies.items()]
    doubts += [
        f"{name} has other values in {split} than in training (distance {far:.2f})."
        for name, (split, far) in profile.drift.items()
    ]
    doubts += [profile.holes] if profile.holes else []
    summary = DataSummary(facts.run.name, profile, "")
    columns = summary.columns[:MOST_COLUMNS]
    table = column_table(columns)
    tables = {"": Table(list(table), list(zip(*table.values(), strict=True)))}
    if len(summary.columns) > MOST_COLUMNS:
        notes.append(f"The first {MOST_COLUMNS} of {len(summary.columns):,} columns.")
    for each in class_tables(profile):
        tables[f"Classes of {next(iter(each))}"] = Table(list(each), list(zip(*each.values(), strict=True)))
    values = {"fingerprints": facts.record.get("data", {}).get("fingerprints", {})}
    return Section("data", "Data", [*notes, *doubts], tables, template="data.html.j2", values=values)
