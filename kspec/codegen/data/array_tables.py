"""The code that makes a table of arrays which the spec names one by one: of npy files, parts of an npz file, Keras."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.tables import Table
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import dict_of, literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.language.array_files import NpzParts

_CLASSES_IN_COLUMNS = ("cifar10", "cifar100")
"""Data sets whose classes Keras returns in shape (examples, 1)."""


def array_lines(info: DatasetInfo, file: ModuleWriter, table: Table) -> list[str]:
    """The lines that make `table`, a dict of arrays, and `split` if splits have arrays of their own.

    Args:
        info: The data set.
        file: Gets imports.
        table: Names the files.

    Raises:
        UnsupportedInPython: If the arrays are put together in another way.
    """
    setting = info.setting
    if info.source == "keras":
        file.imports.add("keras")
        y = ".ravel()" if setting in _CLASSES_IN_COLUMNS else ""
        parts = {split: {"x": f"x_{split}", "y": f"y_{split}{y}"} for split in ("train", "test")}
        read = f"    (x_train, y_train), (x_test, y_test) = keras.datasets.{setting}.load_data()"
        return [read, *_joined(info, parts)]
    if isinstance(setting, NpzParts):
        constant = "TABLE"
        path = Path(os.path.relpath(info.spec.folder / os.path.expanduser(setting.path), file.folder)).as_posix()
        file.constants[constant] = f"Path(__file__).parent / {text(path)}"
        parts = {
            str(split): {column: f"arrays[{text(array)}]" for column, array in arrays.items()}
            for split, arrays in setting.parts.items()
        }
        return [f"    arrays = np.load({constant})", *_joined(info, parts)]
    if not info.has_paths:
        file.uses_here = True
        if info.has_split_files:
            return _joined(info, {split: _loaded(info, setting[split], file) for split in info.file_splits})
        return [f"    table = {dict_of(_used(info, _loaded(info, setting, file)))}"]
    files = info.files()
    if len(files) > 1:
        raise UnsupportedInPython("read several `npy` files as one table", info.path or ("data", "npy"))
    constant, array = table.constant(), np.load(files[0][0], mmap_mode="r")
    if array.ndim != 2 or not {f"c{number}" for number in range(array.shape[1])} >= set(info.used_columns(every=True)):
        if len(info.used_columns(every=True)) > 1:
            raise UnsupportedInPython("read this `npy` file", info.path or ("data", "npy"))
        return [f"    table = {{{text(info.used_columns(every=True)[0])}: np.load({constant})}}"]
    return [f'    table = {{f"c{{number}}": column for number, column in enumerate(np.load({constant}).T)}}']


def _joined(info: DatasetInfo, parts: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The lines that put the arrays of splits together.

    Args:
        info: The data set.
        parts: By split, its columns in Python.
    """
    used = {split: _used(info, columns) for split, columns in parts.items()}
    first = text(next(iter(next(iter(used.values())))))
    if len(parts) == 1:
        return [f"    table = {dict_of(next(iter(used.values())))}"]
    return [
        f"    parts = {dict_of({split: dict_of(columns) for split, columns in used.items()})}",
        f"    names = {literal(list(next(iter(used.values()))))}",
        "    table = {name: np.concatenate([part[name] for part in parts.values()]) for name in names}",
        f"    split = np.repeat(list(parts), [len(part[{first}]) for part in parts.values()])",
    ]


def _used(info: DatasetInfo, columns: Mapping[str, str]) -> dict[str, str]:
    """The columns that the spec uses."""
    used = info.used_columns(every=True)
    return {name: code for name, code in columns.items() if name in used}


def _loaded(info: DatasetInfo, files: Mapping[str, Any], file: ModuleWriter) -> dict[str, str]:
    """By column, the code that loads its file.

    Args:
        info: The data set.
        files: By column, its file.
        file: Knows the folder of the exported file.
    """
    paths = {name: info.spec.folder / os.path.expanduser(path) for name, path in files.items()}
    relative = {name: Path(os.path.relpath(path, file.folder)).as_posix() for name, path in paths.items()}
    return {name: f"np.load(HERE / {text(path)})" for name, path in relative.items()}
