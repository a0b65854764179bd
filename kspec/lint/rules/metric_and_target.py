"""KS413: a metric that cannot measure the output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kspec import catalog
from kspec.analysis.target_facts import target_facts
from kspec.analysis.task_inference import FREE_FORM_LOSSES, PROBABILITIES
from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.accuracy_of_regression import ACCURACIES, is_regression
from kspec.lint.rules.shared.activations import RANGES
from kspec.lint.rules.shared.fixes import Edits, add_argument, give_argument, rename, replace
from kspec.lint.rules.shared.metric_arguments import check_arguments
from kspec.lint.rules.shared.metric_forms import MetricForm, metric_form
from kspec.lint.rules.shared.outputs import (
    Output,
    data_source,
    metric_span,
    metrics_of,
    trained_outputs,
)

FOR_INTEGERS = {
    "TopKCategoricalAccuracy": "SparseTopKCategoricalAccuracy",
    "CategoricalCrossentropy": "SparseCategoricalCrossentropy",
    "CategoricalAccuracy": "sparse_categorical_accuracy",
    "BinaryAccuracy": "accuracy",
    "OneHotIoU": "IoU",
    "OneHotMeanIoU": "MeanIoU",
}
"""Metrics for one-hot targets → those for integer class targets."""

FOR_ONE_HOT = {
    "SparseCategoricalAccuracy": "categorical_accuracy",
    "SparseTopKCategoricalAccuracy": "TopKCategoricalAccuracy",
    "SparseCategoricalCrossentropy": "CategoricalCrossentropy",
    "IoU": "OneHotIoU",
    "MeanIoU": "OneHotMeanIoU",
}
"""Metrics for integer class targets → those for one-hot targets."""

FOR_BINARY = {
    "CategoricalAccuracy": "binary_accuracy",
    "SparseCategoricalAccuracy": "binary_accuracy",
    "TopKCategoricalAccuracy": "binary_accuracy",
    "SparseTopKCategoricalAccuracy": "binary_accuracy",
    "CategoricalCrossentropy": "binary_crossentropy",
    "SparseCategoricalCrossentropy": "binary_crossentropy",
    "CategoricalHinge": "hinge",
    "OneHotIoU": "BinaryIoU",
    "OneHotMeanIoU": "BinaryIoU",
    "IoU": "BinaryIoU",
    "MeanIoU": "BinaryIoU",
    "Accuracy": "accuracy",
}
"""Metrics for classes that exclude each other → those for units that are true or false each on their own."""

NUMERIC = "mean_absolute_error"
CATEGORICAL = "categorical_crossentropy"
THRESHOLDS = frozenset({"threshold", "thresholds", "from_logits", "top_k"})
"""Arguments that set what a metric compares predictions with."""
OF_CLASSES = frozenset({"k", "num_classes", "target_class_ids", "sparse_y_true", "sparse_y_pred", "axis"})
"""Arguments that mean nothing without classes that exclude each other."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A metric of an output.

    Args:
        context: What the rule sees.
        output: The output.
        name: Keras's class of the metric.
        arguments: Its arguments in the spec.
        path: Its place in the spec; None for a default.
        form: What it takes.
    """

    context: RuleContext
    output: Output
    name: str
    arguments: dict[str, Any]
    path: Path | None
    form: MetricForm

    def report(self, message: str, help: str, edits: Edits = (), *, is_error: bool = False) -> bool:
        """Reports that the metric cannot measure the output.

        Args:
            message: Why.
            help: What to write instead.
            edits: The edits that do it.
            is_error: Whether Keras would stop, rather than log a meaningless number.
        """
        report = self.context.report.error if is_error else self.context.report.warning
        place = metric_span(self.context, self.output, self.path)
        report(codes.METRIC_OUTPUT_MISMATCH, message, place, help=help, edits=edits)
        return True

    def set_argument(self, name: str, value: str) -> Edits:
        """Sets an argument."""
        if self.path is None:
            return ()
        positions = self.context.spec.positions.values
        inside = next((path for path in positions if path[:-1] == self.path), None)
        if inside is not None:
            return add_argument(self.context, inside, name, value)
        return give_argument(self.context, self.path, self.name, name, value)

    def become(self, name: str) -> Edits:
        """Replaces a metric by another that takes its arguments, or needs none of them."""
        if self.path is None:
            return ()
        entry = catalog.find("metric", name)
        if entry is not None and self.arguments.keys() <= entry.parameters.keys():
            positions = self.context.spec.positions.values
            head = next((path[-1] for path in positions if path[:-1] == self.path), self.name)
            return rename(self.context, self.path, str(head), name)
        return replace(self.context, self.path, name) if self.arguments.keys() <= OF_CLASSES else ()


def check(context: RuleContext) -> None:
    """Compares each metric in the spec with its output and the form of the target."""
    for output in trained_outputs(context):
        if output.function == "softmax" and output.units == 1:
            continue  # KS402
        for name, arguments, path in metrics_of(context, output):
            form = metric_form(name, arguments)
            if form is None:
                continue  # Keras chooses `accuracy` to fit the output
            measurement = Measurement(context, output, name, arguments, path, form)
            if not any(step(measurement) for step in STEPS):
                check_arguments(measurement.report, measurement.set_argument, output, name, arguments, path)


def _free_form(m: Measurement) -> bool:
    """Losses whose targets are neither numbers nor classes of the units."""
    if m.output.loss not in FREE_FORM_LOSSES:
        return False
    return m.report(
        f"`{m.name}` cannot compare the predictions of `{m.output.name}` with its target, which has the form "
        f"that `{m.output.loss}` takes",
        "remove it",
        is_error=True,
    )


def _regression(m: Measurement) -> bool:
    if not m.form.is_score or not is_regression(m.output):
        return False
    if m.name in ACCURACIES:
        return True  # KS412
    return m.report(
        f"`{m.name}` is meaningless for the regression output `{m.output.name}`",
        f"write `{NUMERIC}`, or another regression metric",
        is_error=m.form.target == "classes" and (m.output.units != 1 or m.name == "SparseCategoricalCrossentropy"),
    )


def _integer_target(m: Measurement) -> bool:
    """A target that is the number of a class, where the metric takes a value for each unit."""
    if m.output.settings.target_form != "integer" or m.form.target == "classes" or m.output.units == 1:
        return False
    if not _is_form_known(m):
        return False
    other = FOR_INTEGERS.get(m.name, "")
    help, edits = f"write `{other}`", m.become(other) if other else ()
    if not other:
        is_sequence = m.output.shape is not None and len(m.output.shape) > 2
        help = f"write the loss `{CATEGORICAL}`, for one-hot targets"
        if is_sequence:
            help = "give the target a column for each class, or write `accuracy` or `MeanIoU`"
        elif not _others_take_integers(m):
            edits = _categorical_loss(m)
    return m.report(
        f"`{m.name}` expects one-hot targets, but the target of `{m.output.name}` is an integer class",
        help,
        edits,
        is_error=True,
    )


def _is_form_known(m: Measurement) -> bool:
    """Whether the form of the target is certain: by the loss that the spec sets, or by the target's columns."""
    context, spec = m.context, m.context.spec
    if m.output.loss_path is not None or spec.document.data is None or data_source(context) == "synthetic":
        return True
    assert context.types is not None
    return target_facts(spec, context.graph, context.types, context.profile)[m.output.name].columns is not None


