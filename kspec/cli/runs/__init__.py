"""`kspec runs` and its verbs, a file each."""

from kspec.cli.runs.listing import command

__all__ = ["command"]
