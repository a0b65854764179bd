"""What `--track` and `[tool.kspec]` name: a tracker and its address."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from kspec.diagnostics import Report, Source, Span, codes, did_you_mean
from kspec.lint.config import read_config
from kspec.syntax.credentials import Address, mask_credentials, split_credentials
from kspec.tracking.tracker import Tracker

GROUP = "kspec.trackers"
"""The entry points by which packages add trackers."""
OPTION = "--track"
NONE = "none"
"""Written instead of a tracker, it turns off those of `[tool.kspec]`."""
MLFLOW = "http://127.0.0.1:5000"
"""Where `mlflow server` listens on this machine."""
_NEEDS = {"mlflow": "mlflow", "tensorboard": "tensorboard"}
"""The package of each tracker that is a part of kspec."""


class MissingTracker(ModuleNotFoundError):
    """The package of a tracker is not installed.

    Args:
        tracker: The tracker, which is the extra of kspec, too.
    """

    def __init__(self, tracker: str) -> None:
        package = _NEEDS[tracker]
        text = f"the tracker {tracker} needs the package {package}: pip install 'kspec[{tracker}]', or --track none"
        super().__init__(text, name=package)


@dataclass(frozen=True, slots=True)
class Target:
    """A tracker to send runs to.

    Args:
        name: `mlflow`, `tensorboard`, or the name of an entry point.
        address: Where it is; its text is empty for the default of the tracker.
    """

    name: str
    address: Address

    @property
    def text(self) -> str:
        """As after `--track`, without credentials."""
        address = mask_credentials(self.address.text)
        return f"{self.name}:{address}" if address else self.name

    def to_json(self) -> list[str]:
        """The target as plain values, credentials included, for the process that sends."""
        return [self.name, *self.address]

    @classmethod
    def from_json(cls, values: list[str]) -> Target:
        """The target of `to_json`."""
        name, *address = values
        return cls(name, Address(*address))

    def open(self) -> Tracker:
        """The tracker itself."""
        if self.name == "mlflow":
            from kspec.tracking.mlflow_tracker import MlflowTracker

            return MlflowTracker(self.address)
        if self.name == "tensorboard":
            from kspec.tracking.tensorboard_tracker import TensorBoardTracker

            return TensorBoardTracker(self.address)
        make: Callable[[Address], Tracker] = entry_points(group=GROUP)[self.name].load()
        return make(self.address)

    def mask(self, text: str) -> str:
        """A text, such as the message of an error, without the credentials of this tracker."""
        for secret in {self.address.password, self.address.user} - {""}:
            text = text.replace(secret, "***")
        return mask_credentials(text)


def tracker_names() -> list[str]:
    """The trackers that can be named."""
    return [*_NEEDS, *sorted(each.name for each in entry_points(group=GROUP) if each.name not in _NEEDS)]


def targets_of(written: Iterable[str], folder: Path) -> list[Target]:
    """The trackers to send a run to: those of the command line, else those of the project.

    Args:
        written: The values of `--track`.
        folder: The folder of the spec, for the project's `pyproject.toml`.

    Raises:
        SpecError: If there is no such tracker.
        MissingTracker: If its package is not installed.
    """
    found = tuple(written) or read_config(Path(os.path.abspath(folder)), Report()).track
    targets = [target_of(text) for text in found if text != NONE]
    return list({target.text: target for target in targets}.values())


def target_of(text: str) -> Target:
    """The tracker that a text names.

    Args:
        text: As after `--track`.

    Raises:
        SpecError: If there is no such tracker.
        MissingTracker: If its package is not installed.
    """
    name, _, address = text.partition(":")
    names = tracker_names()
    if name not in names:
        label = did_you_mean(name, names)
        _fail(text, f"unknown tracker `{mask_credentials(name)}`", f"available trackers: {', '.join(names)}", label)
    package = _NEEDS.get(name)
    if package is not None and find_spec(package) is None:
        raise MissingTracker(name)
    if name == "mlflow" and not address:
        address = os.environ.get("MLFLOW_TRACKING_URI") or MLFLOW
    if name == "tensorboard" and address:
        address = os.path.abspath(os.path.expanduser(address))
    return Target(name, split_credentials(address))


def _fail(text: str, message: str, help: str, label: str = "") -> NoReturn:
    report, source = Report(), Source(OPTION, mask_credentials(text))
    span = Span(source, 1, 1, 1, len(source.text) + 1)
    report.error(codes.UNKNOWN_TRACKER, message, span, help=help, label=str(label))
    report.raise_errors()
    raise AssertionError
