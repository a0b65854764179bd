"""What the exported file logs: the same names and means as a run of kspec, where Keras's own would differ."""

from __future__ import annotations

from collections.abc import Mapping

from kspec.analysis.metric_names import logged_metrics
from kspec.analysis.settings import OutputSettings, Settings
from kspec.codegen.data.target import Target
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.ir import Graph

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


_WEIGH_LOSSES = '''\
class TotalLoss(keras.metrics.Metric):
    """The loss of a model: a batch weighs what each of its losses counts in it."""

    def __init__(self, losses):
        super().__init__(name="loss")
        self.losses = losses
        shape = (len(keras.tree.flatten(losses._user_loss)) + 1,)
        self.sums = self.add_variable(shape, "zeros", name="sums")
        self.counts = self.add_variable(shape, "zeros", name="counts")

    def update_state(self, total, **_):
        losses = self.losses
        values, counts = zip(*losses.counted, (total - losses.total, losses.size), strict=True)
        counts = keras.ops.stack(counts)
        self.sums.assign_add(keras.ops.stack(values) * counts)
        self.counts.assign_add(counts)

    def result(self):
        return keras.ops.sum(keras.ops.divide_no_nan(self.sums, self.counts))


def weigh_losses(model):
    """Averages each logged loss over what it counts, such as the positions that a mask leaves; Keras over batches."""
    losses, module = model._compile_loss, keras.src.losses.loss
    build, call, reduce = losses.build, losses.call, module.reduce_weighted_values

    def build_counted(y_true, y_pred):
        build(y_true, y_pred)
        losses._flat_losses = [entry._replace(loss=counted(entry)) for entry in losses._flat_losses]
        for mean in losses.metrics:
            update = mean.update_state
            mean.update_state = lambda loss, update=update, **_: update(loss, losses.counted[-1][1])

    def counted(entry):
        weight = 1.0 if entry.loss_weights is None else entry.loss_weights

        def loss(y_true, y_pred, sample_weight=None):
            count = losses.size

            def reduce_and_count(values, sample_weight=None, mask=None, reduction="", dtype=None):
                nonlocal count
                if reduction == "mean_with_sample_weight":
                    weights = module.apply_mask(sample_weight, mask, "float32", reduction)
                    if weights is not None:
                        count = keras.ops.sum(keras.ops.cast(weights, "float32"))
                elif mask is not None and reduction in ("mean", "sum_over_batch_size"):
                    count = keras.ops.sum(keras.ops.cast(mask, "float32"))
                return reduce(values, sample_weight, mask, reduction, dtype)

            module.reduce_weighted_values = reduce_and_count
            try:
                value = entry.loss(y_true, y_pred, sample_weight)
            finally:
                module.reduce_weighted_values = reduce
            losses.counted.append((keras.ops.cast(value, "float32") * weight, count))
            return value

        return loss

    def call_counted(y_true, y_pred, sample_weight=None):
        losses.size = keras.ops.cast(keras.ops.shape(keras.tree.flatten(y_true)[0])[0], "float32")
        losses.counted = []
        losses.total = call(y_true, y_pred, sample_weight)
        return losses.total

    losses.build, losses.call = build_counted, call_counted
    model._loss_tracker = TotalLoss(losses)'''


def log_lines(settings: Settings, graph: Graph, targets: Mapping[str, Target], file: ModuleWriter) -> list[str]:
    """The lines after `model.compile`; none where Keras's logs are right.

    Args:
        settings: The settings of the outputs.
        graph: The network.
        targets: By output, its target.
        file: Gets the helper functions that the lines call.
    """
    lines = []
    values = {metric.key: metric.values for metric in logged_metrics(settings.outputs) if metric.values}
    if values:
        file.helpers["log_each_value"] = _LOG_EACH_VALUE.splitlines()
        names = ", ".join(f"{text(key)}: {literal(list(own))}" for key, own in values.items())
        lines.append(f"    log_each_value(model, {{{names}}})")
    trained = [output for output in settings.outputs.values() if output.loss is not None]
    by_position = any(target.encoding.predicts_positions for target in targets.values())
    if any(map(_counts_some, trained)) or (by_position and _has_masks(graph)):
        file.helpers["weigh_losses"] = _WEIGH_LOSSES.splitlines()
        lines.append("    weigh_losses(model)")
    elif len(trained) > 1:
        file.helpers["weigh_losses_by_examples"] = _WEIGH_LOSSES_BY_EXAMPLES.splitlines()
        lines.append("    weigh_losses_by_examples(model)")
    return lines


def _counts_some(output: OutputSettings) -> bool:
    """Whether a loss is a mean over something else than the examples."""
    arguments = next(iter(output.loss.values())) if isinstance(output.loss, dict) else None
    return output.ignored_label is not None or (arguments or {}).get("reduction") == "mean_with_sample_weight"


def _has_masks(graph: Graph) -> bool:
    """Whether a layer makes a mask, which may reach an output by position."""
    nodes = [node for network in (graph, *graph.models.values()) for node in network.nodes.values()]
    return any(node.head == "Masking" or node.arguments.get("mask_zero") is True for node in nodes)
