"""The source `keras`: a data set of `keras.datasets`, with its split, as the columns `x` and `y`.

The files are those that Keras has downloaded; what they hold is checked by Keras's hashes before it is read. Lists and
pictures are stored as pickles, of which only arrays are read, and only from files whose hash is right.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import pickle
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context
from kspec.data.limits import LimitReached, check_growth, check_memory
from kspec.data.sources.arrays import array_column, read_array
from kspec.data.sources.parquet import arrow_column
from kspec.data.sources.read_request import Request
from kspec.data.table import Column, FileRows, Table
from kspec.diagnostics import codes
from kspec.language.data_limits import Limits
from kspec.language.keras_datasets import FILES, DatasetFile
from kspec.syntax.regular_files import open_regular

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Parts = list[tuple[Any, "Array"]]
"""Training and test: the values of `x`, and those of `y`."""
_SEED, _TEST = 113, 0.2
"""How Keras shuffles the data sets that have no split of their own, and the fraction that is the test."""
_START, _UNKNOWN, _FIRST_WORD = 1, 2, 3
"""What stands before each text and for an unknown word, and what Keras adds to the number of a word."""
_DAMAGE = (
    ValueError,
    KeyError,
    OSError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    tarfile.TarError,
    pickle.PickleError,
)
"""What reading a damaged file raises."""
_PICTURE = (3, 32, 32)
_SAFE = {
    (module, name)
    for module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray")
    for name in ("ndarray", "dtype", "_reconstruct")
}
"""What a pickle of arrays needs."""


def read(setting: Any, request: Request) -> Table | None:
    """Reads a data set from the folder of Keras; it is downloaded if the user allows that."""
    context = request.context
    contents = [_contents(file, context) for file in FILES[setting]]
    if any(data is None for data in contents):
        return None
    try:
        parts = _parts(setting, [data for data in contents if data is not None], context.limits)
    except LimitReached as reached:
        context.limit(reached, context.source_path)
        return None
    except _DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        message = f"the file of `{setting}` in Keras's folder cannot be read: {reason}"
        context.error(codes.MALFORMED_DATA_FILE, message, context.source_path, help=_delete(FILES[setting][0]))
        return None
    return _table(setting, parts, contents)


def names(setting: Any, request: Request) -> list[str]:  # noqa: ARG001
    """The columns of every data set."""
    return ["x", "y"]


def folder() -> Path:
    """The folder of Keras, `~/.keras` unless `KERAS_HOME` says otherwise."""
    return Path(os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras"))


def _delete(file: DatasetFile) -> str:
    return f"delete {folder() / file.path}, and let it be downloaded with --allow-network"


def _contents(file: DatasetFile, context: Context) -> bytes | None:
    """The bytes of a file that is what Keras publishes; None if there is none, which is reported."""
    path = folder() / file.path
    network = context.spec.paths.permissions.network
    if not path.exists() and not network:
        message = f"`{path.name}` is not in Keras's folder, and would be downloaded"
        help = f"allow it with --allow-network, or put the file from {file.origin} into {path.parent}"
        context.error(codes.NETWORK_ACCESS, message, context.source_path, help=help)
        return None
    try:
        if not path.exists():
            _download(file, path)
        with open_regular(path) as stream:
            check_memory(os.fstat(stream.fileno()).st_size, path.name, context.limits)
            data = stream.read()
    except LimitReached as reached:
        context.limit(reached, context.source_path)
        return None
    except Exception as error:  # whatever Keras raises if there is no network
        message = f"cannot read `{path.name}`: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        context.error(codes.UNREADABLE_DATA, message, context.source_path)
        return None
    if file.sha256 and hashlib.sha256(data).hexdigest() != file.sha256:
        message = f"`{path.name}` in Keras's folder is not the file that Keras publishes: its hash differs"
        context.error(codes.MALFORMED_DATA_FILE, message, context.source_path, help=_delete(file))
        return None
    return data


def _download(file: DatasetFile, path: Path) -> None:
    """Downloads a file as Keras does."""
    import keras

    keras.utils.get_file(
        path.name, file.origin, file_hash=file.sha256 or None, cache_dir=str(folder()),
        cache_subdir=str(Path(file.path).parent),
    )  # fmt: skip


def _parts(name: str, contents: list[bytes], limits: Limits) -> Parts:
    """The training and the test part of a data set, as `keras.datasets` returns them.

    Args:
        name: The data set.
        contents: Its files.
        limits: The limits.

    Raises:
        LimitReached: If they take too much memory.
    """
    if name == "fashion_mnist":
        arrays = [_idx(data, name, limits) for data in contents]
        return [(arrays[0], arrays[1]), (arrays[2], arrays[3])]
    if name in ("cifar10", "cifar100"):
        return _pictures(name, contents[0], limits)
    arrays_by_name = _npz(name, contents[0], limits)
    if "x_train" in arrays_by_name:
        parts = [(arrays_by_name[f"x_{part}"], arrays_by_name[f"y_{part}"]) for part in ("train", "test")]
        if name == "mnist":
            return parts
        orders = _orders([len(y) for _, y in parts])
        texts = _words([x[order] for (x, _), order in zip(parts, orders, strict=True)])
        return [(x, y[order]) for x, (_, y), order in zip(texts, parts, orders, strict=True)]
    (order,) = _orders([len(arrays_by_name["y"])])
    x, y = arrays_by_name["x"][order], arrays_by_name["y"][order]
    train = int(len(x) * (1 - _TEST))
    whole = _words([x])[0] if name == "reuters" else x
    return [(whole[:train], y[:train]), (whole[train:], y[train:])]


def _orders(lengths: list[int]) -> list[Array]:
    """The order in which Keras returns the rows of each part."""
    import numpy

    random = numpy.random.RandomState(_SEED)
    orders = [numpy.arange(length) for length in lengths]
    for order in orders:
        random.shuffle(order)
    return orders


def _words(parts: list[Array]) -> list[list[list[int]]]:
    """The numbers of the words of each text, as Keras returns them by default: the largest counts as unknown."""
    texts = [[[_START, *(int(word) + _FIRST_WORD for word in text)] for text in part] for part in parts]
    largest = max(max(text) for part in texts for text in part)
    return [[[_UNKNOWN if word == largest else word for word in text] for text in part] for part in texts]


def _npz(name: str, data: bytes, limits: Limits) -> dict[str, Array]:
    """The arrays of an npz file, also those of lists.

    Args:
        name: The data set.
        data: The file.
        limits: The limits.

    Raises:
        LimitReached: If they take too much memory.
    """
    import numpy

    arrays: dict[str, Array] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(member.file_size for member in archive.infolist())
        check_memory(size, name, limits)
        check_growth(size, len(data), name, limits)
        for member in archive.namelist():
            content = io.BytesIO(archive.read(member))
            key = member.removesuffix(".npy")
            try:
                arrays[key] = read_array(content)
            except ValueError:
                if name not in ("imdb", "reuters"):
                    raise
                content.seek(0)
                numpy.lib.format.read_magic(content)
                numpy.lib.format.read_array_header_1_0(content)
                arrays[key] = _ArrayUnpickler(content).load()
    return arrays


class _ArrayUnpickler(pickle.Unpickler):
    """Reads pickles of arrays and of what Python has built in; a class or function is no part of them."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _SAFE:
            raise pickle.UnpicklingError(f"it contains `{module}.{name}`, which is no array")
        return super().find_class(module, name)


