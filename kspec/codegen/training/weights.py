"""The sample weights of training in exported code: those of the data times those of the classes."""

from __future__ import annotations

from collections.abc import Mapping

from kspec.analysis.settings import OutputSettings
from kspec.codegen.data.examples import Examples
from kspec.codegen.data.step_rows import by_output
from kspec.codegen.data.target import Target
from kspec.codegen.text.literals import literal, text

_BALANCED = '''\
def balanced(classes, train):
    """A weight for each label: the rarer its class in training, the larger."""
    counts = np.bincount(classes[train].ravel(), minlength=classes.max() + 1)
    weights = counts.sum() / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return weights[classes].astype("float32")'''
_BALANCED_BUT_IGNORED = '''\
def balanced(classes, train):
    """A weight for each label: the rarer its class in training, the larger; 0 for the ignored label, -1."""
    counted = classes[train][classes[train] >= 0]
    counts = np.bincount(counted, minlength=classes.max() + 1)
    weights = len(counted) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return np.append(weights, 0.0)[classes].astype("float32")'''
BY_COLUMN = '''\
class ByColumn(keras.losses.Loss):
    """A loss that keeps the columns of an example apart, so that each can have its own weight."""

    def __init__(self, loss):
        super().__init__(name=loss.name, reduction=loss.reduction)
        self.loss = loss

    def call(self, y_true, y_pred):
        return self.loss.call(keras.ops.expand_dims(y_true, -1), keras.ops.expand_dims(y_pred, -1))'''


def training_weights(examples: Examples, outputs: Mapping[str, OutputSettings], lines: list[str]) -> str:
    """The sample weights of training in Python: those of the data times those of the classes; empty if none.

    Args:
        examples: All examples of `main`.
        outputs: The settings of the outputs.
        lines: Gets the statements before it.
    """
    info = examples.info
    weights: dict[str, str] = {}
    for name, settings in outputs.items():
        if settings.is_minimized and name in info.weights:
            weights[name] = info.variables.of(info.weights[name], "weights")
        if settings.loss is None or name not in info.targets:
            continue
        factors, target = [], info.targets[name]
        if name in info.weights:
            ndim = info.first_split.weights[name].ndim
            factors.append(target.weights_in_shape(info.variables.of(info.weights[name], "weights"), ndim))
        if settings.class_weight is not None and target.labels is not None:
            factors.append(_class_weights(examples, target, lines))
        if factors:
            weights[name] = " * ".join(factors)
    return by_output(weights, outputs, info.targets, f"len({info.first_input})")


def _class_weights(examples: Examples, target: Target, lines: list[str]) -> str:
    """The weights of the labels by their classes, in Python.

    Args:
        examples: All examples of `main`.
        target: The target, which has labels.
        lines: Gets the statements before it.
    """
    encoding, labels = target.encoding, target.labels
    assert labels is not None
    settings = encoding.settings
    classes, ndim = _classes(f"y[{text(target.name)}]" if len(examples.outputs) > 1 else "y", target)
    if labels.ignored is not None:
        classes = f"np.where({classes} == {labels.ignored}, -1, {classes})"
    if settings.class_weight == "balanced":
        balanced = _BALANCED if labels.ignored is None else _BALANCED_BUT_IGNORED
        if examples.file.helpers.get("balanced") != _BALANCED_BUT_IGNORED.splitlines():
            examples.file.helpers["balanced"] = balanced.splitlines()
        if not encoding.weighs_columns:
            return target.weights_in_shape(f"balanced({classes}, train)", ndim)
        if encoding.predicts_positions:
            return f"np.stack([balanced(column, train) for column in np.moveaxis({classes}, -1, 0)], axis=-1)"
        return f"np.stack([balanced(column, train) for column in {classes}.T], axis=1)"
    by_class = [1.0] * len(labels.names)
    for label, weight in (settings.class_weight or {}).items():
        number = labels.find(label)
        if number is not None:
            by_class[number] = float(weight)
    by_class += [0.0] if labels.ignored is not None else []  # class -1
    variable = (
        "class_weights" if len(examples.outputs) == 1 else examples.info.variables.of(target.name, "class_weights")
    )
    lines.append(f'    {variable} = np.array([{literal(tuple(by_class)).strip("(),")}], "float32")')
    return target.weights_in_shape(f"{variable}[{classes}]", ndim)


def _classes(y: str, target: Target) -> tuple[str, int]:
    """The classes of an encoded target in Python, and the number of their axes."""
    encoding, labels = target.encoding, target.labels
    assert labels is not None
    ndim = len(encoding.shape) + 1
    form = encoding.settings.target_form
    if form == "integer":
        return y, ndim - 1
    if form == "one_hot" or labels.kind == "column":
        return f"{y}.argmax(axis={ndim - 1})", ndim - 1
    if ndim == 2 and not encoding.weighs_columns:
        return f'{y}.ravel().astype("int32")', 1
    return f'{y}.astype("int32")', ndim
