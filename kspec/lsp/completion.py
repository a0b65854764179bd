"""Completion: keys and values of the language, node names, columns of the data, variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as Path_
from typing import Any

from lsprotocol import types as lsp

from kspec import catalog
from kspec.archive.vectors import SUFFIXES as VECTORS
from kspec.diagnostics import Path
from kspec.language import Permissions
from kspec.language.data import CLASS_FOLDERS, SUFFIXES, without_packing
from kspec.language.entry import HEADS
from kspec.language.missing import POLICIES
from kspec.language.source_files import CSV_OPTIONS
from kspec.lsp import schema_lookup
from kspec.lsp.completion_items import (
    Item,
    arguments,
    callee_of,
    choices,
    class_at,
    is_entry,
    is_head,
    is_required,
    kind_at,
    layers_of_application,
    mapping,
    plain,
    shape_of_name,
    usual_name,
)
from kspec.lsp.cursor import MARK, Cursor, cursor_at
from kspec.lsp.document import Document
from kspec.lsp.expression_items import expression_items, formula_items, nodes_in_expression, sql_items, variable_items
from kspec.lsp.labels import shapes_through
from kspec.lsp.names import BY_COLUMN, BY_OUTPUT, OF_COLUMNS
from kspec.lsp.scope import (
    entry_at,
    inputs_at,
    models_at,
    names_of,
    network_path_at,
    output_names,
    params_of,
    used_network,
    value_at,
)
from kspec.lsp.sweep_items import monitored, search_addresses, searched_path, sweep_items
from kspec.syntax.globs import TooManyEntries, matches
from kspec.syntax.sizes import OF_SHAPE
from kspec.syntax.yaml_flow import to_yaml

Columns = Callable[[str, Any, Permissions], list[str]]
"""The column names of the data, from the path of the spec, its plain `data:`, and what it may read."""

TRIGGERS = [" ", ":", "{", "[", ",", "$", "-", "\n"]
_OPEN_EXPRESSION = re.compile(r"\$\{[^}]*\Z")
MAX_FILES = 200
MAX_NAMES = 20_000
"""How many names are looked at for files to suggest."""


def complete(
    document: Document, position: lsp.Position, columns: Columns, *, snippets: bool
) -> list[lsp.CompletionItem]:
    """The proposals at a position, best first.

    Args:
        document: The document.
        position: The position.
        columns: Returns the columns of the spec's data.
        snippets: Whether the editor supports placeholders.

    Returns:
        The proposals; their documentation is added by `resolve`.
    """
    text = document.text
    cursor = cursor_at(text.content, text.offset(position))
    if cursor is None:
        return []
    edit_range = text.between(cursor.start, cursor.end)
    return [_protocol(item, cursor, edit_range, snippets) for item in _Proposals(document, cursor, columns).items()]


def resolve(item: lsp.CompletionItem) -> lsp.CompletionItem:
    """Add the documentation to a proposal, once it is shown."""
    if isinstance(item.data, list):
        words = schema_lookup.meaning_at(tuple(item.data))
        item.documentation = lsp.MarkupContent(lsp.MarkupKind.Markdown, words) if words else None
    return item


def _protocol(item: Item, cursor: Cursor, edit_range: lsp.Range, snippets: bool) -> lsp.CompletionItem:
    insert = item.insert or plain(item.label)
    if cursor.needs_space:
        insert = f" {insert}"
    if cursor.part == "key" and cursor.key_follows and not cursor.has_value:
        insert += ","
    if not snippets:
        insert = re.sub(r"\$\{\d+:([^}]*)\}|\$\d+", lambda items: items[1] or "", insert).replace("\\$", "$")
    return lsp.CompletionItem(
        label=item.label,
        kind=item.kind,
        detail=item.detail or None,
        data=list(item.path) or None,
        sort_text=f"{item.order:03}{item.label.lower()}",
        filter_text=item.label,
        text_edit=lsp.TextEdit(edit_range, insert),
        insert_text_format=lsp.InsertTextFormat.Snippet if snippets else lsp.InsertTextFormat.PlainText,
    )


class _Proposals:
    def __init__(self, document: Document, cursor: Cursor, columns: Columns) -> None:
        self.document = document
        self.cursor = cursor
        self.columns = columns
        self.value: Mapping[str, Any] = cursor.value if isinstance(cursor.value, dict) else {}
        self.holder = cursor.path[:-1] if cursor.part == "key" else cursor.path

    def items(self) -> list[Item]:
        items: dict[str, Item] = {}
        for item in self._all():
            items.setdefault(item.label, item)
        return list(items.values())

    def _all(self) -> Iterator[Item]:
        cursor = self.cursor
        before = cursor.text[: cursor.text.index(MARK)] if cursor.part == "value" else ""
        typed = self.document.text.content[cursor.start : cursor.cursor]
        if _OPEN_EXPRESSION.search(before) or _OPEN_EXPRESSION.search(typed):
            yield from self._in_expression(before or typed)
        elif typed.startswith("$"):
            yield from variable_items(self.cursor, self.value)
        elif cursor.part == "key":
            yield from self._keys(self.holder)
        elif cursor.path:
            yield from self._words(cursor.path)
        else:
            yield from self._keys(())

    def _in_expression(self, before: str) -> Iterator[Item]:
        """What can follow in an expression: in the call of a size a node, elsewhere variables and functions."""
        names = nodes_in_expression(before, self.cursor, self.value)
        yield from expression_items(self.cursor, self.value) if names is None else self._nodes(names)

    # keys

    def _keys(self, path: Path) -> Iterator[Item]:
        """The keys that the mapping at a path lacks."""
        present = value_at(self.value, path)
        existing = {key for key in present if MARK not in key} if isinstance(present, dict) else set()
        special = self._special_keys(path)
        if special is not None:
            yield from (item for item in special if item.label not in existing)
            return
        entry = is_entry(path)
        has_head = entry and any(is_head(key) or "." in key for key in existing)
        kind = kind_at(path)
        for key, schema in schema_lookup.keys_at(path).items():
            if key not in existing and not (has_head and is_head(key)):
                yield self._key(path, key, schema, kind, first=entry and not has_head)

    def _special_keys(self, path: Path) -> Iterator[Item] | None:
        """Keys that are names of the spec, or arguments of what an entry calls; None elsewhere."""
        if path == ("data", "inputs"):
            return self._named_keys(inputs_at(self.value, ()))
        if path in BY_OUTPUT:
            classes = [] if path[0] != "compile" or path[1] == "loss_weights" else list(self._classes(path))
            return iter([*self._named_keys(output_names(dict(self.value))), *classes])
        if path[:2] == ("fit", "stages") and path[-1] == "trainable":
            inputs = mapping(self.value.get("inputs"))
            layers = [name for name in names_of(dict(self.value)) if name not in inputs]
            models = mapping(self.value.get("models"))
            inside = [f"{name}/{layer}" for name, model in models.items() for layer in layers_of_application(model)]
            return self._named_keys([*layers, *models, *inside])
        if path in BY_COLUMN:
            return self._named_keys(self._columns())
        if path == ("sweep", "search"):
            return self._named_keys(search_addresses(self.value), ordered=True)
        if len(path) < 3 or not is_entry(path[:-1]):
            return None
        entry = value_at(self.value, path[:-1])
        if path[-1] == "with":
            block = entry.get("block") if isinstance(entry, dict) else None
            return self._named_keys(params_of(self.value, block) if isinstance(block, str) else [])
        callee, used = callee_of(entry), used_network(entry)
        if path[-1] == "from" and used:
            return self._named_keys(self._inputs_of(used))
        if path[-1] == "from":
            return self._named_keys([tensor.name for tensor in callee.tensors] if callee else [])
        if path[-1] == "call":
            return self._named_keys(list(callee.constants) if callee else [])
        return None

    def _inputs_of(self, used: Path) -> list[str]:
        """The inputs of a block or sub-model; those of an external model are known after the analysis."""
        analysed = self.document.analysed
        network = analysed.network(used) if analysed else None
        return inputs_at(self.value, used) or [node.name for node in (network.graph.inputs if network else ())]

    def _named_keys(self, names: list[str], *, ordered: bool = False) -> Iterator[Item]:
        for order, name in enumerate(names, 1):
            if MARK not in name:
                insert = plain(to_yaml(name)) if self.cursor.has_value else f"{plain(to_yaml(name))}: $1"
                kind = lsp.CompletionItemKind.Reference
                yield Item(name, kind, insert=insert, order=min(order, 999) if ordered else 1)

    def _classes(self, path: Path) -> Iterator[Item]:
        for key, schema in schema_lookup.keys_at(path).items():
            yield self._key(path, key, schema, kind_at(path), first=False)

    def _key(
        self, path: Path, key: str, schema: schema_lookup.Schema, kind: catalog.Kind | None, *, first: bool
    ) -> Item:
        """A key, with placeholders for its value.

        Args:
            path: Path of the mapping.
            key: The key.
            schema: The schema of its value.
            kind: The kind of classes that the mapping can hold.
            first: Whether classes come before other keys.
        """
        entry = catalog.find(kind, key) if kind and key[:1].isupper() else None
        if self.cursor.has_value:
            insert = plain(key)
        elif entry is not None:
            insert = f"{key}: {arguments(entry)}"
        else:
            insert = f"{key}: $1"
        if entry is not None:
            return Item(key, lsp.CompletionItemKind.Class, entry.doc, (*path, key), insert, order=2 if first else 4)
        order = 5 if first or is_head(key) else 2 if key in schema.get("required", ()) or is_required(key, path) else 3
        return Item(key, lsp.CompletionItemKind.Property, path=(*path, key), insert=insert, order=order)

    # values

    def _words(self, path: Path) -> Iterator[Item]:
        is_item = isinstance(path[-1], int)
        if path[:2] == ("sweep", "search") and path[3:4] == ("choice",):
            path = searched_path(self.value, path) or path
        special = self._special_words(path)
        if special is not None:
            yield from special
            if path[-1] != "from" or self.cursor.on_key_line:
                return
        if not self.cursor.on_key_line and not is_item:
            yield from self._keys(path)  # on its own line below a key: the first key of a mapping
            return
        kind = kind_at(path)
        if isinstance(path[-1], str) and path[-1][:1].isupper() and (entry := class_at(path)) is not None:
            if entry.parameters and not self.cursor.in_flow:
                yield Item("{…}", lsp.CompletionItemKind.Class, entry.doc, path, arguments(entry))
            return
        if isinstance(path[-1], int) and is_entry(path):
            for key in HEADS:
                insert = f"{{{key}: $1}}" if self.cursor.in_flow else f"{key}: $1"
                yield Item(key, lsp.CompletionItemKind.Property, path=(*path, key), insert=insert, order=5)
        usual = self._usual(path)
        analysed: set[str] = set()
        for word in schema_lookup.words_at(path):
            entry = catalog.find(kind, word) if kind and isinstance(word, str) else None
            if entry is not None and entry.name in analysed:
                continue  # an alias of a proposed class
            if entry is not None:
                analysed.add(entry.name)
                word = usual_name(entry)
            yield self._word(word, entry, path, order=0 if word in usual else 4)
        yield from self._sizes(path)
        yield from variable_items(self.cursor, self.value, order=7)

    def _word(self, word: Any, entry: catalog.Entry | None, path: Path, *, order: int) -> Item:
        label = to_yaml(word)
        if entry is None:
            return Item(label, lsp.CompletionItemKind.EnumMember, order=order)
        kind = lsp.CompletionItemKind.Class if word[:1].isupper() else lsp.CompletionItemKind.EnumMember
        insert = plain(word)
        if any(parameter.required for parameter in entry.parameters.values()):
            insert = f"{entry.name}: {arguments(entry)}"
            if not isinstance(path[-1], int) or self.cursor.in_flow:
                insert = f"{{{insert}}}"
        return Item(label, kind, entry.doc, (*path, entry.name), insert, order=order)

    def _usual(self, path: Path) -> set[str]:
        """The defaults of the setting at a path; they come first."""
        analysed = self.document.analysed
        if analysed is None or analysed.analysis.settings is None or path[:1] != ("compile",):
            return set()
        word = "metrics" if "metric" in str(path[1]) else str(path[1])
        values = [default.value for default in analysed.analysis.settings.defaults if default.setting.startswith(word)]
        return {
            item
            for value in values
            for item in (value if isinstance(value, list) else [value])
            if isinstance(item, str)
        }

    def _sizes(self, path: Path) -> Iterator[Item]:
        """Sizes that depend on the data, as an alternative to an integer."""
        words = schema_lookup.keys_at(path)
        if "classes_of" in words:
            for name in output_names(dict(self.value)):
                yield Item(f"{{classes_of: {name}}}", lsp.CompletionItemKind.Value, order=6)

    def _special_words(self, path: Path) -> Iterator[Item] | None:
        """Names of the spec, columns, files, metrics; None elsewhere."""
        value = dict(self.value)
        if path[-1] in ("reuse", "vocabulary_of"):
            return self._nodes(names_of(value, path, layers=True))
        if path[-1] == "expr" and is_entry(path[:-1]):
            return iter([*self._nodes(names_of(value, path)), *formula_items()])
        if path[-1] in OF_SHAPE:
            return self._nodes(names_of(value, path))
        if path[-1] == "block":
            return iter([Item(name, lsp.CompletionItemKind.Reference) for name in mapping(value.get("blocks"))])
        if path[-1] == "model":
            return self._models(models_at(value, path))
        if path[-1] == "classes_of":
            return self._nodes(output_names(value))
        at = len(entry_at(path))
        if at and len(path) > at and path[at] in ("from", "each"):
            return self._nodes(names_of(value, path))
        network_path = network_path_at(path)
        if path[len(network_path) : len(network_path) + 1] == ("outputs",):
            return self._nodes(names_of(value, (*network_path, "layers")))
        if path[:2] == ("predict", "nodes"):
            return self._nodes([*names_of(value), *models_at(value, path)])
        if at and path[at : at + 1] == ("weights",):
            return self._nodes(names_of(value, path[:at])) if path[-1] == "vocabulary" else self._files(VECTORS)
        if path[-1] == "weights" and path[:-1] in ((), network_path):
            return self._files((".weights.h5", ".keras"))
        if path[-1] == "file" and network_path[:1] == ("models",):
            return self._files((".keras",))
        if at and len(path) > at + 1 and path[at] == "call":
            callee = callee_of(value_at(self.value, path[:at]))
            known = callee.constants.get(str(path[at + 1])) if callee else None
            return iter([Item(word, lsp.CompletionItemKind.EnumMember) for word in choices(known)]) if known else None
        if path[0] == "sweep":
            return sweep_items(path, self.value, self.document)
        if path[-1] == "monitor":
            kind = lsp.CompletionItemKind.Value
            return iter([Item(name, kind, order=1) for name in monitored(self.document)])
        return self._data(path) if path[0] == "data" or path[:2] in OF_COLUMNS else None

    def _data(self, path: Path) -> Iterator[Item] | None:
        if path[1:2] == ("missing",):
            return iter([Item(word, lsp.CompletionItemKind.EnumMember) for word in POLICIES])
        if path[1:] == ("where",) or path[0] == "evaluate" or (path[1:2] == ("columns",) and len(path) == 3):
            return sql_items(self._columns())
        if path[1:2] and (path[1] in ("inputs", "targets", "weights", "keep") or path[1:] in OF_COLUMNS):
            kind = lsp.CompletionItemKind.Field
            return iter([Item(name, kind, insert=plain(to_yaml(name))) for name in self._columns()])
        source = str(path[1]) if len(path) > 1 else ""
        if SUFFIXES.get(source) and not set(path) & set(CSV_OPTIONS):
            return self._files(() if source in CLASS_FOLDERS else SUFFIXES[source])
        return None

    def _columns(self) -> list[str]:
        return self.columns(self.document.path, self.value.get("data"), self.document.permissions)

    def _files(self, suffixes: tuple[str, ...]) -> Iterator[Item]:
        """Files below the spec's folder with these suffixes; folders if there are none."""
        folder = Path_(self.document.path).parent
        for depth in ("*", "*/*"):
            try:
                found = matches(folder, depth, lambda inner: not inner.is_symlink(), MAX_NAMES)
            except TooManyEntries:
                continue
            for file in found[:MAX_FILES]:
                if without_packing(file.name).endswith(suffixes) if suffixes else file.is_dir():
                    yield Item(to_yaml(file.relative_to(folder).as_posix()), lsp.CompletionItemKind.File)

    def _nodes(self, names: list[str]) -> Iterator[Item]:
        """The nearest first: most references are to a node just above."""
        analysed = self.document.analysed
        existing = value_at(self.value, self.cursor.path[:-1])
        present = {each for each in existing if isinstance(each, str)} if isinstance(existing, list) else set()
        for order, name in enumerate(reversed(names)):
            if name not in present and MARK not in name:
                shape = shape_of_name(name, network_path_at(self.cursor.path), analysed)
                yield Item(name, lsp.CompletionItemKind.Reference, shape, order=min(100 + order, 999))

    def _models(self, names: list[str]) -> Iterator[Item]:
        """Sub-models, each with its input and output shapes."""
        analysed = self.document.analysed
        for name in names:
            network = analysed.network(("models", name)) if analysed else None
            if MARK not in name:
                yield Item(name, lsp.CompletionItemKind.Reference, shapes_through(network) if network else "", order=1)