def _others_take_integers(m: Measurement) -> bool:
    forms = (metric_form(name, arguments) for name, arguments, _ in metrics_of(m.context, m.output))
    return any(form is not None and form.target == "classes" for form in forms)


def _categorical_loss(m: Measurement) -> Edits:
    """Writes the loss that makes kspec one-hot encode the labels; the values of the loss stay the same."""
    if m.output.loss_path is not None:
        is_name = isinstance(m.output.settings.loss, str)
        return replace(m.context, m.output.loss_path, CATEGORICAL) if is_name else ()
    assert m.context.settings is not None
    if len(m.context.settings.outputs) > 1 or m.output.logits:
        return ()
    return add_argument(m.context, ("compile",), "loss", CATEGORICAL)


def _class_number(m: Measurement) -> bool:
    """A target with a value for each unit, where the metric takes the number of a class."""
    target, units = m.output.settings.target_form, m.output.units
    if m.form.target != "classes" or target == "integer" or units == 1 or units is None:
        return False
    if not _is_form_known(m):
        return False
    is_one_hot = target == "one_hot"
    other = (FOR_ONE_HOT if is_one_hot else FOR_BINARY).get(m.name, "")
    kind = "is one-hot" if is_one_hot else "has a value for each unit"
    return m.report(
        f"`{m.name}` expects an integer class, but the target of `{m.output.name}` {kind}",
        f"write `{other}`",
        m.become(other),
        is_error=True,
    )


