"""`kspec serve`: answers requests with the models of runs."""

from __future__ import annotations

import click

from kspec.cli import _completion
from kspec.cli._options import runs_folder
from kspec.cli._packages import MissingPackage

EPILOG = """\b
Examples:
  kspec serve mlp
  kspec serve runs/mlp/latest --port 9000 --watch latest
  kspec serve a=runs/mlp/1 b=runs/mlp/2 --split a=90,b=10
  kspec serve mlp regression --host 0.0.0.0 --token-file token.txt
"""


@click.command(epilog=EPILOG)
@click.argument("places", metavar="RUN...", nargs=-1, required=True, shell_complete=_completion.files_and_runs)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen to.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The port; 0 for any free one."
)
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Ask each client for the token in this file, as `Authorization: Bearer TOKEN`.",
)
@click.option("--open", "is_open", is_flag=True, help="Let anybody who reaches an address beyond this machine ask.")
@click.option("--split", default="", metavar="NAME=SHARE,…", help="Share the requests for one name: a=90,b=10.")
@click.option(
    "--watch",
    type=click.Choice(("latest",)),
    help="Take up the newest run of each name, without dropping a request.",
)
@click.option(
    "--batch",
    type=click.IntRange(1, 65536),
    default=64,
    show_default=True,
    help="The most rows of several requests that pass through a model together.",
)
@click.option(
    "--wait",
    type=click.FloatRange(0, 1000),
    default=1.0,
    show_default=True,
    metavar="MS",
    help="How long a request waits for others, in milliseconds.",
)
@runs_folder
@click.option("--allow-code", is_flag=True, help="Allow the run's extensions to be imported: their code runs.")
def command(
    places: tuple[str, ...],
    host: str,
    port: int,
    token_file: str | None,
    is_open: bool,
    split: str,
    watch: str | None,
    batch: int,
    wait: float,
    runs: str,
    allow_code: bool,
) -> None:
    """Serve the models of runs over HTTP: predictions as `kspec predict` gives them.

    RUN is a run folder, or the name of a spec that has been run; NAME=RUN gives the model another name. Requests send
    rows as JSON, CSV or tensors to /v1/models/NAME:predict or /v2/models/NAME/infer; / is a page to try it, /docs
    describes the rest.
    """
    try:
        from kspec.serving.batching import BatchLimits
        from kspec.serving.settings import Settings
        from kspec.serving.start import read_token, serve
    except ModuleNotFoundError as error:
        raise MissingPackage("serving needs", error.name, "serve") from None

    token = None if token_file is None else read_token(token_file)
    settings = Settings(host, port, token, batches=BatchLimits(batch, wait / 1000))
    try:
        serve(
            places,
            settings,
            runs=runs,
            split=split,
            watch=watch is not None,
            is_open=is_open,
            allow_code=allow_code,
            announce=lambda line: click.echo(line, err=True),
        )
    except ValueError as error:
        raise click.UsageError(f"--split: {error}") from None
