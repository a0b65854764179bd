"""A model → the JSON for `keras.models.model_from_json`: its layers without their weights."""

from __future__ import annotations

import json
from pathlib import Path

from kspec.export.formats import ExportContext


def write(context: ExportContext, path: Path) -> str:
    """Writes the configuration, indented."""
    text = json.dumps(json.loads(context.model.to_json()), indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    adapting = [node.name for node in context.graph.calls if node.catalog is not None and node.catalog.adapts]
    if not adapting:
        return ""
    names = ", ".join(f"`{name}`" for name in adapting)
    return f"without weights, {names} must adapt to the data again"
