"""Plain values → the typed document, with Pydantic's complaints said in the user's words at their place."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from kspec.diagnostics import Path, Positions, Report, codes, did_you_mean, nearest
from kspec.diagnostics.suggest import HABITS
from kspec.language.base import kind_of
from kspec.language.key_hints import cure_of, form_of
from kspec.syntax.coercion import replacement_edits, suggest_correction
from kspec.syntax.deferred import is_failed
from kspec.syntax.names import ENTRY_KEYS

M = TypeVar("M", bound=BaseModel)


def validate(values: Any, positions: Positions, report: Report, model: type[M]) -> M | None:
    """The document, or None with the reasons in the report: all of them, each at its place.

    Args:
        model: What the values are: the whole `Document`, or a part of one.
    """
    if not isinstance(values, dict):
        report.error(
            codes.INVALID_VALUE,
            f"a spec is a mapping of sections, not {kind_of(values)}",
            positions.whole,
            help="begin with `kspec: 1`, `inputs:` and `layers:`",
        )
        return None
    try:
        return model.model_validate(values)
    except ValidationError as error:
        errors = typing.cast("list[Mapping[str, Any]]", error.errors())
        found = [(_path_in_values(p["loc"], values, lacks=p["type"] == "missing"), p) for p in errors]
        for path, problem in _once(found):
            _report(path, problem, positions, report, model)
        return None


def _once(found: list[tuple[Path, Mapping[str, Any]]]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """One mistake gives one message: not that a mistyped key is missing too, nor what else a value could have been.

    Of a value that can have several forms, the form whose own parts are at fault is the one that was meant.
    """
    unknown = [path for path, problem in found if problem["type"] == "extra_forbidden"]
    said: set[Path] = set()
    for path, problem in found:
        is_misspelt = problem["type"] == "missing" and any(
            other[:-1] == path[:-1] and nearest(str(other[-1]), [str(path[-1])]) for other in unknown
        )
        outer = any(len(other) > len(path) and other[: len(path)] == path for other, _ in found)
        if not is_misspelt and path not in said and not (outer and _is_of_a_form(problem["type"])):
            said.add(path)
            yield path, problem


def _is_of_a_form(kind: str) -> bool:
    return kind.endswith("_type") or kind == "literal_error"


def _report(
    path: Path, problem: Mapping[str, Any], positions: Positions, report: Report, model: type[BaseModel]
) -> None:
    kind = problem["type"]
    context = problem.get("ctx") or {}
    if _rests_on_failed(problem.get("input"), context.get("key", "")):
        return
    if kind == "kspec":
        key = context["key"]
        place = (*path, key) if key else path
        span = positions.key(place) if key else positions.value(place)
        report.error(
            context["code"],
            problem["msg"],
            span,
            help=context["help"],
            label=context["label"],
            edits=replacement_edits(positions, place, context["write"]) if context["write"] else (),
            related=positions.related(path),
        )
    elif kind == "extra_forbidden":
        _unknown_key(path, positions, report, model)
    elif kind == "missing":
        _missing(path, positions, report, model)
    else:
        name = next((part for part in reversed(path) if isinstance(part, str)), "the spec")
        what = f"`{name}`" if path and path[-1] == name else f"an item of `{name}`"
        expected = _EXPECTED.get(kind, "")
        bounds = {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in context.items()}
        wanted = expected.format(**bounds) if expected else problem["msg"].removeprefix("Input should be ")
        wanted = wanted.replace("'", "`")
        given = problem.get("input")
        words = "and has no value" if given is None else f"not {kind_of(given)}"
        label = _literal_label(kind, problem)
        hint = suggest_correction(given, {}) if kind in _PLAIN else None
        if hint is not None and not isinstance(hint.value, _PLAIN[kind]):
            hint = None
        report.error(
            codes.INVALID_VALUE,
            f"{what} must be {wanted}, {words}",
            positions.value(path),
            label=label,
            help=f"{hint.advice} `{hint.text}`" if hint else form_of(path, given),
            edits=replacement_edits(positions, path, hint.text) if hint else (),
            related=positions.related(path),
        )


def _rests_on_failed(value: Any, key: str) -> bool:
    """Whether a value, or the part of it that is at fault, could not be computed: that has been said."""
    if isinstance(value, dict):
        return is_failed(value.get(key)) if key else any(map(is_failed, value.values()))
    return is_failed(value) or (isinstance(value, list) and any(map(is_failed, value)))


_PLAIN: dict[str, type] = {"int_type": int, "int_from_float": int, "float_type": float, "bool_type": bool}
"""The complaints that a value is not of a plain type, and that type."""

_EXPECTED = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "too_short": "a list or mapping of at least {min_length}",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "string_pattern_mismatch": "letters, digits, `_`, `-` and `.` (it names a folder)",
}


def _literal_label(kind: str, problem: Mapping[str, Any]) -> str:
    given = problem.get("input")
    if kind != "literal_error" or not isinstance(given, str):
        return ""
    return did_you_mean(given, problem["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", "))


def _unknown_key(path: Path, positions: Positions, report: Report, model: type[BaseModel]) -> None:
    key = str(path[-1])
    known = _fields(_model_at(path[:-1], model))
    where = f" in `{_section(path)}`" if _section(path) else ""
    cure = "" if HABITS.get(key) in known else cure_of(key, path[:-1])
    report.error(
        codes.UNKNOWN_KEY,
        f"there is no `{key}`{where}",
        positions.key(path),
        label="" if cure else did_you_mean(key, known),
        help=cure or (f"keys you can use here: {', '.join(known)}" if known else ""),
    )


def _missing(path: Path, positions: Positions, report: Report, model: type[BaseModel]) -> None:
    key = str(path[-1])
    example = _EXAMPLES.get(key, "")
    parent = path[:-1]
    where = f"in `{_section(path)}`" if _section(path) else "in the spec"
    if not _section(path) and "kspec" not in model.model_fields:  # a part of it, which stands under its name
        where = f"in `{positions.whole.written}`"
    report.error(
        codes.MISSING_KEY,
        f"`{key}` is missing {where}",
        positions.key(parent) if parent else positions.whole,
        help=f"add `{example}`" if example else "",
    )


_EXAMPLES = {
    "kspec": "kspec: 1",
    "inputs": "inputs: {x: {shape: [10]}}",
    "layers": "layers: [{Dense: {units: 1}}]",
    "shape": "shape: [10]",
    "path": "path: table.csv",
}


def _section(path: Path) -> str:
    return next((part for part in reversed(path[:-1]) if isinstance(part, str)), "")


def _path_in_values(loc: tuple[int | str, ...], values: Any, *, lacks: bool) -> Path:
    """Pydantic's place without the steps that are its own (the names of union members and validators).

    Args:
        lacks: Whether the last step is a key that is not there.
    """
    path: list[str | int] = []
    here = values
    for number, part in enumerate(loc):
        last = number == len(loc) - 1
        in_list = isinstance(here, list) and isinstance(part, int) and part < len(here)
        if in_list or (isinstance(here, Mapping) and part in here):
            here = here[part]
        elif not (last and lacks and isinstance(here, Mapping)):
            continue
        path.append(part)
    return tuple(path)


def _model_at(path: Path, model: type[BaseModel] | None) -> type[BaseModel] | None:
    """The model that describes the mapping at a path."""
    named = False  # whether the next step is a name of the spec's own: `models: {encoder: …}`
    for part in path:
        if model is None:
            return None
        if isinstance(part, int) or named:
            named = False
            continue
        field = next((f for n, f in model.model_fields.items() if (f.alias or n) == part), None)
        if field is not None:
            model = _inner_model(field.annotation)
            named = _is_mapping(field.annotation)
        else:
            return None
    return model


def _is_mapping(annotation: Any) -> bool:
    if typing.get_origin(annotation) is typing.Annotated:
        return _is_mapping(typing.get_args(annotation)[0])
    return typing.get_origin(annotation) is dict


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (types.UnionType, typing.Union, list, dict, typing.Annotated):
        for argument in typing.get_args(annotation):
            model = _inner_model(argument)
            if model is not None:
                return model
    return None


def _fields(model: type[BaseModel] | None) -> list[str]:
    if model is None:
        return []
    names = [field.alias or name for name, field in model.model_fields.items()]
    return list(ENTRY_KEYS) if model.__name__ == "Entry" else names
