"""Loads a run from its folder, to evaluate its model and to predict with it."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from kspec.analysis.index_limits import lookups
from kspec.analysis.program import Analysis
from kspec.analysis.settings import Settings
from kspec.archive.errors import ImportRefused
from kspec.backend.tensorflow import exclusive_keras
from kspec.compiler.compile import compile_spec
from kspec.compiler.define import output_shapes
from kspec.compiler.restore import restore_model
from kspec.data import DataSplit, load_for_prediction
from kspec.data.index_check import ValueCheck
from kspec.data.network_specs import input_specs
from kspec.data.shared_table import SharedTable
from kspec.data.targets.encoding import TargetEncoding
from kspec.data.training_data import read_training_data
from kspec.diagnostics import Report, SpecError
from kspec.language import Permissions, Spec
from kspec.runs.failures import failure_of, failure_to_write
from kspec.runs.new_rows import NewRows
from kspec.runs.process import status_of
from kspec.runs.record_checks import check_lists, check_scales
from kspec.runs.recorded_encodings import recorded_encodings
from kspec.runs.resolved_file import resolved_file
from kspec.runs.run_folder import RunFolderError, find_run
from kspec.runs.run_record import check_names, read_record
from kspec.syntax.names import name_in_keras
from kspec.syntax.path_policy import PathPolicy
from kspec.syntax.regular_files import Opener
from kspec.syntax.yaml_flow import to_yaml
from kspec.training.engine import Engine, engine_of


@dataclass(slots=True)
class LoadedRun:
    """A run read from its folder.

    Args:
        folder: The run folder.
        record: Its `run.json`.
        spec: Its resolved spec.
        analysis: The spec's graph and types.
        model: The trained Keras model, not compiled.
        settings: Training settings with every default filled in.
        encodings: By output, the classes and columns of its target.
    """

    folder: Path
    record: dict[str, Any]
    spec: Spec
    analysis: Analysis
    model: Any
    settings: Settings
    encodings: dict[str, TargetEncoding]

    @property
    def fitted(self) -> dict[str, Any]:
        """What was learned from the training data (fill values), and the columns used."""
        fitted: dict[str, Any] = self.record.get("data", {}).get("fitted", {})
        return fitted

    def vocabularies(self) -> dict[str, list[Any]]:
        """The values that each lookup layer has learned, by node."""
        learned = {lookup.layer.name for lookup in lookups(self.analysis.graph) if lookup.is_learned}
        return {name: self.model.get_layer(name_in_keras(name)).get_vocabulary(False) for name in learned}


@exclusive_keras()
def load_run(
    place: str,
    *,
    runs: str = "runs",
    nodes: Sequence[str] = (),
    keep: Sequence[str] = (),
    allow_code: bool = False,
    allow_outside: bool = False,
) -> LoadedRun:
    """Loads a run: its resolved spec, its trained model, its labels.

    Args:
        place: A run folder, `latest` of one, or the name of a spec that has been run.
        runs: The folder of the run folders.
        nodes: The nodes to predict besides the outputs; by default those of the spec's `predict: {nodes}`.
        keep: The columns to write beside predictions; by default those of the spec's `predict: {keep}`.
        allow_code: Import the run's extensions.
        allow_outside: Read data outside the run's folder and the working directory.

    Raises:
        RunFolderError: if there is no run, or it has no model.
        SpecError: if its resolved spec has errors.
    """
    folder = find_run(place, runs)
    opener = PathPolicy(folder, Permissions(outside=allow_outside, folders=())).open_file
    record = read_record(folder, opener)
    model_file = folder / "model.keras"
    if not os.path.lexists(model_file):
        members = record.get("members")
        if members is not None:
            first = f"{folder}/{members['kind']}-1"
            raise RunFolderError(
                f"the run {folder} has {members['count']} {members['kind']}s, each with a model of its own; "
                f"name one: {first}"
            )
        raise RunFolderError(f"the run {folder} has no trained model (its status is {status_of(record)})")
    _require_resolved(folder / "resolved.yaml", opener)
    granted = Permissions(allow_code, allow_outside)
    overrides = [f"predict.{key}={to_yaml(list(names))}" for key, names in (("nodes", nodes), ("keep", keep)) if names]
    compiled = compile_spec(resolved_file(folder, record), overrides, permissions=granted, is_trained=True)
    spec, analysis = compiled.unwrap()
    report = Report()
    model = _load_model(model_file, spec, analysis, report, opener)
    check_names(record, folder, spec.document.inputs, analysis.graph.outputs)
    check_scales(record, folder, spec)
    check_lists(record, folder, spec)
    shapes = output_shapes(analysis.graph, model)
    settings, encodings = recorded_encodings(record, spec, analysis, shapes, report, model)
    return LoadedRun(folder, record, spec, analysis, model, settings, encodings)


def read_examples(
    run: LoadedRun,
    data: str | None,
    split: str | None,
    *,
    need_targets: bool,
    shared: SharedTable | None = None,
    new_rows: NewRows | None = None,
) -> tuple[DataSplit, str]:
    """Reads examples for a run's model: from another file, or from a split of the run's own data.

    Args:
        run: A loaded run.
        data: A file with the same columns; None for the run's own data.
        split: The split of the run's own data; by default the best that it has: test, validation, train.
        need_targets: Whether the file must have the target columns.
        shared: The table of the run's own data, if several runs share it.
        new_rows: Holds the rows of a file against a contract; by default against that of the run.

    Returns:
        The examples, and the name of the file or split.

    Raises:
        RunFolderError: if the run's own data is missing or has changed.
        SpecError: if the data cannot be read, or the split is empty.
    """
    report = Report()
    if data is not None:
        new_rows = new_rows or NewRows(run.folder, run.analysis.graph)
        examples = load_for_prediction(
            data,
            run.spec,
            input_specs(run.spec),
            list(run.analysis.graph.outputs),
            run.encodings,
            run.fitted,
            report,
            need_targets=need_targets,
            values=ValueCheck(run.analysis.graph, run.vocabularies()),
            examine=new_rows.examine,
        )
        report.raise_errors()
        assert examples is not None
        examples.notes += [problem.message for problem in report.sorted()]
        examples.notes += new_rows.notes()
        return examples, data
    from kspec.data.step_data import choose_split
    from kspec.data.targets.text_encoding import encode_others

    dataset = read_training_data(run.spec, run.analysis, report, shared=shared)
    report.raise_errors()
    if dataset is None:
        raise RunFolderError("the spec of this run has no data; name a file with --data")
    before = run.record.get("data", {}).get("fingerprints", {})
    if set(before.values()) != set(dataset.fingerprint.values()):
        raise RunFolderError("the data has changed since this run, and so have its splits; name a file with --data")
    name, _ = choose_split(split, dataset, report)
    encode_others(
        dataset.splits[name], {n: each.encoder for n, each in run.encodings.items() if each.encoder is not None}
    )
    return dataset.splits[name], name


@exclusive_keras()
def predictions_of(run: LoadedRun, examples: DataSplit) -> tuple[dict[str, Any], dict[str, Any]]:
    """Predicts with a run's model.

    Returns:
        Predictions by output, and values by predicted node, each of shape (n, …).

    Raises:
        RunFolderError: if the model cannot predict.
    """
    from kspec.backend.node_tensors import node_tensors
    from kspec.data.pipeline import Batches
    from kspec.training.predict import beside_outputs, predict, predict_nodes

    check_batch_size(run, examples)
    outputs, graph = run.settings.outputs, run.analysis.graph
    size = run.spec.document.predict.batch_size or run.spec.document.fit.batch_size
    batches = Batches(examples.inputs, {}, {}, batch_size=size, shuffle=False, seed=0)
    with failure_of("predict"):
        predictions = predict(engine_of_run(run), batches, outputs)
        tensors = node_tensors(run.model, graph)
        nodes = predict_nodes(run.model, [node.name for node in graph.inputs], tensors, batches)
    return predictions, beside_outputs(nodes, outputs)


@exclusive_keras()
def predict_run(run: LoadedRun, examples: DataSplit, to: Path | TextIO) -> tuple[list[Path], int]:
    """Writes predictions of a run's model.

    Args:
        run: A loaded run.
        examples: With or without targets.
        to: The file to write; what does not fit a table goes to a file beside it, with the suffix `.npz`. Or a stream
            for the table.

    Returns:
        The files written, none for a stream; and the number of predictions.

    Raises:
        RunFolderError: if the model cannot predict, the file cannot be written, or the predictions are no table for a
            stream.
    """
    from kspec.runs.list_predictions import is_list
    from kspec.runs.prediction_files import write_predictions
    from kspec.runs.prediction_table import prediction_table
    from kspec.runs.window_table import by_step, nodes_by_step
    from kspec.training.predict import fits_table

    predictions, nodes = predictions_of(run, examples)
    count = len(next(iter(predictions.values())))
    if not isinstance(to, Path):
        examples, predictions, places = by_step(examples, predictions, run.encodings)
        nodes = nodes_by_step(nodes, count, len(next(iter(predictions.values()))))
        lists = {name for name, values in predictions.items() if is_list(values, run.encodings[name])}
        arrays = [n for n, values in {**predictions, **nodes}.items() if n not in lists and not fits_table(values)]
        if arrays:
            raise RunFolderError(
                f"the predictions of {', '.join(f'`{name}`' for name in arrays)} are arrays and cannot be printed; "
                "name a file with -o"
            )
        table = prediction_table(examples, predictions, run.encodings, nodes, places)
        csv.writer(to, lineterminator="\n").writerows(table)
        return [], count
    with failure_to_write(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        names = write_predictions(
            lambda name, write: write(to.with_name(name)),
            to.name,
            examples,
            predictions,
            run.encodings,
            nodes,
        )
    return [to.with_name(name) for name in names], count


def check_batch_size(run: LoadedRun, examples: DataSplit) -> None:
    """Checks that examples fill batches of the size that the network is built for.

    Raises:
        RunFolderError: if some would be left over.
    """
    size, count = run.spec.document.fixed_batch, len(examples)
    if size is not None and count % size:
        raise RunFolderError(
            f"the network takes batches of {size} examples, and {count} is no multiple of {size}: "
            f"give it {count - count % size or size}"
        )


def engine_of_run(run: LoadedRun) -> Engine:
    """The engine that trained the run, for the same numbers."""
    return engine_of(run.model, run.spec.document.fit.engine)


def _require_resolved(path: Path, opener: Opener) -> None:
    """Checks that a run has a resolved spec of its own.

    Raises:
        RunFolderError: If it has none.
    """
    try:
        opener(str(path)).close()
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {error.strerror or error}") from error


def _load_model(path: Path, spec: Spec, analysis: Analysis, report: Report, opener: Opener) -> Any:
    """Builds the network of the resolved spec, and gives it what is in `model.keras`.

    Args:
        path: The archive.
        spec: The resolved spec.
        analysis: Its analysis.
        report: Receives what Keras rejects.
        opener: Opens the archive.

    Raises:
        RunFolderError: If the archive cannot be read, is unsafe, or does not fit.
    """
    try:
        return restore_model(spec, analysis, report, path, opener)
    except ImportRefused as refused:
        raise RunFolderError(f"{path} cannot be loaded: {refused.message}") from refused
    except SpecError:
        raise
    except Exception as error:  # whatever Keras and HDF5 raise for damaged data
        from kspec.backend.keras_errors import plain

        raise RunFolderError(f"{path} cannot be loaded: {plain(error)}") from error
