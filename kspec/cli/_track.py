"""`--track`: where a run is sent while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from kspec.cli import _completion

F = TypeVar("F", bound=Callable[..., Any])


def track_option(function: F) -> F:
    """`--track`, as the argument `track`: a tuple of strings."""
    return click.option(
        "--track",
        multiple=True,
        metavar="TRACKER[:ADDRESS]",
        shell_complete=_completion.trackers,
        help="Send the run to a tracker: mlflow[:URI], tensorboard[:FOLDER] or that of a package; "
        "by default those of [tool.kspec] in pyproject.toml, none for none.",
    )(function)
