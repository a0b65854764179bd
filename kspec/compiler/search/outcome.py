"""What compiling a point of a sweep shows; outcomes are kept, since an edit of a spec leaves most points alike."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import ClassVar

from kspec.analysis.program import Analysis
from kspec.analysis.training_memory import training_memory
from kspec.compiler.compile import compile_spec
from kspec.compiler.search.forms import form_of
from kspec.compiler.search.points import Point, overrides_of
from kspec.compiler.search.programs import program_of
from kspec.diagnostics import Diagnostic, Report, Severity
from kspec.diagnostics.budget import Budget, limited, stop_if_cancelled
from kspec.ir import Graph
from kspec.language import Spec
from kspec.summary.summary import summarise
from kspec.syntax.parse import parse

MAX_KEPT = 4096
"""The most outcomes that are kept."""
_WITHOUT_EFFECT = ("name", "description", "sweep")
"""Sections that no outcome depends on."""
_OF_VARIABLES = (*_WITHOUT_EFFECT, "vars", "blocks", "layers")
"""Sections whose effect on a trial is that of the nodes and values which variables lead to."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What compiling a point shows.

    Args:
        errors: Why it cannot be trained.
        measures: Parameters, FLOPs for an example, and bytes that training takes, as far as they are known.
        shapes: A hash of the shapes of all nodes.
        form: Equal for points whose trials can train together; None for one whose trial trains alone.
        digest: Equal for points that are the same spec: they differ in variables that it does not use.
        program: Equal for points whose trials share what is traced.
        batch_size: Examples in a step of training.
    """

    errors: tuple[Diagnostic, ...] = ()
    measures: dict[str, int] = field(default_factory=dict)
    shapes: int = 0
    form: str | None = None
    digest: str = ""
    program: str = ""
    batch_size: int = 0


def compile_point(spec: Spec, point: Point) -> Outcome:
    """Compiles a point, without TensorFlow.

    Args:
        spec: The spec of the sweep.
        point: A value for each address, or for some.
    """
    stop_if_cancelled()
    overrides = (*spec.overrides, *overrides_of(point), "sweep=null")
    with limited(Budget()):  # each point may be as large as a spec
        compiled = compile_spec(spec.source, overrides, permissions=spec.permissions)
    errors = tuple(each for each in compiled.report.sorted() if each.severity is Severity.ERROR)
    if errors or compiled.spec is None or compiled.analysis is None:
        return Outcome(errors)
    types = compiled.analysis.types
    networks = {"": types, **types.models}
    shapes = [(name, node, call.outputs) for name, network in networks.items() for node, call in network.calls.items()]
    return Outcome(
        (),
        measure(compiled.spec, compiled.analysis),
        hash(repr(shapes)),
        form_of(compiled.spec, compiled.analysis),
        _digest(compiled.spec, compiled.analysis.graph),
        program_of(compiled.spec, compiled.analysis),
        compiled.spec.document.fit.batch_size,
    )


def _digest(spec: Spec, graph: Graph) -> str:
    """A hash of what a spec says once its variables have values, and entries whose `when` is false are omitted."""
    values = {name: value for name, value in spec.values.items() if name not in _OF_VARIABLES}
    nodes = [
        (node.name, node.kind, node.head, node.arguments, node.feeds, node.constants, node.trainable, node.vectors)
        for node in graph.nodes.values()
    ]
    text = json.dumps([values, repr(nodes)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def measure(spec: Spec, analysis: Analysis) -> dict[str, int]:
    """Parameters, FLOPs for an example, and bytes of weights, gradients, optimizer and a batch's activations.

    Args:
        spec: A spec without errors.
        analysis: Its analysis.

    Returns:
        What does not depend on the data.
    """
    summary = summarise(spec.name, analysis.graph, analysis.types)
    training = training_memory(analysis, spec.document.dtype_policy)
    found = {"parameters": summary.parameters, "flops": summary.flops}
    if training is not None and isinstance(summary.memory, int):
        found["memory"] = training.total + summary.memory * spec.document.fit.batch_size
    return {name: value for name, value in found.items() if isinstance(value, int)}


class Outcomes:
    """The outcomes of the points of a spec.

    Args:
        spec: The spec of the sweep.
    """

    _kept: ClassVar[OrderedDict[tuple[str, ...], Outcome]] = OrderedDict()
    _lock: ClassVar = threading.Lock()

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._key = _key_of(spec)

    def of(self, point: Point) -> Outcome:
        """The outcome of a point, which is compiled if that of an equal one is not kept."""
        key = (self._key, *overrides_of(point))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        outcome = compile_point(self.spec, point)
        with self._lock:
            self._kept[key] = outcome
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return outcome


def _key_of(spec: Spec) -> str:
    """What the outcomes of a spec depend on, besides the points; of one that reads other files, the spec itself."""
    tree = parse(spec.source, Report())
    values = tree.value if tree is not None and isinstance(tree.value, dict) else {}
    models = values.get("models")
    files = [model for model in models.values() if isinstance(model, dict)] if isinstance(models, dict) else []
    reads = "include" in values or "extensions" in values or any("file" in model for model in files)
    own = {name: value for name, value in values.items() if name not in _WITHOUT_EFFECT}
    return repr((own, spec.overrides, spec.permissions, str(spec.folder), id(spec) if reads else 0))
