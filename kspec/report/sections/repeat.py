"""Where a run was made, and how to repeat it."""

from __future__ import annotations

from typing import Any

from kspec.report.chart import Table
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section


def repeat_section(facts: RunFacts) -> Section | None:
    """Versions and machine, and the commands that repeat and verify the run."""
    record = facts.record
    rows: list[list[Any]] = [[name, version] for name, version in (record.get("versions") or {}).items()]
    machine = record.get("machine") or {}
    rows += [[name, value] for name, value in machine.items()]
    if "seed" in record:
        rows.append(["seed", record["seed"]])
    command = str(record.get("command") or "")
    commands = [
        *([command] if command else []),
        f"kspec verify {facts.folder}",
        f"kspec predict {facts.folder} --data NEW.csv",
    ]
    return Section(
        "repeat",
        "Environment, and how to repeat it",
        tables={"": Table(("", ""), rows)},
        template="repeat.html.j2",
        values={"commands": commands},
    )
