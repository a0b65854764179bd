"""The budget of a compilation: bounds on what a spec can grow to, counted wherever work is done.

A few lines can stand for billions of values: lists of lists in `vars`, repeated blocks of repeated blocks, texts that
double. Each pass spends what it makes; when a bound is reached, compilation stops with one diagnostic.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kspec.diagnostics.source import Span


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A bound on one kind of work; compared by identity, since it is looked up for each piece of work.

    Args:
        limit: The most that a spec can spend.
        noun: What is counted.
        help: What the user can do.
    """

    limit: int
    noun: str
    help: str


VALUES = Bound(
    200_000,
    "values, counting what aliases, variables and repeated entries copy",
    "move large lists into files, or share them less",
)
CHARACTERS = Bound(
    10_000_000,
    "characters of text, counting what aliases, variables and repeated entries copy",
    "is a text copied too often?",
)
LAYERS = Bound(
    12_000,
    "inputs, layers and ops, counting those of blocks and sub-models at each use",
    "is a `repeat` too large?",
)
SUB_MODELS = Bound(200, "networks, counting sub-models", "call a sub-model twice rather than define it twice")
OUTPUTS = Bound(1000, "outputs", "concatenate outputs that belong together")
COPIES = Bound(20_000, "uses of blocks, repeated entries and entries left out", "is a `repeat` too large?")
EDGES = Bound(200_000, "connections between nodes", "join nodes once, and reference what joins them")
STEPS = Bound(2_000_000, "steps to compute its expressions", "compute a value once, in `vars`")
FILES = Bound(100, "files to include or to read sub-models from", "does each file include others twice?")
PROBLEMS = Bound(10_000, "problems", "fix those above first")
SUGGESTIONS = 20
"""How many misspelt names get suggestions; the search compares each with all known names."""

BOUNDS = (VALUES, CHARACTERS, LAYERS, SUB_MODELS, OUTPUTS, COPIES, EDGES, STEPS, FILES, PROBLEMS)


class BudgetExceeded(Exception):
    """A spec grows beyond a bound.

    Args:
        bound: The bound.
        span: Where it grows; None if the place is not known yet.
    """

    def __init__(self, bound: Bound, span: Span | None) -> None:
        super().__init__(bound, span)
        self.bound = bound
        self.span = span

    def __str__(self) -> str:
        return f"the spec has more than {self.bound.limit:,} {self.bound.noun}"


class Budget:
    """What a compilation has spent.

    Another thread can set `cancelled`: the compilation stops at the next work that it counts.

    Args:
        seconds: The time after which checks that take long are left for later; None for no such time.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self.cancelled = False
        self.is_incomplete = False
        self._end = None if seconds is None else time.monotonic() + seconds
        self.spent = dict.fromkeys(BOUNDS, 0)
        self.suggestions = 0
        self._weights: _Weights = {}

    def spend(self, bound: Bound, amount: int = 1, span: Span | None = None) -> None:
        """Counts work.

        Args:
            bound: What is counted.
            amount: How much.
            span: Where the spec grows.

        Raises:
            BudgetExceeded: If that is more than the bound.
        """
        spent = self.spent[bound] = self.spent[bound] + amount
        if spent > bound.limit or self.cancelled:
            raise BudgetExceeded(bound, span)

    @property
    def is_over(self) -> bool:
        """Whether the time is over: the check that asks is left for later, and notes `is_incomplete`."""
        return self._end is not None and time.monotonic() > self._end

    def spend_copy(self, value: Any, span: Span | None = None) -> None:
        """Counts the values and the text of a copy.

        Args:
            value: The value that is copied.
            span: Where the spec grows.

        Raises:
            BudgetExceeded: If that is more than a bound.
        """
        self._spend(_weigh(value, {}), span)

    def spend_shared(self, value: Any, span: Span | None = None) -> None:
        """Counts the values and the text of another place that has a value: whatever reads it meets it again there.

        Args:
            value: The value of a variable; its lists and mappings must not change afterwards.
            span: Where the spec grows.

        Raises:
            BudgetExceeded: If that is more than a bound.
        """
        self._spend(_weigh(value, self._weights), span)

    def size(self, value: Any) -> int:
        """The number of values and characters of a variable's value, which must not change afterwards."""
        return sum(_weigh(value, self._weights))

    def _spend(self, weight: tuple[int, int], span: Span | None) -> None:
        self.spend(VALUES, weight[0], span)
        self.spend(CHARACTERS, weight[1], span)


_Weights = dict[int, tuple[Any, tuple[int, int]]]


def _weigh(value: Any, known: _Weights) -> tuple[int, int]:
    """The values and the characters that a value consists of, parts that it shares counted at each place.

    Args:
        value: The value.
        known: Lists and mappings by their identity, with their weights; they are held, so that no other gets that.
    """
    if isinstance(value, str):
        return 1, len(value)
    if not isinstance(value, (list, dict)):
        return 1, 0
    if (found := known.get(id(value))) is not None:
        return found[1]
    values, characters = 1, 0
    if isinstance(value, dict):
        characters += sum(len(key) for key in value if isinstance(key, str))
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, str):
            values += 1
            characters += len(item)
        elif isinstance(item, (list, dict)):
            inner = _weigh(item, known)
            values += inner[0]
            characters += inner[1]
        else:
            values += 1
    known[id(value)] = (value, (values, characters))
    return values, characters


_current: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def limited(budget: Budget | None = None) -> Iterator[Budget]:
    """Bounds the work inside, by default together with that around it: one budget for a whole compilation."""
    budget = budget or _current.get() or Budget()
    token = _current.set(budget)
    try:
        yield budget
    finally:
        _current.reset(token)


@contextmanager
def unlimited() -> Iterator[None]:
    """Lifts the bounds inside: a finished compilation is reported whatever it has spent."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def spend(bound: Bound, amount: int = 1, span: Span | None = None) -> None:
    """Counts work in the current budget; nothing outside of a compilation.

    Args:
        bound: What is counted.
        amount: How much.
        span: Where the spec grows.

    Raises:
        BudgetExceeded: If the compilation has spent more than the bound.
    """
    budget = _current.get()
    if budget is not None:
        budget.spend(bound, amount, span)


def stop_if_cancelled() -> None:
    """Ends a compilation that another thread has cancelled.

    Raises:
        BudgetExceeded: If it is.
    """
    spend(VALUES, 0)


def current() -> Budget | None:
    """The budget of the compilation; None outside of one."""
    return _current.get()


def can_suggest() -> bool:
    """Whether the next misspelt name gets a suggestion."""
    budget = _current.get()
    return budget is None or budget.suggestions < SUGGESTIONS


def may_suggest() -> bool:
    """Whether another misspelt name gets a suggestion, which counts as one."""
    budget = _current.get()
    if budget is None:
        return True
    budget.suggestions += 1
    return budget.suggestions <= SUGGESTIONS
