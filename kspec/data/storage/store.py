"""The store: data sets as they were read, encoded, in the user's cache, so that a second run reads no table.

Each data set has a folder: `store.json`, and a `.npy` file for each array. The folder is named by all that the data set
depends on except for the contents of files: the `data` section, the inputs and outputs, the seed, the versions of
kspec and of what reads tables. It is used as long as the files that were read have the same size, inode and time of
change, and globs lead to the same files. This trusts that who changes a file leaves a trace in one of the three; the
SHA-256 of each file is that of the first reading.

A folder is written aside, and takes its place once it is whole. Its sizes and the checksum of `store.json` are compared
before it is used; what does not fit is read again. A data set is stored if its table is large, or on demand.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec._version import __version__
from kspec.analysis.index_limits import index_limits, lookups
from kspec.analysis.list_targets import list_targets
from kspec.backend.tensorflow import cache_folder
from kspec.data.context import Context
from kspec.data.parallel import results_ahead
from kspec.data.storage.disk_space import RESERVE, DiskFull, disk_errors
from kspec.data.storage.mapped_arrays import on_disk, pieces, row_bytes, table_arrays, threshold
from kspec.data.storage.npy_files import npy_file, npy_header
from kspec.data.storage.private_folder import check_folder, private_folder
from kspec.data.storage.stored_values import Damaged, Reader, Unstorable, Writer
from kspec.data.types import Dataset
from kspec.data.windows.arrays import WindowArray
from kspec.diagnostics import Report, codes
from kspec.syntax.path_policy import PathRefused

if TYPE_CHECKING:
    import numpy as np

    from kspec.data.sources.read_request import Request
    from kspec.language.data import Data

    Array = np.ndarray[Any, Any]

FORMAT = 2
"""The number of the form of a store; a store of another form is not used."""
FOLDER, INDEX = "tables", "store.json"
STALE = 24 * 3600
"""Folders that are being written are left behind by a process that ended; after so many seconds they are deleted."""
WITHOUT_FILES = ("synthetic", "images", "keras", "sql", "files", "texts", "audio")
"""Sources that are not stored: what they read has no files, or stays in its files."""


class Store:
    """The place of a data set in the cache.

    Args:
        folder: The folder of all stores.
        key: The name of this one.
        context: The context in which its data is read.

    Attributes:
        aside: The folder in which it is written.
    """

    def __init__(self, folder: Path, key: str, context: Context) -> None:
        self.folder, self.key, self.context = folder, key, context
        self.aside = folder / f".{key}-{secrets.token_hex(8)}"

    def read(self) -> Dataset | None:
        """The data set with its warnings; None if there is none, or if it is no longer that of the files.

        Warnings that have been reported are not reported again.
        """
        place = self.folder / self.key
        try:
            check_folder(place)
            content = content_of(place)
            if not self._are_same_files(content):
                return None
            dataset = Reader(_arrays(place, content["arrays"])).value(content["dataset"])
        except FileNotFoundError:
            return None
        except (OSError, Damaged, ValueError, TypeError, KeyError, IndexError, AttributeError, ImportError):
            return None  # damaged, or of a version with other types: it is written again
        if not isinstance(dataset, Dataset) or not all(code in codes.RULES for code, *_ in content["warnings"]):
            return None
        for code, message, path, help in content["warnings"] if not self.context.warnings else ():
            self.context.warning(codes.RULES[code], message, None if path is None else tuple(path), help=help)
        return dataset

    def write(self, dataset: Dataset) -> None:
        """Writes a data set, unless something in it cannot be stored.

        Raises:
            Unstorable: If something in it cannot be stored.
            DiskFull: If the disk cannot hold it.
            OSError: If it cannot be written.
        """
        encoded = _encoded(dataset, writer := Writer())
        size = sum(array.nbytes for array in writer.arrays if npy_file(array) is None)
        free = shutil.disk_usage(self.folder).free
        if free < size + RESERVE:
            raise DiskFull(self.folder, size + RESERVE, free)
        self.aside.mkdir(mode=0o700, exist_ok=True)
        with disk_errors(size):
            files = [(self.aside / f"{number}.npy", array) for number, array in enumerate(writer.arrays)]
            with results_ahead(lambda each: _write_array(*each), files) as written:
                arrays = list(written)
            content = {
                "spec": str(Path(self.context.spec.folder).resolve() / Path(self.context.spec.source.name).name),
                "opened": self.context.opened,
                "found": self.context.found,
                "warnings": self.context.warnings,
                "arrays": arrays,
                "dataset": encoded,
            }
            _write_index(self.aside / INDEX, content)
        _replace(self.aside, self.folder / self.key)
        _delete_stale(self.folder)

    def _are_same_files(self, content: dict[str, Any]) -> bool:
        """Whether the files that were read are still the same, and may still be read."""
        silent = Context(self.context.spec, Report(), self.context.source_path)
        for paths, path, folder, files in content["found"]:
            again = silent.find(paths, None if path is None else tuple(path), folder=folder)
            if again is None or [str(file) for file in again] != files:
                return False
        try:
            for name in content["opened"]:
                silent.open(Path(name)).close()
        except (OSError, PathRefused):
            return False
        return bool(silent.opened == content["opened"])


def store_of(data: Data, request: Request) -> Store | None:
    """The place of the data of a spec; None if it has none.

    Args:
        data: The `data` section.
        request: What is read.
    """
    if data.source in WITHOUT_FILES:
        return None
    try:
        folder = private_folder(FOLDER)
    except OSError:
        return None
    return None if folder is None else Store(folder, _key(data, request), request.context)


def stored(data: Data, request: Request, read: Callable[[], Dataset], *, keep: bool) -> Dataset:
    """The data set from its store, or else read, and stored if its table is large.

    Args:
        data: The `data` section.
        request: What is read.
        read: Reads the data set.
        keep: Whether it is stored in any case.

    Raises:
        DiskFull: If the disk cannot hold it.
    """
    store = store_of(data, request)
    if store is not None and (dataset := store.read()) is not None:
        return dataset
    try:
        return _read_and_stored(data, request, read, store, keep=keep)
    finally:
        if store is not None:
            delete_folder(store.aside)


def _read_and_stored(
    data: Data, request: Request, read: Callable[[], Dataset], store: Store | None, *, keep: bool
) -> Dataset:
    """The data set as it is read, and stored if its table is large; see `stored`.

    Args:
        data: The `data` section.
        request: What is read.
        read: Reads the data set.
        store: Its store; None if it has none.
        keep: Whether it is stored in any case.
    """
    context = request.context
    before = len(context.report.diagnostics)
    with table_arrays(None if store is None else store.aside):
        dataset = read()
        is_large = on_disk()
    if not (is_large or keep):
        return dataset
    problem, can_be = "", True
    if store is None:
        problem, can_be = _obstacle(), data.source not in WITHOUT_FILES
        problem = problem if can_be else f"`{data.source}` reads no table that could be"
    else:
        try:
            if len(context.report.diagnostics) - before == len(context.warnings):  # others cannot be given again
                store.write(dataset)
        except Unstorable as error:
            problem = f"it holds {error}"
        except OSError as error:
            problem = f"`{store.folder}` cannot be written: {error.strerror or error}"
    if problem and (keep or (can_be and cache_folder() is not None)):
        context.warning(codes.DATA_NOT_STORED, f"the data is not stored: {problem}", context.source_path)
    return (store.read() if store is not None and is_large else None) or dataset


def _obstacle() -> str:
    """Why the cache has no folder for stores, in words."""
    if cache_folder() is None:
        is_off = os.environ.get("KSPEC_CACHE") is not None
        return "KSPEC_CACHE is off" if is_off else "no home folder is known, and KSPEC_CACHE names no other"
    try:
        private_folder(FOLDER)
    except OSError as error:
        return f"`{cache_folder()}` cannot be written: {error.strerror or error}"
    return ""


def _key(data: Data, request: Request) -> str:
    """The name of the store of a data set: a hash of all that it depends on, except for files."""
    spec = request.context.spec
    graph = None if request.values is None else request.values.graph
    takes_indices = graph is not None and (any(index_limits(graph)) or any(lookups(graph)))
    takes_indices = takes_indices or any(target.through is not None for target in list_targets(spec).values())
    document = spec.document
    known = {
        "format": FORMAT,
        "versions": [__version__, *map(version, ("numpy", "pyarrow", "duckdb"))],
        "folder": os.path.realpath(spec.folder),
        "data": data.model_dump(mode="json"),
        "predict": document.predict.model_dump(mode="json"),
        "slices": document.evaluate.slices,
        "loss": document.compile.loss,
        "layers": str(document.layers) if takes_indices else "",
        "seed": request.seed,
        "inputs": {name: list(takes) for name, takes in request.inputs.items()},
        "outputs": {name: list(request.output_specs.get(name, ())) for name in request.outputs},
    }
    return hashlib.sha256(json.dumps(known, default=str).encode()).hexdigest()[:32]


def _encoded(dataset: Dataset, writer: Writer) -> Any:
    """The JSON of a data set whose examples are arrays.

    Raises:
        Unstorable: If something in it cannot be stored.
    """
    import numpy

    for split in dataset.splits.values():
        for group in (split.inputs, split.targets, split.weights):
            if not all(isinstance(array, (numpy.ndarray, WindowArray)) for array in group.values()):
                raise Unstorable("files that are read when they are needed")
    return writer.value(dataset)


def content_of(place: Path) -> dict[str, Any]:
    """The content of the index of a store.

    Raises:
        Damaged: If it is not what was written.
        OSError: If it cannot be read.
    """
    checksum, _, text = _read(place / INDEX).partition(b"\n")
    if hashlib.sha256(text).hexdigest().encode() != checksum:
        raise Damaged("its checksum is another")
    content: dict[str, Any] = json.loads(text)
    return content


def _write_index(file: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content).encode()
    with open(file, "xb", opener=_private) as stream:
        stream.write(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
        stream.flush()
        os.fsync(stream.fileno())


def _write_array(file: Path, array: Array) -> dict[str, Any]:
    """Writes an array as `.npy`, unless a file holds it already; returns what is needed to map it."""
    import numpy

    header, own = npy_header(array.dtype, array.shape), npy_file(array)
    if own is not None:
        own.rename(file)
    with open(file, "xb" if own is None else "r+b", opener=_private) as stream:
        stream.write(header)
        for piece in pieces(len(array), row_bytes(array)) if own is None else ():
            stream.write(numpy.ascontiguousarray(array[piece]).reshape(-1).view(numpy.uint8).data)
        stream.flush()
        os.fsync(stream.fileno())
    size = len(header) + array.nbytes
    return {"dtype": array.dtype.str, "shape": list(array.shape), "start": len(header), "size": size}


def _arrays(place: Path, known: list[dict[str, Any]]) -> list[Array]:
    """The arrays of a store: mapped if they are large together, else read.

    Raises:
        Damaged: If a file has another size.
        OSError: If one cannot be read.
    """
    import numpy

    are_large = sum(each["size"] for each in known) >= threshold()
    arrays = []
    for number, each in enumerate(known):
        dtype, shape = numpy.dtype(each["dtype"]), tuple(each["shape"])
        count = int(numpy.prod(shape, dtype=object))
        if dtype.hasobject or each["start"] + count * dtype.itemsize != each["size"]:
            raise Damaged("an array has another size")
        with _open(place / f"{number}.npy") as stream:
            if os.fstat(stream.fileno()).st_size != each["size"]:
                raise Damaged("a file has another size")
            if are_large and count:
                text: Any = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            else:
                text = bytearray(stream.read())
        arrays.append(
            numpy.frombuffer(text, dtype, count, each["start"]).reshape(shape) if count else numpy.empty(shape, dtype)
        )
    return arrays


def _replace(aside: Path, place: Path) -> None:
    """Puts a whole folder in the place of another, which others may be reading or replacing."""
    for _ in range(10):
        try:
            aside.rename(place)
            break
        except OSError:
            if not place.is_symlink() and not place.exists():
                raise
            old = place.with_name(f".{place.name}-{secrets.token_hex(8)}")
            try:
                place.rename(old)
            except OSError:  # another process was faster
                continue
            delete_folder(old)
    handle = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def delete_folder(place: Path) -> None:
    if place.is_symlink() or not place.is_dir():
        place.unlink(missing_ok=True)
    else:
        shutil.rmtree(place, ignore_errors=True)


def _delete_stale(folder: Path) -> None:
    """Deletes what processes that ended have left behind."""
    for place in folder.glob(".*"):
        try:
            if time.time() - place.lstat().st_mtime > STALE:
                delete_folder(place)
        except OSError:
            continue


def _private(file: str, flags: int) -> int:
    return os.open(file, flags, 0o600)


def _open(file: Path) -> Any:
    """Opens a file of a store, which is no link."""
    stream = open(os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb")  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise Damaged(f"`{file.name}` is no file")
    return stream


def _read(file: Path) -> bytes:
    with _open(file) as stream:
        text: bytes = stream.read()
        return text
