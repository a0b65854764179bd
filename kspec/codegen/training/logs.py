"""What the exported file logs: the same names and means as a run of kspec, where Keras's own would differ."""

from __future__ import annotations

from kspec.analysis.metric_names import logged_metrics
from kspec.analysis.settings import Settings
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import ModuleWriter

_LOG_EACH_VALUE = '''\
def log_each_value(model, names):
    """Logs each value of a metric that has several under its own name."""

    def get_metrics_result():
        results = type(model).get_metrics_result(model)
        for metric, own in names.items():
            values = keras.ops.unstack(results.pop(metric), num=len(own))
            results.update(zip(own, values, strict=True))
        return results

    model.get_metrics_result = get_metrics_result'''

_WEIGH_LOSSES_BY_EXAMPLES = '''\
def weigh_losses_by_examples(model):
    """Averages the loss of each output over examples; Keras averages it over batches."""
    losses = model._compile_loss
    build, call, size = losses.build, losses.call, {}

    def build_means(y_true, y_pred):
        build(y_true, y_pred)
        for mean in losses.metrics:
            update = mean.update_state
            mean.update_state = lambda loss, update=update, **_: update(loss, size["batch"])

    def call_losses(y_true, y_pred, sample_weight=None):
        size["batch"] = keras.ops.shape(next(iter(y_true.values())))[0]
        return call(y_true, y_pred, sample_weight)

    losses.build, losses.call = build_means, call_losses'''


def log_lines(settings: Settings, file: ModuleWriter) -> list[str]:
    """The lines after `model.compile`; none where Keras's logs are right.

    Args:
        settings: The settings of the outputs.
        file: Gets the helper functions that the lines call.
    """
    lines = []
    values = {metric.key: metric.values for metric in logged_metrics(settings.outputs) if metric.values}
    if values:
        file.helpers["log_each_value"] = _LOG_EACH_VALUE.splitlines()
        names = ", ".join(f"{text(key)}: {literal(list(own))}" for key, own in values.items())
        lines.append(f"    log_each_value(model, {{{names}}})")
    if sum(output.loss is not None for output in settings.outputs.values()) > 1:
        file.helpers["weigh_losses_by_examples"] = _WEIGH_LOSSES_BY_EXAMPLES.splitlines()
        lines.append("    weigh_losses_by_examples(model)")
    return lines
