"""The steps of the life-cycle in `main`: compile, fit, evaluate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kspec import catalog
from kspec.analysis.settings import OutputSettings, Settings
from kspec.codegen.data.dataset_info import Facts
from kspec.codegen.data.examples import Examples
from kspec.codegen.data.step_rows import Portion, by_output
from kspec.codegen.model.arguments import Writer
from kspec.codegen.model.names import identifier
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import File
from kspec.language import Spec
from kspec.syntax.names import snake_case

_BALANCED = '''\
def balanced(classes, train):
    """A weight for each example: the rarer its class in training, the more it counts."""
    counts = np.bincount(classes[train], minlength=classes.max() + 1)
    weights = len(train) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return weights[classes].astype("float32")'''


def compile_lines(
    spec: Spec, settings: Settings, writer: Writer, names: Mapping[str, str], optimizer: str = ""
) -> list[str]:
    """`model.compile`, with everything that the spec leaves out filled in.

    Args:
        optimizer: What stands for the optimizer; by default the spec's.
    """
    trained = {name: output for name, output in settings.outputs.items() if output.loss is not None}
    single = len(settings.outputs) == 1
    path = ("compile", "loss")
    said = optimizer or writer.object("optimizer", settings.optimizer, ("compile", "optimizer"), names)
    arguments = [f"optimizer={said}"]
    losses = {name: writer.object("loss", output.loss, path if single else (*path, name), names)
              for name, output in trained.items()}  # fmt: skip
    if losses:
        arguments.append(f"loss={_by_output(losses, single)}")
    weights = {name: literal(o.loss_weight) for name, o in trained.items() if o.loss_weight is not None}
    if weights:
        arguments.append(f"loss_weights={_by_output(weights, single)}")
    seen: dict[str, int] = {}
    for word in ("metrics", "weighted_metrics"):
        lists = {name: _metrics(getattr(output, word), writer, names, seen) for name, output in trained.items()}
        if any(lists.values()):
            made = {name: f"[{', '.join(metrics)}]" for name, metrics in lists.items() if metrics}
            arguments.append(f"{word}={_by_output(made, single)}")
    if not spec.document.compile.auto_scale_loss:
        arguments.append("auto_scale_loss=False")
    return [
        "    # XLA rounds differently; without it the same seed gives the same weights.",
        f"    model.compile({', '.join([*arguments, 'jit_compile=False'])})",
    ]


def _metrics(said: list[Any], writer: Writer, names: Mapping[str, str], seen: dict[str, int]) -> list[str]:
    """Metrics: Keras calls one that is given as a string by that string, and numbers those that have no name.

    Args:
        seen: How many metrics of a class without a name there are already, by the name that Keras gives to the first.
    """
    made = []
    own: dict[str, int] = {}
    for metric in said:
        head = metric if isinstance(metric, str) else next(iter(metric))
        arguments = {} if isinstance(metric, str) else metric[head] or {}
        entry = catalog.find("metric", head)
        if entry is None or not entry.path:
            made.append(writer.object("metric", metric, ("compile", "metrics"), names))
            continue
        more = []
        called = entry.parameters["name"].default
        if called is None and "name" not in arguments:
            stem = snake_case(entry.name)
            count = own[stem] = own.get(stem, -1) + 1
            called = f"{stem}_{count}" if count else stem
            if seen.get(stem, 0) != count:
                more.append(f'name="{called}"')
            seen[stem] = seen.get(stem, 0) + 1
        if isinstance(metric, str) and metric == called and not more:
            made.append(literal(metric))
        else:
            made.append(writer.construct(entry, arguments, ("compile", "metrics", head), names, more))
    return made


def _by_output(made: Mapping[str, str], single: bool) -> str:
    if single:
        return next(iter(made.values()))
    return "{" + ", ".join(f'"{name}": {value}' for name, value in made.items()) + "}"


def fit_lines(
    examples: Examples, settings: Settings, size: str, epochs: str, callbacks: Sequence[str], begun: str = ""
) -> list[str]:
    """`model.fit`, on batches in an order that the seed decides.

    Args:
        size: What stands for the batch size.
        epochs: What stands for the number of epochs.
        callbacks: In Python.
        begun: What stands for the epochs that have been trained before.
    """
    facts, file = examples.facts, examples.file
    fit = facts.spec.document.fit
    weighing: list[str] = []
    weights = training_weights(examples, settings.outputs, weighing)
    if weights and not weights.isidentifier():
        weighing.append(f"    weights = {weights}")
        weights = "weights"
    given = ["x", "y", *([weights] if weights else [])]
    if fit.shuffle or fit.steps_per_epoch:
        _batches(examples, file, size, shuffled=fit.shuffle, weighted=bool(weights))
        steps = str(fit.steps_per_epoch) if fit.steps_per_epoch else f"math.ceil(len(train) / {size})"
        if not fit.steps_per_epoch:
            file.imports.add("math")
        by_epoch = begun and not fit.steps_per_epoch  # else it goes on in the midst of the examples
        taken = f"batches({', '.join([*given, 'train', *([begun] if by_epoch else [])])})"
        if begun and not by_epoch:
            taken = f"(batch for batch in itertools.islice({taken}, {begun} * {steps}, None))"
            file.imports.add("itertools")
        arguments = [taken, f"steps_per_epoch={steps}", "shuffle=False"]
    else:
        own = examples.rows("weights", "train").replace("weights", weights, 1) if weights else ""
        weighted = [f"sample_weight={own}"] if weights else []
        trained = [examples.rows("x", "train"), examples.rows("y", "train")]
        arguments = [*trained, *weighted, f"batch_size={size}", "shuffle=False"]
    arguments.append(f"epochs={epochs}")
    if begun:
        arguments.append(f"initial_epoch={begun}")
    if "validation" in facts.parts:
        held = [examples.rows("x", "validation"), examples.rows("y", "validation")]
        own = Portion(examples, facts, "validation", "").weights(settings.outputs)
        arguments += [f"validation_data=({', '.join([*held, *([own] if own else [])])})",
                      f"validation_batch_size={size}"]  # fmt: skip
        if fit.validation_freq != 1:
            arguments.append(f"validation_freq={fit.validation_freq}")
    if callbacks:
        arguments.append(f"callbacks=[{', '.join(callbacks)}]")
    if fit.verbose != 1:
        arguments.append(f"verbose={fit.verbose}")
    return [*([] if begun else weighing), f"    model.fit({', '.join(arguments)})"]


def _batches(examples: Examples, file: File, size: str, *, shuffled: bool, weighted: bool) -> None:
    """Writes the generator of batches."""
    names = ["x", "y", *(["weights"] if weighted else [])]
    order = "np.random.default_rng([SEED, 1, epoch]).permutation(rows)"
    told = "in the order that the seed gives to each epoch" if shuffled else "again and again"
    lines = [
        f"        for start in range(0, len(rows), {size}):",
        f"            batch = {'order' if shuffled else 'rows'}[start : start + {size}]",
        f"            yield {', '.join(examples.rows(name, 'batch') for name in names)}",
    ]
    fit = examples.facts.spec.document.fit
    goes_on = shuffled and fit.stages is not None and len(fit.stages) > 1 and not fit.steps_per_epoch
    more = ["first_epoch=0"] if goes_on else []
    if shuffled:
        file.imports.add("itertools")
        counted = "first_epoch" if goes_on else ""
        lines = [f"    for epoch in itertools.count({counted}):", f"        order = {order}", *lines]
    else:
        lines = ["    while True:", *lines]
    file.helpers["batches"] = [
        f"def batches({', '.join([*names, 'rows', *more])}):",
        f'    """Batches of these rows, {told}."""',
        *lines,
    ]


def training_weights(examples: Examples, outputs: Mapping[str, OutputSettings], lines: list[str]) -> str:
    """The sample weights of training: the data's, and those of the classes; empty where all count alike.

    Args:
        lines: Gets the statements that come before.
    """
    facts = examples.facts
    made: dict[str, str] = {}
    for name, settings in outputs.items():
        if settings.loss is None or name not in facts.targets:
            continue
        factors = []
        if name in facts.weights:
            factors.append(_weight_variable(facts, name))
        if settings.class_weight is not None and name in facts.dataset.labels:
            factors.append(_class_weights(examples, name, settings, lines))
        if factors:
            made[name] = " * ".join(factors)
    return by_output(made, outputs, f"len({facts.first})")


def _weight_variable(facts: Facts, output: str) -> str:
    return f"{identifier(facts.weights[output])}_weights"


def _class_weights(examples: Examples, name: str, settings: OutputSettings, lines: list[str]) -> str:
    """The weight of each training example by its class."""
    target = examples.facts.targets[name]
    encoded = f'y["{name}"]' if len(examples.outputs) > 1 else "y"
    form = settings.target_form
    classes = encoded
    if form in ("binary", "multi_label"):
        classes = f'{classes}.ravel().astype("int32")'
    elif form == "one_hot":
        classes = f"{classes}.argmax(axis=1)"
    if settings.class_weight == "balanced":
        examples.file.helpers["balanced"] = _BALANCED.splitlines()
        return f"balanced({classes}, train)"
    assert target.labels is not None
    said: Mapping[str, float] = settings.class_weight or {}
    weights = tuple(float(said.get(str(label), 1.0)) for label in target.labels.names)
    variable = "class_weights" if len(examples.outputs) == 1 else f"{identifier(name)}_class_weights"
    lines.append(f'    {variable} = np.array([{literal(weights).strip("(),")}], "float32")')
    return f"{variable}[{classes}]"


def evaluate_lines(portion: Portion, settings: Settings, size: str) -> list[str]:
    """`model.evaluate`, and its losses and metrics printed."""
    own = portion.weights(settings.outputs)
    arguments = [portion.x, portion.y, *([f"sample_weight={own}"] if own else []),
                 f"batch_size={size}", "return_dict=True", "verbose=0"]  # fmt: skip
    said = text(f"{portion.said} {{name}}: {{value:.4f}}")
    return [
        *portion.lines,
        f"    metrics = model.evaluate({', '.join(arguments)})",
        "    for name, value in metrics.items():",
        f"        print(f{said})",
    ]
