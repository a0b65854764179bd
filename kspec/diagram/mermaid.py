"""A diagram in Mermaid's language, which Markdown pages render: on GitHub, GitLab, in notebooks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from kspec.diagram.labels import FRAME, INK, LINE, SOFT, Box, Row, Sketch


def mermaid_text(sketch: Sketch) -> str:
    """A diagram in Mermaid's language, without a layout."""
    ids = {name: f"n{number}" for number, name in enumerate(sketch.boxes)}
    looks: dict[str, list[str]] = {}
    for name, box in sketch.boxes.items():
        looks.setdefault(_look(box), []).append(ids[name])
    title = " · ".join(row.text for row in sketch.heading)
    lines = [
        *(["---", f"title: {json.dumps(title, ensure_ascii=False)}", "---"] if title else []),
        f"flowchart {'LR' if sketch.sideways else 'TD'}",
        *(_in_frames(sketch, ids, list(sketch.boxes), "") if sketch.framed else _boxes(sketch, ids, sketch.boxes)),
        *(_arrow(ids[source], ids[target], label) for source, target, label in sketch.edges),
    ]
    for number, (look, members) in enumerate(looks.items()):
        lines += [f"classDef c{number} {look}", f"class {','.join(members)} c{number}"]
    lines.append(f"linkStyle default stroke:{LINE},color:{SOFT}")
    return "\n".join(lines) + "\n"


def _boxes(sketch: Sketch, ids: dict[str, str], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        label = "<br/>".join(_line(row) for row in sketch.boxes[name].rows)
        yield f'{ids[name]}("{label}")'


def _in_frames(sketch: Sketch, ids: dict[str, str], names: list[str], prefix: str) -> Iterator[str]:
    """All boxes; those of a use of a block (`use/inner`) are in a frame at the place of the first."""
    inside: dict[str, list[str]] = {}
    for name in names:
        use, slash, _ = name[len(prefix) :].partition("/")
        inside.setdefault(f"{prefix}{use}/" if slash else name, []).append(name)
    for use, members in inside.items():
        if use in sketch.boxes:
            yield from _boxes(sketch, ids, members)
            continue
        frame = f"f{ids[members[0]]}_{use.count('/')}"
        title = sketch.titles.get(use[:-1]) or use[len(prefix) : -1]
        yield f'subgraph {frame} ["{_escaped(title)}"]'
        yield from _in_frames(sketch, ids, members, use)
        yield "end"
        yield f"style {frame} fill:none,stroke:{FRAME},color:{SOFT}"


def _line(row: Row) -> str:
    text = _escaped(row.text)
    return f"<b>{text}</b>" if row.bold else f"<i>{text}</i>" if row.italic else text


def _arrow(source: str, target: str, label: str) -> str:
    return f'{source} -->|"{_escaped(label)}"| {target}' if label else f"{source} --> {target}"


def _look(box: Box) -> str:
    dashed = ",stroke-dasharray:4 3" if box.dashed else ""
    return f"fill:{box.fill},stroke:{box.border},stroke-width:{box.line:g}px,color:{INK}{dashed}"


_ESCAPES = str.maketrans({"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;"})
"""Characters with a meaning in Mermaid → their escapes."""


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES) or " "
