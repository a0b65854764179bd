"""A model that several trainings use one after another: what is traced and compiled for the first serves them all.

Each training builds a model of its own, and only that decides. Where the two are alike but for values, these move into
the shared model: weights, states of random generators, what layers have learned, rates of dropout, factors of
regularizers. Its optimizer and metrics begin anew. So the results are, to the bit, those of the training's own model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR

from kspec.analysis.hyperparameters import without_values_in_config
from kspec.backend.keras_objects import Maker
from kspec.compiler.define import BuiltModel
from kspec.training.compile import compile_model
from kspec.training.engine.traces import Traces
from kspec.training.hyperparameters import Hyperparameters
from kspec.training.learned_state import LEARNED, has_same_state, learns_unknown, move_state
from kspec.training.unscaled_metrics import set_units

_FUNCTIONS = ("train_function", "test_function", "predict_function")
"""What Keras's own loop has traced, as attributes of the model."""
_SAVED = ("seed", "_build_input_shape", "_build_shapes_dict")
"""Attributes of layers that only count when the model is saved: the shape is that of what they have learned from."""


@dataclass(slots=True)
class _Compiled:
    """What compiling for a stage of training has set.

    Args:
        line: The line for the user.
        attributes: The attributes of the model.
        initial: The values with which the optimizer begins; None for zeros.
    """

    line: str
    attributes: dict[str, Any]
    initial: list[np.ndarray[Any, Any] | None]


@dataclass(slots=True)
class SharedModel:
    """A model that several trainings use one after another.

    Attributes:
        built: The model; None before the first training.
        traces: What the engine has traced for it.
        trainings: How many have used it.
    """

    built: BuiltModel | None = None
    traces: Traces = field(default_factory=Traces)
    trainings: int = 0
    _stages: dict[int, _Compiled] = field(default_factory=dict)
    _active: _Compiled | None = None
    _is_random: bool = False

    def adopt(self, fresh: BuiltModel) -> BuiltModel:
        """The model to train, in the state of one that has just been built.

        Args:
            fresh: The model that a training has built, not compiled.

        Returns:
            The shared model, with its spec and settings; or the fresh one, which is shared from now on, where the
            shared one differs in more than values.
        """
        if self.built is None or not self.fits(fresh):
            self.built, self.trainings = fresh, 1
            self.traces.clear()
            self.traces.hyperparameters = Hyperparameters(fresh.model)
            self._stages.clear()
            self._active = None
            return fresh
        self._move(fresh)
        self.trainings += 1
        self.built = replace(fresh, model=self.built.model, network=self.built.network)
        return self.built

    def compile(self, built: BuiltModel, optimizer: Any, stage: int = 0) -> str:
        """Compiles the model for a stage, or puts it back to where compiling left it.

        Args:
            built: The model that `adopt` returned.
            optimizer: As a spec would write it.
            stage: The stage, from 1; 0 before the first.

        Returns:
            The line of `compile_model`.
        """
        attributes = vars(built.model)
        self._leave(attributes)
        known = self._stages.get(stage)
        if known is None:
            before = dict(attributes)
            line = compile_model(built.model, built.spec, built.settings, optimizer)
            own = {name for name, value in attributes.items() if before.get(name, self) is not value} | {*_FUNCTIONS}
            if built.model.trainable_variables:
                built.model.optimizer.build(built.model.trainable_variables)
            values = [np.asarray(variable.numpy()) for variable in built.model.optimizer.variables]
            initial = [value if value.any() else None for value in values]
            known = self._stages[stage] = _Compiled(line, dict.fromkeys(own), initial)
        else:
            attributes.update(known.attributes)
            for variable, value in zip(built.model.optimizer.variables, known.initial, strict=True):
                variable.assign(np.zeros(variable.shape, variable.dtype) if value is None else value)
            set_units(built.model, {name: output.scaling for name, output in built.settings.outputs.items()})
            rate = _constant_rate(optimizer)
            if rate is not None:
                built.model.optimizer.learning_rate = rate
        self._active = known
        return known.line

    def finish(self) -> None:
        """Notes, at the end of a training, whether its functions draw from Keras's global random generator."""
        self._is_random = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR) is not None

    def _leave(self, attributes: dict[str, Any]) -> None:
        """Keeps what has been traced since the model was compiled.

        Args:
            attributes: Those of the model.
        """
        if self._active is not None:
            self._active.attributes = {n: attributes[n] for n in self._active.attributes if n in attributes}

    def fits(self, fresh: BuiltModel) -> bool:
        """Whether a model differs from the shared one in nothing but values."""
        if self.built is None:
            return False
        if fresh.spec.document.extensions or self._is_random:
            return False  # code of the user's may keep anything, and a function its global generator
        mine, own = self.built, fresh
        if _compiled_settings(mine) != _compiled_settings(own) or mine.network.sizes != own.network.sizes:
            return False
        if _values(mine.model) != _values(own.model) or _tensors(mine) != _tensors(own):
            return False
        pairs = list(zip(_layers(mine.model), _layers(own.model), strict=False))
        if any(type(one) is not type(other) or learns_unknown(one) for one, other in pairs):
            return False
        return _text(mine.model.get_config()) == _text(own.model.get_config())

    def _move(self, fresh: BuiltModel) -> None:
        """Gives the shared model the state of a fresh one.

        Args:
            fresh: The fresh one.
        """
        assert self.built is not None
        assert self.traces.hyperparameters is not None
        model = self.built.model
        for variable, value in zip(model.variables, fresh.model.variables, strict=True):
            variable.assign(value.value)
        changed = []
        for layer, other in zip(_layers(model), _layers(fresh.model), strict=True):
            if layer.trainable != other.trainable:
                layer.trainable = other.trainable
            vars(layer).update({name: vars(other)[name] for name in _SAVED if name in vars(other)})
            if not has_same_state(layer, other):
                move_state(layer, other)
                changed.append(layer)
        if changed:
            self.traces.forget(changed)
        if self.traces.hyperparameters.move(Hyperparameters(fresh.model)) or changed:
            self._leave(vars(model))
            for stage in self._stages.values():
                stage.attributes |= dict.fromkeys(_FUNCTIONS)  # Keras's own loop has them as constants
            self._active = None


