"""Finds out in which encoding a text table is written."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from kspec.data.context import Context
from kspec.data.sources.read_request import blocks, first_lines

ENOUGH = 1 << 16
"""So many bytes of lines that are not ASCII tell an encoding."""
USUAL = "cp1252"
"""That of western languages, and of a table in which few signs tell one, such as `°` or `€`."""
FEW_LETTERS = 4
"""Fewer distinct letters beyond ASCII, of one byte each, tell no language."""
_ASIAN = ("big5hkscs", "cp932", "cp949", "euc_jis_2004", "euc_kr", "gb18030")
LIKELY = (
    *_ASIAN, "cp1250", "cp1251", USUAL, "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp437",
    "cp850", "cp852", "cp866", "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-8", "koi8-r", "koi8-u", "tis-620",
)  # fmt: skip
"""Those in which tables are written; rare ones differ from them in few bytes."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def find_encoding(file: Path, context: Context) -> str:
    """The encoding of a text, as Python names it.

    Args:
        file: The file.
        context: Opens it.

    Raises:
        OSError: If it cannot be read.
    """
    start = first_lines(file, context, 4096)
    if start.startswith(_UTF_16):
        return "utf-16"
    if start[1::2].count(0) > len(start) / 4:
        return "utf-16-le"
    if start[::2].count(0) > len(start) / 4:
        return "utf-16-be"
    if _decodes(file, "utf-8", context):
        return "utf-8"
    guess = _guess(file, context)
    return next((name for name in (guess, USUAL) if _decodes(file, name, context)), "latin-1")


def _decodes(file: Path, encoding: str, context: Context) -> bool:
    """Whether a whole file can be decoded."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in blocks(file, context):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _guess(file: Path, context: Context) -> str:
    """The most likely encoding, by the letters of the languages that are written in it."""
    import chardet

    sample = _lines_beyond_ascii(file, context)
    found = chardet.detect(sample, include_encodings=LIKELY)["encoding"] or USUAL
    name = codecs.lookup(found).name
    text = sample.decode(name, errors="replace")
    letters = {letter for letter in text if not letter.isascii()}
    has_few = len(letters) < FEW_LETTERS and len(text) == len(sample)
    return USUAL if has_few else name


def _lines_beyond_ascii(file: Path, context: Context) -> bytes:
    """The first lines of a file that are not ASCII, of which a large table may have few."""
    lines, size = list[bytes](), 0
    for line in _lines(file, context):
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size > ENOUGH:
                break
    return b"\n".join(lines)


def _lines(file: Path, context: Context) -> Iterator[bytes]:
    rest = b""
    for block in blocks(file, context, ENOUGH):
        *lines, rest = (rest + block).split(b"\n")
        if len(rest) > ENOUGH:  # there are other ends of lines, or none
            lines, rest = [*lines, rest], b""
        yield from lines
    yield rest
