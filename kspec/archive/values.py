"""Arguments in a Keras configuration → arguments in a spec: plain values, or a class with its arguments.

A class is looked up in the catalog by its name; a module that a configuration names is never imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kspec import catalog
from kspec.archive.errors import contains_code, printable, unsupported
from kspec.catalog import types
from kspec.catalog.types import parse
from kspec.syntax.names import snake_case

_SAME_ON_ALL_AXES = {
    *("kernel_size", "strides", "dilation_rate", "pool_size", "size", "padding", "cropping", "output_padding"),
}
"""Arguments for which one number stands for the same number along each axis."""
_DERIVED = {"vocabulary_size", "quantization_config", "oov_method", "seed"}
"""Keys of configurations that are not arguments, and that Keras derives."""
_NEUTRAL: tuple[Any, ...] = (None, False, "floormod")
_SAME_BY_DEFAULT = {"strides": "pool_size", "value_dim": "key_dim"}
"""Arguments that default to the value of another."""
_ALTERNATIVES = {"num_bins": "bin_boundaries"}
"""Arguments that exclude another one, although configurations contain both."""
MODELS = ("Functional", "Sequential", "Model")
"""The classes of models that are not custom."""

Config = Mapping[str, Any]


def is_object(value: Any) -> bool:
    """Whether a value of a configuration is an object that Keras has serialized."""
    return isinstance(value, dict) and isinstance(value.get("class_name"), str) and "config" in value


def keras_entry(kind: catalog.Kind, value: Config, owner: str) -> catalog.Entry:
    """The catalog's entry of a serialized object's class.

    Args:
        kind: The kind of class.
        value: The serialized object.
        owner: What it belongs to, for the message.

    Raises:
        ImportRefused: If the class is not a Keras class that a spec can use.
    """
    name, module = str(value["class_name"]), value.get("module")
    registered = value.get("registered_name")
    if name in ("function", "__lambda__") or value.get("class_name") == "Lambda":
        raise contains_code(f"{owner} contains Python code", "replace it with a Keras layer or op")
    if not _is_keras(module) or (isinstance(registered, str) and registered not in (name, "")):
        custom = registered if isinstance(registered, str) and registered else f"{module}.{name}" if module else name
        raise contains_code(
            f"{owner} has a custom class: `{printable(custom)}`",
            "write that part of the spec by hand: custom classes need `extensions:`",
        )
    entry = catalog.find(kind, name)
    if entry is None:
        noun = {"schedule": "learning rate schedule"}.get(kind, kind)
        raise contains_code(f"{owner} names `{printable(f'{module}.{name}')}`, which is not a Keras {noun}")
    if entry.refused:
        raise contains_code(f"{owner} is a `{entry.name}`, which cannot be used in a spec: {entry.refused}")
    return entry


def _is_keras(module: Any) -> bool:
    return isinstance(module, str) and (module == "keras" or module.startswith("keras."))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The surroundings of a value.

    Args:
        policy: The dtype policy of the model, which layers have by default.
        model: Converts a serialized model that is an argument (of `TimeDistributed`), and returns its name.
    """

    policy: str = "float32"
    model: Callable[[Config], str] | None = None


NOTHING = Surroundings()


def arguments_of(entry: catalog.Entry, config: Any, owner: str, around: Surroundings = NOTHING) -> dict[str, Any]:
    """The constructor arguments that are not Keras's defaults, in the order of the signature.

    Args:
        entry: The catalog's entry of the class.
        config: The configuration of the object.
        owner: The object, for messages.
        around: Its surroundings.

    Raises:
        ImportRefused: If a spec cannot express an argument.
    """
    if not isinstance(config, dict):
        raise unsupported(f"{owner} has no configuration")
    _reject_unknown(entry, config, owner)
    found: dict[str, Any] = {}
    for name, parameter in entry.parameters.items():
        if name not in config or (entry.is_layer and name == "dtype"):
            continue
        what = f"`{name}` of {owner}"
        kind = parse(parameter.type)
        value = plain(_without_derived(entry, config[name]), kind, what, around)
        if not parameter.required and is_default(name, value, parameter, kind):
            continue
        found[name] = _shortest(value, kind) if name in _SAME_ON_ALL_AXES else value
    for name, other in _ALTERNATIVES.items():
        if found.get(other) is not None:
            found.pop(name, None)
    for name, other in _SAME_BY_DEFAULT.items():
        if other in entry.parameters and name in found and found[name] == found.get(other, 2):
            del found[name]
    return found


def _without_derived(entry: catalog.Entry, value: Any) -> Any:
    """An argument without keys that the layer sets itself, as Bidirectional does in the layers inside it."""
    if entry.name == "Bidirectional" and is_object(value) and isinstance(value["config"], dict):
        inner = {key: item for key, item in value["config"].items() if key != "zero_output_for_mask"}
        return {**value, "config": inner}
    return value


