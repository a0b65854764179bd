"""Diagnostics as the protocol has them, and the edits they carry as quick fixes."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types as lsp

from kspec.diagnostics import Diagnostic, Severity, Span, codes
from kspec.lint.suppressions import can_be_ignored
from kspec.lsp.document import Document
from kspec.rewrite.fix import fix

SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.INFO: lsp.DiagnosticSeverity.Information,
}
UNUSED = (codes.UNUSED_NODE, codes.UNUSED_INPUT)
"""What leads nowhere is shown faded."""
FIX_ALL = "source.fixAll.kspec"
_TOP = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))


def problems(document: Document) -> list[lsp.Diagnostic]:
    """All that `kspec check` says of the text as it is now, in its order."""
    return [_problem(found, document) for found in document.diagnostics]


def _problem(found: Diagnostic, document: Document) -> lsp.Diagnostic:
    words = [found.message + (f" ({found.label})" if found.label else ""), found.help]
    if found.span is not None and not _is_here(found.span, document):
        words[0] = f"{found.span.source.name}:{found.span.line}: {words[0]}"
    return lsp.Diagnostic(
        range=_range(found.span, document),
        message="\n".join(word for word in words if word),
        severity=SEVERITIES[found.severity],
        code=found.code,
        source="kspec",
        tags=[lsp.DiagnosticTag.Unnecessary] if found.code in UNUSED else None,
        related_information=[
            lsp.DiagnosticRelatedInformation(
                lsp.Location(document.uri, document.text.range_of(related.span)), related.message
            )
            for related in found.related
            if _is_here(related.span, document)
        ]
        or None,
    )


def _is_here(span: Span, document: Document) -> bool:
    return span.source is document.source


def _range(span: Span | None, document: Document) -> lsp.Range:
    """The place of a problem; the top of the text where that is another file."""
    return document.text.range_of(span) if span is not None and _is_here(span, document) else _TOP


def actions(document: Document, wanted: lsp.Range, only: list[str] | None) -> list[lsp.CodeAction]:
    """What can be done about the problems of a range: their cures, silence; and all cures of the text at once.

    Args:
        only: The kinds that are asked for; None for all.
    """
    found: list[lsp.CodeAction] = []
    if _asked(lsp.CodeActionKind.QuickFix, only):
        for problem in document.diagnostics:
            if _touch(_range(problem.span, document), wanted):
                found += _quick_fixes(problem, document)
    if _asked(FIX_ALL, only):
        found += _fix_all(document, forced=only is not None)
    return found


def _asked(kind: str, only: list[str] | None) -> bool:
    return only is None or any(kind == word or kind.startswith(f"{word}.") for word in only)


def _touch(one: lsp.Range, other: lsp.Range) -> bool:
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
            diagnostics=[_problem(problem, document)],
            is_preferred=True,
            edit=_edits(document, [text.edit(change) for change in changes]),
        )
    if can_be_ignored(problem) and problem.span is not None and _is_here(problem.span, document):
        line = text.range_of(problem.span).start.line
        if "#" not in text.line(line):  # a second comment would be a part of the first
            end = lsp.Position(line, text.position(text.starts[line] + len(text.line(line))).character)
            comment = lsp.TextEdit(lsp.Range(end, end), f"  # kspec: ignore[{problem.code}]")
            yield lsp.CodeAction(
                title=f"Ignore {problem.code} on this line",
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=[_problem(problem, document)],
                edit=_edits(document, [comment]),
            )


def _title(problem: Diagnostic) -> str:
    """What the edits do."""
    if len(problem.edits) == 1:
        (edit,) = problem.edits
        written = edit.span.source.line(edit.span.line)[edit.span.column - 1 : edit.span.end_column - 1]
        new = edit.replacement.strip()
        if edit.span.line == edit.span.end_line and written and new and "\n" not in new:
            return f"Write `{new}` for `{written}`"
        if not written and new and "\n" not in new:
            return f"Add `{new}`"
        if not new:
            return f"Remove `{written}`" if written else "Remove it"
    return problem.help[:1].upper() + problem.help[1:] if problem.help else f"Fix {problem.code}"


def _fix_all(document: Document, *, forced: bool) -> list[lsp.CodeAction]:
    """One action for all cures; looked for only where there are some, since it checks the text several times."""
    curable = sum(bool(problem.edits) for problem in document.diagnostics)
    if curable < (1 if forced else 2):
        return []
    fixed = fix(document.source, document.look)
    if not fixed.fixed:
        return []
    whole = lsp.TextEdit(document.text.between(0, len(document.text.content)), fixed.after.text)
    return [
        lsp.CodeAction(
            title=f"Fix all auto-fixable problems ({len(fixed.fixed)})", kind=FIX_ALL, edit=_edits(document, [whole])
        )
    ]


def _edits(document: Document, edits: list[lsp.TextEdit]) -> lsp.WorkspaceEdit:
    """Edits of this version of the text."""
    held = lsp.OptionalVersionedTextDocumentIdentifier(uri=document.uri, version=document.version)
    return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(held, list(edits))])
