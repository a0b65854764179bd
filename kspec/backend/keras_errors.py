"""Error messages of Keras and TensorFlow, reduced to the sentence that matters."""

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
    """Reduces the message of an exception of Keras or TensorFlow to one line.

    >>> plain(ValueError("Input 0 is wrong.\\n\\nArguments received by Dense.call(): x"))
    'Input 0 is wrong'
    """
    text = str(error) or type(error).__name__
    if "Graph execution error" in text:
        text = _graph_error(text)
    for noise in _NOISE:
        text = noise.sub("", text)
    text = " ".join(text.split())
    if len(text) > 400:
        cut = text.rfind(". ", 0, 400)
        text = text[: cut if cut > 80 else 400]
    return text.rstrip(". ")


def _graph_error(text: str) -> str:
    """The message between the code locations that TensorFlow lists and the names of its nodes."""
    lines = [line for line in text.split("[[{{node")[0].splitlines() if line.strip() and not line.startswith(" ")]
    return lines[-1] if lines else text
