"""The code that draws rows of training so that its classes are equally frequent."""

from __future__ import annotations

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.seeds import data_seed
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.module_writer import ModuleWriter

_OVERSAMPLE = '''\
def oversample(classes, rows):
    """Draws as many rows of each class as the most frequent class has, by the seed."""
    rng = np.random.default_rng([SEED, 3])
    classes = classes[rows]
    names, counts = np.unique(classes, return_counts=True)
    drawn = []
    for name in names:
        own = rows[classes == name]
        whole, rest = divmod(counts.max(), len(own))
        drawn += [np.tile(own, whole), rng.permutation(own)[:rest]]
    return np.sort(np.concatenate(drawn))'''
_UNDERSAMPLE = '''\
def undersample(classes, rows):
    """Draws as many rows of each class as the rarest class has, by the seed."""
    rng = np.random.default_rng([SEED, 3])
    classes = classes[rows]
    names, counts = np.unique(classes, return_counts=True)
    drawn = [rng.permutation(rows[classes == name])[: counts.min()] for name in names]
    return np.sort(np.concatenate(drawn))'''


def balance_lines(info: DatasetInfo, file: ModuleWriter) -> list[str]:
    """The line of `main` that draws the rows of an epoch; none without `balance`.

    Args:
        info: The training data.
        file: Gets the function.
    """
    setting = info.data.balance
    if setting is None:
        return []
    path = ("data", "balance")
    others = ("regression", "multilabel_classification")
    classes = [each for each in info.targets.values() if each.encoding.settings.task not in others]
    target = next(each for each in classes if setting.target in (None, each.name))
    raw = info.first_split.targets[target.name]
    if raw.ndim > 1 or (target.encoding.vocabulary is not None and target.encoding.vocabulary.ignored is not None):
        raise UnsupportedInPython("balance classes of which a label is ignored", path)
    code = _OVERSAMPLE if setting.by == "oversample" else _UNDERSAMPLE
    file.helpers[setting.by] = code.replace("[SEED, ", f"[{data_seed(info.data)}, ").splitlines()
    return [f"    balanced_train = {setting.by}({target.variable}, train)"]
