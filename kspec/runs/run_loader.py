"""A finished run taken up again, from its folder alone: to evaluate it and to predict with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kspec.analysis.program import Analysis
from kspec.analysis.resolution import resolve_settings
from kspec.analysis.settings import Settings, TargetFacts
from kspec.backend.tensorflow import import_tensorflow
from kspec.compiler.compile import compile_spec
from kspec.compiler.define import output_shapes
from kspec.data import DataSplit, Labels, load_for_prediction
from kspec.data.training_data import input_specs, read_training_data
from kspec.diagnostics import Report, codes
from kspec.language import Permissions, Spec
from kspec.runs.run_folder import RunFolderError, find_run
from kspec.training.engine import Engine, engine_of


@dataclass(slots=True)
class LoadedRun:
    """A run that has been read back.

    Args:
        record: Its `run.json`.
        spec: As resolved.
        labels: By output, the labels of its target.
    """

    folder: Path
    record: dict[str, Any]
    spec: Spec
    analysis: Analysis
    model: Any
    settings: Settings
    labels: dict[str, Labels]

    @property
    def fitted(self) -> dict[str, Any]:
        """What was learned from the training data, and the columns used."""
        fitted: dict[str, Any] = self.record.get("data", {}).get("fitted", {})
        return fitted


def load_run(place: str, *, allow_code: bool = False, allow_outside: bool = False) -> LoadedRun:
    """Reads a run folder back: its resolved spec, its trained model, its labels.

    Raises:
        RunFolderError: where there is no run, or none that has a model.
        SpecError: when its resolved spec is faulty.
    """
    import_tensorflow()
    from kspec.backend.keras_model import name_outputs

    folder = find_run(place)
    record = _record(folder)
    model_file = folder / "model.keras"
    if not model_file.is_file():
        raise RunFolderError(f"the run {folder} has no trained model (its status is {record.get('status', 'unknown')})")
    granted = Permissions(allow_code, allow_outside, network=True)  # its model is there: nothing is downloaded
    spec, analysis = compile_spec(folder / "resolved.yaml", permissions=granted).unwrap()
    report = Report()
    model = _load_model(model_file, spec, report)
    name_outputs(model, analysis.graph.outputs)
    facts = {
        name: TargetFacts(units=shape[-1] if len(shape) > 1 else 1)
        for name, shape in output_shapes(analysis.graph, model).items()
    }
    settings = resolve_settings(spec, analysis.graph, report, facts)
    report.raise_errors()
    labels = {name: Labels.from_json(value) for name, value in record.get("data", {}).get("labels", {}).items()}
    return LoadedRun(folder, record, spec, analysis, model, settings, labels)


def part_of(run: LoadedRun, data: str | None, split: str | None, *, need_targets: bool) -> tuple[DataSplit, str]:
    """The examples to use: another file's, or a split's of the data that the run was made with.

    Raises:
        SpecError: when the data cannot be read, or the split is empty.
    """
    report = Report()
    if data is not None:
        part = load_for_prediction(
            data,
            run.spec,
            input_specs(run.spec),
            list(run.analysis.graph.outputs),
            run.labels,
            run.fitted,
            report,
            need_targets=need_targets,
        )
        report.raise_errors()
        assert part is not None
        return part, data
    from kspec.data.step_data import choose_split

    dataset = read_training_data(run.spec, run.analysis, report)
    report.raise_errors()
    if dataset is None:
        raise RunFolderError("the spec of this run has no data; name a file with --data")
    before = run.record.get("data", {}).get("fingerprints", {})
    if set(before.values()) != set(dataset.fingerprint.values()):
        raise RunFolderError("the data has changed since this run, so its splits are others; name a file with --data")
    name, _ = choose_split(split, dataset, report)
    return dataset.splits[name], name


def evaluate_run(run: LoadedRun, part: DataSplit) -> dict[str, float]:
    """The loss and metrics of a run's model on examples with targets."""
    from kspec.data.pipeline import Batches
    from kspec.data.target_encoding import encode_targets, sample_weights, with_placeholders
    from kspec.training.compile import compile_model
    from kspec.training.evaluate import evaluate

    _whole_batches(run, part)
    outputs = run.settings.outputs
    ranks = {name: len(shape) for name, shape in output_shapes(run.analysis.graph, run.model).items()}
    targets = encode_targets(part, run.labels, outputs, ranks)
    for name, output in outputs.items():
        if name not in targets:
            output.loss = None
    compile_model(run.model, run.spec, run.settings)
    weights = sample_weights(part, run.labels, outputs, training=False)
    size = run.spec.document.evaluate.batch_size or run.spec.document.fit.batch_size
    targets = with_placeholders(targets, outputs, len(part))
    batches = Batches(part.inputs, targets, weights, batch_size=size, shuffle=False, seed=0)
    return evaluate(_engine(run), batches)


def predict_run(run: LoadedRun, part: DataSplit, to: Path) -> tuple[Path, int]:
    """Writes the answers of a run's model for examples, targets or not; returns the file and how many they are."""
    from kspec.data.pipeline import Batches
    from kspec.runs.artifacts import write_predictions
    from kspec.training.predict import probabilities, raw_predictions

    _whole_batches(run, part)
    outputs = run.settings.outputs
    size = run.spec.document.predict.batch_size or run.spec.document.fit.batch_size
    batches = Batches(part.inputs, {}, {}, batch_size=size, shuffle=False, seed=0)
    answers = {
        name: probabilities(answer, outputs[name])
        for name, answer in raw_predictions(_engine(run), batches, list(outputs)).items()
    }
    columns: Mapping[str, list[str]] = run.fitted.get("columns", {}).get("targets", {})
    name = write_predictions(None, to.name, part, answers, outputs, run.labels, columns, path=to)
    return to.with_name(name), len(next(iter(answers.values())))


def _whole_batches(run: LoadedRun, part: DataSplit) -> None:
    """Makes sure that examples come in batches of the size that the network is for.

    Raises:
        RunFolderError: when some would be left.
    """
    size = run.spec.document.fixed_batch
    if size is not None and len(part) % size:
        raise RunFolderError(
            f"the network takes batches of {size} examples, and {len(part)} are no whole batches: "
            f"give it {len(part) - len(part) % size or size}"
        )


def _engine(run: LoadedRun) -> Engine:
    """The engine that the run was trained with, so that its numbers are the same."""
    return engine_of(run.model, run.spec.document.fit.engine)


def _record(folder: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{folder / 'run.json'} cannot be read: {error}") from error
    return record


def _load_model(path: Path, spec: Spec, report: Report) -> Any:
    entries = [entry for network in spec.networks.values() for entry in network.layers]
    extensions = {entry.head for entry in entries if entry.kind == "class" and "." in entry.head}
    if extensions and not spec.permissions.code:
        report.error(
            codes.UNTRUSTED_EXTENSION,
            f"the run uses code of its own: {', '.join(sorted(extensions))}",
            help="if you trust it, add --allow-code",
        )
        report.raise_errors()
    import keras

    from kspec.backend.keras_objects import import_class

    custom = {name.rpartition(".")[2]: import_class(name) for name in extensions}
    try:
        model = keras.models.load_model(path, custom_objects=custom, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError) as error:
        from kspec.backend.keras_errors import plain

        raise RunFolderError(f"{path} cannot be loaded: {plain(error)}") from error
    return model
