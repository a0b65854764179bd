"""Checks that what a run's record says of its targets is what the spec beside it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kspec.analysis.list_targets import list_targets
from kspec.analysis.target_scaling import scalings_from_json
from kspec.language import Spec
from kspec.language.targets import target_scale
from kspec.runs.run_folder import RunFolderError


def check_scales(record: dict[str, Any], folder: Path, spec: Spec) -> None:
    """Checks that a run knows the scale of each target that its spec scales.

    Args:
        record: Its `run.json`.
        folder: The run folder.
        spec: Its resolved spec.

    Raises:
        RunFolderError: If it does not.
    """
    targets = None if spec.document.data is None else spec.document.data.targets
    known = scalings_from_json(record.get("data", {}).get("fitted", {}))
    for name in targets if isinstance(targets, dict) else ():
        scale = target_scale(targets, name)
        if scale is not None and (name not in known or known[name].scale != scale):
            raise RunFolderError(f"{folder / 'run.json'} lacks the scale of `{name}`")


def check_lists(record: dict[str, Any], folder: Path, spec: Spec) -> None:
    """Checks that the layers that encode the texts of targets are those of the spec, which has been checked.

    Args:
        record: Its `run.json`.
        folder: The run folder.
        spec: Its resolved spec.

    Raises:
        RunFolderError: If one is another.
    """
    targets = list_targets(spec)
    lists = record.get("data", {}).get("fitted", {}).get("columns", {}).get("lists", {})
    for name, plan in lists.items():
        through = targets[name].through if name in targets else None
        if plan.get("through") != through:
            raise RunFolderError(f"{folder / 'run.json'} encodes `{name}` with another layer than the spec beside it")