def _one_true_class(m: Measurement) -> bool:
    """Units that are true or false each on their own, where the metric looks for the one largest."""
    alone = m.output.units == 1
    several = m.output.settings.target_form == "multi_label" or m.output.function in PROBABILITIES - {"softmax"}
    if m.form.target == "elements" or not (alone or several):
        return False
    if m.form.reading == "classes":  # a class number from one unit: see `_class_prediction`
        return False
    why = (
        f"is for several classes, and is meaningless for the single unit of `{m.output.name}`"
        if alone
        else f"looks only for the largest unit, but several units of `{m.output.name}` can be true"
    )
    is_error = alone and m.name == "SparseCategoricalCrossentropy"
    if "threshold" in _arguments_of(m.name):
        why = f"without `threshold` counts the largest unit of `{m.output.name}` as true" + (
            ", which is always its only one" if alone else ", but several can be true"
        )
        if m.output.function not in PROBABILITIES:
            return m.report(f"`{m.name}` {why}", f"end `{m.output.name}` with sigmoid, and add `threshold: 0.5`")
        return m.report(f"`{m.name}` {why}", "add `threshold: 0.5`", m.set_argument("threshold", "0.5"))
    other = FOR_BINARY[m.name]
    return m.report(f"`{m.name}` {why}", f"write `{other}`", m.become(other), is_error=is_error)


def _arguments_of(name: str) -> set[str]:
    return {"threshold"} if name in ("F1Score", "FBetaScore") else set()


def _positions(m: Measurement) -> bool:
    if not m.form.by_example or m.output.shape is None or len(m.output.shape) == 2:
        return False
    help = "write `Precision` and `Recall`, which count all positions"
    if m.name == "AUC":
        help = "remove `multi_label`"
    elif not m.form.is_score or is_regression(m.output):
        help = "write `mean_squared_error`"
    elif m.output.settings.target_form == "integer":
        help = "write `accuracy` or `MeanIoU`, which count all positions"
    return m.report(
        f"`{m.name}` takes one prediction for each example, but `{m.output.name}` predicts at every position",
        help,
        is_error=True,
    )


def _single_unit(m: Measurement) -> bool:
    if m.output.units is None or m.output.units >= m.form.units:
        return False
    if m.form.reading == "largest" and m.name in FOR_BINARY:
        other = FOR_BINARY[m.name]
        return m.report(
            f"`{m.name}` is for several classes, and is meaningless for the single unit of `{m.output.name}`",
            f"write `{other}`",
            m.become(other),
        )
    return m.report(
        f"`{m.name}` compares the units of an example with each other, and `{m.output.name}` has only one",
        "write `R2Score`, which compares the examples",
        replace(m.context, m.path, "R2Score") if not m.arguments and len(m.output.shape or ()) == 2 else (),
    )