def _layers(model: keras.Model) -> list[Any]:
    return list(model._flatten_layers())


def _values(model: keras.Model) -> list[tuple[Any, ...]]:
    """What the variables of a model are, without their values."""
    return [(tuple(variable.shape), variable.dtype, variable.trainable) for variable in model.variables]


def _tensors(built: BuiltModel) -> dict[str, list[tuple[Any, ...]]]:
    """By node, the shapes and dtypes of its outputs."""
    return {
        name: [(tuple(value.shape), str(value.dtype)) for value in values if hasattr(value, "shape")]
        for name, values in built.network.values.items()
    }


def _compiled_settings(built: BuiltModel) -> tuple[Any, ...]:
    """What decides how a model is compiled.

    Of a scale it is only the kind, since its numbers are values. Class weights are weights of examples, which are data,
    unless they are those of columns.
    """
    settings = built.settings
    outputs = {
        name: replace(
            output,
            scaling=None if output.scaling is None else output.scaling.without_numbers(),
            class_weight=output.class_weight if output.weighs_columns else output.class_weight is not None,
        )
        for name, output in settings.outputs.items()
    }
    stages = [(stage.name, _without_rate(stage.optimizer), stage.trainable) for stage in settings.stages]
    compile_ = built.spec.document.compile.model_copy(update={"optimizer": None})
    return outputs, stages, _without_rate(settings.optimizer), compile_


def _constant_rate(optimizer: Any) -> float | None:
    """The learning rate of an optimizer; None for a schedule."""
    made = Maker().object("optimizer", optimizer)
    rate = getattr(made if not isinstance(made, str) else keras.optimizers.get(made), "_learning_rate", None)
    return float(rate.numpy()) if isinstance(rate, keras.Variable) else None


def _without_rate(optimizer: Any) -> Any:
    """An optimizer as a spec writes it, without a learning rate that is a number: a variable holds it."""
    head, arguments = (optimizer, {}) if isinstance(optimizer, str) else next(iter(optimizer.items()))
    rate = (arguments or {}).get("learning_rate", 0.0)
    if isinstance(rate, bool) or not isinstance(rate, (int, float)):
        return optimizer
    return {head: {key: value for key, value in (arguments or {}).items() if key != "learning_rate"}}


def _text(config: Any) -> str:
    """The configuration of a model without values: what layers have learned, from how much, seeds, hyperparameters."""
    return json.dumps(without_values_in_config(_without_values(config)), sort_keys=True, default=str)


def _without_values(value: Any) -> Any:
    if isinstance(value, dict):
        skipped = ("build_config",) if "class_name" in value else (*LEARNED, "seed")
        return {key: _without_values(item) for key, item in value.items() if key not in skipped}
    return [_without_values(item) for item in value] if isinstance(value, (list, tuple)) else value
