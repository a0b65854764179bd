"""The lines that `kspec run` prints about a step, apart from the step itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kspec.analysis.settings import OutputSettings
from kspec.compiler.define import BuiltModel
from kspec.data import Dataset
from kspec.language import Spec
from kspec.training.compile import format_call
from kspec.training.fit import FitResult
from kspec.training.stage_setup import trained_parameters


def describe_data(spec: Spec, dataset: Dataset) -> str:
    """The rows of each split, and what else there is to say of the data; of a fold, which one."""
    split = None if spec.document.data is None else spec.document.data.split
    if split is None or split.folds is None:
        return dataset.describe()
    return f"fold {split.fold or 1} of {split.folds}: {dataset.describe()}"


def describe_definition(built: BuiltModel) -> list[tuple[str, str]]:
    """The lines on a model that has been built, each with its step."""
    weights = [("weights", note) for note in built.network.notes]
    return [("define", describe_model(built)), *weights, *(("default", line) for line in describe_defaults(built))]


def describe_model(built: BuiltModel) -> str:
    """Name, layers and parameters: `mlp: 5 layers, 572 parameters (551 trainable)`."""
    trainable, total = trained_parameters(built.model), built.model.count_params()
    count = len(built.graph.layers)
    split = f" ({trainable:,} trainable)" if trainable != total else ""
    return f"{built.spec.name}: {count} layer{'' if count == 1 else 's'}, {total:,} parameters{split}"


def describe_defaults(built: BuiltModel) -> Iterator[str]:
    """The settings that the spec leaves to kspec, with the reason for each value."""
    for default in built.settings.defaults:
        values = default.value if isinstance(default.value, list) else [default.value]
        yield f"{default.setting}: {', '.join(map(format_call, values))} ({default.reason})"


def describe_training(built: BuiltModel, fitted: FitResult, seconds: float) -> str:
    """Epochs, time, and whose weights are kept: `50 epochs in 3.6 s; kept epoch 45, the best by val_loss`.

    Args:
        built: The trained model, with its settings.
        fitted: The epochs, and what is kept of them.
        seconds: The time that training took.

    Returns:
        The line for the user; it speaks of the kept weights only if they are not simply those of the last epoch.
    """
    count = len(fitted.history)
    line = f"{count} epoch{'s' if count != 1 else ''} in {seconds:.1f} s"
    if fitted.out_of_time:
        line = f"{line}, the time limit of {built.spec.document.fit.time_limit}"
    if fitted.kept is None:
        return f"{line}; kept the averaged weights" if count else line
    if not fitted.chosen_by:
        return line
    row = next(row for row in fitted.history if row["epoch"] == fitted.kept)
    stage = f" ({built.settings.stages[int(row['stage']) - 1].name})" if "stage" in row else ""
    return f"{line}; kept epoch {fitted.kept}{stage}, the best by {fitted.chosen_by}"


def describe_losses(outputs: Mapping[str, OutputSettings]) -> str:
    """A note on losses that are not in the unit of the metrics beside them; mostly empty."""
    scaled = [name for name, output in outputs.items() if output.loss is not None and output.scaling is not None]
    if not scaled:
        return ""
    whose = "" if len(outputs) == 1 else f" of {', '.join(scaled)}"
    return f" (loss{whose} on the scale of training, metrics in the unit of the data)"


def describe_outputs(outputs: Mapping[str, OutputSettings]) -> str:
    """Notes on predictions that are not the model's raw outputs, or have another threshold than usual."""
    logits = [name for name, output in outputs.items() if output.logits]
    notes = f" (logits of {', '.join(logits)} turned into probabilities)" if logits else ""
    classifiers = {name: output for name, output in outputs.items() if output.task not in (None, "regression")}
    scores = [name for name, output in classifiers.items() if not output.gives_probabilities]
    notes += f" (scores of {', '.join(scores)}, which are no probabilities)" if scores else ""
    usual = {name: 0.5 if output.gives_probabilities else 0.0 for name, output in outputs.items()}
    thresholds = [
        f"{output.threshold:g}"
        for name, output in outputs.items()
        if output.has_threshold and output.threshold != usual[name]
    ]
    if thresholds:
        notes += f" (classes at the threshold {', '.join(thresholds)}; metrics use their own thresholds)"
    return notes
