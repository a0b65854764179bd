"""A call in a configuration → the keys of an entry (`from`, `call`), and the number of outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kspec import catalog
from kspec.archive.config_graph import Ref, refs
from kspec.archive.errors import contains_code, printable, unsupported
from kspec.archive.values import array, is_default, is_object, plain
from kspec.catalog.operations import Operation
from kspec.catalog.types import Array, Union, parse

Feeds = dict[str, Ref | list[Ref]]


def layer_arguments(entry: catalog.Entry, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a layer's call, by name.

    Args:
        entry: The layer's class in the catalog.
        args: The positional arguments.
        kwargs: The keyword arguments.

    Returns:
        Argument name → value.
    """
    return {**dict(zip(entry.order, args, strict=False)), **kwargs}


def operation_arguments(
    found: Operation, args: Sequence[Any], kwargs: Mapping[str, Any], config: Any
) -> dict[str, Any]:
    """The arguments of an op, by name: those of the operation's call, and its settings.

    Args:
        found: The operation.
        args: The positional arguments of the call.
        kwargs: The named arguments of the call.
        config: The configuration of the operation.

    Raises:
        ImportRefused: If a setting is not an argument of the op.
    """
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
            raise unsupported(
                f"`{printable(key)}` of `{printable(config.get('name', found.op))}` is not an argument of `{found.op}`"
            )
    return bound


def inputs_of_model(
    wanted: list[str], inputs: list[str], args: list[Any], kwargs: Mapping[str, Any], owner: str
) -> dict[str, Ref]:
    """The tensor for each input of a model in a call.

    Args:
        wanted: The names of the inputs in the model.
        inputs: The names of the inputs in the spec.
        args: The positional arguments of the call.
        kwargs: The named arguments of the call.
        owner: The model, for messages.
    """
    given = args[0] if args else kwargs.get("inputs")
    if isinstance(given, Ref):
        given = [given]
    if isinstance(given, dict):
        given = [given.get(name) for name in wanted] if set(given) == set(wanted) else None
    if isinstance(given, list) and len(given) == len(inputs) and all(isinstance(ref, Ref) for ref in given):
        return dict(zip(inputs, given, strict=True))
    raise unsupported(f"{owner} is not called with one tensor per input")


def split_arguments(entry: catalog.Entry, bound: Mapping[str, Any], owner: str) -> tuple[Feeds, dict[str, Any]]:
    """Split the arguments of a call into tensors and constants; defaults are left out.

    Args:
        entry: The catalog's entry of the layer or op.
        bound: The arguments by name.
        owner: The layer or op, for messages.

    Raises:
        ImportRefused: If a spec cannot express an argument.
    """
    forms = {tensor.name: tensor.form for tensor in entry.tensors}
    feeds: Feeds = {}
    constants: dict[str, Any] = {}
    for name in dict.fromkeys((*forms, *entry.order, *bound)):
        value = bound.get(name)
        if is_empty(value):
            continue
        if any(True for _ in refs(value)):
            feeds[name] = _feed(name, value, forms, owner)
        elif name in entry.constants:
            constants |= _constant(entry, name, value, owner)
        else:
            raise unsupported(
                f"{owner} receives a constant as `{printable(name)}`, which a spec can only set to a node"
            )
    return feeds, constants


def is_empty(value: Any) -> bool:
    """Whether an argument is None, or a list or mapping of None, as for missing masks."""
    if isinstance(value, (list, dict)):
        return bool(value) and all(map(is_empty, value.values() if isinstance(value, dict) else value))
    return value is None


def _feed(name: str, value: Any, forms: Mapping[str, str], owner: str) -> Ref | list[Ref]:
    if name not in forms:
        raise unsupported(f"{owner} receives a tensor as `{printable(name)}`, which a spec can only set to a constant")
    if forms[name] == "one":
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, Ref):
            return value
        raise unsupported(f"{owner} receives several tensors as `{printable(name)}`, which takes one in a spec")
    value = value if isinstance(value, list) else [value]
    if not all(isinstance(item, Ref) for item in value):
        raise unsupported(f"{owner} receives a list of both nodes and constants as `{printable(name)}`")
    return list(value)


def _constant(entry: catalog.Entry, name: str, value: Any, owner: str) -> dict[str, Any]:
    parameter = entry.constants[name]
    kind = parse(parameter.type)
    what = f"`{name}` of {owner}"
    if entry.kind == "op" and entry.name == "get_item":
        return {name: slice_text(value, what)}
    if is_object(value) and any(isinstance(k, Array) for k in (kind.options if isinstance(kind, Union) else (kind,))):
        return (
            {name: array(value["config"], what)} if value["class_name"] in ("__numpy__", "__tensor__") else _code(what)
        )
    result = plain(value, kind, what)
    is_implied = not parameter.required and is_default(name, result, parameter, kind, of_op=entry.kind == "op")
    return {} if is_implied else {name: result}


def _code(what: str) -> Any:
    raise contains_code(f"{what} is not a plain value")


def slice_text(key: Any, what: str) -> str | int:
    """The index of `get_item` in a spec.

    >>> slice_text([{"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}, 0], "`key`")
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
    raise unsupported(f"{what} is an index that a spec cannot express")


def entry_keys(
    entry: catalog.Entry,
    feeds: Feeds,
    constants: Mapping[str, Any],
    before: Ref | None,
    reference: Callable[[Ref], Any],
) -> dict[str, Any]:
    """The keys of an entry that describe its call.

    Args:
        entry: The catalog's entry of the layer or op.
        feeds: The tensors of the call.
        constants: The constants of the call.
        before: The tensor that an entry without `from` receives.
        reference: Returns the name of a tensor.
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
            found["from"] = [reference(ref) for ref in feed] if isinstance(feed, list) else reference(feed)
    elif (
        entry.kind == "op"
        and names == [tensor.name for tensor in open_[: len(names)]]
        and all(tensor.form == "one" for tensor in open_[: len(names) - 1])
    ):
        found["from"] = [reference(ref) for ref in refs(list(feeds.values()))]
    else:
        implied = first == entry.tensors[0].name and feeds.get(first) in (before, [before])
        found["from"] = {
            name: [reference(ref) for ref in feed] if isinstance(feed, list) else reference(feed)
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


def layer_output_count(entry: catalog.Entry, arguments: Mapping[str, Any], constants: Mapping[str, Any]) -> int:
    """The number of outputs of a layer's call.

    Args:
        entry: The layer's class in the catalog.
        arguments: The layer's arguments in the spec.
        constants: The constant arguments of the call.

    Returns:
        1, plus the states and attention scores that the call also returns.
    """
    if arguments.get("return_state"):
        return 1 + _states(entry.name, arguments)
    if entry.name == "Bidirectional":
        inner = arguments.get("layer")
        if isinstance(inner, dict):
            name, given = next(iter(inner.items()))
            gives_states = isinstance(given, dict) and given.get("return_state")  # a model has no states
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


def op_output_count(op: str, feeds: Feeds, constants: Mapping[str, Any]) -> int:
    """The number of outputs of an op's call, as far as its arguments determine it.

    Args:
        op: The op's name in the catalog.
        feeds: The tensors of the call, by argument.
        constants: Its constant arguments.

    Returns:
        The number of outputs; 1 if the arguments do not determine it.
    """
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
