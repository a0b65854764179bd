"""Writes the resolved spec: overrides applied, expressions computed, defaults written out and explained.

The text stays the user's: computed and overridden values are replaced in place, defaults are added below or beside
their neighbours, and everything else, comments and layout included, is kept to the letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from kspec.analysis.defaults import omitted_settings
from kspec.analysis.program import Analysis
from kspec.diagnostics import Path, Report, Source, SpecError
from kspec.expand.variables import substitute
from kspec.language import Spec
from kspec.language.files import relocate
from kspec.rewrite.annotate import annotated
from kspec.rewrite.edits import Change, Offsets, applied, overlap
from kspec.rewrite.fmt import CannotFormat, format_text, is_formatted
from kspec.rewrite.fmt.style import DOCUMENT, TEMPLATES
from kspec.syntax import parse
from kspec.syntax.deferred import Uncomputed
from kspec.syntax.dump import dump
from kspec.syntax.expressions import is_computed, names_in
from kspec.syntax.extents import Extent, Place, layout
from kspec.syntax.sizes import SizeExpression
from kspec.syntax.yaml_flow import to_yaml

_BLOCKS = ("data", "compile", "fit", "evaluate", "predict")
"""Sections that are written on several lines when they are added."""


def render(spec: Spec, analysis: Analysis, folder: FilePath | None = None) -> str:
    """Writes the resolved spec, with a comment beside each value that the file does not state.

    Args:
        spec: A spec without errors.
        analysis: Its analysis.
        folder: The folder of the new file, if it is not the spec's: paths are made relative to it.

    Returns:
        The text, which means the same spec.
    """
    values = spec.standalone_values()
    if spec.document.sweep is None:  # as in a trial of a sweep
        values.pop("sweep", None)
    notes: dict[Path, str] = {}
    assert analysis.settings is not None
    for default in omitted_settings(spec, analysis.graph, analysis.types, analysis.settings):
        _put(values, default.path, default.value)
        notes[default.path] = default.note
    if folder is not None and folder != spec.folder:
        for path, was in relocate(values, spec, folder):
            notes[path] = f"{was} in {spec.source.name}"
    try:
        text = _Rendering(spec, notes).text(values)
    except _CannotEdit:
        text = ""
    name = spec.source.name
    for candidate in (annotated(Source(name, text), notes), text):
        if _reads_as(candidate, name, values):
            return _formatted_like(candidate, spec.source)
    return dump({key: values[key] for key in sorted(values, key=_rank)})


class _CannotEdit(Exception):
    """The text is written in a way that leaves no safe place for a change."""


class _Rendering:
    def __init__(self, spec: Spec, notes: dict[Path, str]) -> None:
        self.spec = spec
        self.source = spec.source
        self.notes = notes
        self.layout = layout(spec.source)
        self.offsets = Offsets(spec.source)
        self.changes: list[Change] = []
        self.break_ = "\r\n" if "\r\n" in spec.source.text else "\n"

    def text(self, values: dict[str, Any]) -> str:
        tree = parse(self.source, Report())
        assert tree is not None
        self._document(tree.value, values)
        self._drop_anchors()
        return applied(self.source.text, self.changes)

    def _document(self, raw: dict[str, Any], new: dict[str, Any]) -> None:
        """Edits the top level; new sections are added in the language's order."""
        if self._extent(()).form != "block":
            raise _CannotEdit
        for key in raw:
            if key in new:
                self._value((key,), raw[key], new[key])
            else:
                self._delete((key,))
        common = [key for key in raw if key in new]
        airy = any(not line.strip() for line in self.source.lines[:-1])
        for key in sorted((key for key in new if key not in raw), key=_rank):
            before = [other for other in common if _rank(other) < _rank(key)] or common
            air = self.break_ if airy and key in (*_BLOCKS, "outputs") else ""
            text = air + self._lines((key,), new[key], 0)
            self._below(self._extent((max(before, key=_rank),)), text)

    def _value(self, path: Path, raw: Any, new: Any) -> None:
        extent = self.layout.get(path)
        if extent is None:
            raise _CannotEdit
        if extent.form == "alias":
            self._change(extent.start, extent.end, _yaml(new))
        elif isinstance(raw, dict) and isinstance(new, dict) and raw.keys() <= new.keys():
            for key in raw:
                self._value((*path, key), raw[key], new[key])
            self._add_keys(path, extent, raw, {key: new[key] for key in new if key not in raw})
        elif isinstance(raw, list) and isinstance(new, list) and len(raw) <= len(new):
            for index, item in enumerate(raw):
                self._value((*path, index), item, new[index])
            self._add_items(path, extent, raw, new)
        elif isinstance(new, (Uncomputed, SizeExpression)) and raw == new:
            return  # computed where it is used
        elif not (_means(raw, new) if isinstance(raw, str) else _same(raw, new)):
            self._replace(path, extent, raw, new)

    def _replace(self, path: Path, extent: Extent, raw: Any, new: Any) -> None:
        is_set = self.spec.source_positions.value(path).source is not self.source
        computed = isinstance(raw, str) and is_computed(raw) and not is_set
        self.notes.setdefault(path, raw if computed else "--set")
        is_block = extent.form in ("block", "list") or extent.start == extent.end
        if is_block and isinstance(path[-1], str):
            colon = self.source.text.find(":", self.offsets.of(*extent.key_end))
            end = max(colon + 1, 0 if extent.start == extent.end else self._content_end(extent))
            self.changes.append(Change(colon + 1, end, f" {_yaml(new)}"))
        elif extent.start == extent.end:
            raise _CannotEdit
        else:
            self.changes.append(Change(self.offsets.of(*extent.start), self._content_end(extent), _yaml(new)))

    def _add_keys(self, path: Path, extent: Extent, raw: dict[str, Any], new: dict[str, Any]) -> None:
        if not new:
            return
        for key in new:
            self.notes.setdefault((*path, key), self._added((*path, key)))
        if extent.form == "block":
            lines = [self._lines((*path, key), value, extent.indent) for key, value in new.items()]
            if path == ("models",):  # a model is defined above the models that call it
                above = self.offsets.of(self._extent((*path, next(iter(raw)))).key.line, 1)
                self.changes.append(Change(above, above, self.break_.join([*lines, ""])))
            else:
                self._below(extent, self.break_.join(lines))
        elif extent.form == "braces" and path != ("models",):
            added = ", ".join(f"{_yaml(key)}: {_yaml(value)}" for key, value in new.items())
            colon = ""
            if extent.is_open:
                before = self.source.text[: self.offsets.of(*extent.content_end)]
                colon = "" if before.endswith(": ") else " " if before.endswith(":") else ": "
                colon += "null"
            self._change(extent.content_end, extent.content_end, colon + ", " * bool(raw) + added)
        else:
            raise _CannotEdit

    def _add_items(self, path: Path, extent: Extent, raw: list[Any], new: list[Any]) -> None:
        added = [_yaml(item) for item in new[len(raw) :]]
        if not added:
            return
        for index in range(len(raw), len(new)):
            self.notes.setdefault((*path, index), "--set")
        if extent.form == "list":
            self._below(extent, self.break_.join(" " * extent.indent + f"- {item}" for item in added))
        elif extent.form == "brackets":
            self._change(extent.content_end, extent.content_end, ", " * bool(raw) + ", ".join(added))
        else:
            raise _CannotEdit

    def _added(self, path: Path) -> str:
        """The reason for a key that the file does not have, unless a value below it has a note."""
        if any(other[: len(path)] == path for other in self.notes):
            return ""
        elsewhere = self.spec.source_positions.key(path).source
        return "--set" if elsewhere.is_command_line or elsewhere is self.source else f"included from {elsewhere.name}"

    def _lines(self, path: Path, value: Any, indent: int) -> str:
        """A key and its value in block style; a section on several lines."""
        if path[0] in TEMPLATES and len(path) == 1:  # from an included file
            self.notes.setdefault(path, "included")
            return self.break_.join(dump({path[0]: value}).rstrip().splitlines())
        start = " " * indent + _yaml(str(path[-1])) + ":"
        if len(path) > 1 or path[-1] not in _BLOCKS or not isinstance(value, dict):
            self.notes.setdefault(path, self._added(path))
            return f"{start} {_yaml(value)}"
        lines = [f"{' ' * (indent + 2)}{_yaml(key)}: {_yaml(item)}" for key, item in value.items()]
        for key in value:
            self.notes.setdefault((*path, key), self._added((*path, key)))
        return self.break_.join([start, *lines])

    def _below(self, extent: Extent, text: str) -> None:
        """Adds lines below the last line of a value."""
        line, column = extent.content_end
        at = self.offsets.of(line, column)
        if column == 1 and at:  # the value is a text of several lines
            last = self.source.text[at - 1] not in "\r\n"
            self.changes.append(Change(at, at, self.break_ * last + text + self.break_))
            return
        end = self.offsets.line_end(line)
        self.changes.append(Change(end, end, self.break_ + text))

    def _delete(self, path: Path) -> None:
        """Removes a section and one of the blank lines around it."""
        extent = self._extent(path)
        last = extent.content_end.line - (extent.content_end.column == 1)
        start = self.offsets.of(extent.key.line, 1)
        lines = self.source.lines
        if (
            last < len(lines)
            and not lines[last].strip()
            and (extent.key.line == 1 or not lines[extent.key.line - 2].strip())
        ):
            last += 1
        end = self.offsets.of(last + 1, 1) if last < len(lines) else len(self.source.text)
        self.changes.append(Change(start, end, ""))

    def _drop_anchors(self) -> None:
        """Removes anchors: aliases are written out."""
        for extent in self.layout.values():
            if extent.anchor and extent.form != "alias":
                start = self.offsets.of(*extent.start)
                mark = f"&{extent.anchor}"
                if not self.source.text.startswith(mark, start):
                    raise _CannotEdit
                end = start + len(mark)
                end += len(self.source.text[end:]) - len(self.source.text[end:].lstrip(" "))
                change = Change(start, end, "")
                if not any(overlap(change, other) for other in self.changes):
                    self.changes.append(change)

    def _content_end(self, extent: Extent) -> int:
        end = self.offsets.of(*(extent.content_end if extent.form in ("block", "list") else extent.end))
        while self.source.text[end - 1] in "\r\n":
            end -= 1
        return end

    def _change(self, start: Place, end: Place, text: str) -> None:
        self.changes.append(Change(self.offsets.of(*start), self.offsets.of(*end), text))

    def _extent(self, path: Path) -> Extent:
        if path not in self.layout:
            raise _CannotEdit
        return self.layout[path]


