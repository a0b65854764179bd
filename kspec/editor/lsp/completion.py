"""What can be typed at a place: keys and words of the language, node names, columns of the data, variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lsprotocol import types as lsp

from kspec import catalog
from kspec.checker.rules.shared.logged import measured
from kspec.diagnostics import Path
from kspec.editor.lsp import grammar
from kspec.editor.lsp.cursor import MARK, Spot, typed_at
from kspec.editor.lsp.document import Document, Understood
from kspec.editor.lsp.facts import shape_of
from kspec.editor.lsp.names import BY_OUTPUT, names_of, output_names
from kspec.editor.reference import sample
from kspec.expressions import FUNCTIONS
from kspec.rewrite.inline import inline

Columns = Callable[[str, Any], list[str]]
"""The names of a table's columns, from the path of the spec and its plain `data:`."""

TRIGGERS = [" ", ":", "{", "[", ",", "$", "-", "\n"]
_OPEN_EXPRESSION = re.compile(r"\$\{[^}]*\Z")
_SOURCES = ("csv", "parquet", "npz", "images", "synthetic")


@dataclass(frozen=True, slots=True)
class Item:
    """A proposal.

    Args:
        insert: What is typed for it, with `$1` and `${1:word}` for what comes next; the label itself where empty.
        order: Those of lower order come first.
    """

    label: str
    kind: lsp.CompletionItemKind
    detail: str = ""
    doc: str = ""
    insert: str = ""
    order: int = 5


def complete(
    document: Document, position: lsp.Position, columns: Columns, *, snippets: bool
) -> list[lsp.CompletionItem]:
    """The proposals at a place, best first.

    Args:
        columns: Looks up the columns of the spec's data.
        snippets: Whether the editor can jump to what is yet to be filled in.
    """
    text = document.text
    spot = typed_at(text.content, text.offset(position))
    if spot is None:
        return []
    replaced = text.between(spot.start, spot.end)
    return [_protocol(item, replaced, snippets) for item in _Proposals(document, spot, columns).items()]


def _protocol(item: Item, replaced: lsp.Range, snippets: bool) -> lsp.CompletionItem:
    insert = item.insert or _plain(item.label)
    if not snippets:
        insert = re.sub(r"\$\{\d+:([^}]*)\}|\$\d+", lambda found: found[1] or "", insert).replace("\\$", "$")
    return lsp.CompletionItem(
        label=item.label,
        kind=item.kind,
        detail=item.detail or None,
        documentation=lsp.MarkupContent(lsp.MarkupKind.Markdown, item.doc) if item.doc else None,
        sort_text=f"{item.order}{item.label.lower()}",
        filter_text=item.label,
        text_edit=lsp.TextEdit(replaced, insert),
        insert_text_format=lsp.InsertTextFormat.Snippet if snippets else lsp.InsertTextFormat.PlainText,
    )


def _plain(word: str) -> str:
    """A word as a snippet that is just this word."""
    return word.replace("\\", "\\\\").replace("$", "\\$").replace("}", "\\}")


