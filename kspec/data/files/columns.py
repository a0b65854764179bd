"""Columns of paths: those of images and sounds become columns of files, and texts are read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context, display_name
from kspec.data.files.contents import check_resized, column_of_files, contents
from kspec.data.files.image_size import image_size
from kspec.data.files.sounds import SoundColumn, common_rate
from kspec.data.files.wav import InvalidSound, WavHeader, read_header
from kspec.data.limits import LimitReached, check_memory, check_pixels
from kspec.data.table import Column, Table
from kspec.diagnostics import Path as SpecPath
from kspec.diagnostics import Rule, codes
from kspec.language.data import Data
from kspec.syntax.path_policy import PathProblem, PathRefused
from kspec.syntax.regular_files import shown_path

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SHOWN = 3
HASHED_BYTES = 1 << 30
"""The fingerprint of more bytes covers only names and sizes: reading all would take too long."""
_BLOCK = 1 << 20


def read_file_columns(table: Table, data: Data, context: Context, rates: Mapping[str, int] | None = None) -> None:
    """Makes columns of files of the columns of paths that the spec says to read, and checks that each file can be read.

    Args:
        table: The table; gets the columns.
        data: The `data` section.
        context: Receives every problem.
        rates: By column of sounds, the sample rate that training had.
    """
    for name, (content, place) in contents(data).items():
        path = place if context.source_path is not None and not context.is_new else context.source_path
        column = column_of_files(name, table, path, context)
        if column is None:
            continue
        if column.kind == content != "text":
            continue
        if column.kind != "text":
            rows = table.locate((~column.missing).nonzero()[0][:1])
            has = f'"{column.texts()[0]}" in {rows}' if column.kind != "array" else "arrays"
            message = f"`{name}` holds no paths of files: it has {has}"
            context.error(codes.INCOMPATIBLE_DATA_TYPE, message, path, key=path == place)
            continue
        files = _located(table, column, context)
        reader = _Reader(name, table, column, files, path, context)
        if content == "text":
            table.columns[name] = reader.texts()
        elif content == "audio":
            table.columns[name] = reader.sounds(data.rate or (rates or {}).get(name))
        else:
            table.columns[name] = reader.images()
    check_resized(table, data, context)


def _located(table: Table, column: Column, context: Context) -> Array:
    """The file of each row, an absolute path without links; empty where the value is missing."""
    import numpy

    real: dict[str, str] = {}

    def resolved(folder: Path, text: str) -> str:
        path = str(folder / os.path.expanduser(text))
        if path not in real:
            real[path] = os.path.realpath(path)
        return real[path]

    files = numpy.full(table.rows, "", dtype=object)
    rows = numpy.arange(table.rows) if table.original is None else table.original
    parts = [(context.spec.folder / part.name, part.start, part.stop) for part in table.files]
    for place, (row, text) in enumerate(zip(rows.tolist(), column.values.tolist(), strict=True)):
        if column.missing[place]:
            continue
        folder = table.folder
        if folder is None:
            folder = next((file.parent for file, start, stop in parts if start <= row < stop), context.folder)
        files[place] = resolved(folder, str(text))
    return files


class _Reader:
    """Reads the files of a column.

    Args:
        name: The column.
        table: Its table.
        column: The paths as the table has them.
        paths: The file of each row.
        path: The setting where problems are reported.
        context: Receives them.
    """

    def __init__(
        self, name: str, table: Table, column: Column, paths: Array, path: SpecPath | None, context: Context
    ) -> None:
        self.name = name
        self.table = table
        self.column = column
        self.paths = paths
        self.path = path
        self.context = context
        self.unreadable: Array | None = None
        self.refusal = ""

    def images(self) -> Column:
        """The column of these images, which are decoded later."""

        def check(file: Path, stream: Any) -> None:
            check_pixels(image_size(stream), display_name(file, self.context), self.context.limits)

        self._visit(check)
        missing, texts = self.column.missing, self.column.texts
        return Column(self.name, "image", self.paths, missing, texts, unreadable=self.unreadable, refusal=self.refusal)

    def sounds(self, rate: int | None) -> SoundColumn:
        """The column of these sounds, which are decoded later.

        Args:
            rate: The sample rate that the spec states, or that training had.
        """
        headers: dict[str, WavHeader] = {}
        refused: dict[str, str] = {}

        def check(file: Path, stream: Any) -> None:
            try:
                headers[str(file)] = read_header(stream)
            except InvalidSound as error:
                refused[str(file)] = str(error)

        self._visit(check)
        if refused:
            why = next(iter(refused.values()))
            self._report(codes.UNDECODABLE_FILE, list(refused), f"is no sound, since {why}", "are no sounds")
        if headers:
            rate = common_rate(self.name, headers, rate, self.path, self.context)
        return SoundColumn(
            self.name,
            "audio",
            self.paths,
            self.column.missing,
            self.column.texts,
            unreadable=self.unreadable,
            refusal=self.refusal,
            headers=headers,
            rate=rate or 1,
        )

    def texts(self) -> Column:
        """The texts in these files."""
        import numpy

        texts: dict[str, str] = {"": ""}
        size, refused = 0, []

        def read(file: Path, stream: Any) -> None:
            nonlocal size
            size += os.fstat(stream.fileno()).st_size
            check_memory(size, f"the files of `{self.name}`", self.context.limits)
            text = decoded_text(stream.read())
            if text is None:
                refused.append(str(file))
            texts[str(file)] = text or ""

        self._visit(read)
        if refused:
            self._report(codes.UNDECODABLE_FILE, refused, "is no text in UTF-8", "are no texts in UTF-8")
        values = numpy.array([texts.get(path, "") for path in self.paths.tolist()], dtype=object)
        return Column(self.name, "text", values, self.column.missing, unreadable=self.unreadable, refusal=self.refusal)

    def _visit(self, look: Callable[[Path, Any], None]) -> None:
        """Opens each file once, as far as the spec may read it, and takes a fingerprint of all.

        Args:
            look: Called with each file and a stream at its start.
        """
        context, absent = self.context, []
        unique = dict.fromkeys(path for path in self.paths.tolist() if path)
        digest, left = hashlib.sha256(), HASHED_BYTES
        places = {path: os.path.realpath(path) for path in unique}
        root = os.path.commonpath([os.path.dirname(place) for place in places.values()]) if places else ""
        for path in unique:
            file = Path(path)
            try:
                with context.open(file) as stream:
                    look(file, stream)
                    size = os.fstat(stream.fileno()).st_size
                    name = os.path.relpath(places[path], root)  # the same from the spec's folder and from a run's
                    digest.update(os.fsencode(f"{name}\0{size}\0"))
                    left -= size
                    stream.seek(0)
                    while left >= 0 and (block := stream.read(_BLOCK)):
                        digest.update(block)
            except FileNotFoundError:
                absent.append(path)
            except LimitReached as reached:
                context.limit(reached, self.path)
                return
            except PathRefused as refused:
                refused.problem.report(context.report, context.span(self.path))
                return
            except OSError as error:
                PathProblem.of(error, display_name(file, context)).report(context.report, context.span(self.path))
                return
        if absent:
            errors = context.report.errors
            self._report(codes.UNREADABLE_DATA, absent, "does not exist", "do not exist")
            if context.report.errors > errors:
                return
        self.table.fingerprints[f"files of {self.name}"] = digest.hexdigest()

    def _report(self, rule: Rule, files: list[str], one: str, several: str) -> None:
        """Reports files that cannot be used, with their rows. Other data loses these rows, unless it has no others.

        Args:
            rule: The code.
            files: The files.
            one: What is wrong with one of them.
            several: What is wrong with several.
        """
        import numpy

        is_refused = numpy.isin(self.paths.astype(str), files)
        data = self.context.spec.document.data
        if self.context.is_new and (data is None or data.window is None) and (self.paths[~is_refused] != "").any():
            self.unreadable = is_refused if self.unreadable is None else self.unreadable | is_refused
            self.refusal = f"`{self.name}` names a file that {one}"
            return
        rows = numpy.flatnonzero(is_refused)
        first = str(self.column.values[rows[0]])
        first = display_name(Path(first), self.context) if os.path.isabs(first) else shown_path(first)
        if len(files) == 1:
            message = f"`{self.name}` names a file that {one}: `{first}` in {self.table.locate(rows)}"
        else:
            message = f"`{self.name}` names {len(files):,} files that {several}, such as `{first}` in "
            message += self.table.locate(rows[:1])
        base = "the folder of the table" if self.table.folder is None else "the spec's folder"
        help = f"paths are relative to {base}" if rule is codes.UNREADABLE_DATA else "convert or remove it"
        self.context.error(rule, message, self.path, help=help)


def decoded_text(content: bytes) -> str | None:
    """A text in UTF-8, without a byte-order mark; None if the bytes are none."""
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
