"""The defaults of a spec: what each omitted setting becomes, and why.

Constants of the language are declared once, with the fields of `kspec.language`; what is inferred from the network is
decided here. `kspec check` lists `training_defaults`, `kspec render` adds `omitted_settings` to the spec, and
`resolved.yaml` writes the `Settings` that are resolved with these rules.
"""

from __future__ import annotations

from typing import Any

from kspec import catalog
from kspec.analysis.accuracy import ACCURACY, binary_accuracy
from kspec.analysis.settings import DefaultValue, OutputSettings, Settings, TargetFacts
from kspec.analysis.shapes.types import Types
from kspec.analysis.target_facts import target_facts
from kspec.analysis.task_inference import THRESHOLDED_TASKS, OutputHead, is_certain_task, task_of
from kspec.diagnostics import Path
from kspec.ir import Graph
from kspec.language import Spec
from kspec.syntax.names import written_name

KERAS = "Keras's default"
FIXED_BATCH = "the inputs' batch_size"
OPTIMIZER = DefaultValue(("compile", "optimizer"), "adam", "kspec's default")
METRICS = {"regression": "mean_absolute_error", "multilabel_classification": "binary_accuracy"}
"""Task → the name of its default metric; `accuracy` for the others."""


def default_loss(path: Path, task: str, head: OutputHead, columns: int | None) -> DefaultValue:
    """The default loss of an output.

    Args:
        path: Where the spec would set it.
        task: The output's task.
        head: Its last activation and units.
        columns: The number of columns of its target; None if unknown.
    """
    loss: Any = "binary_crossentropy"
    reason = head.describe() or f"the task is {task}"
    if task == "regression":
        return DefaultValue(path, "mean_squared_error", reason, is_inferred=True)
    if task == "multiclass_classification":
        is_one_hot = (columns or 1) > 1
        loss = "categorical_crossentropy" if is_one_hot else "sparse_categorical_crossentropy"
        target = "one-hot columns" if is_one_hot else "one column of labels"
        reason += f", {target}" if columns else f", if the target is {target}"
    if head.activation == "linear":
        entry = catalog.find("loss", loss)
        loss = {entry.name if entry else loss: {"from_logits": True}}
        reason += ", which gives logits"
    return DefaultValue(path, loss, reason, is_inferred=True)


def default_metrics(path: Path, task: str, threshold: float) -> DefaultValue:
    """The default metrics of an output with a task.

    Args:
        path: Where the spec would set them.
        task: The output's task.
        threshold: That of the model's raw output, above which a class is predicted: 0 for logits and scores.
    """
    metric, reason = METRICS.get(task, ACCURACY), task.replace("_", " ")
    if task in THRESHOLDED_TASKS and threshold != 0.5:
        metric, reason = binary_accuracy(threshold, metric), f"{reason}, by the sign of the output"
    return DefaultValue(path, [metric], reason, is_inferred=True)


def training_defaults(spec: Spec, settings: Settings) -> list[DefaultValue]:
    """The defaults that shape training, in the order of the spec."""
    return [*_tasks(spec, settings), *_split(spec), *settings.defaults, *_epochs_and_batch(spec)]


def omitted_settings(spec: Spec, graph: Graph, types: Types, settings: Settings) -> list[DefaultValue]:
    """Every omitted setting whose value is known without the data, in the order of the spec.

    Settings that depend on data that nobody has read, such as the loss for labels or one-hot columns, are left out:
    a wrong guess would be another model.

    Args:
        spec: A spec without errors.
        graph: Its graph.
        types: The types of its nodes.
        settings: Its resolved settings.
    """
    return [
        *_head(spec, settings),
        *_split_parts(spec),
        *_input_dtypes(spec),
        *_outputs(spec, graph),
        *_certain(spec, graph, types, settings),
        *_fit(spec),
        *_stages(spec, settings),
        *_predict(spec, settings),
    ]


def _tasks(spec: Spec, settings: Settings) -> list[DefaultValue]:
    if spec.document.task is not None:
        return []
    single = len(settings.outputs) == 1
    return [
        DefaultValue(("task",) if single else ("task", name), output.task, _task_reason(output))
        for name, output in settings.outputs.items()
        if output.task is not None and output.loss is not None
    ]


def _task_reason(output: OutputSettings) -> str:
    """What a task is inferred from: the head, if it alone implies the task, or the loss."""
    return output.head.describe() if task_of(output.head, None) == output.task else "from the loss"


def _split(spec: Spec) -> list[DefaultValue]:
    data = spec.document.data
    if data is None or "split" in data.model_fields_set or _has_files_for_splits(spec):
        return []
    if data.splits_by_default_in_time:
        return []
    shares = {"validation": data.split.validation, "test": data.split.test}
    return [DefaultValue(("data", "split"), shares, "a fifth each; the rest for training")]


def _epochs_and_batch(spec: Spec) -> list[DefaultValue]:
    if spec.document.data is None:
        return []
    return [default for default in _fit(spec) if default.path[1] in ("epochs", "batch_size")]


