"""`--report`: a run or sweep that has ended is written as one page into its folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from kspec.training.console import Console

F = TypeVar("F", bound=Callable[..., Any])


def report_option(function: F) -> F:
    """`--report`, as the argument `report`."""
    return click.option("--report", is_flag=True, help="Write report.html into its folder, too; see kspec report.")(
        function
    )


def write_report(folder: Path | None, console: Console, *, allow_code: bool) -> None:
    """Writes the report on a run; why it cannot be written is one warning, since the run itself is done.

    Args:
        folder: The run folder; None if nothing was kept.
        console: Where to print.
        allow_code: Whether extensions may be imported.
    """
    from kspec.report.report import text_of
    from kspec.syntax.regular_files import write_text

    if folder is None or not (folder / "run.json").is_file():
        return
    target = folder / "report.html"
    try:
        text = text_of([folder.resolve()], allow_code=allow_code)
        write_text(target, text, newline="\n")
    except ModuleNotFoundError as error:
        reason = f"it needs the package {error.name}: pip install 'kspec[report]'"
        click.echo(f"warning: the report is not written: {reason}", err=True)
    except Exception as error:  # whatever it is, the run has ended well
        click.echo(f"warning: the report is not written: {' '.join(str(error).split())}", err=True)
    else:
        console.step("report", str(target))
