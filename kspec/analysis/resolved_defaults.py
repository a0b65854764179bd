"""What a spec leaves out, as it would be written: the values that running it will use, and where each comes from.

What only the data can tell (the loss for columns that nobody has looked at, which split is the best there is) is not
among it: stated wrongly, it would make another model.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from kspec.analysis.defaults import FIXED, all_stages_say_epochs, has_files_for_splits
from kspec.analysis.program import Analysis
from kspec.analysis.settings import Settings, describe_head
from kspec.analysis.target_facts import target_facts
from kspec.diagnostics import Path
from kspec.language import Spec
from kspec.syntax.names import written_name

KERAS = "Keras's default"


class Filled(NamedTuple):
    """A value that stands at a path, and a few words on where it comes from."""

    path: Path
    value: Any
    note: str


def filled(spec: Spec, analysis: Analysis) -> list[Filled]:
    """What a sound spec leaves out, in the language's order."""
    settings = analysis.settings
    assert settings is not None
    return [
        *_head(spec, settings),
        *_data(spec),
        *_inputs(spec),
        *_outputs(spec, analysis),
        *_compile(spec, analysis, settings),
        *_fit(spec, settings),
        *_predict(spec, settings),
    ]


def _head(spec: Spec, settings: Settings) -> list[Filled]:
    found = []
    if spec.document.name is None:
        found.append(Filled(("name",), spec.name, "default, the file's name"))
    if spec.document.task is None:
        outputs = [output for output in settings.outputs.values() if output.task is not None]
        reasons = dict.fromkeys(describe_head(output.head) or "the loss" for output in outputs)
        if outputs:
            tasks: Any = {output.name: output.task for output in outputs}
            value = tasks if len(settings.outputs) > 1 else outputs[0].task
            found.append(Filled(("task",), value, f"default, {', '.join(reasons)}"))
    if "seed" not in spec.document.model_fields_set:
        found.append(Filled(("seed",), spec.document.seed, "default"))
    return found


def _data(spec: Spec) -> list[Filled]:
    data = spec.document.data
    if data is None or data.source == "images" or has_files_for_splits(spec) or data.split.by is not None:
        return []
    stated = data.split.model_fields_set if "split" in data.model_fields_set else set()
    return [
        Filled(("data", "split", word), getattr(data.split, word), "default")
        for word in ("validation", "test")
        if word not in stated
    ]


def _inputs(spec: Spec) -> list[Filled]:
    return [
        Filled(("inputs", name, "dtype"), given.dtype, KERAS)
        for name, given in spec.document.inputs.items()
        if "dtype" not in given.model_fields_set
    ]


def _outputs(spec: Spec, analysis: Analysis) -> list[Filled]:
    """A counted name is not cited: it would shift."""
    if spec.document.outputs is not None or written_name(spec.values["layers"][-1]) is None:
        return []
    return [Filled(("outputs",), next(iter(analysis.graph.outputs)), "default, the last node")]


def _compile(spec: Spec, analysis: Analysis, settings: Settings) -> list[Filled]:
    said = spec.document.compile
    reasons = {entry.setting: entry.reason for entry in settings.defaults}
    found = []
    if said.optimizer is None and "optimizer" in reasons:
        found.append(Filled(("compile", "optimizer"), settings.optimizer, f"default, {reasons['optimizer']}"))
    facts = target_facts(spec, analysis.graph, analysis.types)
    for setting, attribute in (("loss", "loss"), ("metrics", "metrics")):
        for name, output in settings.outputs.items():
            single = len(settings.outputs) == 1
            reason = reasons.get(setting if single else f"{setting} of {name}")
            if reason is None or not _surely_trained(spec, name, single):
                continue
            if output.task == "multiclass_classification" and facts[name].columns is None:
                continue  # labels, or one-hot columns: the data will tell
            path: Path = ("compile", setting) if single else ("compile", setting, name)
            found.append(Filled(path, getattr(output, attribute), f"default, {reason}"))
    return found


def _surely_trained(spec: Spec, name: str, single: bool) -> bool:
    data = spec.document.data
    return single or data is None or (isinstance(data.targets, dict) and name in data.targets)


def _fit(spec: Spec, settings: Settings) -> list[Filled]:
    fit, fixed = spec.document.fit, spec.document.fixed_batch
    found = [
        Filled(
            ("fit", name), value, "default" if name == "engine" else FIXED if name == "batch_size" and fixed else KERAS
        )
        for name, value in fit.model_dump(exclude_none=True).items()
        if name not in fit.model_fields_set and value not in ([], {})
        if name != "epochs" or not all_stages_say_epochs(spec)
    ]
    for index, (said, stage) in enumerate(zip(fit.stages or (), settings.stages, strict=False)):
        path: Path = ("fit", "stages", index)
        if said.epochs is None:
            found.append(Filled((*path, "epochs"), stage.epochs, "fit.epochs"))
        if said.optimizer is None:
            before = f"that of {settings.stages[index - 1].name}" if index else "compile.optimizer"
            found.append(Filled((*path, "optimizer"), stage.optimizer, before))
    return found


def _predict(spec: Spec, settings: Settings) -> list[Filled]:
    predict = spec.document.predict
    found = []
    if "to" not in predict.model_fields_set:
        found.append(Filled(("predict", "to"), predict.to, "default"))
    tasks = {output.task for output in settings.outputs.values()}
    if "threshold" not in predict.model_fields_set and tasks & {
        "binary_classification",
        "multilabel_classification",
    }:
        found.append(Filled(("predict", "threshold"), predict.threshold, "default"))
    return found
