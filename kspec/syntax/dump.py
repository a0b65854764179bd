"""Plain values → YAML that `parse` reads back as the same values."""

from __future__ import annotations

from typing import Any

import yaml

from kspec.syntax.deferred import Uncomputed
from kspec.syntax.expressions import is_computed
from kspec.syntax.scalars import NumberTooLong, resolve


class _Dumper(yaml.SafeDumper):
    """PyYAML's own, with the words quoted that YAML 1.2's core schema would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    if "$" in text and is_computed(text) and not isinstance(text, Uncomputed):
        text = text.replace("$", "$$")
    try:
        plain = isinstance(resolve(text), str)
    except NumberTooLong:
        plain = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Uncomputed, _text)


def dump(values: Any) -> str:
    """YAML text; small lists and mappings on one line.

    >>> dump({"rate": 1e-3, "word": "on", "number": "1e-3"})
    "rate: 0.001\\nword: 'on'\\nnumber: \\"1e-3\\"\\n"
    """
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True)
