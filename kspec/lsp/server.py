"""The server: each request of the protocol, and the function that answers it."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import Any, BinaryIO, cast

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.uris import to_fs_path

from kspec._version import __version__
from kspec.lsp import completion, diagnostics, formatting, hints, hover, navigation, outline
from kspec.lsp.column_facts import ColumnFacts, ReadProfiles
from kspec.lsp.document import Check, Document

LONGEST_WAIT = 0.3
"""Seconds of inactivity after which a large text is checked."""


_LONGEST_HEADER = 10_000
"""The most bytes of a line that precedes a message."""


class _Protocol(LanguageServerProtocol):
    """pygls without its own copy of the texts: it breaks lines at U+2028 and others, where the protocol does not, and
    overwrites the positions of requests."""

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: lsp.DidChangeTextDocumentParams) -> Any:
        handler = self.fm.features.get(lsp.TEXT_DOCUMENT_DID_CHANGE)
        if handler is not None:
            yield handler, (params,), None

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Reads a message; a request with faulty parameters is answered with an error."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and "id" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise


class _Requests:
    """The client's messages; a length that is none ends them, since nothing tells where the next one begins."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.read = stream.read

    def readline(self) -> bytes:
        line = self._stream.readline(_LONGEST_HEADER)
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and not value.strip().isdigit():
            return b""
        return line


class Server(LanguageServer):
    """A language server of specs.

    Args:
        check: Checks a text.
        columns: Returns the column names of the data.
        profiles: Reads the profiles of these columns.
    """

    def __init__(self, check: Check, columns: completion.Columns, profiles: ReadProfiles) -> None:
        super().__init__("kspec", __version__, protocol_cls=_Protocol)
        self.check = check
        self.columns = columns
        self.facts = ColumnFacts(profiles)
        self.documents: dict[str, Document] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._publishing: set[asyncio.Task[None]] = set()

    async def spec(self, uri: str) -> Document | None:
        """An open document that is a spec, once its text is checked."""
        document = self.documents.get(uri)
        if document is None or not document.is_spec:
            return None
        await document.ready()
        return document

    def open_folders(self) -> tuple[str, ...]:
        """The folders that are open in the editor."""
        folders = (to_fs_path(uri) for uri in self.workspace.folders)
        found = tuple(folder for folder in folders if folder)
        return found or ((self.workspace.root_path,) if self.workspace.root_path else ())

    @property
    def snippets(self) -> bool:
        """Whether the client supports placeholders."""
        items: Any = self.client_capabilities
        for word in ("text_document", "completion", "completion_item", "snippet_support"):
            items = getattr(items, word, None)
        return bool(items)

    def publish_soon(self, uri: str) -> None:
        """Publish the diagnostics of a text after a pause in typing, which is shorter if checks are fast."""
        self._cancel(uri)
        wait = min(LONGEST_WAIT, self.documents[uri].seconds)
        self._waiting[uri] = asyncio.get_running_loop().call_later(wait, self.publish, uri)

    def publish(self, uri: str) -> None:
        """Publish the diagnostics of a text once it is checked."""
        self._cancel(uri)
        task = asyncio.get_running_loop().create_task(self._publish(uri))
        self._publishing.add(task)
        task.add_done_callback(self._publishing.discard)

    async def _publish(self, uri: str) -> None:
        document = self.documents.get(uri)
        if document is None:
            return
        text = document.text
        if document.is_spec:
            await document.ready()
        if self.documents.get(uri) is not document or document.text is not text:
            return  # it was closed, or what replaced it is published next
        items = diagnostics.published_diagnostics(document) if document.is_spec else []
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, items, document.version))
        if document.is_spec and document.is_incomplete and await document.complete():
            items = diagnostics.published_diagnostics(document)
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, items, document.version))

    def close(self, uri: str) -> None:
        """Close a document, and clear its diagnostics."""
        self._cancel(uri)
        if self.documents.pop(uri, None) is not None:
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))

    def _cancel(self, uri: str) -> None:
        handle = self._waiting.pop(uri, None)
        if handle is not None:
            handle.cancel()


