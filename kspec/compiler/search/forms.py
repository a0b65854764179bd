"""The form of a point: points of one form differ in values that a training program takes as inputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kspec.analysis.program import Analysis
from kspec.compiler.search.programs import digest, program_of
from kspec.ir import Graph, Node
from kspec.language import Spec
from kspec.language.sweep import CONSTRAINT, Sweep

STACKED_LAYERS = frozenset(
    {
        "Activation",
        "Add",
        "AlphaDropout",
        "Average",
        "BatchNormalization",
        "Concatenate",
        "Dense",
        "Dropout",
        "ELU",
        "Flatten",
        "GaussianNoise",
        "LayerNormalization",
        "LeakyReLU",
        "Maximum",
        "Minimum",
        "Multiply",
        "PReLU",
        "ReLU",
        "Reshape",
        "Softmax",
        "Subtract",
    }
)
"""Layers of which many copies train in one program, sooner than one after another. Convolutions and recurrent layers
gain nothing: their operations are large, or loops."""
PREPROCESSING = frozenset(
    {
        "CategoryEncoding",
        "Discretization",
        "HashedCrossing",
        "Hashing",
        "IntegerLookup",
        "Normalization",
        "Rescaling",
        "StringLookup",
    }
)
"""Layers whose values the engine computes once, before training."""
STACKED_CALLBACKS = frozenset({"CSVLogger", "EarlyStopping", "TerminateOnNaN"})
"""Callbacks that change nothing in training but its end."""
STACKED_OPTIMIZERS = frozenset({"Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Nadam", "RMSprop", "SGD"})
"""Optimizers whose state is a value for each weight."""
_ELSEWHERE = ("kspec", "name", "seed", "sweep", "vars", "layers", "blocks", "models", "compile")
"""Sections that only decide values, or nothing of training, and those of the program."""


def form_of(spec: Spec, analysis: Analysis) -> str | None:
    """What points have in common whose trials can train together, in one program.

    Args:
        spec: The spec of a point, without errors.
        analysis: Its analysis.

    Returns:
        A hash; None if a trial of this point trains alone.
    """
    document, settings = spec.document, analysis.settings
    fit = document.fit
    plain = (
        settings is not None
        and fit.engine == "auto"
        and fit.stages is None
        and fit.workers is None
        and fit.repeats is None
        and fit.time_limit is None
        and fit.steps_per_epoch is None
        and fit.validation_freq == 1
        and not document.extensions
        and document.dtype_policy in (None, "float32")
        and document.data is not None
        and document.data.split.folds is None
        and all(_head(callback) in STACKED_CALLBACKS for callback in fit.callbacks)
    )
    if not plain or not _is_dense(analysis.graph):
        return None
    assert settings is not None
    if _head(settings.optimizer) not in STACKED_OPTIMIZERS or any(
        output.loss is None or output.is_minimized or output.is_padded or output.weighs_columns
        for output in settings.outputs.values()
    ):
        return None
    return digest([program_of(spec, analysis), _settings(spec.values)])


def measures_time(sweep: Sweep) -> bool:
    """Whether a sweep judges trials by their time, which they then need to themselves."""
    limits: Iterable[Any] = (CONSTRAINT.fullmatch(text) for text in sweep.constraints)
    measured = {name for name, _ in sweep.goal.directions} | {match[1] for match in limits if match is not None}
    return "seconds" in measured


def _is_dense(graph: Graph) -> bool:
    """Whether all that trains in a network are layers that stack."""
    return not graph.models and graph.application is None and all(map(_stacks, graph.calls))


def _stacks(node: Node) -> bool:
    return node.kind == "layer" and node.head in STACKED_LAYERS | PREPROCESSING


def _head(value: Any) -> str:
    """The class of an object as a spec writes it."""
    return str(value if isinstance(value, str) else next(iter(value)))


def _settings(values: Any) -> dict[str, Any]:
    """What a spec says besides its network, without class weights and seed, which are inputs of a program."""
    kept = {name: value for name, value in values.items() if name not in _ELSEWHERE}
    fit = dict(kept.get("fit") or {})
    fit["class_weight"] = fit.get("class_weight") is not None
    return {**kept, "fit": fit}
