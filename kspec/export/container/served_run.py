"""The part of a run folder that serving needs, without what it tells of the machine that trained it."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from kspec.language import Permissions
from kspec.runs.run_contract import CONTRACT
from kspec.runs.run_folder import finite
from kspec.runs.run_record import read_record
from kspec.syntax.path_policy import PathPolicy
from kspec.syntax.regular_files import Opener, write_text

MODEL, RESOLVED, RECORD = "model.keras", "resolved.yaml", "run.json"
COPIES = "files"
"""The folder of a run that holds copies of vocabularies and constants."""
FACTS = ("version", "name", "status", "started", "seed", "engine", "versions", "outputs", "data", "members")
"""What the record of a served run keeps: neither paths nor hosts."""


def copy_served(folder: Path, target: Path) -> None:
    """Copies what serving a run needs.

    Args:
        folder: The run folder.
        target: The copy; it does not exist yet.

    Raises:
        RunFolderError: If its record cannot be read.
        OSError: If a file cannot be read or written, or is a link that leads out of the folder.
    """
    opener = PathPolicy(folder, Permissions(folders=())).open_file
    record = read_record(folder, opener)
    target.mkdir(parents=True)
    for name in (MODEL, RESOLVED, CONTRACT):
        if os.path.lexists(folder / name):
            _copy(folder / name, target / name, opener)
    for root, _, names in os.walk(folder / COPIES):
        for name in names:
            file = Path(root, name)
            _copy(file, target / file.relative_to(folder), opener)
    facts = {name: record[name] for name in FACTS if name in record}
    write_text(target / RECORD, json.dumps(finite(facts), indent=2, ensure_ascii=False) + "\n", newline="\n")
    members: dict[str, Any] = record.get("members") or {"kind": "", "count": 0}
    for number in range(1, members["count"] + 1):
        name = f"{members['kind']}-{number}"
        if (folder / name / MODEL).is_file():
            copy_served(folder / name, target / name)


def copy_extensions(modules: Iterable[str], target: Path) -> list[str]:
    """Copies the modules of a run's extensions beside its spec, from where they are imported.

    Args:
        modules: Their names; they have been imported.
        target: The folder of the copy of a run.

    Returns:
        The installed packages that have some of them; these are not copied.

    Raises:
        ModuleNotFoundError: If one has no file.
    """
    installed, found = packages_distributions(), set[str]()
    for name in dict.fromkeys(module.partition(".")[0] for module in modules):
        if name in installed:
            found.update(installed[name])
            continue
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        source = Path(spec.origin)
        if source.name == "__init__.py":
            shutil.copytree(source.parent, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target / source.name)
    return sorted(found)


def _copy(source: Path, target: Path, opener: Opener) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with opener(str(source)) as file, target.open("wb") as copy:
        shutil.copyfileobj(file, copy)
