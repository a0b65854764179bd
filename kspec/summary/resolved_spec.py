"""The resolved spec: overrides applied, expressions computed, defaults and sizes inserted.

Constants come from the models of `kspec.language`, everything else from the `Settings` that analysis resolved.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.analysis.settings import Settings
from kspec.language import Spec
from kspec.language.document import Document
from kspec.language.files import NO_COPIES, relocate
from kspec.language.split import Split
from kspec.syntax.dump import dump
from kspec.syntax.evaluation import compute_size
from kspec.syntax.sizes import is_size


def resolved_values(
    spec: Spec,
    settings: Settings,
    sizes: Mapping[tuple[str, str], int],
    folder: Path | None = None,
    engine: Any = None,
    copies: Mapping[Path, str] = NO_COPIES,
) -> dict[str, Any]:
    """The resolved spec as plain values.

    Args:
        spec: The spec.
        settings: Its resolved settings.
        sizes: The sizes that the data decided: (`vocabulary_of` or `classes_of`, name) → size.
        folder: The folder of the resolved spec; paths are made relative to it.
        engine: The engine that ran the training, with the steps at which it changed; None if not yet known.
        copies: By file, the path of its copy in that folder.
    """
    values = spec.standalone_values()
    document = spec.document
    values["name"] = spec.name
    values["seed"] = document.seed
    # templates have their own node names, so only sizes of outputs are replaced in them
    classes = {key: size for key, size in sizes.items() if key[0] == "classes_of"}
    values["layers"] = [with_sizes(entry, sizes) for entry in values["layers"]]
    for section in ("blocks", "models"):
        if section in values:
            values[section] = with_sizes(values[section], classes)
    for name, input_ in document.inputs.items():
        more = input_.model_dump(exclude={"shape"}, exclude_none=True)
        values["inputs"][name] = {"shape": list(input_.shape), **more}
    if document.data is not None and document.data.splits_by_default_in_time:
        values["data"].pop("split", None)
    elif document.data is not None:
        values["data"]["split"] = _split(document.data.split)
    values["compile"] = _compile(settings, values.get("compile") or {})
    values["fit"] = document.fit.model_dump(exclude_none=True) | {"callbacks": document.fit.callbacks}
    if settings.keep is not None:
        values["fit"]["monitor"] = settings.keep.name
    if document.fit.stages is not None:
        values["fit"]["stages"] = _stages(spec, settings)
    values["fit"]["engine"] = engine if engine is not None else document.fit.engine
    predict = document.predict.model_dump(exclude_none=True)
    values["predict"] = {key: value for key, value in predict.items() if value != []}
    if document.predict.threshold is None and settings.thresholds is not None:
        values["predict"]["threshold"] = settings.thresholds
    evaluate = document.evaluate.model_dump(exclude_none=True)
    values["evaluate"] = {key: value for key, value in evaluate.items() if value != []}
    if folder is not None:
        relocate(values, spec, folder, absolute=True, copies=copies)
    return {key: values[key] for key in Document.model_fields if values.get(key) not in (None, {}, [])}


def resolved_text(
    spec: Spec,
    settings: Settings,
    sizes: Mapping[tuple[str, str], int],
    folder: Path | None = None,
    engine: Any = None,
    copies: Mapping[Path, str] = NO_COPIES,
) -> str:
    """The resolved spec as YAML.

    Args:
        spec: The spec.
        settings: Its resolved settings.
        sizes: The sizes that the data decided: (`vocabulary_of` or `classes_of`, name) → size.
        folder: The folder of the resolved spec; paths are made relative to it.
        engine: The engine that ran the training, with the steps at which it changed; None if not yet known.
        copies: By file, the path of its copy in that folder.

    Returns:
        The text of a spec.
    """
    return dump(resolved_values(spec, settings, sizes, folder, engine, copies))


def _compile(settings: Settings, values: Mapping[str, Any]) -> dict[str, Any]:
    outputs = settings.outputs
    losses = {name: output.loss for name, output in outputs.items()}
    metrics = {name: output.metrics for name, output in outputs.items() if output.metrics}
    compile_: dict[str, Any] = {"optimizer": settings.optimizer}
    single = len(outputs) == 1
    if any(loss is not None for loss in losses.values()):
        compile_["loss"] = next(iter(losses.values())) if single else losses
        # metrics that are omitted would be filled in
        compile_["metrics"] = next(iter(metrics.values()), []) if single else metrics or []
    weights = {name: output.loss_weight for name, output in outputs.items() if output.loss_weight is not None}
    if weights:
        compile_["loss_weights"] = weights
    for key in ("weighted_metrics", "auto_scale_loss"):
        if key in values:
            compile_[key] = values[key]
    return compile_


def _stages(spec: Spec, settings: Settings) -> list[dict[str, Any]]:
    """The stages with their epochs and optimizers; `trainable` stays as written."""
    stages = [
        {"name": stage.name, "epochs": resolved.epochs, "optimizer": resolved.optimizer, "trainable": stage.trainable}
        for stage, resolved in zip(spec.document.fit.stages or (), settings.stages, strict=True)
    ]
    return [{key: value for key, value in stage.items() if value is not None} for stage in stages]


def with_sizes(value: Any, sizes: Mapping[tuple[str, str], int]) -> Any:
    """A value whose references to sizes, such as `{classes_of: kind}`, are replaced by the sizes."""
    if is_size(value):
        number = compute_size(value, lambda size: sizes.get((size.word, size.name)))
        return value if number is None else number
    if isinstance(value, dict):
        return {key: with_sizes(item, sizes) for key, item in value.items()}
    return [with_sizes(item, sizes) for item in value] if isinstance(value, list) else value


def _split(split: Split) -> dict[str, Any]:
    """The keys that have an effect with the way to split."""
    values = split.model_dump(exclude_none=True)
    if split.folds is not None:
        values.pop("validation", None)
    if split.way in ("by", "lists"):
        return {key: values[key] for key in (split.way, "key") if key in values}
    if split.way not in ("", "group"):
        del values["stratify"]
    return {key: value for key, value in values.items() if (key, value) != ("order", False)}
