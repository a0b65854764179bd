"""`kspec runs`: the runs with their metrics."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion
from kspec.cli._columns import limit
from kspec.cli._options import output_format, runs_folder

if TYPE_CHECKING:
    from kspec.runs.run_index import RunRecord

EPILOG = """\b
Examples:
  kspec runs
  kspec runs mlp --best accuracy
"""
_MOST_COLUMNS = 6
"""More metrics share a column in a file; on a terminal, they give way to the other columns."""
_LONGEST_MESSAGE = 60


@click.command(epilog=EPILOG)
@click.argument("name", required=False, shell_complete=_completion.runs)
@runs_folder
@click.option(
    "--best", metavar="METRIC", help="Sort the best run first by METRIC: the largest accuracy, the smallest loss."
)
@output_format("text", "json")
def command(name: str | None, runs: str, best: str | None, format_: str) -> None:
    """List the runs, newest first: start, status, duration, metrics.

    NAME lists only the runs of the spec of this name.
    """
    from kspec.analysis.metric_direction import direction
    from kspec.runs.run_index import best_first, past_runs

    found = past_runs(runs, name)
    if name is not None and not found:
        _refuse_name(name, runs)
    order = None
    if best is not None and found:
        best = _metric(best, found)
        order = direction(best) or "max"
        found = best_first(found, best, order)
    if format_ == "json":
        ranking = {"best": {"metric": best, "order": order}} if order else {}
        click.echo(json.dumps({**ranking, "runs": [run.to_json() for run in found]}, indent=2))
        return
    if not found:
        click.echo(f"no runs in {runs.rstrip('/')}/ yet; `kspec run SPEC` adds one")
        return
    click.echo(_table(found, best), nl=False)
    if best is not None and order is not None:
        kind = "largest" if order == "max" else "smallest"
        unsure = "" if direction(best) else "; whether larger is better is not known for this metric"
        line = f"sorted by {best}, {kind} first{unsure}"
        click.echo("\n" + "\n".join(textwrap.wrap(line, limit() or len(line))))


def _refuse_name(name: str, out: str) -> None:
    from kspec.diagnostics.suggest import did_you_mean
    from kspec.runs.run_folder import spec_names

    names = spec_names(out)
    if names:
        suggestion = did_you_mean(name, names) or f"available names: {', '.join(names)}"
        raise click.UsageError(f"no runs of a spec named {name}; {suggestion}")


def _metric(query: str, runs: Sequence[RunRecord]) -> str:
    """Finds a metric by name, ignoring case: a spec names `AUC`, Keras reports `auc`."""
    from kspec.runs.run_index import metric_names

    names = metric_names(runs, validation=True)
    for name in [query, *names]:
        if name in names and name.casefold() == query.casefold():
            return name
    available = f"available: {', '.join(names)}" if names else "none of these runs has been evaluated"
    raise click.UsageError(f"no run has the metric {query}; {available}")


def _table(runs: Sequence[RunRecord], best: str | None) -> str:
    """A row for each run, and a column for each metric that fits, that of `best` first; the others are named below.

    Args:
        runs: The runs, in their order.
        best: The metric by which they are sorted, if any.
    """
    from kspec.runs.run_index import metric_names
    from kspec.summary.columns import aligned, fitted

    shown = metric_names(runs)
    names = sorted(shown if best is None or best in shown else [best, *shown], key=lambda name: name != best)
    columns = {
        "run": [run.path.as_posix() for run in runs],
        "started": [_moment(run.started) for run in runs],
        "status": [run.status for run in runs],
        "time": [_duration(run.seconds) for run in runs],
        "epochs": [_epochs(run) for run in runs],
        "split": [run.split for run in runs],
    }
    room = limit()
    if room is None and len(names) > _MOST_COLUMNS:  # a file or a pipe, where nothing is left out
        own = [name for name in names if name == best]
        columns |= {name: [_value(run, name) for run in runs] for name in own}
        columns["metrics"] = [
            "  ".join(f"{name} {_value(run, name)}" for name in names if name not in own and _value(run, name))
            for run in runs
        ]
    else:
        columns |= {name: [_value(run, name) for run in runs] for name in names}
        many, few = names[_MOST_COLUMNS:][::-1], names[1:_MOST_COLUMNS][::-1]
        columns = fitted(columns, room, drop=[*many, "split", "time", "started", "epochs", *few])
    lines = []
    messages = ["", *(_message(run) for run in runs)]
    for message, line in zip(messages, aligned(columns, right={"time", "epochs", *names}), strict=True):
        if room is None and len(message) > _LONGEST_MESSAGE:
            message = f"{message[: _LONGEST_MESSAGE - 1]}…"
        if room is not None and message and len(line) + 2 + len(message) > room:
            below = textwrap.wrap(message, room - 4)
            lines += [f"{line.rstrip()}\n", *(f"    {piece}\n" for piece in below)]
        else:
            lines.append(f"{line}  {message}".rstrip() + "\n")
    left_out = [name for name in names if name not in columns]
    if room is not None and left_out:
        text = f"not shown: {', '.join(left_out)} (`--format json` has all)"
        lines += ["\n", *(f"{piece}\n" for piece in textwrap.wrap(text, room, break_on_hyphens=False))]
    return "".join(lines)


def _message(run: RunRecord) -> str:
    """What stands beside a run: how many trials a sweep has, the overrides, why it failed."""
    sweep = [] if run.sweep is None else [f"sweep of {run.sweep} trials"]
    return "  ".join([*sweep, *run.overrides, run.message]).rstrip()


def _value(run: RunRecord, metric: str) -> str:
    known = metric in run.metrics or metric in run.validation
    deviation = f" ± {run.deviation[metric]:.2g}" if metric in run.deviation else ""
    return f"{run.value(metric):.4g}{deviation}" if known else ""


def _epochs(run: RunRecord) -> str:
    """The epochs trained; `3 of 12` if the model has the weights of the third."""
    if run.epochs is None:
        return ""
    return str(run.epochs) if run.kept_epoch in (None, run.epochs) else f"{run.kept_epoch} of {run.epochs}"


def _moment(seconds: float | None) -> str:
    from datetime import datetime

    return "" if seconds is None else f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
