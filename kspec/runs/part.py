"""What a run has in common with the others of several: folds of a split, repeats with other seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kspec.data.shared_table import SharedTable
from kspec.runs.trained import Trained

if TYPE_CHECKING:
    from kspec.training.shared_model import SharedModel


@dataclass(frozen=True, slots=True)
class Part:
    """What a run has in common with the others of several.

    Args:
        table: The table of the data, once one of them has read it.
        model: The model that they train one after another; no result of a run keeps it.
        finish: Called with the trained model once the run has predicted.
        trainings: About how many runs there are, if the engine `auto` decides for all of them beforehand; see
            `FusedEngine`.
    """

    table: SharedTable
    model: SharedModel
    finish: Callable[[Trained], None] = lambda _: None
    trainings: float | None = None
