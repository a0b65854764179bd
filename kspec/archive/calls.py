"""What a call takes → the words of an entry that say so: `from`, `call`; and how many outputs it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kspec import catalog
from kspec.archive.config_graph import Ref, refs
from kspec.archive.errors import is_code, shown, wordless
from kspec.archive.values import array, is_default, is_object, plain
from kspec.catalog.operations import Operation
from kspec.catalog.types import Array, Union, parse

Feeds = dict[str, Ref | list[Ref]]


def of_layer(entry: catalog.Entry, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """A layer's arguments by name, as its signature has them."""
    return {**dict(zip(entry.order, args, strict=False)), **kwargs}


def of_operation(found: Operation, args: Sequence[Any], kwargs: Mapping[str, Any], config: Any) -> dict[str, Any]:
    """An op's arguments by name: those of the operation's call, and its settings."""
    bound: dict[str, Any] = {}
    for number, name in enumerate(found.call):
        if name.startswith("*"):
            bound[name[1:]] = list(args[number:])
        elif number < len(args):
            bound[name] = args[number]
    bound |= {found.keywords.get(key, key): value for key, value in kwargs.items()}
    for key, value in config.items():
        if key in found.settings:
            bound[found.settings[key]] = value
        elif key not in ("name", "dtype") and value not in (None, False):
            raise wordless(
                f"`{shown(key)}` of `{shown(config.get('name', found.op))}` is nothing that `{found.op}` takes"
            )
    return bound


def told_apart(entry: catalog.Entry, bound: Mapping[str, Any], owner: str) -> tuple[Feeds, dict[str, Any]]:
    """The tensors that a call takes, and its constants that are not the defaults.

    Raises:
        Refused: when it takes something that a spec cannot hand over.
    """
    forms = {tensor.name: tensor.form for tensor in entry.tensors}
    feeds: Feeds = {}
    constants: dict[str, Any] = {}
    for name in dict.fromkeys((*forms, *entry.order, *bound)):
        value = bound.get(name)
        if is_nothing(value):
            continue
        if any(True for _ in refs(value)):
            feeds[name] = _feed(name, value, forms, owner)
        elif name in entry.constants:
            constants |= _constant(entry, name, value, owner)
        else:
            raise wordless(f"{owner} is given a constant `{shown(name)}`, where a spec can only give a node")
    return feeds, constants


def is_nothing(value: Any) -> bool:
    """Whether an argument says nothing: None, or a list or mapping of it, as masks are that are not there."""
    if isinstance(value, (list, dict)):
        return bool(value) and all(map(is_nothing, value.values() if isinstance(value, dict) else value))
    return value is None


def _feed(name: str, value: Any, forms: Mapping[str, str], owner: str) -> Ref | list[Ref]:
    if name not in forms:
        raise wordless(f"{owner} is given a tensor as `{shown(name)}`, where a spec can only give a constant")
    if forms[name] == "one":
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, Ref):
            return value
        raise wordless(f"{owner} is given several tensors as `{shown(name)}`, where a spec gives one")
    value = value if isinstance(value, list) else [value]
    if not all(isinstance(item, Ref) for item in value):
        raise wordless(f"{owner} is given nodes and constants in one list, as `{shown(name)}`")
    return list(value)


def _constant(entry: catalog.Entry, name: str, value: Any, owner: str) -> dict[str, Any]:
    parameter = entry.constants[name]
    kind = parse(parameter.type)
    what = f"`{name}` of {owner}"
    if entry.kind == "op" and entry.name == "get_item":
        return {name: slices(value, what)}
    if is_object(value) and any(isinstance(k, Array) for k in (kind.options if isinstance(kind, Union) else (kind,))):
        return (
            {name: array(value["config"], what)} if value["class_name"] in ("__numpy__", "__tensor__") else _code(what)
        )
    found = plain(value, kind, what)
    rests = not parameter.required and is_default(name, found, parameter, kind, of_op=entry.kind == "op")
    return {} if rests else {name: found}


def _code(what: str) -> Any:
    raise is_code(f"{what} is no plain value")


def slices(key: Any, what: str) -> str | int:
    """The index of `get_item` as a spec writes it.

    >>> slices([{"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}, 0], "`key`")
    ':, 0'
    """
    if type(key) is int:
        return key
    if isinstance(key, list):
        parts = [_slice(part, what) for part in key]
        return ", ".join(parts) if len(parts) > 1 else f"{parts[0]}," if parts else "..."
    return _slice(key, what)


