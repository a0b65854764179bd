"""Training engines, and the steps at which one takes over from another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from kspec.diagnostics import did_you_mean
from kspec.language.base import fail
from kspec.syntax.yaml_flow import kind_of

EngineName = Literal["auto", "keras", "fused", "fused_xla"]
FusedName = Literal["fused", "fused_xla"]
EngineSetting = EngineName | Sequence[Any]
"""The value of `fit.engine`: a name, or a list with changes such as `[fused, {fused_xla: 400}]`."""

_EXAMPLE = "write `[fused, {fused_xla: 400}]`: the first engine, then each later one with the step at which it starts"


def check_changes(value: Sequence[Any]) -> None:
    """Reject a list that does not clearly state which engine starts at which step."""
    names = get_args(FusedName)
    before = 0
    for number, change in enumerate(value or [None]):
        if number == 0:
            name, step = change, None
            if not isinstance(change, str):
                fail("the list must begin with the name of the first engine", help=_EXAMPLE)
        elif isinstance(change, dict) and len(change) == 1:
            name, step = next(iter(change.items()))
        else:
            fail("every engine after the first needs the step at which it starts", help=_EXAMPLE)
        if name not in names:
            known = "`fused` or `fused_xla`"
            fail(f"an engine in a list must be {known}, not `{name}`", label=did_you_mean(str(name), names))
        if number == 0:
            continue
        if not isinstance(step, int) or isinstance(step, bool):
            fail(f"the step at which `{name}` starts must be an integer, not {kind_of(step)}", help=_EXAMPLE)
        if step <= before:
            fail(f"steps must increase, but {step} follows {before}", help=_EXAMPLE)
        before = step


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """Which engine runs which steps. Steps are training batches, counted from 0 over all epochs.

    >>> plan = EnginePlan.of(["fused", {"fused_xla": 400}])
    >>> plan.at(399), plan.at(400), plan.next_change(10), plan.next_change(400)
    ('fused', 'fused_xla', 400, None)
    """

    changes: tuple[tuple[int, EngineName], ...]

    @classmethod
    def of(cls, setting: EngineSetting) -> "EnginePlan":
        """The plan of a spec's `fit.engine`."""
        items: list[Any] = [setting] if isinstance(setting, str) else list(setting)
        return cls(((0, items[0]), *((step, name) for change in items[1:] for name, step in change.items())))

    def to_spec(self) -> Any:
        """The plan as `fit.engine`: a name, or a list with the steps of the changes."""
        (_, first), *later = self.changes
        return [first, *({name: step} for step, name in later)] if later else first

    def at(self, step: int) -> EngineName:
        """The engine that runs a step."""
        return next(name for start, name in reversed(self.changes) if start <= step)

    def next_change(self, step: int) -> int | None:
        """The first step after this one at which another engine takes over."""
        return next((start for start, _ in self.changes if start > step), None)

    def with_change(self, step: int, name: EngineName) -> "EnginePlan":
        """The plan with another engine from a step on; later changes are dropped."""
        kept = tuple(change for change in self.changes if change[0] < step)
        if kept and kept[-1][1] == name:
            return EnginePlan(kept)
        return EnginePlan((*kept, (step, name)))
