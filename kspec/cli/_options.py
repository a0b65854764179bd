"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

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


class OutputOption(click.Option):
    """`-o` and `--output`; the help does not list the older spelling `--out`."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        return None if record is None else (record[0].replace(", --out ", " "), record[1])


def examples(function: F) -> F:
    """`--data` and `--split`: the examples that a run's model is applied to."""
    function = click.option(
        "--split",
        type=click.Choice(("train", "validation", "test")),
        help="A split of the run's own data; by default the first that it has of test, validation and train.",
    )(function)
    return click.option("--data", metavar="FILE", help="A file of new data with the same columns.")(function)


def refuse_split_of_file(data: str | None, split: str | None) -> None:
    """Refuses `--split` together with `--data`.

    Raises:
        click.UsageError: If both are given.
    """
    if data is not None and split is not None:
        raise click.UsageError("--split selects from the run's own data; omit it with --data")


def spec_file(function: F) -> F:
    """`--output`, for a verb that writes a spec; `-` is standard output."""
    return click.option(
        "-o",
        "--output",
        "--out",
        "out",
        cls=OutputOption,
        type=click.Path(dir_okay=False),
        default="spec.yaml",
        show_default=True,
        metavar="FILE",
        help="Where to write the spec; - prints it.",
    )(function)
