"""A layered layout of boxes and lines, for systems where Graphviz does not run.

The usual steps: levels by the longest path, waypoints where an edge passes a level, an order in each level with few
crossings, then positions near the neighbours. All sizes are in points, with y downwards.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from kspec.diagram.labels import SOFT, Box, Row, Sketch

_MARGIN, _GAP, _NARROW, _FRAME, _TITLE = 14.4, 20.0, 10.0, 10.0, 14.0
_LEAST_RISE, _MOST_RISE = 23.0, 90.0
"""The distance between two levels; the farther their lines run sideways, the greater, so that no line is flat."""
_ORDERINGS, _PLACINGS = 8, 8


@dataclass(eq=False, slots=True)
class Item:
    """Something with a position: a box, the label of an edge, or a waypoint where an edge passes a level."""

    rows: list[Row] = field(default_factory=list)
    box: Box | None = None
    block: str = ""
    width: float = 0
    height: float = 0
    level: int = 0
    x: float = 0
    y: float = 0
    before: list[Item] = field(default_factory=list)
    after: list[Item] = field(default_factory=list)


class Line(NamedTuple):
    """Points joined alternately by straight lines and curves; `head` says whether it ends in an arrow."""

    points: list[tuple[float, float]]
    head: bool


class Frame(NamedTuple):
    """A frame around the nodes of a block."""

    left: float
    top: float
    right: float
    bottom: float
    title: str


class Layout(NamedTuple):
    """A diagram with all positions.

    Args:
        items: Boxes and labels.
        lines: The edges.
        frames: The frames around blocks.
        clear: Whether no frame encloses foreign nodes.
        width: In points.
        height: In points.
        sideways: Whether items and frames run from left to right; the points of lines have x and y exchanged then.
    """

    items: list[Item]
    lines: list[Line]
    frames: list[Frame]
    clear: bool
    width: float
    height: float
    sideways: bool = False


def lay_out(sketch: Sketch, measure: Callable[[Row], float]) -> Layout:
    """Computes all positions.

    Args:
        sketch: The diagram.
        measure: `row → width` of a text, in points.
    """
    items, pairs = _items(sketch, measure)
    _set_levels(items, pairs)
    chains = [_chain(above, below) for above, below in pairs]
    levels: list[list[Item]] = [[] for _ in range(1 + max(item.level for item in items))]
    for item in dict.fromkeys([*items, *(point for chain in chains for point in chain)]):
        levels[item.level].append(item)
    for chain in chains:
        for above, below in pairwise(chain):
            above.after.append(below)
            below.before.append(above)
    levels = _ordered(levels)
    _place_across(levels)
    blocks = _blocks(items) if sketch.framed else {}
    edges = _place_down(levels, blocks)
    frames, clear = _frames(items, blocks, sketch)
    placed = [item for level in levels for item in level]
    left = min([item.x - item.width / 2 for item in placed] + [frame.left for frame in frames]) - _MARGIN
    right = max([item.x + item.width / 2 for item in placed] + [frame.right for frame in frames])
    for item in placed:
        item.x -= left
    frames = [frame._replace(left=frame.left - left, right=frame.right - left) for frame in frames]
    layout = Layout(items, _lines(chains, edges), frames, clear, right - left + _MARGIN, edges[-1][1] + _MARGIN)
    return _turned(layout) if sketch.sideways else layout


def _turned(layout: Layout) -> Layout:
    """A layout with x and y exchanged; its lines stay as they are, as their curves are drawn downwards."""
    for item in layout.items:
        item.x, item.y, item.width, item.height = item.y, item.x, item.height, item.width
    frames = [Frame(top, left - _TITLE, bottom, right, title) for left, top, right, bottom, title in layout.frames]
    return layout._replace(frames=frames, width=layout.height, height=layout.width, sideways=True)


def _items(sketch: Sketch, measure: Callable[[Row], float]) -> tuple[list[Item], list[tuple[Item, Item]]]:
    """Boxes and labels in topological order, and the pairs to join."""
    sources: dict[str, list[tuple[str, str]]] = {}
    for source, target, text in dict.fromkeys(sketch.edges):
        sources.setdefault(target, []).append((source, text))
    boxes: dict[str, Item] = {}
    items: list[Item] = []
    pairs: list[tuple[Item, Item]] = []
    for name, box in sketch.boxes.items():
        width = max(box.width, max(map(measure, box.rows)) + 17.4)
        height = sum(1.2 * row.points + 3 for row in box.rows) + 7.2
        across, down = (height, width) if sketch.sideways else (width, height)
        boxes[name] = item = Item(box.rows, box, name.rpartition("/")[0] if sketch.framed else "", across, down)
        for source, text in sources.get(name, ()):
            above = boxes[source]
            if text:
                row = Row(text, 9, SOFT)
                size = (12, measure(row) + 6) if sketch.sideways else (measure(row) + 6, 12)
                label = Item([row], None, item.block, *size)
                items.append(label)
                pairs.append((above, label))
                above = label
            pairs.append((above, item))
        items.append(item)
    return items, pairs


def _set_levels(items: list[Item], pairs: list[tuple[Item, Item]]) -> None:
    """Puts an item below all its sources; one with at least as many uses as sources goes just above its first use."""
    above: dict[Item, list[Item]] = {item: [] for item in items}
    below: dict[Item, list[Item]] = {item: [] for item in items}
    for upper, lower in pairs:
        above[lower].append(upper)
        below[upper].append(lower)
    for item in items:
        item.level = 1 + max((other.level for other in above[item]), default=-1)
    for item in reversed(items):
        if below[item] and len(above[item]) <= len(below[item]):
            item.level = min(other.level for other in below[item]) - 1


def _chain(above: Item, below: Item) -> list[Item]:
    shared = [first for first, second in zip(_uses(above.block), _uses(below.block), strict=False) if first == second]
    block = shared[-1] if shared else ""
    return [above, *(Item(block=block, level=level) for level in range(above.level + 1, below.level)), below]


def _uses(block: str) -> list[str]:
    """`a/b` as `a` and `a/b`: the blocks around a node, the outermost first."""
    parts = block.split("/") if block else []
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _ordered(levels: list[list[Item]]) -> list[list[Item]]:
    """The order in each level with the fewest crossings among those tried; each try sorts by the mean of neighbours."""
    best, fewest = levels, _crossings(levels)
    for sweep in range(_ORDERINGS):
        if not fewest:
            break
        down = sweep % 2 == 0
        levels = list(levels)
        place = {item: float(index) for level in levels for index, item in enumerate(level)}
        for number in range(len(levels)) if down else reversed(range(len(levels))):
            levels[number] = _by_mean(levels[number], place, down)
            place.update((item, float(index)) for index, item in enumerate(levels[number]))
        crossings = _crossings(levels)
        if crossings < fewest:
            best, fewest = levels, crossings
    return best


def _by_mean(level: list[Item], place: dict[Item, float], down: bool) -> list[Item]:
    """A level sorted by mean position, with the nodes of a block side by side."""
    mean = {}
    groups: dict[str, list[float]] = {}
    for item in level:
        others = item.before if down else item.after
        mean[item] = sum(place[other] for other in others) / len(others) if others else place[item]
        for use in _uses(item.block):
            groups.setdefault(use, []).append(mean[item])
    centre = {use: sum(means) / len(means) for use, means in groups.items()}
    return sorted(level, key=lambda item: [*((centre[use], use) for use in _uses(item.block)), (mean[item], "")])


def _crossings(levels: list[list[Item]]) -> int:
    count = 0
    for upper, lower in pairwise(levels):
        place = {item: index for index, item in enumerate(lower)}
        seen: list[int] = []
        for item in upper:
            ends = [place[other] for other in item.after]
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


def _place_across(levels: list[list[Item]]) -> None:
    """Places items near those above and below in turn, then near both, then single children under their parent."""
    for level in levels:
        _spread(level, [(0.0, 1.0)] * len(level))
    for placing in range(_PLACINGS):
        both, down = placing >= _PLACINGS - 2, placing % 2 == 0
        for level in levels if down else reversed(levels):
            _spread(
                level,
                [
                    _pulled(item, [*item.before, *item.after] if both else item.before if down else item.after)
                    for item in level
                ],
            )
    for level in levels:
        _spread(level, [_pulled(item, item.before, 9) if _alone(item) else (item.x, 1.0) for item in level])


def _pulled(item: Item, others: list[Item], weight: float = 1) -> tuple[float, float]:
    """The position that an item's neighbours pull it to, with a weight."""
    return (sum(other.x for other in others) / len(others), len(others) * weight) if others else (item.x, 0.1)


