"""libyaml's complaints, said in the user's words."""

from __future__ import annotations

import re
from typing import Any

from kspec.diagnostics import Edit, Report, Source, Span, codes
from kspec.syntax.yaml_typos import missing_space, missing_space_after_dash, slip_in

MAX_DEPTH = 100


def explain_yaml_error(error: Any, source: Source, report: Report) -> None:
    """Adds the diagnostic for an exception of PyYAML's scanner, parser or reader."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        report.error(
            codes.INVALID_YAML,
            _unreadable(error),
            _reader_span(error, source),
            help="save the file as plain text in UTF-8",
        )
        return
    problem = str(error.problem or "")
    if _is_open_quote(problem) and error.context_mark is not None:
        mark = error.context_mark  # where it is opened; the text ends far below
    line, column = mark.line, mark.column
    line = min(line, len(source.lines) - 1)
    text = source.lines[line]
    at = text[column : column + 1]
    span = Span(source, line + 1, column + 1, line + 1, column + 2)
    if "nesting depth" in problem:  # libyaml 0.2.6 looks that far ahead before it hands over anything
        too_deep(span, report)
    elif at == "\t" or text[: len(text) - len(text.lstrip())].count("\t"):
        report.error(
            codes.TAB_INDENTATION, "a tab stands where YAML wants spaces", span, help="indent with spaces, two a level"
        )
    elif at == "{" and text[:column].endswith("$"):
        end = text.find("}", column)
        expression = text[column - 1 : end + 1] if end > 0 else "${...}"
        whole = Span(source, line + 1, column, line + 1, column + max(len(expression), 1))
        alone = text[: column - 1].rstrip()[-1:] in (":", ",", "[") and re.match(r"\s*(?:[,}\]]|$)", text[end + 1 :])
        is_sure = end > 0 and alone and '"' not in expression and not source.is_command_line
        report.error(
            codes.UNQUOTED_EXPRESSION,
            "an expression inside `{}` or `[]` is quoted",
            whole,
            help=f'write "{expression}"',
            edits=(Edit(whole, f'"{expression}"'),) if is_sure else (),
        )
    elif at == "*" or "alias" in problem or "alias" in str(error.context or ""):
        start = _word_start(text, column)
        word = text[start:].split(",")[0].split("]")[0].split("}")[0].strip() or "*"
        report.error(
            codes.INVALID_ALIAS,
            "text that begins with `*` is quoted: to YAML a bare `*` repeats a marked value",
            Span(source, line + 1, start + 1, line + 1, start + 2),
            help=f"write {_quoted(word)}" if '"' not in word else "put the whole text in quotes",
        )
    elif "mapping values are not allowed" in problem and _bare_item(source, line):
        item = _bare_item(source, line)
        place = source.lines[line - 1]
        start = place.index(item) + 1
        report.error(codes.INVALID_YAML, f"`{item}` has words below it, and wants a `:`",
                     Span(source, line, start, line, start + len(item)), help=f"write `- {item}:`",
                     edits=(Edit(Span(source, line, start, line, start + len(item)), f"{item}:"),))  # fmt: skip
    elif any(missing_space_after_dash(source, number, report) for number in (line + 1, line) if number):
        return
    elif re.search("mapping values|unexpected ':'", problem) and (slip := slip_in(text, column)) is not None:
        slip.report(source, line + 1, report)
    elif re.search("mapping values|expected ':'", problem) and (glued := _glued(source, line)) is not None:
        number, word, start = glued
        missing_space(word, start).report(source, number + 1, report)
    elif at in ("}", "]") and at and _closes_too_many(text[: column + 1]):
        report.error(codes.INVALID_YAML, f"this `{at}` closes nothing: one too many", span, help="remove it",
                     edits=(Edit(span, ""),) if not source.is_command_line else ())  # fmt: skip
    else:
        report.error(codes.INVALID_YAML, _plain(problem, at), span, help=_cure(problem, error))


def too_deep(span: Span, report: Report) -> None:
    """Reports values that are nested beyond what a spec can need."""
    report.error(
        codes.SPEC_TOO_LARGE,
        f"values are nested more than {MAX_DEPTH} deep",
        span,
        help="a spec is a few levels deep; is a bracket or an indentation wrong?",
    )


def _word_start(text: str, column: int) -> int:
    """Where the word begins that a complaint about a `*` is in: libyaml points behind the star."""
    start = column - len(re.split(r"[\s,\[\]{}]", text[:column])[-1])
    return start if text[start : start + 1] == "*" else column


def _quoted(word: str) -> str:
    """A text in quotes; of a key with its value, the key.

    >>> _quoted("*.csv"), _quoted("*: false")
    ('"*.csv"', '"*": false')
    """
    return re.sub(r"^(.*?)(:( .*)?)?$", r'"\1"\2', word)


def _bare_item(source: Source, line: int) -> str:
    """The class of an item such as `- LayerNormalization` on the line before, when this line is one of its words."""
    before = re.fullmatch(r"\s*- ([A-Za-z_][\w.]*)\s*(#.*)?", source.lines[line - 1]) if line else None
    return before[1] if before and re.match(r"\s+[a-z_]+:", source.lines[line]) else ""


def _glued(source: Source, line: int) -> tuple[int, str, int] | None:
    """The line at or above this one that has a key and a value without a space, as `epochs:3`."""
    for number in range(min(line, len(source.lines) - 1), max(line - 3, -1), -1):
        found = re.match(r"\s*(?:- +)*([A-Za-z_]\w*:[^\s/]\S*)\s*$", source.lines[number])
        if found:
            return number, found[1], found.start(1)
    return None


def _is_open_quote(problem: str) -> bool:
    return "unexpected end of stream" in problem or "found unexpected end" in problem


def _closes_too_many(text: str) -> bool:
    """Whether brackets of one line are closed that were not opened on it; where there are quotes, none can tell."""
    return not re.search("['\"#]", text) and any(text.count(b) > text.count(a) for a, b in ("{}", "[]"))


def _plain(problem: str, at: str) -> str:
    if "mapping values are not allowed" in problem:
        return "a `:` stands where no key can be"
    if "found character that cannot start any token" in problem:
        return f"`{at}` cannot begin a value" if at else "a value cannot begin so"
    if "could not find expected ':'" in problem:
        return "a `:` is missing after a key"
    if "did not find expected key" in problem:
        return "this line does not fit the indentation of the lines above"
    if "did not find expected '-' indicator" in problem:
        return "this line is neither an item of the list above (`- `) nor indented under one"
    if "did not find expected ',' or" in problem:
        return "a `,` or a closing bracket is missing before this place"
    if _is_open_quote(problem):
        return "a quote is opened and never closed"
    if "document" in problem and "start" in problem:
        return "what stands here belongs to no key"
    return f"this is not YAML: {problem}" if problem else "this is not YAML"


def _cure(problem: str, error: Any) -> str:
    if _is_open_quote(problem):
        return "close it with the same quote; a quote that is part of the text is written within the other kind"
    if "mapping values are not allowed" in problem:
        return "is the line indented as its neighbours are? text with `: ` in it is quoted"
    if "could not find expected ':'" in problem or "did not find expected key" in problem:
        return "keys of one mapping stand in one column, each followed by `: `"
    if "cannot start any token" in problem:
        return "put the value in quotes"
    context = getattr(error, "context_mark", None)
    if context is not None and error.problem_mark and context.line != error.problem_mark.line:
        return f"what it belongs to begins on line {context.line + 1}"
    return ""


def _unreadable(error: Any) -> str:
    character = getattr(error, "character", None)
    if isinstance(character, int):
        return f"the character U+{character:04X} cannot stand in a spec"
    return "the text has a character that cannot stand in a spec"


def _reader_span(error: Any, source: Source) -> Span:
    position = getattr(error, "position", None)
    if not isinstance(position, int) or position < 0:
        position = 0
    # libyaml counts bytes
    before = Source(source.name, source.text.encode("utf-8")[:position].decode("utf-8", errors="ignore"))
    line, column = len(before.lines), len(before.lines[-1]) + 1
    return Span(source, line, column, line, column + 1)
