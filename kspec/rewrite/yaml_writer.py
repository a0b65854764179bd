"""Writes the text of a spec from its plain values, in the layout of `kspec fmt`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kspec.rewrite.fmt import format_text
from kspec.syntax.yaml_flow import to_yaml

_SECTIONS = ("models", "blocks")
_OPEN = ("inputs", "compile", "fit", "data", "evaluate", "predict")


def spec_text(values: Mapping[str, Any], comments: tuple[str, ...] = ()) -> str:
    """Writes a spec, one entry of `layers` per line.

    Args:
        values: Its plain values.
        comments: Lines for the top of the file.

    >>> print(spec_text({"kspec": 1, "inputs": {"x": {"shape": [4]}}, "layers": ["Flatten", {"Dense": {"units": 2}}]}))
    kspec: 1
    <BLANKLINE>
    inputs:
      x: {shape: [4]}
    <BLANKLINE>
    layers:
      - Flatten
      - Dense: {units: 2}
    <BLANKLINE>
    """
    lines = [f"# {comment}" for comment in comments]
    is_first = True
    for name, value in values.items():
        section = list(_section(name, value, ""))
        if not is_first and (len(section) > 1 or not lines[-1].startswith(("kspec", "name", "dtype_policy"))):
            lines.append("")
        is_first = False
        lines += section
    return format_text("\n".join(lines) + "\n")


def _section(name: str, value: Any, indent: str) -> Iterator[str]:
    if name == "layers":
        yield f"{indent}layers:"
        for entry in value:
            yield from _entry(entry, indent + "  ")
    elif name in _SECTIONS:
        yield f"{indent}{name}:"
        for inner, parts in value.items():
            yield f"{indent}  {to_yaml(inner)}:"
            for key, part in parts.items():
                yield from _section(key, part, indent + "    ")
    elif name in _OPEN and isinstance(value, dict) and value:
        yield f"{indent}{name}:"
        for key, item in value.items():
            yield f"{indent}  {to_yaml(str(key))}: {to_yaml(item)}"
    else:
        yield f"{indent}{name}: {_parameters(value) if name == 'params' else to_yaml(value)}"


def _parameters(value: Any) -> str:
    """The parameters of a block with their defaults."""
    shown = (to_yaml(item).strip("{}") if isinstance(item, dict) else to_yaml(item) for item in value)
    return f"[{', '.join(shown)}]"


def _entry(entry: Any, indent: str) -> Iterator[str]:
    if isinstance(entry, str):
        yield f"{indent}- {to_yaml(entry)}"
        return
    lead = "- "
    for key, value in entry.items():
        yield f"{indent}{lead}{to_yaml(key)}:{'' if value is None else ' ' + to_yaml(value)}"
        lead = "  "
