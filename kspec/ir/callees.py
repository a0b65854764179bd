"""What an entry calls: a class, an op, a sub-model, or another node's layer; and errors where there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kspec import catalog
from kspec.catalog import Tensor as Parameter
from kspec.catalog.learned_weight import WEIGHT
from kspec.diagnostics import Edit, Path, Report, Span, codes, did_you_mean
from kspec.diagnostics.budget import EDGES, spend
from kspec.diagnostics.suggest import Suggestion, available
from kspec.ir.entry_spans import head_path, head_span
from kspec.ir.node import Graph, Node
from kspec.ir.scope import Scope
from kspec.language import Entry, Spec
from kspec.language.examples import SECTIONS, from_call, keras_name
from kspec.syntax.deferred import is_failed
from kspec.syntax.names import DOTTED

Signature = Sequence[Parameter] | None
"""The tensor parameters of a call; None if unknown."""


class Callees:
    """Finds what the entries of a network call.

    Args:
        spec: The spec.
        network_path: The path of the network in the document.
        graph: The part that is already built.
        scope: The names that can be referenced.
        report: Receives every problem.
    """

    def __init__(self, spec: Spec, network_path: Path, graph: Graph, scope: Scope, report: Report) -> None:
        self.spec = spec
        self.network_path = network_path
        self.graph = graph
        self.scope = scope
        self.report = report
        self.positions = spec.positions
        self.extensions = frozenset(spec.document.extensions)

    def of(self, node: Node, entry: Entry) -> Signature:
        """The tensor parameters of what a node calls; None if unknown."""
        if is_failed(node.head):
            node.faulty = True
            return None
        if node.kind == "reuse":
            return self._reuse(node, entry)
        if node.kind == "model":
            return self._model(node, entry)
        if entry.kind == "weight":
            node.catalog = WEIGHT
            return ()
        if node.kind == "layer" and DOTTED.fullmatch(node.head) and not keras_name("layer", node.head):
            self._extension(node, entry)
            return None
        kind: catalog.Kind = "op" if node.kind == "op" else "layer"
        if self.spec.is_application(self.network_path):
            return self._application(node)
        definition = catalog.find(kind, node.head)
        if definition is None:
            node.faulty = True
            self._unknown_callee(kind, node, head_span(node.path, entry, self.positions))
            return None
        node.head = definition.name
        if definition.refused:
            node.faulty = True
            self.report.error(
                codes.UNSUPPORTED_OBJECT,
                f"`{definition.name}` cannot be used in a spec: {definition.refused}",
                head_span(node.path, entry, self.positions),
            )
            return None
        node.catalog = definition
        return definition.tensors

    def _application(self, node: Node) -> Signature:
        """The inputs of a model of `keras.applications`; an unknown one is reported with its arguments."""
        node.catalog = catalog.find("application", node.head)
        node.faulty = node.catalog is None
        return node.catalog.tensors if node.catalog else None

    def _unknown_callee(self, kind: catalog.Kind, node: Node, span: Span) -> None:
        """Reports an unknown class or op; the arguments of a misspelt one are checked as those of the one meant."""
        head = node.head
        called = from_call(kind, head)
        if called:
            self.report.error(
                codes.POSITIONAL_ARGUMENT,
                f"write the arguments of `{called.split(':')[0]}` in braces, with their names",
                span,
                help=f"write `{called}`",
                edits=(Edit(span, called),) if span.text == head else (),
            )
            return
        for word, section in (("model", self.graph.models), ("block", self.spec.document.blocks)):
            if kind == "layer" and head in section:
                self.report.error(
                    codes.UNKNOWN_OBJECT,
                    f"unknown layer `{head}`; it is a {'sub-model' if word == 'model' else word}",
                    span,
                    help=f"write `- {word}: {head}`",
                )
                return
        short_name = keras_name(kind, head)
        if short_name and "." in head:
            self.report.error(
                codes.UNKNOWN_OBJECT,
                f"write classes and functions by their names in Keras, not `{head}`",
                span,
                label=Suggestion(head, short_name),
            )
            return
        known = catalog.spellings(kind)
        noun = "layer" if kind == "layer" else "op"
        help = SECTIONS.get(head, "") if kind == "layer" else ""
        edits: tuple[Edit, ...] = ()
        if kind == "layer" and catalog.find("op", head):
            help = f"`{head}` is an op: write `op: {head}`"
            after = span.source.line(span.line)[span.end_column - 1 :].strip()
            if span.text == head and after[:1] in ("", "#"):  # a class without arguments
                edits = (Edit(span, f"op: {head}"),)
        elif kind == "layer" and catalog.find("activation", head):
            help = f"`{head}` is an activation: write `Activation: {{activation: {head}}}`"
        elif kind == "op" and catalog.find("layer", head):
            help = f"`{head}` is a layer: write `- {head}`"
        same = next((name for name in known if name.rpartition(".")[2] == head.rpartition(".")[2]), "")
        label = Suggestion(head, same) if same else "" if head in SECTIONS else did_you_mean(head, known)
        if not label and not help:
            help = "list them with `kspec layers" + ("`" if kind == "layer" else " --kind op`")
        edits = () if label else edits
        if isinstance(label, Suggestion):
            node.catalog = catalog.find(kind, label.replacement)
        self.report.error(codes.UNKNOWN_OBJECT, f"unknown {noun} `{head}`", span, label=label, help=help, edits=edits)

    def _extension(self, node: Node, entry: Entry) -> None:
        module = node.head.rpartition(".")[0]
        packages = {module, *(module[: dot.start()] for dot in re.finditer(r"\.", module))}
        if packages.isdisjoint(self.extensions):
            node.faulty = True
            self.report.error(
                codes.UNDECLARED_EXTENSION,
                f"`{node.head}` is from a module that is not listed in `extensions`",
                head_span(node.path, entry, self.positions),
                help=f"add `extensions: [{module}]` and run with --allow-code",
            )

    def _model(self, node: Node, entry: Entry) -> Signature:
        """The inputs of a sub-model, as tensor parameters."""
        span = head_span(node.path, entry, self.positions)
        model = self.graph.models.get(node.head)
        if model is None:
            node.faulty = True
            report_unknown_model(node.head, span, self.graph, self.spec, self.report, network_path=self.network_path)
            return None
        if entry.trainable is not None:
            self.report.error(
                codes.INVALID_LAYER_REUSE,
                "`trainable` is a setting of the sub-model, not of a call",
                self.positions.key((*node.path, "trainable")),
                help=f"set it in `models:`, at `{node.head}`",
            )
        for name in entry.call or ():
            if name != "training":
                self.report.error(
                    codes.UNKNOWN_CALL_ARGUMENT,
                    f"unknown argument `{name}` in a call of a sub-model",
                    self.positions.key((*node.path, "call", name)),
                    help="sub-models take only tensors: name them in `from`",
                )
        self.scope.models[node.name] = node.head
        if len(model.outputs) > 1 and not entry.as_:
            self.scope.unnamed_outputs[node.name] = list(model.outputs)
        spend(EDGES, len(model.inputs) + len(model.outputs), span)
        node.faulty = not model.outputs or any(model.nodes[tensor.node].faulty for tensor in model.outputs.values())
        return [Parameter(each.name, "one", True) for each in model.inputs]

    def _reuse(self, node: Node, entry: Entry) -> Signature:
        tensor = self.scope.resolve(node.head, head_path(node.path, entry), node.name)
        if tensor is None:
            node.faulty = True
            return None
        target = self.graph.nodes[tensor.node]
        inner = target.name.removeprefix(self.scope.prefix)
        if "/" in inner and "/" not in node.head:
            node.faulty = True
            self.report.error(
                codes.INVALID_LAYER_REUSE,
                f"`{node.head}` is a block, but only a layer can be reused",
                head_span(node.path, entry, self.positions),
                help=f"reuse one of its layers, such as `reuse: {inner}`",
            )
            return None
        if target.kind == "model":
            node.faulty = True
            self.report.error(
                codes.INVALID_LAYER_REUSE,
                f"`{node.head}` is a call of a sub-model, but only a layer can be reused",
                head_span(node.path, entry, self.positions),
                help=f"call the sub-model again: `model: {target.head}`; all calls share the weights",
            )
            return None
        if target.kind in ("input", "op") or target.is_weight:
            node.faulty = True
            noun = "an input" if target.kind == "input" else "a weight" if target.is_weight else "a function"
            self.report.error(
                codes.INVALID_LAYER_REUSE,
                f"`{node.head}` is {noun}, but only a layer can be reused",
                head_span(node.path, entry, self.positions),
                help=f"call it again: `op: {target.head}`"
                if target.kind == "op"
                else f"name it in the `from` of what uses it: `from: {node.head}`"
                if target.is_weight
                else "use the name of a layer",
            )
            return None
        callee = self.graph.callee(target)
        node.head = callee.name  # not a call in between: a chain of them takes long to follow
        if entry.trainable is not None:
            self.report.error(
                codes.INVALID_LAYER_REUSE,
                "`trainable` is a setting of the layer, not of another call",
                self.positions.key((*node.path, "trainable")),
                help=f"set it at `{callee.name}`",
            )
        node.faulty = callee.faulty
        node.catalog = callee.catalog
        return callee.catalog.tensors if callee.catalog else None


def report_unknown_model(
    name: str, span: Span, graph: Graph, spec: Spec, report: Report, *, network_path: Path = ()
) -> None:
    """Report a sub-model that cannot be called: it is unknown, defined further down, or calls itself.

    Args:
        name: The name of the sub-model.
        span: The place of the call.
        graph: The network that calls it.
        spec: The spec.
        report: Receives the error.
        network_path: The path of the network in the document.
    """
    place: Path = ("models", name)
    if place == network_path:
        report.error(
            codes.RECURSIVE_BLOCK, f"the sub-model `{name}` calls itself", span, help="a graph cannot have cycles"
        )
    elif place in spec.networks:
        report.error(
            codes.FORWARD_REFERENCE,
            f"the sub-model `{name}` is used before its definition on line {spec.positions.key(place).line}",
            span,
            help="move it up in `models:`",
        )
    else:
        report.error(
            codes.UNKNOWN_BLOCK,
            f"unknown sub-model `{name}`",
            span,
            label=did_you_mean(name, graph.models),
            help=available("sub-models", graph.models) or "define it under `models:`",
        )
