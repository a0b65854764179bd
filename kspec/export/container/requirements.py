"""The packages that an image needs, in the versions that are installed here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
"""What an image is, wherever it is written."""


def pinned_requirements(extras: Iterable[str], packages: Iterable[str] = ()) -> list[str]:
    """Everything that kspec needs, direct or not, as `name==version`, by name; kspec itself is not among it.

    Args:
        extras: The extras of kspec that are needed, too.
        packages: Other packages that are needed, by name.

    Raises:
        PackageNotFoundError: If one that is needed here, too, is not installed.
    """
    here = {key: str(value) for key, value in default_environment().items()}
    image = {**here, **LINUX}
    versions: dict[str, Version] = {}
    waiting = [("kspec", extra) for extra in ("", *extras)] + [(canonicalize_name(name), "") for name in packages]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        own = distribution(name)
        versions[name] = Version(own.version)
        needed_here = set(_needs(own, extra, here))
        for need in _needs(own, extra, image):
            if need not in seen and (need in needed_here or _is_installed(need[0])):
                seen.add(need)
                waiting.append(need)
    del versions["kspec"]
    return [f"{name}=={version.public}" for name, version in sorted(versions.items())]


def _needs(own: Distribution, extra: str, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What a package needs for an extra: packages with extras of theirs, each without one first.

    Args:
        own: The package.
        extra: The extra; empty for none.
        environment: What the markers of requirements are held against.
    """
    for text in own.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({**environment, "extra": extra}):
            for each in ("", *requirement.extras):
                yield canonicalize_name(requirement.name), each


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
