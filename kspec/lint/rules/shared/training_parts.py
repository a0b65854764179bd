"""The optimizers, learning-rate schedules and callbacks of a training, with all their arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kspec import catalog
from kspec.diagnostics import Path, Span
from kspec.lint.context import RuleContext

INNER: Mapping[str, catalog.Kind] = {"learning_rate": "schedule", "inner_optimizer": "optimizer"}
"""Arguments that hold a part of their own."""


@dataclass(frozen=True, slots=True)
class Part:
    """An object that takes part in training.

    Args:
        kind: `optimizer`, `schedule` or `callback`.
        name: Keras's class.
        head: The class as the spec names it: `adam` for `Adam`.
        written: Its arguments in the spec.
        arguments: All of its arguments.
        path: Where the spec names it.
        outer: The part that holds it.
    """

    kind: catalog.Kind
    name: str
    head: str
    written: Mapping[str, Any]
    arguments: Mapping[str, Any]
    path: Path
    outer: Part | None = None

    def __getitem__(self, argument: str) -> Any:
        """An argument; None if the class has none of this name."""
        return self.arguments.get(argument)

    def sets(self, argument: str) -> bool:
        """Whether the spec gives an argument another value than Keras's default."""
        entry = catalog.find(self.kind, self.name)
        default = entry.parameters[argument].default if entry and argument in entry.parameters else None
        return argument in self.written and self.written[argument] != default

    @property
    def inside(self) -> Path:
        """The path of its arguments."""
        return (*self.path, self.head)

    def place(self, context: RuleContext, argument: str = "") -> Span:
        """Where the spec names it, or one of its arguments."""
        positions = context.spec.positions
        if argument and (*self.inside, argument) in positions.keys:
            return positions.key((*self.inside, argument))
        return positions.key(self.inside) if self.inside in positions.keys else positions.value(self.path)


def optimizers(context: RuleContext) -> list[Part]:
    """The optimizers that the spec names, in the order of the stages, with those inside them."""
    settings, stages = context.spec.document.compile, context.spec.document.fit.stages or ()
    named: list[tuple[Any, Path]] = [(settings.optimizer, ("compile", "optimizer"))]
    named += [(stage.optimizer, ("fit", "stages", index, "optimizer")) for index, stage in enumerate(stages)]
    return [part for value, path in named if value is not None for part in _parts(value, "optimizer", path)]


def callbacks(context: RuleContext) -> list[Part]:
    """The callbacks, in order."""
    values = context.spec.document.fit.callbacks
    return [part for i, value in enumerate(values) for part in _parts(value, "callback", ("fit", "callbacks", i))]


def _parts(value: Any, kind: catalog.Kind, path: Path, outer: Part | None = None) -> Iterator[Part]:
    head, written = (value, {}) if isinstance(value, str) else next(iter(value.items()))
    entry = catalog.find(kind, head) if isinstance(head, str) else None
    if entry is None:
        return
    written = written if isinstance(written, dict) else {}
    defaults = {name: parameter.default for name, parameter in entry.parameters.items()}
    part = Part(kind, entry.name, head, written, {**defaults, **written}, path, outer)
    yield part
    for argument, inner_kind in INNER.items():
        inner = written.get(argument)
        if isinstance(inner, (str, dict)) and inner:
            yield from _parts(inner, inner_kind, (*part.inside, argument), part)
