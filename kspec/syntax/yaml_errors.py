"""Explains libyaml's errors in terms of what the user wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kspec.diagnostics import Edit, Report, Source, Span, codes
from kspec.syntax.yaml_typos import find_typo, missing_space, report_missing_space_after_dash

MAX_DEPTH = 100
"""The deepest nesting of values in a document."""


def explain_yaml_error(error: Any, source: Source, report: Report) -> None:
    """Reports an exception of PyYAML's scanner, parser or reader.

    Args:
        error: The `yaml.YAMLError`.
        source: The text.
        report: Where it is reported.
    """
    problem = str(getattr(error, "problem", "") or "")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        report.error(codes.INVALID_YAML, _character_message(error), _reader_span(error, source),
                     help="save the file as plain text in UTF-8")  # fmt: skip
        return
    if _is_open_quote(problem) and error.context_mark is not None:
        mark = error.context_mark  # the opening quote: the text ends far below
    failure = _Failure(error, problem, source, min(mark.line, len(source.lines) - 1), mark.column)
    if any(explain(failure, report) for explain in _EXPLANATIONS):
        return
    report.error(codes.INVALID_YAML, _message(problem, failure.at), failure.span(), help=_help(problem, error))


def report_too_deep(span: Span, report: Report) -> None:
    """Reports values that are nested too deeply."""
    report.error(
        codes.SPEC_TOO_LARGE,
        f"values are nested more than {MAX_DEPTH} levels deep",
        span,
        help="a spec needs only a few levels: check the brackets and the indentation",
    )


@dataclass(frozen=True, slots=True)
class _Failure:
    """The place where libyaml stops; the line and the column are counted from 0."""

    error: Any
    problem: str
    source: Source
    line: int
    column: int

    @property
    def text(self) -> str:
        return self.source.lines[self.line]

    @property
    def at(self) -> str:
        return self.text[self.column : self.column + 1]

    def span(self, start: int | None = None, length: int = 1, line: int | None = None) -> Span:
        """A place near the failure; line and column are counted from 0.

        Args:
            start: The first column; by default that of the failure.
            length: The number of characters.
            line: The line; by default that of the failure.

        Returns:
            The place in the text, within one line.
        """
        number = (self.line if line is None else line) + 1
        column = (self.column if start is None else start) + 1
        return Span(self.source, number, column, number, column + length)


def _nesting(failure: _Failure, report: Report) -> bool:
    if "nesting depth" not in failure.problem:  # libyaml 0.2.6 reports this before any event
        return False
    report_too_deep(failure.span(), report)
    return True


def _tab(failure: _Failure, report: Report) -> bool:
    indentation = failure.text[: len(failure.text) - len(failure.text.lstrip())]
    if failure.at != "\t" and "\t" not in indentation:
        return False
    report.error(codes.TAB_INDENTATION, "YAML does not allow tabs for indentation", failure.span(),
                 help="indent with two spaces per level")  # fmt: skip
    return True


def _unquoted_expression(failure: _Failure, report: Report) -> bool:
    text, column = failure.text, failure.column
    if failure.at != "{" or not text[:column].endswith("$"):
        return False
    end = text.find("}", column)
    expression = text[column - 1 : end + 1] if end > 0 else "${...}"
    span = failure.span(column - 1, len(expression))
    is_value = text[: column - 1].rstrip()[-1:] in (":", ",", "[") and re.match(r"\s*(?:[,}\]]|$)", text[end + 1 :])
    is_sure = end > 0 and is_value and '"' not in expression and not failure.source.is_command_line
    report.error(
        codes.UNQUOTED_EXPRESSION,
        "an expression inside `{}` or `[]` must be quoted",
        span,
        help=f'write "{expression}"',
        edits=(Edit(span, f'"{expression}"'),) if is_sure else (),
    )
    return True


def _unquoted_star(failure: _Failure, report: Report) -> bool:
    if failure.at != "*" and "alias" not in failure.problem and "alias" not in str(failure.error.context or ""):
        return False
    text, column = failure.text, failure.column
    start = column - len(re.split(r"[\s,\[\]{}]", text[:column])[-1])
    if text[start : start + 1] != "*":  # libyaml points behind the star, unless nothing follows it
        start = column
    word = text[start:].split(",")[0].split("]")[0].split("}")[0].strip() or "*"
    report.error(
        codes.INVALID_ALIAS,
        "text that begins with `*` must be quoted: in YAML, `*name` is an alias",
        failure.span(start),
        help=f"write {_quote(word)}" if '"' not in word else "put the whole text in quotes",
    )
    return True


def _item_without_colon(failure: _Failure, report: Report) -> bool:
    """Reports an item such as `- LayerNormalization` above a line with one of its keys."""
    if "mapping values are not allowed" not in failure.problem or not failure.line:
        return False
    line = failure.line - 1
    match = re.fullmatch(r"\s*- ([A-Za-z_][\w.]*)\s*(#.*)?", failure.source.lines[line])
    if match is None or not re.match(r"\s+[a-z_]+:", failure.text):
        return False
    item, span = match[1], failure.span(match.start(1), len(match[1]), line)
    report.error(codes.INVALID_YAML, f"missing `:` after `{item}`", span, help=f"write `- {item}:`",
                 edits=(Edit(span, f"{item}:"),))  # fmt: skip
    return True


def _missing_space_after_dash(failure: _Failure, report: Report) -> bool:
    numbers = (failure.line + 1, failure.line)
    return any(report_missing_space_after_dash(failure.source, number, report) for number in numbers if number)


def _typo(failure: _Failure, report: Report) -> bool:
    typo = find_typo(failure.text, failure.column) if _is_about_colon(failure, "unexpected") else None
    if typo is not None:
        typo.report(failure.source, failure.line + 1, report)
    return typo is not None


def _missing_colon(failure: _Failure, report: Report) -> bool:
    """Reports a line such as `epochs 50`, which YAML joins with the next line and rejects there."""
    if not _is_about_colon(failure, "expected") and "did not find expected key" not in failure.problem:
        return False
    lines = failure.source.lines
    above = (number for number in range(failure.line - 1, -1, -1) if not re.match(r"\s*(?:#|$)", lines[number]))
    for line in (failure.line, next(above, failure.line)):
        match = re.fullmatch(r"\s*(?:- +)*([A-Za-z_]\w*)( +)(\S+)\s*(#.*)?", lines[line])
        if match and ":" not in match[1] + match[3]:
            span = failure.span(match.start(1), len(match[1]), line)
            report.error(codes.INVALID_YAML, f"missing `:` after `{match[1]}`", span,
                         help=f"write `{match[1]}: {match[3]}`", edits=(Edit(span, f"{match[1]}:"),))  # fmt: skip
            return True
    return False


def _colon_in_value(failure: _Failure, report: Report) -> bool:
    """Reports text with a `: ` after a key on the same line."""
    before = failure.text[: failure.column]
    if "mapping values" not in failure.problem or not re.match(r"\s*(?:- +)*[A-Za-z_][\w.]*: ", before):
        return False
    report.error(codes.INVALID_YAML, "unexpected `:` in a value", failure.span(),
                 help="quote text that contains `: `; write a mapping in braces")  # fmt: skip
    return True


def _unspaced_pair(failure: _Failure, report: Report) -> bool:
    """Reports a pair such as `epochs:3` at or just above the line."""
    if not _is_about_colon(failure, "expected"):
        return False
    for line in range(failure.line, max(failure.line - 3, -1), -1):
        match = re.match(r"\s*(?:- +)*([A-Za-z_]\w*:[^\s/]\S*)\s*$", failure.source.lines[line])
        if match:
            missing_space(match[1], match.start(1)).report(failure.source, line + 1, report)
            return True
    return False


def _unmatched_bracket(failure: _Failure, report: Report) -> bool:
    before = failure.text[: failure.column + 1]
    if failure.at not in ("}", "]") or re.search("['\"#]", before):  # quotes and comments can hold brackets
        return False
    if not any(before.count(closing) > before.count(opening) for opening, closing in ("{}", "[]")):
        return False
    edits = () if failure.source.is_command_line else (Edit(failure.span(), ""),)
    report.error(codes.INVALID_YAML, f"unmatched `{failure.at}`", failure.span(), help="remove it", edits=edits)
    return True


_EXPLANATIONS = (
    _nesting,
    _tab,
    _unquoted_expression,
    _unquoted_star,
    _item_without_colon,
    _missing_space_after_dash,
    _typo,
    _unspaced_pair,
    _missing_colon,
    _colon_in_value,
    _unmatched_bracket,
)
"""Each reports one kind of mistake; the first that applies is used."""


def _is_about_colon(failure: _Failure, verb: str) -> bool:
    return "mapping values" in failure.problem or f"{verb} ':'" in failure.problem


def _quote(word: str) -> str:
    """A text in quotes; if it is a key with its value, the key.

    >>> _quote("*.csv"), _quote("*: false")
    ('"*.csv"', '"*": false')
    """
    return re.sub(r"^(.*?)(:( .*)?)?$", r'"\1"\2', word)


def _is_open_quote(problem: str) -> bool:
    return "unexpected end of stream" in problem or "found unexpected end" in problem


def _message(problem: str, at: str) -> str:
    if "mapping values are not allowed" in problem:
        return "unexpected `:`; does the line above lack a `- ` or a `:`?"
    if "found character that cannot start any token" in problem:
        return f"a value cannot start with `{at}`" if at else "a value cannot start here"
    if "could not find expected ':'" in problem:
        return "missing `:` after a key"
    if "did not find expected key" in problem:
        return "the indentation of this line does not match the lines above"
    if "did not find expected '-' indicator" in problem:
        return "this line is neither a list item (`- `) nor indented below one"
    if "did not find expected ',' or" in problem:
        return "missing `,` or closing bracket before this"
    if _is_open_quote(problem):
        return "unclosed quote"
    if "document" in problem and "start" in problem:
        return "unexpected content: it belongs to no key"
    return f"invalid YAML: {problem}" if problem else "invalid YAML"


def _help(problem: str, error: Any) -> str:
    if _is_open_quote(problem):
        return 'close it with the same quote; put text that contains `"` in single quotes, and vice versa'
    if "mapping values are not allowed" in problem:
        return "indent the line like its neighbors"
    if "could not find expected ':'" in problem or "did not find expected key" in problem:
        return "align the keys of a mapping in one column, and write `: ` after each"
    if "cannot start any token" in problem:
        return "put the value in quotes"
    context = getattr(error, "context_mark", None)
    if context is not None and error.problem_mark and context.line != error.problem_mark.line:
        is_flow = "flow" in str(error.context)
        return f"{'the bracket was opened' if is_flow else 'the value around it begins'} on line {context.line + 1}"
    return ""


def _character_message(error: Any) -> str:
    character = getattr(error, "character", None)
    if isinstance(character, int):
        return f"the character U+{character:04X} is not allowed in a spec"
    return "the text contains a character that is not allowed in a spec"


def _reader_span(error: Any, source: Source) -> Span:
    position = getattr(error, "position", None)
    if not isinstance(position, int) or position < 0:
        position = 0
    # libyaml counts bytes
    before = Source(source.name, source.text.encode("utf-8")[:position].decode("utf-8", errors="ignore"))
    line, column = len(before.lines), len(before.lines[-1]) + 1
    return Span(source, line, column, line, column + 1)
