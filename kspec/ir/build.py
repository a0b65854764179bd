"""A typed document → the graph: names given and resolved, entries expanded into nodes."""

from __future__ import annotations

from typing import Any

from kspec.diagnostics import Path, Related, Report, Span, codes
from kspec.expand.emit import MAX_ENTRIES
from kspec.expand.instructions import Bind, Call
from kspec.ir.call_inputs import Faulty, feeds_of
from kspec.ir.callees import Callees, Signature
from kspec.ir.entry_spans import head_span
from kspec.ir.node import Feed, Graph, Node, Tensor
from kspec.ir.outputs import resolve_outputs
from kspec.ir.scope import Scope
from kspec.language import Entry, Network, Spec
from kspec.language.spec import models_in
from kspec.syntax.names import node_names


def build(spec: Spec, report: Report) -> Graph:
    """The graph of a spec; where something is wrong it says so in the report, and leaves the node marked as faulty."""
    models: dict[str, Graph] = {}
    for network_path in spec.networks:
        if network_path:
            models[str(network_path[1])] = _Builder(spec, network_path, dict(models), report).graph
    graph = _Builder(spec, (), models, report).graph
    _freeze_what_is_called(graph)
    return graph


def _freeze_what_is_called(graph: Graph) -> None:
    """A sub-model is one and the same wherever it is called: frozen in one place, by what it lies in, it is frozen."""
    for network in (graph, *(graph.models[name] for name in reversed(graph.called_models()))):
        for node in network.calls:
            held = [node.head] if node.kind == "model" else models_in(node.arguments)
            for name in held if node.trainable is False else ():
                for inner in graph.models[name].calls if name in graph.models else ():
                    inner.trainable = False if inner.trainable is None else inner.trainable


def _as_written(network: Network, network_path: Path) -> list[Call | Bind]:
    """The steps of entries that stand for themselves."""
    as_names = {name for entry in network.layers for name in entry.as_ or () if name != "_"}
    words = [
        {"name": entry.name} if entry.name else entry.head if entry.kind == "class" else {entry.kind: entry.head}
        for entry in network.layers
    ]
    names = node_names(words, taken={*network.inputs, *as_names})
    return [
        Call(index, name, entry.name is not None, "", (*network_path, "layers", index))
        for index, (name, entry) in enumerate(zip(names, network.layers, strict=True))
    ]


def _qualified(value: Any, prefix: str) -> Any:
    """Arguments with the nodes they cite (`{vocabulary_of: node}`) named in full."""
    if isinstance(value, dict):
        return {
            key: prefix + item if key == "vocabulary_of" and isinstance(item, str) else _qualified(item, prefix)
            for key, item in value.items()
        }
    return [_qualified(item, prefix) for item in value] if isinstance(value, list) else value


