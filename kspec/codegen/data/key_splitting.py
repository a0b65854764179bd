"""The code that splits rows by groups, by the hash of a key, or by lists of keys."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.seeds import data_seed
from kspec.codegen.data.source_table import training_table
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.splits.by_key import key_text
from kspec.data.table import Column
from kspec.syntax.globs import is_glob

_FRACTION_OF = '''\
def fraction_of(key):
    """A number from 0 up to 1 that depends on the key alone."""
    digest = hashlib.sha256(str(key).encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53'''
_ROWS_LISTED = '''\
def rows_listed(path, keys):
    """The rows whose keys are the lines of a file."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return np.flatnonzero(np.isin(keys, [line.strip() for line in lines]))'''


def hash_lines(info: DatasetInfo, file: ModuleWriter) -> list[str]:
    """The lines of `main` that find the rows of splits by the hash of their keys.

    Args:
        info: The training data.
        file: Gets the function of the hash.
    """
    split = info.data.split
    assert split.hash is not None
    _require_plain_keys(training_table(info)[0].columns[split.hash], "hash")
    file.imports.add("hashlib")
    file.helpers["fraction_of"] = _FRACTION_OF.splitlines()
    lines = [f"    fractions = np.array([fraction_of(key) for key in {info.variables.of(split.hash)}])"]
    conditions = dict[str, str]()
    if {"test", "validation"} <= set(info.splits):
        held = f"{split.test!r} + {split.validation!r}"
        conditions["validation"] = f"(fractions >= {split.test!r}) & (fractions < {held})"
        conditions["test"] = f"fractions < {split.test!r}"
    else:
        held = repr(split.fractions[info.splits[-1]])
        conditions[info.splits[-1]] = f"fractions < {held}"
    conditions["train"] = f"fractions >= {held}"
    return [*lines, *(f"    {name} = np.flatnonzero({conditions[name]})" for name in info.used_splits)]


