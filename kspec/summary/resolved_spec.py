"""The spec with nothing left out: overrides applied, expressions computed, defaults and sizes filled in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.analysis.settings import Settings
from kspec.language import Spec
from kspec.language.files import relocate
from kspec.syntax.dump import dump

_ORDER = (
    "kspec",
    "name",
    "description",
    "task",
    "seed",
    "vars",
    "extensions",
    "dtype_policy",
    "data",
    "weights",
    "inputs",
    "blocks",
    "models",
    "layers",
    "outputs",
    "compile",
    "fit",
    "evaluate",
    "predict",
)


def resolved_values(
    spec: Spec,
    settings: Settings,
    sizes: Mapping[tuple[str, str], int],
    folder: Path | None = None,
    engine: Any = None,
) -> dict[str, Any]:
    """The resolved spec as plain values.

    Args:
        settings: With everything filled in.
        sizes: The sizes that the data decided.
        folder: Where it will lie; paths that are read are made relative to it.
        engine: What ran the training, with the steps at which it changed; None as long as that is open.
    """
    values = spec.standalone_values()
    document = spec.document
    values["name"] = spec.name
    values["seed"] = document.seed
    classes = {place: size for place, size in sizes.items() if place[0] == "classes_of"}
    values["layers"] = [_with_sizes(entry, sizes) for entry in values["layers"]]
    for section in ("blocks", "models"):
        if section in values:
            values[section] = _with_sizes(values[section], classes)
    for name, given in document.inputs.items():
        values["inputs"][name] = {"shape": list(given.shape), **given.model_dump(exclude={"shape"}, exclude_none=True)}
    if document.data is not None:
        split = document.data.split.model_dump(exclude_none=True)
        values["data"]["split"] = {"by": split["by"]} if "by" in split else split
    values["compile"] = _compile(settings, values.get("compile") or {})
    values["fit"] = document.fit.model_dump(exclude_none=True) | {"callbacks": document.fit.callbacks}
    if document.fit.stages is not None:
        values["fit"]["stages"] = _stages(spec, settings)
    values["fit"]["engine"] = engine if engine is not None else document.fit.engine
    values["predict"] = document.predict.model_dump(exclude_none=True)
    values["evaluate"] = document.evaluate.model_dump(exclude_none=True)
    if folder is not None:
        relocate(values, spec, folder, absolute=True)
    return {key: values[key] for key in _ORDER if values.get(key) not in (None, {}, [])}


def resolved_text(
    spec: Spec,
    settings: Settings,
    sizes: Mapping[tuple[str, str], int],
    folder: Path | None = None,
    engine: Any = None,
) -> str:
    """The resolved spec as YAML."""
    return dump(resolved_values(spec, settings, sizes, folder, engine))


def _compile(settings: Settings, written: Mapping[str, Any]) -> dict[str, Any]:
    outputs = settings.outputs
    losses = {name: output.loss for name, output in outputs.items() if output.loss is not None}
    metrics = {name: output.metrics for name, output in outputs.items() if output.metrics}
    compile_: dict[str, Any] = {"optimizer": settings.optimizer}
    single = len(outputs) == 1
    if losses:
        compile_["loss"] = next(iter(losses.values())) if single else losses
    if metrics:
        compile_["metrics"] = next(iter(metrics.values())) if single else metrics
    for key in ("weighted_metrics", "loss_weights", "auto_scale_loss"):
        if key in written:
            compile_[key] = written[key]
    return compile_


def _stages(spec: Spec, settings: Settings) -> list[dict[str, Any]]:
    """Each with its epochs and optimizer; what it says of layers stays as it is written."""
    written = spec.document.fit.stages or ()
    filled = [
        {"name": said.name, "epochs": stage.epochs, "optimizer": stage.optimizer, "trainable": said.trainable}
        for said, stage in zip(written, settings.stages, strict=True)
    ]
    return [{key: value for key, value in stage.items() if value is not None} for stage in filled]


def _with_sizes(value: Any, sizes: Mapping[tuple[str, str], int]) -> Any:
    """A value with the sizes filled in; in templates those of outputs alone, whose names are the whole spec's."""
    if isinstance(value, dict):
        if len(value) == 1:
            (word, name), *_ = value.items()
            if isinstance(name, str) and (word, name) in sizes:
                return sizes[word, name]
        return {key: _with_sizes(item, sizes) for key, item in value.items()}
    return [_with_sizes(item, sizes) for item in value] if isinstance(value, list) else value
