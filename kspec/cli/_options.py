"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kspec.cli import _completion

if TYPE_CHECKING:
    from kspec.cluster.connect import Cluster
    from kspec.diagnostics import Source
    from kspec.training.console import Console

F = TypeVar("F", bound=Callable[..., Any])


def overrides(function: F) -> F:
    """`--set NAME=VALUE`, as the argument `overrides`: a tuple of strings."""
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="NAME=VALUE",
        help="Override a value of the spec: fit.epochs=5, layers.hidden1.units=32. NAME+=VALUE appends to a list.",
    )(function)


def permissions(function: F) -> F:
    """`--allow-code`, `--allow-outside` and `--allow-network`: what a spec may do beyond being data."""
    for name, help in (
        ("network", "Allow the spec to open network connections."),
        ("outside", "Allow the spec to use files outside its folder and the working directory."),
        ("code", "Allow the spec's extensions to be imported: their code runs."),
    ):
        function = click.option(f"--allow-{name}", is_flag=True, help=help)(function)
    return function


def run_permissions(function: F) -> F:
    """`--allow-code` and `--allow-outside`, for a run."""
    for name, help in (
        ("outside", "Allow the run to read data outside its folder and the working directory."),
        ("code", "Allow the run's extensions to be imported: their code runs."),
    ):
        function = click.option(f"--allow-{name}", is_flag=True, help=help)(function)
    return function


