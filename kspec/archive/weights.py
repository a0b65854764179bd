"""Files of weights: verified as data, and then given to a model.

HDF5 lets a file say that its numbers lie in other files, or name a program library to unpack them. So a file is copied
to a place of our own first, where it cannot change any more, looked at throughout, and only then handed to Keras.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kspec.archive.errors import ImportRefused, hostile, shown, unreadable
from kspec.archive.keras_file import opened, read_model
from kspec.archive.vocabulary import as_written
from kspec.diagnostics import Report, Span, codes

_ASIDE = re.compile(r"(^|/)(optimizer|seed_generator(_\d+)?|\w*metrics?)(/|$)")
"""What a file of weights has beside a model's weights."""
MAX_OBJECTS = 1_000_000
MAX_GROWTH, SMALL = 200, 16 << 20
"""How much more numbers there may be than bytes that hold them, and from which size that matters."""
_PLAIN_KINDS = "fiubcSV"
_FILTERS = {1, 2, 3, 4, 5, 6, 32000}
"""What HDF5 and h5py have built in; any other is a library that HDF5 would look for and load."""


def load_weights(model: Any, path: str | os.PathLike[str], report: Report, place: Span | str = "") -> bool:
    """Gives a built Keras model the weights of a file.

    Args:
        model: A `keras.Model` that is built.
        path: A `.weights.h5` file, or a `.keras` archive of the same model.
        place: Where a spec cites the file; its name by default.

    Returns:
        Whether it has them; if not, the report says why.
    """
    try:
        with verified(path) as file:
            give(model, file)
    except ImportRefused as refused:
        refused.tell(report, place or os.fspath(path))
        return False
    return True


