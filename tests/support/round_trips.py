"""What must hold of every valid spec: `render`, `fmt` and a run's `resolved.yaml` keep its meaning; its Python export compiles."""

from __future__ import annotations

import dataclasses
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

from kspec.analysis.program import Analysis
from kspec.codegen import python_source
from kspec.compiler.compile import CompiledSpec, compile_spec
from kspec.diagnostics import Report, Source
from kspec.language import Spec
from kspec.rewrite.fmt import format_text
from kspec.rewrite.render import render
from kspec.summary.resolved_spec import resolved_text
from tests.conftest import SPECS
from tests.support.mutations import mutated_spec

NETWORKS = Path(__file__).parents[1] / "compiler" / "networks"

WORDS = (
    ("relu", "tanh", "sigmoid", "softmax", "softplus", "linear", "hard_sigmoid", "gelu", "exponential"),
    ("binary_classification", "multilabel_classification", "multiclass_classification", "regression"),
    ("mse", "mae", "hinge", "squared_hinge", "categorical_hinge", "binary_crossentropy", "categorical_crossentropy",
     "sparse_categorical_crossentropy", "poisson", "huber", "crossentropy", "mean_squared_error", "kl_divergence",
     "{BinaryCrossentropy: {from_logits: true}}", "{CategoricalCrossentropy: {from_logits: true}}", "ctc", "circle"),
    ("accuracy", "binary_accuracy", "categorical_accuracy", "AUC", "Precision", "F1Score", "R2Score", "mae", "hinge"),
    ("adam", "sgd", "rmsprop", "lion"),
    ("float32", "float16", "int32", "string", "bool", "mixed_float16"),
)  # fmt: skip
"""Words that are right at the same places, and mean something else: each is replaced by another of its group."""


class Broken(AssertionError):
    """A property that does not hold of a spec."""


def valid_specs() -> list[Path]:
    """The files of the specs to change."""
    return sorted([*SPECS.rglob("*.yaml"), *NETWORKS.glob("*.yaml")])


def changed_spec(path: Path, rng: random.Random) -> str:
    """A valid spec with a word exchanged for another of its kind, an optional line or value left out, or damaged."""
    text = path.read_text(encoding="utf-8")
    kind = rng.random()
    if kind < 0.2:
        return mutated_spec(text, rng)
    for _ in range(rng.choice((1, 1, 2, 3, 4))):
        text = _exchanged(text, rng) if rng.random() < 0.7 else _shortened(text, rng)
    return text


def _exchanged(text: str, rng: random.Random) -> str:
    """The text with one word exchanged for another of its group, or one number for another."""
    places = [
        (match, group)
        for group in WORDS
        for word in group
        if word.isidentifier()
        for match in re.finditer(rf"\b{word}\b", text)
    ]
    numbers = list(re.finditer(r"(?<=[ \[])\d+\b(?=[,}\]\n])", text))
    if places and (not numbers or rng.random() < 0.75):
        match, group = rng.choice(places)
        return text[: match.start()] + rng.choice(group) + text[match.end() :]
    if not numbers:
        return text
    match = rng.choice(numbers)
    return text[: match.start()] + rng.choice(("1", "2", "3", "8")) + text[match.end() :]


def _shortened(text: str, rng: random.Random) -> str:
    """The text without one line, or without one `key: value` of a flow mapping."""
    pairs = list(re.finditer(r", \w+: [\w.]+(?=[,}])|(?<=\{)\w+: [\w.]+, ", text))
    if pairs and rng.random() < 0.6:
        match = rng.choice(pairs)
        return text[: match.start()] + text[match.end() :]
    lines = text.split("\n")
    del lines[rng.randrange(len(lines))]
    return "\n".join(lines)


def judge(text: str, name: str) -> bool:
    """Holds a spec against every property.

    Args:
        text: The spec.
        name: The path of its file, which need not exist; its folder is where paths start.

    Returns:
        Whether the spec is valid, and was judged.

    Raises:
        Broken: if a property does not hold, with what differs.
    """
    before = compile_spec(Source(name, text))
    if before.report.has_errors or before.spec is None:
        return False
    spec, analysis = before.unwrap()
    rendered = render(spec, analysis)
    after = compile_spec(Source(name, rendered))
    _hold(not after.report.has_errors, "render makes errors", before, after)
    _hold(_warnings(after) == _warnings(before), "render changes the warnings", before, after)
    _hold(meaning(*after.unwrap()) == meaning(*before.unwrap()), "render changes the network")
    _hold(render(*after.unwrap()) == rendered, "render is not complete")
    formatted = format_text(text)
    same = compile_spec(Source(name, formatted))
    _hold(not same.report.has_errors, "fmt makes errors", same)
    _hold(_warnings(same) == _warnings(before), "fmt changes the warnings", before, same)
    _hold(meaning(*same.unwrap()) == meaning(*before.unwrap()), "fmt changes the network")
    _hold(format_text(formatted) == formatted, "fmt is not complete")
    if not analysis.needs_data:
        assert analysis.settings is not None
        resolved = compile_spec(Source(name, resolved_text(spec, analysis.settings, {})))
        _hold(not resolved.report.has_errors, "resolved.yaml makes errors", before, resolved)
        _hold(_network(resolved.unwrap()[1]) == _network(analysis), "resolved.yaml changes the network")
    report = Report()
    source = python_source(spec, analysis, None, report)
    if not report.has_errors:
        compile(source, "exported.py", "exec")
    return True


def meaning(spec: Spec, analysis: Analysis) -> Any:
    """Everything that determines what a valid spec trains."""
    left_out = dict.fromkeys(("vars", "outputs", "task", "name", "compile"), True)
    document = spec.document.model_dump(exclude={**left_out, "fit": {"stages"}, "predict": {"threshold"}})
    return spec.name, document, _network(analysis)


def _network(analysis: Analysis) -> Any:
    """The nodes, and how they are trained."""
    nodes = [
        (n.name, n.kind, n.head, n.arguments, n.feeds, n.constants, n.trainable, n.named)
        for n in analysis.graph.nodes.values()
    ]
    settings = analysis.settings
    assert settings is not None
    outputs = {name: dataclasses.asdict(output) for name, output in settings.outputs.items()}
    return nodes, analysis.graph.outputs, settings.optimizer, settings.stages, outputs


def _warnings(compiled: CompiledSpec) -> Counter[str]:
    return Counter(diagnostic.code for diagnostic in compiled.report)


def _hold(holds: bool, message: str, *compiled: CompiledSpec) -> None:
    if not holds:
        found = [[f"{each.code}: {each.message}" for each in one.report.sorted()] for one in compiled]
        raise Broken(f"{message}: {found}" if found else message)
