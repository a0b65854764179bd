"""Reads a file, and rejects what cannot be a spec."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from kspec.diagnostics import Report, Source, Span, codes
from kspec.syntax.path_policy import PathRefused, names_beside
from kspec.syntax.regular_files import NotRegularFile, open_regular

MAX_BYTES = 8 * 1024 * 1024
"""The largest size of a spec; 1 MB holds ten thousand layers."""

HELP_FOR_EMPTY = "`kspec init` writes a working spec to start from"


def read_source(
    path: str | os.PathLike[str], report: Report, opener: Callable[[str], BinaryIO] = open_regular
) -> Source | None:
    """Reads the text of a spec file: UTF-8, with or without a byte order mark.

    Args:
        path: The file.
        report: Receives the reason why it cannot be read.
        opener: Opens it. A `PathRefused` that it raises is passed on.

    Returns:
        The text; None after a reported error.
    """
    name = os.fspath(path)
    place = Span(Source(name, ""), 1, 1, 1, 1)
    file = Path(path)
    try:
        if file.is_dir():
            report.error(
                codes.UNREADABLE_FILE, "this is a folder, not a spec", place, help=f"pass a file: {_example(file)}"
            )
            return None
        with opener(name) as stream:
            size = os.fstat(stream.fileno()).st_size
            data = stream.read(MAX_BYTES + 1)
        if max(size, len(data)) > MAX_BYTES:
            _report_size(max(size, len(data)), place, report)
            return None
    except PathRefused:
        raise
    except FileNotFoundError:
        report.error(codes.UNREADABLE_FILE, "file not found", place, help=_similar_file(file))
        return None
    except OSError as error:
        help = "pass `-` to read standard input" if isinstance(error, NotRegularFile) else ""
        report.error(codes.UNREADABLE_FILE, f"cannot read the file: {error.strerror or error}", place, help=help)
        return None
    return source_of(name, data, report)


def source_of(name: str, data: bytes, report: Report) -> Source | None:
    """Decodes the bytes of a spec file.

    Args:
        name: The file's name, for diagnostics.
        data: The bytes, in UTF-8.
        report: Where problems are reported.

    Returns:
        The text; None if it cannot be a spec.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        if b"\0" in data[:4096]:
            _report_binary(name, report)
            return None
        shown = Source(name, data.decode("utf-8-sig", errors="replace"))
        report.error(
            codes.NOT_UTF8_TEXT,
            "this text is not encoded as UTF-8",
            Span(shown, line, column, line, column + 1),
            help="a spec is UTF-8 text; save the file with that encoding",
        )
        return None
    source = Source(name, text)
    return source if can_be_read(source, report) else None


def can_be_read(source: Source, report: Report) -> bool:
    """Whether a text can be a spec; reports why not."""
    place = Span(source, 1, 1, 1, 1)
    size = len(source.text.encode("utf-8", errors="replace")) if len(source.text) > MAX_BYTES // 4 else 0
    if size > MAX_BYTES:
        _report_size(size, place, report)
    elif "\0" in source.text:
        _report_binary(source.name, report)
    elif not source.text.strip():
        report.error(codes.EMPTY_SPEC, "the spec is empty", place, help=HELP_FOR_EMPTY)
    else:
        return True
    return False


def _report_binary(name: str, report: Report) -> None:
    place = Span(Source(name, ""), 1, 1, 1, 1)  # without an excerpt of the bytes
    report.error(codes.NOT_UTF8_TEXT, "this is not a text file", place, help="check the path: a spec is UTF-8 text")


def _report_size(size: int, place: Span, report: Report) -> None:
    report.error(
        codes.SPEC_TOO_LARGE,
        f"the file has {size / 1024 / 1024:.0f} MB; the limit for a spec is {MAX_BYTES // 1024 // 1024} MB",
        place,
        help="is this a data file rather than a spec?",
    )


def _example(folder: Path) -> str:
    specs = [name for name in names_beside(folder / "spec.yaml") if name.endswith(".yaml")]
    return str(folder / specs[0]) if specs else "kspec check spec.yaml"


def _similar_file(file: Path) -> str:
    from kspec.diagnostics import nearest

    if not os.path.isdir(file.parent):
        return f"folder `{file.parent}` does not exist"
    match = nearest(file.name, [name for name in names_beside(file) if name.endswith((".yaml", ".yml"))])
    return f"did you mean `{file.parent / match}`?" if match else ""
