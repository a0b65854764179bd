"""Runs as HTML for notebooks: a small table, and the pictures of the run folder."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LARGEST_PICTURE = 2_000_000
"""Bytes of the largest picture that is shown."""


def pictures_html(folder: Path) -> str:
    """The pictures of a run folder, but that of the network, within the text."""
    return "\n".join(_picture(path) for path in sorted(folder.glob("*.png")) if path.stem != "model")


def table_html(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table with a column for each key; empty without rows.

    Args:
        rows: The values by column; a row may lack some.
    """
    if not rows:
        return ""
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(row.get(name))}</td>' for name in names)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else html.escape(str(value))


def _picture(path: Path) -> str:
    """A picture within the text; empty for a large one, and for a link, which may lead anywhere."""
    if path.is_symlink() or path.stat().st_size > LARGEST_PICTURE:
        return ""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<img alt="{html.escape(path.stem)}" style="max-width: 30em" src="data:image/png;base64,{data}">'