def list_lines(info: DatasetInfo, file: ModuleWriter) -> list[str]:
    """The lines of `main` that find the rows of splits by lists of their keys.

    Args:
        info: The training data.
        file: Gets the function that reads a list.
    """
    split = info.data.split
    assert split.key is not None
    column = training_table(info)[0].columns[split.key]
    _require_plain_keys(column, "key")
    file.helpers["rows_listed"] = _ROWS_LISTED.splitlines()
    file.uses_here = True
    keys, lines = info.variables.of(split.key) + ("" if column.kind == "text" else ".astype(str)"), list[str]()
    lists = {str(name): path for name, path in (split.lists or {}).items()}
    for name in info.used_splits:
        path = lists[name]
        listed = info.spec.folder / os.path.expanduser(path)
        if is_glob(path) and not listed.exists():
            raise UnsupportedInPython("read lists that a glob names", ("data", "split", "lists", name))
        entries = [line.strip() for line in listed.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
        if any(key_text(entry) != entry for entry in entries):
            raise UnsupportedInPython(_OTHER_NUMBERS, ("data", "split", "lists", name))
        relative = text(Path(os.path.relpath(listed, file.folder)).as_posix())
        lines.append(f"    {name} = rows_listed(HERE / {relative}, {keys})")
    return lines


_OTHER_NUMBERS = "compare keys that are numbers in several notations, such as 7 and 007"


def _require_plain_keys(column: Column, setting: str) -> None:
    """Refuses keys whose text in Python is not the text that kspec takes.

    Args:
        column: The keys.
        setting: The key of `split:` that names the column.
    """
    texts = np.unique(np.asarray(column.texts()).astype(str))
    is_plain = column.kind == "integer" or all(key_text(str(each)) == str(each).strip() for each in texts)
    if not is_plain or column.kind not in ("integer", "text") or column.missing.any():
        raise UnsupportedInPython(_OTHER_NUMBERS, ("data", "split", setting))


_SPLIT_GROUPS = '''\
def split_groups(groups, shares):
    """Draws the groups of each split by the seed, the largest first, each where it brings the rows nearest."""
    names, group_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng([SEED, 0]).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    wanted, rows, split = shares * len(groups), np.zeros(len(shares)), np.zeros(len(names), int)
    for place, group in enumerate(order):
        size, parts, empty = sizes[group], np.arange(len(shares)), np.flatnonzero(rows == 0)
        if len(order) - place <= len(empty):  # no split stays empty
            parts = empty
        costs = size * (2 * (rows[parts] - wanted[parts]) + size) / len(groups)
        split[group] = parts[costs.argmin()]
        rows[split[group]] += size
    return split[group_of]'''
_SPLIT_GROUPS_BY_CLASS = '''\
def split_groups(groups, classes, shares):
    """Draws the groups of each split by the seed, the largest first, each where it brings the classes nearest."""
    names, group_of = np.unique(groups, return_inverse=True)
    classes = np.unique(classes, return_inverse=True)[1]
    counts = np.zeros((len(names), classes.max() + 1), int)
    np.add.at(counts, (group_of, classes), 1)
    totals = counts.sum(axis=0)
    order = np.random.default_rng([SEED, 0]).permutation(len(names))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    wanted, rows = shares[:, np.newaxis] * totals, np.zeros((len(shares), len(totals)))
    split = np.zeros(len(names), int)
    for place, group in enumerate(order):
        parts, empty = np.arange(len(shares)), np.flatnonzero(rows.sum(axis=1) == 0)
        if len(order) - place <= len(empty):  # no split stays empty
            parts = empty
        own = counts[group]
        costs = (own * (2 * (rows[parts] - wanted[parts]) + own) / totals).sum(axis=1)
        split[group] = parts[costs.argmin()]
        rows[split[group]] += own
    return split[group_of]'''


def group_lines(info: DatasetInfo, file: ModuleWriter, strata: str) -> list[str]:
    """The lines of `main` that find the rows of splits by their groups.

    Args:
        info: The training data.
        file: Gets the function that draws the groups.
        strata: What the splits are stratified by, in Python; empty if by nothing.
    """
    split = info.data.split
    assert split.group is not None
    if strata:
        _require_common_classes(info, strata)
    groups = info.variables.of(split.group)
    code = _SPLIT_GROUPS_BY_CLASS if strata else _SPLIT_GROUPS
    file.helpers["split_groups"] = code.replace("[SEED, ", f"[{data_seed(info.data)}, ").splitlines()
    held = [repr(split.fractions[name]) for name in info.splits if name != "train"]
    sizes = ", ".join([f"1 - {held[0]}" if len(held) == 1 else f"1 - ({' + '.join(held)})", *held])
    arguments = ", ".join(filter(None, [groups, strata, f"np.array([{sizes}])"]))
    lines = [f"    split = split_groups({arguments})"]
    if len(info.used_splits) == len(info.splits):
        names = ", ".join(info.splits)
        return [*lines, f"    {names} = [np.flatnonzero(split == number) for number in range({len(info.splits)})]"]
    return lines + [f"    {name} = np.flatnonzero(split == {info.splits.index(name)})" for name in info.used_splits]


def _require_common_classes(info: DatasetInfo, strata: str) -> None:
    """Refuses classes that one group alone has, which kspec places first.

    Args:
        info: The training data.
        strata: What the splits are stratified by, in Python.
    """
    split, path = info.data.split, ("data", "split", "stratify")
    named = [split.stratify] if isinstance(split.stratify, str) else next(iter(info.targets.values())).columns
    if "combine(" in strata or len(named) > 1:
        raise UnsupportedInPython("draw groups by the classes of several columns", path)
    table, _ = training_table(info)
    assert split.group is not None
    groups, classes = (table.columns[name].values.astype(str) for name in (split.group, *named))
    pairs = np.unique(np.stack([groups, classes]), axis=1)
    owned, counts = np.unique(pairs[1], return_counts=True)
    alone = np.unique(pairs[0][np.isin(pairs[1], owned[counts == 1])])
    if len(owned) > 1 and len(alone) and len(np.unique(groups)) - len(alone) >= len(info.splits) - 1:
        raise UnsupportedInPython("draw groups of which one alone has a class", path)
