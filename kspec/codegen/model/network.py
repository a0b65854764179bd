"""A spec's graph → the functions that build its model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kspec.analysis.program import Analysis
from kspec.analysis.shapes.types import InferredCall
from kspec.catalog import Entry, Tensor
from kspec.catalog.types import Shape
from kspec.codegen.model.arguments import NeedsFlatCode, UnsupportedInPython, Writer
from kspec.codegen.model.blocks import Block, collect_exposed_nodes, find_frozen, make_block, write_function
from kspec.codegen.model.body import Body
from kspec.codegen.model.calls import Feeds, only
from kspec.codegen.model.items import Item, read_items
from kspec.codegen.model.names import HELPERS, Allocator, Constants, identifier
from kspec.codegen.model.saved import Saved, read_saved
from kspec.codegen.model.statements import CHAIN, Statements
from kspec.codegen.model.ungrouped import FlatBody
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import File
from kspec.diagnostics import Path
from kspec.expand.templates import read_template
from kspec.ir import Graph, Node
from kspec.language import Spec
from kspec.language.spec import models_in
from kspec.syntax.names import snake_case

NEED_THEIR_NAMES = ("ConvNeXt", "EfficientNetV2")
"""Applications that name their layers by their `name`, or look their widths up by it."""


class Network:
    """Writes the functions of a network.

    Args:
        classes: Output → what stands for the number of its labels.
    """

    def __init__(self, spec: Spec, analysis: Analysis, file: File, classes: Mapping[str, str]) -> None:
        self.spec = spec
        self.graph = analysis.graph
        self.types = analysis.types
        self.file = file
        self.classes = classes
        self.writer = Writer(spec, self._size, file_path=lambda path: file.beside(spec.folder / path))
        self.names = Constants(file.variables, file.used)
        self.blocks: dict[str, Block] = {}
        self.functions: set[str] = set()
        self.body: Statements | None = None
        self.needs_data = False
        self._saved: dict[str, Saved] = {}
        self.models = self.graph.called()
        self.counts: dict[str, int] = {}
        self.facts: dict[Path, InferredCall] = {}
        for name in ("", *self.graph.models):
            graph, types = (self.graph.models[name], self.types.models[name]) if name else (self.graph, self.types)
            for node in graph.calls:
                self.facts.setdefault(node.written, types.calls[node.name])

    def write(self) -> list[list[str]]:
        """The functions: those of blocks that are used, then `build_model`."""
        used = dict(self.file.used)
        try:
            return self._structured()
        except NeedsFlatCode:
            self.file.used.clear()
            self.file.used.update(used)
            self.writer.flat, self.blocks, self.needs_data = True, {}, False
            self.counts.clear()
        try:
            return [*(self._sub_model(name, flat=True) for name in self._own()), self._model(flat=True)]
        except NeedsFlatCode as error:
            raise UnsupportedInPython(f"write a network with {error}", ("layers",)) from None

    def _structured(self) -> list[list[str]]:
        values = self.spec.values
        top = read_items(values["layers"], ("layers",), values["inputs"])
        used = {name for expansion in self.spec.expansions.values() for name in expansion.used_blocks}
        for name in values.get("blocks") or {}:
            made = read_template(name, values["blocks"][name])
            if made is not None and name in used:
                self.blocks[name] = make_block(made, name)
        inner = {name: read_items(values["models"][name]["layers"], ("models", name, "layers"),
                                  values["models"][name]["inputs"]) for name in self._own()}  # fmt: skip
        self._name_functions([top, *inner.values()])
        for name, items in inner.items():
            collect_exposed_nodes(self.blocks, items, list(_outputs(values["models"][name].get("outputs")).values()))
        collect_exposed_nodes(self.blocks, top, list(self._outputs().values()))
        find_frozen(self.blocks, [item for items in (top, *inner.values()) for item in items])
        functions = [write_function(block, self) for block in self.blocks.values()]
        return [*functions, *(self._sub_model(name) for name in self._own()), self._model()]

    def _own(self) -> list[str]:
        """The sub-models that are called and stand in the spec, rather than in a file of Keras's."""
        return [name for name in self.models if self.spec.is_written(name)]

    def _name_functions(self, networks: Sequence[Sequence[Item]]) -> None:
        """A block's function is called like it, unless something else is."""
        every = [*networks, *(block.items for block in self.blocks.values())]
        cited = {name.rpartition("/")[2] for items in every for item in items
                 for name in (*item.cited(), *([item.head] if item.kind == "reuse" else []))}  # fmt: skip
        cited |= {name for block in self.blocks.values() for name in block.parameters}
        cited |= {*self.spec.values["inputs"], *self._outputs().values(), *self.models}
        allocator = Allocator(*map(identifier, cited), *HELPERS, "main")
        for name, block in self.blocks.items():
            wish = identifier(name)
            block.function = allocator.take(wish if wish not in allocator.taken else f"{wish}_block")
            self.functions.add(block.function)

    def _model(self, *, flat: bool = False) -> list[str]:
        made = [line for name in self.models for line in self._making(name)]
        lines = self._network(self.graph, (), self.spec.name, self._outputs(), flat)
        return [f"def build_model({'x_train' if self.needs_data else ''}):", *made, *lines]

    def _sub_model(self, name: str, *, flat: bool = False) -> list[str]:
        """The function that builds a sub-model, from the sub-models that it calls itself."""
        graph = self.graph.models[name]
        outputs = _outputs(self.spec.values["models"][name].get("outputs"))
        lines = self._network(graph, ("models", name), name, outputs, flat)
        return [f"def build_{identifier(name)}({', '.join(_called_by(graph))}):", *lines]

    def _making(self, name: str) -> list[str]:
        """The lines of `build_model` that make a sub-model."""
        variable, said = identifier(name), self.spec.document.models.get(name)
        if said is None:  # it stands in the file of another
            return []
        graph = self.graph.models[name]
        if said.layers is not None:
            made = f"build_{variable}({', '.join(_called_by(graph))})"
        elif graph.application is not None:
            made = self._application(name, graph.application)
        else:
            assert said.file is not None
            made = self._from_file(said.file)
        lines = [f"    {variable} = {made}"]
        if self._needs_its_name(name):
            lines.append(f"    {variable}.name = {text(name)}")
        weights = said.weights
        if graph.application is not None and graph.application.arguments.get("weights") not in (None, "imagenet"):
            weights = graph.application.arguments["weights"]
        if weights is not None:
            lines.append(self.loading(variable, weights))
        if graph.calls and all(node.trainable is False for node in graph.calls):
            lines.append(f"    {variable}.trainable = False")
        return lines

    def _from_file(self, file: str) -> str:
        """A model that is read from a file: with its weights, or, from JSON, without."""
        if not file.endswith(".json"):
            return f"keras.models.load_model({self.writer.file_path(file)}, compile=False)"
        path = self.writer.file_path(file).removeprefix("str").strip("()")
        return f'keras.models.model_from_json(({path}).read_text(encoding="utf-8"))'

    def _needs_its_name(self, model: str) -> bool:
        """Whether a sub-model from outside must be called as in the spec: it is looked up, or its own name is taken."""
        application = self.graph.models[model].application
        if application is not None:
            return application.head.startswith(NEED_THEIR_NAMES)
        own = self.saved(model).name
        taken = [*self.graph.nodes, *(self.saved(name).name for name in self.models if name != model)]
        return own != model and (self.spec.document.fit.stages is not None or own in taken)

    def _application(self, name: str, node: Node) -> str:
        """A model of `keras.applications`; weights from a file are loaded later."""
        assert node.catalog is not None
        arguments = dict(node.arguments)
        if arguments.get("weights", "imagenet") != "imagenet":
            arguments["weights"] = None
        path = ("models", name, "application", node.head)
        more = [] if self._needs_its_name(name) else [f'name="{name}"']
        return self.writer.construct(node.catalog, arguments, path, self.names, more)

    def loading(self, variable: str, file: str) -> str:
        """The statement that gives a model the weights of a file."""
        path = self.writer.file_path(file)
        if file.endswith(".keras"):
            weights = f"keras.models.load_model({path}, compile=False).get_weights()"
            return f"    {variable}.set_weights({weights})"
        return f"    {variable}.load_weights({path})"

    def _network(
        self, graph: Graph, network_path: Path, name: str, outputs: Mapping[str, str], flat: bool
    ) -> list[str]:
        """The lines that build a network, from its inputs to its `keras.Model`."""
        values = self.spec.values["models"][name] if network_path else self.spec.values
        inputs = {node.name: self._input_name(node.name) for node in graph.inputs}
        body: Body | FlatBody
        if flat:
            body = FlatBody(self, graph, inputs, self.names)
        else:
            body = Body(
                self, values["layers"], (*network_path, "layers"), inputs, self.names, list(outputs.values()), top=True
            )
        self.body = body
        last = body.write()
        if isinstance(body, FlatBody):
            given = [body.named(tensor) for tensor in graph.outputs.values()]
        else:
            given = [only(body.value(cited)) for cited in outputs.values()] if outputs else [only(last)]
        names = list(graph.outputs)
        several = len(names) > 1
        if several and not network_path:
            given = [self._called(graph, body, name, value) for name, value in zip(names, given, strict=True)]
        ins = only(list(inputs.values())) if len(inputs) == 1 else _dict(inputs)
        outs = _dict(dict(zip(names, given, strict=True))) if several else given[0]
        made = [self._input(values, network_path, name, variable) for name, variable in inputs.items()]
        return [*made, *body.lines, f'    return keras.Model({ins}, {outs}, name="{name.replace("/", ".")}")']

    def _input_name(self, name: str) -> str:
        return "inputs" if name == CHAIN else identifier(name)

    def _input(self, values: Mapping[str, Any], network_path: Path, name: str, variable: str) -> str:
        given = self.spec.input((*network_path, "inputs", name))
        shape = self.writer.value(
            values["inputs"][name]["shape"], Shape(), (*network_path, "inputs", name, "shape"), self.names
        )
        batch = "" if given.batch_size is None else f", batch_size={given.batch_size}"
        dtype = "" if given.dtype == "float32" else f', dtype="{given.dtype}"'
        return f'    {variable} = keras.Input({shape}{batch}{dtype}, name="{name}")'

    def _outputs(self) -> dict[str, str]:
        return _outputs(self.spec.document.outputs)

    def _called(self, graph: Graph, body: Statements, name: str, value: str) -> str:
        """A tensor under its output's name: Keras names losses and metrics after the layer that gives it."""
        tensor = graph.outputs[name]
        node = graph.nodes[tensor.node]
        item = next((item for item in body.items if item.name == tensor.node), None)
        own = item is not None and item.kind == "class" and item.named and not {"repeat", "each"} & set(item.words)
        if node.name == name and own and not tensor.output:
            return value
        return f'layers.Identity(name="{name}")({value})'

    # what bodies ask

    def model_variables(self, path: Path) -> list[str]:
        """The variables of the sub-models that can be called where entries stand."""
        graph = self.graph.models[str(path[1])] if path[0] == "models" else self.graph
        return [identifier(name) for name in graph.models]

    def signature(self, item: Item, body: Statements) -> Sequence[Tensor] | None:
        """The tensor parameters of what an entry calls; None where nobody knows them."""
        if item.kind == "block":
            return [Tensor(name, "one", True) for name in self.blocks[item.head].template.inputs]
        if item.kind == "model":
            return [Tensor(node.name, "one", True) for node in self.graph.models[item.head].inputs]
        entry = self.layer_of(item.head, body) if item.kind == "reuse" else item.layer
        return None if entry is None else entry.tensors

    def layer_of(self, name: str, body: Statements) -> Entry | None:
        """What Keras says of the layer of a node."""
        item = next((item for item in body.items if item.name == name), None)
        if item is None:
            raise NeedsFlatCode(f"the layer of `{name}` is out of sight")
        return self.layer_of(item.head, body) if item.kind == "reuse" else item.layer

    def answers(self, item: Item) -> int:
        """How many tensors its call gives."""
        said = item.words.get("as")
        if said:
            return len(said)
        return 1 if item.path not in self.facts else len(self.facts[item.path].outputs)

    def has_weights(self, item: Item) -> bool:
        return item.path not in self.facts or bool(self.facts[item.path].weights)

    def is_counted_otherwise(self, item: Item) -> bool:
        """Whether Keras would call an unnamed layer otherwise than the spec does, for it counts all that are made.

        The bits hang on names: TensorFlow sums gradients in an order that follows them.
        """
        stem = snake_case(item.head)
        if stem in self._counted_unseen():
            return True
        count = self.counts.get(stem, 0)
        if item.name != (f"{stem}_{count}" if count else stem):
            return True
        self.counts[stem] = count + 1
        return False

    def _counted_unseen(self) -> set[str]:
        """Names that Keras counts on where the spec does not: of layers in other layers, and of ops."""
        calls = [node for graph in (self.graph, *self.graph.models.values()) for node in graph.calls]
        inside = {snake_case(name) for node in calls for name in _classes_in(node.arguments)}
        return inside | {snake_case(node.head) for node in calls if node.kind == "op"}

    def imports_of(self, path: str) -> None:
        """Notes what a class of Keras is imported by."""
        for module in ("layers", "ops"):
            if path.startswith(f"keras.{module}."):
                self.file.modules.add(module)

    def extension(self, item: Item, more: Sequence[str], names: Mapping[str, str]) -> str:
        """A layer of the user's own code."""
        self.file.imports.add(item.head.rpartition(".")[0])
        path = (*item.path, item.head)
        given = [f"{name}={self.writer.plain(value, (*path, name), names)}" for name, value in item.arguments.items()]
        return f"{item.head}({', '.join([*given, *more])})"

    def model_call(self, item: Item, feeds: Feeds, writer: Writer, names: Mapping[str, str]) -> str:
        """A call of a sub-model: of a dict by name, where it takes several tensors."""
        given = {name: only(pieces) for name, pieces in feeds.items()}
        first = _dict(given) if len(given) > 1 else next(iter(given.values()))
        if len(given) > 1 and (order := self.saved(item.head).inputs):
            first = f"[{', '.join(given[name] for name in order)}]"
        constants = [f"{name}={writer.plain(value, (*item.path, 'call', name), names)}"
                     for name, value in (item.words.get("call") or {}).items()]  # fmt: skip
        return f"{identifier(item.head)}({', '.join([first, *constants])})"

    def outputs_of(self, item: Item) -> list[str]:
        """The outputs of the sub-model that an entry calls."""
        return list(self.graph.models[item.head].outputs)

    def answer_keys(self, item: Item) -> list[str]:
        """What tells each output of a sub-model from the others in its answers: `["mean"]`, or `[0]` in a list."""
        names = self.outputs_of(item)
        if self.saved(item.head).outputs:
            return [f"[{place}]" for place in range(len(names))]
        return [f"[{text(name)}]" for name in names]

    def saved(self, model: str) -> Saved:
        """How a sub-model from a file was written; as if it stood in the spec, for one that does."""
        if model not in self._saved:
            said = self.spec.document.models.get(model)
            file = None if said is None else said.file
            self._saved[model] = Saved(model) if file is None else read_saved(self.spec.folder / file)
        return self._saved[model]

    def adapting(self, layer: str, tensor: str, inputs: Mapping[str, str]) -> list[str]:
        """The statement that lets a layer learn from the training data, or from what the model before makes of them."""
        self.needs_data = True
        single = len(inputs) == 1
        name = next((name for name, variable in inputs.items() if variable == tensor), None)
        if name is not None:
            return [f"{layer}.adapt({'x_train' if single else f'x_train[{literal(name)}]'})"]
        self.file.imports.add("tensorflow as tf")
        before = tensor if single else _dict(dict(inputs))
        before = next(iter(inputs.values())) if single else before
        return [
            f"before = keras.Function({before}, {tensor})",
            "examples = tf.data.Dataset.from_tensor_slices(x_train).batch(1024)",
            f"{layer}.adapt(examples.map(before))",
        ]

    def _size(self, word: str, name: str) -> str:
        if word == "classes_of":
            return self.classes[name]
        assert self.body is not None
        if name not in self.body.layers:
            raise NeedsFlatCode(f"the layer of `{name}` is out of sight")
        return f"{self.body.layers[name]}.vocabulary_size()"


def _classes_in(value: Any) -> Iterator[str]:
    """The layers that stand in the arguments of another."""
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(item, str):
            yield item
        yield from _classes_in(item)
    if isinstance(value, dict):
        yield from value


def _called_by(graph: Graph) -> list[str]:
    """The variables of the sub-models that a network calls itself."""
    found = [
        name for node in graph.calls for name in ([node.head] if node.kind == "model" else models_in(node.arguments))
    ]
    return list(dict.fromkeys(identifier(name) for name in found))


def _outputs(said: Any) -> dict[str, str]:
    """Output → the node that is cited; empty where it is the last one."""
    if said is None:
        return {}
    return (
        dict(said) if isinstance(said, dict) else {name: name for name in ([said] if isinstance(said, str) else said)}
    )


def _dict(items: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in items.items()) + "}"
