"""What an entry calls: a class, an op, a sub-model, a layer again; and what is wrong where there is none."""

from __future__ import annotations

from collections.abc import Sequence

from kspec import catalog
from kspec.catalog import Tensor as Parameter
from kspec.diagnostics import Edit, Path, Report, Span, codes, did_you_mean
from kspec.diagnostics.suggest import Suggestion
from kspec.ir.entry_spans import head_path, head_span
from kspec.ir.node import Graph, Node
from kspec.ir.scope import Scope
from kspec.language import Entry, Spec
from kspec.language.examples import from_call, without_module
from kspec.syntax.names import DOTTED

Signature = Sequence[Parameter] | None
"""The tensor parameters of a call; None where they are not known."""


class Callees:
    """Finds what the entries of a network call.

    Args:
        home: The network's place in the document.
        graph: What is built of it so far.
        scope: The names in view.
    """

    def __init__(self, spec: Spec, network_path: Path, graph: Graph, scope: Scope, report: Report) -> None:
        self.spec = spec
        self.network_path = network_path
        self.graph = graph
        self.scope = scope
        self.report = report
        self.positions = spec.positions

    def of(self, node: Node, entry: Entry) -> Signature:
        """The tensor parameters of what the node calls; None when they are not known."""
        if node.kind == "reuse":
            return self._reused(node, entry)
        if node.kind == "model":
            return self._model(node, entry)
        if (
            node.kind == "layer"
            and DOTTED.fullmatch(node.head)
            and not catalog.find("layer", without_module(node.head))
        ):
            self._extension(node, entry)
            return None
        kind: catalog.Kind = "op" if node.kind == "op" else "layer"
        if self.spec.is_application(self.network_path):
            return self._application(node)
        found = catalog.find(kind, node.head)
        span = head_span(node.path, entry, self.positions)
        if found is None:
            node.faulty = True
            self._unknown_callee(kind, node.head, span)
            return None
        node.head = found.name
        if found.refused:
            node.faulty = True
            self.report.error(codes.UNSUPPORTED_OBJECT, f"`{found.name}` cannot stand in a spec: {found.refused}", span)
            return None
        node.catalog = found
        return found.tensors

    def _application(self, node: Node) -> Signature:
        """What a model of `keras.applications` takes; one that there is not is told where its arguments are checked."""
        node.catalog = catalog.find("application", node.head)
        node.faulty = node.catalog is None
        return node.catalog.tensors if node.catalog else None

    def _unknown_callee(self, kind: catalog.Kind, head: str, span: Span) -> None:
        called = from_call(kind, head)
        if called:
            self.report.error(
                codes.POSITIONAL_ARGUMENT,
                f"the arguments of `{called.split(':')[0]}` stand in braces, each with its name",
                span,
                help=f"write `{called}`",
                edits=(Edit(span, called),) if span.text == head else (),
            )
            return
        for word, section in (("model", self.graph.models), ("block", self.spec.document.blocks)):
            if kind == "layer" and head in section:
                what = "sub-model" if word == "model" else word
                self.report.error(codes.UNKNOWN_OBJECT, f"there is no layer called `{head}`, but a {what}", span,
                                  help=f"write `- {word}: {head}`")  # fmt: skip
                return
        plain = without_module(head)
        if catalog.find(kind, plain):
            self.report.error(
                codes.UNKNOWN_OBJECT,
                f"what Keras has stands without its module: `{head}`",
                span,
                label=Suggestion(head, plain),
            )
            return
        known = catalog.spellings(kind)
        noun = "layer" if kind == "layer" else "op of keras.ops"
        help = ""
        edits: tuple[Edit, ...] = ()
        if kind == "layer" and catalog.find("op", head):
            help = f"`{head}` is a function of keras.ops: write `op: {head}`"
            after = span.source.line(span.line)[span.end_column - 1 :].strip()
            if span.text == head and after[:1] in ("", "#"):  # a bare word, without arguments
                edits = (Edit(span, f"op: {head}"),)
        elif kind == "layer" and catalog.find("activation", head):
            help = f"`{head}` is an activation: write `Activation: {{activation: {head}}}`"
        elif kind == "op" and catalog.find("layer", head):
            help = f"`{head}` is a layer: write `- {head}`"
        same = next((name for name in known if name.rpartition(".")[2] == head.rpartition(".")[2]), "")
        label = Suggestion(head, same) if same else did_you_mean(head, known)
        if not label and not help:
            help = f"`kspec layers` lists what there is{'' if kind == 'layer' else ' (kspec layers --kind op)'}"
        edits = () if label else edits
        self.report.error(
            codes.UNKNOWN_OBJECT, f"there is no {noun} called `{head}`", span, label=label, help=help, edits=edits
        )

    def _extension(self, node: Node, entry: Entry) -> None:
        module = node.head.rpartition(".")[0]
        extensions = self.spec.document.extensions
        if not any(module == known or module.startswith(known + ".") for known in extensions):
            node.faulty = True
            self.report.error(
                codes.UNDECLARED_EXTENSION,
                f"`{node.head}` is a class of a module that the spec does not name",
                head_span(node.path, entry, self.positions),
                help=f"add `extensions: [{module}]`, and run with --allow-code",
            )

    def _model(self, node: Node, entry: Entry) -> Signature:
        """The inputs of the sub-model that a node calls, as tensor parameters."""
        span = head_span(node.path, entry, self.positions)
        model = self.graph.models.get(node.head)
        if model is None:
            node.faulty = True
            report_unknown_model(node.head, span, self.graph, self.spec, self.report, network_path=self.network_path)
            return None
        if entry.trainable is not None:
            self.report.error(
                codes.INVALID_LAYER_REUSE,
                "`trainable` belongs to the sub-model, not to a call of it",
                self.positions.key((*node.path, "trainable")),
                help=f"write it in `models:`, at `{node.head}`",
            )
        for name in entry.call or ():
            if name != "training":
                self.report.error(
                    codes.UNKNOWN_CALL_ARGUMENT,
                    f"a call of a sub-model has no argument `{name}`",
                    self.positions.key((*node.path, "call", name)),
                    help="it takes tensors alone: name them in `from`",
                )
        self.scope.models[node.name] = node.head
        if len(model.outputs) > 1 and not entry.as_:
            self.scope.unnamed_outputs[node.name] = list(model.outputs)
        node.faulty = not model.outputs or any(model.nodes[tensor.node].faulty for tensor in model.outputs.values())
        return [Parameter(given.name, "one", True) for given in model.inputs]

    def _reused(self, node: Node, entry: Entry) -> Signature:
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
                f"`{node.head}` is a use of a block; only a layer can be used again",
                head_span(node.path, entry, self.positions),
                help=f"name one of its layers, such as `reuse: {inner}`",
            )
            return None
        if target.kind == "model":
            node.faulty = True
            self.report.error(
                codes.INVALID_LAYER_REUSE,
                f"`{node.head}` is a call of a sub-model, which is called again by its own name",
                head_span(node.path, entry, self.positions),
                help=f"write `model: {target.head}`: every call shares the weights",
            )
            return None
        if target.kind in ("input", "op"):
            node.faulty = True
            what = "an input" if target.kind == "input" else "a function without weights"
            self.report.error(
                codes.INVALID_LAYER_REUSE,
                f"`{node.head}` is {what}; only a layer can be used again",
                head_span(node.path, entry, self.positions),
                help="name a node that is a layer" if target.kind == "input" else f"call it again: `op: {target.head}`",
            )
            return None
        node.head = target.name
        callee = self.graph.callee(target)
        if entry.trainable is not None:
            self.report.error(
                codes.INVALID_LAYER_REUSE,
                "`trainable` belongs to the layer, not to a second call of it",
                self.positions.key((*node.path, "trainable")),
                help=f"write it at `{callee.name}`",
            )
        node.faulty = callee.faulty
        node.catalog = callee.catalog
        return callee.catalog.tensors if callee.catalog else None


def report_unknown_model(
    name: str, span: Span, graph: Graph, spec: Spec, report: Report, *, network_path: Path = ()
) -> None:
    """Reports a sub-model that cannot be called: there is none, it stands further down, or it is the one at hand.

    Args:
        span: Where it is named.
        graph: The network that calls it.
        home: The network's place in the document.
    """
    place: Path = ("models", name)
    if place == network_path:
        report.error(codes.RECURSIVE_BLOCK, f"the sub-model `{name}` calls itself", span, help="a graph has no cycles")
    elif place in spec.networks:
        report.error(
            codes.FORWARD_REFERENCE,
            f"the sub-model `{name}` is used before it stands: it is defined on line {spec.positions.key(place).line}",
            span,
            help="what is used stands above: move it up in `models:`",
        )
    else:
        known = ", ".join(graph.models)
        report.error(
            codes.UNKNOWN_BLOCK,
            f"no sub-model is called `{name}`",
            span,
            label=did_you_mean(name, graph.models),
            help=f"the sub-models you can use here: {known}" if known else "define it under `models:`",
        )
