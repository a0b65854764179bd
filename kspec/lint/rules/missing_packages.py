"""KS436: classes and sources of data that need a package that is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from kspec.diagnostics import Path, codes
from kspec.language.source_packages import missing_package
from kspec.lint.context import RuleContext

PACKAGES = {
    "TensorBoard": ("tensorboard", "kspec[tensorboard]"),
    "RemoteMonitor": ("requests", "requests"),
    "STFTSpectrogram": ("scipy", "kspec[audio]"),
    "STFT": ("scipy", "kspec[audio]"),
}
"""Class of Keras → the package that it imports when it is used, and what to install."""
NEEDLESS = {"STFTSpectrogram": "window", "STFT": "window"}
"""Class → the argument that makes it do without the package, if it is null."""


def check(context: RuleContext) -> None:
    """Looks for these classes among the layers, with those inside their arguments, and the callbacks."""
    document = context.spec.document
    for key in ("layers", "models", "blocks"):
        for path, name, arguments in _classes(context.spec.values.get(key), (key,)):
            _check(context, path, name, arguments)
    for path, name, arguments in _classes(document.fit.callbacks, ("fit", "callbacks")):
        _check(context, path, name, arguments)
    source = "" if document.data is None else document.data.source
    if (package := missing_package(source)) is not None:
        _report(context, ("data", source), f"`{source}` data", package.name, package.install)


def _check(context: RuleContext, path: Path, name: str, arguments: Any) -> None:
    """Reports a class whose package is missing.

    Args:
        context: The network.
        path: Where the class is named.
        name: The class.
        arguments: Its arguments.
    """
    package, install = PACKAGES[name]
    argument = NEEDLESS.get(name)
    if argument and isinstance(arguments, dict) and arguments.get(argument, "") is None:
        return
    found = find_spec(package)
    if found is not None and found.origin is not None:  # a folder of this name is no package
        return
    _report(context, path, f"`{name}`", package, install)


def _report(context: RuleContext, path: Path, what: str, package: str, install: str) -> None:
    """Reports that a package is missing.

    Args:
        context: The network.
        path: What needs it.
        what: That in words.
        package: The package.
        install: What to install.
    """
    positions = context.spec.positions
    context.report.error(
        codes.MISSING_PACKAGE,
        f"{what} needs the package `{package}`, which is not installed",
        positions.key(path) if path in positions.keys else positions.value(path),
        help=f"install it: pip install '{install}'",
    )


def _classes(value: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    """The classes that need a package in a value: path, name, arguments."""
    if isinstance(value, str) and value in PACKAGES and path and path[-1] not in ("name", "from"):
        yield path, value, {}
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _classes(item, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in PACKAGES:
                yield (*path, key), key, item
            else:
                yield from _classes(item, (*path, key))
