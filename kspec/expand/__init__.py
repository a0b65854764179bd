"""Includes, overrides, variables, blocks and repeats → plain entries."""
