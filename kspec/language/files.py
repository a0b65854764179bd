"""The files that a spec reads, and how to write their paths in a spec that lies in another folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from types import MappingProxyType
from typing import Any

from kspec import catalog
from kspec.diagnostics import Path
from kspec.language.data import SOURCES, SPLITS
from kspec.language.spec import Spec

NO_COPIES: Mapping[File, str] = MappingProxyType({})


def relocate(
    values: dict[str, Any],
    spec: Spec,
    there: File,
    *,
    absolute: bool = False,
    copies: Mapping[File, str] = NO_COPIES,
) -> list[tuple[Path, str]]:
    """Make the paths of a spec's input files relative to another folder.

    Args:
        values: Plain values of the spec; changed in place.
        spec: The spec.
        there: The folder that the values will lie in.
        absolute: Whether to make absolute paths relative, too.
        copies: By file, the path of its copy in the other folder.

    Returns:
        The place of each changed path in the document, with its old text.
    """
    changed = []
    for holder, key, path in [*_model_files(values, spec), *_files(values)]:
        text = holder[key]
        if "://" not in text and (absolute or not os.path.isabs(text)):
            file = spec.folder / text
            holder[key] = copies.get(file) or File(os.path.relpath(file, there)).as_posix()
            changed.append((path, text))
    return changed


def definition_files(spec: Spec) -> list[File]:
    """The files that the network is made of besides its weights: vocabularies and constants."""
    layers = (spec.values.get(section) for section in _SECTIONS)
    places = [place for section in layers for place in _of_layers(section, ())]
    texts = dict.fromkeys(holder[key] for holder, key, path in places if path[-2] != "weights")
    return [spec.folder / text for text in texts if "://" not in text and spec.paths.file_problem(text) is None]


_SECTIONS = ("layers", "blocks", "models")
"""The sections with layers."""
Place = tuple[Any, Any, Path]
"""A list or mapping, the key or index of a path in it, and where that is in the document."""


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
    for section in _SECTIONS:
        yield from _of_layers(values.get(section), (section,))


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


def _model_files(values: dict[str, Any], spec: Spec) -> list[Place]:
    """The files of sub-models, with their expressions computed (those of the templates around them are not)."""
    places: list[Place] = []
    for name, model in (values.get("models") or {}).items():
        sub_model = spec.document.models[name]
        for key, text in (("file", sub_model.file), ("weights", sub_model.weights)):
            if text is not None:
                model[key] = text
                places.append((model, key, ("models", name, key)))
        if sub_model.application_weights() is not None:
            application, arguments = sub_model.application_call
            model["application"] = {application: {**arguments}}
            path = ("models", name, "application", application, "weights")
            places.append((model["application"][application], "weights", path))
    return places


def _of_layers(value: Any, path: Path) -> Iterator[Place]:
    """The vocabulary files of layers, and the files of vectors and constants, at any depth."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _of_layers(item, (*path, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            entry = catalog.find("layer", name) if isinstance(item, dict) else None
            vocabulary = item.get("vocabulary") if entry is not None and "vocabulary" in entry.parameters else None
            if isinstance(vocabulary, str) and "$" not in vocabulary:
                yield item, "vocabulary", (*path, name, "vocabulary")
            file = item.get("file") if name == "weights" and isinstance(item, dict) else None
            if isinstance(file, str) and "$" not in file:
                yield item, "file", (*path, name, "file")
            for constant, stated in item.items() if name == "call" and isinstance(item, dict) else ():
                if isinstance(stated, dict) and list(stated) == ["file"] and "$" not in str(stated["file"]):
                    yield stated, "file", (*path, name, constant, "file")
            yield from _of_layers(item, (*path, name))
