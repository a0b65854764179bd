"""The rules: what kspec reports of a spec beyond its structure, its graph and its shapes.

A new rule takes one file here, one line below, and its code in `kspec/diagnostics/codes.py` with its page. The file has
one public function, `check(context: RuleContext) -> None`, that reports what it finds to `context.report`.

Syntactic rules look at the spec as written. Semantic rules run when the graph, the shapes and the settings are sound:
`context.types` and `context.settings` are set then. `context.profile` is set only where the data has been read; a rule
about data reports nothing without it. Rules of the `NETWORK` groups also run on each sub-model.
"""

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

from kspec.language.removed_values import RemovedValue
from kspec.lint.context import RuleContext

Rule = Callable[[RuleContext], None]

SYNTACTIC_NETWORK_RULES = (
    "node_arguments",
    "call_constants",
    "standardization",
    "embedding_vectors",
    "adapt_in_submodel",
)
SYNTACTIC_RULES = (
    "dtypes",
    "training_objects",
    "callbacks",
    "output_paths",
    "initial_weights",
    "applications",
    "missing_packages",
    "fixed_batch",
    "window_inputs",
    "window_split",
    "repeats",
)
SEMANTIC_NETWORK_RULES = (
    "constant_inputs",
    "layer_for_op",
    "size_values",
    "redundant_activation",
    "collapsed_dims",
    "training_argument",
    "processor_support",
    "workers_examples",
)
SEMANTIC_RULES = (
    "softmax_on_one_unit",
    "activation_and_crossentropy",
    "activation_and_logits",
    "loss_needs_probabilities",
    "loss_and_output",
    "bounded_regression",
    "target_scale",
    "units_and_target",
    "window_targets",
    "list_shapes",
    "target_layers",
    "future_items",
    "task_and_output",
    "per_position_output",
    "target_form",
    "accuracy_of_regression",
    "metric_and_target",
    "metrics_without_loss",
    "accuracy_of_labels",
    "hinge_activation",
    "prediction_threshold",
    "callback_monitor",
    "best_weights",
    "kept_epoch",
    "monitor_mode",
    "option_conflicts",
    "averaged_weights",
    "idle_options",
    "log_names",
    "batch_size",
    "memory_budget",
    "split_class_coverage",
    "repeated_rows",
    "shuffled_series",
    "holes_in_time",
    "unscaled_features",
    "target_copies",
    "identifier_columns",
    "constant_columns",
    "outliers",
    "split_drift",
    "layer_after_output",
    "adapted_layers",
    "embedding_range",
    "class_weight",
    "balance",
    "stages",
    "predicted_nodes",
    "minimized_outputs",
    "sweep",
    "workers",
)


def run_rules(names: tuple[str, ...], context: RuleContext) -> None:
    """Runs rules on a network; a rule's file is imported when it first runs.

    A rule that reads an invalid value of the spec, which has been reported, ends there: what it would conclude from a
    default is no mistake of the user's.

    Args:
        names: Files of this package, in order.
        context: The network, and the report that receives the diagnostics.
    """
    for name in names:
        rule: Rule = import_module(f"{__name__}.{name}").check
        with suppress(RemovedValue):
            rule(context)
