"""Targets: their arrays, labels, encodings, scales and weights."""
