"""The columns that a spec names, for sources that read nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from kspec.data.sources.read_request import Request
from kspec.language.data import Data
from kspec.language.targets import named_targets
from kspec.language.window import column_names


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