def _alone(item: Item) -> bool:
    return len(item.before) == 1 and len(item.before[0].after) == 1


def _spread(level: list[Item], desired: list[tuple[float, float]]) -> None:
    """Moves items as near to their desired positions as order and distances allow, by least squares.

    Args:
        level: The items in order; items that would overlap move as one.
        desired: For each item a position and a weight.
    """
    offsets = [0.0]
    for left, right in pairwise(level):
        between = len(set(_uses(left.block)) ^ set(_uses(right.block))) * _FRAME
        gap = _GAP if left.rows and right.rows else _NARROW
        offsets.append(offsets[-1] + (left.width + right.width) / 2 + gap + between)
    runs: list[tuple[float, float, int]] = []  # position, weight, number of items
    for (place, weight), offset in zip(desired, offsets, strict=True):
        run = (place - offset, weight, 1)
        while runs and runs[-1][0] > run[0]:
            other = runs.pop()
            both = other[1] + run[1]
            run = ((other[0] * other[1] + run[0] * run[1]) / both, both, other[2] + run[2])
        runs.append(run)
    places = [place for place, _, count in runs for _ in range(count)]
    for item, place, offset in zip(level, places, offsets, strict=True):
        item.x = place + offset


def _blocks(items: list[Item]) -> dict[str, int]:
    """Use of a block → the number of nested frames, its own included."""
    depths: dict[str, int] = {}
    for block in {item.block for item in items}:
        for height, use in enumerate(reversed(_uses(block)), start=1):
            depths[use] = max(depths.get(use, 0), height)
    return dict(sorted(depths.items()))


