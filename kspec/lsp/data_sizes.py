"""The sizes that a spec's data decides, for an editor: the data is read again only when it or its settings change."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kspec.analysis.program import Analysis
from kspec.compiler.compile import compile_spec
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from kspec.language import Spec
from kspec.syntax.globs import TooManyEntries, is_glob, matches

MAX_NAMES = 20_000
"""How many names a glob looks at; an editor does not wait for more."""
MAX_BYTES = 50_000_000
"""Larger files, and folders, are not read: an editor does not wait for them."""


class DataSizes:
    """Reads the sizes of one document's data, and keeps those of the last reading."""

    def __init__(self) -> None:
        self._key: object = None
        self._sizes: dict[tuple[str, str], int] = {}

    def complete(self, spec: Spec, analysis: Analysis) -> Analysis:
        """An analysis with the sizes that the data decides; the same one where it needs none or cannot be read."""
        if spec.document.data is None or analysis.settings is None or not analysis.needs_data:
            return analysis
        state = file_state(named_files(spec.values["data"], spec))
        if state is None:
            return analysis
        key = json.dumps([spec.values["data"], sorted(analysis.settings.outputs), state], default=str)
        if key != self._key:
            self._key, self._sizes = key, _class_counts(spec)
        return (
            analyse(spec, Report(), sizes=lambda word, name: self._sizes.get((word, name))) if self._sizes else analysis
        )


def file_state(files: Iterator[Path]) -> list[tuple[str, int, int]] | None:
    """Path, time and size of each file; None if reading them would take long: folders, and large or missing files."""
    state = []
    try:
        for file in files:
            status = file.stat()
            if not file.is_file():
                return None
            state.append((str(file), status.st_mtime_ns, status.st_size))
    except OSError:
        return None
    return sorted(state) if sum(size for _, _, size in state) <= MAX_BYTES else None


def _class_counts(spec: Spec) -> dict[tuple[str, str], int]:
    dataset = compile_spec(spec, data="always").dataset
    counts = (
        {} if dataset is None else {("classes_of", name): dataset.size("classes_of", name) for name in dataset.labels}
    )
    return {key: count for key, count in counts.items() if count is not None}


def named_files(value: Any, spec: Spec) -> Iterator[Path]:
    """The files that texts in a value may name."""
    if isinstance(value, str) and value and "\0" not in value:
        pattern, may_read = spec.folder / value, spec.paths.reading_problem
        if may_read(value, pattern) is not None:
            return
        try:
            if os.path.exists(pattern):
                yield pattern
            elif is_glob(value):
                yield from matches(spec.folder, value, lambda folder: may_read(value, folder) is None, MAX_NAMES)
        except TooManyEntries:
            yield spec.folder  # which is not read, as any folder
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from named_files(item, spec)
