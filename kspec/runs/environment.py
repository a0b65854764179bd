"""What it takes to repeat a run: versions, machine, command."""

from __future__ import annotations

import functools
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from kspec.syntax.credentials import mask_credentials


@functools.cache
def environment() -> dict[str, Any]:
    """Package versions and the kind of machine."""
    packages = {}
    for package in ("kspec", "tensorflow", "keras", "numpy", "pyarrow"):
        try:
            packages[package] = version(package)
        except PackageNotFoundError:
            packages[package] = "?"
    return {
        "versions": {"python": platform.python_version(), **packages},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
    }


def command_line() -> str:
    """The command line of this process without credentials; `kspec …` under `python -m kspec` too."""
    import shlex

    path = sys.argv[0] if sys.argv else ""
    name = "kspec" if path.endswith(os.path.join("kspec", "__main__.py")) else os.path.basename(path)
    return mask_credentials(shlex.join([name, *sys.argv[1:]]))
