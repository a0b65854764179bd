"""Examples as the network gets them, in words."""

from __future__ import annotations

from typing import Any

from kspec.analysis.data_profile import ExampleText
from kspec.data.types import Dataset, DataSplit

SHOWN_VALUES = 8
"""How many values of a tensor are shown."""


def example_texts(dataset: Dataset, count: int) -> list[ExampleText]:
    """The first examples of the training split, as the network gets them."""
    split = dataset.splits["train"]
    count = min(count, len(split))
    if not count:
        return []
    inputs = {name: _first(array, count) for name, array in split.inputs.items()}
    targets = {name: _first(array, count) for name, array in split.targets.items()}
    return [
        ExampleText(
            int(split.rows[at]),
            {name: tensor_text(array[at]) for name, array in inputs.items()},
            {name: _target_text(dataset, name, _real(split, name, array, at)) for name, array in targets.items()},
        )
        for at in range(count)
    ]


def _real(split: DataSplit, name: str, targets: Any, at: int) -> Any:
    """One example of a target, shape (1, …), without the padding of a list.

    Args:
        split: The examples.
        name: The output.
        targets: The target of the first examples.
        at: Which of them.
    """
    example = targets[at : at + 1]
    return example if name not in split.positions else example[:, split.positions[name][at]]


def _first(array: Any, count: int) -> Any:
    """The first rows of an array; those of images and windows are read now."""
    import numpy

    rows = array[numpy.arange(count)]
    return rows if isinstance(rows, numpy.ndarray) else rows.array()


def _target_text(dataset: Dataset, name: str, raw: Any) -> str:
    """A target, and its label where it is one class.

    Args:
        dataset: The data.
        name: The output.
        raw: The target of one example, shape (1, …).
    """
    labels = dataset.labels.get(name)
    if labels is None or raw.ndim != 1:
        return tensor_text(raw[0])
    if labels.is_ignored(raw)[0]:
        return f"{tensor_text(raw[0])} (ignored)"
    number = int(labels.indices(raw)[0])
    return f"class {number}" if labels.names[number] == str(number) else f"class {number} ({labels.names[number]})"


def tensor_text(value: Any) -> str:
    """The shape and the first values of an array.

    >>> import numpy
    >>> tensor_text(numpy.array([[1, 2], [3, 4]]))
    '(2, 2): 1, 2, 3, 4'
    """
    import numpy

    array = numpy.asarray(value)
    flat = array.ravel()[:SHOWN_VALUES].tolist()
    shown = ", ".join(repr(each) if isinstance(each, str) else f"{each:.5g}" for each in flat)
    shown += ", …" if array.size > SHOWN_VALUES else ""
    return shown if array.ndim == 0 else f"({', '.join(map(str, array.shape))}{',' * (array.ndim == 1)}): {shown}"
