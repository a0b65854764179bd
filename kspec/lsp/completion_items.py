"""The parts of proposals: snippets, kinds of classes, what an entry calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lsprotocol import types as lsp

from kspec import catalog
from kspec.catalog import types
from kspec.catalog.applications import inner_layers
from kspec.diagnostics import Path
from kspec.language.entry import HEADS
from kspec.lsp import schema_lookup
from kspec.lsp.document import AnalysedText
from kspec.lsp.labels import tensor_in_words
from kspec.lsp.scope import entry_at
from kspec.schema.reference import sample
from kspec.syntax.yaml_flow import to_yaml


@dataclass(frozen=True, slots=True)
class Item:
    """A proposal.

    Args:
        label: What the editor lists.
        kind: The kind of symbol.
        detail: A short note next to the label.
        path: A path in the language whose documentation is shown.
        insert: The inserted snippet, with `$1` and `${1:word}` as placeholders; the label if empty.
        order: Proposals of lower order come first.
    """

    label: str
    kind: lsp.CompletionItemKind
    detail: str = ""
    path: Path = ()
    insert: str = ""
    order: int = 5


def plain(word: str) -> str:
    """A snippet that inserts a word literally."""
    return word.replace("\\", "\\\\").replace("$", "\\$").replace("}", "\\}")


def arguments(entry: catalog.Entry) -> str:
    """Placeholders for the required arguments; an empty one if none is required."""
    required = [parameter for parameter in entry.parameters.values() if parameter.required]
    if not required:
        return "{$1}"
    places = []
    for number, parameter in enumerate(required, start=1):
        shown = to_yaml(sample(parameter)).replace("\\", "\\\\").replace("$", "\\$").replace("}", "\\}")
        place = f"${{{number}:{shown}}}"
        places.append(f"{parameter.name}: {place}")
    return "{" + ", ".join(places) + "}"


def callee_of(entry: Any) -> catalog.Entry | None:
    """The layer or op that an entry calls."""
    if not isinstance(entry, dict):
        return None
    if isinstance(entry.get("op"), str):
        return catalog.find("op", entry["op"])
    return next((found for key in entry if key[:1].isupper() and (found := catalog.find("layer", key))), None)


def class_at(path: Path) -> catalog.Entry | None:
    """The class that a path ends in."""
    kind = kind_at(path[:-1])
    return catalog.find(kind, str(path[-1])) if kind else None


def choices(parameter: catalog.Parameter) -> list[str]:
    """The words that an argument accepts."""
    kind = types.parse(parameter.type)
    found: list[str] = []
    for option in kind.options if isinstance(kind, types.Union) else (kind,):
        if isinstance(option, types.Choice):
            found += option.values
        elif isinstance(option, types.Boolean):
            found += ["true", "false"]
    return found


def usual_name(entry: catalog.Entry) -> str:
    """The most common name of a class: `binary_crossentropy`, not `bce`."""
    plain = [name for name in (entry.name, *entry.aliases) if name.islower()]
    return max(plain, key=len) if plain and entry.kind in ("loss", "optimizer", "metric", "initializer") else entry.name


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def shape_of_name(name: str, network_path: Path, analysed: AnalysedText | None) -> str:
    """The shape of a node, for display.

    Args:
        name: The node.
        network_path: The block or sub-model it belongs to: `("blocks", name)`; empty for the spec itself.
        analysed: The analysis of the text; None if there is none.

    Returns:
        The shape in words; empty if unknown, as in a block.
    """
    network = analysed.network(network_path) if analysed else None
    tensor = network.graph.names.get(name) if network else None
    return tensor_in_words(network.types.tensor(tensor)) if tensor is not None and network is not None else ""


def is_entry(path: Path) -> bool:
    return bool(path) and entry_at(path) == path


def is_head(key: str) -> bool:
    return key[:1].isupper() or key in HEADS


def is_required(key: str, path: Path) -> bool:
    return any(key in schema.get("required", ()) for schema in schema_lookup.schemas_at(path))


_KIND_BY_WORD: dict[str, catalog.Kind] = {
    "optimizer": "optimizer",
    "loss": "loss",
    "metrics": "metric",
    "weighted_metrics": "metric",
    "callbacks": "callback",
    "learning_rate": "schedule",
    "application": "application",
}


def kind_at(path: Path) -> catalog.Kind | None:
    """The kind of class at a path."""
    if is_entry(path):
        return "layer"
    if path and path[-1] == "op":
        return "op"
    for key in reversed(path):
        if not isinstance(key, str):
            continue
        if key in _KIND_BY_WORD:
            return _KIND_BY_WORD[key]
        for kind in ("initializer", "regularizer", "constraint", "activation"):
            if key.endswith(kind):
                return kind
        if key in ("layer", "cell", "forward_layer", "backward_layer"):
            return "layer"
        by_output = path[0] == "compile" and path[2:3] == (key,)
        return _KIND_BY_WORD.get(str(path[1])) if by_output else None
    return None


def layers_of_application(model: Any) -> list[str]:
    """The names of an application's layers in Keras."""
    application = mapping(model).get("application")
    if isinstance(application, str):
        return [layer.name for layer in inner_layers(application, {})]
    name, arguments = next(iter(mapping(application).items()), ("", {}))
    return [layer.name for layer in inner_layers(name, mapping(arguments))]
