"""Weights files: verified as data, then loaded into a model.

HDF5 files can refer to data in other files, or name a library to decompress them. So a file is first copied to a
private folder, where it cannot change any more, and verified there, before Keras loads it.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kspec.archive.errors import ImportRefused, printable, unreadable, unsafe
from kspec.archive.keras_file import ModelFile, open_regular_file, read_model
from kspec.archive.vocabulary import shortest_floats
from kspec.diagnostics import Report, Span, codes
from kspec.syntax.regular_files import Opener, open_regular

_ASIDE = re.compile(r"(^|/)(optimizer|seed_generator(_\d+)?|\w*metrics?)(/|$)")
"""Groups of a weights file that are not weights of the model."""
MAX_OBJECTS = 1_000_000
MAX_GROWTH, SMALL = 200, 16 << 20
"""The largest ratio of numbers to stored bytes, checked from a minimum size on."""
_PLAIN_KINDS = "fiubcSV"
_FILTERS = {1, 2, 3, 4, 5, 6, 32000}
"""Filters that are built into HDF5 and h5py; HDF5 would search and load a library for any other."""


def load_weights(
    model: Any,
    path: str | os.PathLike[str],
    report: Report,
    place: Span | str = "",
    opener: Opener = open_regular,
) -> bool:
    """Load weights into a Keras model.

    Args:
        model: A built `keras.Model`.
        path: A `.weights.h5` file, or a `.keras` archive of the same model.
        report: Receives the error if the weights cannot be loaded.
        place: Where a spec references the file; its name by default.
        opener: Opens the file.

    Returns:
        Whether the weights are loaded.
    """
    try:
        with verified_copy(path, opener) as file:
            give(model, file)
    except ImportRefused as refused:
        refused.report(report, place or os.fspath(path))
        return False
    return True


@contextmanager
def verified_copy(path: str | os.PathLike[str], opener: Opener = open_regular) -> Iterator[Path]:
    """A temporary, verified copy of a weights file, or of the weights in a `.keras` archive.

    Args:
        path: The file.
        opener: Opens it.

    Raises:
        ImportRefused: If it cannot be read, or is unsafe.
    """
    if os.fspath(path).endswith(".keras"):
        with verified_weights(read_model(path, opener)) as copy:
            yield copy
        return
    with tempfile.TemporaryDirectory(prefix="kspec-") as folder:
        copy = Path(folder, "model.weights.h5")
        with copy.open("wb") as target, open_regular_file(os.fspath(path), opener) as file:
            shutil.copyfileobj(file, target)
        verify(copy)
        yield copy


@contextmanager
def verified_weights(found: ModelFile) -> Iterator[Path]:
    """A temporary, verified copy of the weights in an archive.

    Raises:
        ImportRefused: If it has none, or they are unsafe.
    """
    if not found.has_weights:
        raise unreadable("the archive contains no weights")
    with tempfile.TemporaryDirectory(prefix="kspec-") as folder:
        copy = Path(folder, "model.weights.h5")
        with copy.open("wb") as target:
            found.copy_weights(target)
        verify(copy)
        yield copy


def idf_weights(path: str | os.PathLike[str], group: str) -> list[float] | None:
    """The IDF weights of a layer's vocabulary in an archive; None if there are none.

    Args:
        path: The archive.
        group: The group of the layer's weights: `layers/string_lookup`.

    Raises:
        ImportRefused: If the archive's weights cannot be read, or are unsafe.
    """
    import h5py

    with verified_copy(path) as copy, h5py.File(copy, "r") as file:
        found = file.get(f"{group}/vars/idf_weights")
        is_row = isinstance(found, h5py.Dataset) and found.ndim == 1 and found.dtype.kind == "f"
        return shortest_floats(found[()]) if is_row else None


def verify(path: Path) -> None:
    """Check every object of an HDF5 file, without reading data.

    Raises:
        ImportRefused: If it is not an HDF5 file, or contains anything that a weights file does not have.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if "model_config" in file.attrs or "layer_names" in file.attrs:
                raise unreadable(
                    "it is in the legacy HDF5 format, which Keras cannot load safely",
                    "if you trust it, load it with Keras and save the weights with `model.save_weights`",
                )
            _check_objects(h5py, file, path.stat().st_size)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise unreadable(f"not an HDF5 file, or damaged: {printable(error)}", "save or download it again") from None


