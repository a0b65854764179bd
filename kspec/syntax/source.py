"""A file → text, refusing what cannot be a spec."""

from __future__ import annotations

import os
from pathlib import Path

from kspec.diagnostics import Report, Source, Span, codes

MAX_BYTES = 8 * 1024 * 1024
"""Ten thousand layers fit into one of them."""


def read_source(path: str | os.PathLike[str], report: Report) -> Source | None:
    """The text of a spec file (UTF-8, with or without a byte order mark); None when it has none, said in the report."""
    name = os.fspath(path)
    place = Span(Source(name, ""), 1, 1, 1, 1)
    file = Path(path)
    try:
        if file.is_dir():
            report.error(
                codes.UNREADABLE_FILE, "this is a directory, not a spec", place, help=f"name a file: {_example(file)}"
            )
            return None
        if file.is_file() and file.stat().st_size > MAX_BYTES:
            _too_large(file.stat().st_size, place, report)
            return None
        data = file.read_bytes()
    except FileNotFoundError:
        report.error(codes.UNREADABLE_FILE, "there is no such file", place, help=_neighbour(file))
        return None
    except OSError as error:
        report.error(codes.UNREADABLE_FILE, f"the file cannot be read: {error.strerror or error}", place)
        return None
    return source_of(name, data, report)


def source_of(name: str, data: bytes, report: Report) -> Source | None:
    """The text that bytes are, as `read_source` has it of a file."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        kind = "binary data" if b"\0" in data[:4096] else "text in another encoding than UTF-8"
        shown = Source(name, data.decode("utf-8-sig", errors="replace"))
        report.error(
            codes.NOT_UTF8_TEXT,
            f"this is {kind}",
            Span(shown, line, column, line, column + 1),
            help="a spec is text in UTF-8; save it so in your editor",
        )
        return None
    source = Source(name, text)
    return source if can_be_read(source, report) else None


def can_be_read(source: Source, report: Report) -> bool:
    """Whether a text can be a spec at all; where not, the report says why."""
    place = Span(source, 1, 1, 1, 1)
    size = len(source.text.encode("utf-8", errors="replace")) if len(source.text) > MAX_BYTES // 4 else 0
    if size > MAX_BYTES:
        _too_large(size, place, report)
    elif "\0" in source.text:
        report.error(codes.NOT_UTF8_TEXT, "this is binary data", place, help="a spec is text in UTF-8")
    elif not source.text.strip():
        report.error(
            codes.EMPTY_SPEC, "the spec is empty", place, help="`kspec init` writes a working one to start from"
        )
    else:
        return True
    return False


def _too_large(size: int, place: Span, report: Report) -> None:
    report.error(
        codes.SPEC_TOO_LARGE,
        f"the file has {size / 1024 / 1024:.0f} MB; a spec has at most {MAX_BYTES // 1024 // 1024}",
        place,
        help="is this the data rather than the spec?",
    )


def _example(folder: Path) -> str:
    found = sorted(folder.glob("*.yaml"))
    return f"{found[0]}" if found else "kspec check spec.yaml"


def _neighbour(file: Path) -> str:
    from kspec.diagnostics import nearest

    try:
        names = [entry.name for entry in file.parent.iterdir() if entry.suffix in (".yaml", ".yml")]
    except OSError:
        return f"there is no folder {file.parent} either"
    match = nearest(file.name, names)
    return f"did you mean {file.parent / match}?" if match else ""
