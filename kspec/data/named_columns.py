"""The columns that a spec names, for sources that read nothing else, and those that other data must have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from kspec.data.context import Context
from kspec.data.number_texts import is_number
from kspec.data.sources.read_request import Request
from kspec.data.table import Table
from kspec.diagnostics import codes, did_you_mean
from kspec.language.data import Data
from kspec.language.targets import named_targets
from kspec.language.window import column_names

SHOWN = 12
"""How many columns a message names."""


def named_columns(available: Sequence[str], request: Request) -> list[str]:
    """The columns that the spec uses: those that it names, or all where it leaves the choice to the data.

    Args:
        available: The columns of the source.
        request: What is read.
    """
    data = request.context.spec.document.data
    if data is None or data.distinct or not request.inputs:
        return list(available)
    patterns = [*named_targets(data.targets), *_texts(data.weights), *_texts(data.split.stratify), *data.split.columns]
    patterns += [name for name in (data.window.time, data.window.by) if name] if data.window else []
    inputs = data.inputs if isinstance(data.inputs, dict) else {}
    if data.inputs is not None and not inputs:
        patterns += _texts(data.inputs)
    for name in request.inputs:
        if name in inputs:
            patterns += _texts(column_names(inputs[name]))
        elif data.inputs is None or inputs:
            if len(request.inputs) == 1 and name not in available:
                return list(available)  # the only input takes all that nothing else does
            patterns.append(name)
    patterns += request.outputs
    expressions = [*_expressions(data), *request.context.spec.document.evaluate.slices]
    return [
        name
        for name in available
        if name in patterns
        or any(fnmatchcase(name, pattern) for pattern in patterns)
        or any(name in text for text in expressions)
    ]


def require_columns(
    inputs: Sequence[str],
    targets: Mapping[str, Sequence[str]],
    table: Table,
    context: Context,
    *,
    for_prediction: bool,
) -> list[str]:
    """Reports the columns of training that other data lacks.

    Args:
        inputs: The columns that every use of the data needs.
        targets: By output, the columns of its target.
        table: The data.
        context: Receives the error.
        for_prediction: Whether targets may be absent.

    Returns:
        The outputs whose targets are absent.
    """
    missing = [column for column in inputs if column not in table.columns]
    absent = {name: [each for each in own if each not in table.columns] for name, own in targets.items()}
    if not for_prediction:
        missing += [column for columns in absent.values() for column in columns]
    missing = list(dict.fromkeys(missing))
    if missing:
        context.error(
            codes.UNKNOWN_COLUMN,
            f"the data lacks column{'s' if len(missing) > 1 else ''} {', '.join(f'`{name}`' for name in missing)}",
            context.source_path,
            label=did_you_mean(missing[0], table.columns) if len(missing) == 1 else "",
            help=_why_not(list(table.columns)),
        )
    return [name for name, columns in absent.items() if columns]


def _why_not(names: list[str]) -> str:
    """Why columns may be lacking: those that there are, and what their names tell."""
    shown = f"available columns: {', '.join(names[:SHOWN])}"
    mark = next((mark for mark in ";\t|" if len(names) == 1 and mark in names[0]), None)
    if mark is not None:
        shown += f"; {'tabs' if mark == chr(9) else f'`{mark}`'} seem to divide its values, unlike those of training"
    elif all(is_number(name) for name in names):
        shown += "; its first line seems to be data, and should have the names"
    return shown


def _expressions(data: Data) -> list[str]:
    return [*data.columns.values(), *([data.where] if data.where is not None else [])]


def _texts(setting: Any) -> Iterator[str]:
    """The texts in a setting of columns."""
    if isinstance(setting, str):
        yield setting
    elif isinstance(setting, Mapping):
        for value in setting.values():
            yield from _texts(value)
    elif isinstance(setting, list):
        for value in setting:
            yield from _texts(value)
