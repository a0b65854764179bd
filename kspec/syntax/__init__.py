"""Text → plain values with positions: YAML 1.2 core."""

from kspec.syntax.parse import Tree, parse
from kspec.syntax.source import can_be_read, read_source

__all__ = ["Tree", "can_be_read", "parse", "read_source"]
