"""The spec with nothing left out: overrides applied, expressions computed, defaults and sizes filled in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec import catalog
from kspec.checker import Settings
from kspec.spec import Spec
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
    "inputs",
    "blocks",
    "models",
    "weights",
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
    for section in ("layers", "models"):
        if section in values:
            values[section] = _with_sizes(values[section], sizes)
    if folder is not None:
        for section in ("layers", "blocks", "models"):
            _relocate_vocabularies(values.get(section), spec.folder, folder)
        _relocate_models(values, spec, folder)
    for name, given in document.inputs.items():
        values["inputs"][name] = {"shape": list(given.shape), "dtype": given.dtype}
    if document.data is not None:
        split = document.data.split.model_dump(exclude_none=True)
        values["data"]["split"] = {"by": split["by"]} if "by" in split else split
        if folder is not None:
            _relocate(values["data"], document.data.source, spec.folder, folder)
    values["compile"] = _compile(settings, values.get("compile") or {})
    values["fit"] = document.fit.model_dump(exclude_none=True) | {"callbacks": document.fit.callbacks}
    if document.fit.stages is not None:
        values["fit"]["stages"] = _stages(spec, settings)
    values["fit"]["engine"] = engine if engine is not None else document.fit.engine
    values["predict"] = document.predict.model_dump(exclude_none=True)
    values["evaluate"] = document.evaluate.model_dump(exclude_none=True)
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
    if isinstance(value, dict):
        if len(value) == 1:
            (word, name), *_ = value.items()
            if isinstance(name, str) and (word, name) in sizes:
                return sizes[word, name]
        return {key: _with_sizes(item, sizes) for key, item in value.items()}
    return [_with_sizes(item, sizes) for item in value] if isinstance(value, list) else value


def _relocate_vocabularies(value: Any, here: Path, there: Path) -> None:
    """Makes the files that layers read relative to another folder, wherever the layers stand."""
    if isinstance(value, list):
        for item in value:
            _relocate_vocabularies(item, here, there)
    elif isinstance(value, dict):
        for name, item in value.items():
            entry = catalog.find("layer", name) if isinstance(item, dict) else None
            said = item.get("vocabulary") if entry is not None and "vocabulary" in entry.parameters else None
            if isinstance(said, str) and "$" not in said and "://" not in said:
                item["vocabulary"] = os.path.relpath(here / said, there)
            _relocate_vocabularies(item, here, there)


def _relocate_models(values: dict[str, Any], spec: Spec, there: Path) -> None:
    """Makes the files that sub-models and weights are read from relative to another folder."""

    def move(holder: dict[str, Any], word: str) -> None:
        if isinstance(holder.get(word), str):
            holder[word] = os.path.relpath(spec.folder / holder[word], there)

    move(values, "weights")
    for name, written in (values.get("models") or {}).items():
        said = spec.document.models[name]
        move(written, "weights")
        move(written, "file")
        if said.application_weights():
            move(written["application"][said.of_keras[0]], "weights")


def _relocate(data: dict[str, Any], source: str, here: Path, there: Path) -> None:
    def move(value: Any) -> Any:
        if isinstance(value, str):
            return os.path.relpath(here / value, there)
        if isinstance(value, list):
            return [move(item) for item in value]
        return {
            key: move(item) if key in ("path", "train", "validation", "test") else item for key, item in value.items()
        }

    if source != "synthetic":
        data[source] = move(data[source])
