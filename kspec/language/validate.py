"""Plain values → the typed document, with Pydantic's errors reported in the user's words at their place."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from kspec.diagnostics import Path, Positions, Report, codes, did_you_mean, nearest
from kspec.diagnostics.budget import SUGGESTIONS
from kspec.diagnostics.expectation import expectation
from kspec.diagnostics.suggest import HABITS
from kspec.language.key_hints import correct_form, correct_place
from kspec.language.model_fields import inner_model
from kspec.language.recovery import recover
from kspec.syntax.coercion import replacement_edits, suggest_correction
from kspec.syntax.deferred import is_failed
from kspec.syntax.names import ENTRY_KEYS
from kspec.syntax.source import HELP_FOR_EMPTY
from kspec.syntax.yaml_flow import kind_of

M = TypeVar("M", bound=BaseModel)


def validate(values: Any, positions: Positions, report: Report, model: type[M]) -> M | None:
    """Validate plain values against a model of the language.

    Args:
        values: The plain values.
        positions: Their places.
        report: Receives every problem, at its place.
        model: The whole `Document`, or a part of it.

    Returns:
        The typed values, without those that are invalid; None if no network can be checked without these.
    """
    if not isinstance(values, dict):
        if values is None:
            report.error(codes.EMPTY_SPEC, "the spec is empty", positions.whole, help=HELP_FOR_EMPTY)
            return None
        report.error(
            codes.INVALID_VALUE,
            f"a spec must be a mapping of sections, not {kind_of(values)}",
            positions.whole,
            help="start with `kspec: 1`, `inputs:` and `layers:`",
        )
        return None
    try:
        return model.model_validate(values)
    except ValidationError as error:
        errors = typing.cast("list[Mapping[str, Any]]", error.errors())
        by_path = [(_path_in_values(e["loc"], values, is_missing=e["type"] == "missing"), e) for e in errors]
        for path, each in _without_consequences(by_path):
            _report(path, each, positions, report, model)
        return recover(values, [_invalid_part(path, each) for path, each in by_path], model)


def _invalid_part(path: Path, error: Mapping[str, Any]) -> Path:
    """The path of what is invalid: of a mapping that a validator rejects, the key that it names."""
    key = (error.get("ctx") or {}).get("key") if error["type"] == "kspec" else ""
    return (*path, key) if key else path


def _without_consequences(
    errors: list[tuple[Path, Mapping[str, Any]]],
) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """One message for each mistake.

    A misspelled key is not also a missing one. Of a value with several possible forms, the form whose own parts have
    errors is the intended one.
    """
    unknown: dict[Path, list[str]] = {}
    around: set[Path] = set()
    for path, error in errors:
        if error["type"] == "extra_forbidden":
            unknown.setdefault(path[:-1], []).append(str(path[-1]))
        around.update(path[:length] for length in range(len(path)))
    seen: set[Path] = set()
    for path, error in errors:
        is_misspelled = error["type"] == "missing" and _is_similar(str(path[-1]), unknown.get(path[:-1], ()))
        has_inner = path in around
        is_other_form = has_inner and (error["type"].endswith("_type") or error["type"] == "literal_error")
        if path not in seen and not is_misspelled and not is_other_form:
            seen.add(path)
            yield path, error


def _is_similar(key: str, unknown: Iterable[str]) -> bool:
    """Whether one of the unknown keys is a misspelling of a key."""
    return any(nearest(word, [key]) for word in islice(unknown, SUGGESTIONS))


def _report(path: Path, error: Mapping[str, Any], positions: Positions, report: Report, model: type[BaseModel]) -> None:
    context = error.get("ctx") or {}
    if _depends_on_failed(error.get("input"), context.get("key", "")):
        return
    if error["type"] == "kspec":
        _raised_by_validator(path, error["msg"], context, positions, report)
    elif error["type"] == "extra_forbidden":
        _unknown_key(path, positions, report, model)
    elif error["type"] == "missing":
        _missing_key(path, positions, report, model)
    else:
        _wrong_value(path, error, positions, report)


def _raised_by_validator(
    path: Path, message: str, context: Mapping[str, Any], positions: Positions, report: Report
) -> None:
    at = (*path, context["key"]) if context["key"] else path
    report.error(
        context["code"],
        message,
        positions.key(at) if context["key"] or _is_name(path, message, positions) else positions.value(at),
        help=context["help"],
        label=context["label"],
        edits=replacement_edits(positions, at, context["replacement"]) if context["replacement"] else (),
        related=positions.related(path),
    )


def _is_name(path: Path, message: str, positions: Positions) -> bool:
    """Whether an error is about the name that is the key of a value: `my x: {shape: [2]}`."""
    return message == f"invalid name `{path[-1] if path else ''}`" and path in positions.keys


def _wrong_value(path: Path, error: Mapping[str, Any], positions: Positions, report: Report) -> None:
    kind, value = error["type"], error.get("input")
    key = next((part for part in reversed(path) if isinstance(part, str)), "the spec")
    subject = f"`{key}`" if path and path[-1] == key else f"an item of `{key}`"
    if _is_input(path):
        subject = f"input {subject}"
    expected = expectation(error)
    hint = suggest_correction(value, {}) if kind in _PLAIN else None
    if hint is not None and not isinstance(hint.value, _PLAIN[kind]):
        hint = None
    report.error(
        codes.INVALID_VALUE,
        f"{subject} must be {expected}, {'but has no value' if value is None else f'not {kind_of(value)}'}",
        positions.value(path),
        label=_literal_label(kind, error),
        help=f"{hint.advice} `{hint.text}`" if hint else correct_form(path, value),
        edits=replacement_edits(positions, path, hint.text) if hint else (),
        related=positions.related(path),
    )


def _depends_on_failed(value: Any, key: str) -> bool:
    """Whether a value, or the wrong part of it, could not be computed, which is already reported."""
    if isinstance(value, dict):
        return is_failed(value.get(key)) if key else any(map(is_failed, value.values()))
    return is_failed(value) or (isinstance(value, list) and any(map(is_failed, value)))


_PLAIN: dict[str, type] = {"int_type": int, "int_from_float": int, "float_type": float, "bool_type": bool}
"""Pydantic's errors about plain types, and those types."""


