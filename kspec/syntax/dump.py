"""Plain values → a whole YAML document that `parse` reads back unchanged; `to_yaml` writes one line."""

from __future__ import annotations

from typing import Any

import yaml

from kspec.syntax.deferred import Uncomputed
from kspec.syntax.expressions import is_computed
from kspec.syntax.scalars import NumberTooLong, resolve
from kspec.syntax.sizes import SizeExpression


class _Dumper(yaml.SafeDumper):
    """PyYAML's dumper, which also quotes text that YAML 1.2's core schema would read as another type."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    if "$" in text and is_computed(text) and not isinstance(text, (Uncomputed, SizeExpression)):
        text = text.replace("$", "$$")
    try:
        plain = isinstance(resolve(text), str)
    except NumberTooLong:
        plain = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Uncomputed, _text)
_Dumper.add_representer(SizeExpression, _text)


def dump(values: Any) -> str:
    """YAML text; small lists and mappings on one line.

    >>> print(dump({"rate": 1e-3, "word": "on", "number": "1e-3"}), end="")
    rate: 0.001
    word: 'on'
    number: "1e-3"
    """
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True)