def _idx(data: bytes, name: str, limits: Limits) -> Array:
    """The array of a gzipped IDX file.

    Args:
        data: The file.
        name: The data set.
        limits: The limits.

    Raises:
        LimitReached: If it takes too much memory.
    """
    import numpy

    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        start = stream.read(4)
        shape = tuple(int.from_bytes(stream.read(4), "big") for _ in range(start[3]))
        size = 1
        for length in shape:
            size *= length
        check_memory(size, name, limits)
        content = stream.read(size)
    return numpy.frombuffer(content, numpy.uint8).reshape(shape)


def _pictures(name: str, data: bytes, limits: Limits) -> Parts:
    """The pictures of CIFAR, shape (n, 32, 32, 3), and their classes.

    Args:
        name: The data set.
        data: Its archive.
        limits: The limits.

    Raises:
        LimitReached: If they take too much memory.
    """
    import numpy

    files = {"cifar10": ([f"data_batch_{number}" for number in range(1, 6)], ["test_batch"], b"labels"),
             "cifar100": (["train"], ["test"], b"fine_labels")}[name]  # fmt: skip
    batches: dict[str, Any] = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        size = 0
        for member in archive:
            size += member.size
            check_memory(2 * size, name, limits)
            stem = member.name.rpartition("/")[2]
            content = archive.extractfile(member) if stem in (*files[0], *files[1]) else None
            if content is not None:
                batches[stem] = _ArrayUnpickler(io.BytesIO(content.read()), encoding="bytes").load()
    parts: Parts = []
    for stems in files[:2]:
        x = numpy.concatenate([numpy.asarray(batches[stem][b"data"], numpy.uint8) for stem in stems])
        y = numpy.concatenate([numpy.asarray(batches[stem][files[2]]) for stem in stems])
        parts.append((numpy.ascontiguousarray(x.reshape(-1, *_PICTURE).transpose(0, 2, 3, 1)), y))
    return parts


def _table(name: str, parts: Parts, contents: list[bytes | None]) -> Table:
    """The table of both parts.

    Args:
        name: The data set.
        parts: Training and test.
        contents: Its files.
    """
    import numpy
    import pyarrow as pa

    lengths = [len(y) for _, y in parts]
    table = Table({}, sum(lengths), row_splits=numpy.repeat([0, 2], lengths))
    values = [x for x, _ in parts]
    found = (
        arrow_column("x", pa.chunked_array([pa.array([*values[0], *values[1]])]))
        if isinstance(values[0], list)
        else array_column("x", numpy.concatenate(values))
    )
    for key, column in (("x", found), ("y", array_column("y", numpy.concatenate([y for _, y in parts])))):
        if isinstance(column, Column):
            table.columns[key] = column
        else:
            table.unusable[key] = column
    table.files = [FileRows(name, 0, lengths[0]), FileRows(f"{name} (test)", lengths[0], table.rows)]
    table.fingerprints = {
        file.path: hashlib.sha256(data or b"").hexdigest() for file, data in zip(FILES[name], contents, strict=True)
    }
    return table
