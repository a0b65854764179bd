"""JSON from a file that is not trusted: a regular file, of bounded size and depth."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kspec.syntax.regular_files import Opener, open_regular

MAX_BYTES = 16 << 20
"""The size of a file that a run writes."""
MAX_DEPTH = 200
"""How deep lists and objects may be nested: a model in a model takes four levels."""
_BYTES_PER_CONTAINER = 16
"""A text has at most one list or object for so many of its bytes, and those that a short text may have."""
_FEW_CONTAINERS = 500_000

Pairs = Callable[[list[tuple[str, Any]]], Any]


class InvalidJson(ValueError):
    """A text that is no JSON, or not within the bounds; the message is for the user."""


class TooLarge(InvalidJson):
    """A text that takes more memory, or a deeper stack, than any that kspec has a use for."""


def parse_json(text: bytes, pairs: Pairs | None = None) -> Any:
    """Parses JSON in UTF-8.

    Args:
        text: The text; its reader has bounded its size.
        pairs: Makes an object of its keys and values; by default a dict.

    Raises:
        InvalidJson: If it is no JSON, or too deep.
    """
    containers = text.count(b"[") + text.count(b"{")
    if containers > max(_FEW_CONTAINERS, len(text) // _BYTES_PER_CONTAINER):
        raise TooLarge(f"it has too many lists and objects: {containers:,}")
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=pairs)
    except RecursionError:
        raise TooLarge(f"it is nested more than {MAX_DEPTH} levels deep") from None
    except UnicodeDecodeError:
        raise InvalidJson("it is not text in UTF-8") from None
    except ValueError as error:
        raise InvalidJson(f"it is not JSON: {error}") from None
    if containers > MAX_DEPTH:
        _check_depth(value)
    return value


def read_json(path: Path, opener: Opener = open_regular) -> Any:
    """Reads a JSON file.

    Args:
        path: The file.
        opener: Opens it.

    Raises:
        OSError: If it cannot be read, or is no regular file.
        InvalidJson: If it is no JSON, too large or too deep.
    """
    return parse_json(read_bounded(path, MAX_BYTES, opener))


def read_bounded(path: Path, limit: int, opener: Opener = open_regular) -> bytes:
    """Reads a regular file of at most so many bytes.

    Args:
        path: The file.
        limit: The most bytes that it may have.
        opener: Opens it.

    Raises:
        OSError: If it cannot be read, or is no regular file.
        TooLarge: If it is larger.
    """
    with opener(str(path)) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(f"it is larger than {max(limit >> 20, 1)} MB")
    return data


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            item
            for container in level
            if isinstance(container, (list, dict))
            for item in (container.values() if isinstance(container, dict) else container)
            if isinstance(item, (list, dict))
        ]
        if not level:
            return
    raise TooLarge(f"it is nested more than {MAX_DEPTH} levels deep")
