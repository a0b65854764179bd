"""Error messages of Keras and TensorFlow, reduced to the sentence that matters."""

from __future__ import annotations

import re
from math import prod

from kspec.syntax.yaml_flow import shape_text

_NOISE = (
    re.compile(r"\x1b\[[0-9;]*m"),
    re.compile(r"Exception encountered when calling [^\n]*\n+"),
    re.compile(r"\n+Arguments received by .*", re.DOTALL),
    re.compile(r"\n+Call arguments received by .*", re.DOTALL),
    re.compile(r"^\s*\{\{function_node [^}]*\}\}\s*"),
    re.compile(r"\s*\[Op:\w+\].*", re.DOTALL),
)
_OS_ERROR = re.compile(r"\w*Error: \[Errno \d+\] ([^:\n]*): '([^'\n]*)'")
"""An error of a file that is read while the network is trained."""
_FULL_SHAPE = re.compile(r"Full shape received: \((None, )?([^)]*)\)")


_OUT_OF_MEMORY = re.compile(r"OOM when allocating tensor with shape\[([\d,]*)\] and type (\w+)")
_BYTES = {"bool": 1, "int8": 1, "uint8": 1, "half": 2, "bfloat16": 2, "int16": 2, "double": 8, "int64": 8}
"""Width of an element by TensorFlow's name of the dtype; 4 for the others, such as `float`."""


def tensor_too_large(error: BaseException) -> str:
    """Which tensor TensorFlow has no memory for, as a sentence; empty for any other error.

    >>> tensor_too_large(ValueError("OOM when allocating tensor with shape[1000,1000000000] and type float on CPU"))
    'a tensor of (1000, 1000000000) takes 4,000 GB'
    """
    found = _OUT_OF_MEMORY.search(str(error))
    if found is None:
        return ""
    shape = tuple(int(size) for size in found[1].split(",") if size)
    gigabytes = prod(shape) * _BYTES.get(found[2], 4) / 1e9
    return f"a tensor of {shape_text(shape)} takes {gigabytes:,.{0 if gigabytes >= 10 else 1}f} GB"


def is_of_file(error: Exception) -> bool:
    """Whether an error of Keras or TensorFlow is one of the system about a file, such as one that is gone."""
    return _OS_ERROR.search(str(error)) is not None


def plain(error: BaseException) -> str:
    """Reduces the message of an exception of Keras or TensorFlow to one line.

    >>> plain(ValueError("Input 0 is wrong.\\n\\nArguments received by Dense.call(): x"))
    'Input 0 is wrong'
    >>> plain(ValueError("FileNotFoundError: [Errno 2] No such file or directory: 'a.png'"))
    'cannot read `a.png`: No such file or directory'
    """
    text = str(error) or type(error).__name__
    if "Graph execution error" in text:
        text = _graph_error(text)
    for noise in _NOISE:
        text = noise.sub("", text)
    text = _OS_ERROR.sub(r"cannot read `\2`: \1", text)
    text = " ".join(text.split())
    if len(text) > 400:
        cut = text.rfind(". ", 0, 400)
        text = text[: cut if cut > 80 else 400]
    return text.rstrip(". ")


def _graph_error(text: str) -> str:
    """The message between the code locations that TensorFlow lists and the names of its nodes."""
    lines = [line for line in text.split("[[{{node")[0].splitlines() if line.strip() and not line.startswith(" ")]
    return lines[-1] if lines else text
