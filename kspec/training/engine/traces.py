"""What the fused engine has traced: loops, and the parts of models that they run."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import keras

from kspec.training.engine.loops import Loops

if TYPE_CHECKING:
    from kspec.training.engine.precompute import Core, PrecomputedPrefix
    from kspec.training.hyperparameters import Hyperparameters

T = TypeVar("T")


class Traces:
    """What is traced for a model, in each way that it has been compiled.

    Attributes:
        hyperparameters: Those that loops take as inputs; None if they have them as constants.
    """

    def __init__(self) -> None:
        self._cores: dict[tuple[str, ...], Core] = {}
        self._loops: dict[tuple[tuple[int, int], int], Loops] = {}
        self._traced: dict[tuple[int, int], dict[Hashable, Any]] = {}
        self._programs: dict[Hashable, tuple[keras.Layer, Any]] = {}
        self.hyperparameters: Hyperparameters | None = None

    def core_of(self, prefix: PrecomputedPrefix) -> Core:
        """The part of the model that follows a prefix, one object for equal prefixes."""
        if prefix.boundary not in self._cores:
            self._cores[prefix.boundary] = prefix.core
        return self._cores[prefix.boundary]

    def loops(self, model: keras.Model, core: keras.Layer, batch_size: int) -> Loops:
        """The loops of a model as it is compiled now.

        Args:
            model: The model; compiled, unless it only predicts.
            core: What the steps call.
            batch_size: Examples in a step.
        """
        key = id(getattr(model, "optimizer", None)), id(core)
        if (key, batch_size) not in self._loops:
            traced = self._traced.setdefault(key, {})
            self._loops[key, batch_size] = Loops(model, core, batch_size, traced, self.hyperparameters)
        return self._loops[key, batch_size]

    def program(self, core: keras.Layer, key: Hashable, make: Callable[[], T]) -> T:
        """Another function of a part of the model, traced once for equal keys.

        Args:
            core: The part.
            key: What the function depends on beside the part.
            make: Traces it.
        """
        key = id(core), key
        if key not in self._programs:
            self._programs[key] = core, make()
        program: T = self._programs[key][1]
        return program

    def forget(self, layers: Sequence[keras.Layer]) -> None:
        """Drops what was traced for some layers.

        Args:
            layers: Layers that compute other values now.
        """
        stale = {id(layer) for layer in layers}

        def is_stale(core: keras.Layer) -> bool:
            return not stale.isdisjoint(id(layer) for layer in core._flatten_layers())

        self._cores = {key: core for key, core in self._cores.items() if not is_stale(core)}
        self._loops = {key: loops for key, loops in self._loops.items() if not is_stale(loops.core)}
        cores = {id(loops.core) for loops in self._loops.values()}
        self._traced = {key: traced for key, traced in self._traced.items() if key[1] in cores}
        self._programs = {key: kept for key, kept in self._programs.items() if not is_stale(kept[0])}

    def clear(self) -> None:
        """Drops everything."""
        self._cores.clear()
        self._loops.clear()
        self._traced.clear()
        self._programs.clear()