def _reject_unknown(entry: catalog.Entry, config: Config, owner: str) -> None:
    for name, value in config.items():
        known = name in entry.parameters or (entry.is_layer and name in ("name", "trainable", "dtype"))
        if known or any(value is rest or value == rest for rest in _NEUTRAL) or name in _DERIVED:
            continue
        reason = entry.skipped.get(name, f"`{entry.name}` has no such argument")
        raise unsupported(f"`{printable(name)}` of {owner} cannot be expressed in a spec: {reason}")


def plain(value: Any, kind: types.Type, what: str, around: Surroundings = NOTHING) -> Any:
    """The value in a spec for a value of a configuration.

    Args:
        value: The value in the configuration.
        kind: The type of the argument in the catalog.
        what: The value in words, for errors.
        around: What the value depends on outside it.

    Returns:
        Plain YAML values; a serialized object becomes its class with arguments.

    Raises:
        ImportRefused: If the value contains code, or a spec cannot express it.
    """
    options = kind.options if isinstance(kind, types.Union) else (kind,)
    objects = [option.kind for option in options if isinstance(option, types.ObjectOf)]
    if isinstance(value, dict):
        takes_lists = any(isinstance(option, types.ListOf) for option in options)
        if takes_lists and value.get("class_name") in ("__numpy__", "__tensor__"):
            return numbers(value["config"], what)
        return _of_mapping(value, objects, what, around)
    if isinstance(value, (list, tuple)):
        lists = [option.item for option in options if isinstance(option, types.ListOf)]
        item = lists[0] if lists else types.AnyValue()
        return [plain(part, item, what, around) for part in value]
    if isinstance(value, str) and objects == ["activation"] and catalog.find("activation", value) is None:
        raise contains_code(f"{what} is a custom function: `{printable(value)}`")
    return value


def _standardization(steps: Any, what: str) -> list[Any]:
    """The steps of a `TextVectorization` that kspec has saved, as a spec writes them."""
    pairs = [step for step in steps if isinstance(step, list)] if isinstance(steps, list) else [[]]
    if not all(len(pair) == 2 and all(isinstance(part, str) for part in pair) for pair in pairs):
        raise contains_code(f"{what} is no list of steps")
    return [{step[0]: step[1]} if isinstance(step, list) else step for step in steps]


def _of_mapping(value: dict[str, Any], objects: list[str], what: str, around: Surroundings) -> Any:
    if not is_object(value):
        return {str(key): plain(part, types.AnyValue(), what) for key, part in value.items()}
    name, config = value["class_name"], value["config"]
    if value.get("registered_name") == "kspec>Standardization" and isinstance(config, dict):
        return _standardization(config.get("steps"), what)
    if name in ("__numpy__", "__tensor__"):
        return array(config, what)
    if name == "DTypePolicy":
        return policy_of(value, what)
    if name == "function":
        return _function(value, objects, what)
    if not objects:
        if name == "SeedGenerator":
            raise unsupported(f"{what} is a seed generator", "use an integer as the seed of the layer")
        raise contains_code(f"{what} is `{printable(name)}`, where a plain value is expected")
    if around.model is not None and objects[0] == "layer" and name in MODELS:
        return {"model": around.model(value)}
    if objects == ["activation"] and catalog.find("layer", str(name)) and not catalog.find("activation", str(name)):
        raise unsupported(f"{what} is a layer, `{printable(name)}`", "add it as a separate layer after this one")
    return object_of(objects[0], value, what, around)


def object_of(kind: str, value: Config, what: str, around: Surroundings = NOTHING) -> Any:
    """A serialized object in a spec: its class, or a mapping from the class to its arguments.

    Args:
        kind: The catalog's kind of class: `layer`, `cell`, `optimizer` …
        value: The serialized object, with `class_name` and `config`.
        what: The object in words, for errors.
        around: What it depends on outside it.

    Returns:
        The class name, or `{class: arguments}`.

    Raises:
        ImportRefused: If the object contains code, or a spec cannot express it.
    """
    of: Any = "layer" if kind == "cell" else kind
    entry = keras_entry(of, value, what)
    config = value["config"]
    if entry.is_layer and isinstance(config, dict) and config.get("trainable") is False:
        raise unsupported(f"{what} is frozen separately", "freeze the whole layer around it, or none of it")
    arguments = arguments_of(entry, config, what, around)
    if entry.is_layer:
        arguments |= dtype_argument(entry, config, what, around)
    return {entry.name: arguments} if arguments else _spelling(entry)


