"""Holds a data file against the contract of a run, without its model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from kspec.compiler.compile import compile_spec
from kspec.contract.document import Contract
from kspec.contract.judge import judge_columns
from kspec.contract.judgement import Judgement
from kspec.contract.table_columns import columns_of_table
from kspec.data import load_for_prediction
from kspec.data.context import InvalidData
from kspec.data.network_specs import input_specs
from kspec.data.table import Table
from kspec.diagnostics import Report
from kspec.language import Permissions
from kspec.runs.resolved_file import resolved_file
from kspec.runs.rows import Rows, file_of
from kspec.runs.run_contract import contract_at, contract_folder
from kspec.runs.run_record import read_record
from kspec.syntax.path_policy import PathPolicy


class Checked(NamedTuple):
    """A contract, and what was found of some rows."""

    contract: Contract
    judgement: Judgement


def check_rows(
    place: str | os.PathLike[str],
    rows: Rows,
    *,
    runs: str | os.PathLike[str] = "runs",
    allow_code: bool = False,
    allow_outside: bool = False,
) -> Checked:
    """Holds rows against the contract of a run, read as `kspec predict` reads them.

    Args:
        place: A run folder, `latest` of one, or the name of a spec that has been run.
        rows: A file; columns by name; rows, each a mapping; or a table of pandas, Polars or Arrow.
        runs: The folder of the run folders.
        allow_code: Allow the run's extensions to be imported.
        allow_outside: Read data outside the run's folder and the working directory.

    Raises:
        RunFolderError: If there is no such run, or it has no contract.
        SpecError: If the file cannot be read.
    """
    folder = contract_folder(place, runs)
    contract = contract_at(folder)
    with file_of(rows) as file:
        table = _read(folder, file, Permissions(allow_code, allow_outside))
    return Checked(contract, judge_columns(contract, columns_of_table(table, contract), table.rows))


def _read(folder: Path, file: str, permissions: Permissions) -> Table:
    """The table of a file with its new columns.

    Args:
        folder: The run folder.
        file: The file.
        permissions: What the user allows the spec to do.

    Raises:
        SpecError: If it cannot be read.
    """
    opener = PathPolicy(folder, Permissions(outside=permissions.outside, folders=())).open_file
    record = read_record(folder, opener)
    spec, analysis = compile_spec(resolved_file(folder, record), permissions=permissions, is_trained=True).unwrap()
    fitted: dict[str, Any] = dict(record.get("data", {}).get("fitted", {}))
    fitted["columns"] = {"inputs": {}, "targets": {}, "weights": {}}  # none is needed: the contract names what lacks
    found: list[Table] = []

    def stop(table: Table) -> None:
        found.append(table)
        raise InvalidData

    report = Report()
    spec.document.predict.keep = []
    load_for_prediction(file, spec, input_specs(spec), list(analysis.graph.outputs), {}, fitted, report, examine=stop)
    report.raise_errors()
    return found[0]
