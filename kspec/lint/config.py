"""`[tool.kspec]` of a `pyproject.toml`: a project's settings for `kspec check`, and where its runs are sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from kspec.diagnostics import Report, Source, Span, codes, did_you_mean
from kspec.diagnostics.suggest import Suggestion
from kspec.syntax.credentials import has_credentials
from kspec.syntax.regular_files import read_bounded

FILE = "pyproject.toml"
MAX_BYTES = 1 << 20
"""Larger files are no settings, and are passed over."""
_OURS = re.compile(
    rb"""tool["']?[ \t]*\.[ \t]*["']?kspec|\[[ \t]*["']?tool["']?[ \t]*\]|^[ \t]*tool[ \t]*=""", re.MULTILINE
)
"""Matches every file that may have a section of ours; others are not even parsed."""
_KEYS = ("select", "ignore", "strict", "track")
_MAX_REPORTED = 20
"""How many unknown settings, and unknown codes of a setting, are reported."""


@dataclass(frozen=True, slots=True)
class Config:
    """Which diagnostics are reported, and where runs are sent.

    Args:
        select: The codes to report, or prefixes of codes; None for all.
        ignore: The codes not to report, likewise. If both match a code, the longer prefix wins.
        strict: Whether warnings count as errors.
        track: The trackers to which runs are sent, as after `--track`.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    strict: bool = False
    track: tuple[str, ...] = ()


def read_config(folder: Path, report: Report) -> Config:
    """The settings of the nearest `pyproject.toml` that has any, in the folder or above it."""
    for parent in (folder, *folder.parents):
        try:
            data = read_bounded(parent / FILE, MAX_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            _ignore(parent / FILE, error.strerror or str(error), report)
            continue
        if len(data) > MAX_BYTES:
            _ignore(parent / FILE, f"it is larger than {MAX_BYTES >> 20} MB", report)
            continue
        if _OURS.search(data):
            config = _Settings(_display_name(parent / FILE), data, report).config()
            if config is not None:
                return config
    return Config()


def _ignore(path: Path, reason: str, report: Report) -> None:
    """Reports a file that may hold settings, and cannot be read."""
    place = Span(Source(_display_name(path), ""), 1, 1, 1, 1)
    reason = f"{reason[:1].lower()}{reason[1:]}"
    report.warning(codes.INVALID_CONFIG_SETTING, f"its settings are ignored, as it cannot be read: {reason}", place)


def suggest_code(word: str) -> str:
    """The label of an unknown code. Codes are too similar for spelling suggestions; only letters for digits are fixed.

    >>> suggest_code("ks2O8"), suggest_code("KS999")
    ('did you mean `KS208`?', '')
    """
    digits = re.sub(r"[^A-Z0-9]", "", word.upper()).removeprefix("KS").translate(_LOOKALIKES)
    code = f"KS{digits}"
    return Suggestion(word, code) if digits.isdigit() and codes.matches(code) else ""


_LOOKALIKES = str.maketrans("OILSB", "01158")


def _display_name(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


class _Settings:
    def __init__(self, name: str, data: bytes, report: Report) -> None:
        self.source = Source(name, data.decode("utf-8", errors="replace"))
        self.report = report

    def config(self) -> Config | None:
        """The settings; None if the file has no section for kspec."""
        import tomllib

        try:
            document = tomllib.loads(self.source.text)
        except RecursionError:
            self._error("values are nested too deeply", Span(self.source, 1, 1, 1, 1))
            return Config()
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"\(at line (\d+), column (\d+)\)$", str(error))
            line, column = (int(place[1]), int(place[2])) if place else (len(self.source.lines), 1)
            reason = re.sub(r" \(at .*\)$", "", str(error))
            self._error(f"invalid TOML: {reason}", Span(self.source, line, column, line, column + 1))
            return Config()
        tool = document.get("tool")
        section = tool.get("kspec") if isinstance(tool, dict) else None
        if section is None:
            return None
        if not isinstance(section, dict):
            self._error(
                "`tool.kspec` must be a table", self._place("kspec"), help="write `[tool.kspec]` on a line of its own"
            )
            return Config()
        for key in islice((key for key in section if key not in _KEYS), _MAX_REPORTED):
            self._error(
                f"unknown setting `{key}` in `[tool.kspec]`",
                self._place(key),
                label=did_you_mean(key, _KEYS),
                help=f"available settings: {', '.join(_KEYS)}",
            )
        strict = section.get("strict", False)
        if not isinstance(strict, bool):
            self._error("`strict` must be true or false", self._place("strict"))
            strict = False
        select = self._codes(section, "select") if "select" in section else None
        return Config(select, self._codes(section, "ignore"), strict, self._trackers(section.get("track", [])))

    def _trackers(self, value: Any) -> tuple[str, ...]:
        words = [value] if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
            self._error(
                "`track` must be a tracker, or a list of them",
                self._place("track"),
                help='write `track = "mlflow:http://host:5000"`',
            )
            return ()
        if any(map(has_credentials, words)):
            self._error(
                "`track` contains credentials, which everybody who sees the file would know",
                self._place("track"),
                help="omit them; for MLflow, set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
            )
            return ()
        return tuple(words)

    def _codes(self, section: dict[str, Any], key: str) -> tuple[str, ...]:
        words = section.get(key, [])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            self._error(f"`{key}` must be a list of codes", self._place(key), help=f'write `{key} = ["KS208", "KS5"]`')
            return ()
        for word in islice((word for word in words if not codes.matches(word)), _MAX_REPORTED):
            self._error(
                f"unknown code `{word}`",
                self._place(word, after=key),
                label=suggest_code(word),
                help="`kspec explain` lists all codes; KS4 stands for all that start with it",
            )
        return tuple(words)

    def _place(self, word: str, after: str = "") -> Span:
        """The place of a word in the section, after another word."""
        lines = self.source.lines
        start = next((n for n, line in enumerate(lines) if re.match(r"\s*\[.*kspec", line)), 0)
        if after:
            key = re.compile(rf"\b{re.escape(after)}\b.*=")
            start = next((n for n in range(start, len(lines)) if key.search(lines[n])), start)
        for number in range(start, len(lines)):
            match = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", lines[number])
            if match:
                return Span(self.source, number + 1, match.start() + 1, number + 1, match.end() + 1)
        return Span(self.source, start + 1, 1, start + 1, len(self.source.line(start + 1)) + 1)

    def _error(self, message: str, span: Span, *, label: str = "", help: str = "") -> None:
        self.report.error(codes.INVALID_CONFIG_SETTING, message, span, label=label, help=help)
