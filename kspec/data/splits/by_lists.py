"""Splits by lists: text files with the keys of each split, one on each line."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context
from kspec.data.splits.by_key import key_text, keys_of
from kspec.data.table import Table
from kspec.diagnostics import codes
from kspec.language.source_files import SPLITS
from kspec.syntax.path_policy import PathRefused

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

PATH = ("data", "split", "lists")
SHOWN = 3


def split_by_lists(table: Table, lists: Mapping[Any, str], key: str, context: Context) -> Array | None:
    """Splits rows by the lists that name their keys.

    Args:
        table: The table; gets the fingerprints of the lists.
        lists: By split, the path of its list.
        key: The column of the keys.
        context: Receives every problem.

    Returns:
        By row, 0 for training, 1 for validation, 2 for test, -1 if no list names it; None if there are errors.
    """
    import numpy

    column = table.columns[key]
    if column.size > 1 or column.kind in ("array", "list"):
        message = f"`{key}` has several values in each row, so lists cannot name them"
        context.error(codes.INVALID_SPLIT_COLUMN, message, ("data", "split", "key"))
        return None
    keys, inverse = keys_of(column)
    known, split_of_key = set(keys), dict[str, str]()
    is_valid = True
    for name in SPLITS:
        if name not in lists:
            continue
        listed = _read(lists[name], name, table, context)
        if listed is None:
            is_valid = False
            continue
        twice = [entry for entry in listed if entry in split_of_key]
        if twice:
            other = split_of_key[twice[0]]
            message = f"{_shown(twice)} {'are' if len(twice) > 1 else 'is'} also in the list of `{other}`"
            help = "let each key be in one list"
            context.error(codes.INVALID_SPLIT_COLUMN, message, (*PATH, name), help=help)
            is_valid = False
        strange = [entry for entry in listed if entry not in known]
        if strange and len(strange) == len(listed):
            message = f"no key of `{lists[name]}` is in `{key}`; it has {_shown(strange)}"
            context.error(codes.INVALID_SPLIT_COLUMN, message, (*PATH, name), help="name the column with these keys")
            is_valid = False
        elif strange:
            message = f"`{key}` lacks {len(strange)} of the {len(listed)} keys of `{lists[name]}`: {_shown(strange)}"
            context.warning(codes.INVALID_SPLIT_COLUMN, message, (*PATH, name), help="correct the list")
        split_of_key.update(dict.fromkeys(listed, name))
    if not is_valid:
        return None
    numbers = [SPLITS.index(split_of_key[text]) if text in split_of_key else -1 for text in keys]
    split: Array = numpy.array(numbers)[inverse]
    split[column.missing] = -1
    return split


def _read(file_name: str, name: str, table: Table, context: Context) -> list[str] | None:
    """The keys of a list, each once; None if it cannot be read.

    Args:
        file_name: Its path.
        name: The split.
        table: Gets the fingerprint of the file.
        context: Receives the error.
    """
    path = (*PATH, name)
    files = context.find(file_name, path)
    if files is None:
        return None
    keys: dict[str, None] = {}
    for file in files:
        try:
            with context.open(file) as stream:
                content = stream.read()
            lines = content.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:
            context.error(codes.MALFORMED_DATA_FILE, f"`{file_name}` is not text in UTF-8", path)
            return None
        except PathRefused as refused:
            refused.problem.report(context.report, context.span(path))
            return None
        except OSError as error:
            message = f"cannot read `{file_name}`: {error.strerror or error}"
            context.error(codes.UNREADABLE_DATA, message, path)
            return None
        table.fingerprints[file_name] = hashlib.sha256(content).hexdigest()
        keys.update(dict.fromkeys(key_text(line) for line in lines if line.strip()))
    if not keys:
        context.error(codes.UNREADABLE_DATA, f"`{file_name}` names no keys", path)
        return None
    return list(keys)


def _shown(entries: list[str]) -> str:
    more = f" and {len(entries) - SHOWN} more" if len(entries) > SHOWN else ""
    return ", ".join(f"`{entry}`" for entry in entries[:SHOWN]) + more
