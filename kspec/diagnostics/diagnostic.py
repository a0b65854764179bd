"""The one type for every problem, and the places in the text it points at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from kspec.diagnostics.codes import Rule
from kspec.diagnostics.severity import Severity
from kspec.diagnostics.suggest import Suggestion, rewritten

T = TypeVar("T")

_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")

Path = tuple[str | int, ...]
"""The way to a value in a spec: keys and list positions from the top, `("layers", 2, "Dense", "units")`."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A text that diagnostics can point into: a spec file, or a word of the command line.

    Args:
        name: What the user calls it: the path as given, or `--set`.
        text: The whole text, decoded.
    """

    name: str
    text: str

    @property
    def lines(self) -> tuple[str, ...]:
        """Its lines, without their endings, as YAML counts them."""
        return _lines(self.text)

    @property
    def is_command_line(self) -> bool:
        """Whether it is a word of the command line, which no edit can change."""
        return self.name.startswith("--")

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its line ending; empty past the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


@lru_cache(maxsize=8)
def _lines(text: str) -> tuple[str, ...]:
    return tuple(_LINE_BREAK.split(text))


class Span(NamedTuple):
    """A place in a source. Lines and columns count from 1, in characters; the end column is the first one past it."""

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def written(self) -> str:
        """What stands there in a spec; empty on the command line, and for what goes over several lines."""
        if self.line != self.end_line or self.source.is_command_line:
            return ""
        return self.source.line(self.line)[self.column - 1 : self.end_column - 1]


class UsedSpan(Span):
    """A place in a block, seen from one of its uses.

    Args:
        uses: The uses, outermost first; a diagnostic at the place tells them.
    """

    uses: tuple[Related, ...]

    @classmethod
    def of(cls, span: Span, uses: tuple[Related, ...]) -> UsedSpan:
        found = cls(*span)
        found.uses = uses
        return found


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that explains the first."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the text that cures a problem: the span is replaced."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem, in the user's words.

    Args:
        code: `KS201`; its page is what `kspec explain KS201` prints.
        severity: An error stops the spec from running; a warning does not.
        message: One plain sentence, without a full stop.
        span: Where it is; None for what has no place in a text.
        label: Few words beside the underline, such as "did you mean `hidden1`?".
        help: What to write instead.
        related: Other places that explain this one.
        edits: Changes of the text that cure it, all together.
    """

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    label: str = ""
    help: str = ""
    related: tuple[Related, ...] = ()
    edits: tuple[Edit, ...] = ()

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


class SpecError(Exception):
    """A spec that cannot be used; carries every diagnostic, warnings too."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(f"{d.code}: {d.message}" for d in self.diagnostics if d.is_error))


def _replacing(span: Span, suggestion: Suggestion) -> tuple[Edit, ...]:
    """The edit that follows a suggestion; none where the span is not the word as written, or on the command line."""
    replacement = rewritten(span.written, suggestion.word, suggestion.meant)
    return () if replacement is None else (Edit(span, replacement),)


@dataclass(slots=True)
class Report:
    """What a walk through the rooms collects: problems, in the order met; `sorted()` gives the user's order."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    errors: int = 0
    """How many errors have been reported here."""

    def error(
        self,
        rule: Rule,
        message: str,
        span: Span | None = None,
        *,
        label: str = "",
        help: str = "",
        related: tuple[Related, ...] = (),
        edits: tuple[Edit, ...] = (),
    ) -> None:
        """Reports an error; see `Diagnostic` for the arguments.

        A label that is a suggestion ("did you mean …?") becomes an edit, where none is given.
        """
        self.errors += 1
        self._add(rule, Severity.ERROR, message, span, label, help, related, edits)

    def warning(
        self,
        rule: Rule,
        message: str,
        span: Span | None = None,
        *,
        label: str = "",
        help: str = "",
        related: tuple[Related, ...] = (),
        edits: tuple[Edit, ...] = (),
    ) -> None:
        """Reports a warning, likewise."""
        self._add(rule, Severity.WARNING, message, span, label, help, related, edits)

    def info(
        self,
        rule: Rule,
        message: str,
        span: Span | None = None,
        *,
        label: str = "",
        help: str = "",
        related: tuple[Related, ...] = (),
        edits: tuple[Edit, ...] = (),
    ) -> None:
        """Reports a note, likewise."""
        self._add(rule, Severity.INFO, message, span, label, help, related, edits)

    def _add(
        self,
        rule: Rule,
        severity: Severity,
        message: str,
        span: Span | None,
        label: str,
        help: str,
        related: tuple[Related, ...],
        edits: tuple[Edit, ...],
    ) -> None:
        if isinstance(label, Suggestion) and span is not None and not edits:
            edits = _replacing(span, label)
        if isinstance(span, UsedSpan):
            related = (*related, *reversed(span.uses))
        self.diagnostics.append(Diagnostic(rule, severity, message, span, label, help, related, edits))

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.diagnostics)

    @property
    def has_errors(self) -> bool:
        return any(d.is_error for d in self.diagnostics)

    def sorted(self) -> list[Diagnostic]:
        """By source, then place; what has no place comes first. The same problem at the same place is said once."""
        return sorted(
            _once(self.diagnostics),
            key=lambda d: (d.span.source.name, *d.span[1:], d.code) if d.span else ("", 0, 0, 0, 0, d.code),
        )

    def raise_errors(self) -> None:
        """Raises SpecError when there is an error among them."""
        if self.has_errors:
            raise SpecError(self.sorted())


def _once(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Each problem once: in a block it is that of its first use, whatever the nodes of the others are called."""
    found: dict[tuple[Any, ...], list[Diagnostic]] = {}
    for each in diagnostics:
        used = isinstance(each.span, UsedSpan)
        found.setdefault((each.code, each.span, *(() if used else (each.severity, each.message))), []).append(each)
    for first, *others in found.values():
        if isinstance(first.span, UsedSpan):
            uses = {each.span.uses for each in others if isinstance(each.span, UsedSpan)} - {first.span.uses}
            if uses:
                innermost = first.related[-len(first.span.uses)]
                count = f"and in {len(uses)} more use{'' if len(uses) == 1 else 's'}"
                told = replace(innermost, message=f"{innermost.message} ({count})")
                first = replace(first, related=tuple(told if each is innermost else each for each in first.related))
        yield first


@dataclass(slots=True)
class Positions:
    """Where each key and value of a spec stands, by its path.

    A path that has no place of its own (a value that came out of a variable) has its nearest parent's.
    """

    whole: Span
    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)
    variables: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    """The variables that a value was computed from."""

    def value(self, path: Path) -> Span:
        """The place of the value at `path`."""
        while path:
            span = self.values.get(path)
            if span is not None:
                return span
            path = path[:-1]
        return self.whole

    def key(self, path: Path) -> Span:
        """The place of the key that the path ends in; of the value, where that is an item of a list."""
        span = self.keys.get(path)
        return span if span is not None else self.value(path)

    def below(self, path: Path) -> Positions:
        """The places of what stands below `path`, by the rest of its path."""
        if not path:
            return self

        def rest(known: Mapping[Path, T]) -> dict[Path, T]:
            cut = len(path)
            return {place[cut:]: it for place, it in known.items() if place[:cut] == path and len(place) > cut}

        return Positions(self.key(path), rest(self.keys), rest(self.values), rest(self.variables))

    def related(self, path: Path) -> tuple[Related, ...]:
        """Where the variables that the value at `path` was computed from are set."""
        names = self.variables.get(path, ())
        return tuple(
            Related(f"`{name}` is set here", self.values["vars", name])
            for name in names
            if ("vars", name) in self.values
        )
