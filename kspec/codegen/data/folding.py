"""The code that makes folds: parts of the rows, each of which is the validation split once."""

from __future__ import annotations

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.imputation import fills_numbers_as_text
from kspec.codegen.data.policies import policy
from kspec.codegen.data.seeds import data_seed
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.language.missing import NEIGHBORS

PATH = ("data", "split", "folds")

_BY_CHANCE = '''\
def make_folds(count):
    """The fold of each row, from 1, drawn by the seed."""
    order = np.random.default_rng([SEED, 0]).permutation(count)
    fold_of = np.empty(count, int)
    fold_of[order] = np.arange(count) % FOLDS + 1
    return fold_of'''
_BY_CLASS = '''\
def make_folds(classes):
    """The fold of each row, from 1, drawn by the seed; each has as many rows of each class, give or take one."""
    classes = np.unique(classes, return_inverse=True)[1]
    order = np.random.default_rng([SEED, 0]).permutation(len(classes))
    order = order[np.argsort(classes[order], kind="stable")]
    fold_of = np.empty(len(classes), int)
    fold_of[order] = np.arange(len(classes)) % FOLDS + 1
    return fold_of'''
_BY_GROUP = '''\
def make_folds(groups, classes):
    """The fold of each row, from 1; the largest groups first, each goes where its classes have the fewest rows."""
    names, group_of = np.unique(groups, return_inverse=True)
    classes = np.unique(classes, return_inverse=True)[1]
    counts = np.zeros((len(names), classes.max() + 1), int)
    np.add.at(counts, (group_of, classes), 1)
    shares = counts / counts.sum(axis=0)
    order = np.random.default_rng([SEED, 0]).permutation(len(names))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    filled, rows = np.zeros((FOLDS, counts.shape[1])), np.zeros(FOLDS, int)
    fold_of = np.empty(len(names), int)
    for place, group in enumerate(order):
        folds, empty = np.arange(FOLDS), np.flatnonzero(rows == 0)
        if len(order) - place <= len(empty):  # no fold stays empty
            folds = empty
        costs = (filled[folds] * shares[group]).sum(axis=1)
        fold = folds[np.lexsort((rows[folds], costs))[0]]
        filled[fold] += shares[group]
        rows[fold] += counts[group].sum()
        fold_of[group] = fold + 1
    return fold_of[group_of]'''


def require_folds(info: DatasetInfo) -> None:
    """Refuses folds that the code cannot make, or not train on one after the other.

    Args:
        info: The training data.

    Raises:
        UnsupportedInPython: With the reason.
    """
    split = info.data.split
    if split.way == "time":
        raise UnsupportedInPython("make folds in time", PATH)
    if split.test:
        raise UnsupportedInPython("hold out a test split from folds", ("data", "split", "test"))
    if info.data.window is not None:
        raise UnsupportedInPython("make folds of windows", PATH)
    if info.has_split_files:
        raise UnsupportedInPython("make folds beside splits that have files or arrays of their own", PATH)
    if not info.trains_folds:
        return
    scaled = next((each.name for each in info.targets.values() if each.scaling is not None), None)
    if scaled is not None:
        raise UnsupportedInPython("learn the scale of a target for each fold", ("data", "targets", scaled))
    for name, columns in info.inputs.items():
        if fills_numbers_as_text(info, name) or any(policy(info, column) in NEIGHBORS for column in columns):
            raise UnsupportedInPython(
                "fill gaps for each fold from neighbors, or numbers that are inputs as text", ("data", "missing")
            )


def fold_lines(info: DatasetInfo, file: ModuleWriter, strata: str) -> tuple[list[str], list[str]]:
    """The lines of `main` that make the folds, and those that find the rows of one.

    Args:
        info: The training data.
        file: Gets the function that makes them, and their number.
        strata: What they are stratified by, in Python; empty if by nothing.
    """
    split, count = info.data.split, f"len({info.first_input})"
    file.constants["FOLDS"] = str(split.folds)
    fold = "fold" if info.trains_folds else str(split.fold)
    if split.way == "order":
        gap = f" - {int(split.gap)}" if split.gap else ""
        numbers = "(fold, fold + 1)" if info.trains_folds else f"({fold}, {int(fold) + 1})"
        return [], [
            "    # Each fold trains on all rows before it.",
            f"    start, end = [int({count} * number / (FOLDS + 1) + 0.5) for number in {numbers}]",
            f"    train, validation = np.arange(start{gap}), np.arange(start, end)",
        ]
    if split.group is not None:
        code, arguments = _BY_GROUP, f"{info.variables.of(split.group)}, {strata or f'np.zeros({count})'}"
    else:
        code, arguments = (_BY_CLASS, strata) if strata else (_BY_CHANCE, count)
    file.helpers["make_folds"] = code.replace("[SEED, ", f"[{data_seed(info.data)}, ").splitlines()
    return [f"    fold_of = make_folds({arguments})"], [
        f"    train = np.flatnonzero(fold_of != {fold})",
        f"    validation = np.flatnonzero(fold_of == {fold})",
    ]


def restore_lines(info: DatasetInfo) -> tuple[str, str]:
    """The line that keeps the inputs with their gaps, and that which takes them for the next fold to fill.

    Args:
        info: The training data.
    """
    again = "unfilled.copy()" if info.single_input else "{name: array.copy() for name, array in unfilled.items()}"
    return "    unfilled = x", f"    x = {again}"


def fold_heading(names: list[str]) -> str:
    """The heading of the column with the fold, in Python.

    Args:
        names: The other columns of the predictions.
    """
    return text("fold_" if "fold" in names else "fold")
