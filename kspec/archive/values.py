"""What a Keras configuration says of an argument → what a spec says: plain values, a class as one key.

A class is looked up in the catalog by its name; that a configuration names a module is never a reason to import it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kspec import catalog
from kspec.archive.errors import is_code, shown, wordless
from kspec.catalog import types
from kspec.catalog.types import parse
from kspec.syntax.names import snake_case

_SAME_ON_ALL_AXES = {
    *("kernel_size", "strides", "dilation_rate", "pool_size", "size", "padding", "cropping", "output_padding"),
}
"""Arguments for which one number stands for the same number along each axis."""
_COMPUTED = {"vocabulary_size", "quantization_config", "oov_method", "seed"}
"""What configurations say beside a class's arguments, by what Keras would say there anyway."""
_AT_REST: tuple[Any, ...] = (None, False, "floormod")
_FOLLOWS = {"strides": "pool_size", "value_dim": "key_dim"}
"""Arguments that are another's value where they are not said."""
_ONE_OF = {"num_bins": "bin_boundaries"}
"""Arguments that stand for what another says, of which Keras takes only one, and whose configuration has both."""
MODELS = ("Functional", "Sequential", "Model")
"""What Keras calls models that are no classes of their author's."""

Config = Mapping[str, Any]


def is_object(value: Any) -> bool:
    """Whether a value of a configuration is an object that Keras has serialized."""
    return isinstance(value, dict) and isinstance(value.get("class_name"), str) and "config" in value


def keras_entry(kind: catalog.Kind, value: Config, owner: str) -> catalog.Entry:
    """The catalog's entry of a serialized object's class.

    Args:
        owner: What it belongs to, for the message.

    Raises:
        Refused: when the class is not one of Keras's that a spec can name.
    """
    name, module = str(value["class_name"]), value.get("module")
    registered = value.get("registered_name")
    if name in ("function", "__lambda__") or value.get("class_name") == "Lambda":
        raise is_code(f"{owner} carries Python code", "a spec is data: replace it by a layer or an op of Keras's")
    if not _is_keras(module) or (isinstance(registered, str) and registered not in (name, "")):
        said = registered if isinstance(registered, str) and registered else f"{module}.{name}" if module else name
        raise is_code(
            f"{owner} is of a class that is not Keras's: `{shown(said)}`",
            "a spec can name classes of your own, under `extensions:`; write that part by hand",
        )
    entry = catalog.find(kind, name)
    if entry is None:
        noun = {"schedule": "learning rate schedule"}.get(kind, kind)
        raise is_code(f"{owner} names `{shown(f'{module}.{name}')}`, which is no {noun} of Keras's")
    if entry.refused:
        raise is_code(f"{owner} is a `{entry.name}`, which cannot stand in a spec: {entry.refused}")
    return entry


def _is_keras(module: Any) -> bool:
    return isinstance(module, str) and (module == "keras" or module.startswith("keras."))


@dataclass(frozen=True, slots=True)
class Around:
    """What surrounds a value.

    Args:
        policy: The dtype policy of the whole model: what layers have that do not say another.
        model: Called with a serialized model that is an argument (`TimeDistributed` of one); gives its name.
    """

    policy: str = "float32"
    model: Callable[[Config], str] | None = None


NOTHING = Around()


def arguments_of(entry: catalog.Entry, config: Any, owner: str, around: Around = NOTHING) -> dict[str, Any]:
    """The constructor's arguments that are not Keras's defaults, in the order of its signature.

    Raises:
        Refused: when one of them cannot be said in a spec.
    """
    if not isinstance(config, dict):
        raise wordless(f"{owner} has no configuration")
    _refuse_unknown(entry, config, owner)
    found: dict[str, Any] = {}
    for name, parameter in entry.parameters.items():
        if name not in config or (entry.is_layer and name == "dtype"):
            continue
        what = f"`{name}` of {owner}"
        kind = parse(parameter.type)
        value = plain(_as_given(entry, config[name]), kind, what, around)
        if not parameter.required and is_default(name, value, parameter, kind):
            continue
        found[name] = _shortest(value, kind) if name in _SAME_ON_ALL_AXES else value
    for name, other in _ONE_OF.items():
        if found.get(other) is not None:
            found.pop(name, None)
    for name, other in _FOLLOWS.items():
        if other in entry.parameters and name in found and found[name] == found.get(other, 2):
            del found[name]
    return found


def _as_given(entry: catalog.Entry, value: Any) -> Any:
    """An argument without what the layer sets in it: Bidirectional lets the layers inside it give zeros for masks."""
    if entry.name == "Bidirectional" and is_object(value) and isinstance(value["config"], dict):
        inner = {key: item for key, item in value["config"].items() if key != "zero_output_for_mask"}
        return {**value, "config": inner}
    return value


def _refuse_unknown(entry: catalog.Entry, config: Config, owner: str) -> None:
    for name, value in config.items():
        known = name in entry.parameters or (entry.is_layer and name in ("name", "trainable", "dtype"))
        if known or any(value is rest or value == rest for rest in _AT_REST) or name in _COMPUTED:
            continue
        reason = entry.skipped.get(name, f"`{entry.name}` has no such argument")
        raise wordless(f"`{shown(name)}` of {owner} cannot be said in a spec: {reason}")


