"""The file as it grows: imports, constants, functions; and how it is laid out in the end."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kspec.codegen.text.line_breaking import wrap
from kspec.codegen.text.literals import text

STANDARD = ("csv", "fnmatch", "gzip", "itertools", "math")


@dataclass(slots=True)
class File:
    """What has been asked for so far.

    Args:
        variables: The spec's variables → the constants that they become.
        used: Variables that are used.
        constants: Name → value, as Python writes it.
        imports: Modules: `csv`, `tensorflow as tf`.
        modules: Of Keras: `layers`, `ops`.
        helpers: Functions that the steps share, by name.
    """

    variables: dict[str, str] = field(default_factory=dict)
    used: dict[str, None] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    helpers: dict[str, list[str]] = field(default_factory=dict)
    folder: Path = Path()
    """Where it will lie."""
    uses_here: bool = False
    """Whether files are read that lie beside this one."""

    def beside(self, path: Path) -> str:
        """A file that the spec reads, in Python: by its place beside this one."""
        self.uses_here = True
        self.imports.add("pathlib")
        return f"str(HERE / {text(Path(os.path.relpath(path, self.folder)).as_posix())})"

    def layout(self, header: Sequence[str], functions: Sequence[Sequence[str]], variables: Mapping[str, str]) -> str:
        """The whole text.

        Args:
            header: The lines of the module's docstring, without quotes.
            functions: In order, the lines of each.
            variables: The spec's variables that are constants: name → value.
        """
        sections = [["\n".join(['"""' + header[0], *header[1:], '"""']) if len(header) > 1 else f'"""{header[0]}"""'],
                    *self._imports()]  # fmt: skip
        constants = [f"{name} = {value}" for name, value in {**self.constants, **variables}.items()]
        whole = "\n\n".join("\n".join(line for given in section for line in wrapped(given)) for section in sections)
        if constants:
            whole += "\n\n" + "\n".join(line for given in constants for line in wrap(given))
        for function in functions:
            whole += "\n\n\n" + "\n".join(line for given in function for line in wrapped(given))
        return whole + '\n\n\nif __name__ == "__main__":\n    main()\n'

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


def wrapped(line: str) -> list[str]:
    """A line of code wrapped; comments and docstrings as they are."""
    return [line] if line.lstrip().startswith(("#", '"""')) or not line else wrap(line)
