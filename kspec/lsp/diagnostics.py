"""Diagnostics in the protocol's form, and quick fixes from their edits."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types as lsp

from kspec.diagnostics import Diagnostic, Severity, Span, codes
from kspec.diagnostics.diagnostic import MAX_LISTED, most_important
from kspec.lint.suppressions import can_be_ignored
from kspec.lsp.document import Document
from kspec.rewrite.fix import fix

SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.INFO: lsp.DiagnosticSeverity.Information,
}
UNUSED = (codes.UNUSED_NODE, codes.UNUSED_INPUT)
"""Codes whose code is shown faded."""
FIX_ALL = "source.fixAll.kspec"
_TOP = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))


def published_diagnostics(document: Document) -> list[lsp.Diagnostic]:
    """The diagnostics of `kspec check` for the current text, in its order; of very many, errors before others."""
    listed, _ = most_important(document.diagnostics, MAX_LISTED)
    return [_diagnostic(diagnostic, document) for diagnostic in listed]


def _diagnostic(diagnostic: Diagnostic, document: Document) -> lsp.Diagnostic:
    words = [diagnostic.message + (f" ({diagnostic.label})" if diagnostic.label else ""), diagnostic.help]
    if diagnostic.span is not None and not _is_here(diagnostic.span, document):
        words[0] = f"{diagnostic.span.source.name}:{diagnostic.span.line}: {words[0]}"
    return lsp.Diagnostic(
        range=_range(diagnostic.span, document),
        message="\n".join(word for word in words if word),
        severity=SEVERITIES[diagnostic.severity],
        code=diagnostic.code,
        source="kspec",
        tags=[lsp.DiagnosticTag.Unnecessary] if diagnostic.code in UNUSED else None,
        related_information=[
            lsp.DiagnosticRelatedInformation(
                lsp.Location(document.uri, document.text.range_of(related.span)), related.message
            )
            for related in diagnostic.related
            if _is_here(related.span, document)
        ]
        or None,
    )


def _is_here(span: Span, document: Document) -> bool:
    return span.source is document.source


def _range(span: Span | None, document: Document) -> lsp.Range:
    """The range of a diagnostic; the top of the text for one in another file."""
    return document.text.range_of(span) if span is not None and _is_here(span, document) else _TOP


def actions(document: Document, selection: lsp.Range, only: list[str] | None) -> list[lsp.CodeAction]:
    """The code actions of a range: fix or ignore a diagnostic, and fix all diagnostics of the text.

    Args:
        document: The document.
        selection: The range.
        only: The requested kinds of actions; None for all.

    Returns:
        The actions.
    """
    code_actions: list[lsp.CodeAction] = []
    if _requested(lsp.CodeActionKind.QuickFix, only):
        for problem in document.diagnostics:
            if _overlap(_range(problem.span, document), selection):
                code_actions += _quick_fixes(problem, document)
    if _requested(FIX_ALL, only):
        code_actions += _fix_all(document, forced=only is not None)
    return code_actions


def _requested(kind: str, only: list[str] | None) -> bool:
    return only is None or any(kind == word or kind.startswith(f"{word}.") for word in only)


def _overlap(one: lsp.Range, other: lsp.Range) -> bool:
    return _key(one.start) <= _key(other.end) and _key(other.start) <= _key(one.end)


def _key(position: lsp.Position) -> tuple[int, int]:
    return position.line, position.character


def _quick_fixes(problem: Diagnostic, document: Document) -> Iterator[lsp.CodeAction]:
    text = document.text
    changes = text.offsets.changes(problem.edits)
    if changes:
        yield lsp.CodeAction(
            title=_title(problem),
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=[_diagnostic(problem, document)],
            is_preferred=True,
            edit=_edits(document, [text.edit(change) for change in changes]),
        )
    if can_be_ignored(problem) and problem.span is not None and _is_here(problem.span, document):
        line = text.range_of(problem.span).start.line
        if "#" not in text.line(line):  # a second comment would be part of the first
            end = lsp.Position(line, text.position(text.starts[line] + len(text.line(line))).character)
            comment = lsp.TextEdit(lsp.Range(end, end), f"  # kspec: ignore[{problem.code}]")
            yield lsp.CodeAction(
                title=f"Ignore {problem.code} on this line",
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=[_diagnostic(problem, document)],
                edit=_edits(document, [comment]),
            )


def _title(problem: Diagnostic) -> str:
    """What the edits of a diagnostic do."""
    if len(problem.edits) == 1:
        (edit,) = problem.edits
        old = edit.span.source.line(edit.span.line)[edit.span.column - 1 : edit.span.end_column - 1]
        new = edit.replacement.strip()
        if edit.span.line == edit.span.end_line and old and new and "\n" not in new:
            return f"Write `{new}` for `{old}`"
        if not old and new and "\n" not in new:
            return f"Add `{new}`"
        if not new:
            return f"Remove `{old}`" if old else "Remove it"
    return problem.help[:1].upper() + problem.help[1:] if problem.help else f"Fix {problem.code}"


def _fix_all(document: Document, *, forced: bool) -> list[lsp.CodeAction]:
    """One action that applies all fixes; made only if there are fixes, since it checks the text several times."""
    fixable = sum(bool(problem.edits) for problem in document.diagnostics)
    if fixable < (1 if forced else 2):
        return []
    fixed = fix(document.source, lambda source: document.check(source, document.permissions))
    if not fixed.fixed:
        return []
    whole_text = lsp.TextEdit(document.text.between(0, len(document.text.content)), fixed.after.text)
    return [
        lsp.CodeAction(
            title=f"Fix all auto-fixable problems ({len(fixed.fixed)})",
            kind=FIX_ALL,
            edit=_edits(document, [whole_text]),
        )
    ]


def _edits(document: Document, edits: list[lsp.TextEdit]) -> lsp.WorkspaceEdit:
    """Edits of the current version of the text."""
    version = lsp.OptionalVersionedTextDocumentIdentifier(uri=document.uri, version=document.version)
    return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(version, list(edits))])
