"""Draws examples of the training split so that its classes are equally frequent.

Each class gets as many examples as the most frequent one (`oversample`), or as the rarest (`undersample`). Each of its
examples is drawn as often as the others, or once more; `default_rng([seed, BALANCE]).permutation` of each class, in the
order of their numbers, decides which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context
from kspec.data.network_specs import OutputSpec
from kspec.data.randomness import BALANCE, generator
from kspec.data.targets.labels import Labels
from kspec.data.types import DataSplit
from kspec.diagnostics import codes
from kspec.language.balance import Balance, Balancing

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

IGNORED = -1
SHOWN = 6


def balance(
    setting: Balance,
    split: DataSplit,
    labels: Mapping[str, Labels],
    outputs: Mapping[str, OutputSpec],
    seed: int,
    context: Context,
) -> str:
    """Draws the examples of an epoch into `split.drawn`.

    Args:
        setting: `data.balance`.
        split: The training split.
        labels: By output, the labels of a target that can be classes.
        outputs: What is known of the outputs.
        seed: The seed of the spec.
        context: Receives an error if no target has a class for each example.

    Returns:
        The counts in words, for the user; empty if there are errors.
    """
    import numpy

    others = ("regression", "multilabel_classification")
    found = [name for name in labels if name not in outputs or outputs[name].task not in others]
    name = setting.target if setting.target is not None else found[0] if len(found) == 1 else ""
    if name not in found:
        message = f"`balance` needs one target of classes, and the data has {len(found) or 'none'}"
        context.error(codes.UNBALANCEABLE_TARGET, message, ("data", "balance"), help="remove `balance`")
        return ""
    own, raw = labels[name], split.targets[name]
    classes = numpy.where(own.is_ignored(raw), IGNORED, own.indices(raw))
    if classes.size != len(split) or own.columns:
        message = f"the target of `{name}` has several labels for each example, so none is its class"
        context.error(codes.UNBALANCEABLE_TARGET, message, ("data", "balance"), help="remove `balance`")
        return ""
    classes = classes.ravel()
    split.drawn = draw(classes, setting.by, seed)
    before = numpy.bincount(classes[classes >= 0], minlength=len(own.names))
    each = int(numpy.bincount(classes[split.drawn][classes[split.drawn] >= 0], minlength=1).max())
    counts = ", ".join(f"{own.names[number]} {before[number]:,}" for number in numpy.flatnonzero(before)[:SHOWN])
    more = " …" if numpy.count_nonzero(before) > SHOWN else ""
    return f"{setting.by}: {each:,} of each class of {name}, from {counts}{more}"


def draw(classes: Array, by: Balancing, seed: int) -> Array:
    """The examples of an epoch.

    Args:
        classes: The class of each example, shape (n,); negative for one without a class, which is drawn once.
        by: The way to balance.
        seed: The seed of the spec.

    Returns:
        Indices, ascending; each of the classes occurs equally often.
    """
    import numpy

    counts = numpy.bincount(classes[classes >= 0])
    present = numpy.flatnonzero(counts)
    if not len(present):
        return numpy.arange(len(classes))
    wanted = int(counts[present].max() if by == "oversample" else counts[present].min())
    random, pieces = generator(seed, BALANCE), [numpy.flatnonzero(classes < 0)]
    for number in present:
        own = numpy.flatnonzero(classes == number)
        whole, rest = divmod(wanted, len(own))
        pieces += [numpy.tile(own, whole), own[random.permutation(len(own))[:rest]]]
    drawn: Array = numpy.sort(numpy.concatenate(pieces))
    return drawn
