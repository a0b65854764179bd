"""Sub-models that come from a file: their networks, read as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kspec.diagnostics import Report
from kspec.syntax import Tree
from kspec.syntax.trust import reading_problem, tell

Networks = dict[str, dict[str, Any] | None]
"""By the name of the sub-model; what it holds itself as `name/inner`. None where the file is none, which is said."""


def networks_of_files(tree: Tree, folder: Path, report: Report, *, outside: bool) -> Networks:
    """The networks of the sub-models with a `file`.

    Args:
        folder: What their paths are relative to.
        outside: Whether they may lie elsewhere than below it and the working directory.
    """
    models = tree.value.get("models") if isinstance(tree.value, dict) else None
    found: Networks = {}
    for name, model in models.items() if isinstance(models, dict) else ():
        text = model.get("file") if isinstance(model, dict) else None
        if not isinstance(text, str) or "$" in text or {"layers", "inputs", "outputs"} & model.keys():
            continue
        found[name] = None
        span = tree.positions.value(("models", name, "file"))
        problem = reading_problem(text, folder / text, folder, outside=outside, network=False)
        if problem is not None:
            tell(problem, report, span)
            continue
        from kspec.importer import Refused, document_of, read_model

        try:
            values = document_of(read_model(folder / text).config, compiled=False).values
        except Refused as refused:
            refused.tell(report, span)
            continue
        inner = {other: f"{name}/{other}" for other in values.get("models") or {}}
        for other, network in (values.get("models") or {}).items():
            found[inner[other]] = _renamed(network, inner)
        found[name] = _renamed(
            {part: values[part] for part in ("inputs", "layers", "outputs") if part in values}, inner
        )
    return found


def _renamed(value: Any, models: dict[str, str]) -> Any:
    """A network that calls its own sub-models by their names in the spec."""
    if isinstance(value, dict):
        return {
            key: models.get(item, item) if key == "model" and isinstance(item, str) else _renamed(item, models)
            for key, item in value.items()
        }
    return [_renamed(item, models) for item in value] if isinstance(value, list) else value
