"""`[tool.kspec]` of a `pyproject.toml`: what a project wants of `kspec check`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kspec.diagnostics import Report, Source, Span, codes, did_you_mean
from kspec.diagnostics.suggest import Suggestion

FILE = "pyproject.toml"
_OURS = re.compile(rb"""tool["']?\s*\.\s*["']?kspec|^\s*\[\s*["']?tool["']?\s*\]|^\s*tool\s*=""", re.MULTILINE)
"""What a file that may have settings of ours holds; any other is not even parsed."""


@dataclass(frozen=True, slots=True)
class Config:
    """What is to be said of a spec, and what counts.

    Args:
        select: Codes, or how they begin; None for all.
        ignore: Likewise, what is left out of it. The longer of two that fit a code wins.
        strict: Whether warnings count as errors.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    strict: bool = False


def read_config(folder: Path, report: Report) -> Config:
    """The settings of the nearest `pyproject.toml`, in the folder or above it, that has any."""
    for parent in (folder, *folder.parents):
        try:
            data = (parent / FILE).read_bytes()
        except OSError:
            continue
        if _OURS.search(data):
            found = _Settings(_shown(parent / FILE), data, report).config()
            if found is not None:
                return found
    return Config()


def is_known(word: str) -> bool:
    """Whether it is a code, or how codes begin: `KS403`, `KS4`."""
    from kspec.diagnostics.explain import codes

    return word.startswith("KS") and any(code.startswith(word) for code in codes())


def meant(word: str) -> str:
    """The label of a word that is no code; a guess where letters were taken for digits, for all codes look alike.

    >>> meant("ks2O8"), meant("KS999")
    ('did you mean `KS208`?', '')
    """
    digits = re.sub(r"[^A-Z0-9]", "", word.upper()).removeprefix("KS").translate(_LOOKALIKES)
    code = f"KS{digits}"
    return Suggestion(word, code) if digits.isdigit() and is_known(code) else ""


_LOOKALIKES = str.maketrans("OILSB", "01158")


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


class _Settings:
    def __init__(self, name: str, data: bytes, report: Report) -> None:
        self.source = Source(name, data.decode("utf-8", errors="replace"))
        self.report = report

    def config(self) -> Config | None:
        """None where the file has no section of ours."""
        import tomllib

        try:
            document = tomllib.loads(self.source.text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"\(at line (\d+), column (\d+)\)$", str(error))
            line, column = (int(found[1]), int(found[2])) if found else (len(self.source.lines), 1)
            what = re.sub(r" \(at .*\)$", "", str(error))
            self._error(f"this is not TOML: {what}", Span(self.source, line, column, line, column + 1))
            return Config()
        tool = document.get("tool")
        section = tool.get("kspec") if isinstance(tool, dict) else None
        if section is None:
            return None
        if not isinstance(section, dict):
            self._error(
                "`tool.kspec` is a table", self._place("kspec"), help="write `[tool.kspec]` on a line of its own"
            )
            return Config()
        for key in section:
            if key not in ("select", "ignore", "strict"):
                self._error(
                    f"there is no `{key}` in `[tool.kspec]`",
                    self._place(key),
                    label=did_you_mean(key, ("select", "ignore", "strict")),
                    help="keys you can use here: select, ignore, strict",
                )
        strict = section.get("strict", False)
        if not isinstance(strict, bool):
            self._error("`strict` is true or false", self._place("strict"))
            strict = False
        select = self._codes(section, "select") if "select" in section else None
        return Config(select, self._codes(section, "ignore"), strict)

    def _codes(self, section: dict[str, Any], key: str) -> tuple[str, ...]:
        said = section.get(key, [])
        if not isinstance(said, list) or not all(isinstance(word, str) for word in said):
            self._error(f"`{key}` is a list of codes", self._place(key), help=f'write `{key} = ["KS208", "KS5"]`')
            return ()
        for word in said:
            if not is_known(word):
                self._error(
                    f"no code is called `{word}`",
                    self._place(word, after=key),
                    label=meant(word),
                    help="`kspec explain` lists all; KS4 stands for all that begin so",
                )
        return tuple(said)

    def _place(self, word: str, after: str = "") -> Span:
        """Where a word stands in the section of ours."""
        lines = self.source.lines
        start = next((n for n, line in enumerate(lines) if re.match(r"\s*\[.*kspec", line)), 0)
        waiting = after
        for number in range(start, len(lines)):
            if waiting:
                if not re.search(rf"\b{re.escape(waiting)}\b.*=", lines[number]):
                    continue
                waiting = ""
            found = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", lines[number])
            if found:
                return Span(self.source, number + 1, found.start() + 1, number + 1, found.end() + 1)
        return Span(self.source, start + 1, 1, start + 1, len(self.source.line(start + 1)) + 1)

    def _error(self, message: str, span: Span, **more: Any) -> None:
        self.report.error(codes.INVALID_CONFIG_SETTING, message, span, **more)
