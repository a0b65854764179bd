"""Sweeps: many runs of a spec, in search of its best values, on Optuna."""
