"""The descriptions of arguments in Keras's docstrings, shortened to a line each."""

from __future__ import annotations

import inspect
import re

_ARGUMENTS = re.compile(r"^(args|arguments|call arguments|call args)\b.*:\s*$", re.I)
_ARGUMENT = re.compile(
    r"^[`*]*(?P<names>[A-Za-z_]\w*[`*]*(?:\s*,\s*[`*]*[A-Za-z_]\w*[`*]*)*)\s*(\([^)]*\))?\s*:(?:\s+(?P<text>.*))?$"
)
_LINK = re.compile(r"\[([^\]]+)\]\s*\([^)]*\)")
_LEAD = re.compile(
    r"^\(?(optional|boolean|bool|integer|int|float|string|str|a string|a boolean|a bool|an? integer|an int|a float|"
    r"a python (float|integer|int|number|scalar)|positive integer|floating point( value)?|a float value|boolean value|"
    r"(a )?(scalar value|float|floats?)?\s*(between 0 and 1|in( the)?( range)? `?\[0, 1\]`?|>= 0(\.0)?))"
    r"(\s*\(default[^)]*\))?(\s+or\s+`?none`?)?\)?\s*[,.;:]\s*",
    re.I,
)
LONGEST = 160


def argument_texts(doc: str | None) -> dict[str, str]:
    """Each argument that the docstring describes, with its whole text."""
    arguments: dict[str, str] = {}
    names: list[str] = []
    inside = False
    for line in inspect.cleandoc(doc or "").splitlines():
        if _ARGUMENTS.match(line):
            inside, names = True, []
            continue
        if inside and line and not line[0].isspace():
            inside = False
        if not inside or not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        entry = _ARGUMENT.match(line.strip()) if indent <= 4 else None
        if entry:
            names = [name.strip(" `*") for name in entry["names"].split(",")]
            for name in names:
                arguments.setdefault(name, entry["text"] or "")
        elif names:
            for name in names:
                arguments[name] = f"{arguments[name]} {line.strip()}".strip()
    return arguments


def first_line(text: str) -> str:
    """The first sentence of a description, without types, which are shown separately, links and long tails."""
    text = _LINK.sub(r"\1", re.sub(r"\s+", " ", text)).strip()
    text = re.sub(r"^\(optional\)\s*(defaults to `?[^.]*`?\.\s*)?", "", text, flags=re.IGNORECASE)
    previous = None
    while previous != text:
        previous, text = text, _LEAD.sub("", text)
    sentence = re.split(
        r"(?<!e\.g\.)(?<!i\.e\.)(?<!k\.a\.)(?<! al\.)(?<=[.!?])\s+(?=[A-Z`\"(-])|\s+-\s+[`\"]", text, maxsplit=1
    )[0].strip()
    if len(sentence) > LONGEST:
        sentence = sentence[:LONGEST].rsplit(" ", 1)[0].rstrip(",;: ") + " …"
    if sentence.count("`") % 2:
        sentence = sentence.replace("`", "")
    return sentence[:1].upper() + sentence[1:].rstrip(":").replace("..", ".") if sentence else ""


def summary(doc: str | None) -> str:
    """The first sentence of a class's or function's docstring."""
    paragraph = inspect.cleandoc(doc or "").split("\n\n", 1)[0]
    return first_line(paragraph)


def without_null(text: str) -> str:
    """A sentence without its clause about null, for an argument that cannot be null."""
    return re.sub(r"[;,] [^;,]* when null\.$", ".", text)
