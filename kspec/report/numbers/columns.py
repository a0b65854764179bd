"""The columns of the arrays that a network takes: their values, and the arrays with other ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Arrays = Mapping[str, Array]
Kind = Literal["number", "category", "whole"]
MOST_CATEGORIES = 50
"""Texts with more different values are no categories."""
MOST_POSITIONS = 256
"""An input of one column of arrays with more positions is one column as a whole."""


class Place(NamedTuple):
    """Where a column lies in an input.

    Args:
        input: The input.
        at: Its positions along the last axis, several of a one-hot column; None for the whole input.
        steps: The rows of a window, each of which has the column; 1 without windows.
    """

    input: str
    at: tuple[int, ...] | None
    steps: int = 1


@dataclass(frozen=True, slots=True)
class InputColumn:
    """A column of the examples.

    Args:
        name: Its name.
        kind: A number, a category, or an input as a whole: a list, a long text, an array.
        places: Where it lies; in several inputs if these share it.
        options: Of a one-hot column, the names of its categories; empty for others.
    """

    name: str
    kind: Kind
    places: tuple[Place, ...]
    options: tuple[str, ...] = ()

    def values(self, inputs: Arrays) -> Array:
        """Its value in each example, shape (n,); of a window, that of the last row. A whole input has none."""
        place = self.places[0]
        assert place.at is not None
        last = _flat(inputs[place.input], place.steps)[:, -1]
        if self.options:
            return np.asarray(np.asarray(self.options, object)[last[:, place.at].argmax(axis=1)])
        own = last[:, place.at[0]]
        return np.asarray(own if self.kind == "number" else own.astype(str))

    def permuted(self, inputs: Arrays, order: Array) -> dict[str, Array]:
        """The arrays in which each example has this column of another one.

        Args:
            inputs: By input, shape (n, …).
            order: The example whose column each gets, shape (n,).
        """
        return self._changed(inputs, lambda place, flat: flat[order][:, :, place.at])

    def replaced(self, inputs: Arrays, value: Any) -> dict[str, Array]:
        """The arrays in which each example has the same value in this column, of a window in all rows.

        Args:
            inputs: By input, shape (n, …).
            value: The value; of a one-hot column, the name of the category.
        """
        if self.options:
            value = (np.asarray(self.options) == value).astype("float64")
        return self._changed(inputs, lambda _, __: value)

    def _changed(self, inputs: Arrays, new: Any) -> dict[str, Array]:
        changed = dict(inputs)
        for place in self.places:
            array = inputs[place.input]
            if place.at is None:
                changed[place.input] = new(place._replace(at=(0,)), array.reshape(len(array), 1, 1, *array.shape[1:]))
                changed[place.input] = changed[place.input].reshape(array.shape)
                continue
            copy = array.copy()
            _flat(copy, place.steps)[:, :, place.at] = new(place, _flat(array, place.steps))
            changed[place.input] = copy
        return changed


def _flat(array: Array, steps: int) -> Array:
    """An array of shape (n, …) as (n, steps, columns)."""
    return array.reshape(len(array), steps, -1)


def input_columns(
    inputs: Arrays, names: Mapping[str, Sequence[str]], windows: Mapping[str, Any], lists: Sequence[str] = ()
) -> list[InputColumn]:
    """The columns of the examples, each once, in the order of the inputs.

    Args:
        inputs: By input, the examples, shape (n, …).
        names: By input, the columns of the table that feed it.
        windows: The inputs that take several rows.
        lists: The inputs that take lists.
    """
    found: dict[str, InputColumn] = {}
    for name, array in inputs.items():
        for own in _of_input(name, array, names.get(name, (name,)), is_window=name in windows, is_list=name in lists):
            known = found.get(own.name)
            is_same = known is not None and len(known.options) == len(own.options) and known.kind == own.kind
            if known is not None and is_same:
                found[own.name] = InputColumn(own.name, own.kind, known.places + own.places, own.options)
            else:
                found[own.name if known is None else f"{own.name} of {name}"] = own
    return list(found.values())


def _of_input(name: str, array: Array, names: Sequence[str], *, is_window: bool, is_list: bool) -> list[InputColumn]:
    """The columns of an input.

    Args:
        name: The input.
        array: Its examples, shape (n, …).
        names: The columns of the table that feed it.
        is_window: Whether it takes several rows.
        is_list: Whether it takes lists.
    """
    whole = [InputColumn(names[0] if len(names) == 1 else name, "whole", (Place(name, None),))]
    steps = array.shape[1] if is_window else 1
    width = int(np.prod(array.shape[1:])) // max(1, steps)
    if is_list or not width or not len(array):
        return whole
    rank = array.ndim - 1 - is_window
    if width != len(names):
        if rank != 1 or width > MOST_POSITIONS:
            return whole
        base = names[0] if len(names) == 1 else name
        names = [f"{base}[{at}]" for at in range(width)]
    flat = _flat(array, steps)
    found, taken = [], set()
    for prefix, group in _one_hot_groups(flat, names).items():
        options = tuple(names[at][len(prefix) :] for at in group)
        found.append((group[0], InputColumn(prefix.rstrip("_=."), "category", (Place(name, group, steps),), options)))
        taken |= set(group)
    for at, own in enumerate(names):
        if at not in taken:
            found.append((at, InputColumn(own, _kind(flat[:, :, at]), (_place(name, at, steps, flat),))))
    return [column for _, column in sorted(found, key=lambda each: each[0])]


def _place(name: str, at: int, steps: int, flat: Array) -> Place:
    is_whole = _kind(flat[:, :, at]) == "whole" and flat.shape[2] == 1
    return Place(name, None if is_whole else (at,), 1 if is_whole else steps)


def _kind(values: Array) -> Kind:
    if values.dtype.kind not in "OUTS":
        return "number"
    return "category" if len(np.unique(values.astype(str))) <= MOST_CATEGORIES else "whole"


def _one_hot_groups(flat: Array, names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """By prefix, the columns of 0 and 1 of which each example has exactly one: a category in one-hot form."""
    groups: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        end = max(name.rfind(each) for each in "_=.")
        if 0 < end < len(name) - 1 and flat.dtype.kind in "fiub":
            groups.setdefault(name[: end + 1], []).append(at)
    found = {}
    for prefix, group in groups.items():
        values = flat[:, :, group]
        if len(group) > 1 and np.isin(values, (0, 1)).all() and (values.sum(axis=2) == 1).all():
            found[prefix] = tuple(group)
    return found
