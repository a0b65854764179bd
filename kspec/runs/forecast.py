"""Forecasts of a run's model beyond its horizon: what it predicts becomes the past of the next prediction."""

from __future__ import annotations

import contextlib
import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from kspec.data.columns import ColumnMapping
from kspec.data.context import Context, InvalidData
from kspec.data.index_check import ValueCheck
from kspec.data.inference_data import load_request
from kspec.data.network_specs import input_specs
from kspec.data.sources.read_request import Request
from kspec.data.types import DataSplit
from kspec.data.windows.later_rows import LaterRows
from kspec.diagnostics import Report, Source, Span
from kspec.language.window import Step, Window
from kspec.runs.failures import failure_to_write
from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_loader import LoadedRun, predictions_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def forecast_run(run: LoadedRun, data: str, steps: int, to: Path | TextIO) -> int:
    """Writes what a run's model predicts for the rows after the end of each series of a file.

    Args:
        run: A loaded run.
        data: The file.
        steps: How many rows to predict.
        to: The file to write, or a stream.

    Returns:
        The number of series.

    Raises:
        RunFolderError: If the model cannot predict so many rows, or the file cannot be written.
        SpecError: If the data cannot be read.
    """
    import numpy

    from kspec.runs.prediction_table import prediction_table

    window, mapping = _window(run), ColumnMapping.from_json(run.fitted["columns"])
    step = run.fitted.get("window", {}).get("step")
    later = LaterRows(
        window, mapping.target_columns, Step(*step) if step else None, "future" in mapping.windows.values()
    )
    found: dict[str, dict[str, list[Array]]] = {}
    while not later.predicted or min(len(each) for each in later.predicted.values()) < steps:
        examples = _examples(run, data, later, mapping, window)
        predictions = _by_row(run, examples, window)
        for place, name in enumerate(later.names):
            own = {output: each[place] for output, each in predictions.items()}
            for output, values in own.items():
                found.setdefault(output, {}).setdefault(name, []).append(values)
            columns = {
                column: own[output][:, number]
                for output in own
                for number, column in enumerate(mapping.targets[output])
            }
            new = numpy.stack([columns[column] for column in mapping.target_columns], axis=1)
            before = later.predicted.get(name)
            later.predicted[name] = new if before is None else numpy.concatenate([before, new])
    names = later.names
    predicted = {
        output: numpy.concatenate([numpy.concatenate(each[name])[:steps] for name in names])
        for output, each in found.items()
    }
    places: list[tuple[str, list[Any]]] = []
    if window.by is not None:
        places.append((window.by, [name for name in names for _ in range(steps)]))
    if window.time is not None:
        places.append((window.time, [time for name in names for time in later.times[name][:steps]]))
    places.append(("step", list(range(1, steps + 1)) * len(names)))
    split = DataSplit(rows=numpy.repeat([later.ends[name] for name in names], steps), inputs={})
    table = prediction_table(split, predicted, run.encodings, {}, places)
    if not isinstance(to, Path):
        csv.writer(to, lineterminator="\n").writerows(table)
        return len(names)
    with failure_to_write(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        with to.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(table)
    return len(names)


def _window(run: LoadedRun) -> Window:
    """The window of a run whose predictions can become its past.

    Raises:
        RunFolderError: If they cannot.
    """
    data = run.spec.document.data
    window = None if data is None else data.window
    if window is None or not window.horizon or "columns" not in run.fitted:
        raise RunFolderError("`--steps` is for models that forecast: their spec has a `window` with a `horizon`")
    if window.gap:
        raise RunFolderError(
            f"the model leaves out {window.gap} rows before those it predicts: nothing fills this `gap`"
        )
    for name, encoding in run.encodings.items():
        if encoding.labels is not None or encoding.settings.task != "regression":
            raise RunFolderError(f"`{name}` predicts classes; only numbers can become the past of a next prediction")
    assert data is not None
    for column in (window.time, window.by, *run.fitted["columns"]["targets"].values()):
        for name in column if isinstance(column, list) else [column]:
            if name in data.columns:
                raise RunFolderError(f"`{name}` is computed from other columns, which are not known of later rows")
    return window


def _examples(run: LoadedRun, data: str, later: LaterRows, mapping: ColumnMapping, window: Window) -> DataSplit:
    """The example at the current end of each series.

    Args:
        run: The run.
        data: The file.
        later: What is predicted so far; receives the rows after it.
        mapping: The columns of training.
        window: The setting.

    Raises:
        RunFolderError: If a column is not known of the rows that the model needs.
        SpecError: If the data cannot be read.
    """
    import numpy

    report = Report()
    context = Context(run.spec, report, None, Span(Source("--data", data), 1, 1, 1, len(data) + 1), is_new=True)
    values = ValueCheck(run.analysis.graph, run.vocabularies())
    request = Request(
        context,
        input_specs(run.spec),
        list(run.analysis.graph.outputs),
        run.spec.document.data_seed,
        for_prediction=True,
        values=values,
        revise=later.add,
    )
    split = None
    with contextlib.suppress(InvalidData):  # a column that is not known is the reason, if there is one
        split = load_request(data, request, run.encodings, run.fitted)
    done = max((len(each) for each in later.predicted.values()), default=0)
    for name, columns in mapping.inputs.items():
        needed = done + (window.horizon if mapping.windows.get(name) == "future" else 0)
        unknown = later.unknown_of(columns, needed)
        if unknown is not None:
            raise RunFolderError(
                f"after {later.unknown[unknown] - 1} rows beyond the last known one, `{unknown}` is not known, which "
                f"the input `{name}` takes: give its values in {data}, with empty targets, or ask for fewer `--steps`"
            )
    report.raise_errors()
    assert split is not None
    numbers = split.rows.tolist()
    missing = [name for name in later.names if later.current[name] not in numbers]
    if missing:
        whose = f" of `{missing[0]}`" if window.by else ""
        raise RunFolderError(
            f"the last rows{whose} are no window: the model needs {window.length} in a row, without holes or gaps"
        )
    chosen = numpy.array([numbers.index(later.current[name]) for name in later.names])
    return DataSplit(rows=split.rows[chosen], inputs={name: each[chosen] for name, each in split.inputs.items()})


def _by_row(run: LoadedRun, examples: DataSplit, window: Window) -> dict[str, Array]:
    """The predictions by row, shape (n, horizon, columns) for each output."""
    predictions, _ = predictions_of(run, examples)
    return {
        name: each.reshape(len(examples), window.horizon, max(1, len(run.encodings[name].columns)))
        for name, each in predictions.items()
    }