def _place_down(levels: list[list[Item]], blocks: dict[str, int]) -> list[tuple[float, float]]:
    """Sets the y of all items; returns the top and bottom of each level."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for number, level in enumerate(levels):
        for use in {use for item in level if item.rows for use in _uses(item.block) if use in blocks}:
            first.setdefault(use, number)
            last[use] = number
    edges: list[tuple[float, float]] = []
    y = _MARGIN
    for number, level in enumerate(levels):
        if number:
            widest = max((abs(item.x - other.x) for item in level for other in item.before), default=0)
            y += min(_MOST_RISE, max(_LEAST_RISE, 0.15 * widest))
            y += max((blocks[use] * _FRAME for use in blocks if last[use] == number - 1), default=0)
        y += max((blocks[use] * (_FRAME + _TITLE) for use in blocks if first[use] == number), default=0)
        height = max(item.height for item in level)
        for item in level:
            item.y = y + height / 2
        edges.append((y, y + height))
        y += height
    return edges


def _frames(items: list[Item], blocks: dict[str, int], sketch: Sketch) -> tuple[list[Frame], bool]:
    frames: dict[str, Frame] = {}
    clear = True
    for use, height in blocks.items():
        inside = {item for item in items if use in _uses(item.block)}
        frame = frames[use] = Frame(
            min(item.x - item.width / 2 for item in inside) - height * _FRAME,
            min(item.y - item.height / 2 for item in inside) - height * (_FRAME + _TITLE) + _FRAME / 2,
            max(item.x + item.width / 2 for item in inside) + height * _FRAME,
            max(item.y + item.height / 2 for item in inside) + height * _FRAME,
            sketch.title(use),
        )
        clear = clear and not any(
            item.x + item.width / 2 > frame.left
            and item.x - item.width / 2 < frame.right
            and item.y + item.height / 2 > frame.top
            and item.y - item.height / 2 < frame.bottom
            for item in items
            if item not in inside
        )
    return list(frames.values()), clear


def _lines(chains: list[list[Item]], edges: list[tuple[float, float]]) -> list[Line]:
    """Lines that curve only between levels, and so cross no box; several lines at one box are side by side."""
    starts: dict[Item, list[list[Item]]] = {}
    ends: dict[Item, list[list[Item]]] = {}
    for chain in chains:
        starts.setdefault(chain[0], []).append(chain)
        ends.setdefault(chain[-1], []).append(chain)
    leave = {id(chain): x for item, those in starts.items() for chain, x in _ports(item, those, 1)}
    arrive = {id(chain): x for item, those in ends.items() for chain, x in _ports(item, those, -2)}
    lines = []
    for chain in chains:
        first, *passed, final = chain
        points = [(leave[id(chain)], first.y + first.height / 2), (leave[id(chain)], edges[first.level][1])]
        for point in passed:
            points += [(point.x, edges[point.level][0]), (point.x, edges[point.level][1])]
        points += [(arrive[id(chain)], edges[final.level][0]), (arrive[id(chain)], final.y - final.height / 2)]
        lines.append(Line(points, head=final.box is not None))
    return lines


def _ports(item: Item, chains: list[list[Item]], neighbour: int) -> list[tuple[list[Item], float]]:
    apart = min(16.0, 0.7 * item.width / len(chains))
    chains = sorted(chains, key=lambda chain: chain[neighbour].x)
    return [(chain, item.x + (index - (len(chains) - 1) / 2) * apart) for index, chain in enumerate(chains)]
