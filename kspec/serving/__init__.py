"""Serves the models of runs: predictions over HTTP."""
