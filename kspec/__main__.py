"""`python -m kspec`: the command line."""

from kspec.cli import script

script()
