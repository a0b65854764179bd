"""Targets that are lists."""

from __future__ import annotations

from kspec.language import Spec
from kspec.language.sequences import ListTarget


def list_targets(spec: Spec) -> dict[str, ListTarget]:
    """By output, the setting of a target of lists, whose padding neither a loss nor a metric counts."""
    data = spec.document.data
    targets = data.targets if data is not None else None
    if not isinstance(targets, dict):
        return {}
    return {name: setting for name, setting in targets.items() if isinstance(setting, ListTarget)}