def serve(check: Check, columns: completion.Columns, profiles: ReadProfiles) -> None:
    """Serve the protocol over standard input and output until the client exits.

    Args:
        check: As for `Server`.
        columns: Likewise.
        profiles: Likewise.
    """
    logging.getLogger("pygls").setLevel(logging.ERROR)
    client = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # other output must not mix with the protocol
    with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as requests, os.fdopen(client, "wb") as responses:
        make(check, columns, profiles).start_io(cast("BinaryIO", _Requests(requests)), responses)


def make(check: Check, columns: completion.Columns, profiles: ReadProfiles) -> Server:
    """A server with every feature.

    Args:
        check: As for `Server`.
        columns: Likewise.
        profiles: Likewise.
    """
    server = Server(check, columns, profiles)
    _documents(server)
    _reading(server)
    _writing(server)
    return server


def _documents(server: Server) -> None:
    """Features that open, change and close documents."""

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        server.documents[item.uri] = Document(item.uri, item.text, item.version, server.check, server.open_folders)
        server.publish(item.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        document = server.documents.get(params.text_document.uri)
        if document is not None:
            document.change(params.content_changes, params.text_document.version)
            server.publish_soon(document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        document = server.documents.get(params.text_document.uri)
        if document is not None:  # a pyproject.toml next to it may have changed
            document.invalidate()
            server.publish(document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)


def _reading(server: Server) -> None:
    """Features that show and find."""

    @server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
    async def inlay_hints(params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
        document = await server.spec(params.text_document.uri)
        return hints.hints(document, params.range) if document else []

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def hovered(params: lsp.HoverParams) -> lsp.Hover | None:
        document = await server.spec(params.text_document.uri)
        return hover.hover(document, params.position, server.facts) if document else None

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: lsp.DefinitionParams) -> lsp.Location | None:
        document = await server.spec(params.text_document.uri)
        return navigation.definition(document, params.position) if document else None

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    async def references(params: lsp.ReferenceParams) -> list[lsp.Location]:
        document = await server.spec(params.text_document.uri)
        with_definition = params.context.include_declaration
        return navigation.references(document, params.position, with_definition=with_definition) if document else []

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    async def highlights(params: lsp.DocumentHighlightParams) -> list[lsp.DocumentHighlight]:
        document = await server.spec(params.text_document.uri)
        return navigation.highlights(document, params.position) if document else []

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def symbols(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        document = await server.spec(params.text_document.uri)
        return outline.symbols(document) if document else []

    @server.feature(lsp.TEXT_DOCUMENT_FOLDING_RANGE)
    async def folding_ranges(params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange]:
        document = await server.spec(params.text_document.uri)
        return outline.folding_ranges(document) if document else []


def _writing(server: Server) -> None:
    """Features that complete and change."""

    options = lsp.CompletionOptions(trigger_characters=completion.TRIGGERS, resolve_provider=True)

    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION, options)
    async def completed(params: lsp.CompletionParams) -> lsp.CompletionList | None:
        document = await server.spec(params.text_document.uri)
        if document is None:
            return None
        items = completion.complete(document, params.position, server.columns, snippets=server.snippets)
        return lsp.CompletionList(is_incomplete=False, items=items)

    @server.feature(lsp.COMPLETION_ITEM_RESOLVE)
    def resolved(item: lsp.CompletionItem) -> lsp.CompletionItem:
        return completion.resolve(item)

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix, diagnostics.FIX_ALL]),
    )
    async def actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        document = await server.spec(params.text_document.uri)
        only = None if params.context.only is None else [str(kind) for kind in params.context.only]
        return diagnostics.actions(document, params.range, only) if document else []

    @server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    async def rename_placeholder(params: lsp.PrepareRenameParams) -> lsp.PrepareRenamePlaceholder | None:
        document = await server.spec(params.text_document.uri)
        return navigation.rename_placeholder(document, params.position) if document else None

    @server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    async def rename(params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        document = await server.spec(params.text_document.uri)
        try:
            return navigation.rename(document, params.position, params.new_name) if document else None
        except navigation.CannotRename as reason:
            raise JsonRpcInvalidParams(str(reason)) from None

    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    async def formatting_edits(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
        document = await server.spec(params.text_document.uri)
        return formatting.formatting_edits(document) if document else None
