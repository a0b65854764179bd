"""`kspec contract`: what new rows must have for a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion
from kspec.cli._columns import limit
from kspec.cli._options import output_format, run_permissions, runs_folder

if TYPE_CHECKING:
    from kspec.contract.judgement import Judgement

EPILOG = """\b
Examples:
  kspec contract mlp
  kspec contract runs/mlp/latest --format json > row.schema.json
  kspec contract mlp --check new.csv
"""
SHOWN = 20


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN", shell_complete=_completion.files_and_runs)
@click.option(
    "--check",
    "file",
    metavar="FILE",
    shell_complete=_completion.files,
    help="Hold a data file against it, row by row, as `kspec predict` reads it.",
)
@output_format("text", "json")
@runs_folder
@run_permissions
@click.pass_context
def command(
    ctx: click.Context, /, run: str, file: str | None, format_: str, runs: str, allow_code: bool, allow_outside: bool
) -> None:
    """Print what new rows must have for a run, and what training has seen of them.

    For each column that is its type, its range or categories in the training split, the share of missing values and
    what is done about one; for each output its labels, threshold and target. With --format json it is a JSON Schema
    (2020-12) of a row, which any validator takes.

    With --check, rows that cannot be used are errors, and the exit status is 1 if there are some; what is only unusual
    (an unknown category, a number beyond those of training, a column that has drifted) is a warning. TensorFlow is not
    imported.
    """
    from kspec.cli import FAULTY
    from kspec.cli._output import write_document
    from kspec.contract.text import contract_text
    from kspec.runs.contract_check import check_rows
    from kspec.runs.run_contract import load_contract

    if file is None:
        contract = load_contract(run, runs=runs)
        if format_ == "json":
            write_document(json.dumps(contract.to_json(), indent=2, ensure_ascii=False) + "\n")
        else:
            click.echo(contract_text(contract, limit()))
        return
    checked = check_rows(run, file, runs=runs, allow_code=allow_code, allow_outside=allow_outside)
    judgement = checked.judgement
    if format_ == "json":
        document = {"run": run, "data": file, **judgement.to_json()}
        write_document(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        click.echo(_summary(judgement))
    if judgement.refused.any():
        ctx.exit(FAULTY)


def _summary(judgement: Judgement) -> str:
    """What was found, a line each, and a line of counts."""
    lines = list(judgement.lines())
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    refused = int(judgement.refused.sum())
    unusual = len(judgement.warnings)
    counts = [f"{refused:,} refused" if refused else "", f"{unusual:,} unusual" if unusual else ""]
    drifted = len(judgement.drifted)
    counts.append(f"{drifted} column{'s have' if drifted > 1 else ' has'} drifted" if drifted else "")
    rows = f"{judgement.count:,} row{'' if judgement.count == 1 else 's'}"
    found = ", ".join(filter(None, counts)) or "nothing unusual"
    return "\n".join([*lines[:SHOWN], *more, f"{rows}: {found}"])
