"""Runs as HTML for notebooks: a small table, and the pictures of the run folder."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kspec.runs.run import Run

LARGEST_PICTURE = 2_000_000
"""Bytes of the largest picture that is shown."""


def run_html(run: Run) -> str:
    """A run: status and epochs, each metric beside those of validation and baseline, and the pictures.

    Args:
        run: The run.
    """
    name, status = html.escape(run.name), html.escape(run.status)
    epochs = f", {len(run.history)} epochs" if run.history else ""
    kept = f", weights of epoch {run.kept_epoch}" if run.kept_epoch not in (None, len(run.history)) else ""
    parts = [f"<p><b>{name}</b> {status}{epochs}{kept}</p>"]
    rows = [
        {
            "": metric,
            str(run.metrics.get("split", "evaluated")): value,
            **({"±": run.deviation[metric]} if metric in run.deviation else {}),
            **({"validation": run.validation[metric]} if metric in run.validation else {}),
            **({"baseline": run.baseline[metric]} if isinstance(run.baseline.get(metric), float) else {}),
        }
        for metric, value in run.metrics.items()
        if isinstance(value, float)
    ]
    if rows:
        parts.append(table_html(rows))
    if run.folder is not None:
        parts += [_picture(path) for path in sorted(run.folder.glob("*.png")) if path.stem != "model"]
        parts.append(f"<p><code>{html.escape(str(run.folder))}</code></p>")
    return "\n".join(part for part in parts if part)


def table_html(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table with a column for each key.

    Args:
        rows: The values by column; a row may lack some.
    """
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
