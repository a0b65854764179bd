"""Run folders as a run writes them, without training one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SPEC = """\
kspec: 1
name: small
seed: 7
data:
  synthetic: {examples: 80}
inputs:
  x: {shape: [4]}
layers:
- Dense: {units: 3, activation: relu}
  name: hidden
- Dense: {units: 1, activation: sigmoid}
  name: y
fit:
  epochs: 5
  engine: fused
"""


def write_run(folder: Path, *, epochs: int = 3, status: str = "finished", **record: Any) -> Path:
    """Writes a run folder; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    facts: Mapping[str, Any] = {
        "version": 1,
        "name": "small",
        "status": status,
        "folder": str(folder),
        "started": "2026-01-31T12:00:00+00:00",
        "seconds": 10.0,
        "epochs": epochs,
        "kept_epoch": epochs or None,
        "versions": {"keras": "3.15.1"},
        "data": {"fingerprints": {"a.csv": "0" * 64}, "profile": {"source": "csv"}},
        **record,
    }
    (folder / "run.json").write_text(json.dumps(facts))
    (folder / "resolved.yaml").write_text(SPEC)
    write_history(folder, epochs)
    if status == "finished":
        metrics = {"evaluate": {"split": "test", "examples": 9, "loss": 0.5}, "validation": {"loss": 0.4}}
        (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder


def write_history(folder: Path, epochs: int, scale: float = 1.0) -> None:
    """Writes `history.csv`, with the loss `scale / epoch`."""
    rows = [f"{epoch},{scale / epoch},{2 * scale / epoch}" for epoch in range(1, epochs + 1)]
    (folder / "history.csv").write_text("\n".join(["epoch,loss,val_loss", *rows]) + "\n")
