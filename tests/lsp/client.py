"""An editor for the tests: a real client that starts `kspec lsp` and speaks to it over standard input and output."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.client import BaseLanguageClient

TIMEOUT = 60


class Editor:
    """Opens and edits texts, and sends requests; each call waits for its result.

    Args:
        root: The open folder.
        snippets: Whether it supports placeholders.
    """

    def __init__(self, root: Path, *, snippets: bool = True) -> None:
        self.root = root
        self.snippets = snippets
        self.status: int | None = None
        self.texts: dict[str, str] = {}
        self.cursor = 0
        self.versions: dict[str, int] = {}
        self.published: dict[str, lsp.PublishDiagnosticsParams] = {}
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.client = BaseLanguageClient("tests", "1")

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            with self._news:
                self.published[params.uri] = params
                self._news.notify_all()

    def __enter__(self) -> Editor:
        start = "import sys; from kspec.cli import main; sys.exit(main(['lsp']))"
        self._wait(self.client.start_io(sys.executable, "-c", start))
        item = lsp.ClientCompletionItemOptions(snippet_support=self.snippets)
        document = lsp.TextDocumentClientCapabilities(completion=lsp.CompletionClientCapabilities(completion_item=item))
        self.server = self._wait(
            self.client.initialize_async(
                lsp.InitializeParams(
                    capabilities=lsp.ClientCapabilities(text_document=document), root_uri=self.root.as_uri()
                )
            )
        )
        self._do(self.client.initialized, lsp.InitializedParams())
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self.client.shutdown_async(None))
        self._do(self.client.exit, None)
        self.status = self._wait(self.client._server.wait())
        self._wait(self.client.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT)

    def _wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(TIMEOUT)

    def _do(self, call: Any, params: Any) -> None:
        async def now() -> None:
            call(params)

        self._wait(now())

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    def open(self, text: str, name: str = "spec.yaml") -> list[lsp.Diagnostic]:
        """Open a text, and return its diagnostics."""
        uri = self.uri(name)
        if uri in self.texts:
            self.close(name)
        self.texts[uri], self.versions[uri] = text, 1
        self.cursor = len(text)
        self._do(
            self.client.text_document_did_open,
            lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(uri, "yaml", 1, text)),
        )
        return self.problems(name)

    def close(self, name: str = "spec.yaml") -> None:
        """Close a text, and wait until its diagnostics are cleared."""
        uri = self.uri(name)
        del self.texts[uri]
        self._do(self.client.text_document_did_close, lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
        with self._news:
            assert self._news.wait_for(lambda: self.published[uri].version is None, TIMEOUT)
        assert not self.published.pop(uri).diagnostics

    def change(self, start: int, end: int, text: str, name: str = "spec.yaml") -> None:
        """Replace the characters between two offsets, without waiting."""
        uri = self.uri(name)
        old = self.texts[uri]
        self.texts[uri] = old[:start] + text + old[end:]
        self.cursor = start + len(text)
        self.versions[uri] += 1
        place = lsp.Range(position(old, start), position(old, end))
        self._do(
            self.client.text_document_did_change,
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri]),
                [lsp.TextDocumentContentChangePartial(range=place, text=text)],
            ),
        )

    def type(self, old: str, new: str, name: str = "spec.yaml") -> list[lsp.Diagnostic]:
        """Replace the only occurrence of `old`, and return the diagnostics."""
        text = self.texts[self.uri(name)]
        assert text.count(old) == 1, old
        start = text.index(old)
        self.change(start, start + len(old), new, name)
        return self.problems(name)

    def problems(self, name: str = "spec.yaml") -> list[lsp.Diagnostic]:
        """The diagnostics of the current text."""
        uri = self.uri(name)
        with self._news:
            arrived = self._news.wait_for(
                lambda: uri in self.published and self.published[uri].version == self.versions[uri], TIMEOUT
            )
        assert arrived, "no diagnostics came"
        return list(self.published[uri].diagnostics)

    def ask(self, method: str, params: Any) -> Any:
        """The response to a request."""

        async def asked() -> Any:
            return await self.client.protocol.send_request_async(method, params)

        return self._wait(asked())

    def at(self, mark: str, name: str = "spec.yaml") -> dict[str, Any]:
        """The start of the only occurrence of some text, as parameters of a request."""
        text = self.texts[self.uri(name)]
        assert text.count(mark) == 1, mark
        place = position(text, text.index(mark))
        return {"text_document": lsp.TextDocumentIdentifier(self.uri(name)), "position": place}

    def complete(self, name: str = "spec.yaml") -> dict[str, lsp.CompletionItem]:
        """The proposals at the cursor, by label."""
        place = position(self.texts[self.uri(name)], self.cursor)
        uri = lsp.TextDocumentIdentifier(self.uri(name))
        found = self.ask(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionParams(uri, place))
        return {item.label: item for item in found.items} if found else {}

    def hover(self, mark: str, name: str = "spec.yaml") -> str:
        """The hover over some text; empty if there is none."""
        found = self.ask(lsp.TEXT_DOCUMENT_HOVER, lsp.HoverParams(**self.at(mark, name)))
        return found.contents.value if found else ""

    def hints(self, name: str = "spec.yaml") -> dict[int, str]:
        """Line (from 1) → the hint at its end."""
        uri = self.uri(name)
        whole = lsp.Range(lsp.Position(0, 0), lsp.Position(10**6, 0))
        found = self.ask(lsp.TEXT_DOCUMENT_INLAY_HINT, lsp.InlayHintParams(lsp.TextDocumentIdentifier(uri), whole))
        return {hint.position.line + 1: hint.label for hint in found}

    def definition(self, mark: str) -> list[tuple[int, str]]:
        """The places of the definition of the name at a piece of text."""
        return self.places(lsp.TEXT_DOCUMENT_DEFINITION, lsp.DefinitionParams(**self.at(mark)))

    def references(self, mark: str, *, declaration: bool = False) -> list[tuple[int, str]]:
        """The places of references to the name at a piece of text, and of its declaration on request."""
        context = lsp.ReferenceContext(include_declaration=declaration)
        return self.places(lsp.TEXT_DOCUMENT_REFERENCES, lsp.ReferenceParams(context=context, **self.at(mark)))

    def rename(self, mark: str, new: str) -> str:
        """The text after a rename of the name at a piece of text."""
        return self.apply(self.ask(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameParams(new_name=new, **self.at(mark))))

    def symbols(self, name: str = "spec.yaml") -> list[lsp.DocumentSymbol]:
        """The outline."""
        uri = lsp.TextDocumentIdentifier(self.uri(name))
        return self.ask(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, lsp.DocumentSymbolParams(uri))

    def places(self, method: str, params: Any, name: str = "spec.yaml") -> list[tuple[int, str]]:
        """The locations of a response: line (from 1) and text."""
        found = self.ask(method, params)
        located = [found] if isinstance(found, lsp.Location) else list(found or ())
        text = self.texts[self.uri(name)]
        return [(each.range.start.line + 1, text_of(text, each.range)) for each in located]

    def apply(self, edit: lsp.WorkspaceEdit | list[lsp.TextEdit], name: str = "spec.yaml") -> str:
        """The text after the edits of a response."""
        uri = self.uri(name)
        edits = edit
        if isinstance(edit, lsp.WorkspaceEdit):
            (change,) = edit.document_changes
            assert change.text_document.version == self.versions[uri]
            edits = change.edits
        text = self.texts[uri]
        for one in sorted(edits, key=lambda one: offset(text, one.range.start), reverse=True):
            start, end = offset(text, one.range.start), offset(text, one.range.end)
            text = text[:start] + one.new_text + text[end:]
        return text


@lru_cache(maxsize=8)
def _starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\r\n|\r|\n", text))]


def position(text: str, place: int) -> lsp.Position:
    """An offset as a position of the protocol, computed independently of the server."""
    line = bisect_right(_starts(text), place) - 1
    return lsp.Position(line, len(text[_starts(text)[line] : place].encode("utf-16-le")) // 2)


def offset(text: str, place: lsp.Position) -> int:
    """The offset of a position."""
    starts = [*_starts(text), len(text)]
    if place.line >= len(starts) - 1:
        return len(text)
    line = text[starts[place.line] : starts[place.line + 1]]
    return starts[place.line] + len(line.encode("utf-16-le")[: 2 * place.character].decode("utf-16-le"))


def text_of(text: str, place: lsp.Range) -> str:
    """The text of a range."""
    return text[offset(text, place.start) : offset(text, place.end)]
