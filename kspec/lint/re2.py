"""Checks regular expressions of RE2, the library that TensorFlow uses, without TensorFlow.

Python's `re` finds what both reject. What only RE2 rejects is found here, and what only RE2 accepts is replaced by
something similar before Python reads the expression.
"""

from __future__ import annotations

import re
import warnings

MAX_LENGTH = 1000
"""The longest pattern that a spec may have."""
MAX_REPEAT = 1000
"""RE2's bound of a repetition count, and of the product of nested ones."""

_GROUP = re.compile(r"\(\?(?:P<\w+>|(?P<flags>[imsU]*(?:-[imsU]+)?)(?P<end>[:)]))")
_COUNT = re.compile(r"\{(\d+)(,?)(\d*)\}")
_PROPERTY = re.compile(r"\\[pP](?:[A-Z]|\{\^?[A-Za-z_]+\})")
_HEXADECIMAL = re.compile(r"\\x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]{1,6}\})")
_POSIX = re.compile(r"\[:\^?[a-z]+:\]")
_PERL = {
    "(?=": "lookahead",
    "(?!": "lookahead",
    "(?<=": "lookbehind",
    "(?<!": "lookbehind",
    "(?>": "an atomic group",
    "(?P=": "a backreference",
    "(?(": "a condition",
    "(?#": "a comment",
    "(?<": "a group without `P`, which `(?P<name>` would name,",
}
_ANYWHERE, _OUTSIDE_SETS = "dDsSwWafnrtv", "AbB"


class InvalidPattern(ValueError):
    """An expression that RE2 rejects; the message says why."""


def check_pattern(pattern: str) -> int:
    """Checks a regular expression.

    Returns:
        The number of its groups.

    Raises:
        InvalidPattern: If RE2 would reject it.
    """
    if len(pattern) > MAX_LENGTH:
        raise InvalidPattern(f"it is longer than {MAX_LENGTH:,} characters")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python announces changes of its own syntax
        try:
            return re.compile(_Translation(pattern).text()).groups
        except (re.error, RecursionError, OverflowError) as error:
            raise InvalidPattern(str(error).partition(" at position")[0]) from error


def check_replacement(replacement: str, groups: int) -> None:
    """Checks the replacement of a match, which can insert groups: `\\1`.

    Args:
        replacement: The text.
        groups: The number of groups of the pattern.

    Raises:
        InvalidPattern: If RE2 would ignore or misread it.
    """
    for escape in re.findall(r"\\.?", replacement, re.DOTALL):
        if escape[1:].isdigit() and int(escape[1:]) > groups:
            has = f"has {groups} group{'' if groups == 1 else 's'}" if groups else "has no groups"
            raise InvalidPattern(f"`{escape}` is a group, and the pattern {has}")
        if not escape[1:].isdigit() and escape != "\\\\":
            raise InvalidPattern(f"`{escape}` is neither a group, such as `\\1`, nor a backslash, `\\\\`")


class _Translation:
    """Reads a pattern from left to right, and translates it for Python."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.parts: list[str] = []
        self.in_set = False
        self.repeated = False
        self.repeats = [1]
        self.last = 1

    def text(self) -> str:
        """The expression for Python."""
        while self.at < len(self.pattern):
            self._step()
        return "".join(self.parts)

    def _step(self) -> None:
        character = self.pattern[self.at]
        was_repeated, self.repeated = self.repeated, False
        if character == "\\":
            self._escape()
        elif self.in_set:
            self._set(character)
        elif character == "[":
            self.in_set = True
            start = re.compile(r"\[\^?\]?").match(self.pattern, self.at)
            assert start is not None
            self._take(start[0])
        elif character == "(":
            self._group()
        elif character == ")":
            self.last = self.repeats.pop() if len(self.repeats) > 1 else 1
            self.repeats[-1] = max(self.repeats[-1], self.last)
            self._take(character)
        elif character == "{" and (count := _COUNT.match(self.pattern, self.at)):
            self._count(count)
        elif character in "*+?":
            if character == "+" and was_repeated:
                raise InvalidPattern("RE2 has no possessive repetition, such as `a++`")
            self.repeated = not (character == "?" and was_repeated)
            self._take(character)
        else:
            self.last = 1
            self._take(character)

    def _take(self, text: str, translation: str | None = None) -> None:
        self.at += len(text)
        self.parts.append(text if translation is None else translation)

    def _escape(self) -> None:
        self.last = 1
        following = self.pattern[self.at + 1 : self.at + 2]
        for form in (_PROPERTY, _HEXADECIMAL):
            if match := form.match(self.pattern, self.at):
                self._take(match[0], "a")
                return
        if following == "Q" and not self.in_set:
            end = self.pattern.find("\\E", self.at)
            literal = self.pattern[self.at : end + 2] if end >= 0 else self.pattern[self.at :]
            self._take(literal, re.escape(literal[2:].removesuffix("\\E")))
        elif following in ("z", "C") and not self.in_set:
            self._take(f"\\{following}", "\\Z" if following == "z" else ".")
        elif following.isdigit() and following != "0":
            raise InvalidPattern(f"RE2 has no backreferences, such as `\\{following}`")
        elif following.isalpha() and following not in _ANYWHERE + ("" if self.in_set else _OUTSIDE_SETS):
            raise InvalidPattern(f"RE2 does not know `\\{following}`" + (" in a set" if self.in_set else ""))
        elif not following.isascii():
            raise InvalidPattern(f"RE2 does not know `\\{following}`")
        else:
            self._take(f"\\{following}" if following else "\\")

    def _set(self, character: str) -> None:
        if match := _POSIX.match(self.pattern, self.at):
            self._take(match[0], "a")
            return
        if character == "]":
            self.in_set, self.last = False, 1
        self._take(character, "\\[" if character == "[" else None)

    def _group(self) -> None:
        if not self.pattern.startswith("(?", self.at):
            self.repeats.append(1)
            self._take("(")
            return
        match = _GROUP.match(self.pattern, self.at)
        if match is None:
            start = max((form for form in _PERL if self.pattern.startswith(form, self.at)), key=len, default="")
            what = _PERL.get(start, "such a group")
            raise InvalidPattern(f"RE2 does not know {what} `{start or self.pattern[self.at : self.at + 3]}`")
        if match["end"] == ")":  # flags for the rest
            self._take(match[0], "")
            return
        self.repeats.append(1)
        self._take(match[0], "(?:" if match["end"] else "(")

    def _count(self, count: re.Match[str]) -> None:
        lowest, comma, highest = int(count[1]), count[2], count[3]
        times = max(lowest, int(highest) if highest else lowest)
        self.last *= max(times, 1)
        if times > MAX_REPEAT or self.last > MAX_REPEAT:
            raise InvalidPattern(f"RE2 repeats at most {MAX_REPEAT:,} times, nested repetitions included")
        if comma and highest and int(highest) < lowest:
            raise InvalidPattern(f"`{count[0]}` is an empty range")
        self.repeats[-1] = max(self.repeats[-1], self.last)
        self.repeated = True
        self._take(count[0])
