"""The code that opens CSV files, which may be packed."""

from __future__ import annotations

import zipfile

from kspec.codegen.data.csv_dialect import CsvDialect
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.packed_files import is_packed

_MODULES = {".gz": "gzip", ".bz2": "bz2", ".xz": "lzma"}
"""The suffix of packed files → the module that opens them as text."""


def open_text(path: str, dialect: CsvDialect, file: ModuleWriter) -> str:
    """The expression of the statement `with` that opens a file as text.

    Args:
        path: The path in Python.
        dialect: How the files are read.
        file: Gets the imports.

    Raises:
        UnsupportedInPython: If the files are packed in different ways.
    """
    suffixes = {each.path.suffix if is_packed(each.path) else "" for each in dialect.files}
    options, packed = f'newline="", encoding={text(dialect.encoding)}', suffixes - {""}
    if not packed:
        return f"{path if path.isidentifier() else f'({path})'}.open({options})"
    suffix = packed.pop()
    module = _MODULES.get(suffix.lower())
    if packed or (module is None and "" in suffixes):
        raise UnsupportedInPython("read files that are packed in different ways", dialect.place)
    if module is None:
        file.imports.add("io")
        return _zip(path, dialect, options, file) if suffix.lower() == ".zip" else _zstd(path, options, file)
    file.imports.add(module)
    if "" not in suffixes:
        return f'{module}.open({path}, "rt", {options})'
    name = "path.name" if path == "path" else "path"
    return f'({module}.open if {name}.endswith({text(suffix)}) else open)({path}, "rt", {options})'


def _zip(path: str, dialect: CsvDialect, options: str, file: ModuleWriter) -> str:
    """Opens the only table of a zip file.

    Args:
        path: The path in Python.
        dialect: How the files are read.
        options: The arguments that tell how text is decoded.
        file: Gets the imports.
    """
    inside = [zipfile.ZipFile(each.path).namelist() for each in dialect.files]
    if any(len(names) > 1 for names in inside):
        raise UnsupportedInPython("read a zip file with several entries", dialect.place)
    file.imports.add("zipfile")
    entry = text(inside[0][0]) if len(inside) == 1 else "archive.namelist()[0]"
    return f"zipfile.ZipFile({path}) as archive, io.TextIOWrapper(archive.open({entry}), {options})"


def _zstd(path: str, options: str, file: ModuleWriter) -> str:
    """Opens a Zstandard file.

    Args:
        path: The path in Python.
        options: The arguments that tell how text is decoded.
        file: Gets the imports.
    """
    file.imports.add("pyarrow as pa")
    return f'io.TextIOWrapper(pa.CompressedInputStream(str({path}), "zstd"), {options})'
