"""`kspec data`: what the data of a spec holds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion
from kspec.cli._columns import limit
from kspec.cli._options import output_format, overrides, permissions, spec_source

if TYPE_CHECKING:
    from kspec.diagnostics import Diagnostic
    from kspec.summary.data_summary import DataSummary

EPILOG = """\b
Examples:
  kspec data spec.yaml
  kspec data spec.yaml --examples 10
  kspec data spec.yaml --html data.html
  kspec data table.csv
"""


@click.command(epilog=EPILOG)
@click.argument("path", metavar="SPEC|TABLE|-", shell_complete=_completion.files)
@overrides
@output_format("text", "json")
@click.option("--examples", type=click.IntRange(0), default=3, show_default=True, help="How many examples to show.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page instead.", metavar="FILE")
@permissions
def command(
    path: str,
    overrides: tuple[str, ...],
    format_: str,
    examples: int,
    html: Path | None,
    **permissions: bool,
) -> None:
    """Show a spec's data: splits, columns, classes, doubts, and examples as the network gets them.

    The data is read and split as `kspec run` does. Doubts are what `kspec check --data` reports of it: copies of the
    target, ids, constants, outliers, drift, rows in two splits. A table without a spec is shown by its columns.
    TensorFlow is imported only to decode pictures.
    """
    from kspec.diagnostics.render import render

    is_spec = path == "-" or path.endswith((".yaml", ".yml"))
    summary, doubts = _of_spec(path, overrides, examples, permissions) if is_spec else (_of_table(path), [])
    if html is not None:
        from kspec.summary.data_page import page

        html.write_text(page(summary, doubts), encoding="utf-8")
        click.echo(f"wrote {html}")
        return
    text = json.dumps(summary.to_json(), indent=2) + "\n" if format_ == "json" else summary.to_text(limit())
    sys.stdout.write(text)
    if doubts:
        sys.stdout.flush()
        render(doubts, "text", sys.stderr)


def _of_spec(
    path: str, overrides: tuple[str, ...], examples: int, permissions: dict[str, bool]
) -> tuple[DataSummary, list[Diagnostic]]:
    """The summary of a spec's data, and what is doubtful in it."""
    from kspec.compiler.check import check_spec
    from kspec.data.profile.example_texts import example_texts
    from kspec.diagnostics import SpecError
    from kspec.language import Permissions
    from kspec.summary.data_summary import DOUBTS, DataSummary

    result = check_spec(spec_source(path), overrides, data=True, permissions=Permissions.of(permissions))
    if result.spec is not None and result.spec.document.data is None:
        raise click.UsageError(f"{path} has no `data` section")
    if result.spec is None or result.dataset is None:
        raise SpecError(result.diagnostics)
    doubts = [problem for problem in result.diagnostics if problem.code.startswith(DOUBTS)]
    dataset = result.dataset
    shown = example_texts(dataset, examples)
    notes = [note for note in dataset.notes if all(note != doubt.message for doubt in doubts)]
    return DataSummary(result.spec.name, dataset.profile, dataset.describe(), notes, shown), doubts


def _of_table(path: str) -> DataSummary:
    """The summary of a table that no spec names."""
    from dataclasses import replace

    from kspec.data.table_preview import profile_file
    from kspec.diagnostics import Report
    from kspec.summary.data_summary import DataSummary

    report = Report()
    preview = profile_file(path, report)
    report.raise_errors()
    assert preview is not None
    added = {name for name, new in preview.columns.items() if new.parts}
    own = [column for column in preview.profile.columns if column.name not in added]
    profile = replace(preview.profile, columns=tuple(own))
    return DataSummary(path, profile, f"{profile.rows:,} rows, {len(profile.columns):,} columns")
