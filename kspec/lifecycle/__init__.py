"""The life-cycle: define, compile, fit, evaluate, predict; and the folder that a run leaves."""

from __future__ import annotations

from kspec.lifecycle.describe import build_model, describe, try_build
from kspec.lifecycle.execute import execute
from kspec.lifecycle.run import Run

__all__ = ["Run", "build_model", "describe", "execute", "try_build"]
