"""The code that opens text files, which may be packed."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.packed_files import is_packed
from kspec.diagnostics import Path as SpecPath

_MODULES = {".gz": "gzip", ".bz2": "bz2", ".xz": "lzma"}
"""The suffix of packed files → the module that opens them as text."""


def open_text(path: str, files: Sequence[Path], options: str, file: ModuleWriter, place: SpecPath) -> str:
    """The expression of the statement `with` that opens a file as text.

    Args:
        path: The path in Python.
        files: The files.
        options: The arguments that tell how text is decoded.
        file: Gets the imports.
        place: The setting in the spec that names them.

    Raises:
        UnsupportedInPython: If the files are packed in different ways.
    """
    suffixes = {each.suffix if is_packed(each) else "" for each in files}
    packed = suffixes - {""}
    if not packed:
        return f"{path if path.isidentifier() else f'({path})'}.open({options})"
    suffix = packed.pop()
    module = _MODULES.get(suffix.lower())
    if packed or (module is None and "" in suffixes):
        raise UnsupportedInPython("read files that are packed in different ways", place)
    if module is None:
        file.imports.add("io")
        return _zip(path, files, options, file, place) if suffix.lower() == ".zip" else _zstd(path, options, file)
    file.imports.add(module)
    if "" not in suffixes:
        return f'{module}.open({path}, "rt", {options})'
    name = "path.name" if path == "path" else "path"
    return f'({module}.open if {name}.endswith({text(suffix)}) else open)({path}, "rt", {options})'


def _zip(path: str, files: Sequence[Path], options: str, file: ModuleWriter, place: SpecPath) -> str:
    """Opens the only table of a zip file.

    Args:
        path: The path in Python.
        files: The files.
        options: The arguments that tell how text is decoded.
        file: Gets the imports.
        place: The setting in the spec that names them.
    """
    inside = [zipfile.ZipFile(each).namelist() for each in files]
    if any(len(names) > 1 for names in inside):
        raise UnsupportedInPython("read a zip file with several entries", place)
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
