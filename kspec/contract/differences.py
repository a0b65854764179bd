"""What differs between the contracts of two runs, in plain lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kspec.contract.document import Contract
from kspec.contract.parts import ColumnContract, OutputContract
from kspec.contract.text import gap_text, seen_text, takes_text

Change = Literal["added", "removed", "changed"]
SHOWN = 4


@dataclass(frozen=True, slots=True)
class ContractDifference:
    """A difference between two contracts.

    Args:
        kind: Whether a column or an output was added, removed or changed.
        name: The column or the output.
        changes: The details, each a few words.
    """

    kind: Change
    name: str
    changes: tuple[str, ...] = ()


def contract_differences(old: Contract, new: Contract) -> list[ContractDifference]:
    """What differs: columns that rows need, what is done about gaps, what training has seen, outputs."""
    found = [*_of("", old.columns, new.columns, _column), *_of("output ", old.outputs, new.outputs, _output)]
    windows = [{} if each.window is None else each.window.model_dump() for each in (old, new)]
    changes = tuple(_values(*windows))
    return [*found, ContractDifference("changed", "window", changes)] if changes else found


def _of(prefix: str, old: Mapping[str, Any], new: Mapping[str, Any], compare: Any) -> Iterator[ContractDifference]:
    """The differences of columns or outputs.

    Args:
        prefix: What stands before their names.
        old: Those of the first contract.
        new: Those of the second.
        compare: The changes of one.
    """
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield ContractDifference("removed", f"{prefix}{name}")
        elif name not in old:
            yield ContractDifference("added", f"{prefix}{name}")
        elif changes := tuple(compare(old[name], new[name])):
            yield ContractDifference("changed", f"{prefix}{name}", changes)


def _column(old: ColumnContract, new: ColumnContract) -> Iterator[str]:
    for word, text in (("takes", takes_text), ("a gap", gap_text)):
        if text(old) != text(new):
            yield f"{word}: {text(old)} → {text(new)}"
    yield from _values({"expression": old.expression or None}, {"expression": new.expression or None})
    lost = [name for name in old.seen.categories if name not in new.seen.categories]
    more = [name for name in new.seen.categories if name not in old.seen.categories]
    if lost or more:
        signs = [*(f"+{name}" for name in more[:SHOWN]), *(f"-{name}" for name in lost[:SHOWN])]
        rest = len(lost) + len(more) - len(signs)
        yield f"categories {', '.join(signs)}" + (f" and {rest} more" if rest else "")
    elif not old.seen.categories and seen_text(old.seen) != seen_text(new.seen):
        yield f"training had {seen_text(old.seen) or 'nothing'} → {seen_text(new.seen) or 'nothing'}"
    shares = [each.seen.missing / max(each.seen.rows, 1) for each in (old, new)]
    if f"{shares[0]:.1%}" != f"{shares[1]:.1%}":
        yield f"missing {shares[0]:.1%} → {shares[1]:.1%}"


def _output(old: OutputContract, new: OutputContract) -> Iterator[str]:
    facts = [
        {
            "task": each.task,
            "gives": each.value,
            "shape": each.shape,
            "labels": each.labels,
            "threshold": each.threshold,
            "target": each.columns,
            "scale": each.scale or None,
        }
        for each in (old, new)
    ]
    yield from _values(*facts)


def _values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if before != after:
            yield f"{name} {_shown(before)} → {_shown(after)}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(str, value[:12]))}{', …' if len(value) > 12 else ''}]"
    return "none" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)