def _formatted_like(text: str, before: Source) -> str:
    """Formats a text if the one that it was made from is formatted; else keeps its layout."""
    try:
        return format_text(text) if is_formatted(before) else text
    except (CannotFormat, SpecError):
        return text


def _rank(key: str) -> int:
    return DOCUMENT.index(key) if key in DOCUMENT else len(DOCUMENT)


def _put(values: dict[str, Any], path: Path, value: Any) -> None:
    """Sets the value at a path, and creates the mappings on the way."""
    here: Any = values
    for part in path[:-1]:
        if isinstance(here, dict) and here.get(part) is None:
            here[part] = {}
        here = here[part]
    here[path[-1]] = value


def _reads_as(text: str, name: str, values: Mapping[str, Any]) -> bool:
    """Whether a text reads as these values."""
    report = Report()
    tree = parse(Source(name, text), report) if text else None
    if tree is None or report.has_errors:
        return False
    substitute(tree, report)
    return not report.has_errors and _same(tree.value, values)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of the same types throughout."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other or (one != one and other != other))


def _means(raw: str, new: Any) -> bool:
    """Whether a written text is the value, with no expression in it but literal `$`."""
    if names_in(raw) or "${" in raw.replace("$$", ""):
        return False
    return type(new) is str and (raw.replace("$$", "$") if is_computed(raw) else raw) == new


def _escaped(value: Any) -> Any:
    """A plain value as a spec writes it: texts that only look like expressions are escaped."""
    if isinstance(value, (Uncomputed, SizeExpression)):
        return value
    if isinstance(value, str):
        return value.replace("$", "$$") if "$" in value and is_computed(value) else value
    if isinstance(value, dict):
        return {key: _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list) else value


def _yaml(value: Any) -> str:
    return to_yaml(_escaped(value))
