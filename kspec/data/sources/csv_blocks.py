"""CSV text that several threads parse, block by block.

A block ends with a line, which is the end of a row unless a quote stands before it: the first block with a quote, and
all that follows, is left to one parser.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any

from kspec.data.parallel import made_ahead, results_ahead


@contextmanager
def parsed_blocks(stream: Any, settings: Mapping[str, Any]) -> Iterator[Iterator[Any]]:
    """The rows of a text table in their order, as pyarrow tables.

    Args:
        stream: Its bytes.
        settings: The arguments of `pyarrow.csv.open_csv`.

    Raises:
        ArrowInvalid: If it cannot be parsed.
        OSError: If it cannot be read.
    """
    import pyarrow as pa
    from pyarrow import csv

    options, quote = settings["read_options"], settings["parse_options"].quote_char
    text = _Blocks(stream, options.block_size, options.skip_rows, quote.encode() if quote else b"")
    if codecs.lookup(options.encoding).name != "utf-8":  # its lines may end otherwise
        text.rest = stream

    def parsed(block: bytes) -> Any:
        own = csv.ReadOptions(column_names=options.column_names, use_threads=False, block_size=len(block) + 1)
        return csv.read_csv(pa.BufferReader(block), **{**settings, "read_options": own})

    def rest() -> Iterator[Any]:
        if text.rest is not None:
            options.skip_rows = text.skipped
            with made_ahead(csv.open_csv(text.rest, **settings)) as batches:
                yield from (pa.Table.from_batches([batch]) for batch in batches)

    with results_ahead(parsed, text) as tables:
        yield chain(tables, rest())


class _Blocks:
    """The blocks of a text up to the first quote.

    Args:
        stream: The bytes of the text.
        size: How many are read at once.
        skipped: How many lines at its start are no rows.
        quote: What a quoted value begins with; empty if there are none.

    Attributes:
        rest: What follows the blocks; None if nothing does.
        skipped: How many lines at the start of the rest are no rows.
    """

    def __init__(self, stream: Any, size: int, skipped: int, quote: bytes) -> None:
        self._stream, self._size, self._quote = stream, size, quote
        self.skipped = skipped
        self.rest: Any = None

    def __iter__(self) -> Iterator[bytes]:
        if self.rest is not None:
            return
        block, line = self._stream.read(self._size), b""
        if self.skipped or not block:
            lines = re.match(rb"(?:[^\r\n]*(?:\r\n|\r|\n)){%d}(?!\Z)" % self.skipped, block)
            if lines is None:
                self.rest = _Rest(block, self._stream)
                return
            block, self.skipped = block[lines.end() :], 0
        while block:
            end = block.rfind(b"\n") + 1
            if not end or (self._quote and self._quote in block):
                self.rest = _Rest(line + block, self._stream)
                return
            yield b"".join((line, memoryview(block)[:end]))
            line, block = block[end:], self._stream.read(self._size)
        if line:
            yield line


class _Rest(io.RawIOBase):
    """What is left of a stream.

    Args:
        start: What has been read of it.
        stream: The rest.
    """

    def __init__(self, start: bytes, stream: Any) -> None:
        self._start, self._stream = start, stream

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> Any:
        if not self._start:
            return self._stream.read(size)
        block, self._start = (self._start, b"") if size < 0 else (self._start[:size], self._start[size:])
        return block
