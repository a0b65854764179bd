"""What Keras says when it refuses a layer, cut to the sentence that matters."""

from __future__ import annotations

import re

_NOISE = (
    re.compile(r"\x1b\[[0-9;]*m"),
    re.compile(r"Exception encountered when calling [^\n]*\n+"),
    re.compile(r"\n+Arguments received by .*", re.DOTALL),
    re.compile(r"\n+Call arguments received by .*", re.DOTALL),
    re.compile(r"^\s*\{\{function_node [^}]*\}\}\s*"),
    re.compile(r"\s*\[Op:\w+\].*", re.DOTALL),
)
_FULL_SHAPE = re.compile(r"Full shape received: \((None, )?([^)]*)\)")


def plain(error: BaseException) -> str:
    """One line of what an exception of Keras or TensorFlow says.

    >>> plain(ValueError("Input 0 is wrong.\\n\\nArguments received by Dense.call(): x"))
    'Input 0 is wrong'
    """
    text = str(error) or type(error).__name__
    if "Graph execution error" in text:
        text = _told_by_the_graph(text)
    for noise in _NOISE:
        text = noise.sub("", text)
    text = " ".join(text.split())
    if len(text) > 400:
        cut = text.rfind(". ", 0, 400)
        text = text[: cut if cut > 80 else 400]
    return text.rstrip(". ")


def _told_by_the_graph(text: str) -> str:
    """What stands between the places in code that TensorFlow lists and the names of its nodes."""
    said = [line for line in text.split("[[{{node")[0].splitlines() if line.strip() and not line.startswith(" ")]
    return said[-1] if said else text
