"""KS413: arguments of metrics that do not suit their output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kspec.diagnostics import Path
from kspec.lint.rules.shared.fixes import Edits
from kspec.lint.rules.shared.metric_forms import CLASS_IOUS, metric_form
from kspec.lint.rules.shared.outputs import Output

Report = Callable[..., bool]
SetArgument = Callable[[str, str], Edits]

ACROSS_UNITS = frozenset({"CosineSimilarity", "PearsonCorrelation", "ConcordanceCorrelation"})


def check_arguments(
    report: Report, set_argument: SetArgument, output: Output, name: str, arguments: dict[str, Any], path: Path | None
) -> None:
    """Compares the arguments of a metric with its output.

    Args:
        report: Reports a message and a help, with edits and `is_error`.
        set_argument: The edits that set an argument to a value.
        output: The output.
        name: Keras's class of the metric.
        arguments: Its arguments in the spec.
        path: Its place in the spec; None for a default.
    """
    form, units = metric_form(name, arguments), output.units
    k = arguments.get("k", 5)
    if "TopK" in name and units is not None and isinstance(k, int) and k >= units:
        report(
            f"`{name}` is always 1: the class is always among the {k} most likely of {units}",
            f"add a `k` smaller than {units}",
        )
    classes = arguments.get("num_classes")
    counts_units = name in CLASS_IOUS and form is not None and form.reading == "largest"
    if counts_units and isinstance(classes, int) and units is not None and classes < units:
        report(
            f"`{name}` leaves out every class from {classes}, but `{output.name}` has {units} classes",
            f"write `num_classes: {units}`",
            set_argument("num_classes", str(units)),
            is_error=True,
        )
    chosen = arguments.get("class_id")
    if isinstance(chosen, int) and units is not None and not 0 <= chosen < units:
        report(
            f"`{name}` measures class {chosen}, but `{output.name}` has {units} units",
            f"write a `class_id` from 0 to {units - 1}",
            is_error=True,
        )
    labels = arguments.get("num_labels")
    if isinstance(labels, int) and arguments.get("multi_label") and units is not None and labels != units:
        report(
            f"`{name}` expects {labels} labels, but `{output.name}` has {units} units",
            f"write `num_labels: {units}`, or remove it",
            set_argument("num_labels", str(units)),
            is_error=True,
        )
    if name in ACROSS_UNITS and arguments.get("axis", -1) == 0:
        report(
            f"`{name}` over axis 0 compares the examples of a batch, so that its value depends on the batch size",
            "remove `axis`, or write `R2Score`, which compares all examples",
        )
    if name == "PearsonCorrelation" and output.settings.target_form == "multi_label":
        report(
            f"`{name}` is NaN as soon as all labels of an example are equal",
            "write `ConcordanceCorrelation`, or `binary_accuracy`",
        )
    is_weighted = path is not None and path[1] == "weighted_metrics"
    if (
        is_weighted
        and name == "BinaryIoU"
        and units is not None
        and units > 1
        and output.settings.target_form != "integer"
    ):
        report(
            f"`{name}` takes a weight for each unit, but the weights of `{output.name}` are those of its examples",
            "list it under `metrics`, or write a weighted `binary_accuracy`",
            is_error=True,
        )
        return
    if is_weighted and name.endswith("IoU") and not str(arguments.get("dtype", "int")).startswith(("float", "bfloat")):
        report(
            f"`{name}` counts in integers, and would cut off the fractions of sample weights",
            "add `dtype: float32`",
            set_argument("dtype", "float32"),
        )
