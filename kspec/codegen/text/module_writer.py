"""The exported file while it is written: imports, constants, helper functions; and its final layout."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kspec.codegen.text.line_breaking import wrap
from kspec.codegen.text.literals import docstring, text

STANDARD = (
    *("bz2", "contextlib", "csv", "datetime", "fnmatch", "gzip", "hashlib", "io", "itertools", "json", "lzma", "math"),
    *("sqlite3", "zipfile"),
)


@dataclass(slots=True)
class ModuleWriter:
    """Collects the parts of the exported file.

    Args:
        variables: The spec's variables → their constants.
        used: The variables in use.
        constants: Constant → value in Python.
        imports: Modules: `csv`, `tensorflow as tf`.
        modules: Modules of Keras: `layers`, `ops`.
        helpers: Helper functions by name, the lines of each.
        folder: The folder of the exported file.
        uses_here: Whether the file reads other files by their path relative to its own.
    """

    variables: dict[str, str] = field(default_factory=dict)
    used: dict[str, None] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    helpers: dict[str, list[str]] = field(default_factory=dict)
    folder: Path = Path()
    uses_here: bool = False

    def relative_path(self, path: Path) -> str:
        """The path of a file that the spec reads, in Python, relative to the exported file."""
        self.uses_here = True
        self.imports.add("pathlib")
        return f"str(HERE / {text(Path(os.path.relpath(path, self.folder)).as_posix())})"

    def layout(self, header: Sequence[str], functions: Sequence[Sequence[str]], variables: Mapping[str, str]) -> str:
        """The text of the file.

        Args:
            header: The lines of the module's docstring, without quotes.
            functions: The lines of each function, in order.
            variables: Constant → value of the spec's variables.
        """
        constants = [f"{name} = {value}" for name, value in {**self.constants, **variables}.items()]
        sections = [
            "\n".join(section) for section in ([docstring(*header)], *self._imports(), _wrapped(constants)) if section
        ]
        bodies = ["\n".join(_wrapped(function)) for function in functions]
        return "\n\n\n".join(["\n\n".join(sections), *bodies, 'if __name__ == "__main__":\n    main()\n'])

    def _imports(self) -> list[list[str]]:
        standard = sorted(module for module in self.imports if module in STANDARD)
        lines = [f"import {module}" for module in standard]
        if "pathlib" in self.imports:
            lines.append("from pathlib import Path")
        others = sorted({"keras", *self.imports} - set(standard) - {"pathlib", "numpy as np"})
        third = [f"import {module}" for module in others]
        if "numpy as np" in self.imports:
            third.append("import numpy as np")
        third.sort(key=lambda line: line.removeprefix("import "))
        if self.modules:
            third.append(f"from keras import {', '.join(sorted(self.modules))}")
        return [lines, third] if lines else [third]


def _wrapped(lines: Sequence[str]) -> list[str]:
    """Lines of code, wrapped; comments and docstrings stay as they are."""
    result = []
    for line in lines:
        is_text = not line or line.lstrip().startswith(("#", '"""'))
        result += [line] if is_text else wrap(line)
    return result
