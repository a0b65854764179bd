"""`kspec runs`: the runs with their metrics."""

from __future__ import annotations

import csv
import json
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from kspec.cli import _completion
from kspec.cli._columns import limit
from kspec.cli._options import output_format, runs_folder
from kspec.cli.runs._verbs import CommandWithVerbs

if TYPE_CHECKING:
    from kspec.runs.run_facts import RunFacts
    from kspec.runs.run_index import RunRecord

EPILOG = """\b
Examples:
  kspec runs
  kspec runs mlp --best accuracy
  kspec runs --where 'metrics.accuracy > 0.9 and vars.width == 16'
  kspec runs --where '"good" in tags and started >= "2026-01-31"'
  kspec runs --columns run,metrics.loss,spec.fit.epochs --sort -seconds
  kspec runs mlp --format csv
  kspec runs tag mlp good
  kspec runs rm --where 'status == "failed"'

\b
Facts, for --where, --columns and --sort:
  run name status started seconds epochs kept_epoch parameters split trials
  tags note overrides message
  metrics.NAME      of the evaluation
  validation.NAME   of the same weights on the validation split
  deviation.NAME    over folds or repeats
  vars.NAME         a variable of the spec
  spec.ADDRESS      of the resolved spec, as after --set: spec.fit.epochs

\b
A condition compares facts (== != < <= > >= in, not in), joins comparisons
(and, or, not) and computes (+ - * / min max). Text stands in quotes; what a
run lacks is null: metrics.auc == null.
"""
VERBS = {
    "tag": "Mark runs with tags.",
    "note": "Note a text of a run.",
    "rm": "Remove runs.",
    "gc": "Free checkpoints and stored data that nobody needs.",
}


@click.command(cls=CommandWithVerbs, verbs=VERBS, epilog=EPILOG)
@click.argument("name", required=False, shell_complete=_completion.runs_and(VERBS))
@click.option("--name", "spec_name", metavar="NAME", help="As NAME, for a spec that is named tag, note, rm or gc.")
@runs_folder
@click.option("--where", metavar="CONDITION", help="List only the runs for which CONDITION holds.")
@click.option(
    "--best", metavar="METRIC", help="Sort the best run first by METRIC: the largest accuracy, the smallest loss."
)
@click.option(
    "--sort",
    multiple=True,
    metavar="FACT",
    shell_complete=_completion.facts,
    help="Sort by FACT, the smallest first; -FACT sorts the largest first. Can be repeated.",
)
@click.option(
    "--columns",
    multiple=True,
    metavar="FACT,…",
    shell_complete=_completion.facts,
    help="Show these facts.",
)
@output_format("text", "json", "csv")
def command(
    name: str | None,
    spec_name: str | None,
    runs: str,
    where: str | None,
    best: str | None,
    sort: tuple[str, ...],
    columns: tuple[str, ...],
    format_: str,
) -> None:
    """List the runs, newest first: start, status, duration, metrics.

    NAME lists only the runs of the spec of this name.
    """
    from kspec.analysis.metric_direction import direction
    from kspec.cli.runs.table import table, table_of
    from kspec.runs.run_facts import RunFacts
    from kspec.runs.run_index import best_first, past_runs

    if best is not None and sort:
        raise click.UsageError("--best sorts by itself; omit --sort")
    if name is not None and spec_name is not None:
        raise click.UsageError("NAME and --name are the same; omit one")
    name = spec_name if name is None else name
    found = past_runs(runs, name)
    if name is not None and not found:
        _refuse_name(name, runs, is_verb=name in VERBS and spec_name is None)
    with RunFacts(found, runs) as facts:
        shown = _facts(columns, facts)
        if where is not None:
            found = matching(where, facts)
        order = None
        if best is not None and facts.runs:
            best = _metric(best, facts.runs)
            order = direction(best) or "max"
            found = best_first(found, best, order)
        found = _sorted(found, sort, facts)
        if format_ == "json":
            ranking = {"best": {"metric": best, "order": order}} if order else {}
            rows = [_row(run, facts, shown) for run in found] if shown else [run.to_json() for run in found]
            click.echo(json.dumps({**ranking, "runs": rows}, indent=2))
        elif format_ == "csv":
            _write_csv(found, facts, shown)
        elif not found:
            no_runs = f"no runs in {runs.rstrip('/')}/ yet; `kspec run SPEC` adds one"
            click.echo(f"none of {len(facts.runs)} runs matches" if facts.runs else no_runs)
        else:
            click.echo(table_of(found, facts, shown) if shown else table(found, best), nl=False)
            if best is not None and order is not None:
                _echo_order(best, order, is_known=direction(best) is not None)


