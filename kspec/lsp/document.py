"""A spec that is open in an editor: its text, and the result of checking it."""

from __future__ import annotations

import asyncio
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
from kspec.diagnostics.budget import Budget, BudgetExceeded, limited
from kspec.ir import Graph
from kspec.language import Permissions, Spec
from kspec.lsp.data_sizes import DataSizes
from kspec.lsp.text import Text

if TYPE_CHECKING:
    from kspec.compiler.check import CheckResult

Check = Callable[[Source, Permissions], "CheckResult"]
"""Checks a text, which may read what the permissions say."""
Folders = Callable[[], tuple[str, ...]]
"""Returns the folders that are open in the editor."""


def no_folders() -> tuple[str, ...]:
    """The folders of a document that is open on its own."""
    return ()


FIRST_SECONDS = 0.1
"""The time after which the first check of a text leaves what takes long, the points of a sweep, to a second one."""
_MARKS = re.compile(r"^kspec[ \t]*:|^#[ \t]*yaml-language-server:.*kspec", re.MULTILINE)
_SUFFIXES = (".kspec.yaml", ".kspec.yml")


class Network(NamedTuple):
    """A network's nodes, and their inferred types."""

    graph: Graph
    types: Types

    def inner(self, model: str) -> Network:
        """A sub-model of the network."""
        return Network(self.graph.models[model], self.types.models[model])


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedText:
    """A text that was complete enough for a graph, with its analysis.

    Args:
        text: The text, which may be older than the document's.
        spec: The spec.
        analysis: Its graph and inferred types.
    """

    text: Text
    spec: Spec
    analysis: Analysis

    def network(self, network_path: Path) -> Network | None:
        """A network: the spec's own for `()`, a sub-model's for `("models", name)`; None for an unknown one."""
        own = Network(self.analysis.graph, self.analysis.types)
        if not network_path:
            return own
        known = (
            network_path[0] == "models" and network_path[1] in own.graph.models and network_path[1] in own.types.models
        )
        return own.inner(str(network_path[1])) if known else None

    def networks(self) -> Iterator[tuple[Path, Network]]:
        """The networks that the spec defines, by their path in it."""
        for network_path in self.spec.networks:
            network = self.network(network_path)
            if network is not None and (not network_path or self.spec.defines_layers_of(str(network_path[1]))):
                yield network_path, network


class _Checked(NamedTuple):
    """What a check finds out about a text.

    Args:
        result: The result.
        seconds: How long it took.
        analysed: The text with its analysis, if there is one.
        is_valid: Whether the text has no errors.
        is_incomplete: Whether the check has left something for later.
    """

    result: CheckResult
    seconds: float
    analysed: AnalysedText | None
    is_valid: bool
    is_incomplete: bool


class Document:
    """An open file.

    Args:
        uri: The client's name for it.
        content: Its text.
        version: The client's number of the text.
        check: Checks a text.
        folders: The folders that are open; a spec may read below them and below its own.
    """

    def __init__(
        self, uri: str, content: str, version: int | None, check: Check, folders: Folders = no_folders
    ) -> None:
        self.uri = uri
        self.version = version
        self.path = to_fs_path(uri) or uri.rpartition("/")[2] or "spec.yaml"
        self.check = check
        self.folders = folders
        self.seconds = 0.0
        """Duration of the last check."""
        self.is_incomplete = False
        """Whether the last check has left something for later: `complete` does it."""
        self._text = Text(Source(self.path, content))
        self._was_spec = False
        self._result: CheckResult | None = None
        self._analysed: AnalysedText | None = None
        self._valid: AnalysedText | None = None
        self._sizes = DataSizes()
        self._check: asyncio.Task[_Checked] | None = None
        self._budget = Budget()

    @property
    def permissions(self) -> Permissions:
        """What its text may do: read below the open folders, but not below the server's working directory."""
        return Permissions(folders=self.folders())

    @property
    def text(self) -> Text:
        return self._text

    @property
    def source(self) -> Source:
        return self._text.source

    @property
    def is_spec(self) -> bool:
        """Whether it is a spec: an editor may send any YAML file. A spec stays one while it is edited."""
        self._was_spec |= self.path.endswith(_SUFFIXES) or _MARKS.search(self.source.text) is not None
        return self._was_spec

    def change(self, changes: Sequence[lsp.TextDocumentContentChangeEvent], version: int | None) -> None:
        """Apply edits, in order."""
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
            self.abandon()

    def invalidate(self) -> None:
        """Check again at the next request: settings, or files next to the spec, may have changed."""
        self.abandon()

    def abandon(self) -> None:
        """Forget the result of the last check, and stop one that runs."""
        self._result = self._check = None
        self._budget.cancelled = True

    async def ready(self) -> None:
        """Check the current text off the event loop, which answers for other documents meanwhile."""
        while self._result is None:
            if self._check is None:
                self._budget = Budget(FIRST_SECONDS)
                run = asyncio.to_thread(self._checked, self._text, self._budget)
                self._check = asyncio.ensure_future(run)
            check = self._check
            try:
                checked = await asyncio.shield(check)
            except BudgetExceeded:  # cancelled by an edit
                self._check = None if self._check is check else self._check
                continue
            if self._check is check:  # else the text has changed
                self._accept(checked)

    async def complete(self) -> bool:
        """Does what the last check has left for later; returns whether the text is still the same."""
        text, self._budget = self._text, Budget()
        try:
            checked = await asyncio.to_thread(self._checked, text, self._budget)
        except BudgetExceeded:  # cancelled by an edit
            return False
        if self._text is not text or self._result is None:
            return False
        self._accept(checked._replace(seconds=self.seconds))
        return True

    @property
    def result(self) -> CheckResult:
        """The result of checking the current text, at the first use."""
        if self._result is None:
            self._accept(self._checked(self._text, Budget()))
        assert self._result is not None
        return self._result

    def _checked(self, text: Text, budget: Budget) -> _Checked:
        start = time.perf_counter()
        with limited(budget):
            result = self.check(text.source, self.permissions)
        seconds = time.perf_counter() - start
        is_valid = not any(problem.is_error for problem in result.diagnostics)
        analysed = None
        if result.spec is not None and result.analysis is not None:
            analysis = self._sizes.complete(result.spec, result.analysis) if is_valid else result.analysis
            analysed = AnalysedText(text, result.spec, analysis)
        return _Checked(result, seconds, analysed, is_valid, budget.is_incomplete)

    def _accept(self, checked: _Checked) -> None:
        self._result, self.seconds, self._check = checked.result, checked.seconds, None
        self.is_incomplete = checked.is_incomplete
        if checked.analysed is not None:
            self._analysed = checked.analysed
            if checked.is_valid:
                self._valid = checked.analysed

    @property
    def diagnostics(self) -> list[Diagnostic]:
        return self.result.diagnostics

    @property
    def analysed(self) -> AnalysedText | None:
        """The last text with a graph: the current one, or an earlier one while it is edited; None if there was none."""
        _ = self.result
        return self._analysed

    @property
    def valid(self) -> AnalysedText | None:
        """The last text without errors; None if there was none."""
        _ = self.result
        return self._valid
