"""A run → a folder that builds an image which serves it, for Docker, Podman and the like."""

from __future__ import annotations

import platform
import tempfile
from importlib.metadata import metadata
from pathlib import Path

from kspec.export.container.own_wheel import write_wheel
from kspec.export.container.requirements import pinned_requirements
from kspec.export.container.served_run import copy_extensions, copy_served
from kspec.export.container.texts import container_texts
from kspec.export.formats import CannotExport, ExportContext
from kspec.lint.rules.missing_packages import PACKAGES
from kspec.serving.model import ServedModel, load_model

NOTED = ("tensorflow", "keras", "numpy")
"""The packages whose versions may change predictions."""


def write(context: ExportContext, path: Path) -> str:
    """Writes the folder; its copy of the run is loaded once.

    Raises:
        CannotExport: If the copy is not the run.
        PackageNotFoundError: If a package that serving needs is not installed.
        OSError: If the run cannot be read, or the folder cannot be written.
    """
    model = context.served
    assert model is not None
    run = Path("runs", model.name, model.folder.name)
    path.mkdir(parents=True)
    modules = context.spec.document.extensions
    packages = _copy_run(model, path / run, modules)
    extras = ["serve", *_extras(model)]
    _require_extras(extras)
    requirements = pinned_requirements(extras, packages)
    (path / "requirements.txt").write_text("\n".join(requirements) + "\n", encoding="utf-8")
    wheel = write_wheel(path).name
    major, minor, _ = platform.python_version_tuple()
    folder = context.target.name
    texts = container_texts(
        model.name, run.as_posix(), folder, wheel, extras, f"{major}.{minor}", allow_code=bool(modules)
    )
    for name, text in texts.items():
        (path / name).write_text(text, encoding="utf-8", newline="\n")
    for each in path.rglob("*"):  # whatever the umask: the user of the container is another one
        each.chmod(0o755 if each.is_dir() else 0o644)
    return _note(model, requirements)


def _copy_run(model: ServedModel, target: Path, modules: list[str]) -> list[str]:
    """Copies a run, where no path of its spec leads to what it was trained with, loads the copy, and moves it.

    Args:
        model: The model of the run.
        target: The folder of the copy.
        modules: The extensions of the run.

    Returns:
        The installed packages that have some of these.

    Raises:
        CannotExport: If the copy has another model.
    """
    copy_served(model.folder, target)
    packages = copy_extensions(modules, target) if modules else []
    with tempfile.TemporaryDirectory(prefix="kspec-") as place:
        copy = Path(place, target.name)
        copy_served(target, copy)
        if load_model(str(copy), place, allow_code=bool(modules)).fingerprint != model.fingerprint:
            raise CannotExport(f"the copy of {model.folder} has another model; the export was discarded")
    return packages


def _require_extras(extras: list[str]) -> None:
    """Checks that the metadata of this kspec know extras: those of a checkout are as old as its installation.

    Raises:
        CannotExport: If they do not.
    """
    known = metadata("kspec").get_all("Provides-Extra") or []
    unknown = [extra for extra in extras if extra not in known]
    if unknown:
        raise CannotExport(
            f"kspec is installed from a folder that has changed since, and does not know the extra {unknown[0]}: "
            "install it again, pip install -e FOLDER"
        )


def _extras(model: ServedModel) -> list[str]:
    """The extras of kspec that the layers of a model need."""
    names = {type(layer).__name__ for layer in model.run.model._flatten_layers()}
    installs = {install for name, (_, install) in PACKAGES.items() if name in names}
    return sorted(install.removeprefix("kspec[").removesuffix("]") for install in installs if "[" in install)


def _note(model: ServedModel, requirements: list[str]) -> str:
    """What a user must know: packages that have changed since the training."""
    now = dict(each.split("==") for each in requirements)
    before = model.run.record.get("versions", {})
    changed = [f"{name} {before[name]}, here {now[name]}" for name in NOTED if before.get(name, now[name]) != now[name]]
    return f"trained with {'; '.join(changed)}" if changed else ""
