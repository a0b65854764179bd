"""The report: collects the diagnostics of every pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict, Unpack

from kspec.diagnostics.budget import PROBLEMS, BudgetExceeded, spend
from kspec.diagnostics.codes import SPEC_TOO_LARGE, Rule
from kspec.diagnostics.diagnostic import Diagnostic, SpecError
from kspec.diagnostics.severity import Severity
from kspec.diagnostics.source import Edit, Related, Span, UsedSpan
from kspec.diagnostics.suggest import Suggestion, replace_word


class Details(TypedDict, total=False):
    """What a diagnostic can add to its message.

    Args:
        label: A few words after the underline. A `Suggestion` also gives the edit, unless `edits` are passed.
        help: What to write instead.
        related: Other places that explain this one.
        edits: Changes of the text that fix it, all together.
    """

    label: str
    help: str
    related: tuple[Related, ...]
    edits: tuple[Edit, ...]


@dataclass(slots=True)
class Report:
    """The problems found so far, in the order of the passes; `sorted` gives the order to show them in.

    Args:
        diagnostics: What has been reported.
        errors: How many errors have been reported here.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)
    errors: int = 0

    def error(self, rule: Rule, message: str, span: Span | None = None, **details: Unpack[Details]) -> None:
        """Reports an error.

        Args:
            rule: The code, from `kspec.diagnostics.codes`.
            message: One plain sentence, without a full stop.
            span: Where it is.
            details: See `Details`.
        """
        self.errors += 1
        self._add(rule, Severity.ERROR, message, span, details)

    def warning(self, rule: Rule, message: str, span: Span | None = None, **details: Unpack[Details]) -> None:
        """Reports a warning.

        Args:
            rule: The code, from `kspec.diagnostics.codes`.
            message: One plain sentence, without a full stop.
            span: Where it is.
            details: See `Details`.
        """
        self._add(rule, Severity.WARNING, message, span, details)

    def info(self, rule: Rule, message: str, span: Span | None = None, **details: Unpack[Details]) -> None:
        """Reports a note.

        Args:
            rule: The code, from `kspec.diagnostics.codes`.
            message: One plain sentence, without a full stop.
            span: Where it is.
            details: See `Details`.
        """
        self._add(rule, Severity.INFO, message, span, details)

    def _add(self, rule: Rule, severity: Severity, message: str, span: Span | None, details: Details) -> None:
        label = details.get("label", "")
        if isinstance(label, Suggestion):
            details["label"] = str(label)
            if span is not None and not details.get("edits"):
                details["edits"] = _replacement(span, label)
        if isinstance(span, UsedSpan):
            details["related"] = (*details.get("related", ()), *reversed(span.uses))
        if len(help := details.get("help", "")) > MAX_TEXT:
            details["help"] = _shortened(help)
        self.diagnostics.append(Diagnostic(rule, severity, _shortened(message), span, **details))
        spend(PROBLEMS, 1, span)

    def end(self, exceeded: BudgetExceeded) -> None:
        """Reports, once, that a spec grows beyond a bound, which ends its compilation."""
        if any(problem.code == SPEC_TOO_LARGE for problem in self.diagnostics):
            return
        self.errors += 1
        span = exceeded.span
        uses = tuple(reversed(span.uses)) if isinstance(span, UsedSpan) else ()
        problem = Diagnostic(
            SPEC_TOO_LARGE, Severity.ERROR, str(exceeded), span, help=exceeded.bound.help, related=uses
        )
        self.diagnostics.append(problem)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.diagnostics)

    @property
    def has_errors(self) -> bool:
        return any(d.is_error for d in self.diagnostics)

    def sorted(self) -> list[Diagnostic]:
        """By source, then place, each problem once; those without a place come first."""
        return sorted(
            _unique(self.diagnostics),
            key=lambda d: (d.span.source.name, *d.span[1:], d.code) if d.span else ("", 0, 0, 0, 0, d.code),
        )

    def raise_errors(self) -> None:
        """Raises a SpecError if there is an error."""
        if self.has_errors:
            raise SpecError(self.sorted())


MAX_TEXT = 2000
"""The longest message, label or help, in characters."""


def _shortened(text: str) -> str:
    """A text, or the beginning and the end of one that is too long to read."""
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT // 2]} … {text[-MAX_TEXT // 2 :]}"


def _replacement(span: Span, suggestion: Suggestion) -> tuple[Edit, ...]:
    """The edit of a suggestion; none where the span is more than the misspelt word, or on the command line."""
    text = replace_word(span.text, suggestion.word, suggestion.replacement)
    return () if text is None else (Edit(span, text),)


def _unique(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Each problem once. In a block, that of its first use counts, whatever the nodes of the other uses are called."""
    groups: dict[tuple[Any, ...], list[Diagnostic]] = {}
    for each in diagnostics:
        details = () if isinstance(each.span, UsedSpan) else (each.severity, each.message)
        groups.setdefault((each.code, each.span, *details), []).append(each)
    for first, *others in groups.values():
        yield _with_count(first, others) if isinstance(first.span, UsedSpan) else first


def _with_count(first: Diagnostic, others: Iterable[Diagnostic]) -> Diagnostic:
    """A diagnostic in a block, with the number of further uses of the block that have the same problem."""
    assert isinstance(first.span, UsedSpan)
    uses = {each.span.uses for each in others if isinstance(each.span, UsedSpan)} - {first.span.uses}
    if not uses:
        return first
    innermost = first.related[-len(first.span.uses)]
    count = f"and in {len(uses)} more use{'' if len(uses) == 1 else 's'}"
    counted = replace(innermost, message=f"{innermost.message} ({count})")
    return replace(first, related=tuple(counted if each is innermost else each for each in first.related))
