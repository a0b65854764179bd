"""The code that splits the examples."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.folding import fold_lines, require_folds
from kspec.codegen.data.key_splitting import group_lines, hash_lines, list_lines
from kspec.codegen.data.seeds import data_seed
from kspec.codegen.data.series import default_split_lines
from kspec.codegen.data.time_splitting import order_lines, time_lines
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.split import SPLIT_NAMES
from kspec.language.source_files import SPLITS

_SHARES = '''\
def shares(count, sizes):
    """Distributes `count` over classes in proportion to their sizes, in whole numbers."""
    counts, remainders = np.divmod(count * sizes, sizes.sum())
    largest = np.argsort(-remainders, kind="stable")[: count - counts.sum()]
    counts[largest] += 1
    return counts'''

_COMBINE = f'''\
def combine(columns):
    """One class for each combination of values; those of fewer than {len(SPLITS)} rows are one class together."""
    codes = [np.unique(column, return_inverse=True, axis=0)[1].ravel() for column in columns]
    classes = np.unique(np.stack(codes, axis=1), return_inverse=True, axis=0)[1].ravel()
    return np.where(np.bincount(classes)[classes] < {len(SPLITS)}, -1, classes)'''


def split_lines(info: DatasetInfo, file: ModuleWriter) -> list[str]:
    """The lines of `main` that find the rows of each split."""
    by, way = info.data.split.by, info.data.split.way
    if info.data.split.folds is not None:
        return [line for lines in split_folds(info, file) for line in lines]
    if info.data.splits_by_default_in_time:
        return default_split_lines(info)
    if way in _WAYS:
        return _split_alone(info, file, way)
    if len(info.splits) == 1 and by is None:
        return [f"    train = np.arange(len({info.first_input}))"]
    if by is not None:
        return [_by_name(info)] if _has_plain_names(info) else _by_column(info)
    if info.has_split_files:
        return _by_files(info, file)
    return [f"    {', '.join(_variables(info.splits, info))} = {_random_split(info, file, info.splits)}"]


def split_folds(info: DatasetInfo, file: ModuleWriter) -> tuple[list[str], list[str]]:
    """The lines of `main` that make the folds, and those that find the rows of one.

    Args:
        info: The training data.
        file: Gets functions.
    """
    require_folds(info)
    return fold_lines(info, file, _strata(info, file))


_WAYS = ("time", "order", "group", "hash", "lists")


def _split_alone(info: DatasetInfo, file: ModuleWriter, way: str) -> list[str]:
    """The lines of `main` for a split in time, in order, by groups, hashes or lists.

    Args:
        info: The training data.
        file: Gets functions.
        way: The way.
    """
    split, path = info.data.split, ("data", "split", way)
    if info.has_split_files and way != "lists":
        raise UnsupportedInPython(f"split some of the files by `{way}`", path)
    stated = {name: way == "lists" or getattr(split, name) != 0 for name in ("validation", "test")}
    if way != "lists" and list(info.splits) != ["train", *(name for name in stated if stated[name])]:
        raise UnsupportedInPython("leave a split without rows", path)
    if way == "time":
        return time_lines(info, file)
    if way == "order":
        return order_lines(info)
    if way == "hash":
        return hash_lines(info, file)
    return list_lines(info, file) if way == "lists" else group_lines(info, file, _strata(info, file))


def _variables(splits: Sequence[str], info: DatasetInfo) -> list[str]:
    """The variables of splits; `_` for a split that no step uses."""
    return [split if split in info.used_splits else "_" for split in splits]


def _by_files(info: DatasetInfo, file: ModuleWriter) -> list[str]:
    """The splits that have their own files, and those drawn from the training files."""
    drawn = [split for split in info.splits if split != "train" and split not in info.file_splits]
    if not drawn:
        return [_by_name(info)]
    lines = [
        f"    {split} = np.flatnonzero(split == {literal(split)})"
        for split in info.used_splits
        if split != "train" and split not in drawn
    ]
    variables = ", ".join(["train", *_variables(drawn, info)])
    rows = _random_split(info, file, ["train", *drawn], "candidates")
    return [
        '    candidates = np.flatnonzero(split == "train")',
        f"    {variables} = [candidates[rows] for rows in {rows}]",
        *lines,
    ]


def _by_name(info: DatasetInfo) -> str:
    splits = info.used_splits
    if len(splits) == 1:
        return f"    {splits[0]} = np.flatnonzero(split == {literal(splits[0])})"
    names = ", ".join(map(literal, splits))
    return f"    {', '.join(splits)} = [np.flatnonzero(split == name) for name in ({names})]"


def _random_split(info: DatasetInfo, file: ModuleWriter, splits: Sequence[str], rows: str = "") -> str:
    """The call of the function that draws splits by the seed.

    Args:
        info: The training data.
        file: Gets the function.
        splits: The splits to draw.
        rows: The variable of the rows to draw from; all rows by default.
    """
    classes = _strata(info, file)
    _write_split_rows(info, file, splits, stratified=bool(classes))
    if not classes:
        return f"split_rows(len({rows or info.first_input}))"
    return f"split_rows({classes}[{rows}])" if rows else f"split_rows({classes})"


def _strata(info: DatasetInfo, file: ModuleWriter) -> str:
    """What the splits are stratified by, in Python, one value for each row; empty for a split by chance alone.

    Args:
        info: The training data.
        file: Gets the function that combines columns.
    """
    column = info.data.split.stratify
    if not column:
        return ""
    targets = list(info.targets.values())
    if column is not True:
        own = next((target for target in targets if target.columns == [column]), None)
        if own is None:
            return "classes" if info.column(column).shape == () else _combined(["classes"], file)
        kinds = [own]
    else:
        kinds = [target for target in targets if target.encoding.settings.task != "regression"] or targets
    raw = {target.variable: info.first_split.targets[target.name] for target in kinds}
    if len(kinds) == 1 and raw[kinds[0].variable][:1].size == 1:
        variable = kinds[0].variable
        return variable if raw[variable].ndim == 1 else f"{variable}.ravel()"
    single = [t for t in kinds if all(info.column(name).shape == () for name in t.columns)]
    if any(len(t.columns) > 1 and t not in single for t in kinds):
        info.report_unsupported("stratify by arrays in several columns", ("data", "split", "stratify"))
    values = [f"*{t.variable}.T" if len(t.columns) > 1 else t.variable for t in single or kinds]
    return _combined(values, file)


def _combined(columns: Sequence[str], file: ModuleWriter) -> str:
    """The combinations of the values of columns, in Python."""
    file.helpers["combine"] = _COMBINE.splitlines()
    return f"combine([{', '.join(columns)}])"


def _has_plain_names(info: DatasetInfo) -> bool:
    """Whether the `by` column has only the names `train`, `validation` and `test`."""
    return len(info.splits) > 1 and set(info.column(info.data.split.by or "").classes) <= set(info.splits)


def _by_column(info: DatasetInfo) -> list[str]:
    """The lines of `main` that find the rows of each split by the values of a column."""
    values = list(info.column(info.data.split.by or "").classes)
    lines = []
    for split in info.used_splits:
        own = [value for value in values if SPLITS[SPLIT_NAMES[value.strip().lower()]] == split]
        rows = f"split == {literal(own[0])}" if len(own) == 1 else f"np.isin(split, {literal(own)})"
        lines.append(f"    {split} = np.flatnonzero({rows})")
    return lines


def _write_split_rows(info: DatasetInfo, file: ModuleWriter, splits: Sequence[str], *, stratified: bool) -> None:
    """Writes the function `split_rows`.

    Args:
        info: The training data.
        file: Gets the function.
        splits: The splits to draw.
        stratified: Whether each split has the same shares of classes.
    """
    sizes = {"test": info.data.split.test, "validation": info.data.split.validation}
    drawn = [split for split in ("test", "validation") if split in splits]
    fractions = ", ".join(f"{split}={sizes[split]!r}" for split in drawn)
    if stratified:
        file.helpers["shares"] = _SHARES.splitlines()
        file.helpers["split_rows"] = _stratified(info, drawn, fractions)
        return
    ends = ["tests", "tests + validations"] if len(drawn) == 2 else [f"{drawn[0]}s"]
    file.helpers["split_rows"] = [
        f"def split_rows(count, {fractions}):",
        f'    """Draws the rows of {_listed(splits)} by the seed; each split is sorted."""',
        f"    order = np.random.default_rng([{data_seed(info.data)}, 0]).permutation(count)",
        *(f"    {split}s = int(count * {split} + 0.5)" for split in drawn),
        f"    {', '.join([*drawn, 'train'])} = np.split(order, [{', '.join(ends)}])",
        f"    return {', '.join(f'np.sort({split})' for split in splits)}",
    ]


def _stratified(info: DatasetInfo, drawn: Sequence[str], fractions: str) -> list[str]:
    splits = ["train", *(split for split in ("validation", "test") if split in drawn)]
    lines = [
        f"def split_rows(classes, {fractions}):",
        f'    """Draws the rows of {_listed(splits)} by the seed, stratified by class."""',
        "    classes = np.unique(classes, return_inverse=True)[1]",
        f"    order = np.random.default_rng([{data_seed(info.data)}, 0]).permutation(len(classes))",
        "    sizes = np.bincount(classes)",
        *(f"    {split}s = shares(int(len(classes) * {split} + 0.5), sizes)" for split in drawn),
        f"    {drawn[0]}s = np.minimum({drawn[0]}s, sizes - 1)  # a row of each class is for training",
        *(f"    {split}s = np.minimum({split}s, sizes - 1 - {drawn[0]}s)" for split in drawn[1:]),
        '    split = np.full(len(classes), "train", dtype=object)',
        "    for number in range(len(sizes)):",
        "        members = order[classes[order] == number]",
        f"        split[members[: {drawn[0]}s[number]]] = {text(drawn[0])}",
    ]
    if len(drawn) == 2:
        lines += [
            "        held_out = members[tests[number] : tests[number] + validations[number]]",
            '        split[held_out] = "validation"',
        ]
    names = ", ".join(map(text, splits))
    return [*lines, f"    return [np.flatnonzero(split == name) for name in ({names})]"]


def _listed(splits: Sequence[str]) -> str:
    names = ["training" if split == "train" else split for split in splits]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
