"""The files with the predictions of a model: a table, and arrays for what no table holds."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from kspec.data import DataSplit
from kspec.data.targets.encoding import TargetEncoding
from kspec.runs.list_predictions import is_list, real_positions, without_padding
from kspec.runs.prediction_table import prediction_table
from kspec.runs.window_table import by_step, nodes_by_step
from kspec.training.predict import fits_table
from kspec.training.prediction_arrays import Arrays, actual_array, aligned, prediction_arrays

Array = np.ndarray[Any, Any]
Writer = Callable[[Path], None]


def write_predictions(
    write: Callable[[str, Writer], None],
    name: str,
    split: DataSplit,
    predictions: Mapping[str, Array],
    encodings: Mapping[str, TargetEncoding],
    nodes: Mapping[str, Array] | None = None,
    deviations: Mapping[str, Array] | None = None,
) -> list[str]:
    """Writes predictions: what fits a table to a CSV file, the other outputs and nodes each to an npz file.

    Examples that were left out have a row without predictions; in arrays, NaN, or "" as text.

    Args:
        write: Called with the file's name and a function that writes to a path: `RunFolder.write`.
        name: The name of the table; its suffix becomes `.npz` for the arrays of outputs.
        split: The examples.
        predictions: By output, shape (n, …); n may be smaller than the split after a smoke run.
        encodings: By output, the classes and columns of its target.
        nodes: By name, values of predicted nodes, shape (n, …); what does not fit the table goes to `<name>_nodes.npz`.
        deviations: By output, the standard deviations of predictions that are means, shape (n, …).

    Returns:
        The names of the files.
    """
    nodes = nodes or {}
    count = len(next(iter(predictions.values())))
    deviations = by_step(split, deviations, encodings)[1] if deviations else {}
    split, predictions, places = by_step(split, predictions, encodings)
    nodes = nodes_by_step(nodes, count, len(next(iter(predictions.values()))))
    path = Path(name)
    files: dict[str, Writer] = {}
    tabular = {
        output: each for output, each in predictions.items() if fits_table(each) or is_list(each, encodings[output])
    }
    if tabular or any(map(fits_table, nodes.values())):
        table = prediction_table(split, tabular, encodings, nodes, places, deviations)
        files[str(path.with_suffix(".csv")) if path.suffix == ".npz" else name] = lambda path: _write_csv(path, table)
    arrays = {output: each for output, each in predictions.items() if not fits_table(each)}
    if arrays:
        outputs = output_arrays(split, arrays, encodings, deviations)
        files[str(path.with_suffix(".npz"))] = lambda path: write_npz(path, outputs)
    tensors = {node: values for node, values in nodes.items() if not fits_table(values)}
    if tensors:
        _, present = _rows(split, len(next(iter(tensors.values()))))
        beside = {node: aligned(values, present) for node, values in tensors.items()}
        files[str(path.with_name(f"{path.stem}_nodes.npz"))] = lambda path: write_npz(path, beside)
    for file, writer in files.items():
        write(file, writer)
    return list(files)


def output_arrays(
    split: DataSplit,
    predictions: Mapping[str, Array],
    encodings: Mapping[str, TargetEncoding],
    deviations: Mapping[str, Array] = MappingProxyType({}),
) -> Arrays:
    """The arrays of outputs, as `prediction_arrays` names them; `NAME_actual`, `row`, and `file` of files.

    Args:
        split: The examples.
        predictions: By output, shape (n, …).
        encodings: By output, the classes of its target.
        deviations: By output, standard deviations, shape (n, …), which become `NAME_deviation`.
    """
    count = len(next(iter(predictions.values())))
    rows, present = _rows(split, count)
    arrays: Arrays = {"row": rows}
    order = np.argsort(np.concatenate([split.rows[:count], np.asarray(split.left_out, split.rows.dtype)]))
    for column, texts in split.kept.items():
        others = split.kept_of_left_out.get(column, texts[:0])
        heading = f"{column}_kept" if column in (*predictions, "row", "file") else column
        arrays[heading] = np.concatenate([texts[:count], others])[order].astype(str)
    if split.names is not None:
        arrays["file"] = aligned(np.array(split.names[:count]), present)
    for name, prediction in predictions.items():
        own = prediction_arrays(name, prediction, encodings[name])
        if is_list(prediction, encodings[name]) and not encodings[name].is_free_form:
            own = without_padding(own, real_positions(split, name, prediction, encodings[name]))
        if name in deviations:
            own[f"{name}_deviation"] = deviations[name]
        if name in split.targets:
            absent = split.absent.get(name)
            raw, absent = split.targets[name][:count], None if absent is None else absent[:count]
            real = split.positions[name][:count] if name in split.positions else None
            own[f"{name}_actual"] = actual_array(raw, prediction.shape[-1], encodings[name], absent, real)
        labels = f"{name}_labels"
        arrays |= {key: values if key == labels else aligned(values, present) for key, values in own.items()}
    return arrays


def _rows(split: DataSplit, count: int) -> tuple[Array, Array]:
    """The row numbers of all examples of the file, and which of them have predictions.

    Args:
        split: The examples.
        count: How many of them were predicted, from the first.
    """
    known = split.rows[:count]
    rows = np.sort(np.concatenate([known, np.asarray(split.left_out, known.dtype)]))
    return rows, np.isin(rows, known)


def _write_csv(path: Path, table: Iterable[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(table)


def write_npz(path: Path, arrays: Mapping[str, Array]) -> None:
    """Writes arrays as `numpy.savez_compressed` does, which cannot write one named `file`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