def plain(value: Any, kind: types.Type, what: str, around: Around = NOTHING) -> Any:
    """A value of a configuration as a spec writes it."""
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
        raise is_code(f"{what} is a function that is not Keras's: `{shown(value)}`")
    return value


def _of_mapping(value: dict[str, Any], objects: list[str], what: str, around: Around) -> Any:
    if not is_object(value):
        return {str(key): plain(part, types.AnyValue(), what) for key, part in value.items()}
    name, config = value["class_name"], value["config"]
    if name in ("__numpy__", "__tensor__"):
        return array(config, what)
    if name == "DTypePolicy":
        return policy_of(value, what)
    if name == "function":
        return _function(value, objects, what)
    if not objects:
        if name == "SeedGenerator":
            raise wordless(f"{what} is a generator of seeds", "give the layer a number")
        raise is_code(f"{what} names `{shown(name)}`, where a plain value stands")
    if around.model is not None and objects[0] == "layer" and name in MODELS:
        return {"model": around.model(value)}
    if objects == ["activation"] and catalog.find("layer", str(name)) and not catalog.find("activation", str(name)):
        raise wordless(f"{what} is a layer, `{shown(name)}`", "make it a layer of its own, behind this one")
    return object_of(objects[0], value, what, around)


def object_of(kind: str, value: Config, what: str, around: Around = NOTHING) -> Any:
    """A serialized object as a spec writes it: its name, or a mapping of one key."""
    of: Any = "layer" if kind == "cell" else kind
    entry = keras_entry(of, value, what)
    config = value["config"]
    if entry.is_layer and isinstance(config, dict) and config.get("trainable") is False:
        raise wordless(f"{what} is frozen by itself", "freeze the layer around it, or nothing of it")
    arguments = arguments_of(entry, config, what, around)
    if entry.is_layer:
        arguments |= dtype_argument(entry, config, what, around)
    return {entry.name: arguments} if arguments else _spelling(entry)


def dtype_argument(entry: catalog.Entry, config: Config, what: str, around: Around) -> dict[str, Any]:
    """The layer's dtype policy, where it is not the model's."""
    policy = policy_of(config.get("dtype"), what)
    return {"dtype": policy} if policy not in (None, around.policy) and "dtype" in entry.parameters else {}


def _function(value: Config, objects: list[str], what: str) -> str:
    """A function by its name: one of Keras's activations, losses, metrics."""
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
    raise is_code(
        f"{what} is a function that is not Keras's: `{shown(name)}`", "a spec is data, and names what Keras has"
    )


def _spelling(entry: catalog.Entry) -> str:
    """A class with its defaults: Keras's own word for it where it has one."""
    word = snake_case(entry.name)
    return word if word in entry.aliases and not entry.is_layer else entry.name


def policy_of(value: Any, what: str) -> str | None:
    """The name of a serialized dtype policy; None where there is none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict) and value.get("class_name") == "DTypePolicy" and isinstance(value.get("config"), dict):
        name = value["config"].get("name")
        if isinstance(name, str):
            return name
    name = value.get("class_name") if isinstance(value, dict) else value
    raise wordless(
        f"{what} has a dtype policy that a spec cannot say: `{shown(name)}`",
        "import the model as it was before it was quantized",
    )


def array(config: Any, what: str) -> Any:
    """Numbers in lists, of a serialized array; only of the types that a spec's numbers become again."""
    dtype = config.get("dtype") if isinstance(config, dict) else None
    if dtype not in ("float32", "int32"):
        raise wordless(f"{what} is an array of {shown(dtype)}", "float32 and int32 can be written as numbers")
    return numbers(config, what)


def numbers(config: Any, what: str) -> Any:
    """Numbers in lists, of a serialized array of any type."""
    value = config.get("value") if isinstance(config, dict) else None
    if not _is_numbers(value):
        raise wordless(f"{what} is an array of something else than numbers")
    return value


def _is_numbers(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_numbers(part) for part in value)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_default(name: str, value: Any, parameter: catalog.Parameter, kind: types.Type, *, of_op: bool = False) -> bool:
    """Whether a value is what Keras takes where none is said.

    Args:
        of_op: Whether it is a constant of an op: an op's configuration says what was given, a layer's what came of it.
    """
    default = parameter.default
    if value == default and type(value) is type(default):
        return True
    if name == "data_format" and default is None and not of_op:
        return bool(value == "channels_last")  # what Keras is configured to, unless somebody changed that
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
    """One number for the same number along each axis, where the argument's type takes it."""
    options = kind.options if isinstance(kind, types.Union) else (kind,)
    if not isinstance(value, list):
        return value
    lists = [option for option in options if isinstance(option, types.ListOf)]
    parts = [_shortest(part, lists[0].item) if lists else part for part in value]
    takes_number = any(isinstance(option, types.Number) for option in options)
    if takes_number and parts and not isinstance(parts[0], list) and all(part == parts[0] for part in parts):
        return parts[0]
    return parts