def _literal_label(kind: str, error: Mapping[str, Any]) -> str:
    value = error.get("input")
    if kind != "literal_error" or not isinstance(value, str):
        return ""
    options = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
    longer = [option for option in options if option.endswith(f"_{value}")]
    if len(longer) > 1:
        return "did you mean one of these?"
    return did_you_mean(value, options)


def _unknown_key(path: Path, positions: Positions, report: Report, model: type[BaseModel]) -> None:
    key = str(path[-1])
    known = _fields(_model_at(path[:-1], model))
    where = f" in {'input ' if _is_input(path[:-1]) else ''}`{_section(path)}`" if _section(path) else ""
    place = "" if HABITS.get(key) in known else correct_place(key, path[:-1])
    span = positions.key(path)
    if span.source.is_command_line and place.startswith("it belongs under"):
        place = f"write --set {place.split('`')[1]}.{key}=..."
    report.error(
        codes.UNKNOWN_KEY,
        f"unknown key `{key}`{where}",
        span,
        label="" if place else did_you_mean(key, known),
        help=place or (f"available keys: {', '.join(known)}" if known else ""),
    )


def _missing_key(path: Path, positions: Positions, report: Report, model: type[BaseModel]) -> None:
    key, parent = str(path[-1]), path[:-1]
    section = _section(path)
    if not section and "kspec" not in model.model_fields:  # a part of a document, reported under the name of the part
        section = positions.whole.text
    report.error(
        codes.MISSING_KEY,
        f"missing key `{key}`" + (f" in {'input ' if _is_input(parent) else ''}`{section}`" if section else ""),
        positions.key(parent) if parent else positions.whole,
        help=f"add `{_EXAMPLES[key]}`" if key in _EXAMPLES else "",
    )


_EXAMPLES = {
    "kspec": "kspec: 1",
    "inputs": "inputs: {x: {shape: [10]}}",
    "layers": "layers: [{Dense: {units: 1}}]",
    "shape": "shape: [10]",
    "path": "path: table.csv",
    "fill": "fill: median",
}


def _is_input(path: Path) -> bool:
    """Whether a path is that of an input of the spec or of a sub-model."""
    return (len(path) == 2 and path[0] == "inputs") or (len(path) == 4 and path[0::2] == ("models", "inputs"))


def _section(path: Path) -> str:
    return next((part for part in reversed(path[:-1]) if isinstance(part, str)), "")


def _path_in_values(loc: tuple[int | str, ...], values: Any, *, is_missing: bool) -> Path:
    """Pydantic's location without its own steps (names of union members and validators).

    Args:
        loc: The location.
        values: The validated values.
        is_missing: Whether the last step is a missing key.
    """
    path: list[str | int] = []
    here = values
    for number, part in enumerate(loc):
        in_list = isinstance(here, list) and isinstance(part, int) and part < len(here)
        if in_list or (isinstance(here, Mapping) and part in here):
            here = here[part]
        elif not (is_missing and number == len(loc) - 1 and isinstance(here, Mapping)):
            continue
        path.append(part)
    return tuple(path)


def _model_at(path: Path, model: type[BaseModel] | None) -> type[BaseModel] | None:
    """The model of the mapping at a path."""
    is_name = False  # whether the next step is a name that the user chose: `models: {encoder: …}`
    for part in path:
        if model is None:
            return None
        if isinstance(part, int) or is_name:
            is_name = False
            continue
        field = next((f for n, f in model.model_fields.items() if (f.alias or n) == part), None)
        if field is None:
            return None
        model = inner_model(field.annotation)
        is_name = _is_mapping(field.annotation)
    return model


def _is_mapping(annotation: Any) -> bool:
    if typing.get_origin(annotation) is typing.Annotated:
        return _is_mapping(typing.get_args(annotation)[0])
    return typing.get_origin(annotation) is dict


def _fields(model: type[BaseModel] | None) -> list[str]:
    if model is None:
        return []
    names = [field.alias or name for name, field in model.model_fields.items()]
    return list(ENTRY_KEYS) if model.__name__ == "Entry" else names