def _slice(part: Any, what: str) -> str:
    if part is None:
        return "None"
    if type(part) is int:
        return str(part)
    class_ = part.get("class_name") if isinstance(part, dict) else None
    if class_ in ("__ellipsis__", "Ellipsis"):
        return "..."
    config = part.get("config") if isinstance(part, dict) else None
    if class_ == "__slice__" and isinstance(config, dict):
        start, stop, step = (config.get(name) for name in ("start", "stop", "step"))
        if all(bound is None or type(bound) is int for bound in (start, stop, step)):
            text = f"{'' if start is None else start}:{'' if stop is None else stop}"
            return text if step is None else f"{text}:{step}"
    raise wordless(f"{what} is no index that a spec can write")


def words(
    entry: catalog.Entry, feeds: Feeds, constants: Mapping[str, Any], before: Ref | None, cite: Callable[[Ref], Any]
) -> dict[str, Any]:
    """The words that say what a call takes.

    Args:
        before: What an entry without `from` takes.
        cite: Gives what stands for a tensor.
    """
    open_ = [tensor for tensor in entry.tensors if tensor.name not in constants]
    found: dict[str, Any] = {}
    if constants:
        found["call"] = dict(constants)
    names = list(feeds)
    if not names:
        if open_:
            found["from"] = []
        return found
    first = open_[0].name
    if names == [first]:
        feed = feeds[first]
        if feed not in (before, [before]):
            found["from"] = [cite(ref) for ref in feed] if isinstance(feed, list) else cite(feed)
    elif (
        entry.kind == "op"
        and names == [tensor.name for tensor in open_[: len(names)]]
        and all(tensor.form == "one" for tensor in open_[: len(names) - 1])
    ):
        found["from"] = [cite(ref) for ref in refs(list(feeds.values()))]
    else:
        implied = first == entry.tensors[0].name and feeds.get(first) in (before, [before])
        found["from"] = {
            name: [cite(ref) for ref in feed] if isinstance(feed, list) else cite(feed)
            for name, feed in feeds.items()
            if not (implied and name == first)
        }
    return found


_PAIRS = {
    *("fft", "fft2", "ifft2", "rfft", "stft", "histogram", "moments", "qr", "top_k", "eig", "eigh", "slogdet"),
    *("frexp", "modf", "divmod", "lu_factor", "ctc_decode"),
}
_STATES = {"LSTM": 2, "GRU": 1, "SimpleRNN": 1, "ConvLSTM1D": 2, "ConvLSTM2D": 2, "ConvLSTM3D": 2}
_CELLS = {"LSTMCell": 2, "GRUCell": 1, "SimpleRNNCell": 1}


def outputs_of_layer(entry: catalog.Entry, arguments: Mapping[str, Any], constants: Mapping[str, Any]) -> int:
    """How many outputs a layer's call has."""
    if arguments.get("return_state"):
        return 1 + _states(entry.name, arguments)
    if entry.name == "Bidirectional":
        inner = arguments.get("layer")
        if isinstance(inner, dict):
            name, given = next(iter(inner.items()))
            gives_states = isinstance(given, dict) and given.get("return_state")  # a model has none to give
            return 1 + 2 * _states(name, given) if gives_states else 1
    return 2 if constants.get("return_attention_scores") else 1


def _states(name: str, arguments: Mapping[str, Any]) -> int:
    return _STATES[name] if name in _STATES else _cell_states(arguments.get("cell"))


def _cell_states(cell: Any) -> int:
    if isinstance(cell, list):
        return sum(map(_cell_states, cell))
    if not isinstance(cell, dict):
        return _CELLS.get(cell, 1)
    name, given = next(iter(cell.items()))
    return _cell_states(given.get("cells")) if name == "StackedRNNCells" else _CELLS.get(name, 1)


def outputs_of_op(op: str, feeds: Feeds, constants: Mapping[str, Any]) -> int:
    """How many outputs an op's call has, as far as its arguments tell."""
    if op in _PAIRS:
        return 2
    if op == "svd":
        return 3 if constants.get("compute_uv", True) else 1
    if op in ("split", "array_split", "hsplit", "vsplit", "dsplit"):
        parts = constants.get("indices_or_sections")
        return len(parts) + 1 if isinstance(parts, list) else parts if isinstance(parts, int) else 1
    if op == "unstack":
        return int(constants.get("num") or 1)
    if op == "meshgrid":
        return sum(1 for _ in refs(list(feeds.values())))
    return 2 if op == "linspace" and constants.get("retstep") else 1
