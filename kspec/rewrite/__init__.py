"""Spec text → spec text, and specs from nothing: what writes YAML for people."""
