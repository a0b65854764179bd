"""Drawings of a network's graph."""
