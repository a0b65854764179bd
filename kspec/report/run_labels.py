"""Short names for several runs: what distinguishes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kspec.language import Spec
from kspec.runs.run_index import RunRecord
from kspec.syntax.yaml_flow import to_yaml

LONGEST = 48
"""Characters of a name that a legend shows."""
MOST_VALUES = 3
"""So many values that differ are named."""
_NO_VALUES = ("name", "description", "kspec", "predict")


def run_labels(records: Sequence[RunRecord], specs: Sequence[Spec | None], folders: Sequence[Path]) -> list[str]:
    """The shortest names that distinguish runs.

    They are the names of the specs; of one spec the values that differ, or the run folders; else both; else the paths.

    Args:
        records: What the list of runs shows of each.
        specs: Their resolved specs; None where that cannot be read.
        folders: The run folders.
    """
    names = [record.name for record in records]
    ends = [folder.name for folder in folders]
    candidates = [names]
    if len(set(names)) == 1:
        candidates += [_values(specs), ends]
    both = [f"{name} · {end}" for name, end in zip(names, ends, strict=True)]
    for labels in (*candidates, both):
        if len(set(labels)) == len(records):
            return labels
    return [folder.as_posix() for folder in folders]


def _values(specs: Sequence[Spec | None]) -> list[str]:
    """By run, the values in which the specs differ: `units 4, learning_rate 0.01`; no names where they are many."""
    leaves = [{} if spec is None else dict(_leaves(spec.values)) for spec in specs]
    paths = dict.fromkeys(path for own in leaves for path in own)
    varied = [path for path in paths if len({own.get(path) for own in leaves}) > 1]
    if not 0 < len(varied) <= MOST_VALUES or None in specs:
        return []
    ends = [path[-1] for path in varied]
    keys = [
        path[-1] if ends.count(path[-1]) == 1 else ".".join(path[-2:]) if len(path) > 1 else path[0] for path in varied
    ]
    labels = [
        ", ".join(f"{key} {own.get(path, '–')}" for key, path in zip(keys, varied, strict=True)) for own in leaves
    ]
    return labels if max(map(len, labels)) <= LONGEST else []


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The values of a spec by their paths; what is written on one line is one value.

    Args:
        value: A part of the spec.
        path: Its path.
    """
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            if path or key not in _NO_VALUES:
                yield from _leaves(each, (*path, str(key)))
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for at, each in enumerate(value):
            name = each.get("name") if isinstance(each, Mapping) else None
            yield from _leaves(each, (*path, str(name or at)))
    else:
        yield path, to_yaml(value)
