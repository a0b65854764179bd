"""Tables of public packages from nothing: `kspec init`, `kspec check --data`, and one epoch of a run.

Run with `python -m tests.proofs.tables [NAME …]`; needs scikit-learn, statsmodels and vega_datasets. Prints a line for
each table: whether target, task, left-out columns and number of rows are those below, and what check reports.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import kspec
from kspec.cli import main

BINARY, CLASSES, NUMBER = "binary_classification", "multiclass_classification", "regression"


class Expected(NamedTuple):
    """What a person would choose.

    Args:
        targets: The columns that are sensible targets; `c0` … without a header.
        tasks: The tasks that are sensible.
        rows: The rows of the table.
        left_out: Columns that must not be inputs, such as identifiers and dates.
    """

    targets: tuple[str, ...]
    tasks: tuple[str, ...]
    rows: int
    left_out: tuple[str, ...] = ()


TABLES = {
    "sklearn/breast_cancer.csv": Expected(("c30",), (BINARY,), 569),
    "sklearn/diabetes_data_raw.csv.gz": Expected(("c9",), (NUMBER,), 442),
    "sklearn/digits.csv.gz": Expected(("c64",), (CLASSES,), 1797),
    "sklearn/iris.csv": Expected(("c4",), (CLASSES,), 150),
    "sklearn/linnerud_exercise.csv": Expected(("Jumps",), (NUMBER,), 20),
    "sklearn/linnerud_physiological.csv": Expected(("Pulse", "Weight"), (NUMBER,), 20),
    "sklearn/wine_data.csv": Expected(("c13",), (CLASSES,), 178),
    "statsmodels/anes96.csv": Expected(("vote",), (BINARY,), 944),
    "statsmodels/cancer.csv": Expected(("cancer", "population"), (NUMBER,), 301),
    "statsmodels/ccard.csv": Expected(("AVGEXP", "OWNRENT"), (NUMBER, BINARY), 72),
    "statsmodels/china_smoking.csv": Expected(("smoking_no_cancer_no",), (NUMBER,), 8),
    "statsmodels/co2.csv": Expected(("co2",), (NUMBER,), 2284),
    "statsmodels/committee.csv": Expected(("BILLS104", "BILLS103"), (NUMBER,), 20),
    "statsmodels/copper.csv": Expected(("WORLDCONSUMPTION", "INVENTORYINDEX"), (NUMBER,), 25, ("YEAR",)),
    "statsmodels/cpunish.csv": Expected(("EXECUTIONS",), (NUMBER,), 17),
    "statsmodels/data.csv": Expected(("lrm", "ide"), (NUMBER,), 55, ("period",)),
    "statsmodels/elec_equip.csv": Expected(("STS.M.I7.W.TOVT.NS0016.4.000",), (NUMBER,), 257, ("DATE",)),
    "statsmodels/elnino.csv": Expected(("DEC",), (NUMBER,), 61, ("YEAR",)),
    "statsmodels/engel.csv": Expected(("foodexp", "income"), (NUMBER,), 235),
    "statsmodels/fair.csv": Expected(("affairs",), (NUMBER,), 6366),
    "statsmodels/fair_pt.csv": Expected(("naffairs",), (NUMBER,), 601, ("constant",)),
    "statsmodels/fertility.csv": Expected(("2011",), (NUMBER,), 219, ("Country Name", "Country Code")),
    "statsmodels/grunfeld.csv": Expected(("invest", "value", "capital"), (NUMBER,), 220),
    "statsmodels/heart.csv": Expected(("survival", "age", "censors"), (NUMBER, BINARY), 69),
    "statsmodels/E6.csv": Expected(("R", "Dp"), (NUMBER,), 107, ("year",)),
    "statsmodels/E6_jmulti.csv": Expected(("c0", "c1"), (NUMBER,), 107),
    "statsmodels/longley.csv": Expected(("TOTEMP", "POP"), (NUMBER,), 16, ("Obs", "YEAR")),
    "statsmodels/macrodata.csv": Expected(("infl", "realint"), (NUMBER,), 203, ("year",)),
    "statsmodels/unemp.csv": Expected(("c3",), (NUMBER,), 203),
    "statsmodels/modechoice.csv": Expected(("choice", "mode"), (BINARY, CLASSES), 840),
    "statsmodels/nile.csv": Expected(("volume",), (NUMBER,), 100),
    "statsmodels/randhie.csv": Expected(("mdvis",), (NUMBER,), 20190),
    "statsmodels/scotvote.csv": Expected(("YES", "COUTAX_FEMALEUNEMP"), (NUMBER,), 32, ("COUNCILDIST",)),
    "statsmodels/spector.csv": Expected(("GRADE",), (BINARY,), 32, ("OBS",)),
    "statsmodels/stackloss.csv": Expected(("STACKLOSS", "ACIDCONC"), (NUMBER,), 21),
    "statsmodels/star98.csv": Expected(("NABOVE", "PERSPEN_PTRATIO_PCTAF"), (NUMBER,), 303),
    "statsmodels/statecrime.csv": Expected(("violent", "murder", "urban"), (NUMBER,), 51, ("state",)),
    "statsmodels/strikes.csv": Expected(("duration", "iprod"), (NUMBER,), 62),
    "statsmodels/sunspots.csv": Expected(("SUNACTIVITY",), (NUMBER,), 309),
    "vega_datasets/airports.csv": Expected(("longitude",), (NUMBER,), 3376, ("iata", "name")),
    "vega_datasets/iowa-electricity.csv": Expected(("net_generation",), (NUMBER,), 51, ("year",)),
    "vega_datasets/la-riots.csv": Expected(("type",), (CLASSES,), 63, ("first_name", "last_name", "death_date")),
    "vega_datasets/seattle-temps.csv": Expected(("temp",), (NUMBER,), 8759, ("date",)),
    "vega_datasets/seattle-weather.csv": Expected(("weather",), (CLASSES,), 1461, ("date",)),
    "vega_datasets/sf-temps.csv": Expected(("temp",), (NUMBER,), 8759, ("date",)),
    "vega_datasets/stocks.csv": Expected(("price",), (NUMBER,), 560, ("date",)),
    "vega_datasets/us-employment.csv": Expected(("nonfarm_change",), (NUMBER,), 120, ("month",)),
}
"""Package and file → what is sensible. A series whose only input is its time cannot be said without windows."""


def _file(name: str) -> Path:
    """The file of a table in its package."""
    package, file = name.split("/")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        sys.exit(f"this needs {package}: pip install {package}")
    return next(Path(spec.origin).parent.rglob(file))


def _silent(*words: str) -> tuple[int, str]:
    """The exit status and the output of a command."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        status = main(list(words))
    return status, output.getvalue()


