"""A typed document → the graph: nodes with resolved names."""

from __future__ import annotations

from typing import Any

from kspec.diagnostics import Path, Related, Report, Span, codes
from kspec.diagnostics.budget import LAYERS, BudgetExceeded
from kspec.expand.instructions import Bind, Call
from kspec.ir.call_inputs import UnresolvedInputs, resolve_inputs
from kspec.ir.callees import Callees, Signature
from kspec.ir.constant_files import read_constant_files
from kspec.ir.entry_spans import KEYS, head_span
from kspec.ir.node import Feed, Graph, Node, Tensor
from kspec.ir.outputs import resolve_outputs, warn_unused
from kspec.ir.predicted_nodes import resolve_predicted_nodes
from kspec.ir.scope import Scope
from kspec.ir.sizes import resolve_sizes
from kspec.language import Entry, Network, Spec
from kspec.language.removed_values import REMOVED, attempt
from kspec.language.spec import models_in
from kspec.syntax.deferred import is_failed
from kspec.syntax.names import node_names


def build(spec: Spec, report: Report) -> Graph:
    """Build the graph of a spec. Errors are reported, and mark the node as faulty."""
    models: dict[str, Graph] = {}
    for network_path in spec.networks:
        if network_path:
            models[str(network_path[1])] = _Builder(spec, network_path, dict(models), report).graph
    graph = _Builder(spec, (), models, report).graph
    _freeze_sub_models(graph)
    return graph


def _freeze_sub_models(graph: Graph) -> None:
    """Freeze sub-models with a frozen call: all calls share the layers, so one frozen call freezes them."""
    for network in (graph, *(graph.models[name] for name in reversed(graph.called_models()))):
        for node in network.calls:
            names = [node.head] if node.kind == "model" else models_in(node.arguments)
            for name in names if node.trainable is False else ():
                for inner in graph.models[name].calls if name in graph.models else ():
                    inner.trainable = False if inner.trainable is None else inner.trainable


def _unexpanded(network: Network, network_path: Path) -> list[Call | Bind]:
    """The steps of a network without anything to expand."""
    as_names = {name for entry in network.layers for name in entry.as_ or () if name != "_"}
    heads = [
        {"name": entry.name} if entry.name else entry.head if entry.kind in KEYS else {entry.kind: entry.head}
        for entry in network.layers
    ]
    names = node_names(heads, taken={*network.inputs, *as_names})
    return [
        Call(index, name, entry.name is not None, "", (*network_path, "layers", index))
        for index, (name, entry) in enumerate(zip(names, network.layers, strict=True))
    ]


