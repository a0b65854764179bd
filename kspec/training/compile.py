"""Step 2, compile: makes optimizer, losses and metrics, and compiles the model."""

from __future__ import annotations

from typing import Any

from kspec import catalog
from kspec.analysis.settings import OutputSettings, Settings
from kspec.backend.keras_objects import Maker
from kspec.language import Spec
from kspec.syntax.names import snake_case


def compile_model(model: Any, spec: Spec, settings: Settings, optimizer: Any = None) -> str:
    """Compiles the model.

    Args:
        model: The Keras model.
        spec: The spec.
        settings: Losses and metrics by output.
        optimizer: A plain value, `{"Adam": {…}}`; that of `compile` by default.

    Returns:
        A line for the user: `Adam; binary_crossentropy (accuracy)`.
    """
    optimizer = settings.optimizer if optimizer is None else optimizer
    maker = Maker()
    trained = {name: output for name, output in settings.outputs.items() if output.loss is not None}
    losses = {name: _loss(maker, output) for name, output in trained.items()}
    metrics = {name: _metrics(maker, output.metrics) for name, output in trained.items()}
    weighted = {name: _metrics(maker, output.weighted_metrics) for name, output in trained.items()}
    weights = {name: output.loss_weight for name, output in trained.items() if output.loss_weight is not None}
    single = len(settings.outputs) == 1
    model.compile(
        optimizer=maker.object("optimizer", optimizer),
        loss=_only(losses) if single else losses or None,
        loss_weights=(_only(weights) if single else weights) if weights else None,
        metrics=_only(metrics) if single else metrics or None,
        weighted_metrics=(_only(weighted) if single else weighted) if any(weighted.values()) else None,
        auto_scale_loss=spec.document.compile.auto_scale_loss,
        jit_compile=False,
    )
    if any(output.is_minimized for output in trained.values()):
        model.get_compile_config = lambda: None  # Keras alone could not load a saved model with a loss of kspec
    return _describe(optimizer, trained, single)


def _loss(maker: Maker, output: OutputSettings) -> Any:
    """Makes the loss of an output."""
    if not output.is_minimized:
        return maker.object("loss", output.loss)
    from kspec.training.losses import Minimize

    return Minimize()


def _metrics(maker: Maker, values: list[Any]) -> list[Any]:
    """Makes metrics with the names of a fresh process: Keras counts names over all models compiled so far."""
    metrics = []
    counts: dict[str, int] = {}
    for metric in values:
        name = metric if isinstance(metric, str) else next(iter(metric))
        entry = catalog.find("metric", name)
        more = {}
        named = isinstance(metric, dict) and "name" in (metric[name] or {})
        if entry is not None and entry.path and not named and entry.parameters["name"].default is None:
            stem = snake_case(entry.name)
            count = counts[stem] = counts.get(stem, -1) + 1
            more["name"] = f"{stem}_{count}" if count else stem
        metrics.append(maker.object("metric", metric, **more))
    return metrics


def _only(by_output: dict[str, Any]) -> Any:
    return next(iter(by_output.values()), None)


def format_call(value: Any) -> str:
    """A class and its arguments as Keras users write a call, for the lines that `run` prints.

    >>> format_call({"Adam": {"learning_rate": 0.001}})
    'Adam(learning_rate=0.001)'
    """
    if not isinstance(value, dict):
        return str(value)
    name, arguments = next(iter(value.items()))
    inside = ", ".join(f"{key}={item}" for key, item in (arguments or {}).items())
    return f"{name}({inside})" if inside else str(name)


def _describe(optimizer: Any, trained: dict[str, Any], single: bool) -> str:
    parts = []
    for name, output in trained.items():
        metrics = ", ".join(format_call(metric) for metric in [*output.metrics, *output.weighted_metrics])
        prefix = "" if single else f"{name}: "
        parts.append(f"{prefix}{format_call(output.loss)}" + (f" ({metrics})" if metrics else ""))
    return f"{format_call(optimizer)}; {'; '.join(parts) or 'nothing to train on'}"