class _Builder:
    """Builds the graph of one network.

    Args:
        home: Its place in the document.
        models: Those that stand above it.
    """

    def __init__(self, spec: Spec, network_path: Path, models: dict[str, Graph], report: Report) -> None:
        self.spec = spec
        self.network_path = network_path
        self.report = report
        self.positions = spec.positions
        self.graph = Graph(models=models)
        self.scope = Scope(report, spec.positions, sub_models=models)
        self.callees = Callees(spec, network_path, self.graph, self.scope, report)
        network = spec.networks[network_path]
        self.entries = network.layers
        self.steps = (
            spec.expansions[network_path].steps
            if network_path in spec.expansions
            else _as_written(network, network_path)
        )
        self.trainable = spec.trainable(network_path)
        inputs = network.inputs
        self._add_inputs()
        self._look_ahead()
        previous = [Tensor(next(iter(inputs)))] if len(inputs) == 1 else []
        last = ("", Tensor(""))
        for step in self.steps:
            self.scope.prefix = step.prefix
            if isinstance(step, Call):
                node = self._node(step, self.entries[step.index], previous)
                previous = [Tensor(node.name)]
                last = node.name, previous[0]
            else:
                found = self._bind(step, previous)
                previous = found if step.next == "this" else previous if step.next == "same" else []
                last = step.name, found[-1]
        self.scope.prefix, self.scope.implied = "", frozenset()
        self.graph.names = self.scope.tensors
        self.graph.automatic_names = {name: self.scope.places[name] for name in self.scope.automatic_names}
        self.graph.copies = spec.expansions[network_path].copies if network_path in spec.expansions else {}
        self._apart_from_models()
        self._count_calls()
        if (
            not resolve_outputs(network.outputs, (*network_path, "outputs"), self.graph, self.scope, last)
            and network_path
        ):
            self.graph.outputs.clear()  # what calls it cannot be told

    def _count_calls(self) -> None:
        """Bounds what the calls of sub-models, which call others, come to: Keras goes through each of them."""
        models = self.graph.models
        self.graph.size = sum(models[node.head].size if node.head in models and node.kind == "model" else 1
                              for node in self.graph.calls)  # fmt: skip
        if self.graph.size > MAX_ENTRIES:
            self.report.error(
                codes.INVALID_EXPANSION,
                f"with what the sub-models call, it comes to more than {MAX_ENTRIES:,} layers",
                self.positions.key(self.network_path or ("layers",)),
                help="a model that calls another twice has it twice, and so on: call fewer",
            )
            self.graph.size = 1

    def _apart_from_models(self) -> None:
        """In Keras a sub-model bears its own name among the layers of the network that calls it."""
        called = {node.head for node in self.graph.calls if node.kind == "model"}
        for node in self.graph.nodes.values():
            if node.name in called and node.kind != "model" and not node.faulty:
                self.report.error(
                    codes.DUPLICATE_NAME,
                    f"`{node.name}` is the name of a sub-model that is called here, too",
                    self.scope.places[node.name],
                    help="give the node or the sub-model another name",
                    related=(Related("the sub-model", self.positions.key(("models", node.name))),),
                )

    def _add_inputs(self) -> None:
        for name in self.spec.networks[self.network_path].inputs:
            path: Path = (*self.network_path, "inputs", name)
            self.graph.nodes[name] = Node(name, "input", "", path, named=True, source_path=path)
            self.scope.add(name, Tensor(name), self.positions.key(path))

    def _look_ahead(self) -> None:
        """The names that come, so that citing one too early is told apart from citing none."""
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
        return self.positions.value((*path, "name")) if entry.name else head_span(path, entry, self.positions)

    def _bind(self, step: Bind, previous: list[Tensor]) -> list[Tensor]:
        """Brings a name into view for what is there; gives what that is."""
        self.scope.implied = frozenset(step.prefix + name for name in step.references) if step.implied else frozenset()
        found = previous
        if step.faulty:
            found = []
        elif step.references:
            several = [self.scope.resolve_all(name, step.span, step.name) for name in step.references]
            found = [] if None in several else [tensor for tensors in several for tensor in tensors or ()]
        if len(found) > 1 and not step.group:
            self.report.error(
                codes.WRONG_INPUT_COUNT,
                f"{len(found)} nodes stand before, and one is wanted",
                step.span,
                help="join them first, with `Concatenate` or another merge layer",
            )
            found = []
        if not found:  # what it stands for cannot be told, and so stays silent
            found = [Tensor(step.name)]
            self.graph.nodes.setdefault(
                step.name, Node(step.name, "layer", "", (*self.network_path, "layers"), faulty=True)
            )
        if not self._is_taken(step.name, step.place):
            if step.group:
                self.scope.groups[step.name] = found
                self.scope.places[step.name] = step.place
            else:
                self.scope.add(step.name, found[-1], step.place)
            if not step.named:
                self.scope.automatic_names.add(step.name)
        return found

    def _node(self, step: Call, entry: Entry, previous: list[Tensor]) -> Node:
        path: Path = (*self.network_path, "layers", step.index)
        name = step.name
        self.scope.implied = step.implied
        node = Node(
            name,
            "layer" if entry.kind == "class" else entry.kind,
            entry.head,
            path,
            arguments=_qualified(entry.arguments, step.prefix) if step.prefix else entry.arguments,
            constants=dict(entry.call or {}),
            trainable=self._trainable(step, entry),
            named=step.named,
            source_path=step.path,
        )
        signature = self.callees.of(node, entry)
        try:
            if entry.from_ is None and any(self.graph.nodes[tensor.node].faulty for tensor in previous):
                raise Faulty
            if not node.faulty:
                node.feeds = feeds_of(entry, name, path, signature, previous, self.scope)
                node.feeds |= self._handed_on(step, node, signature)
            if any(self.graph.nodes[tensor.node].faulty for tensor in node.tensors()):
                node.faulty = True
        except Faulty:
            node.faulty = True
        self._bring_into_view(node, entry)
        return node

    def _handed_on(self, step: Call, node: Node, signature: Signature) -> dict[str, Feed]:
        """What the copy before it in a chain hands on: a sub-model its outputs, in the order of the inputs."""
        first = self.scope.tensors.get(step.before)
        fed = [parameter.name for parameter in signature or () if parameter.name in node.feeds]
        if first is None or not fed:
            return {}
        count = len(self.graph.models[node.head].outputs) if node.kind == "model" else 1
        feeds: dict[str, Feed] = {}
        for number, name in enumerate(fed[:count]):
            given = node.feeds[name]
            tensor = Tensor(first.node, number) if number else first
            feeds[name] = [tensor, *given[1:]] if isinstance(given, list) else tensor
        return feeds

    def _trainable(self, step: Call, entry: Entry) -> bool | None:
        """What an entry says, or what it lies in; the use of a block does not freeze the models that it calls."""
        said = (None, None) if entry.kind == "model" else (entry.trainable, step.trainable)
        return next((each for each in said if each is not None), self.trainable)

    def _bring_into_view(self, node: Node, entry: Entry) -> None:
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
        """Whether a name stands for something already, said in the report."""
        if name not in self.scope.places:
            return False
        if any(name.startswith(f"{use}/") for use in self.scope.places if "/" not in use):
            return True  # two uses of one name: told of the uses
        self.report.error(
            codes.DUPLICATE_NAME,
            f"the name `{name}` is taken",
            place,
            help="names are unique in a spec" + self._as_copy(name),
            related=(Related("it stands here first", self.scope.places[name]),),
        )
        return True

    def _as_copy(self, name: str) -> str:
        """That a name is one of those that copies bear, which nobody sees written."""
        copies = self.spec.expansions[self.network_path].copies if self.network_path in self.spec.expansions else {}
        for entry, named in copies.items():
            if name in named:
                shown = ", ".join(f"`{copy}`" for copy in named[:3]) + (" …" if len(named) > 3 else "")
                return f"; the copies of `{entry}` are called {shown}"
        return ""

    def _free(self, name: str) -> str:
        count = 1
        while f"{name}_{count}" in self.graph.nodes:
            count += 1
        return f"{name}_{count}"