@contextmanager
def verified(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A copy of a file of weights (of those in a `.keras` archive) that has been looked at, as long as it is wanted.

    Raises:
        Refused: when it cannot be read, or would do harm.
    """
    with tempfile.TemporaryDirectory(prefix="kspec-") as folder:
        copy = Path(folder, "model.weights.h5")
        with copy.open("wb") as target:
            if os.fspath(path).endswith(".keras"):
                found = read_model(path)
                if not found.has_weights:
                    raise unreadable("the archive has no weights in it")
                found.copy_weights(target)
            else:
                with opened(os.fspath(path)) as file:
                    shutil.copyfileobj(file, target)
        verify(copy)
        yield copy


def idf_weights(path: str | os.PathLike[str], group: str) -> list[float] | None:
    """The weights that a layer of an archive gives to words; None where there are none.

    Args:
        group: Where the layer's weights lie: `layers/string_lookup`.

    Raises:
        Refused: when the archive's weights cannot be read, or would do harm.
    """
    import h5py

    with verified(path) as copy, h5py.File(copy, "r") as file:
        found = file.get(f"{group}/vars/idf_weights")
        is_row = isinstance(found, h5py.Dataset) and found.ndim == 1 and found.dtype.kind == "f"
        return as_written(found[()]) if is_row else None


def verify(path: Path) -> None:
    """Looks at every object of an HDF5 file, and reads none of its numbers.

    Raises:
        Refused: when the file is no such file, or has in it what no file of weights has.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            if "model_config" in file.attrs or "layer_names" in file.attrs:
                raise unreadable(
                    "it is in the old HDF5 format, whose loading Keras does not guard",
                    "if you trust it, load it with Keras and save the weights with `model.save_weights`",
                )
            _look_at(h5py, file, path.stat().st_size)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise unreadable(f"it is no HDF5 file, or damaged: {shown(error)}", "save or download it again") from None


def _look_at(h5py: Any, file: Any, size: int) -> None:
    seen: set[int] = set()
    waiting = [file]
    total = 0
    while waiting:
        group = waiting.pop()
        for name in group:
            where = shown(f"{group.name.rstrip('/')}/{name}")
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                other = f" to `{shown(link.filename)}`" if isinstance(link, h5py.ExternalLink) else ""
                raise hostile(f"`{where}` of the weights is a link{other}")
            found = group[name]
            address = h5py.h5o.get_info(found.id).addr
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MAX_OBJECTS:
                raise hostile(f"the weights have more than {MAX_OBJECTS:,} parts")
            if isinstance(found, h5py.Group):
                waiting.append(found)
            elif isinstance(found, h5py.Dataset):
                total += _look_at_dataset(h5py, found, where)
    if total > SMALL and total > MAX_GROWTH * size:
        raise hostile("the weights would grow beyond measure when they are read")


def _look_at_dataset(h5py: Any, dataset: Any, where: str) -> int:
    """The bytes that it has when it is read."""
    plan = dataset.id.get_create_plist()
    if plan.get_external_count():
        other = plan.get_external(0)[0].decode(errors="replace")
        raise hostile(f"the numbers of `{where}` lie in another file, `{shown(other)}`")
    if plan.get_layout() == h5py.h5d.VIRTUAL:
        raise hostile(f"the numbers of `{where}` lie in other datasets")
    for number in range(plan.get_nfilters()):
        if plan.get_filter(number)[0] not in _FILTERS:
            raise hostile(f"`{where}` names a library of its own to be unpacked with")
    if dataset.dtype.kind not in _PLAIN_KINDS or dataset.dtype.hasobject:
        raise hostile(f"`{where}` holds something else than numbers")
    declared, stored = int(dataset.size or 0) * dataset.dtype.itemsize, dataset.id.get_storage_size()
    if declared > SMALL and declared > MAX_GROWTH * max(stored, 1):
        raise hostile(f"`{where}` says that it has {declared:,} bytes, and has {stored:,}")
    return int(declared)


def give(model: Any, file: Path) -> None:
    """Loads a verified file into a model, with Keras.

    Raises:
        Refused: when it is not of this model.
    """
    _compare_counts(model, file)
    try:
        model.load_weights(str(file))
    except (ValueError, KeyError, TypeError) as error:
        raise ImportRefused(codes.MODEL_WEIGHTS_MISMATCH, *_misfit(model, error)) from None


def _compare_counts(model: Any, file: Path) -> None:
    """Keras takes no notice of weights that it has no use for: it would load half a model and say nothing."""
    import h5py

    found = 0

    def count(name: str, item: Any) -> None:
        nonlocal found
        path, _, own = name.rpartition("/")
        group, _, holder = path.rpartition("/")
        is_weight = holder == "vars" and own.isdigit()  # what has a name is a layer's own affair
        found += isinstance(item, h5py.Dataset) and is_weight and not _ASIDE.search(group)

    with h5py.File(file, "r") as weights:
        weights.visititems(count)
    due = len(model.weights)
    if found != due and not any(_saves_otherwise(layer) for layer in model._flatten_layers()):
        raise ImportRefused(
            codes.MODEL_WEIGHTS_MISMATCH,
            f"the weights do not fit the model `{shown(model.name)}`: it has {due}, the file {found}",
            _CURE,
        )


def _saves_otherwise(layer: Any) -> bool:
    """Whether Keras does not save just the layer's weights: low-rank updates are merged, a kernel is saved twice."""
    return bool(getattr(layer, "lora_enabled", False)) or type(layer).__name__ == "SpectralNormalization"


def _misfit(model: Any, error: Exception) -> tuple[str, str]:
    """What Keras has against the weights, in a sentence of ours."""
    text = str(error)
    layer = re.search(r"object <(\w+) name=([^,>]+)", text)
    owner = f"the {layer[1]} `{shown(layer[2])}`" if layer else f"the model `{shown(model.name)}`"
    shapes = re.search(r"variable\.shape=(\([^)]*\)), Received: value\.shape=(\([^)]*\))", text)
    counts = re.search(r"expected (\d+) variables, but received (\d+)", text)
    if shapes:
        return f"the weights do not fit {owner}: it has {shapes[1]}, the file {shapes[2]}", _CURE
    if counts:
        return f"the weights do not fit {owner}: it has {counts[1]}, the file {counts[2]} for it", _CURE
    return f"the weights do not fit {owner}", _CURE


_CURE = "give the file that was saved with this very model"
