"""A contract in words: tables of its columns and outputs."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.contract.document import Contract
from kspec.contract.parts import ColumnContract, OutputContract, Seen
from kspec.summary.columns import aligned, fitted

SHOWN = 6
"""The categories and labels that are named."""
_WORDS = {"most_frequent": "most frequent"}


def contract_text(contract: Contract, width: int | None = None) -> str:
    """The contract for people.

    Args:
        contract: The contract.
        width: How wide it may be; None for any width.
    """
    whose = "training rows" if contract.learned_from == "training" else "all rows, as an older kspec recorded them"
    lines = [f"{contract.name}: what new rows must have, and what {contract.rows:,} training examples had"]
    if contract.learned_from == "all":
        lines[0] = f"{contract.name}: what new rows must have; ranges are those of {whose}"
    lines += ["", *_columns(list(contract.needed.values()), width)]
    computed = [column for column in contract.columns.values() if column.is_computed]
    if computed:
        lines += ["", "computed from them", *_columns(computed, width)]
    if contract.window is not None:
        lines += ["", *_window(contract)]
    lines += ["", *_outputs(contract, width)]
    return "\n".join(line.rstrip() for line in lines)


def _columns(columns: Sequence[ColumnContract], width: int | None) -> list[str]:
    table = {
        "column": [column.name for column in columns],
        "takes": [takes_text(column) for column in columns],
        "training had": [seen_text(column.seen) for column in columns],
        "missing": [_missing(column.seen) for column in columns],
        "a gap": [gap_text(column) for column in columns],
        "feeds": [_feeds(column) for column in columns],
    }
    return aligned(fitted(table, width, drop=["feeds"], shorten=["training had", "a gap", "column"]))


def takes_text(column: ColumnContract) -> str:
    """What values the column must have."""
    sizes = "×".join("?" if size is None else str(size) for size in column.shape)
    match column.kind:
        case "image":
            return f"picture {sizes}"
        case "audio":
            return f"sound {sizes}" + (f", {column.rate} Hz" if column.rate else "")
        case "array":
            return f"array {sizes}"
        case "list":
            return "list" + (f", {column.length} used" if column.length else "")
        case "time":
            return f"time each {step_text(column.step, column.unit)}" if column.step is not None else "time"
    if column.role in ("series", "source"):
        return column.format or column.kind
    what = "text" if column.dtype == "string" else column.kind
    if column.limits is not None:
        whole = "whole number" if column.dtype.startswith(("int", "uint")) or column.limits.layer else what
        if abs(column.limits.highest) < 2**31 - 1:
            return f"{whole} {column.limits.lowest:g} to {column.limits.highest:g}"
        return whole
    return f"{what}, known ones only" if column.is_closed else what


def step_text(size: float, unit: str) -> str:
    """The step from row to row in words: `1 day`, `2 month`."""
    for word, seconds in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if unit == "second" and size % seconds == 0:
            return f"{size / seconds:g} {word}"
    return f"{size:g}" if unit == "number" else f"{size:g} {unit}"


def seen_text(seen: Seen) -> str:
    """The range or the categories of a column, in words."""
    if seen.categories:
        names = list(seen.categories)
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        return ", ".join(names[:SHOWN]) + more
    if seen.minimum is not None and seen.maximum is not None:
        median = f", median {seen.quantiles['0.5']:.4g}" if "0.5" in seen.quantiles else ""
        return f"{seen.minimum:.4g} to {seen.maximum:.4g}{median}"
    if seen.length is not None and seen.length.minimum != seen.length.maximum:  # dates are of one length
        return f"{seen.length.minimum} to {seen.length.maximum} long"
    return ""


def _missing(seen: Seen) -> str:
    return f"{seen.missing / seen.rows:.1%}" if seen.missing and seen.rows else ""


def gap_text(column: ColumnContract) -> str:
    """What is done about a missing value."""
    gap = column.gap
    shown = f"{gap.value:g}" if isinstance(gap.value, (int, float)) else str(gap.value)
    statistic = _WORDS.get(gap.statistic, gap.statistic)
    match gap.action:
        case "fill":
            return f"takes {shown}" + (f", the {statistic}" if statistic else "")
        case "neighbor":
            return "takes a neighbor's" + (f", else {shown}" if gap.value is not None else "")
        case "compute":
            return "is allowed"
    return "is refused"


def _feeds(column: ColumnContract) -> str:
    if column.role == "time":
        return "the order of rows"
    if column.role == "series":
        return "names the series"
    return ", ".join(column.inputs)


def _window(contract: Contract) -> list[str]:
    window = contract.window
    assert window is not None
    by = f" of the same `{window.by}`" if window.by else ""
    order = f", in the order of `{window.time}`" if window.time else ""
    gap = f" after {window.gap} left out" if window.gap else ""
    lines = [f"an example is {window.length} rows{by}{order}; it predicts {window.horizon or 'none'} more{gap}"]
    if window.future:
        lines.append(f"the {window.horizon} rows to predict must be there, too, without the target")
    return lines


def _outputs(contract: Contract, width: int | None) -> list[str]:
    outputs = contract.outputs
    table = {
        "predicts": list(outputs),
        "task": [(output.task or "").replace("_", " ") for output in outputs.values()],
        "gives": [_gives(output) for output in outputs.values()],
        "target": [", ".join(output.columns[:SHOWN]) for output in outputs.values()],
        "training had": [_target(output) for output in outputs.values()],
    }
    return aligned(fitted(table, width, shorten=["training had", "gives", "target"]))


def _gives(output: OutputContract) -> str:
    if output.labels:
        more = f" and {len(output.labels) - SHOWN} more" if len(output.labels) > SHOWN else ""
        threshold = f", from {output.threshold:g} on the second" if output.threshold is not None else ""
        return f"{output.value} of {', '.join(output.labels[:SHOWN])}{more}{threshold}"
    unit = f"in the unit of `{output.columns[0]}`" if len(output.columns) == 1 and output.value == "value" else ""
    return f"{output.value} {unit}".strip()


def _target(output: OutputContract) -> str:
    return "; ".join(filter(None, (seen_text(seen) for seen in list(output.seen.values())[:SHOWN])))
