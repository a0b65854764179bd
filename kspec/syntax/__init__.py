"""Text → plain values with positions: YAML 1.2 core, variables and overrides applied."""

from kspec.syntax.expand import EXPANSION, expand
from kspec.syntax.include import include
from kspec.syntax.networks import PARTS, Networks, networks
from kspec.syntax.overrides import apply_overrides
from kspec.syntax.parse import Tree, parse
from kspec.syntax.read import can_be_read, read_source
from kspec.syntax.steps import Bind, Call, Expansion
from kspec.syntax.unused import warn_of_the_unused
from kspec.syntax.variables import compute, substitute

__all__ = [
    "EXPANSION",
    "PARTS",
    "Bind",
    "Call",
    "Expansion",
    "Networks",
    "Tree",
    "apply_overrides",
    "can_be_read",
    "compute",
    "expand",
    "include",
    "networks",
    "parse",
    "read_source",
    "substitute",
    "warn_of_the_unused",
]
