"""Standard output and standard error that a verb can rely on, whatever the process was given.

A stream may be closed, its disk may be full, its terminal may be gone, and it may lack characters. None of that may
end a run: what cannot be written is discarded, and the exit status tells.
"""

from __future__ import annotations

import codecs
import errno
import locale
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

_SIMPLE = {
    **{"→": "->", "←": "<-", "↔": "<->", "…": "...", "×": "x", "·": "*", "²": "^2", "–": "-", "—": "-"},
    **{"≤": "<=", "≥": ">=", "≈": "~", "│": "|", "─": "-", "┌": "+", "└": "+", "├": "+", "╺": "-", "╸": "-", "━": "="},
    **{"⌊": "[", "⌋": "]", "⌈": "[", "⌉": "]", "‘": "'", "’": "'", "“": '"', "”": '"'},
    **dict(zip("▁▂▃▄▅▆▇█", "_.:-=+*#", strict=True)),
}
"""What stands for a character that an encoding lacks; for others, `\\uXXXX` does, as in JSON."""
_HANDLER = "kspec"


def _simplify(error: UnicodeError) -> tuple[str, int]:
    """The error handler of kspec's streams: characters that the encoding lacks, in ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_in_ascii, error.object[error.start : error.end])), error.end


def _in_ascii(character: str) -> str:
    if character in _SIMPLE:
        return _SIMPLE[character]
    number = ord(character)
    if number < 0x10000:
        return f"\\u{number:04x}"
    high, low = divmod(number - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


codecs.register_error(_HANDLER, _simplify)


class Output:
    """A text stream that discards what cannot be written, and remembers that.

    It has no `buffer`: whoever wrote bytes there would meet the errors that this class handles.

    Args:
        stream: The stream of the process; None if it was closed.

    Attributes:
        problem: Why something could not be written; None if everything was.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.problem: OSError | None = None
        self._is_closed = stream is None
        self._stream: TextIO = _nowhere() if stream is None else stream
        self._before = getattr(self._stream, "errors", None) or "strict"
        self._reconfigure(errors=_HANDLER)

    def write(self, text: str | bytes) -> int:
        """Writes a text, or discards it; click gives what it completes for a shell in UTF-8."""
        text = text.decode() if isinstance(text, bytes) else text
        if self._is_closed and text:
            self._discard(OSError(errno.EBADF, "it is closed"))
        try:
            return self._stream.write(text)
        except OSError as error:
            self._discard(error)
            return len(text)

    def write_document(self, text: str) -> None:
        """Writes a text in UTF-8, with its own line ends, whatever the encoding of the terminal: others read it."""
        self.flush()
        self._reconfigure(encoding="utf-8", errors="surrogateescape", newline="")
        self.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Writes what is buffered, or discards it."""
        try:
            self._stream.flush()
        except OSError as error:
            self._discard(error)

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()

    def restore(self) -> None:
        """Leaves the stream as it was."""
        self.flush()
        self._reconfigure(errors=self._before)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self._stream, name)

    def _reconfigure(self, **settings: str) -> None:
        reconfigure = getattr(self._stream, "reconfigure", None)
        if reconfigure is not None:
            with suppress(OSError):  # of what is still buffered
                reconfigure(**settings)

    def _discard(self, error: OSError) -> None:
        """Sends what is still to come nowhere: the process would write what is buffered once more when it ends."""
        if self.problem is None:
            self.problem = error
            with suppress(OSError, ValueError), open(os.devnull, "w") as null:
                os.dup2(null.fileno(), self._stream.fileno())


def _nowhere() -> TextIO:
    """A stream that writes nothing."""
    return open(os.devnull, "w", encoding="utf-8")


@contextmanager
def reliable_output() -> Iterator[Output]:
    """Makes standard output and standard error reliable meanwhile; gives standard output."""
    before = sys.stdout, sys.stderr
    out, err = Output(before[0]), Output(before[1])
    sys.stdout, sys.stderr = out, err
    try:
        yield out
    finally:
        out.restore()
        err.restore()
        sys.stdout, sys.stderr = before


def write_document(text: str) -> None:
    """Writes a document to standard output, for other programs to read: in UTF-8, with its own line ends."""
    if isinstance(sys.stdout, Output):
        sys.stdout.write_document(text)
    else:
        sys.stdout.write(text)


def occupy_closed_streams() -> None:
    """Opens the null device for each standard stream that is closed: the next file would get its descriptor."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 (it stays open)


def use_utf8_files() -> None:
    """Makes files that libraries open as text UTF-8 where the locale is another: Keras writes vocabularies so."""
    if os.name == "posix" and locale.getpreferredencoding(False).lower().replace("-", "") != "utf8":
        for name in ("C.UTF-8", "en_US.UTF-8"):
            with suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return
