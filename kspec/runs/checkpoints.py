"""The checkpoints of a run, as its spec asks for them."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from kspec.data import Dataset
from kspec.language import Spec, load_file
from kspec.language.checkpoints import Checkpoint
from kspec.runs.run_folder import RunFolder
from kspec.runs.spec_fingerprint import plain_values
from kspec.training.console import Console

if TYPE_CHECKING:
    from kspec.runs.resumption import Resumption
    from kspec.training.checkpoints.recording import Checkpoints


def checkpoints_of(
    spec: Spec, folder: RunFolder, dataset: Dataset, console: Console, resumption: Resumption | None
) -> Checkpoints | None:
    """Where checkpoints go, and the one from which training goes on; None if the spec wants none, and none is there.

    Args:
        spec: The spec.
        folder: The run folder, with the resolved spec.
        dataset: The data.
        console: Where to print why one cannot be written.
        resumption: How the run goes on; None for one that begins.
    """
    from kspec.training.checkpoints.recording import Checkpoints
    from kspec.training.checkpoints.store import CheckpointStore

    setting, resumed = spec.document.fit.checkpoint, None if resumption is None else resumption.checkpoint
    if setting is False and resumed is None:
        return None
    writes, setting = setting is not False, setting or Checkpoint()
    open_to_spec = spec.permissions.folders if spec.permissions.folders is not None else (os.getcwd(),)
    own = spec.permissions._replace(folders=(*open_to_spec, os.fspath(spec.folder)))  # as the spec itself may read them
    return Checkpoints(
        CheckpointStore(folder.path, folder.write, setting.keep),
        plain_values(load_file(folder.path / "resolved.yaml", (), own)),
        dict(dataset.fingerprint),
        spec.document.fit.engine if resumed is None else resumed.facts.engine.setting,
        functools.partial(console.step, "warning"),
        setting.interval,
        resumed,
        writes=writes,
    )
