"""The packages that some sources need, which kspec installs only with an extra."""

from importlib.util import find_spec
from typing import NamedTuple


class SourcePackage(NamedTuple):
    """A package, and what to install for it."""

    name: str
    install: str


SOURCE_PACKAGES = {
    "excel": SourcePackage("python_calamine", "kspec[excel]"),
    "sql": SourcePackage("adbc_driver_manager", "kspec[sql]"),
}
"""Source → the package that reads it."""


def missing_package(source: str) -> SourcePackage | None:
    """The package that a source needs, if it is not installed."""
    package = SOURCE_PACKAGES.get(source)
    return package if package is not None and find_spec(package.name) is None else None
