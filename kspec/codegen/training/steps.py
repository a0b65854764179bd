"""The steps compile, fit and evaluate in `main`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kspec import catalog
from kspec.analysis.settings import OutputSettings, Settings
from kspec.analysis.task_inference import loss_name
from kspec.codegen.data.examples import Examples
from kspec.codegen.data.step_rows import StepRows
from kspec.codegen.model.arguments import UnsupportedInPython, Writer
from kspec.codegen.text.literals import Code, dict_of, literal, text, text_of
from kspec.codegen.training.weights import training_weights
from kspec.diagnostics import Path
from kspec.language import Spec
from kspec.syntax.names import snake_case
from kspec.training.ignored_labels import counted_metric

_LATE_VARIABLES = ("R2Score", "r2_score", "PearsonCorrelation", "ConcordanceCorrelation", "FBetaScore", "F1Score")
"""Metrics whose variables Keras makes at the first batch, or that lose digits beside a large mean."""

_COUNT_OTHERS = '''\
def count_others(metric, ignored):
    """A metric that counts only the examples with another label than the ignored one."""
    update = metric.update_state

    def update_state(y_true, y_pred, sample_weight=None):
        counted = keras.ops.not_equal(y_true, keras.ops.cast(ignored, y_true.dtype))
        weight = keras.ops.cast(counted, "float32")
        if sample_weight is not None:
            own = keras.ops.cast(sample_weight, "float32")
            weight = weight * keras.ops.reshape(own, keras.ops.shape(weight))
        return update(keras.ops.where(counted, y_true, keras.ops.zeros_like(y_true)), y_pred, weight)

    metric.update_state = update_state
    return metric'''

_MINIMIZE = '''\
class Minimize(keras.losses.Loss):
    """The mean of an output that is a loss itself; its target is a placeholder."""

    def __call__(self, y_true, y_pred, sample_weight=None):
        return super().__call__(y_true, y_pred + 0, sample_weight)  # without the mask

    def call(self, y_true, y_pred):
        return keras.ops.mean(y_pred, axis=tuple(range(1, len(y_pred.shape))))'''


def compile_lines(
    spec: Spec,
    settings: Settings,
    writer: Writer,
    names: Mapping[str, str],
    optimizer: str = "",
    units: Mapping[str, str] | None = None,
) -> list[str]:
    """The call of `model.compile`, including all defaults of kspec.

    Args:
        spec: The spec.
        settings: The settings of the outputs.
        writer: Writes objects.
        names: What expressions may use: variable → Python name.
        optimizer: The variable of the optimizer; by default the spec's optimizer.
        units: By output with a scaled target, the function to the unit of its column, in Python.
    """
    trained = {name: output for name, output in settings.outputs.items() if output.loss is not None}
    single = len(settings.outputs) == 1
    optimizer = optimizer or writer.object("optimizer", settings.optimizer, ("compile", "optimizer"), names)
    arguments = [f"optimizer={optimizer}"]
    losses = {name: _loss(output, writer, _loss_path(name, single), names) for name, output in trained.items()}
    if losses:
        arguments.append(f"loss={_by_output(losses, single=single)}")
    weights = {name: literal(o.loss_weight) for name, o in trained.items() if o.loss_weight is not None}
    if weights:
        arguments.append(f"loss_weights={_by_output(weights, single=single)}")
    counts: dict[str, int] = {}
    for key in ("metrics", "weighted_metrics"):
        lists = {
            name: _output_metrics(output, key, writer, names, counts, (units or {}).get(name, ""))
            for name, output in trained.items()
        }
        if any(lists.values()):
            metrics = {name: f"[{', '.join(codes)}]" for name, codes in lists.items() if codes}
            arguments.append(f"{key}={_by_output(metrics, single=single)}")
    if not spec.document.compile.auto_scale_loss:
        arguments.append("auto_scale_loss=False")
    return [
        "    # XLA rounds differently; without it, the same seed gives the same weights.",
        f"    model.compile({', '.join([*arguments, 'jit_compile=False'])})",
    ]


def _loss_path(output: str, single: bool) -> Path:
    return ("compile", "loss") if single else ("compile", "loss", output)


def _loss(output: OutputSettings, writer: Writer, path: Path, names: Mapping[str, str]) -> str:
    """The loss of an output in Python.

    Args:
        output: The settings of the output.
        writer: Writes objects.
        path: The place of the loss in the spec.
        names: What expressions may use: variable → Python name.
    """
    if output.is_minimized:
        return "Minimize()"
    entry = catalog.find("loss", loss_name(output.loss))
    if not output.weighs_columns or entry is None:
        return writer.object("loss", output.loss, path, names)
    arguments = next(iter(output.loss.values())) if isinstance(output.loss, dict) else None
    return f"ByColumn({writer.construct(entry, arguments or {}, path, names)})"


def count_others_function(outputs: Mapping[str, OutputSettings]) -> list[str]:
    """The lines of the function that keeps an ignored label out of metrics; none without any."""
    metrics = [
        metric
        for output in outputs.values()
        if output.loss is not None and output.ignored_label is not None
        for metric in (*output.metrics, *output.weighted_metrics)
    ]
    return _COUNT_OTHERS.splitlines() if any(counted_metric(metric) is not None for metric in metrics) else []


def minimize_class(outputs: Mapping[str, OutputSettings]) -> list[str]:
    """The lines of the loss of outputs that are losses themselves; none without any."""
    return _MINIMIZE.splitlines() if any(output.is_minimized for output in outputs.values()) else []


def _output_metrics(
    output: OutputSettings, key: str, writer: Writer, names: Mapping[str, str], counts: dict[str, int], units: str
) -> list[str]:
    """The metrics of an output in Python; those of class numbers do not count a label that the loss ignores.

    Args:
        output: The settings of the output.
        key: `metrics` or `weighted_metrics`.
        writer: Writes objects.
        names: What expressions may use: variable → Python name.
        counts: Automatic name → the number of unnamed metrics so far, over all outputs.
        units: The function from a scaled target to the unit of its column, in Python; empty without one.
    """
    metrics, ignored = getattr(output, key), output.ignored_label
    if units:
        measured = _metrics(metrics, writer, names, counts, ['dtype="float64"'])
        return [f"in_units({metric}, {units})" for metric in measured]
    counted = [None if ignored is None else counted_metric(metric) for metric in metrics]
    codes = _metrics([own or metric for own, metric in zip(counted, metrics, strict=True)], writer, names, counts)
    return [
        code if own is None else f"count_others({_object(code)}, {ignored})"
        for own, code in zip(counted, codes, strict=True)
    ]


def _object(metric: str) -> str:
    """A metric in Python as an object, not as a name."""
    return f"keras.metrics.get({metric})" if metric.startswith(('"', "'")) else metric


def _metrics(
    metrics: list[Any],
    writer: Writer,
    names: Mapping[str, str],
    counts: dict[str, int],
    more: Sequence[str] = (),
) -> list[str]:
    """Metrics in Python, with the names that they have in kspec.

    Keras names a metric given as a string by that string, and numbers unnamed objects over all outputs.

    Args:
        metrics: The metrics of an output in the spec.
        writer: Writes objects.
        names: What expressions may use: variable → Python name.
        counts: Automatic name → the number of unnamed metrics so far, over all outputs.
        more: Further arguments of each metric; those of a scaled target are objects with these.
    """
    codes = []
    own: dict[str, int] = {}
    for metric in metrics:
        head = metric if isinstance(metric, str) else next(iter(metric))
        arguments = {} if isinstance(metric, str) else metric[head] or {}
        entry = catalog.find("metric", head)
        if more and (entry is None or head in _LATE_VARIABLES or "dtype" in arguments):
            raise UnsupportedInPython(f"measure `{head}` in the unit of a scaled target", ("compile", "metrics"))
        if entry is None or not entry.path:
            codes.append(writer.object("metric", metric, ("compile", "metrics"), names))
            continue
        keywords = [*more]
        name = entry.parameters["name"].default
        if name is None and "name" not in arguments:
            stem = snake_case(entry.name)
            count = own[stem] = own.get(stem, -1) + 1
            name = f"{stem}_{count}" if count else stem
            if counts.get(stem, 0) != count:
                keywords.append(f"name={text(name)}")
            counts[stem] = counts.get(stem, 0) + 1
        if isinstance(metric, str) and metric == name and not keywords:
            codes.append(literal(metric))
        else:
            codes.append(writer.construct(entry, arguments, ("compile", "metrics", head), names, keywords))
    return codes


def _by_output(values: Mapping[str, str], *, single: bool) -> str:
    """A value for each output as Keras takes them: a dict, or the only value."""
    return next(iter(values.values())) if single else dict_of(values)


def fit_lines(
    examples: Examples,
    settings: Settings,
    batch_size: str,
    epochs: str,
    callbacks: Sequence[str],
    first_epoch: str = "",
) -> list[str]:
    """The call of `model.fit`, with batches shuffled by the seed.

    Args:
        examples: All examples of `main`.
        settings: The settings of the outputs.
        batch_size: The batch size in Python.
        epochs: The number of epochs in Python.
        callbacks: The callbacks in Python.
        first_epoch: The first epoch in Python; empty for 0.
    """
    info, file = examples.info, examples.file
    fit = info.spec.document.fit
    weight_lines: list[str] = []
    weights = training_weights(examples, settings.outputs, weight_lines)
    if weights and not weights.isidentifier():
        weight_lines.append(f"    weights = {weights}")
        weights = "weights"
    train = "train" if info.data.balance is None else "balanced_train"
    arrays = ["x", "y", *([weights] if weights else [])]
    if fit.shuffle or fit.steps_per_epoch:
        _write_batches(examples, batch_size, weighted=bool(weights))
        steps = str(fit.steps_per_epoch) if fit.steps_per_epoch else f"math.ceil(len({train}) / {batch_size})"
        if not fit.steps_per_epoch:
            file.imports.add("math")
        by_epoch = first_epoch and not fit.steps_per_epoch  # otherwise an epoch may start anywhere in the data
        batches = f"batches({', '.join([*arrays, train, *([first_epoch] if by_epoch else [])])})"
        if first_epoch and not by_epoch:
            batches = f"(batch for batch in itertools.islice({batches}, {first_epoch} * {steps}, None))"
            file.imports.add("itertools")
        arguments = [batches, f"steps_per_epoch={steps}", "shuffle=False"]
    else:
        own = examples.rows("weights", train).replace("weights", weights, 1) if weights else ""
        weighted = [f"sample_weight={own}"] if weights else []
        training = [examples.rows("x", train), examples.rows("y", train)]
        arguments = [*training, *weighted, f"batch_size={batch_size}", "shuffle=False"]
    arguments.append(f"epochs={epochs}")
    if first_epoch:
        arguments.append(f"initial_epoch={first_epoch}")
    if "validation" in info.splits:
        validation = [examples.rows("x", "validation"), examples.rows("y", "validation")]
        own = StepRows(examples, info, "validation", "").weights(settings.outputs)
        arguments.append(f"validation_data=({', '.join([*validation, *([own] if own else [])])})")
        arguments.append(f"validation_batch_size={batch_size}")
        if fit.validation_freq != 1:
            arguments.append(f"validation_freq={fit.validation_freq}")
    if callbacks:
        arguments.append(f"callbacks=[{', '.join(callbacks)}]")
    if fit.verbose != 1:
        arguments.append(f"verbose={fit.verbose}")
    return [*([] if first_epoch else weight_lines), f"    model.fit({', '.join(arguments)})"]


def _write_batches(examples: Examples, batch_size: str, *, weighted: bool) -> None:
    """Writes the generator `batches`.

    Args:
        examples: All examples of `main`.
        batch_size: The batch size in Python.
        weighted: Whether examples have weights.
    """
    fit = examples.info.spec.document.fit
    names = ["x", "y", *(["weights"] if weighted else [])]
    order = "np.random.default_rng([SEED, 1, epoch]).permutation(rows)"
    lines = [
        f"        for start in range(0, len(rows), {batch_size}):",
        f"            batch = {'order' if fit.shuffle else 'rows'}[start : start + {batch_size}]",
        f"            yield {', '.join(examples.rows(name, 'batch') for name in names)}",
    ]
    continues = fit.shuffle and fit.stages is not None and len(fit.stages) > 1 and not fit.steps_per_epoch
    parameters = [*names, "rows", *(["first_epoch=0"] if continues else [])]
    if fit.shuffle:
        examples.file.imports.add("itertools")
        count = f"itertools.count({'first_epoch' if continues else ''})"
        lines = [f"    for epoch in {count}:", f"        order = {order}", *lines]
    else:
        lines = ["    while True:", *lines]
    manner = "shuffled by the seed in each epoch" if fit.shuffle else "forever"
    examples.file.helpers["batches"] = [
        f"def batches({', '.join(parameters)}):",
        f'    """Yields batches of these rows, {manner}."""',
        *lines,
    ]


def evaluate_lines(step_rows: StepRows, settings: Settings, batch_size: str) -> list[str]:
    """The lines of `main` that evaluate the model and print losses and metrics.

    Args:
        step_rows: The examples.
        settings: The settings of the outputs.
        batch_size: The batch size in Python.
    """
    message = text_of(f"{step_rows.label} ", Code("name"), ": ", Code("value", ".4f"))
    return [
        *step_rows.lines,
        f"    metrics = {evaluate_call(step_rows, settings.outputs, batch_size)}",
        "    for name, value in metrics.items():",
        f"        print({message})",
    ]


def evaluate_call(step_rows: StepRows, outputs: Mapping[str, OutputSettings], batch_size: str) -> str:
    """The call of `model.evaluate`.

    Args:
        step_rows: The examples.
        outputs: The settings of the outputs.
        batch_size: The batch size in Python.
    """
    weights = step_rows.weights(outputs)
    arguments = [step_rows.x, step_rows.y, *([f"sample_weight={weights}"] if weights else [])]
    arguments += [f"batch_size={batch_size}", "return_dict=True", "verbose=0"]
    return f"model.evaluate({', '.join(arguments)})"
