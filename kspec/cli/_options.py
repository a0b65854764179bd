"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def overrides(function: F) -> F:
    """`--set NAME=VALUE`, as `overrides`: a tuple of words."""
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="NAME=VALUE",
        help="Replace a value of the spec: fit.epochs=5, layers.hidden1.units=32. NAME+=VALUE adds to a list.",
    )(function)


def permissions(function: F) -> F:
    """`--allow-code`, `--allow-outside` and `--allow-network`: what a spec may do beyond being data."""
    for name, help in (
        ("network", "Let the spec open network connections."),
        ("outside", "Let the spec use files outside its folder and the working directory."),
        ("code", "Let the spec's extensions be imported: their code runs."),
    ):
        function = click.option(f"--allow-{name}", is_flag=True, help=help)(function)
    return function
