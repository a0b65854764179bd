"""The steps of a life-cycle: define, compile, fit, evaluate, predict."""

from kspec.training.model_build import build_model, describe, try_build

__all__ = ["build_model", "describe", "try_build"]
