"""The loop of `main` over folds: a model for each, and what all of them have in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.folding import fold_heading
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import Code, text, text_of
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.language import Spec

SUMMARY_ONCE = ["    if fold == 1:", "        model.summary()"]
"""The lines that print the model, which is the same in each fold."""
_WITHOUT_FILES = ("EarlyStopping", "LearningRateScheduler", "ReduceLROnPlateau", "TerminateOnNaN")
"""The callbacks that leave nothing behind for the next fold."""
_WRITE_FOLDS = '''\
def write_folds(path, folds):
    """Writes the rows of all folds to one table, in their order, each with its fold."""
    rows = [
        (row, fold, *values)
        for fold, columns in enumerate(folds, 1)
        for row, *values in zip(*columns.values(), strict=True)
    ]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["row", HEADING, *list(folds[0])[1:]])
        writer.writerows(sorted(rows, key=lambda row: row[0]))'''


def require_steps(info: DatasetInfo) -> None:
    """Refuses steps that the code cannot do for each fold.

    Args:
        info: The training data.

    Raises:
        UnsupportedInPython: With the reason.
    """
    document = info.spec.document
    for step in ("evaluate", "predict"):
        if getattr(document, step).data is not None:
            raise UnsupportedInPython(f"{step} other data by the models of all folds", (step, "data"))
        if info.split_of(step) != "validation":
            raise UnsupportedInPython(f"{step} another split than validation for each fold", (step, "split"))
    if document.evaluate.slices:
        raise UnsupportedInPython("evaluate slices of each fold", ("evaluate", "slices"))
    if document.fit.stages is not None:
        raise UnsupportedInPython("train each fold in stages", ("fit", "stages"))
    for number, callback in enumerate(document.fit.callbacks):
        name = callback if isinstance(callback, str) else next(iter(callback))
        if name not in _WITHOUT_FILES:
            raise UnsupportedInPython(f"give `{name}` other files in each fold", ("fit", "callbacks", number))


def loop_lines(spec: Spec, before: Sequence[str], each: Sequence[str]) -> list[str]:
    """The loop over the folds.

    Args:
        spec: The spec.
        before: The lines of `main` that all folds share.
        each: The lines of `main` for one fold.
    """
    policy = spec.document.dtype_policy
    begin = [
        "    evaluations, predicted = [], []",
        "    for fold in range(1, FOLDS + 1):",
        '        print(f"fold {fold} of {FOLDS}")',
        "        keras.backend.clear_session()  # names of layers begin anew",
        "        keras.utils.set_random_seed(SEED)",
        *([] if policy is None else [f"        keras.config.set_dtype_policy({text(policy)})"]),
    ]
    return [*before, "", *begin, *(f"    {line}" if line else "" for line in each)]


def model_file(info: DatasetInfo) -> str:
    """The name of the file of the trained model, in Python; with folds, each has its own.

    Args:
        info: The training data.
    """
    name = info.spec.name
    return text_of(f"{name}_fold_", Code("fold"), ".keras") if info.trains_folds else text(f"{name}.keras")


def summary_lines(info: DatasetInfo, names: Sequence[str], file: ModuleWriter) -> list[str]:
    """The lines after the loop: the mean and standard deviation of each metric, and the predictions of all folds.

    Args:
        info: The training data.
        names: Outputs and nodes, whose columns may have the name of that of the folds.
        file: Gets the function that writes the predictions.
    """
    to = Path(info.spec.document.predict.to)
    path = (to.with_suffix(".csv") if to.suffix == ".npz" else to).as_posix()
    heading = fold_heading([*names, *info.kept])
    file.helpers["write_folds"] = _WRITE_FOLDS.replace("HEADING", heading).splitlines()
    file.helpers.pop("write_csv", None)
    value = text_of("validation ", Code("name"), ": ", Code("np.mean(values)", ".4f"), " ± ", Code("deviation", ".4f"))
    return [
        "",
        "    for name in evaluations[0]:",
        "        values = [metrics[name] for metrics in evaluations]",
        "        deviation = np.std(values, ddof=1)",
        f"        print({value})",
        f"    write_folds({text(path)}, predicted)",
        f"    print({text(f'predictions: {path}')})",
    ]
