"""The files that a spec reads, and how to write their paths in a spec that lies in another folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from kspec import catalog
from kspec.diagnostics import Path
from kspec.language.data import SOURCES
from kspec.language.spec import Spec
from kspec.syntax.deferred import Uncomputed

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
    here = File(os.path.relpath(spec.folder, there)).as_posix()
    copied = _folder_of_computed(spec, copies) or here
    for holder, key, path in _layer_places(values):
        folder = here if _of_weights(path) else copied
        if not _is_stated(holder[key]) and folder != "." and not _may_be_elsewhere(spec):
            text = holder[key]
            changed.append((path, text))
            whole = f"${{{text[1:]}}}" if text[1:].isidentifier() else text  # `$table` has to stand alone
            holder[key] = Uncomputed(f"{folder}/{whole}")
    return changed


def input_places(values: dict[str, Any]) -> list[Place]:
    """The places of the paths in a resolved spec, as plain values."""
    models = values.get("models")
    entries = [(name, model) for name, model in models.items() if isinstance(model, dict)] if models else []
    of_models = [(model, key, ("models", name, key)) for name, model in entries for key in ("file", "weights")]
    places = [*(place for place in of_models if place[1] in place[0]), *_files(values)]
    return [(holder, key, path) for holder, key, path in places if isinstance(holder[key], str)]


def definition_files(spec: Spec) -> dict[File, str]:
    """The files that the network is made of besides its weights: vocabularies and constants.

    Returns:
        By file, the path of a copy in a folder: its name, or all of the path where the spec computes paths.
    """
    names = {spec.folder / text: PurePosixPath(text).as_posix() for text in _computed_texts(spec) if _is_inside(text)}
    for holder, key, path in _layer_places(spec.values):
        text = holder[key]
        if "://" not in text and _is_stated(text) and not _of_weights(path):
            names.setdefault(spec.folder / text, File(text).name)
    return {
        file: name
        for file, name in names.items()
        if spec.paths.file_problem(os.path.relpath(file, spec.folder)) is None
    }


def _folder_of_computed(spec: Spec, copies: Mapping[File, str]) -> str:
    """The folder that has copies of all files whose paths the spec computes; empty without one."""
    ends = {spec.folder / text: f"/{PurePosixPath(text).as_posix()}" for text in _computed_texts(spec)}
    found = [copies.get(file, "") for file in ends]
    if not all(copy.endswith(end) for copy, end in zip(found, ends.values(), strict=True)):
        return ""
    folders = {copy.removesuffix(end) for copy, end in zip(found, ends.values(), strict=True)}
    return folders.pop() if len(folders) == 1 else ""


def _may_be_elsewhere(spec: Spec) -> bool:
    """Whether a path that the spec computes is relative to no folder."""
    return any("://" in text or os.path.isabs(text) for text in _paths_of_networks(spec, weights=True))


def _computed_texts(spec: Spec) -> list[str]:
    """The paths of the files that the network is made of, if some are expressions; empty otherwise."""
    places = _layer_places(spec.values)
    if all(_is_stated(holder[key]) or _of_weights(path) for holder, key, path in places):
        return []
    return _paths_of_networks(spec)


def _paths_of_networks(spec: Spec, *, weights: bool = False) -> list[str]:
    """The paths in the layers of all networks, in their order.

    Args:
        weights: Whether those of vectors are among them.
    """
    entries = [
        {entry.head: entry.arguments, "call": entry.call or {}}
        | ({"weights": {"file": entry.weights.file}} if entry.weights is not None and weights else {})
        for network in spec.networks.values()
        for entry in network.layers
    ]
    return list(dict.fromkeys(holder[key] for holder, key, _ in _of_layers(entries, ())))


def _layer_places(values: Mapping[str, Any]) -> list[Place]:
    """The places of all paths in layers."""
    return [place for section in _SECTIONS for place in _of_layers(values.get(section), (section,))]


def _of_weights(path: Path) -> bool:
    """Whether a place is that of the vectors of an `Embedding`."""
    return path[-2] == "weights"


def _is_stated(text: str) -> bool:
    return not isinstance(text, Uncomputed)


def _is_inside(text: str) -> bool:
    """Whether a path leads to a file in the folder of the spec or below."""
    return "://" not in text and not os.path.isabs(text) and ".." not in PurePosixPath(text).parts


_SECTIONS = ("layers", "blocks", "models")
"""The sections with layers."""
Place = tuple[Any, Any, Path]
"""A list or mapping, the key or index of a path in it, and where that is in the document."""


def _files(values: dict[str, Any]) -> Iterator[Place]:
    data = values.get("data") or {}
    for source in SOURCES:
        if source == "sql" and isinstance(data.get(source), dict) and "connect" in data[source]:
            yield from _of_source(data[source], "connect", ("data", source, "connect"))
        elif source in data and source not in ("synthetic", "sql", "keras"):
            yield from _of_source(data, source, ("data", source))
    if isinstance(data.get("split"), dict) and isinstance(data["split"].get("lists"), dict):
        yield from _of_source(data["split"], "lists", ("data", "split", "lists"))
    for step in ("evaluate", "predict"):
        if (values.get(step) or {}).get("data") is not None:
            yield from _of_source(values[step], "data", (step, "data"))
    if isinstance(values.get("weights"), str):
        yield values, "weights", ("weights",)
    yield from (place for place in _layer_places(values) if _is_stated(place[0][place[1]]))


def _of_source(holder: Any, key: Any, path: Path) -> Iterator[Place]:
    """A path, a list of them, those of splits, those of columns; or only what `path` says, where it stands."""
    value = holder[key]
    if isinstance(value, str):
        yield holder, key, path
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from _of_source(value, index, (*path, index))
    elif isinstance(value, dict):
        for word in ["path"] if "path" in value else list(value):
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
            if isinstance(vocabulary, str):
                yield item, "vocabulary", (*path, name, "vocabulary")
            file = item.get("file") if name == "weights" and isinstance(item, dict) else None
            if isinstance(file, str):
                yield item, "file", (*path, name, "file")
            for constant, stated in item.items() if name == "call" and isinstance(item, dict) else ():
                if isinstance(stated, dict) and list(stated) == ["file"] and isinstance(stated["file"], str):
                    yield stated, "file", (*path, name, constant, "file")
            yield from _of_layers(item, (*path, name))
