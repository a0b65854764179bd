"""The text of a CSV file as the parser takes it: without comments, with one delimiter between values."""

from __future__ import annotations

import codecs
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from kspec.data.context import Context
from kspec.data.packed_files import is_packed
from kspec.data.sources.read_request import open_file
from kspec.language.csv_options import WHITESPACE, CsvOptions

_BLOCK, _LONGEST = 1 << 20, 4 << 20
"""How much is read at once, and how far a quoted text may reach before its quote counts as any other character."""


class CsvText:
    """Opens the files of a source.

    Args:
        options: The options of the source.
        context: Opens the files.
        exact: Whether blanks around unquoted values are removed here, since some values of the files are quoted.
    """

    def __init__(self, options: CsvOptions, context: Context, *, exact: bool = False) -> None:
        self._options, self._context = options, context
        self._edits = list(_edits(options, exact))
        self.has_quotes = False
        """Whether a file that has been read contains quotes."""
        self.fingerprints: dict[Path, str] = {}
        """The SHA-256 of each file that has been read to its end and is not packed."""

    @property
    def delimiter(self) -> str:
        """The delimiter of the text."""
        return "\t" if self._options.delimiter == WHITESPACE else self._options.delimiter

    @property
    def encoding(self) -> str:
        """The encoding of the bytes that `open` returns."""
        return "utf-8" if self._edits else self._options.encoding

    @property
    def _with_mark(self) -> str:
        """The encoding of the file, where a mark at the start of UTF-8 is no text."""
        is_utf8 = codecs.lookup(self._options.encoding).name == "utf-8"
        return "utf-8-sig" if is_utf8 else self._options.encoding

    def open(self, file: Path, *, errors: str = "strict") -> io.BufferedReader:
        """Opens a file; its `raw` stream gives what it reads without another copy.

        Args:
            file: The file.
            errors: What happens to bytes that cannot be decoded, as for `open`.

        Raises:
            OSError: If it may not or cannot be read. Reading raises `UnicodeError`, too.
        """
        watched = _Watched(open_file(file, self._context), self, file)
        if not self._edits:
            return io.BufferedReader(watched, _BLOCK)
        decoder = codecs.getincrementaldecoder(self._with_mark)(errors)
        return io.BufferedReader(_Edited(watched, decoder, self._edit, self._options.quote or ""), _BLOCK)

    def lines(self, file: Path, longest: int = -1) -> Iterator[str]:
        """The lines of a file, with their ends; what cannot be decoded is replaced.

        Args:
            file: The file.
            longest: How many characters of a line are read at once; -1 for all.

        Raises:
            OSError: If it may not or cannot be read.
        """
        encoding = "utf-8" if self._edits else self._with_mark
        with io.TextIOWrapper(self.open(file, errors="replace"), encoding, "replace", newline="") as text:
            while line := text.readline(longest):
                yield line

    def notice(self, block: Any) -> None:
        """Takes note of the quotes in a block of bytes."""
        quote = self._options.quote
        self.has_quotes |= bool(quote) and quote.encode() in block

    def _edit(self, text: str) -> str:
        for edit in self._edits:
            text = edit(text)
        return text


class _Watched(io.RawIOBase):
    """The bytes of a file, which are looked at for quotes, and of which the SHA-256 is taken.

    Args:
        stream: The bytes.
        text: Learns of them.
        file: The file.
    """

    def __init__(self, stream: BinaryIO, text: CsvText, file: Path) -> None:
        self._stream, self._text, self._file = stream, text, file
        self._hash = None if is_packed(file) else hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        if not self._text.has_quotes:
            self._text.notice(block)
        if self._hash is not None:
            self._hash.update(block)
            if not block and size:
                self._text.fingerprints[self._file] = self._hash.hexdigest()
        return block

    def readinto(self, buffer: Any) -> int:
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Edited(io.RawIOBase):
    """The edited text of a file, as UTF-8; each line stays a line."""

    def __init__(self, stream: io.RawIOBase, decoder: Any, edit: Callable[[str], str], quote: str) -> None:
        self._stream, self._decoder, self._edit, self._quote = stream, decoder, edit, quote
        self._pending, self._ready, self._at_end = "", b"", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and not self._at_end:
            block = self._stream.read(_BLOCK) or b""
            self._at_end = not block
            self._pending += self._decoder.decode(block, final=self._at_end)
            end = len(self._pending) if self._at_end else self._end_of_rows()
            self._ready = self._edit(self._pending[:end]).encode("utf-8", "surrogatepass")
            self._pending = self._pending[end:]
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _end_of_rows(self) -> int:
        """Where the last complete row ends: no quoted text goes on behind it."""
        text = self._pending
        end = text.rfind("\n") + 1
        quotes = text.count(self._quote, 0, end) if self._quote else 0
        while quotes % 2 and end and len(text) < _LONGEST:
            before = text.rfind("\n", 0, end - 1) + 1
            quotes -= text.count(self._quote, before, end)
            end = before
        return end

    def close(self) -> None:
        self._stream.close()
        super().close()


def _edits(options: CsvOptions, exact: bool) -> Iterator[Callable[[str], str]]:
    """What is done to the text, in order.

    Args:
        options: The options of the source.
        exact: Whether blanks around unquoted values are removed.
    """
    is_spaced = options.delimiter == WHITESPACE
    border = r"\s" if is_spaced else re.escape(options.delimiter) + r"\r\n"
    start, cell = f"(?<![^{border}])", "((?!))"
    if options.quote:
        quote, end = re.escape(options.quote), r"\r\n" if is_spaced else ""
        cell = f"({quote}(?:[^{quote}{end}]|{quote}{quote})*{quote})"
    if (mark := options.comment) is not None:
        comment = re.compile(rf"{start}{cell}|{re.escape(mark)}[^\r\n]*")
        yield lambda text: comment.sub(r"\1", text) if mark in text else text
    if is_spaced:
        outer = re.compile(r"(?m)^[ \t]+|[ \t]+(?=\r?$)")
        blanks = re.compile(rf"{start}{cell}|[ \t]+")
        yield lambda text: blanks.sub(lambda found: found[1] or "\t", outer.sub("", text))
    elif exact:
        own = "[ ]" if options.delimiter == "\t" else r"[\t]" if options.delimiter == " " else r"[ \t]"
        trimmed = re.compile(rf"{start}{own}*{cell}|{own}+(?=[{border}]|\Z)|{start}{own}+")
        yield lambda text: trimmed.sub(r"\1", text)