class _Builder:
    """Builds the graph of one network.

    Args:
        spec: The spec.
        network_path: The path of the network in the document.
        models: The sub-models defined above it.
        report: Receives every problem.
    """

    def __init__(self, spec: Spec, network_path: Path, models: dict[str, Graph], report: Report) -> None:
        self.spec = spec
        self.network_path = network_path
        self.report = report
        self.positions = spec.positions
        self.graph = Graph(models=models)
        outer = spec.networks[()] if network_path else None
        names = () if outer is None else {*outer.inputs, *(entry.name for entry in outer.layers if entry.name)}
        lacks_names = any(is_failed(entry.head) and entry.name is None for entry in spec.networks[network_path].layers)
        self.scope = Scope(report, spec.positions, sub_models=models, outer_names=names, lacks_names=lacks_names)
        self.callees = Callees(spec, network_path, self.graph, self.scope, report)
        network = spec.networks[network_path]
        self.entries = network.layers
        self.steps = (
            spec.expansions[network_path].steps
            if network_path in spec.expansions
            else _unexpanded(network, network_path)
        )
        self.trainable = spec.trainable(network_path)
        self.duplicates: dict[str, int] = {}
        self.entry_of_copy: dict[str, str] | None = None
        inputs = network.inputs
        self._add_inputs()
        self._collect_later_names()
        previous = [Tensor(next(iter(inputs)))] if len(inputs) == 1 else []
        last = ("", Tensor(""))
        for step in self.steps:
            self.scope.prefix = step.prefix
            if isinstance(step, Call):
                node = self._node(step, self.entries[step.index], previous)
                previous = [Tensor(node.name)]
                last = node.name, previous[0]
            else:
                tensors = self._bind(step, previous)
                previous = tensors if step.next == "this" else previous if step.next == "same" else []
                last = step.name, tensors[-1]
        self.scope.prefix, self.scope.implied = "", frozenset()
        self.graph.names = self.scope.tensors
        self.graph.automatic_names = {name: self.scope.places[name] for name in self.scope.automatic_names}
        self.graph.copies = spec.expansions[network_path].copies if network_path in spec.expansions else {}
        self._check_names_of_called_models()
        self._count_calls()
        place: Path = (*network_path, "outputs")
        self.graph.has_all_outputs = resolve_outputs(network.outputs, place, self.graph, self.scope, last)
        if not self.graph.has_all_outputs and network_path:
            self.graph.outputs.clear()  # so that calls of it are faulty
        elif self.graph.has_all_outputs:
            nodes = () if network_path else attempt(lambda: spec.document.predict.nodes)
            if nodes is not REMOVED:
                unused = resolve_predicted_nodes(nodes, self.graph, self.scope)
                warn_unused(self.graph, self.scope, unused)

    def _count_calls(self) -> None:
        """Count all calls, including those within sub-models, and bound them: Keras executes each one."""
        models = self.graph.models
        self.graph.size = sum(
            models[node.head].size if node.head in models and node.kind == "model" else 1 for node in self.graph.calls
        )
        if self.graph.size > LAYERS.limit:
            raise BudgetExceeded(LAYERS, self.positions.key(self.network_path or ("layers",)))

    def _check_names_of_called_models(self) -> None:
        """Report nodes with the name of a called sub-model, which is a layer of that name in Keras."""
        called = {node.head for node in self.graph.calls if node.kind == "model"}
        for node in self.graph.nodes.values():
            if node.name in called and node.kind != "model" and not node.faulty:
                self.report.error(
                    codes.DUPLICATE_NAME,
                    f"`{node.name}` is also the name of a sub-model that this network calls",
                    self.scope.places[node.name],
                    help="rename the node or the sub-model",
                    related=(Related("the sub-model", self.positions.key(("models", node.name))),),
                )

    def _add_inputs(self) -> None:
        for name in self.spec.networks[self.network_path].inputs:
            path: Path = (*self.network_path, "inputs", name)
            self.graph.nodes[name] = Node(name, "input", "", path, named=True, source_path=path)
            self.scope.add(name, Tensor(name), self.positions.key(path))

    def _collect_later_names(self) -> None:
        """Collect all names, so that a reference to a later node differs from one to an unknown node."""
        for step in self.steps:
            if isinstance(step, Bind):
                self.scope.later.setdefault(step.name, step.place)
                continue
            path: Path = (*self.network_path, "layers", step.index)
            entry = self.entries[step.index]
            self.scope.later.setdefault(step.name, self._name_place(path, entry))
            for position, name in enumerate(entry.as_ or ()):
                if name != "_":
                    self.scope.later.setdefault(step.prefix + name, self.positions.value((*path, "as", position)))

    def _name_place(self, path: Path, entry: Entry) -> Any:
        name = (*path, "name")
        return (
            self.positions.value(name)
            if entry.name or name in self.positions.values
            else head_span(path, entry, self.positions)
        )

    def _bind(self, step: Bind, previous: list[Tensor]) -> list[Tensor]:
        """Define a name for existing tensors, and return these."""
        self.scope.implied = frozenset(step.prefix + name for name in step.references) if step.implied else frozenset()
        tensors = previous
        if step.faulty:
            tensors = []
        elif step.references:
            groups = [self.scope.resolve_all(name, step.span, step.name) for name in step.references]
            tensors = [] if None in groups else [tensor for group in groups for tensor in group or ()]
        if len(tensors) > 1 and not step.group:
            self.report.error(
                codes.WRONG_INPUT_COUNT,
                f"{len(tensors)} nodes come before, but one is expected",
                step.span,
                help="join them first, with `Concatenate` or another merge layer",
            )
            tensors = []
        if not (tensors or step.faulty or step.references):
            self._report_several_inputs(step)
        if not tensors:  # unknown; no further errors
            tensors = [Tensor(step.name)]
            self.graph.nodes.setdefault(
                step.name, Node(step.name, "layer", "", (*self.network_path, "layers"), faulty=True)
            )
        if not self._is_taken(step.name, step.place):
            if step.group:
                self.scope.groups[step.name] = tensors
                self.scope.places[step.name] = step.place
            else:
                self.scope.add(step.name, tensors[-1], step.place)
            if not step.named:
                self.scope.automatic_names.add(step.name)
        return tensors

    def _report_several_inputs(self, step: Bind) -> None:
        """Reports the use of a block as the first entry of a network with several inputs, without `from`."""
        inputs = [node.name for node in self.graph.inputs]
        if len(inputs) > 1:
            self.report.error(
                codes.AMBIGUOUS_FIRST_INPUT,
                "the first entry needs `from`, because there are several inputs",
                step.span,
                help=f"select one, `from: {inputs[0]}`, or join them first",
            )

    def _node(self, step: Call, entry: Entry, previous: list[Tensor]) -> Node:
        path: Path = (*self.network_path, "layers", step.index)
        name = step.name
        self.scope.implied = step.implied
        self.scope.in_formula = bool(step.formula)
        node = Node(
            name,
            "layer" if entry.kind == "class" or entry.kind == "weight" else entry.kind,
            entry.head,
            path,
            arguments=resolve_sizes(entry.arguments, (*path, entry.head), name, self.scope),
            constants=resolve_sizes(entry.call or {}, (*path, "call"), name, self.scope),
            trainable=self._trainable(step, entry),
            vectors=self._vectors(entry, path, name),
            named=step.named,
            source_path=step.path,
            formula=step.formula,
        )
        signature = self.callees.of(node, entry)
        accepted = node.catalog.constants if node.catalog is not None else ()
        read_constant_files(node, self.spec, self.report)
        try:
            if entry.from_ is None and any(self.graph.nodes[tensor.node].faulty for tensor in previous):
                raise UnresolvedInputs
            if not node.faulty:
                node.feeds = resolve_inputs(entry, name, path, signature, previous, self.scope, accepted)
                node.feeds |= self._chained_feeds(step, node, signature)
            if any(self.graph.nodes[tensor.node].faulty for tensor in node.tensors()):
                node.faulty = True
        except UnresolvedInputs:
            node.faulty = True
        self._define(node, entry)
        return node

    def _vectors(self, entry: Entry, path: Path, name: str) -> tuple[str, str | None] | None:
        """The file of an entry's `weights`, and the node whose vocabulary orders them."""
        if entry.weights is None:
            return None
        vocabulary = entry.weights.vocabulary
        tensor = None
        if vocabulary is not None:
            tensor = self.scope.resolve(vocabulary, (*path, "weights", "vocabulary"), name)
        return entry.weights.file, tensor.node if tensor else None

    def _chained_feeds(self, step: Call, node: Node, signature: Signature) -> dict[str, Feed]:
        """The outputs of the previous copy in a chain, which feed the inputs in order."""
        first = self.scope.tensors.get(step.before)
        fed = [parameter.name for parameter in signature or () if parameter.name in node.feeds]
        if first is None or not fed:
            return {}
        count = len(self.graph.models[node.head].outputs) if node.kind == "model" else 1
        feeds: dict[str, Feed] = {}
        for number, name in enumerate(fed[:count]):
            feed = node.feeds[name]
            tensor = Tensor(first.node, number) if number else first
            feeds[name] = [tensor, *feed[1:]] if isinstance(feed, list) else tensor
        return feeds

    def _trainable(self, step: Call, entry: Entry) -> bool | None:
        """The setting of an entry or its surroundings; a block does not freeze the models that it calls."""
        settings = () if entry.kind == "model" else (entry.trainable, step.trainable)
        return next((setting for setting in settings if setting is not None), self.trainable)

    def _define(self, node: Node, entry: Entry) -> None:
        place = self._name_place(node.path, entry)
        if self._is_taken(node.name, place):
            node.name = self._free(node.name)
            node.faulty = True
        self.graph.nodes[node.name] = node
        self.scope.add(node.name, Tensor(node.name), place)
        if not node.named:
            self.scope.automatic_names.add(node.name)
        outputs: list[str | None] = []
        for position, name in enumerate(entry.as_ or ()):
            outputs.append(None if name == "_" else name)
            span = self.positions.value((*node.path, "as", position))
            if name == "_":
                continue
            if not self._is_taken(self.scope.prefix + name, span):
                self.scope.add(self.scope.prefix + name, Tensor(node.name, position), span)
        node.outputs = tuple(outputs)

    def _is_taken(self, name: str, place: Span) -> bool:
        """Whether a name is already defined, which is reported."""
        if name not in self.scope.places:
            return False
        use, slash, _ = name.partition("/")
        if slash and use in self.scope.places:
            return True  # two uses of a block with one name: reported there
        self.scope.duplicates.add(name)
        self.report.error(
            codes.DUPLICATE_NAME,
            f"duplicate name `{name}`",
            place,
            help="names must be unique" + self._copy_note(name),
            related=(Related("first defined here", self.scope.places[name]),),
        )
        return True

    def _copy_note(self, name: str) -> str:
        """A note that a name is that of a copy, which is not in the text."""
        copies = self.spec.expansions[self.network_path].copies if self.network_path in self.spec.expansions else {}
        if self.entry_of_copy is None:
            self.entry_of_copy = {copy: entry for entry, names in reversed(copies.items()) for copy in names}
        entry = self.entry_of_copy.get(name)
        if entry is None:
            return ""
        names = copies[entry]
        shown = ", ".join(f"`{copy}`" for copy in names[:3]) + (" …" if len(names) > 3 else "")
        return f"; the copies of `{entry}` are named {shown}"

    def _free(self, name: str) -> str:
        count = self.duplicates.get(name, 1)
        while f"{name}_{count}" in self.graph.nodes:
            count += 1
        self.duplicates[name] = count + 1
        return f"{name}_{count}"