def _check_objects(h5py: Any, file: Any, size: int) -> None:
    seen: set[int] = set()
    waiting = [file]
    total = 0
    while waiting:
        group = waiting.pop()
        for name in group:
            where = printable(f"{group.name.rstrip('/')}/{name}")
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                other = f" to `{printable(link.filename)}`" if isinstance(link, h5py.ExternalLink) else ""
                raise unsafe(f"`{where}` in the weights is a link{other}")
            found = group[name]
            address = h5py.h5o.get_info(found.id).addr
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MAX_OBJECTS:
                raise unsafe(f"the weights consist of more than {MAX_OBJECTS:,} objects")
            if isinstance(found, h5py.Group):
                waiting.append(found)
            elif isinstance(found, h5py.Dataset):
                total += _check_dataset(h5py, found, where)
    if total > SMALL and total > MAX_GROWTH * size:
        raise unsafe("the weights would grow excessively when read")


def _check_dataset(h5py: Any, dataset: Any, where: str) -> int:
    """Check a dataset, and return its size in memory, in bytes."""
    plan = dataset.id.get_create_plist()
    if plan.get_external_count():
        other = plan.get_external(0)[0].decode(errors="replace")
        raise unsafe(f"the data of `{where}` is in another file, `{printable(other)}`")
    if plan.get_layout() == h5py.h5d.VIRTUAL:
        raise unsafe(f"the data of `{where}` is in other datasets")
    for number in range(plan.get_nfilters()):
        if plan.get_filter(number)[0] not in _FILTERS:
            raise unsafe(f"`{where}` requires a library to be decompressed")
    if dataset.dtype.kind not in _PLAIN_KINDS or dataset.dtype.hasobject:
        raise unsafe(f"`{where}` contains values other than numbers")
    declared, stored = int(dataset.size or 0) * dataset.dtype.itemsize, dataset.id.get_storage_size()
    if declared > SMALL and declared > MAX_GROWTH * max(stored, 1):
        raise unsafe(f"`{where}` declares {declared:,} bytes, but stores {stored:,}")
    return int(declared)


def give(model: Any, file: Path) -> None:
    """Load a verified file into a model, with Keras.

    Raises:
        ImportRefused: If the weights do not fit the model.
    """
    _compare_counts(model, file)
    assign(model, file)


def assign(model: Any, file: Path) -> None:
    """Load a verified file that has the model's number of weights in each layer.

    Raises:
        ImportRefused: If the weights do not fit the model.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the error, if there is one, says once more
            model.load_weights(str(file))
    except (ValueError, KeyError, TypeError) as error:
        raise ImportRefused(codes.MODEL_WEIGHTS_MISMATCH, *_misfit(model, error)) from None


def _compare_counts(model: Any, file: Path) -> None:
    """Check the number of weights, since Keras ignores extra ones and would load half a model without an error."""
    import h5py

    found = 0

    def count(name: str, item: Any) -> None:
        nonlocal found
        path, _, own = name.rpartition("/")
        group, _, holder = path.rpartition("/")
        is_weight = holder == "vars" and own.isdigit()  # named ones are not weights
        found += isinstance(item, h5py.Dataset) and is_weight and not _ASIDE.search(group)

    with h5py.File(file, "r") as weights:
        weights.visititems(count)
    due = len(model.weights)
    if found != due and not any(_saves_otherwise(layer) for layer in model._flatten_layers()):
        raise ImportRefused(
            codes.MODEL_WEIGHTS_MISMATCH,
            f"the weights do not fit the model `{printable(model.name)}`: it has {due}, the file {found}",
            _HELP,
        )


def _saves_otherwise(layer: Any) -> bool:
    """Whether Keras saves other arrays than the layer's weights: merged low-rank updates, or a kernel twice."""
    return bool(getattr(layer, "lora_enabled", False)) or type(layer).__name__ == "SpectralNormalization"


def _misfit(model: Any, error: Exception) -> tuple[str, str]:
    """A message and help for Keras's error about weights."""
    text = str(error)
    layer = re.search(r"object <(\w+) name=([^,>]+)", text)
    owner = f"the {layer[1]} `{printable(layer[2])}`" if layer else f"the model `{printable(model.name)}`"
    shapes = re.search(r"variable\.shape=(\([^)]*\)), Received: value\.shape=(\([^)]*\))", text)
    counts = re.search(r"expected (\d+) variables, but received (\d+)", text)
    if shapes:
        return f"the weights do not fit {owner}: it has {shapes[1]}, the file {shapes[2]}", _HELP
    if counts:
        return f"the weights do not fit {owner}: it has {counts[1]}, the file {counts[2]} for it", _HELP
    return f"the weights do not fit {owner}", _HELP


_HELP = "use a file that was saved for this model"
