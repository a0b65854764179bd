"""Values that are invalid, and therefore absent: who reads one learns nothing, rather than a default.

An invalid value is reported where it is, and removed from the typed document. Reading it raises `RemovedValue`, which
ends a rule that depends on it, so that one mistake causes no second message and hides none that does not depend on it.
A setting that is computed from one is `REMOVED`, and absent in its turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")

REMOVED: Any = type("Removed", (), {"__repr__": lambda _: "REMOVED"})()
"""Stands for a value that is absent, where an object that may lack it is made."""


class RemovedValue(Exception):
    """A value is read that is invalid, or computed from an invalid one."""


def attempt(compute: Callable[[], T]) -> T:
    """The result of a computation; `REMOVED` if it reads a removed value."""
    try:
        return compute()
    except RemovedValue:
        return REMOVED  # type: ignore[no-any-return]


class MayLackValues:
    """The base of dataclasses some of whose values may be absent: those that are made with `REMOVED`."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]
            if getattr(self, field.name) is REMOVED:
                delattr(self, field.name)

    def changed(self: T, **values: Any) -> T:
        """A copy with other values; what is absent stays absent."""
        own = {field.name: attempt(lambda name=field.name: getattr(self, name)) for field in fields(self)}  # type: ignore[arg-type,misc]
        return type(self)(**{**own, **values})

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in type(self).__dataclass_fields__:
                raise RemovedValue(name)
            raise AttributeError(name)
