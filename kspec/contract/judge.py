"""Holds new rows against a contract: which cannot be used, and what is unusual in the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kspec.contract.document import Contract
from kspec.contract.drift import category_texts, column_drift, with_items
from kspec.contract.judgement import Judgement, Problem, joined
from kspec.contract.new_rows import NewColumn, columns_of, text_of
from kspec.contract.parts import ColumnContract
from kspec.data.profile.training_columns import number_label
from kspec.data.time_formats import match_time
from kspec.diagnostics import codes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SHOWN_TEXT = 40
PIECE = 1 << 18
"""The rows that are judged at once; of more, so many at even distances tell the drift."""
WORDS = {"median": "median", "most_frequent": "most frequent value", "mean": "mean"}
_INTEGERS = ("int", "uint")


def judge(contract: Contract, rows: Any) -> Judgement:
    """What is wrong with new rows, and what is unusual.

    Args:
        contract: The contract.
        rows: A sequence of mappings, one for each row; a mapping from columns to values, each of shape (n, …); or a
            table of Arrow, pandas or Polars. Pictures and sounds can be anything: their files are not opened.

    Returns:
        By row, errors and warnings; and the drift of each column.

    Raises:
        TypeError: If `rows` are none of these.
        ValueError: If columns differ in length.
    """
    columns, count = columns_of(rows)
    return judge_columns(contract, columns, count)


def judge_columns(
    contract: Contract, columns: Mapping[str, NewColumn], count: int, *, with_drift: bool = True
) -> Judgement:
    """As `judge`, for columns; many rows are judged piece by piece.

    Args:
        contract: The contract.
        columns: By name; computed columns may be among them.
        count: The number of rows.
        with_drift: Whether distributions are compared, too.
    """
    import numpy

    pieces = []
    for start in range(0, max(count, 1), PIECE):
        rows = slice(start, min(start + PIECE, count))
        own = {name: column.take(rows) for name, column in columns.items()} if count > PIECE else columns
        pieces.append(_judge_piece(contract, own, rows.stop - rows.start))
    judgement = pieces[0] if len(pieces) == 1 else joined(pieces)
    some = None if count <= PIECE else numpy.arange(PIECE) * count // PIECE
    for name, column in contract.columns.items():
        found = columns.get(name)
        if found is None or not with_drift:
            continue
        drift = column_drift(column, found if some is None else found.take(some))
        if drift is not None:
            judgement.drift.append(drift)
    window = contract.window
    if window is not None and count < window.length:
        message = f"the model needs {window.length} rows in a row, and there are {count}"
        help = "give it the rows before those that it predicts"
        judgement.add(Problem(codes.WINDOW_TOO_LONG, "", numpy.ones(count, bool), lambda _: message, help))
    return judgement


def _judge_piece(contract: Contract, columns: Mapping[str, NewColumn], count: int) -> Judgement:
    import numpy

    judgement = Judgement(count)
    for name, column in contract.columns.items():
        found = columns.get(name)
        if found is None:
            if not column.is_computed:
                judgement.add(_absent(column, numpy.ones(count, bool)))
            continue
        if found.absent is not None:
            judgement.add(_absent(column, found.absent))
        for problem in _problems(contract, column, found):
            judgement.add(problem)
    return judgement


def _absent(column: ColumnContract, rows: Array) -> Problem:
    help = f"add `{column.name}`; null stands for a missing value"
    if column.gap.action == "refuse":
        help = f"add `{column.name}`, with a value"
    return Problem(codes.UNKNOWN_COLUMN, column.name, rows, lambda _: f"the row lacks column `{column.name}`", help)


def _problems(contract: Contract, column: ColumnContract, found: NewColumn) -> Iterator[Problem]:
    """What is wrong with the values of a column, and what is unusual."""
    import numpy

    gaps = found.missing if found.absent is None else found.missing & ~found.absent
    if gaps.any() and not _may_be_unknown(contract, column):
        yield from _gap(column, gaps)
    if found.unreadable is not None:
        rule = codes.UNDECODABLE_IMAGE if column.kind == "image" else codes.UNDECODABLE_FILE
        message = found.refusal
        yield Problem(rule, column.name, found.unreadable, lambda _: message, "give a file that can be read")
    if column.role == "time":
        yield from _times(column, found)
    elif column.role != "input" or column.kind in ("image", "audio"):
        return
    elif column.kind in ("array", "list"):
        yield from _arrays(column, found)
    elif column.dtype == "string":
        yield from _categories(column, found)
    else:
        numbers, bad = found.numbers()
        what = "takes numbers, and has text"
        yield _problem(column, codes.INCOMPATIBLE_DATA_TYPE, bad, found, what, "write a number")
        infinite = numpy.isinf(numbers)
        yield _problem(
            column, codes.NON_FINITE_VALUES, infinite, found, "is no finite number", "give a finite number, or none"
        )
        numbers = numpy.where(infinite, numpy.nan, numbers)
        yield from _limits(column, numbers)
        yield from _range(column, numbers)
        if column.seen.categories:
            yield from _categories(column, NewColumn(found.values, found.missing | bad | infinite))


def _may_be_unknown(contract: Contract, column: ColumnContract) -> bool:
    """Whether a gap is no gap: what a window predicts, and also takes of the past, is not known yet."""
    return contract.window is not None and any(column.name in each.columns for each in contract.outputs.values())


def _gap(column: ColumnContract, gaps: Array) -> Iterator[Problem]:
    """A gap that cannot be filled, or that training did not have."""
    name, gap = column.name, column.gap
    if gap.action == "refuse":
        help = f"give `{name}` a value, or train with a rule for gaps: `missing: {{{name}: ...}}`"
        yield Problem(codes.MISSING_VALUES, name, gaps, lambda _: f"`{name}` has no value", help)
    elif not gap.is_expected:
        shown = f"`{gap.value[:SHOWN_TEXT]}`" if isinstance(gap.value, str) else f"{gap.value:g}"
        message = f"`{name}` has no value, and takes the {WORDS.get(gap.statistic, 'value')} of training, {shown}"
        help = f"give `{name}` a value, or train with a rule for gaps: `missing: {{{name}: median}}`"
        yield Problem(codes.UNSEEN_GAPS, name, gaps, lambda _: message, help)


def _problem(column: ColumnContract, rule: codes.Rule, rows: Array, found: NewColumn, what: str, help: str) -> Problem:
    """A problem whose message shows the value.

    Args:
        column: The column.
        rule: The code.
        rows: Which rows have it, shape (n,).
        found: The values.
        what: The sentence after the name of the column.
        help: What to do.
    """

    def message(row: int) -> str:
        value = found.values[row]
        shown = f'"{value[:SHOWN_TEXT]}"' if isinstance(value, str) else str(value)[:SHOWN_TEXT]
        return f"`{column.name}` {what}: {shown}"

    return Problem(rule, column.name, rows, message, help)


def _limits(column: ColumnContract, numbers: Array) -> Iterator[Problem]:
    """Numbers that the dtype or a layer cannot take."""
    import numpy

    name, limits = column.name, column.limits
    whole = column.dtype.startswith(_INTEGERS)
    fractions = numbers != numpy.floor(numbers) if whole else numpy.zeros(len(numbers), bool)
    fractions &= ~numpy.isnan(numbers)
    yield Problem(
        codes.INCOMPATIBLE_DATA_TYPE,
        name,
        fractions,
        lambda row: f"`{name}` takes {column.dtype}, and has {numbers[row]:g}",
        "give a whole number",
    )
    if limits is None:
        return
    indices = numpy.trunc(numbers) if limits.layer else numbers
    outside = (indices < limits.lowest) | (indices > limits.highest)
    rule = codes.INVALID_EMBEDDING_INDEX if limits.layer else codes.INCOMPATIBLE_DATA_TYPE
    takes = f"`{limits.layer}` takes" if limits.layer else f"{column.dtype} holds"
    yield Problem(
        rule,
        name,
        outside & ~fractions,
        lambda row: f"{takes} {limits.lowest:g} to {limits.highest:g}, and `{name}` is {numbers[row]:g}",
        f"give a number from {limits.lowest:g} to {limits.highest:g}",
    )


def _range(column: ColumnContract, numbers: Array) -> Iterator[Problem]:
    """Numbers beyond those of training."""
    seen, name = column.seen, column.name
    if seen.minimum is None or seen.maximum is None:
        return
    low, high = seen.minimum, seen.maximum
    beyond = (numbers < low) | (numbers > high)
    if column.limits is not None:  # numbers beyond these are refused
        beyond &= (numbers >= column.limits.lowest) & (numbers <= column.limits.highest)
    yield Problem(
        codes.BEYOND_TRAINING_RANGE,
        name,
        beyond,
        lambda row: f"`{name}` is {numbers[row]:g}, and training saw {low:g} to {high:g}",
        "check the value and its unit: the model has learned nothing about it",
    )


def _categories(column: ColumnContract, found: NewColumn) -> Iterator[Problem]:
    """Categories that training did not have."""
    import numpy

    known = column.seen.categories
    if not known or (column.seen.sampled is not None and not column.is_closed):
        return
    rows = numpy.flatnonzero(~found.missing)
    texts = category_texts(column, found)
    unseen = numpy.zeros(len(found.missing), bool)
    unseen[rows[[text not in known for text in texts]]] = True
    if column.kind == "number" and column.seen.minimum is not None and not column.is_closed:
        numbers = found.numbers()[0]
        unseen &= (numbers >= column.seen.minimum) & (numbers <= (column.seen.maximum or 0))
    rule = codes.INVALID_EMBEDDING_INDEX if column.is_closed else codes.UNSEEN_CATEGORY
    help = f"known: {', '.join(list(known)[:12])}{' …' if len(known) > 12 else ''}"
    yield _problem(column, rule, unseen, found, "has a category that training did not have", help)


def _times(column: ColumnContract, found: NewColumn) -> Iterator[Problem]:
    """Texts that are no times."""
    import numpy

    bad = numpy.zeros(len(found.missing), bool)
    for row in numpy.flatnonzero(~found.missing).tolist():
        value = found.values[row]
        bad[row] = isinstance(value, str) and match_time(value.strip()) is None
    yield _problem(column, codes.INVALID_TIMES, bad, found, "is no time", "write times such as 2024-01-31 10:00")


def _arrays(column: ColumnContract, found: NewColumn) -> Iterator[Problem]:
    """Arrays of another shape, items that are no numbers, numbers beyond those of training."""
    import numpy

    name, shape = column.name, column.shape
    arrays: list[Array | None] = []
    reasons: dict[int, str] = {}
    for row, (value, gap) in enumerate(zip(found.values, found.missing, strict=True)):
        arrays.append(None if gap else _array(column, value, reasons, row))
    wrong = numpy.zeros(len(arrays), bool)
    wrong[list(reasons)] = True
    yield Problem(
        codes.INCOMPATIBLE_DATA_TYPE, name, wrong, lambda row: f"`{name}` {reasons[row]}", "give lists of numbers"
    )
    other = _rows(arrays, lambda array: column.kind == "array" and not _fits(array.shape, shape))
    yield Problem(
        codes.DATA_SHAPE_MISMATCH,
        name,
        other,
        lambda row: f"`{name}` has shape {_shape(arrays[row])}, and training had {shape}",
        f"give each row the shape {shape}",
    )
    if column.dtype == "string":
        return
    infinite = _rows(arrays, lambda array: not numpy.isfinite(array).all())
    yield Problem(
        codes.NON_FINITE_VALUES, name, infinite, lambda _: f"`{name}` has a non-finite number", "give finite numbers"
    )
    limits, seen = column.limits, column.seen
    if limits is not None:
        outside = _rows(arrays, lambda array: bool(((array < limits.lowest) | (array > limits.highest)).any()))
        rule = codes.INVALID_EMBEDDING_INDEX if limits.layer else codes.INCOMPATIBLE_DATA_TYPE
        words = f"numbers beyond {limits.lowest:g} to {limits.highest:g}"
        yield Problem(
            rule,
            name,
            outside & ~infinite,
            lambda _: f"`{name}` has {words}",
            f"{limits.layer or column.dtype} ends there",
        )
    low, high = seen.minimum, seen.maximum
    if low is not None and high is not None and seen.sampled is None:
        beyond = _rows(arrays, lambda array: bool(((array < low) | (array > high)).any()))
        yield Problem(
            codes.BEYOND_TRAINING_RANGE,
            name,
            beyond & ~infinite,
            lambda row: f"`{name}` has {_ends(arrays[row])}, and training saw {low:g} to {high:g}",
            "check the values and their unit: the model has learned nothing about them",
        )


def _array(column: ColumnContract, value: Any, reasons: dict[int, str], row: int) -> Array | None:
    """The array of a row; None, with a reason, if there is none."""
    import numpy

    value = with_items(column, value)
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
        reasons[row] = f"has one value, not a list: {text_of(value)[:SHOWN_TEXT]}"
        return None
    try:
        if column.dtype == "string":
            return numpy.array(value, object)
        return numpy.asarray(value, numpy.float64) if len(value) else numpy.zeros(0)
    except (ValueError, TypeError):
        reasons[row] = "has text, or lists of unequal length" if column.kind == "array" else "has text"
        return None


def _rows(arrays: list[Array | None], test: Callable[[Array], bool]) -> Array:
    """Which rows have an array for which a test is true, shape (n,)."""
    import numpy

    return numpy.fromiter((array is not None and test(array) for array in arrays), bool, len(arrays))


def _fits(shape: tuple[int, ...], wanted: list[int | None]) -> bool:
    return len(shape) == len(wanted) and all(own in (None, size) for size, own in zip(shape, wanted, strict=True))


def _shape(array: Array | None) -> list[int]:
    return [] if array is None else list(array.shape)


def _ends(array: Array | None) -> str:
    return "" if array is None or not array.size else f"{number_label(array.min())} to {number_label(array.max())}"
