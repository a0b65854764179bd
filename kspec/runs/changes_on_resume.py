"""What of a spec may change while its run goes on, and why the rest may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.diagnostics import Path, Report, codes
from kspec.language import Spec
from kspec.language.files import input_places
from kspec.runs.spec_fingerprint import plain_values

CHANGEABLE = "`fit.epochs`, `fit.verbose`, `fit.checkpoint`, `fit.time_limit`, a callback's patience, a later stage"
_OF_FIT = ("epochs", "verbose", "checkpoint", "time_limit")
_OF_CALLBACKS = ("patience", "verbose")
_REASONS = {
    "data": "it would go on with other examples",
    "seed": "the order of the examples and every random number follow from it",
    "compile": "what the optimizer and the metrics remember belongs to their settings",
    "dtype": "the weights so far have that type",
    "fit": "the epochs so far were trained with it",
    "evaluate": "evaluate the finished run with `kspec evaluate`",
    "predict": "predict with the finished run with `kspec predict`",
}
_OF_THE_NETWORK = "the weights so far are those of this network"
_ABSENT = object()


def report_changes(before: dict[str, Any], spec: Spec, stage: int, report: Report, *, edited: bool = False) -> None:
    """Reports what may not change while a run goes on.

    Args:
        before: The resolved spec so far, as `plain_values`.
        spec: The resolved spec, perhaps with overrides.
        stage: The stage that training has reached, from 1.
        report: Receives the errors.
        edited: Whether the file itself was edited, which also holds what the engine has chosen, and has other paths in
            another place.
    """
    known, now = set(), plain_values(spec)
    own = {path for _, _, path in input_places(now)} if edited else set()  # fingerprints tell whether data has changed
    for path in differences(before, now):
        if _may_change(path, stage) or (edited and path[:2] == ("fit", "engine")) or path in own:
            continue
        shown = _shown(path)
        if shown in known:
            continue
        known.add(shown)
        reason = _REASONS.get(str(path[0]), _OF_THE_NETWORK)
        if path[:2] == ("fit", "engine"):
            reason = "engines differ in the last bits"
        elif path[:2] == ("fit", "workers"):
            reason = "another number of workers differs in the last bits"
        report.error(
            codes.FIXED_ON_RESUME,
            f"`{shown}` cannot change while a run goes on: {reason}",
            spec.positions.value(path),
            help=f"only {CHANGEABLE} can; to change anything else, start a new run with `kspec run`",
        )


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Path]:
    """The places at which two plain values differ.

    Args:
        before: One of them.
        after: The other.
        path: Where they are.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            yield from differences(before.get(key, _ABSENT), after.get(key, _ABSENT), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, (*path, index))
    elif isinstance(before, list) and isinstance(after, list) and path == ("fit", "stages"):
        shared = min(len(before), len(after))
        yield from differences(before[:shared], after[:shared], path)
        yield from ((*path, index) for index in range(shared, max(len(before), len(after))))
    elif before is _ABSENT or after is _ABSENT or type(before) is not type(after) or before != after:
        yield path


def _may_change(path: Path, stage: int) -> bool:
    """Whether a value may change once training has reached a stage."""
    if path[0] != "fit" or len(path) < 2:
        return False
    if path[1] in _OF_FIT:
        return True
    if path[1] == "callbacks":
        return len(path) == 5 and path[-1] in _OF_CALLBACKS
    if path[1] == "stages" and len(path) > 2 and isinstance(path[2], int):
        return path[2] >= stage or (path[2] == stage - 1 and path[3:] == ("epochs",))
    return False


def _shown(path: Path) -> str:
    """A place as `--set` takes it, no deeper than an argument of an object."""
    if path[:2] == ("fit", "callbacks"):
        path = (*path[:2], *path[3:5])
    return ".".join(str(part) for part in path[:4])
