"""Step 2, compile: makes optimizer, losses and metrics, and compiles the model."""

from __future__ import annotations

from typing import Any

from kspec.analysis.metric_names import logged_metrics, metric_call, object_names
from kspec.analysis.settings import OutputSettings, Settings
from kspec.analysis.task_inference import FREE_FORM_LOSSES, loss_name
from kspec.backend.keras_objects import Maker
from kspec.language import Spec
from kspec.training.column_losses import by_column
from kspec.training.ignored_examples import count_weighted, ignores_targets, known_accuracy
from kspec.training.ignored_labels import count_others, counted_metric
from kspec.training.padded_targets import of_real_positions, without_padding
from kspec.training.unscaled_metrics import measure_in_units


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
    partial = {name for name in trained if ignores_targets(spec.document.data, name)}
    metrics = {name: _metrics(maker, output.metrics, output) for name, output in trained.items()}
    weighted = {name: _metrics(maker, output.weighted_metrics, output) for name, output in trained.items()}
    for name, output in trained.items():
        if output.is_padded and loss_name(output.loss) not in FREE_FORM_LOSSES:
            form = output.target_form
            losses[name] = without_padding(losses[name], is_class=form == "integer")
            metrics[name] = [of_real_positions(metric, form) for metric in metrics[name]]
            weighted[name] = [of_real_positions(metric, form) for metric in weighted[name]]
    for name in partial - {
        name for name, output in trained.items() if output.is_padded
    }:  # a missing list is all padding
        own = [known_accuracy(metric, trained[name].target_form) for metric in trained[name].metrics]
        weighted[name] = [*map(count_weighted, _metrics(maker, own, trained[name])), *weighted[name]]
        metrics[name] = []
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
    from kspec.training.logs import log_each_value, weigh_losses

    log_each_value(model, {metric.key: metric.values for metric in logged_metrics(settings.outputs) if metric.values})
    weigh_losses(model)
    return _describe(optimizer, trained, single)


def _loss(maker: Maker, output: OutputSettings) -> Any:
    """Makes the loss of an output."""
    if not output.is_minimized:
        loss = maker.object("loss", output.loss)
        return by_column(loss) if output.weighs_columns else loss
    from kspec.training.losses import Minimize

    return Minimize()


def _metrics(maker: Maker, values: list[Any], output: OutputSettings) -> list[Any]:
    """Makes metrics with the names of a fresh process: Keras counts names over all models compiled so far.

    Args:
        maker: Makes Keras objects.
        values: The metrics as a spec would write them.
        output: The output: its metrics leave out the label that its loss ignores, and see values in the unit of the
            column.
    """
    metrics, ignored, scaling = [], output.ignored_label, output.scaling
    for metric, name in zip(values, object_names(values), strict=True):
        counted = None if ignored is None else counted_metric(metric)
        entry, _, arguments = metric_call(counted or metric)
        is_named = entry is None or not entry.path or "name" in arguments
        more = {} if is_named else {"name": name}
        if scaling is not None and entry is not None and entry.path and "dtype" not in arguments:
            more["dtype"] = "float64"
        made = maker.object("metric", counted or metric, **more)
        if scaling is not None and not isinstance(made, str):
            made = measure_in_units(made, scaling, output.name)
        metrics.append(made if counted is None or ignored is None else count_others(made, ignored))
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
        scaled = "" if output.scaling is None else " of the scaled target"
        parts.append(f"{prefix}{format_call(output.loss)}{scaled}" + (f" ({metrics})" if metrics else ""))
    return f"{format_call(optimizer)}; {'; '.join(parts) or 'nothing to train on'}"