def _head(spec: Spec, settings: Settings) -> list[DefaultValue]:
    defaults = []
    if spec.document.name is None:
        defaults.append(DefaultValue(("name",), spec.name, "the file's name", is_inferred=True))
    outputs = settings.outputs
    tasks = {name: output.task for name, output in outputs.items() if is_certain_task(output.head, output.task)}
    if spec.document.task is None and tasks:
        reasons = dict.fromkeys(_task_reason(outputs[name]) for name in tasks)
        value = tasks if len(outputs) > 1 else next(iter(tasks.values()))
        defaults.append(DefaultValue(("task",), value, ", ".join(reasons), is_inferred=True))
    if "seed" not in spec.document.model_fields_set:
        defaults.append(DefaultValue(("seed",), spec.document.seed))
    return defaults


def _split_parts(spec: Spec) -> list[DefaultValue]:
    data = spec.document.data
    if data is None or data.source == "images" or _has_files_for_splits(spec) or data.split.way in ("by", "lists"):
        return []
    if data.splits_by_default_in_time:
        return []
    present = data.split.model_fields_set if "split" in data.model_fields_set else set()
    return [
        DefaultValue(("data", "split", part), getattr(data.split, part))
        for part in ("validation", "test")
        if part not in present and data.split.folds is None
    ]


def _input_dtypes(spec: Spec) -> list[DefaultValue]:
    return [
        DefaultValue(("inputs", name, "dtype"), input_.dtype, KERAS)
        for name, input_ in spec.document.inputs.items()
        if "dtype" not in input_.model_fields_set
    ]


def _outputs(spec: Spec, graph: Graph) -> list[DefaultValue]:
    """The last node, unless its name is automatic: such a name changes with the layers before it."""
    if spec.document.outputs is not None or written_name(spec.values["layers"][-1]) is None:
        return []
    return [DefaultValue(("outputs",), next(iter(graph.outputs)), "the last node", is_inferred=True)]


def _certain(spec: Spec, graph: Graph, types: Types, settings: Settings) -> list[DefaultValue]:
    """The defaults of `compile` that the data cannot change: losses first, then metrics.

    Metrics of some outputs would leave the others without any, so they are written for all outputs or for none.
    """
    facts = target_facts(spec, graph, types)
    data, single = spec.document.data, len(settings.outputs) == 1
    always = single or data is None or data.source == "synthetic"  # then each output has a target
    certain, metrics, uncertain_metrics = [], [], False
    for default in settings.defaults:
        name = str(default.path[-1]) if len(default.path) > 2 else next(iter(settings.outputs))
        is_trained = always or (data is not None and isinstance(data.targets, dict) and name in data.targets)
        if default.path == OPTIMIZER.path:
            certain.append(default)
        elif default.path[1] == "metrics":
            metrics.append(default)
            uncertain_metrics |= not is_trained
        elif is_trained and not _is_open(default, settings.outputs[name], facts[name]):
            certain.append(default)
    return certain if uncertain_metrics else [*certain, *metrics]


def _is_open(default: DefaultValue, output: OutputSettings, facts: TargetFacts) -> bool:
    """Whether labels would have another loss than one-hot columns, and the data decides which they are."""
    return default.path[1] == "loss" and output.task == "multiclass_classification" and facts.columns is None


def _fit(spec: Spec) -> list[DefaultValue]:
    fit = spec.document.fit
    reasons = {"engine": "", "keep": "", "batch_size": FIXED_BATCH if spec.document.fixed_batch else KERAS}
    all_epochs_set = fit.stages is not None and all(stage.epochs is not None for stage in fit.stages)
    return [
        DefaultValue(("fit", name), value, reasons.get(name, KERAS))
        for name, value in fit.model_dump(exclude_none=True).items()
        if name not in fit.model_fields_set and value not in ([], {}) and not (name == "epochs" and all_epochs_set)
    ]


def _stages(spec: Spec, settings: Settings) -> list[DefaultValue]:
    defaults = []
    for index, (stage, resolved) in enumerate(zip(spec.document.fit.stages or (), settings.stages, strict=False)):
        path: Path = ("fit", "stages", index)
        if stage.epochs is None:
            defaults.append(DefaultValue((*path, "epochs"), resolved.epochs, "fit.epochs"))
        if stage.optimizer is None:
            source = f"that of {settings.stages[index - 1].name}" if index else "compile.optimizer"
            defaults.append(DefaultValue((*path, "optimizer"), resolved.optimizer, source))
    return defaults


def _predict(spec: Spec, settings: Settings) -> list[DefaultValue]:
    predict = spec.document.predict
    defaults = [] if "to" in predict.model_fields_set else [DefaultValue(("predict", "to"), predict.to)]
    thresholds = settings.thresholds
    if predict.threshold is None and thresholds is not None:
        defaults.append(DefaultValue(("predict", "threshold"), thresholds))
    return defaults


def _has_files_for_splits(spec: Spec) -> bool:
    """Whether the data has a file for each split."""
    data = spec.document.data
    return data is not None and bool(data.file_splits)