def _echo_order(metric: str, order: str, *, is_known: bool) -> None:
    """Says by what the runs are sorted.

    Args:
        metric: The metric.
        order: `max` or `min`.
        is_known: Whether its name tells which is better.
    """
    kind = "largest" if order == "max" else "smallest"
    unsure = "" if is_known else "; whether larger is better is not known for this metric"
    line = f"sorted by {metric}, {kind} first{unsure}"
    click.echo("\n" + "\n".join(textwrap.wrap(line, limit() or len(line))))


def matching(where: str, facts: RunFacts) -> list[RunRecord]:
    """The runs for which a condition holds.

    Args:
        where: The condition.
        facts: The facts of the runs.

    Raises:
        click.UsageError: If it is no condition.
    """
    from kspec.runs.run_filter import ConditionError, matching_runs

    try:
        return matching_runs(where, facts)
    except ConditionError as error:
        lines = [f"--where: {error}" + (f"; {error.help}" if error.help else "")]
        if error.end and "\n" not in where:
            lines += [f"  {where}", f"  {' ' * error.start}{'^' * max(error.end - error.start, 1)}"]
        raise click.UsageError("\n".join(lines)) from None


def _facts(columns: Sequence[str], facts: RunFacts) -> list[str]:
    """The facts of `--columns`.

    Raises:
        click.UsageError: If no run has one.
    """
    names = [name.strip() for text in columns for name in text.split(",") if name.strip()]
    _require(names, "--columns", facts)
    return list(dict.fromkeys(names))


def _require(names: Sequence[str], option: str, facts: RunFacts) -> None:
    from kspec.runs.run_facts import UnknownFact

    try:
        facts.require(names)
    except UnknownFact as error:
        raise click.UsageError(f"{option}: {error}") from None


def _sorted(runs: Sequence[RunRecord], sort: Sequence[str], facts: RunFacts) -> list[RunRecord]:
    """Runs by the facts of `--sort`, the first of which counts most; runs without one come last.

    Args:
        runs: The runs.
        sort: The facts, those that sort the largest first with a minus.
        facts: The facts of the runs.
    """
    _require([each.removeprefix("-") for each in sort], "--sort", facts)
    found = list(runs)
    for each in reversed(sort):
        address = each.removeprefix("-")
        values = [(facts.value(run, address), run) for run in found]
        known = [pair for pair in values if pair[0] is not None]
        known.sort(key=lambda pair: _rank(pair[0]), reverse=each.startswith("-"))
        found = [run for _, run in known] + [run for value, run in values if value is None]
    return found


def _rank(value: Any) -> tuple[int, Any]:
    """What a fact is sorted by: numbers, then text, then the rest."""
    if isinstance(value, (int, float)):
        return 0, value
    return (1, value) if isinstance(value, str) else (2, json.dumps(value))


def _row(run: RunRecord, facts: RunFacts, columns: Sequence[str]) -> dict[str, Any]:
    """The facts of a run as plain values."""
    from kspec.runs.run_folder import finite

    row = {column: facts.value(run, column) for column in columns}
    if row.get("started") is not None:
        row["started"] = run.to_json()["started"]
    plain: dict[str, Any] = finite(row)
    return plain


def _write_csv(runs: Sequence[RunRecord], facts: RunFacts, columns: Sequence[str]) -> None:
    """Writes a table with a row for each run; by default, its columns are all facts but those of the spec."""
    columns = columns or facts.names(specs=False)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for run in runs:
        writer.writerow(map(_csv_cell, _row(run, facts, columns).values()))


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    return json.dumps(value) if isinstance(value, (list, dict)) else value


def _refuse_name(name: str, out: str, *, is_verb: bool) -> None:
    """Refuses the name of a spec that has not been run; nothing, if none has.

    Args:
        name: The name.
        out: The folder of the run folders.
        is_verb: Whether a verb has this name, which comes before all options.
    """
    from kspec.diagnostics.suggest import did_you_mean
    from kspec.runs.run_folder import spec_names

    if is_verb:
        raise click.UsageError(
            f"no runs of a spec named {name}; the verb comes first: `kspec runs {name} --runs {out}`"
        )

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
