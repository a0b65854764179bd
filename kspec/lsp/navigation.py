"""Names followed: definition, references, highlights, rename."""

from __future__ import annotations

from lsprotocol import types as lsp

from kspec import catalog
from kspec.lsp.document import Document
from kspec.lsp.names import SHARED, Occurrence, alike, at, occurrences
from kspec.syntax.entries import naming_edits
from kspec.syntax.names import NAME
from kspec.syntax.scalars import resolve


class CannotRename(ValueError):
    """Why a name cannot become another; for the user."""


def definition(document: Document, position: lsp.Position) -> lsp.Location | None:
    """Where the name at a place is given."""
    name = name_at(document, position)
    if name is None:
        return None
    given = next((each for each in alike(document.source, name) if each.defines), None)
    return None if given is None else lsp.Location(document.uri, document.text.range_of(given.span))


def references(document: Document, position: lsp.Position, *, with_definition: bool) -> list[lsp.Location]:
    """Where the name at a place is cited."""
    name = name_at(document, position)
    if name is None:
        return []
    return [
        lsp.Location(document.uri, document.text.range_of(each.span))
        for each in alike(document.source, name)
        if with_definition or not each.defines
    ]


def highlights(document: Document, position: lsp.Position) -> list[lsp.DocumentHighlight]:
    """The same name everywhere, while the cursor is on it."""
    name = name_at(document, position)
    return [
        lsp.DocumentHighlight(
            document.text.range_of(each.span),
            lsp.DocumentHighlightKind.Write if each.defines else lsp.DocumentHighlightKind.Read,
        )
        for each in (alike(document.source, name) if name else ())
    ]


def renamed_word(document: Document, position: lsp.Position) -> lsp.PrepareRenamePlaceholder | None:
    """The name that a rename at a place would change."""
    name = name_at(document, position)
    if name is None:
        return None
    return lsp.PrepareRenamePlaceholder(document.text.range_of(name.span), name.name)


def rename(document: Document, position: lsp.Position, new: str) -> lsp.WorkspaceEdit | None:
    """The edits that give a node or variable another name, everywhere; one without a written name is given it.

    Raises:
        CannotRename: where the new name is none, or is taken, or the old one stands where it cannot be changed.
    """
    name = name_at(document, position)
    if name is None:
        return None
    if new == name.name:
        return lsp.WorkspaceEdit()
    _check(document, name, new)
    text = document.text
    edits = []
    for each in alike(document.source, name):
        if each.written:
            edits.append(lsp.TextEdit(text.range_of(each.span), new))
            continue
        changes = text.offsets.changes(naming_edits(each.span, new)) if each.defines else []
        if not changes:
            raise CannotRename(f"`{name.name}` also stands on line {each.span.line}, where no edit can change it")
        edits += [text.edit(change) for change in changes]
    held = lsp.OptionalVersionedTextDocumentIdentifier(uri=document.uri, version=document.version)
    return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(held, list(edits))])


def _check(document: Document, name: Occurrence, new: str) -> None:
    variable = name.kind in ("variable", "parameter")
    if not NAME.fullmatch(new) or (variable and "-" in new):
        raise CannotRename(
            f"`{new}` is not a name: letters, digits, `_`{'' if variable else ' and `-`'}, no digit first"
        )
    if resolve(new) != new:
        raise CannotRename(f"`{new}` is no text to YAML; a name is")
    kinds = ("variable", "parameter") if variable else (name.kind,) if name.kind in SHARED else ("node", "output")
    network_paths = (name.network_path, ()) if variable else (name.network_path,)
    for each in occurrences(document.source):
        if each.name == new and each.kind in kinds and each.defines and each.network_path in network_paths:
            raise CannotRename(f"the name `{new}` is taken")
    if name.kind in ("node", "output") and any(catalog.find(kind, new) for kind in ("loss", "metric")):
        raise CannotRename(f"`{new}` is a loss or metric of Keras; under `compile` it would be taken for that")


def name_at(document: Document, position: lsp.Position) -> Occurrence | None:
    """The name at a place."""
    return at(document.source, *document.text.place(document.text.offset(position)))
