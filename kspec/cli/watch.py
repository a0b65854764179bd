"""`kspec watch`: new data beside what a run was trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion
from kspec.cli._columns import limit
from kspec.cli._options import existing, output_file, output_format, run_permissions, runs_folder
from kspec.cli._packages import MissingPackage

if TYPE_CHECKING:
    from kspec.contract.drift import Drift
    from kspec.runs.watch import Watched

EPILOG = """\b
Examples:
  kspec watch mlp --data november.csv
  kspec watch mlp --data november.csv --format json
  kspec watch mlp --data november.csv --format html -o drift.html
"""


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN", shell_complete=_completion.files_and_runs)
@click.option("--data", required=True, metavar="FILE", shell_complete=_completion.files, help="The new data.")
@click.option(
    "--threshold",
    type=click.FloatRange(min=0, min_open=True),
    metavar="PSI",
    help="The index from which a column has drifted; by default 0.2, or more where chance alone reaches that.",
)
@output_format("text", "json", "html")
@output_file("Write it there; a page by default to watch.html.")
@runs_folder
@run_permissions
@click.pass_context
def command(
    ctx: click.Context,
    /,
    run: str,
    data: str,
    threshold: float | None,
    format_: str,
    output: str | None,
    runs: str,
    allow_code: bool,
    allow_outside: bool,
) -> None:
    """Compare new data with what a run was trained on: inputs, predictions, metrics.

    For each column, and for what the model predicts, it computes the population stability index (PSI) against the
    contract of the run: the training split for inputs, the split that was predicted at its end for predictions. Below
    0.1 nothing has changed, above 0.2 much has. Where the data has targets, metrics stand beside those of the run.

    The exit status is 1 if something has drifted or a row cannot be used, so that cron or CI can tell.
    """
    from kspec.cli import FAULTY
    from kspec.cli._json_output import reserve_stdout
    from kspec.cli._output import write_document
    from kspec.runs.watch import watch

    with reserve_stdout(format_ != "text" or output is not None):
        watched = watch(run, data, runs=runs, threshold=threshold, allow_code=allow_code, allow_outside=allow_outside)
    text = _text(watched, format_)
    target = output or ("watch.html" if format_ == "html" else "-")
    if target == "-":
        write_document(text)
    else:
        from kspec.syntax.regular_files import write_text

        path = Path(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        overwritten = existing(path)
        write_text(path, text, newline="\n")
        click.echo(f"{path}{overwritten}: {_verdict(watched)}")
    if watched.drifted or watched.judgement.refused.any():
        ctx.exit(FAULTY)


def _text(watched: Watched, format_: str) -> str:
    """The result in a format."""
    if format_ == "json":
        return json.dumps(watched.to_json(), indent=2, ensure_ascii=False) + "\n"
    if format_ == "text":
        return _table(watched) + "\n"
    try:
        from kspec.report.watch_page import watch_page

        return watch_page(watched)
    except ModuleNotFoundError as error:
        raise MissingPackage("pages need", error.name, "report") from None


def _table(watched: Watched) -> str:
    lines = [f"{watched.data}: {watched.rows:,} rows beside the training data of {watched.run}"]
    for title, drifts in (
        ("inputs", watched.inputs),
        (f"predictions, beside {watched.reference}", watched.predictions),
    ):
        if drifts:
            lines += ["", title, *_drifts(drifts)]
    if watched.metrics:
        lines += ["", *_metrics(watched)]
    lines += ["", *watched.judgement.lines(drift=False), *watched.notes, _verdict(watched)]
    return "\n".join(lines)


def _drifts(drifts: list[Drift]) -> list[str]:
    from kspec.summary.columns import aligned, fitted

    columns = {
        "": [each.column for each in drifts],
        "PSI": [f"{each.psi:.3f}" for each in drifts],
        "threshold": [f"{each.threshold:.3g}" for each in drifts],
        "changed most": [each.change() for each in drifts],
        "verdict": ["drifted" if each.has_drifted else "" for each in drifts],
    }
    lines = aligned(fitted(columns, limit(), shorten=["changed most", ""]), right=("PSI", "threshold"))
    return [line.rstrip() for line in lines]


def _metrics(watched: Watched) -> list[str]:
    from kspec.summary.columns import aligned

    columns = {
        "metrics": list(watched.metrics),
        watched.split or "run": ["" if old is None else f"{old:.4g}" for old, _ in watched.metrics.values()],
        "new": [f"{new:.4g}" for _, new in watched.metrics.values()],
    }
    return aligned(columns, right=tuple(columns)[1:])


def _verdict(watched: Watched) -> str:
    drifted, refused = [each.column for each in watched.drifted], int(watched.judgement.refused.sum())
    words = f"drifted: {', '.join(drifted)}" if drifted else "nothing has drifted"
    compared = len(watched.inputs) + len(watched.predictions)
    words = words if compared else "no distribution could be compared"
    return f"{words}; {refused:,} of {watched.rows:,} rows cannot be used" if refused else words
