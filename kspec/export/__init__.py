"""Exports of a spec or a run in formats that other programs read."""
