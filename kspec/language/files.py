"""The files that a spec reads, and its values as they are written where another folder is the spec's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

from kspec import catalog
from kspec.diagnostics import Path
from kspec.language.data import SOURCES, SPLITS
from kspec.language.spec import Spec


def relocate(values: dict[str, Any], spec: Spec, there: File, *, absolute: bool = False) -> list[tuple[Path, str]]:
    """Makes the paths that a spec reads relative to another folder; gives each with what it was.

    Args:
        values: Plain values of the spec, which are changed in place.
        there: The folder in which they will lie.
        absolute: Whether a path that no folder decides is made relative, too.
    """
    changed = []
    for holder, key, path in _computed_of_models(values, spec) + list(_files(values)):
        text = holder[key]
        if "://" not in text and (absolute or not os.path.isabs(text)):
            holder[key] = File(os.path.relpath(spec.folder / text, there)).as_posix()
            changed.append((path, text))
    return changed


Place = tuple[Any, Any, Path]
"""A list or mapping, the key or index in it under which a path stands as text, and where that is in the document."""


def _files(values: dict[str, Any]) -> Iterator[Place]:
    data = values.get("data") or {}
    for source in SOURCES:
        if source in data and source != "synthetic":
            yield from _of_source(data, source, ("data", source))
    for step in ("evaluate", "predict"):
        if (values.get(step) or {}).get("data") is not None:
            yield from _of_source(values[step], "data", (step, "data"))
    if isinstance(values.get("weights"), str):
        yield values, "weights", ("weights",)
    for section in ("layers", "blocks", "models"):
        yield from _vocabularies(values.get(section), (section,))


def _of_source(holder: Any, key: Any, path: Path) -> Iterator[Place]:
    """A path, a list of them, or `path` and those of splits."""
    value = holder[key]
    if isinstance(value, str):
        yield holder, key, path
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from _of_source(value, index, (*path, index))
    elif isinstance(value, dict):
        for word in ("path", *SPLITS):
            if word in value:
                yield from _of_source(value, word, (*path, word))


def _computed_of_models(values: dict[str, Any], spec: Spec) -> list[Place]:
    """The files of sub-models, their expressions computed: beside them stand templates, which are not."""
    found: list[Place] = []
    for name, model in (values.get("models") or {}).items():
        said = spec.document.models[name]
        for word, text in (("file", said.file), ("weights", said.weights)):
            if text is not None:
                model[word] = text
                found.append((model, word, ("models", name, word)))
        if said.application_weights() is not None:
            application, arguments = said.of_keras
            model["application"] = {application: {**arguments}}
            place = ("models", name, "application", application, "weights")
            found.append((model["application"][application], "weights", place))
    return found


def _vocabularies(value: Any, path: Path) -> Iterator[Place]:
    """The vocabularies of layers, wherever the layers stand."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _vocabularies(item, (*path, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            entry = catalog.find("layer", name) if isinstance(item, dict) else None
            said = item.get("vocabulary") if entry is not None and "vocabulary" in entry.parameters else None
            if isinstance(said, str) and "$" not in said:
                yield item, "vocabulary", (*path, name, "vocabulary")
            yield from _vocabularies(item, (*path, name))
