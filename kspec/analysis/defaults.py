"""What a spec leaves out, what stands in its place, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kspec.analysis.settings import DefaultValue, Settings, describe_head

if TYPE_CHECKING:
    from kspec.analysis.program import Analysis
    from kspec.language import Spec

_KERAS = "Keras's default"
FIXED = "the inputs' batch_size"


def defaults(spec: Spec, analysis: Analysis) -> list[DefaultValue]:
    """What training will use that the spec does not say, in the spec's order; nothing where the graph is faulty."""
    settings = analysis.settings
    if settings is None:
        return []
    return [*_of_task(spec, settings), *_of_data(spec), *settings.defaults, *_of_fit(spec)]


def _of_task(spec: Spec, settings: Settings) -> list[DefaultValue]:
    if spec.document.task is not None:
        return []
    return [
        DefaultValue(
            f"task of {name}" if len(settings.outputs) > 1 else "task",
            output.task,
            describe_head(output.head) or "its loss",
        )
        for name, output in settings.outputs.items()
        if output.task is not None and output.loss is not None
    ]


def _of_data(spec: Spec) -> list[DefaultValue]:
    data = spec.document.data
    if data is None or "split" in data.model_fields_set or has_files_for_splits(spec):
        return []
    split = data.split
    return [
        DefaultValue(
            "split", {"validation": split.validation, "test": split.test}, "a fifth each, the rest is trained on"
        )
    ]


def has_files_for_splits(spec: Spec) -> bool:
    """Whether the data names a file for each split."""
    data = spec.document.data
    source = None if data is None else spec.values["data"].get(data.source)
    files = source.get("path", source) if isinstance(source, dict) else source
    return isinstance(files, dict) and "train" in files


def all_stages_say_epochs(spec: Spec) -> bool:
    """Whether `fit.epochs` has nothing left to say."""
    stages = spec.document.fit.stages
    return stages is not None and all(stage.epochs is not None for stage in stages)


def _of_fit(spec: Spec) -> list[DefaultValue]:
    if spec.document.data is None:
        return []
    fit, fixed = spec.document.fit, spec.document.fixed_batch
    return [
        DefaultValue(f"fit.{name}", getattr(fit, name), FIXED if name == "batch_size" and fixed else _KERAS)
        for name in ("epochs", "batch_size")
        if name not in fit.model_fields_set and not (name == "epochs" and all_stages_say_epochs(spec))
    ]
