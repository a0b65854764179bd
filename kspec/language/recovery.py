"""Recovery from invalid values: what is left of a document without them, so that one mistake hides no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from kspec.diagnostics import Path, nearest
from kspec.language.entry import Entry
from kspec.language.model_fields import inner_model
from kspec.syntax.deferred import FAILED
from kspec.syntax.names import NAME

M = TypeVar("M", bound=BaseModel)

OPTIONAL_SECTIONS = ("name", "description", "task", "seed", "data", "compile", "fit", "evaluate", "predict", "sweep")
"""The sections that a network can be checked without."""
_REQUIRED: dict[Path, Any] = {
    ("sweep", "goal"): {"minimize": "loss"},
    ("sweep", "search"): {"fit.epochs": {"choice": [1]}},
}
"""Settings that a section must have, with something that stands for an invalid one until it is removed."""


def recover(values: dict[str, Any], invalid: Iterable[Path], model: type[M]) -> M | None:
    """Validates values again without those that are invalid.

    An invalid entry is replaced by one that calls nothing known, and keeps its name, so that references to it are
    valid. An invalid setting is removed, with the whole section where that is not enough, and so is what an unknown
    key is likely to mean: reading it raises `RemovedValue`.

    Args:
        values: The plain values of a document or a sub-model.
        invalid: The paths of the invalid ones.
        model: The model of the values.

    Returns:
        The typed rest; None if an invalid value is one that nothing can be checked without, such as an input.
    """
    rest = dict(values)
    invalid = [each for path in invalid for each in (path, *_meant(path, values, model))]
    ranges = _some_ranges(invalid, values)
    for path in invalid:
        match path:
            case ("layers", int(index), *_) if isinstance(rest["layers"], list):
                rest["layers"] = list(rest["layers"])
                rest["layers"][index] = _failed_entry(values["layers"][index])
            case ("sweep", "search", str(address), *_) if path in ranges:
                search = {name: value for name, value in rest["sweep"]["search"].items() if name != address}
                rest["sweep"] = {**rest["sweep"], "search": search}
            case (str(section), str(key), *_) if (section, key) in _REQUIRED and isinstance(rest.get(section), dict):
                rest[section] = {**rest[section], key: _REQUIRED[section, key]}
            case (str(section), str(key), *_) if section in OPTIONAL_SECTIONS and isinstance(rest.get(section), dict):
                rest[section] = {name: value for name, value in rest[section].items() if name != key}
            case (str(section), *_) if section in OPTIONAL_SECTIONS or section not in model.model_fields:
                rest.pop(section, None)
            case _:
                return None
    try:
        return _without(model.model_validate(rest), [path for path in invalid if path not in ranges])
    except ValidationError as error:
        sections = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
        if not sections <= {*OPTIONAL_SECTIONS} & rest.keys():
            return None
        return recover(rest, [*invalid, *((section,) for section in sections)], model)


def _some_ranges(invalid: Iterable[Path], values: Mapping[str, Any]) -> list[Path]:
    """The invalid parts of a sweep's ranges, if it has others: each is removed for itself."""
    inside = [path for path in invalid if path[:2] == ("sweep", "search") and len(path) > 2]
    removed = {path[2] for path in inside}
    return inside if inside and values["sweep"]["search"].keys() - removed else []


def _meant(path: Path, values: Mapping[str, Any], document: type[BaseModel]) -> Iterator[Path]:
    """The setting whose name an unknown key resembles: it may have been meant."""
    *sections, key = path or ("",)
    model: type[BaseModel] | None = document
    if len(sections) == 1 and sections[0] in OPTIONAL_SECTIONS:
        section = str(sections[0])
        model, values = inner_model(document.model_fields[section].annotation), values.get(section, {})
    if model is not None and len(sections) < 2 and key not in model.model_fields and isinstance(values, Mapping):
        name = nearest(str(key), [name for name in model.model_fields if name not in values])
        if name is not None and (sections or name in OPTIONAL_SECTIONS):
            yield (*sections, name)


def _without(document: M, removed: Iterable[Path]) -> M:
    """A typed document in which removed settings are absent."""
    for section, *keys in removed:
        holder = document.__dict__.get(str(section)) if keys else document
        key = str(keys[0] if keys else section)
        if section in OPTIONAL_SECTIONS and isinstance(holder, BaseModel) and key in type(holder).model_fields:
            holder.__dict__.pop(key, None)
    return document


def _failed_entry(value: Any) -> Entry:
    """An entry that calls nothing known, with the names of an invalid one."""
    name = value.get("name") if isinstance(value, dict) else None
    outputs = value.get("as") if isinstance(value, dict) else None
    return Entry.model_construct(
        kind="class",
        head=FAILED,
        name=name if _is_name(name) else None,
        as_=outputs if isinstance(outputs, list) and all(map(_is_name, outputs)) else None,
    )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None
