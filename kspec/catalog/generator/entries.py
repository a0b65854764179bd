"""Generates the catalog's raw entries of a kind, as the data files hold them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from kspec.catalog.entry import Kind
from kspec.catalog.generator.calls import call_signature
from kspec.catalog.generator.corrections import corrections
from kspec.catalog.generator.discovery import KerasObject, activation_layers, walk
from kspec.catalog.generator.docstrings import argument_texts, first_line, summary, without_null
from kspec.catalog.generator.inference import infer, with_null

Raw = dict[str, Any]
_ENTRY_KEYS = {"layer": {"name", "trainable"}}
_LAYER_WIDE = ("activity_regularizer", "dtype")


def entries(kind: Kind) -> tuple[dict[str, Raw], dict[str, Raw]]:
    """The data of a kind, and its descriptions, both by canonical name."""
    data: dict[str, Raw] = {}
    docs: dict[str, Raw] = {}
    for keras_object in walk(kind):
        data[keras_object.name], docs[keras_object.name] = _entry(kind, keras_object)
    if kind == "activation":
        for keras_object in activation_layers():
            data[keras_object.name], docs[keras_object.name] = _activation_layer(keras_object)
    for name, extra in corrections(kind).extra.items():
        data[name] = {"path": "", "aliases": extra["aliases"]}
        docs[name] = {"doc": extra["doc"]}
        for other in data:
            if other != name:
                own = {name, *extra["aliases"]}
                data[other]["aliases"] = [alias for alias in data[other].get("aliases", ()) if alias not in own]
    return dict(sorted(data.items())), dict(sorted(docs.items()))


def _entry(kind: Kind, keras_object: KerasObject) -> tuple[Raw, Raw]:
    corrected = corrections(kind)
    raw: Raw = {"path": keras_object.path}
    docs: Raw = {"doc": corrected.summary(keras_object.name) or _instance(summary(keras_object.target.__doc__))}
    if keras_object.aliases:
        raw["aliases"] = list(keras_object.aliases)
    if reason := corrected.refused(keras_object.name):
        return raw | {"refused": reason}, docs
    texts = texts_of(keras_object.target)
    skipped: dict[str, str] = {}
    if inspect.isclass(keras_object.target) or kind == "application":
        raw["parameters"], docs["parameters"] = {}, {}
        for name, default, required in _constructor(kind, keras_object):
            if reason := corrected.skip(keras_object.name, name):
                skipped[name] = reason
                continue
            raw["parameters"][name] = parameter(kind, keras_object.name, name, default, required, texts)
            docs["parameters"][name] = _doc(kind, keras_object, name, raw["parameters"][name][0], texts)
    if kind == "application":
        raw["tensors"] = [["inputs", "one", True]]
    if kind in ("layer", "op"):
        call = call_signature(kind, keras_object)
        raw["tensors"] = call.tensors
        raw["constants"], docs["constants"] = {}, {}
        for name, (default, required) in call.constants.items():
            if reason := corrected.skip(keras_object.name, name):
                skipped[name] = reason
                continue
            raw["constants"][name] = parameter(kind, keras_object.name, name, default, required, texts, "constants")
            docs["constants"][name] = _doc(kind, keras_object, name, raw["constants"][name][0], texts)
        if call.is_mixed:
            raw["order"] = call.order
    if skipped:
        raw["skipped"] = skipped
    for mark, value in call_marks(kind, keras_object).items():
        raw[mark] = value
    return raw, docs


def _activation_layer(keras_object: KerasObject) -> tuple[Raw, Raw]:
    """A layer as an activation: it has the layer's arguments, but no call of its own."""
    data, docs = _entry("layer", keras_object)
    if reason := corrections("activation").refused(keras_object.name):
        return {"path": keras_object.path, "refused": reason}, {"doc": docs["doc"]}
    for call in ("tensors", "constants"):
        data.pop(call, None)
        docs.pop(call, None)
    return data, docs


def _instance(text: str) -> str:
    """A summary without its verb: `Instantiates the ResNet50 architecture.`"""
    noun = text.removeprefix("Instantiates ")
    return text if noun == text else noun[:1].upper() + noun[1:]


def _doc(kind: Kind, keras_object: KerasObject, argument: str, notation: str, texts: dict[str, str]) -> str:
    text = corrections(kind).words(keras_object.name, argument) or first_line(texts.get(argument, ""))
    return text if "null" in notation else without_null(text)


def call_marks(kind: Kind, keras_object: KerasObject) -> Raw:
    """The marks `adapts`, `cell` and `internal` of a layer."""
    if kind != "layer":
        return {}
    marks: Raw = {}
    if hasattr(keras_object.target, "adapt"):
        marks["adapts"] = True
    if keras_object.name.endswith("Cell") or keras_object.name == "StackedRNNCells":
        marks["cell"] = True
    if keras_object.internal:
        marks["internal"] = True
    return marks


def parameter(
    kind: Kind, entry: str, name: str, default: Any, required: bool, texts: dict[str, str], group: str = "parameters"
) -> list[Any]:
    """A parameter as the data holds it.

    Args:
        kind: The catalog's kind of the class or function.
        entry: Its name.
        name: The parameter.
        default: Its default in Keras; ignored if it is required.
        required: Whether it has no default.
        texts: What Keras's docstring says of each parameter.
        group: `parameters` for the constructor, `constants` for the call.

    Returns:
        The type in the catalog's notation, then the default unless it is required.
    """
    notation = corrections(kind).type_of(entry, name, group) or infer(default, texts.get(name, ""))
    notation = with_null(notation, default, required)
    return [notation] if required else [notation, plain(default)]


def plain(default: Any) -> Any:
    """A default as plain JSON."""
    if isinstance(default, tuple | list):
        return [plain(item) for item in default]
    if default is None or isinstance(default, bool | int | float | str):
        return default
    raise TypeError(f"this default is not a plain value: {default!r}")


def texts_of(target: Any) -> dict[str, str]:
    """The descriptions of arguments, from the docstrings of a function, or of a class with its bases and methods."""
    texts: dict[str, str] = {}
    owners = target.__mro__ if inspect.isclass(target) else [target]
    for owner in owners:
        for part in (owner, owner.__dict__.get("__init__"), owner.__dict__.get("call")):
            for name, text in argument_texts(getattr(part, "__doc__", None)).items():
                texts.setdefault(name, text)
    return texts


def _constructor(kind: Kind, keras_object: KerasObject) -> Iterator[tuple[str, Any, bool]]:
    """The name and default of each argument, and whether it is required; those in `**kwargs` last, with null."""
    target: Any = keras_object.target
    named: set[str] = set(_ENTRY_KEYS.get(kind, ()))
    open_ended = False
    signature = inspect.signature(target.__init__ if inspect.isclass(target) else target).parameters
    for item in list(signature.values())[1 if inspect.isclass(target) else 0 :]:
        if item.kind is item.VAR_KEYWORD:
            open_ended = True
        elif item.kind is not item.VAR_POSITIONAL and item.name not in named:
            required = item.default is item.empty or item.name in corrections(kind).of(keras_object.name, "required")
            yield item.name, None if required else item.default, required
            named.add(item.name)
    if kind == "layer" and open_ended:
        for name in (*corrections(kind).of(keras_object.name, "hidden"), *_LAYER_WIDE):
            if name not in named:
                yield name, None, False
