"""A spec that is open in an editor: its text as typed so far, and what the checker says of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from lsprotocol import types as lsp
from pygls.uris import to_fs_path

from kspec.analysis.program import Analysis
from kspec.analysis.shapes.types import Types
from kspec.diagnostics import Diagnostic, Path, Source
from kspec.ir import Graph
from kspec.language import Spec
from kspec.lsp.text import Text

if TYPE_CHECKING:
    from kspec.compiler.check import CheckResult

Look = Callable[[Source], "CheckResult"]
"""What is to be said of a text."""

_MARKS = re.compile(r"^kspec[ \t]*:|^#[ \t]*yaml-language-server:.*kspec", re.MULTILINE)
_SUFFIXES = (".kspec.yaml", ".kspec.yml")


class Network(NamedTuple):
    """A network's nodes, and what inference found of them."""

    graph: Graph
    types: Types

    def inner(self, model: str) -> Network:
        """A sub-model that it can call."""
        return Network(self.graph.models[model], self.types.models[model])


@dataclass(frozen=True, slots=True, eq=False)
class Understood:
    """A text that was sound enough to be a graph.

    Args:
        text: The text, which may be older than the document's.
    """

    text: Text
    spec: Spec
    analysis: Analysis

    def network(self, network_path: Path) -> Network | None:
        """What is known of a network: the spec's own for `()`, a sub-model's for `("models", name)`."""
        whole = Network(self.analysis.graph, self.analysis.types)
        if not network_path:
            return whole
        known = (
            network_path[0] == "models"
            and network_path[1] in whole.graph.models
            and network_path[1] in whole.types.models
        )
        return whole.inner(str(network_path[1])) if known else None

    def networks(self) -> Iterator[tuple[Path, Network]]:
        """Those that stand in the spec, by their place in it."""
        for network_path in self.spec.networks:
            found = self.network(network_path)
            if found is not None and (not network_path or self.spec.defines_layers_of(str(network_path[1]))):
                yield network_path, found


class Document:
    """An open file.

    Args:
        uri: The client's name for it.
        look: The checker.
    """

    def __init__(self, uri: str, content: str, version: int | None, look: Look) -> None:
        self.uri = uri
        self.version = version
        self.path = to_fs_path(uri) or uri.rpartition("/")[2] or "spec.yaml"
        self.look = look
        self.seconds = 0.0
        """How long the last look took."""
        self._text = Text(Source(self.path, content))
        self._was_spec = False
        self._examined: CheckResult | None = None
        self._understood: Understood | None = None
        self._sound: Understood | None = None

    @property
    def text(self) -> Text:
        return self._text

    @property
    def source(self) -> Source:
        return self._text.source

    @property
    def is_spec(self) -> bool:
        """Whether it is one of ours: an editor may send any YAML file. What was one stays one while it is typed."""
        self._was_spec |= self.path.endswith(_SUFFIXES) or _MARKS.search(self.source.text) is not None
        return self._was_spec

    def change(self, changes: Sequence[lsp.TextDocumentContentChangeEvent], version: int | None) -> None:
        """Applies what was typed, in order."""
        content = self.source.text
        for change in changes:
            if isinstance(change, lsp.TextDocumentContentChangePartial):
                text = Text(Source(self.path, content))
                start, end = text.offset(change.range.start), text.offset(change.range.end)
                content = content[:start] + change.text + content[max(start, end) :]
            else:
                content = change.text
        self.version = version
        if content != self.source.text:
            self._text = Text(Source(self.path, content))
            self._examined = None

    def forget(self) -> None:
        """The next question looks anew: settings or files beside the spec may have changed."""
        self._examined = None

    @property
    def examined(self) -> CheckResult:
        """What the checker says of the text as it is now; looked at when first asked for."""
        if self._examined is None:
            start = time.perf_counter()
            found = self._examined = self.look(self.source)
            self.seconds = time.perf_counter() - start
            if found.spec is not None and found.analysis is not None:
                self._understood = Understood(self._text, found.spec, found.analysis)
                if not any(problem.is_error for problem in found.diagnostics):
                    self._sound = self._understood
        return self._examined

    @property
    def diagnostics(self) -> list[Diagnostic]:
        return self.examined.diagnostics

    @property
    def understood(self) -> Understood | None:
        """The last text that was a graph: this one, or while it is half typed the one before; None when none was."""
        _ = self.examined
        return self._understood

    @property
    def sound(self) -> Understood | None:
        """The last text without errors, of which everything is known; None when none was."""
        _ = self.examined
        return self._sound
