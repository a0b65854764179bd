"""`kspec verify`: whether a run folder says the truth."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion
from kspec.cli._columns import limit
from kspec.cli._options import output_format, run_permissions, runs_folder

if TYPE_CHECKING:
    from kspec.runs.verify import Comparison

EPILOG = """\b
Examples:
  kspec verify mlp
  kspec verify runs/mlp/latest --full
"""


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN", shell_complete=_completion.files_and_runs)
@click.option("--full", is_flag=True, help="Train all epochs again, and compare weights and predictions, too.")
@output_format("text", "json")
@runs_folder
@run_permissions
@click.pass_context
def command(
    ctx: click.Context, /, run: str, full: bool, format_: str, runs: str, allow_code: bool, allow_outside: bool
) -> None:
    """Compare a run with what its folder says: data, model, metrics, history.

    Evaluates the saved model again, trains the first epoch again, and compares every number to the last bit. The exit
    status is 1 if something differs. Another version or machine is named, since it may be the reason.
    """
    from kspec.cli import FAULTY
    from kspec.cli._json_output import reserve_stdout
    from kspec.runs.verify import verify

    found: list[Comparison] = []
    if format_ == "text" and sys.stderr.isatty():
        click.echo(f"training {'all epochs' if full else 'the first epoch'} again ...", err=True)
    with reserve_stdout(format_ == "json"):
        found += verify(run, runs=runs, full=full, allow_code=allow_code, allow_outside=allow_outside)
    is_true = all(each.verdict != "differs" for each in found)
    if format_ == "json":
        click.echo(json.dumps({"verified": is_true, "comparisons": [each._asdict() for each in found]}, indent=2))
    else:
        click.echo(_table(found))
    if not is_true:
        ctx.exit(FAULTY)


def _table(found: list[Comparison]) -> str:
    """What differs, and what may be the reason; or that all is the same.

    Args:
        found: All comparisons.
    """
    from kspec.summary.columns import aligned, fitted

    shown = [each for each in found if each.verdict != "same"]
    same = [each for each in found if each.verdict == "same"]
    lines = []
    if shown:
        columns = {
            "what": [each.what for each in shown],
            "recorded": [each.recorded for each in shown],
            "now": [each.now for each in shown],
            "": ["differs" if each.verdict == "differs" else "may be the reason" for each in shown],
        }
        lines += [line.rstrip() for line in aligned(fitted(columns, limit(), drop=[], shorten=["what"]), right=())]
    kinds = list(dict.fromkeys(each.what.split(":")[0] for each in same))
    lines.append(f"the same: {', '.join(kinds)}")
    faults = sum(each.verdict == "differs" for each in found)
    if faults:
        lines.append(f"not verified: {faults} of {len(found)} comparisons differ")
    else:
        lines.append(f"verified: {len(same)} of {len(found)} comparisons are the same to the last bit")
    return "\n".join(lines)
