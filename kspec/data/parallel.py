"""Columns that are looked at in parallel: NumPy and Arrow work outside of Python's lock."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

MIN_VALUES = 1_000_000
"""Fewer values are looked at sooner than threads have started."""
MIN_EACH = 10_000
"""Items with fewer values keep Python busy rather than NumPy and Arrow, and threads only wait for its lock."""
MAX_THREADS = 4

T = TypeVar("T")
S = TypeVar("S")


def in_parallel(function: Callable[[T], S], items: Iterable[T], values: int) -> list[S]:
    """`[function(item) for item in items]`, by several threads if there is much to do.

    Args:
        function: Takes an item.
        items: The items.
        values: How many values the items have together.

    Raises:
        Exception: What the function raises for the first item for which it does.
    """
    threads, items = min(MAX_THREADS, os.cpu_count() or 1), list(items)
    if values < max(MIN_VALUES, MIN_EACH * len(items)) or threads == 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads, "kspec-columns") as executor:
        futures = [executor.submit(copy_context().run, function, item) for item in items]
        try:
            return [future.result() for future in futures]
        finally:
            executor.shutdown(cancel_futures=True)


@contextmanager
def made_ahead(items: Iterable[T]) -> Iterator[Iterator[T]]:
    """Each next item is made by a thread while the one before it is used.

    Args:
        items: The items; what they raise is raised where the item would come.
    """
    executor, source, end = ThreadPoolExecutor(1, "kspec-ahead"), iter(items), object()

    def used() -> Iterator[T]:
        following = executor.submit(next, source, end)
        while (item := following.result()) is not end:
            following = executor.submit(next, source, end)
            yield item  # type: ignore[misc]

    with executor:
        yield used()


@contextmanager
def results_ahead(function: Callable[[T], S], items: Iterable[T]) -> Iterator[Iterator[S]]:
    """`map(function, items)`: threads make the next results while one is used.

    Args:
        function: Takes an item.
        items: The items.
    """
    threads = min(MAX_THREADS, os.cpu_count() or 1)
    executor, waiting = ThreadPoolExecutor(threads, "kspec-ahead"), deque[Future[S]]()

    def used() -> Iterator[S]:
        for item in items:
            waiting.append(executor.submit(copy_context().run, function, item))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    with executor:
        try:
            yield used()
        finally:
            executor.shutdown(cancel_futures=True)


@contextmanager
def meanwhile(function: Callable[[], T], values: int) -> Iterator[Callable[[], T]]:
    """A function that returns `function()`, which a thread computes meanwhile if there is much to do.

    Args:
        function: Looks at nothing that is changed meanwhile.
        values: How many values it looks at.
    """
    if values < MIN_VALUES:
        result = function()
        yield lambda: result
        return
    with ThreadPoolExecutor(1, "kspec-meanwhile") as executor:
        yield executor.submit(copy_context().run, function).result
