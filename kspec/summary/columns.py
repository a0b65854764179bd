"""Tables of text that fit a width: columns are left out, then cells shortened."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

NARROWEST = 8
GAP = 2


def fitted(
    columns: Mapping[str, Sequence[str]], width: int | None, *, drop: Sequence[str] = (), shorten: Sequence[str] = ()
) -> dict[str, list[str]]:
    """The columns of a table that is at most so wide, as far as that is possible.

    Args:
        columns: Heading → cells.
        width: The width; None for any.
        drop: The columns that can be left out, the least important first.
        shorten: The columns whose cells can be shortened afterwards, in this order.

    >>> fitted({"node": ["a"], "from": ["first, second, third"]}, 20, shorten=["from"])
    {'node': ['a'], 'from': ['first, second…']}
    """
    result = {heading: list(cells) for heading, cells in columns.items()}
    if width is None:
        return result
    for heading in drop:
        if heading in result and _total(result) > width:
            del result[heading]
    for heading in shorten:
        excess = _total(result) - width
        if heading in result and excess > 0:
            limit = max(NARROWEST, len(heading), _width(heading, result[heading]) - excess)
            result[heading] = [cell if len(cell) <= limit else f"{cell[: limit - 1]}…" for cell in result[heading]]
    return result


def aligned(columns: Mapping[str, Sequence[str]], *, right: Collection[str] = ()) -> list[str]:
    """The lines of a table, its headings first.

    Args:
        columns: Heading → cells.
        right: The columns that are aligned to the right.

    >>> aligned({"node": ["a"], "size": ["5"]}, right=["size"])
    ['node  size', 'a        5']
    """
    padded = []
    for heading, cells in columns.items():
        width, align = _width(heading, cells), ">" if heading in right else "<"
        padded.append([f"{cell:{align}{width}}" for cell in (heading, *cells)])
    return [(" " * GAP).join(row) for row in zip(*padded, strict=True)]


def _width(heading: str, cells: Sequence[str]) -> int:
    return max(map(len, (heading, *cells)))


def _total(columns: Mapping[str, Sequence[str]]) -> int:
    return sum(_width(heading, cells) for heading, cells in columns.items()) + GAP * (len(columns) - 1)
