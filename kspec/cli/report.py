"""`kspec report`: runs as one page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion
from kspec.cli._options import existing, output_file, runs_folder, seconds
from kspec.cli._packages import MissingPackage

if TYPE_CHECKING:
    from kspec.report.report import Format

EPILOG = """\b
Examples:
  kspec report mlp
  kspec report runs/mlp/latest -o mlp.html
  kspec report runs/mlp/* -o comparison.html
  kspec report mlp regression cnn
  kspec report mlp --explain --budget 2min
  kspec report mlp --to md -o README.md
"""


@click.command(epilog=EPILOG)
@click.argument("places", metavar="RUN...", nargs=-1, required=True, shell_complete=_completion.files_and_runs)
@output_file("Write it there; by default to report.html in the run folder, of several runs to report.html here.")
@click.option(
    "--to",
    type=click.Choice(("html", "md", "latex")),
    default="html",
    show_default=True,
    help="A page; a model card in Markdown; or tables and a paragraph for a paper.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Compute why it predicts what it does: which columns matter, how predictions follow them, where it is worse.",
)
@click.option(
    "--budget",
    callback=seconds,
    default="30s",
    show_default=True,
    metavar="TIME",
    help="How long --explain may take, once the model and its data are loaded.",
)
@runs_folder
@click.option("--allow-code", is_flag=True, help="Allow the run's extensions to be imported, to know their shapes.")
@click.option("--allow-outside", is_flag=True, help="Allow --explain to read data outside the run's and this folder.")
def command(
    places: tuple[str, ...],
    output: str | None,
    to: Format,
    explain: bool,
    budget: float,
    runs: str,
    allow_code: bool,
    allow_outside: bool,
) -> None:
    """Write a run, or several beside each other, as one page that opens offline.

    RUN is a run folder, the name of a spec that has been run, a pattern such as 'runs/mlp/*', a folder of runs, or a
    sweep.

    One run is shown with its result beside the baseline, the curves of the training, what the predictions are worth,
    the data, the network, the spec, and how to repeat it; one of folds or repeats with each of them; a sweep with its
    trials, what each parameter brought, and its best run. Several runs are compared with the first: specs, metrics,
    curves, and predictions of the same examples. TensorFlow is imported only for
    --explain, whose result stays in the run folder: later reports show it, too.
    """
    from kspec.report.report import default_path, text_of
    from kspec.report.run_places import find_runs
    from kspec.syntax.regular_files import write_text

    folders = find_runs(places, runs)
    if to != "html" and len(folders) > 1:
        raise click.UsageError(f"--to {to} takes one run")
    if explain:
        _explain([str(folder) for folder in folders], budget, allow_code, allow_outside)
    try:
        text = text_of(folders, to=to, allow_code=allow_code)
    except ModuleNotFoundError as error:
        raise MissingPackage("reports need", error.name, "report") from None
    target = Path(output) if output else default_path(folders, to)
    if output == "-":
        click.echo(text, nl=False)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    overwritten = existing(target)
    write_text(target, text, newline="\n")
    click.echo(f"{target}{overwritten}")


def _explain(folders: Sequence[str], budget: float, allow_code: bool, allow_outside: bool) -> None:
    """Explains the models of runs.

    Args:
        folders: The run folders.
        budget: The seconds for each.
        allow_code: Whether extensions may be imported.
        allow_outside: Whether data may lie anywhere.
    """
    from kspec.report.explanation.explain import explain_run

    for folder in folders:
        explain_run(
            folder,
            budget=budget,
            allow_code=allow_code,
            allow_outside=allow_outside,
            announce=lambda line: click.echo(line, err=True),
        )
