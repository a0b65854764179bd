"""A typed document → the graph: names given and resolved, entries expanded into nodes."""

from __future__ import annotations

from typing import Any

from kspec import catalog
from kspec.catalog.examples import from_call, without_module
from kspec.diagnostics import Edit, Path, Related, Report, did_you_mean
from kspec.diagnostics.suggest import Suggestion
from kspec.graph.feeds import Faulty, feeds_of
from kspec.graph.node import Graph, Node, Tensor
from kspec.graph.outputs import resolve_outputs
from kspec.graph.places import head_path, head_span
from kspec.graph.scope import Scope
from kspec.spec import Entry, Spec
from kspec.syntax.names import DOTTED, node_names


def build(spec: Spec, report: Report) -> Graph:
    """The graph of a spec; where something is wrong it says so in the report, and leaves the node marked as faulty."""
    return _Builder(spec, report).graph


class _Builder:
    def __init__(self, spec: Spec, report: Report) -> None:
        self.spec = spec
        self.report = report
        self.positions = spec.positions
        self.graph = Graph()
        self.scope = Scope(report, spec.positions)
        entries = spec.document.layers
        inputs = spec.document.inputs
        written = spec.values["layers"]
        as_names = {name for entry in entries for name in entry.as_ or () if name != "_"}
        self.names = node_names(written, taken={*inputs, *as_names})
        self._add_inputs()
        self._look_ahead()
        previous = Tensor(next(iter(inputs))) if len(inputs) == 1 else None
        for index, entry in enumerate(entries):
            node = self._node(index, entry, previous)
            previous = Tensor(node.name)
        resolve_outputs(spec, self.graph, self.scope)

    def _add_inputs(self) -> None:
        for name in self.spec.document.inputs:
            path: Path = ("inputs", name)
            self.graph.nodes[name] = Node(name, "input", "", path, chain=(path,), named=True)
            self.scope.add(name, Tensor(name), self.positions.key(path))

    def _look_ahead(self) -> None:
        """The names that come, so that citing one too early is told apart from citing none."""
        for index, entry in enumerate(self.spec.document.layers):
            path: Path = ("layers", index)
            self.scope.later.setdefault(self.names[index], self._name_place(path, entry))
            for position, name in enumerate(entry.as_ or ()):
                if name != "_":
                    self.scope.later.setdefault(name, self.positions.value((*path, "as", position)))

    def _name_place(self, path: Path, entry: Entry) -> Any:
        return self.positions.value((*path, "name")) if entry.name else head_span(path, entry, self.positions)

    def _node(self, index: int, entry: Entry, previous: Tensor | None) -> Node:
        path: Path = ("layers", index)
        name = self.names[index]
        node = Node(
            name,
            "layer" if entry.kind == "class" else entry.kind,
            entry.head,
            path,
            arguments=entry.arguments,
            constants=dict(entry.call or {}),
            trainable=entry.trainable,
            chain=(path,),
            named=entry.name is not None,
        )
        signature = self._callee(node, entry)
        try:
            if previous is not None and self.graph.nodes[previous.node].faulty and entry.from_ is None:
                raise Faulty
            if not node.faulty:
                node.feeds = feeds_of(entry, name, path, signature, previous, self.scope)
            if any(self.graph.nodes[tensor.node].faulty for tensor in node.tensors()):
                node.faulty = True
        except Faulty:
            node.faulty = True
        self._bring_into_view(node, entry)
        return node

    def _callee(self, node: Node, entry: Entry) -> Any:
        """The tensor parameters of what the node calls; None when they are not known."""
        if node.kind == "reuse":
            return self._reused(node, entry)
        if (
            node.kind == "layer"
            and DOTTED.fullmatch(node.head)
            and not catalog.find("layer", without_module(node.head))
        ):
            return self._extension(node, entry)
        kind: catalog.Kind = "op" if node.kind == "op" else "layer"
        found = catalog.find(kind, node.head)
        span = head_span(node.path, entry, self.positions)
        if found is None:
            node.faulty = True
            self._unknown_callee(kind, node.head, span)
            return None
        node.head = found.name
        if found.refused:
            node.faulty = True
            self.report.error("KS108", f"`{found.name}` cannot stand in a spec: {found.refused}", span)
            return None
        node.catalog = found
        return found.tensors

    def _unknown_callee(self, kind: catalog.Kind, head: str, span: Any) -> None:
        called = from_call(kind, head)
        if called:
            self.report.error(
                "KS105", f"the arguments of `{called.split(':')[0]}` stand in braces, each with its name", span,
                help=f"write `{called}`", edits=(Edit(span, called),) if span.written == head else (),
            )  # fmt: skip
            return
        plain = without_module(head)
        if catalog.find(kind, plain):
            self.report.error(
                "KS106", f"what Keras has stands without its module: `{head}`", span, label=Suggestion(head, plain)
            )
            return
        known = catalog.spellings(kind)
        noun = "layer" if kind == "layer" else "op of keras.ops"
        help = ""
        edits: tuple[Edit, ...] = ()
        if kind == "layer" and catalog.find("op", head):
            help = f"`{head}` is a function of keras.ops: write `op: {head}`"
            after = span.source.line(span.line)[span.end_column - 1 :].strip()
            if span.written == head and after[:1] in ("", "#"):  # a bare word, without arguments
                edits = (Edit(span, f"op: {head}"),)
        elif kind == "layer" and catalog.find("activation", head):
            help = f"`{head}` is an activation: write `Activation: {{activation: {head}}}`"
        elif kind == "op" and catalog.find("layer", head):
            help = f"`{head}` is a layer: write `- {head}`"
        label = did_you_mean(head, known)
        if not label and not help:
            help = f"`kspec layers` lists what there is{'' if kind == 'layer' else ' (kspec layers --kind op)'}"
        edits = () if label else edits
        self.report.error("KS106", f"there is no {noun} called `{head}`", span, label=label, help=help, edits=edits)

    def _extension(self, node: Node, entry: Entry) -> None:
        module = node.head.rpartition(".")[0]
        extensions = self.spec.document.extensions
        if not any(module == known or module.startswith(known + ".") for known in extensions):
            node.faulty = True
            self.report.error(
                "KS114",
                f"`{node.head}` is a class of a module that the spec does not name",
                head_span(node.path, entry, self.positions),
                help=f"add `extensions: [{module}]`, and run with --allow-code",
            )

    def _reused(self, node: Node, entry: Entry) -> Any:
        tensor = self.scope.resolve(node.head, head_path(node.path, entry), node.name)
        if tensor is None:
            node.faulty = True
            return None
        target = self.graph.nodes[tensor.node]
        if target.kind in ("input", "op"):
            node.faulty = True
            what = "an input" if target.kind == "input" else "a function without weights"
            self.report.error(
                "KS211",
                f"`{node.head}` is {what}; only a layer can be used again",
                head_span(node.path, entry, self.positions),
                help="name a node that is a layer" if target.kind == "input" else f"call it again: `op: {target.head}`",
            )
            return None
        node.head = target.name
        callee = self.graph.callee(target)
        if entry.trainable is not None:
            self.report.error(
                "KS211",
                "`trainable` belongs to the layer, not to a second call of it",
                self.positions.key((*node.path, "trainable")),
                help=f"write it at `{callee.name}`",
            )
        node.faulty = callee.faulty
        node.catalog = callee.catalog
        return callee.catalog.tensors if callee.catalog else None

    def _bring_into_view(self, node: Node, entry: Entry) -> None:
        place = self._name_place(node.path, entry)
        if node.name in self.graph.nodes or node.name in self.scope.tensors:
            first = self.scope.places[node.name]
            self.report.error(
                "KS203",
                f"the name `{node.name}` is taken",
                place,
                help="names are unique in a spec",
                related=(Related("it stands here first", first),),
            )
            node.name = self._free(node.name)
            node.faulty = True
        self.graph.nodes[node.name] = node
        self.scope.add(node.name, Tensor(node.name), place)
        if not node.named:
            self.scope.counted.add(node.name)
        outputs: list[str | None] = []
        for position, name in enumerate(entry.as_ or ()):
            outputs.append(None if name == "_" else name)
            span = self.positions.value((*node.path, "as", position))
            if name == "_":
                continue
            if name in self.scope.tensors:
                self.report.error(
                    "KS203",
                    f"the name `{name}` is taken",
                    span,
                    help="names are unique in a spec",
                    related=(Related("it stands here first", self.scope.places[name]),),
                )
                continue
            self.scope.add(name, Tensor(node.name, position), span)
        node.outputs = tuple(outputs)

    def _free(self, name: str) -> str:
        count = 1
        while f"{name}_{count}" in self.graph.nodes:
            count += 1
        return f"{name}_{count}"
