"""A diagnostic: the one type for every problem, and its text.

error[KS201]: unknown node `hiden1`
  ┌─ specs/mlp.yaml:24:11
24│     from: hiden1
  │           ^^^^^^ did you mean `hidden1`?
  = help: available nodes: visible, hidden1, hidden2
  = explain: kspec explain KS201
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kspec.diagnostics.severity import Severity
from kspec.diagnostics.source import Edit, Related, Span

if TYPE_CHECKING:
    from kspec.diagnostics.layout import Layout, Line

_COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}


@dataclass(frozen=True, slots=True, repr=False)
class Diagnostic:
    """One problem, in the user's words. `str` gives the text that a terminal shows.

    Args:
        code: `KS201`; its page is what `kspec explain KS201` prints.
        severity: An error stops the spec from running; a warning does not.
        message: One plain sentence, without a full stop.
        span: Where it is; None for a problem without a place in a text.
        label: A few words after the underline, such as "did you mean `hidden1`?".
        help: What to write instead.
        related: Other places that explain this one.
        edits: Changes of the text that fix it, all together.
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

    def lines(self, layout: Layout) -> Iterator[Line]:
        """The lines of its text, styled."""
        from kspec.diagnostics.layout import NOTE
        from kspec.diagnostics.snippet import visible

        colour = _COLOURS[self.severity]
        spans = [self.span, *(related.span for related in self.related)]
        gutter = max((len(str(span.line)) for span in spans if span is not None and span.source.text), default=1)
        yield [(f"{self.severity}[{self.code}]", colour), (f": {visible(self.message)}", "bold")]
        if self.span is not None:
            yield from layout.place(self.span, gutter, "^", self.label, colour)
        elif self.label:
            yield layout.remark(gutter, "note", self.label)
        for related in self.related:
            yield layout.remark(gutter, "note", related.message)
            yield from layout.place(related.span, gutter, "-", "", NOTE)
        if self.help:
            yield layout.remark(gutter, "help", self.help)
        yield layout.remark(gutter, "explain", f"kspec explain {self.code}")

    def __str__(self) -> str:
        from kspec.diagnostics.layout import Layout, as_text

        return as_text(self.lines(Layout()))

    def __repr__(self) -> str:
        place = f" {self.span.source.name}:{self.span.line}:{self.span.column}" if self.span is not None else ""
        return f"<{self.severity} {self.code}{place}: {self.message}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from kspec.diagnostics.layout import Layout, as_html

        return as_html(self.lines(Layout()))


class SpecError(Exception):
    """A spec that cannot be used. Its message is what the terminal shows of its diagnostics.

    Args:
        diagnostics: Every problem, warnings too, in the order to show them.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        shown, more = most_important(self.diagnostics)
        rest = [f"and {more:,} more"] if more else []
        return "\n\n".join((*map(str, shown), *rest, summary(self.diagnostics)))

    @property
    def errors(self) -> str:
        """The code and message of each error, a line each."""
        shown, _ = most_important(self.diagnostics)
        return "\n".join(f"{problem.code}: {problem.message}" for problem in shown if problem.is_error)


Diagnostic.__module__ = SpecError.__module__ = "kspec"  # their public home, which tracebacks show


MAX_SHOWN = 100
"""How many problems a report shows to people; the rest is counted."""
MAX_LISTED = 1000
"""How many problems a report lists for machines; the rest is counted."""


def most_important(diagnostics: Sequence[Diagnostic], limit: int = MAX_SHOWN) -> tuple[list[Diagnostic], int]:
    """The problems that a report shows, in their order, and how many it leaves out: first notes, then warnings.

    Args:
        diagnostics: All problems.
        limit: How many it shows at most.
    """
    if len(diagnostics) <= limit:
        return list(diagnostics), 0
    order = list(Severity)
    ranked = sorted(range(len(diagnostics)), key=lambda number: order.index(diagnostics[number].severity))
    return [diagnostics[number] for number in sorted(ranked[:limit])], len(diagnostics) - limit


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """How many problems there are: "2 errors, 1 warning"."""
    words = []
    for severity, noun in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "note")):
        count = sum(diagnostic.severity is severity for diagnostic in diagnostics)
        if count:
            words.append(f"{count} {noun}{'' if count == 1 else 's'}")
    return ", ".join(words)
