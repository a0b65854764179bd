"""`kspec evaluate`: the loss and metrics of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion
from kspec.cli._options import examples, output_format, refuse_split_of_file, run_permissions, runs_folder
from kspec.cli._spread import spread

if TYPE_CHECKING:
    from kspec.runs.loaded_members import Evaluation

EPILOG = """\b
Examples:
  kspec evaluate runs/mlp/latest
  kspec evaluate runs/mlp/latest --data new.csv --format json
"""


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN", shell_complete=_completion.files_and_runs)
@examples
@output_format("text", "json")
@runs_folder
@run_permissions
def command(
    run: str,
    data: str | None,
    split: str | None,
    format_: str,
    runs: str,
    allow_code: bool,
    allow_outside: bool,
) -> None:
    """Evaluate a run on its own data or on new data.

    RUN is a run folder, or the name of a spec that has been run. The folder holds all that is needed.
    """
    from kspec.cli._json_output import reserve_stdout
    from kspec.runs.announcements import describe_losses
    from kspec.runs.list_predictions import describe_whole_lists
    from kspec.runs.loaded_members import evaluate_members, members_at
    from kspec.runs.run_evaluation import evaluate_and_compare, whole_lists_of_run
    from kspec.runs.run_folder import finite
    from kspec.runs.run_loader import load_run, read_examples
    from kspec.training.intervals import intervals_json
    from kspec.training.slices import slice_lines

    refuse_split_of_file(data, split)
    with reserve_stdout(format_ == "json"):
        members = members_at(run, runs, allow_code=allow_code, allow_outside=allow_outside)
        of_all = None if members is None else evaluate_members(members, data, split)
    if of_all is not None:
        _show(of_all, format_)
        return
    with reserve_stdout(format_ == "json"):
        loaded = load_run(run, runs=runs, allow_code=allow_code, allow_outside=allow_outside)
        part, name = read_examples(loaded, data, split, need_targets=True)
        values, baseline, intervals, slices = evaluate_and_compare(loaded, part)
        whole = whole_lists_of_run(loaded, part)
    if format_ == "json":
        facts = {"data": name, "examples": len(part), "metrics": values, "notes": part.notes}
        if baseline.lines():
            facts["baseline"] = baseline.to_json()
        if intervals:
            facts["intervals"] = intervals_json(intervals)
        if slices:
            facts["slices"] = slices
        if whole:
            facts["sequence_accuracy"] = {output: each.accuracy for output, each in whole.items()}
        click.echo(json.dumps(finite(facts)))
        return
    losses = describe_losses(loaded.settings.outputs)
    click.echo(f"{name}: {len(part)} example{'' if len(part) == 1 else 's'}{losses}")
    width = max(map(len, values))
    for metric, value in values.items():
        interval = intervals.get(metric)
        reach = "" if interval is None else f"  (95%: {interval[0]:.4f} to {interval[1]:.4f})"
        click.echo(f"  {metric:<{width}}  {value:.4f}{reach}")
    for line in slice_lines(slices):
        click.echo(f"  {line}")
    for line in baseline.lines():
        click.echo(f"baseline: {line}")
    for note in (*describe_whole_lists(whole), *part.notes):
        click.echo(note)


def _show(evaluation: Evaluation, format_: str) -> None:
    """Prints what the members of a run score.

    Args:
        evaluation: Their evaluation.
        format_: `text` or `json`.
    """
    from kspec.runs.announcements import describe_losses
    from kspec.runs.run_folder import finite

    if format_ == "json":
        click.echo(json.dumps(finite(evaluation.to_json())))
        return
    count, models = evaluation.examples, len(evaluation.members)
    examples = f"{count} example{'' if count == 1 else 's'}, {models} model{'' if models == 1 else 's'}"
    click.echo(f"{evaluation.name}: {examples}{describe_losses(evaluation.outputs)}")
    width = max(map(len, evaluation.spreads))
    deviations = {name: each.deviation for name, each in evaluation.spreads.items()}
    intervals = {name: each.interval for name, each in evaluation.spreads.items()}
    for name, each in evaluation.spreads.items():
        click.echo(f"  {name:<{width}}  {each.mean:.4f}{spread(deviations, intervals, name)}")
    if evaluation.ensemble:
        click.echo("the mean of their predictions:")
        for name, value in evaluation.ensemble.items():
            click.echo(f"  {name:<{width}}  {value:.4f}")
    for note in evaluation.notes:
        click.echo(note)
