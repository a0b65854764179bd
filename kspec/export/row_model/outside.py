"""What no exported graph can hold, such as expressions and files; in words, for the user and `signature.json`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from kspec.contract.document import Contract
from kspec.contract.parts import ColumnContract
from kspec.language.data import Data

SHOWN = 4


def outside_graph(
    contract: Contract, used: Iterable[str], data: Data | None, pictures: Collection[str] = ()
) -> list[str]:
    """A sentence for each thing that whoever calls the exported model has to do.

    Args:
        contract: The contract of the run.
        used: The columns that the graph takes.
        data: The `data` section of the spec.
        pictures: The columns of pictures that the graph decodes.
    """
    columns = {name: contract.columns[name] for name in used}
    found = [*_windows(contract), *_computed(columns), *_neighbors(columns)]
    for name, column in columns.items():
        if name not in pictures:
            found += _array(name, column, contract, data)
    if pictures:
        found.append(f"{listed(list(pictures))} takes the bytes of PNG, JPEG, GIF or BMP files, and no WebP or TIFF")
    return found


def _windows(contract: Contract) -> Iterator[str]:
    window = contract.window
    if window is None:
        return
    order = f" in the order of `{window.time}`" if window.time else ""
    by = f" of one `{window.by}`" if window.by else ""
    rows = "1 row" if window.length == 1 else f"{window.length} rows that follow each other"
    yield f"an example has {rows}{by}{order}: pass each input as an array of rows"


def _computed(columns: Mapping[str, ColumnContract]) -> Iterator[str]:
    names = [name for name, column in columns.items() if column.expression]
    if names:
        verb = "is computed by an expression" if len(names) == 1 else "are computed by expressions"
        value = "its value" if len(names) == 1 else "their values"
        yield f"{listed(names)} {verb} before the model: pass {value}"


def _neighbors(columns: Mapping[str, ColumnContract]) -> Iterator[str]:
    names = [name for name, column in columns.items() if column.gap.action == "neighbor"]
    if names:
        each = [columns[name].gap.value is not None for name in names]
        instead = "takes its `else` value" if all(each) else "is not filled" if not any(each) else "may not be filled"
        yield f"a gap in {listed(names)} takes the value of another row in `kspec predict`, and here {instead}"


def _array(name: str, column: ColumnContract, contract: Contract, data: Data | None) -> Iterator[str]:
    """What has to be done to a file or a list."""
    shape = "×".join("?" if length is None else str(length) for length in _shape(column, contract))
    if column.kind == "image":
        resizing = resizing_of(name, data)
        yield f"`{name}` is the pixels of a picture, {shape}, 0 to 255: decode it, and resize it ({resizing}, bilinear)"
    elif column.kind == "audio":
        rate = f" at {column.rate:,} Hz" if column.rate else ""
        yield f"`{name}` is the samples of a sound, {shape}{rate}"
    elif column.kind == "list":
        yield f"`{name}` is a list padded or cut to {shape} as in training"


def _shape(column: ColumnContract, contract: Contract) -> Sequence[int | None]:
    return column.shape or next((contract.inputs[name].shape for name in column.inputs), [])


def resizing_of(name: str, data: Data | None) -> str:
    """How the pictures of a column get their size: `stretch`, `crop` or `pad`."""
    return "stretch" if data is None else str(data.resize.get(name, "stretch"))


def listed(names: Sequence[str]) -> str:
    """Some names, in a sentence."""
    shown = ", ".join(f"`{name}`" for name in names[:SHOWN])
    return f"{shown} and {len(names) - SHOWN} more" if len(names) > SHOWN else shown
