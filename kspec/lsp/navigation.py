"""Navigation by names: definition, references, highlights, rename."""

from __future__ import annotations

from lsprotocol import types as lsp

from kspec import catalog
from kspec.lsp.document import Document
from kspec.lsp.names import SHARED, Occurrence, at, occurrences, same_name
from kspec.syntax.entries import naming_edits
from kspec.syntax.names import NAME
from kspec.syntax.scalars import resolve


class CannotRename(ValueError):
    """Why a rename is refused; for the user."""


def definition(document: Document, position: lsp.Position) -> lsp.Location | None:
    """The definition of the name at a position."""
    name = name_at(document, position)
    if name is None:
        return None
    declaration = next(
        (occurrence for occurrence in same_name(document.source, name) if occurrence.is_definition), None
    )
    return None if declaration is None else lsp.Location(document.uri, document.text.range_of(declaration.span))


def references(document: Document, position: lsp.Position, *, with_definition: bool) -> list[lsp.Location]:
    """The references to the name at a position.

    Args:
        document: The open document.
        position: The position in it.
        with_definition: Whether to include the name's definition.

    Returns:
        The places; empty if no name is at the position.
    """
    name = name_at(document, position)
    if name is None:
        return []
    return [
        lsp.Location(document.uri, document.text.range_of(occurrence.span))
        for occurrence in same_name(document.source, name)
        if with_definition or not occurrence.is_definition
    ]


def highlights(document: Document, position: lsp.Position) -> list[lsp.DocumentHighlight]:
    """All occurrences of the name at a position."""
    name = name_at(document, position)
    return [
        lsp.DocumentHighlight(
            document.text.range_of(occurrence.span),
            lsp.DocumentHighlightKind.Write if occurrence.is_definition else lsp.DocumentHighlightKind.Read,
        )
        for occurrence in (same_name(document.source, name) if name else ())
    ]


def rename_placeholder(document: Document, position: lsp.Position) -> lsp.PrepareRenamePlaceholder | None:
    """The name that a rename at a position would change."""
    name = name_at(document, position)
    if name is None:
        return None
    return lsp.PrepareRenamePlaceholder(document.text.range_of(name.span), name.name)


def rename(document: Document, position: lsp.Position, new: str) -> lsp.WorkspaceEdit | None:
    """The edits that rename a node or variable everywhere; a node with an automatic name gets a `name`.

    Args:
        document: The document.
        position: A position within the name.
        new: The new name.

    Raises:
        CannotRename: if the new name is invalid or in use, or the old one cannot be changed everywhere.
    """
    name = name_at(document, position)
    if name is None:
        return None
    if new == name.name:
        return lsp.WorkspaceEdit()
    _check(document, name, new)
    text = document.text
    edits = []
    for occurrence in same_name(document.source, name):
        if occurrence.explicit:
            edits.append(lsp.TextEdit(text.range_of(occurrence.span), new))
            continue
        changes = text.offsets.changes(naming_edits(occurrence.span, new)) if occurrence.is_definition else []
        if not changes:
            raise CannotRename(f"`{name.name}` also appears on line {occurrence.span.line}, where it cannot be edited")
        edits += [text.edit(change) for change in changes]
    version = lsp.OptionalVersionedTextDocumentIdentifier(uri=document.uri, version=document.version)
    return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(version, list(edits))])


def _check(document: Document, name: Occurrence, new: str) -> None:
    variable = name.kind in ("variable", "parameter")
    if not NAME.fullmatch(new) or (variable and "-" in new):
        raise CannotRename(
            f"`{new}` is not a valid name: letters, digits, `_`{'' if variable else ' and `-`'}, no leading digit"
        )
    if resolve(new) != new:
        raise CannotRename(f"YAML does not read `{new}` as text, and a name must be text")
    kinds = ("variable", "parameter") if variable else (name.kind,) if name.kind in SHARED else ("node", "output")
    network_paths = (name.network_path, ()) if variable else (name.network_path,)
    for occurrence in occurrences(document.source):
        if (
            occurrence.name == new
            and occurrence.kind in kinds
            and occurrence.is_definition
            and occurrence.network_path in network_paths
        ):
            raise CannotRename(f"the name `{new}` is already in use")
    if name.kind in ("node", "output") and any(catalog.find(kind, new) for kind in ("loss", "metric")):
        raise CannotRename(f"`{new}` is a Keras loss or metric, which it would be mistaken for under `compile`")


def name_at(document: Document, position: lsp.Position) -> Occurrence | None:
    """The name at a position."""
    return at(document.source, *document.text.place(document.text.offset(position)))
