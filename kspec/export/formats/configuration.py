"""A model → the JSON that `keras.models.model_from_json` builds it from: its layers, without their weights."""

from __future__ import annotations

import json
from pathlib import Path

from kspec.export.formats import ExportContext


def write(subject: ExportContext, path: Path) -> str:
    """Writes the configuration, indented."""
    text = json.dumps(json.loads(subject.model.to_json()), indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    adapting = [node.name for node in subject.graph.calls if node.catalog is not None and node.catalog.adapts]
    if not adapting:
        return ""
    names = ", ".join(f"`{name}`" for name in adapting)
    return f"it does not hold what {names} learned from the data: such a layer keeps that as its weights"
