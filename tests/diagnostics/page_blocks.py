"""The specs on the pages of codes, and their diagnostics."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import kspec
from kspec.diagnostics import Diagnostic, Report, explain

_BLOCK = re.compile(r"^```(yaml|csv) (.*)\n((?:.*\n)*?)```$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block such as ```` ```yaml wrong --set a=b ````, with the tables above it on the page."""

    kind: str
    overrides: tuple[str, ...]
    text: str
    tables: dict[str, str]

    def write_tables(self) -> None:
        """Writes the tables to the working directory."""
        for name, table in self.tables.items():
            Path(name).write_text(table, encoding="utf-8")

    def check(self) -> list[Diagnostic]:
        """The diagnostics of the spec, in the working directory; the data is read if the page shows a table."""
        self.write_tables()
        Path("spec.yaml").write_text(self.text, encoding="utf-8")
        absent = () if self.tables else ("KS501",)
        diagnostics = kspec.check("spec.yaml", overrides=self.overrides, ignore=absent)
        is_sound = not any(diagnostic.is_error for diagnostic in diagnostics)
        return _read_data(self.overrides) if self.tables and is_sound else diagnostics


def blocks(code: str) -> list[Block]:
    """The specs of a page."""
    tables: dict[str, str] = {}
    result = []
    for language, info, text in _BLOCK.findall(explain.page_source(code) or ""):
        if language == "csv":
            tables[info] = text
            continue
        kind, *words = shlex.split(info)
        result.append(Block(kind, tuple(word for word in words if word != "--set"), text, dict(tables)))
    return result


def of_kind(kind: str) -> list[tuple[str, Block]]:
    """Code and block, for all blocks of one kind."""
    return [(code, block) for code in explain.codes() for block in blocks(code) if block.kind == kind]


def _read_data(overrides: tuple[str, ...]) -> list[Diagnostic]:
    """The diagnostics of reading the data, and of the rules about it."""
    from kspec.compiler.passes import analyse
    from kspec.data.step_check import check_targets
    from kspec.data.training_data import read_training_data

    spec = kspec.load("spec.yaml", overrides)
    report = Report()
    dataset = read_training_data(spec, analyse(spec, Report()), report)
    if dataset is not None:
        analysis = analyse(spec, report, dataset.profile)
        if not report.has_errors:
            check_targets(spec, analysis, dataset, report)
    return report.sorted()