def _class_prediction(m: Measurement) -> bool:
    """A metric that takes predictions for class numbers: probabilities between 0 and 1 would all be class 0."""
    if m.form.reading != "classes" or not m.output.function or m.output.units is None:
        return False
    if m.output.units == 1 or "sparse_y_pred" not in _class_arguments(m.name):
        other = FOR_BINARY[m.name]
        is_logits = other == "BinaryIoU" and m.output.function not in PROBABILITIES
        written = f"{other}: {{threshold: 0}}" if is_logits else other
        return m.report(
            f"`{m.name}` expects the number of a class, but `{m.output.name}` {_ending(m)}",
            f"write `{written}`",
            () if is_logits else m.become(other),
        )
    return m.report(
        f"`{m.name}` expects the number of a class, but `{m.output.name}` has a value for each of "
        f"{m.output.units} classes",
        "add `sparse_y_pred: false`",
        m.set_argument("sparse_y_pred", "false"),
        is_error=True,
    )


def _ending(m: Measurement) -> str:
    return "has no activation" if m.output.function == "linear" else f"ends with {m.output.function}"


def _class_arguments(name: str) -> set[str]:
    return {"sparse_y_pred"} if name.endswith("IoU") else set()


def _probabilities(m: Measurement) -> bool:
    """A metric of probabilities, of which the output gives none."""
    function = m.output.function
    if m.form.reading != "probabilities" or not function:
        return False
    if function == "softmax" and m.name == "BinaryCrossentropy":
        return m.report(
            f"Keras computes `{m.name}` from the logits of `{m.output.name}`, as if it ended with sigmoid",
            "write `categorical_crossentropy`",
            m.become("categorical_crossentropy"),
        )
    if function in PROBABILITIES:
        if m.arguments.get("from_logits") is not True or m.name == "AUC":
            return False
        return m.report(
            f"`{m.name}` expects logits with `from_logits`, but `{m.output.name}` ends with {function}",
            "remove `from_logits`",
            m.set_argument("from_logits", "false"),
        )
    if THRESHOLDS & m.arguments.keys() and "threshold" not in _arguments_of(m.name):
        return False
    gives = _ending(m)
    if m.output.logits and function == "linear":
        gives = "gives logits"
    elif m.output.settings.has_threshold and not m.output.settings.gives_probabilities:
        gives = "gives scores"
    help, edits = _cure_of_probabilities(m)
    return m.report(f"`{m.name}` expects probabilities, but `{m.output.name}` {gives}", help, edits)


def _cure_of_probabilities(m: Measurement) -> tuple[str, Edits]:
    output = m.output
    name, value = m.form.for_logits or ("", "")
    if value == "true" and output.logits:
        return f"write `{m.name}: {{{name}: {value}}}`", m.set_argument(name, value)
    if value == "0" and output.settings.has_threshold:
        why = "a logit of 0 is a probability of 0.5" if output.logits else "the sign of a score is its class"
        return f"write `{m.name}: {{{name}: 0}}`: {why}", m.set_argument(name, value)
    if output.logits:
        return f"end `{output.name}` with an activation, and remove `from_logits`", ()
    if output.settings.has_threshold:
        return f"remove it, or end `{output.name}` with sigmoid, and write the loss `binary_crossentropy`", ()
    return f"end `{output.name}` with an activation that gives probabilities, or write `mean_squared_error`", ()


def _logarithm(m: Measurement) -> bool:
    least, _ = RANGES.get(m.output.function, (None, None))
    if m.form.reading != "positive" or not m.output.function or (least is not None and least >= 0):
        return False
    return m.report(
        f"`{m.name}` takes the logarithm of predictions, and those of `{m.output.name}` can be negative",
        "end it with softplus or exponential, or write `mean_squared_error`",
    )


STEPS: tuple[Callable[[Measurement], bool], ...] = (
    _free_form,
    _positions,
    _regression,
    _integer_target,
    _class_number,
    _one_true_class,
    _single_unit,
    _class_prediction,
    _probabilities,
    _logarithm,
)
"""Each reports one reason why a metric cannot measure an output, and returns whether it did; the first one counts."""
