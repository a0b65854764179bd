"""Makes the catalog's raw entries of a kind: what the data files hold."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from kspec.catalog.entry import Kind
from kspec.catalog.generator.calls import call_signature
from kspec.catalog.generator.corrections import corrections
from kspec.catalog.generator.discovery import Found, activation_layers, walk
from kspec.catalog.generator.docstrings import argument_texts, first_line, summary, without_null
from kspec.catalog.generator.inference import infer, with_null

Raw = dict[str, Any]
_BESIDE = {"layer": {"name", "trainable"}}
_LAYER_WIDE = ("activity_regularizer", "dtype")


def entries(kind: Kind) -> tuple[dict[str, Raw], dict[str, Raw]]:
    """The data of a kind, and its descriptions, by canonical name."""
    data: dict[str, Raw] = {}
    docs: dict[str, Raw] = {}
    for found in walk(kind):
        data[found.name], docs[found.name] = _entry(kind, found)
    if kind == "activation":
        for found in activation_layers():
            data[found.name], docs[found.name] = _activation_layer(found)
    for name, extra in corrections(kind).extra.items():
        data[name] = {"path": "", "aliases": extra["aliases"]}
        docs[name] = {"doc": extra["doc"]}
        for other in data:
            if other != name:
                taken = {name, *extra["aliases"]}
                data[other]["aliases"] = [alias for alias in data[other].get("aliases", ()) if alias not in taken]
    return dict(sorted(data.items())), dict(sorted(docs.items()))


def _entry(kind: Kind, found: Found) -> tuple[Raw, Raw]:
    known = corrections(kind)
    raw: Raw = {"path": found.path}
    docs: Raw = {"doc": known.summary(found.name) or _instance(summary(found.target.__doc__))}
    if found.aliases:
        raw["aliases"] = list(found.aliases)
    if reason := known.refused(found.name):
        return raw | {"refused": reason}, docs
    texts = texts_of(found.target)
    skipped: dict[str, str] = {}
    if inspect.isclass(found.target) or kind == "application":
        raw["parameters"], docs["parameters"] = {}, {}
        for name, default, required in _constructor(kind, found):
            if reason := known.skip(found.name, name):
                skipped[name] = reason
                continue
            raw["parameters"][name] = parameter(kind, found.name, name, default, required, texts)
            docs["parameters"][name] = _doc(kind, found, name, raw["parameters"][name][0], texts)
    if kind == "application":
        raw["tensors"] = [["inputs", "one", True]]
    if kind in ("layer", "op"):
        call = call_signature(kind, found)
        raw["tensors"] = call.tensors
        raw["constants"], docs["constants"] = {}, {}
        for name, (default, required) in call.constants.items():
            if reason := known.skip(found.name, name):
                skipped[name] = reason
                continue
            raw["constants"][name] = parameter(kind, found.name, name, default, required, texts, "constants")
            docs["constants"][name] = _doc(kind, found, name, raw["constants"][name][0], texts)
        if call.is_mixed:
            raw["order"] = call.order
    if skipped:
        raw["skipped"] = skipped
    for mark, value in call_marks(kind, found).items():
        raw[mark] = value
    return raw, docs


def _activation_layer(found: Found) -> tuple[Raw, Raw]:
    """A layer as an activation: it has the layer's arguments, and is called by the layer that it is in."""
    data, docs = _entry("layer", found)
    if reason := corrections("activation").refused(found.name):
        return {"path": found.path, "refused": reason}, {"doc": docs["doc"]}
    for call in ("tensors", "constants"):
        data.pop(call, None)
        docs.pop(call, None)
    return data, docs


def _instance(text: str) -> str:
    """What is made, where Keras says that it is: `Instantiates the ResNet50 architecture.`"""
    made = text.removeprefix("Instantiates ")
    return text if made == text else made[:1].upper() + made[1:]


def _doc(kind: Kind, found: Found, argument: str, notation: str, texts: dict[str, str]) -> str:
    text = corrections(kind).words(found.name, argument) or first_line(texts.get(argument, ""))
    return text if "null" in notation else without_null(text)


def call_marks(kind: Kind, found: Found) -> Raw:
    """`adapts`, `cell` and `internal`, where they hold."""
    if kind != "layer":
        return {}
    marks: Raw = {}
    if hasattr(found.target, "adapt"):
        marks["adapts"] = True
    if found.name.endswith("Cell") or found.name == "StackedRNNCells":
        marks["cell"] = True
    if found.internal:
        marks["internal"] = True
    return marks


def parameter(
    kind: Kind, entry: str, name: str, default: Any, required: bool, texts: dict[str, str], group: str = "parameters"
) -> list[Any]:
    """A parameter as the data has it: its type, and its default unless it is required."""
    notation = corrections(kind).type_of(entry, name, group) or infer(default, texts.get(name, ""))
    notation = with_null(notation, default, required)
    return [notation] if required else [notation, plain(default)]


def plain(default: Any) -> Any:
    """A default as JSON can hold it."""
    if isinstance(default, tuple | list):
        return [plain(item) for item in default]
    if default is None or isinstance(default, bool | int | float | str):
        return default
    raise TypeError(f"a default that is no plain value: {default!r}")


def texts_of(target: Any) -> dict[str, str]:
    """What the docstrings of a class, its constructor, its call and its bases, or of a function, say of arguments."""
    texts: dict[str, str] = {}
    owners = target.__mro__ if inspect.isclass(target) else [target]
    for owner in owners:
        for part in (owner, owner.__dict__.get("__init__"), owner.__dict__.get("call")):
            for name, text in argument_texts(getattr(part, "__doc__", None)).items():
                texts.setdefault(name, text)
    return texts


def _constructor(kind: Kind, found: Found) -> Iterator[tuple[str, Any, bool]]:
    """Name, default and whether it is required, of each argument; those hidden in `**kwargs` last, with null."""
    target: Any = found.target
    named: set[str] = set(_BESIDE.get(kind, ()))
    open_ended = False
    taken = inspect.signature(target.__init__ if inspect.isclass(target) else target).parameters
    for item in list(taken.values())[1 if inspect.isclass(target) else 0 :]:
        if item.kind is item.VAR_KEYWORD:
            open_ended = True
        elif item.kind is not item.VAR_POSITIONAL and item.name not in named:
            required = item.default is item.empty or item.name in corrections(kind).of(found.name, "required")
            yield item.name, None if required else item.default, required
            named.add(item.name)
    if kind == "layer" and open_ended:
        for name in (*corrections(kind).of(found.name, "hidden"), *_LAYER_WIDE):
            if name not in named:
                yield name, None, False
