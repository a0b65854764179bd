"""`kspec report`: runs as one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion
from kspec.cli._options import existing, output_file, runs_folder

if TYPE_CHECKING:
    from kspec.report.report import Format

EPILOG = """\b
Examples:
  kspec report mlp
  kspec report runs/mlp/latest -o mlp.html
  kspec report runs/mlp/* -o comparison.html
  kspec report mlp regression cnn
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
@runs_folder
@click.option("--allow-code", is_flag=True, help="Allow the run's extensions to be imported, to know their shapes.")
def command(places: tuple[str, ...], output: str | None, to: Format, runs: str, allow_code: bool) -> None:
    """Write a run, or several beside each other, as one page that opens offline.

    RUN is a run folder, the name of a spec that has been run, a pattern such as 'runs/mlp/*', a folder of runs, or a
    sweep.

    One run is shown with its result beside the baseline, the curves of the training, what the predictions are worth,
    the data, the network, the spec, and how to repeat it; one of folds or repeats with each of them; a sweep with its
    trials, what each parameter brought, and its best run. Several runs are compared with the first: specs, metrics,
    curves, and predictions of the same examples. TensorFlow is not imported.
    """
    from kspec.report.report import SUFFIXES, text_of
    from kspec.report.run_places import find_runs
    from kspec.syntax.regular_files import write_text

    folders = find_runs(places, runs)
    if to != "html" and len(folders) > 1:
        raise click.UsageError(f"--to {to} takes one run")
    try:
        text = text_of(folders, to=to, allow_code=allow_code)
    except ModuleNotFoundError as error:
        raise click.ClickException(f"reports need the package {error.name}: pip install 'kspec[report]'") from None
    name = f"report{SUFFIXES[to]}"
    target = Path(output) if output else folders[0] / name if len(folders) == 1 else Path(name)
    if output == "-":
        click.echo(text, nl=False)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    overwritten = existing(target)
    write_text(target, text, newline="\n")
    click.echo(f"{target}{overwritten}")
