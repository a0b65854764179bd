"""The way from one spec to another in steps that are valid specs, one change at a time."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kspec.compiler.check import check_spec
from kspec.diagnostics import Diagnostic, Report, Severity, Source, codes
from kspec.diff.edits import Draft, Edit, Values, edits_between
from kspec.language import Permissions, Spec, load_source
from kspec.syntax.dump import dump

DATA_OF_INPUTS = ("inputs", "columns", "missing", "weights", "balance", "resize", "rate", "limits", "seed")
"""What may differ in the data of two specs that see the same examples with the same targets."""
_LOST = (codes.UNUSED_NODE, codes.UNUSED_INPUT)
"""A step in which a node feeds nothing is no step: it is made with the change that uses the node."""
MOST_PARTNERS = 30


class NoSteps(ValueError):
    """What two specs have in common does not allow to tell what their differences bring; the message says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """A spec on the way.

    Args:
        changes: What has changed since the step before, in words; none for the first.
        spec: The spec, without repeats and folds.
    """

    changes: tuple[str, ...]
    spec: Spec


def steps_between(one: Values, other: Values, permissions: Permissions) -> list[Step]:
    """The steps from one spec to another, both included.

    Args:
        one: The resolved values of the first, with paths relative to the working directory.
        other: Those of the second.
        permissions: What both may do.

    Raises:
        NoSteps: If they are the same, have no data, or see other examples.
    """
    one, other = _comparable(one, other)
    check_data(one.get("data"), other.get("data"))
    draft = Draft.between(one, other)
    pending = edits_between(one, other, draft)
    if not pending:
        raise NoSteps("there is no difference that affects the training")
    first, last = _compiled(one, permissions), _compiled(other, permissions)
    if first is None or last is None:
        raise NoSteps("one of the two cannot be trained as it is")
    allowed = max(_lost(first[1]), _lost(last[1]))
    steps = [Step((), first[0])]
    while pending:
        group, spec = _next(draft, pending, permissions, allowed)
        for edit in group:
            draft.apply(edit)
            pending.remove(edit)
        steps.append(Step(tuple(edit.text for edit in group), last[0] if not pending or spec is None else spec))
    return steps


def check_data(one: Values | None, other: Values | None) -> None:
    """Checks that two specs are judged on the same examples with the same targets.

    Args:
        one: The `data` section of the first.
        other: That of the second.

    Raises:
        NoSteps: If not.
    """
    if not one or not other:
        raise NoSteps("without `data:` in both, nothing can be trained")
    differing = [key for key in dict.fromkeys([*one, *other]) if one.get(key) != other.get(key)]
    differing = [key for key in differing if key not in DATA_OF_INPUTS]
    if differing:
        names = ", ".join(f"`data.{key}`" for key in differing)
        raise NoSteps(f"they differ in {names}: metrics on other examples or targets say nothing about each other")


def _comparable(one: Values, other: Values) -> tuple[Values, Values]:
    """Both without what the result does not depend on, or that each step sets itself."""
    found = []
    for values in (one, other):
        own = copy.deepcopy(values)
        for key in ("sweep", "predict", "evaluate", "budget"):
            own.pop(key, None)
        own |= {key: one[key] for key in ("kspec", "name", "seed") if key in one}
        own.pop("description", None)
        data, fit = own.get("data"), own.setdefault("fit", {})
        for key in ("repeats", "resplit", "verbose", "engine", "checkpoint", "workers"):
            fit.pop(key, None)
        if isinstance(data, dict):
            data["seed"] = (one.get("data") or {}).get("seed", one.get("seed", 0))
            split = data.get("split")
            if isinstance(split, dict) and "folds" in split:
                split.setdefault("fold", 1)
        extensions = list(dict.fromkeys([*(one.get("extensions") or []), *(other.get("extensions") or [])]))
        if extensions:
            own["extensions"] = extensions
        found.append(own)
    return found[0], found[1]


def _next(
    draft: Draft, pending: Sequence[Edit], permissions: Permissions, allowed: int
) -> tuple[list[Edit], Spec | None]:
    """The next changes that make a valid spec together, as few as possible, and that spec; None for all that are left.

    Args:
        draft: The spec so far.
        pending: The changes that are left, in their order.
        permissions: What the spec may do.
        allowed: How many nodes may feed nothing.
    """
    candidates = [[pending[0]]]
    candidates += [[pending[0], partner] for partner in pending[1 : MOST_PARTNERS + 1]]
    candidates += [list(pending[:count]) for count in range(3, len(pending))]
    for group in candidates:
        if len(group) == len(pending):
            break
        changed = draft.copy()
        for edit in group:
            changed.apply(edit)
        compiled = _compiled(changed.document(), permissions)
        if compiled is not None and _lost(compiled[1]) <= allowed:
            return group, compiled[0]
    return list(pending), None


def _compiled(values: Values, permissions: Permissions) -> tuple[Spec, Sequence[Diagnostic]] | None:
    """The spec of values, if it has no errors, with what is reported about it."""
    report = Report()
    source = Source(str(Path.cwd() / f"{values.get('name', 'spec')}.yaml"), dump(values))
    spec = load_source(source, report, (), permissions)
    if spec is None or report.has_errors:
        return None
    found = check_spec(spec, ignore=())  # the headers of its data are looked at, too
    has_errors = any(each.severity is Severity.ERROR for each in found.diagnostics)
    return None if has_errors else (spec, found.diagnostics)


def _lost(diagnostics: Sequence[Diagnostic]) -> int:
    return sum(found.code in _LOST for found in diagnostics)
