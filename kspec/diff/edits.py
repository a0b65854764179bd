"""The differences between two resolved specs as edits, each of which can be applied to plain values."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kspec.diff.alignment import align
from kspec.syntax.names import ENTRY_KEYS, entry_head
from kspec.syntax.yaml_flow import to_yaml

Values = dict[str, Any]
Path = tuple[str, ...]
ORDER = ("vars", "dtype_policy", "data", "inputs", "blocks", "models", "layers", "outputs", "task", "compile", "fit")
"""The sections whose changes are applied, in their order: those of the network before those of the training."""
ITEMS: tuple[Path, ...] = (("layers",), ("fit", "callbacks"), ("fit", "stages"))
"""The lists whose items are changed one by one; other lists are single values."""


@dataclass(slots=True)
class Slot:
    """A place in a list: an item of the first spec, of the second, or of both.

    Args:
        item: What is there now; None for nothing.
        after: What the second spec has there.
    """

    item: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one thing.

    Args:
        path: The list or mapping, and the keys within it.
        slot: The number of an item of a list; None in mappings.
        value: The new value; None to remove it.
        text: A few words for the user.
    """

    path: Path
    slot: int | None
    value: Any
    text: str


@dataclass(slots=True)
class Draft:
    """A spec in the middle between two.

    Args:
        values: Its plain values, but for its lists of items.
        lists: Those, by path.
    """

    values: Values
    lists: dict[Path, list[Slot]]

    @classmethod
    def between(cls, one: Values, other: Values) -> Draft:
        """The first of two specs, to be changed into the second.

        Args:
            one: The values of the first.
            other: Those of the second.
        """
        values = copy.deepcopy(one)
        lists: dict[Path, list[Slot]] = {}
        for path in ITEMS:
            before, after = _at(one, path) or [], _at(other, path) or []
            lists[path] = list(_slots(before, after))
        return cls(values, lists)

    def copy(self) -> Draft:
        """A copy that can be changed alone."""
        return copy.deepcopy(self)

    def apply(self, edit: Edit) -> None:
        """Makes a change.

        Args:
            edit: The change.
        """
        if edit.slot is None:
            _set(self.values, edit.path, edit.value)
            return
        base = next(path for path in ITEMS if edit.path[: len(path)] == path)
        slot, rest = self.lists[base][edit.slot], edit.path[len(base) :]
        if not rest:
            slot.item = copy.deepcopy(edit.value)
            return
        slot.item = copy.deepcopy(slot.item) if isinstance(slot.item, dict) else {slot.item: None}
        _set(slot.item, rest, edit.value)

    def document(self) -> Values:
        """The values of the spec."""
        values = copy.deepcopy(self.values)
        for path, slots in self.lists.items():
            items = [copy.deepcopy(slot.item) for slot in slots if slot.item is not None]
            _set(values, path, items or None)
        return values


def edits_between(one: Values, other: Values, draft: Draft) -> list[Edit]:
    """All changes from one spec to another, in the order of the graph.

    Args:
        one: The values of the first.
        other: Those of the second.
        draft: `Draft.between` of both.
    """
    found: list[Edit] = []
    for section in ORDER:
        if (section,) in ITEMS:
            found += _of_items((section,), draft.lists[section,])
        else:
            found += _of_values((section,), one.get(section), other.get(section))
            for path in ITEMS:
                if path[0] == section:
                    found += _of_items(path, draft.lists[path])
    return found


def _of_values(path: Path, old: Any, new: Any) -> Iterator[Edit]:
    if path in ITEMS or old == new:
        return
    is_call = _is_call(old) and _is_call(new) and list(old) != list(new)
    if isinstance(old, dict) and isinstance(new, dict) and not is_call and len(path) > 0:
        for key in dict.fromkeys([*old, *new]):
            yield from _of_values((*path, str(key)), old.get(key), new.get(key))
        return
    yield Edit(path, None, new, f"{'.'.join(path)}: {_shown(old)} → {_shown(new)}")


def _of_items(base: Path, slots: Sequence[Slot]) -> Iterator[Edit]:
    for number, slot in enumerate(slots):
        old, new = slot.item, slot.after
        if old == new:
            continue
        if old is None:
            yield Edit(base, number, new, f"+ {_item(new)}")
        elif new is None:
            yield Edit(base, number, None, f"- {_item(old)}")
        elif _head(old) != _head(new) or not (isinstance(old, dict) and isinstance(new, dict)):
            yield Edit(base, number, new, f"{_item(old)} → {_item(new)}")
        else:
            yield from _of_item(base, number, old, new)


def _of_item(base: Path, number: int, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Edit]:
    """The changes of an item that both specs have.

    Args:
        base: Its list.
        number: Its slot.
        old: The item.
        new: What it becomes.
    """
    head = _head(old)
    name = old.get("name") or head
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if key == head and isinstance(before, dict) and isinstance(after, dict):
            for argument in dict.fromkeys([*before, *after]):
                one, other = before.get(argument), after.get(argument)
                if one != other:
                    text = f"{name}.{argument}: {_shown(one)} → {_shown(other)}"
                    yield Edit((*base, key, argument), number, other, text)
        else:
            yield Edit((*base, key), number, after, f"{name}.{key}: {_shown(before)} → {_shown(after)}")


def _slots(before: Sequence[Any], after: Sequence[Any]) -> Iterator[Slot]:
    """Items of two lists side by side: those of one name, and between them those of one class in order."""
    named = {_name(item) for item in before} & {_name(item) for item in after} - {None}

    def key(item: Any) -> str:
        name = _name(item)
        return f"name {name}" if name in named else f"class {_head(item)}"

    for block in align([*map(key, before)], [*map(key, after)]):
        olds, news = list(before[block.before]), list(after[block.after])
        if len(olds) == len(news):
            yield from (Slot(copy.deepcopy(old), new) for old, new in zip(olds, news, strict=True))
            continue
        yield from (Slot(copy.deepcopy(old), None) for old in olds)
        yield from (Slot(None, new) for new in news)


def _name(item: Any) -> str | None:
    return str(item["name"]) if isinstance(item, dict) and "name" in item else None


def _head(item: Any) -> str:
    if isinstance(item, str):
        return item
    return str(entry_head(item) or next((key for key in item if key not in ENTRY_KEYS), "stage"))


def _item(item: Any) -> str:
    if isinstance(item, str):
        return item
    head, name = _head(item), _name(item)
    text = head if not item.get(head) else f"{head} {to_yaml(item[head])}"
    return f"{name} ({text})" if name else text


def _is_call(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value))[:1].isupper()


def _shown(value: Any) -> str:
    return "none" if value is None else to_yaml(value)


def _at(values: Any, path: Path) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _set(values: Values, path: Path, value: Any) -> None:
    for key in path[:-1]:
        if not isinstance(values.get(key), dict):
            if value is None:
                return
            values[key] = {}
        values = values[key]
    if value is None:
        values.pop(path[-1], None)
    else:
        values[path[-1]] = copy.deepcopy(value)
