"""The specs that the pages of codes show."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from kspec.diagnostics import explain


class Block(NamedTuple):
    kind: str
    overrides: tuple[str, ...]
    text: str


def blocks(code: str) -> list[Block]:
    """The fenced blocks of a page: ```` ```yaml wrong --set a=b ````."""
    found = re.findall(r"^```yaml (.*)\n((?:.*\n)*?)```$", explain.page(code) or "", re.MULTILINE)
    result = []
    for info, text in found:
        kind, *words = shlex.split(info)
        result.append(Block(kind, tuple(word for word in words if word != "--set"), text))
    return result


def of_kind(kind: str) -> list[tuple[str, Block]]:
    return [(code, block) for code in explain.codes() for block in blocks(code) if block.kind == kind]