class _Proposals:
    def __init__(self, document: Document, spot: Spot, columns: Columns) -> None:
        self.document = document
        self.spot = spot
        self.columns = columns
        self.value: Mapping[str, Any] = spot.value if isinstance(spot.value, dict) else {}
        self.holder = spot.path[:-1] if spot.part == "key" else spot.path

    def items(self) -> list[Item]:
        found: dict[str, Item] = {}
        for item in self._all():
            found.setdefault(item.label, item)
        return list(found.values())

    def _all(self) -> Iterator[Item]:
        spot = self.spot
        before = spot.written[: spot.written.index(MARK)] if spot.part == "value" else ""
        typed = self.document.text.content[spot.start : spot.end]
        if _OPEN_EXPRESSION.search(before) or _OPEN_EXPRESSION.search(typed):
            yield from self._variables(bare=True)
            yield from (Item(name, lsp.CompletionItemKind.Function, insert=f"{name}($1)") for name in FUNCTIONS)
            return
        if typed.startswith("$"):
            yield from self._variables(bare=False)
            return
        if spot.part == "key":
            yield from self._keys(self.holder)
            return
        yield from self._words()

    def _variables(self, *, bare: bool) -> Iterator[Item]:
        given = self.value.get("vars")
        for name, value in given.items() if isinstance(given, dict) else ():
            if MARK not in name:
                label = name if bare else f"${name}"
                yield Item(label, lsp.CompletionItemKind.Variable, detail=inline(value), order=1)

    # keys

    def _keys(self, path: Path, *, in_braces: bool = False) -> Iterator[Item]:
        """Keys that the mapping at a path does not have yet."""
        present = self._at(path)
        taken = {key for key in present if MARK not in key} if isinstance(present, dict) else set()
        yield from self._names_as_keys(path, taken)
        if _is_entry(path) and _has_head(taken):
            known = {key: schema for key, schema in grammar.keys_at(path).items() if not _is_head(key)}
        else:
            known = grammar.keys_at(path)
        kind = _kind_at(path)
        for key, schema in known.items():
            if key not in taken:
                yield self._key(key, schema, kind, in_braces)

    def _key(self, key: str, schema: grammar.Schema, kind: catalog.Kind | None, in_braces: bool) -> Item:
        entry = catalog.find(kind, key) if kind else None
        doc = grammar.meaning(schema)
        if self.spot.has_value and not in_braces:
            insert = _plain(key)
        elif entry is not None:
            insert = f"{key}: {_arguments(entry)}"
        else:
            insert = f"{key}: $1"
        if in_braces:
            insert = f"{{{insert}}}"
        if entry is not None:
            return Item(key, lsp.CompletionItemKind.Class, entry.doc, doc, insert, order=4)
        order = 2 if _required(key, self.holder) else 6 if _is_head(key) else 3
        return Item(key, lsp.CompletionItemKind.Property, doc=doc, insert=insert, order=order)

    def _names_as_keys(self, path: Path, taken: set[str]) -> Iterator[Item]:
        """Inputs and outputs, where they are keys."""
        if path == ("data", "inputs"):
            given = self.value.get("inputs")
            names = list(given) if isinstance(given, dict) else []
        else:
            names = output_names(dict(self.value)) if path in BY_OUTPUT else []
        for name in names:
            if name not in taken and MARK not in name:
                insert = _plain(name) if self.spot.has_value else f"{name}: $1"
                yield Item(name, lsp.CompletionItemKind.Reference, insert=insert, order=1)

    # values

    def _words(self) -> Iterator[Item]:
        path = self.spot.path
        if not path:
            yield from self._keys(())
            return
        nodes = self._nodes()
        if nodes is not None:
            yield from nodes
            return
        if path[0] == "data" and len(path) > 1 and path[1] not in _SOURCES:
            yield from self._columns(path)
        if path[-1] == "monitor":
            yield from self._monitored()
        in_class = isinstance(path[-1], str) and path[-1][:1].isupper()
        if not self.spot.on_key_line and not isinstance(path[-1], int):
            yield from self._keys(path)  # a line of its own below a key: the first key of a mapping
        elif not in_class:
            yield from self._objects(path)
        for word in grammar.words_at(path):
            yield self._word(word, path)

    def _word(self, word: Any, path: Path) -> Item:
        kind = _kind_at(path)
        entry = catalog.find(kind, word) if kind and isinstance(word, str) else None
        item_kind = lsp.CompletionItemKind.Class if entry and word[:1].isupper() else lsp.CompletionItemKind.EnumMember
        label = inline(word)
        if entry is None:
            return Item(label, item_kind)
        if any(parameter.required for parameter in entry.parameters.values()):
            insert = f"{word}: {_arguments(entry)}"
            if not isinstance(path[-1], int) or self.spot.in_flow:
                insert = f"{{{insert}}}"
        else:
            insert = _plain(word)
        return Item(label, item_kind, entry.doc, _markdown(path, word), insert, order=4)

    def _objects(self, path: Path) -> Iterator[Item]:
        """Where a value can be a mapping of one line: words that stand at the head of one."""
        is_item = isinstance(path[-1], int)
        if is_item and _is_entry(path):
            for key, schema in grammar.keys_at(path).items():
                if key in ("op", "reuse", "block", "model"):
                    yield self._key(key, schema, None, self.spot.in_flow)

    def _nodes(self) -> Iterator[Item] | None:
        """Nodes, where one is cited; None elsewhere."""
        path = self.spot.path
        if path[-1] in ("vocabulary_of", "reuse") or (len(path) > 2 and path[0] == "layers" and path[2] == "from"):
            before = path[1] if path[0] == "layers" and isinstance(path[1], int) else None
            return self._named(names_of(dict(self.value), before))
        if path[-1] == "classes_of":
            return self._named(output_names(dict(self.value)))
        if path[0] == "outputs":
            return self._named(names_of(dict(self.value)))
        return None

    def _named(self, names: list[str]) -> Iterator[Item]:
        """The nearest first: what one cites stands mostly just above."""
        seen = self.document.understood
        taken = self._at(self.spot.path[:-1])
        present = {each for each in taken if isinstance(each, str)} if isinstance(taken, list) else set()
        for order, name in enumerate(reversed(names)):
            if name not in present and MARK not in name:
                shape = _shape(name, seen)
                yield Item(name, lsp.CompletionItemKind.Reference, shape, order=100 + order)

    def _columns(self, path: Path) -> Iterator[Item]:
        data = self.value.get("data")
        if path[1] == "split" and path[-1] not in ("stratify", "by", "group", "time"):
            return
        for name in self.columns(self.document.path, data):
            yield Item(name, lsp.CompletionItemKind.Field, insert=_plain(inline(name)), order=1)

    def _monitored(self) -> Iterator[Item]:
        """What training will measure."""
        seen = self.document.understood
        if seen is not None and seen.analysis.settings is not None:
            for name in measured(seen.spec, seen.analysis.graph, seen.analysis.settings):
                yield Item(name, lsp.CompletionItemKind.Value, order=1)

    def _at(self, path: Path) -> Any:
        value: Any = self.value
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def _arguments(entry: catalog.Entry) -> str:
    """What is required, to be filled in; an empty place where nothing is."""
    required = [parameter for parameter in entry.parameters.values() if parameter.required]
    if not required:
        return "{$1}"
    places = []
    for number, parameter in enumerate(required, start=1):
        shown = inline(sample(parameter))
        place = f"${number}" if set(shown) & set("{}$\\") else f"${{{number}:{shown}}}"
        places.append(f"{parameter.name}: {place}")
    return "{" + ", ".join(places) + "}"


def _markdown(path: Path, word: str) -> str:
    return grammar.meaning_at((*path, word))


def _shape(name: str, seen: Understood | None) -> str:
    node = seen.analysis.graph.nodes.get(name) if seen else None
    return shape_of(node, seen) if node is not None and seen is not None else ""


def _is_entry(path: Path) -> bool:
    return len(path) == 2 and path[0] == "layers"


def _is_head(key: str) -> bool:
    return key[:1].isupper() or key in ("op", "reuse", "block", "model")


def _has_head(keys: set[str]) -> bool:
    return any(_is_head(key) or "." in key for key in keys)


def _required(key: str, path: Path) -> bool:
    return any(key in schema.get("required", ()) for schema in grammar.schemas_at(path))


_KIND_BY_WORD: dict[str, catalog.Kind] = {
    "optimizer": "optimizer",
    "loss": "loss",
    "metrics": "metric",
    "weighted_metrics": "metric",
    "callbacks": "callback",
    "learning_rate": "schedule",
}


def _kind_at(path: Path) -> catalog.Kind | None:
    """Which kind of class stands at a path."""
    if _is_entry(path):
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
        return None
    return None