def dtype_argument(entry: catalog.Entry, config: Config, what: str, around: Surroundings) -> dict[str, Any]:
    """The layer's dtype policy, if it differs from the model's.

    Args:
        entry: The layer's class in the catalog.
        config: The layer's configuration.
        what: The layer in words, for errors.
        around: Holds the model's policy.

    Returns:
        `{"dtype": policy}`, or an empty dict.

    Raises:
        ImportRefused: If a spec cannot express the policy.
    """
    policy = policy_of(config.get("dtype"), what)
    return {"dtype": policy} if policy not in (None, around.policy) and "dtype" in entry.parameters else {}


def _function(value: Config, objects: list[str], what: str) -> str:
    """The name of a Keras activation, loss or metric function."""
    name, module = value["config"], value.get("module")
    if isinstance(name, str) and (_is_keras(module) or module == "builtins"):
        registered = value.get("registered_name")
        for kind in objects:
            of: Any = kind
            if (
                kind in catalog.KINDS
                and registered in (name, "function", None, "")
                and catalog.find(of, name) is not None
            ):
                return name
    raise contains_code(f"{what} is a custom function: `{printable(name)}`", "use a function from Keras")


def _spelling(entry: catalog.Entry) -> str:
    """The name of a class with default arguments: Keras's short name, if it has one."""
    word = snake_case(entry.name)
    return word if word in entry.aliases and not entry.is_layer else entry.name


def policy_of(value: Any, what: str) -> str | None:
    """The name of a serialized dtype policy; None if there is none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict) and value.get("class_name") == "DTypePolicy" and isinstance(value.get("config"), dict):
        name = value["config"].get("name")
        if isinstance(name, str):
            return name
    name = value.get("class_name") if isinstance(value, dict) else value
    raise unsupported(
        f"{what} has a dtype policy that a spec cannot express: `{printable(name)}`",
        "import the model before it is quantized",
    )


def array(config: Any, what: str) -> Any:
    """A serialized array as lists of numbers or booleans, if a spec preserves its dtype."""
    dtype = config.get("dtype") if isinstance(config, dict) else None
    if dtype not in ("float32", "int32", "bool"):
        raise unsupported(f"{what} is an array of {printable(dtype)}", "use float32 or int32")
    if dtype == "bool" and _is_nested(config.get("value"), bool):
        return config["value"]
    return numbers(config, what)


def numbers(config: Any, what: str) -> Any:
    """A serialized array of any dtype as lists of numbers."""
    value = config.get("value") if isinstance(config, dict) else None
    if not _is_nested(value, int, float):
        raise unsupported(f"{what} is an array of values other than numbers")
    return value


def _is_nested(value: Any, *kinds: type) -> bool:
    """Whether a value is of one of these types, or a list of such, nested to any depth."""
    return all(_is_nested(part, *kinds) for part in value) if isinstance(value, list) else type(value) in kinds


def is_default(name: str, value: Any, parameter: catalog.Parameter, kind: types.Type, *, of_op: bool = False) -> bool:
    """Whether a value is Keras's default.

    Args:
        name: The argument.
        value: Its value.
        parameter: The catalog's parameter.
        kind: The parameter's type.
        of_op: Whether it is a constant of an op: its configuration has the value as passed, a layer's as resolved.
    """
    default = parameter.default
    if value == default and type(value) is type(default):
        return True
    if name == "data_format" and default is None and not of_op:
        return bool(value == "channels_last")  # the default of Keras's settings
    options = kind.options if isinstance(kind, types.Union) else (kind,)
    objects = [option.kind for option in options if isinstance(option, types.ObjectOf)]
    if "activation" in objects:
        return value in (None, "linear") and default in (None, "linear")
    if objects and isinstance(value, str) and isinstance(default, str):
        of: Any = objects[0]
        mine, theirs = catalog.find(of, value), catalog.find(of, default)
        return mine is not None and theirs is not None and mine.name == theirs.name
    if isinstance(value, list) and not isinstance(default, list):
        return _same_on_all_axes(value, default) if name in _SAME_ON_ALL_AXES else bool(value == [default])
    if isinstance(value, list) and name in _SAME_ON_ALL_AXES:
        return bool(_shortest(value, kind) == _shortest(default, kind))
    return bool(isinstance(value, (int, float)) and not isinstance(value, bool) and value == default)


def _same_on_all_axes(value: list[Any], number: Any) -> bool:
    return all(_same_on_all_axes(part, number) if isinstance(part, list) else part == number for part in value)


def _shortest(value: Any, kind: types.Type) -> Any:
    """A number in place of the same number for each axis, if the argument's type allows it."""
    options = kind.options if isinstance(kind, types.Union) else (kind,)
    if not isinstance(value, list):
        return value
    lists = [option for option in options if isinstance(option, types.ListOf)]
    parts = [_shortest(part, lists[0].item) if lists else part for part in value]
    takes_number = any(isinstance(option, types.Number) for option in options)
    if takes_number and parts and not isinstance(parts[0], list) and all(part == parts[0] for part in parts):
        return parts[0]
    return parts