def output_format(*formats: str) -> Callable[[F], F]:
    """`--format`, as the argument `format_`; the first format is the default."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help=f"Output for people ({formats[0]}) or for machines ({', '.join(formats[1:])}).",
    )


def run_output(function: F) -> F:
    """`--quiet` and `--format`, as the arguments `quiet` and `format_`: what a run prints."""
    function = click.option(
        "--format",
        "format_",
        type=click.Choice(("text", "json")),
        default="text",
        show_default=True,
        help="json prints the metrics and the folder on standard output, the steps on standard error.",
    )(function)
    return click.option("--quiet", "-q", is_flag=True, help="Print nothing but the run folder.")(function)


class _OptionWithAlias(click.Option):
    """An option whose help leaves out the older spellings that it also takes."""

    def __init__(self, *arguments: Any, aliases: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.aliases = aliases

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        if record is None:
            return None
        spelling = record[0]
        for alias in self.aliases:
            spelling = spelling.replace(f", {alias} ", " ")
        return spelling, record[1]


class _OutputPath(click.Path):
    """A file to write; `-` is standard output where the verb prints."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuses texts that name no file.

        Args:
            value: The text.
            param: The option.
            ctx: The context of the command.
        """
        if value == "":
            self.fail("an empty text names no file", param, ctx)
        if "\0" in value:
            self.fail("a name cannot contain a null character", param, ctx)
        return super().convert(value, param, ctx)


def output_file(help: str, *, aliases: Sequence[str] = (), folder: bool = False, **settings: Any) -> Callable[[F], F]:
    """`-o` and `--output`, as the argument `output`: the file that a verb writes.

    Args:
        help: What is written there.
        aliases: Older spellings, which the help leaves out.
        folder: Whether it can be a folder.
        settings: Further settings of the option.
    """
    return click.option(
        "-o",
        "--output",
        *aliases,
        "output",
        cls=_OptionWithAlias,
        aliases=aliases,
        type=_OutputPath(dir_okay=folder),
        metavar="FILE",
        help=help,
        **settings,
    )


def runs_folder(function: F) -> F:
    """`--runs`, as the argument `runs`: the folder of the run folders; `--out` is an older spelling."""
    return click.option(
        "--runs",
        "--out",
        "runs",
        cls=_OptionWithAlias,
        aliases=("--out",),
        type=_OutputPath(file_okay=False),
        default="runs",
        show_default=True,
        metavar="FOLDER",
        help="The folder of the run folders.",
    )(function)


STANDARD_INPUT = "-"


def read_standard_input() -> Source:
    """The spec on standard input, as a file `<stdin>` in the working directory.

    Raises:
        SpecError: If it is not UTF-8 text.
    """
    import sys

    from kspec.diagnostics import Report
    from kspec.syntax.source import source_of

    report = Report()
    source = source_of("<stdin>", sys.stdin.buffer.read(), report)
    report.raise_errors()
    assert source is not None
    return source


def spec_source(place: str) -> Source | str:
    """The spec that an argument names: a file, or `-` for standard input."""
    return read_standard_input() if place == STANDARD_INPUT else place


def spec_or_run(place: str, runs: str = "runs") -> tuple[Source | str, bool]:
    """The spec that an argument names: a file, `-` for standard input, or the resolved spec of a run.

    Args:
        place: The argument.
        runs: The folder of the run folders.

    Returns:
        The spec, and whether it is that of a run.

    Raises:
        RunFolderError: If there is neither a spec nor a run, or the run has no resolved spec.
    """
    from kspec.runs.run_folder import RunFolderError, require_inside, run_at

    if place == STANDARD_INPUT:
        return read_standard_input(), False
    folder = run_at(place, runs)
    if folder is None:
        return place, False
    resolved = folder / "resolved.yaml"
    if not resolved.is_file():
        raise RunFolderError(f"the run {folder} was stopped before its spec was resolved")
    require_inside(resolved, folder)
    return str(resolved), True


def existing(path: Path) -> str:
    """What the line about a written file says of the file before it.

    Args:
        path: The file that is about to be written.
    """
    return " (overwritten)" if path.is_file() else ""


def jobs(what: str) -> Callable[[F], F]:
    """`--jobs`: how many of several run side by side.

    Args:
        what: What runs, for the help.
    """
    help = f"Run N {what} side by side, each in a process; by default 1, with --ray as many as there is room for."
    return click.option("--jobs", type=click.IntRange(1), metavar="N", help=help)


def ray(what: str) -> Callable[[F], F]:
    """`--ray`: the cluster on which several run.

    Args:
        what: What runs there, for the help.
    """
    help = f"Run {what} on a Ray cluster: HOST:PORT, or auto for the one that runs on this machine, or else a new one."
    return click.option("--ray", metavar="ADDRESS", shell_complete=_completion.clusters, help=help)


@contextmanager
def cluster_of(address: str | None, console: Console) -> Iterator[Cluster | None]:
    """The cluster of `--ray`, which this process is connected to meanwhile; None without the option.

    Args:
        address: The value of the option.
        console: Where to print what takes some seconds.

    Raises:
        SpecError: If Ray is not installed, or the cluster does not answer.
    """
    if address is None:
        yield None
        return
    from kspec.cluster.connect import connected

    with connected(address, lambda text: console.step("ray", text)) as cluster:
        yield cluster


def examples(function: F) -> F:
    """`--data` and `--split`: the examples that a run's model is applied to."""
    function = click.option(
        "--split",
        type=click.Choice(("train", "validation", "test")),
        help="A split of the run's own data; by default the first that it has of test, validation and train.",
    )(function)
    help = "A file of new data with the same columns."
    return click.option("--data", metavar="FILE", shell_complete=_completion.files, help=help)(function)


def refuse_split_of_file(data: str | None, split: str | None) -> None:
    """Refuses `--split` together with `--data`.

    Raises:
        click.UsageError: If both are given.
    """
    if data is not None and split is not None:
        raise click.UsageError("--split selects from the run's own data; omit it with --data")


def spec_file(function: F) -> F:
    """`--output`, for a verb that writes a spec; `-` is standard output."""
    help = "Where to write the spec; - prints it."
    return output_file(help, aliases=("--out",), default="spec.yaml", show_default=True)(function)


def seconds(ctx: click.Context, param: click.Parameter, value: str) -> float:
    """The callback of an option that takes a length of time, such as `30s` or `10 min`.

    Args:
        ctx: The context of the command.
        param: The option.
        value: The text.

    Raises:
        click.BadParameter: If it is no length of time.
    """
    from kspec.language.durations import TIME_HELP, microseconds_of

    length = microseconds_of(value)
    if not length:
        raise click.BadParameter(f"`{value}` is not a length of time: {TIME_HELP}", ctx, param)
    return length / 1e6