def _target(setting: Any) -> str:
    """The column of the target, which may be scaled."""
    return str(next(iter(setting.values()))["column"] if isinstance(setting, dict) else setting)


def _verdict(name: str, expected: Expected) -> list[str]:
    """What is wrong with the spec of a table; empty if it is sensible and runs."""
    table = Path(name.split("/")[1])
    table.write_bytes(_file(name).read_bytes())
    status, output = _silent("init", str(table), "-o", "spec.yaml", "--force")
    if status:
        return [output.strip().splitlines()[-1]]
    text, spec = Path("spec.yaml").read_text(), kspec.load("spec.yaml")
    data = spec.values["data"]
    target = _target(data["targets"])
    wrong = [] if target in expected.targets else [f"target {target}"]
    wrong += [] if spec.document.task in expected.tasks else [str(spec.document.task)]
    wrong += [] if f": {expected.rows} rows" in text else [text.splitlines()[1]]
    inputs = repr(data.get("inputs", ""))
    wrong += [f"input {column}" for column in expected.left_out if not inputs or repr(column) in inputs]
    for words in (["check", "--data", "spec.yaml"], ["run", "spec.yaml", "--set", "fit.epochs=1", "-q"]):
        status, output = _silent(*words)
        wrong += [f"{words[0]}: {output.strip().splitlines()[0]}"] if status else []
    return wrong


if __name__ == "__main__":
    right = 0
    chosen = {name: expected for name, expected in TABLES.items() if not sys.argv[1:] or name in sys.argv[1:]}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, expected in chosen.items():
            wrong = _verdict(name, expected)
            right += not wrong
            print(f"{name:<36}{'; '.join(wrong)[:100] or 'right'}", flush=True)
    print(f"{right} of {len(chosen)} right")
