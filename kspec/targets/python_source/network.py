"""A spec's graph → the functions that build its model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kspec.catalog import Entry, Tensor
from kspec.catalog.types import Shape
from kspec.checker import Analysis
from kspec.spec import Spec
from kspec.syntax.names import snake_case
from kspec.syntax.templates import template
from kspec.targets.python_source.arguments import Unstructured, Writer
from kspec.targets.python_source.blocks import Block, find_frozen, find_what_is_looked_at, make_block, write_function
from kspec.targets.python_source.body import CHAIN, Body
from kspec.targets.python_source.calls import Feeds, only
from kspec.targets.python_source.file import File
from kspec.targets.python_source.flat import FlatBody
from kspec.targets.python_source.items import Item, read_items
from kspec.targets.python_source.literals import literal
from kspec.targets.python_source.names import Allocator, Constants, identifier


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
        self.body: Body | None = None
        self.needs_data = False
        self.nodes = {node.written: node for node in reversed(self.graph.calls)}

    def write(self) -> list[list[str]]:
        """The functions: those of blocks that are used, then `build_model`."""
        used = dict(self.file.used)
        try:
            return self._structured()
        except Unstructured:
            self.file.used.clear()
            self.file.used.update(used)
            self.writer.flat, self.blocks = True, {}
            return [self._model(flat=True)]

    def _structured(self) -> list[list[str]]:
        values = self.spec.values
        top = read_items(values["layers"], ("layers",), values["inputs"])
        expansion = self.spec.expansion
        for name in values.get("blocks") or {}:
            made = template(name, values["blocks"][name])
            if made is not None and expansion is not None and name in expansion.used:
                self.blocks[name] = make_block(made, name)
        self._name_functions(top)
        find_what_is_looked_at(self.blocks, top, list(self._outputs().values()))
        find_frozen(self.blocks, top)
        functions = [write_function(block, self) for block in self.blocks.values()]
        return [*functions, self._model()]

    def _name_functions(self, top: Sequence[Item]) -> None:
        """A block's function is called like it, unless something else is."""
        every = [top, *(block.items for block in self.blocks.values())]
        cited = {name.rpartition("/")[2] for items in every for item in items
                 for name in (*item.cited(), *([item.head] if item.kind == "reuse" else []))}  # fmt: skip
        cited |= {name for block in self.blocks.values() for name in block.parameters}
        allocator = Allocator(*map(identifier, {*cited, *self.spec.values["inputs"], *self._outputs().values()}), "main")
        for name, block in self.blocks.items():
            wish = identifier(name)
            block.function = allocator.take(wish if wish not in allocator.taken else f"{wish}_block")
            self.functions.add(block.function)

    def _model(self, *, flat: bool = False) -> list[str]:
        document = self.spec.document
        inputs = {name: self._input_name(name) for name in document.inputs}
        outputs = self._outputs()
        body: Body
        if flat:
            body = FlatBody(self, self.graph, inputs, self.names)
        else:
            body = Body(self, self.spec.values["layers"], ("layers",), inputs, self.names, list(outputs.values()), top=True)
        self.body = body
        last = body.write()
        if not outputs:
            given = last
        elif flat:
            given = [body.value(body._citation(tensor))[0] for tensor in self.graph.outputs.values()]  # type: ignore[attr-defined]
        else:
            given = [only(body.value(cited)) for cited in outputs.values()]
        names = list(self.graph.outputs)
        several = len(names) > 1
        if several:
            given = [self._called(body, name, value) for name, value in zip(names, given, strict=True)]
        ins = only(list(inputs.values())) if len(inputs) == 1 else _dict(inputs)
        outs = _dict(dict(zip(names, given, strict=True))) if several else given[0]
        made = [self._input(name, variable) for name, variable in inputs.items()]
        argument = "x_train" if self.needs_data else ""
        end = f'    return keras.Model({ins}, {outs}, name="{self.spec.name.replace("/", ".")}")'
        return [f"def build_model({argument}):", *made, *body.lines, end]

    def _input_name(self, name: str) -> str:
        return "inputs" if name == CHAIN else identifier(name)

    def _input(self, name: str, variable: str) -> str:
        given = self.spec.document.inputs[name]
        shape = self.writer.value(self.spec.values["inputs"][name]["shape"], Shape(), ("inputs", name, "shape"), self.names)
        dtype = "" if given.dtype == "float32" else f', dtype="{given.dtype}"'
        return f'    {variable} = keras.Input({shape}{dtype}, name="{name}")'

    def _outputs(self) -> dict[str, str]:
        """Output → the node that is cited; empty where it is the last one."""
        said = self.spec.document.outputs
        if said is None:
            return {}
        if isinstance(said, dict):
            return dict(said)
        return {name: name for name in ([said] if isinstance(said, str) else said)}

    def _called(self, body: Body, name: str, value: str) -> str:
        """A tensor under its output's name: Keras names losses and metrics after the layer that gives it."""
        tensor = self.graph.outputs[name]
        node = self.graph.nodes[tensor.node]
        item = next((item for item in body.items if item.name == tensor.node), None)
        own = item is not None and item.kind == "class" and item.named and not {"repeat", "each"} & set(item.words)
        if node.name == name and own and not tensor.output:
            return value
        return f'layers.Identity(name="{name}")({value})'

    # what bodies ask

    def signature(self, item: Item, body: Body) -> Sequence[Tensor] | None:
        """The tensor parameters of what an entry calls; None where nobody knows them."""
        if item.kind == "block":
            return [Tensor(name, "one", True) for name in self.blocks[item.head].template.inputs]
        entry = self.layer_of(item.head, body) if item.kind == "reuse" else item.layer
        return None if entry is None else entry.tensors

    def layer_of(self, name: str, body: Body) -> Entry | None:
        """What Keras says of the layer of a node."""
        item = next((item for item in body.items if item.name == name), None)
        if item is None:
            raise Unstructured(f"the layer of `{name}` is out of sight")
        return self.layer_of(item.head, body) if item.kind == "reuse" else item.layer

    def answers(self, item: Item) -> int:
        """How many tensors its call gives."""
        node = self.nodes.get(item.path)
        said = item.words.get("as")
        if said:
            return len(said)
        return 1 if node is None else len(self.types.answers[node.name].outputs)

    def has_weights(self, item: Item) -> bool:
        node = self.nodes.get(item.path)
        return node is None or bool(self.types.answers[node.name].weights)

    def is_counted_otherwise(self, item: Item) -> bool:
        """Whether Keras would call an unnamed layer otherwise than the spec does: what is inside of layers counts there.

        The bits hang on names: TensorFlow sums gradients in an order that follows them.
        """
        stem = snake_case(item.head)
        inside = {snake_case(name) for node in self.graph.calls for name in _classes_in(node.arguments)}
        stated = {re.sub(r"_\d+$", "", name) for name, node in self.graph.nodes.items() if node.named}
        return stem in inside | stated

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
        raise Unstructured("sub-models")

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
            raise Unstructured(f"the layer of `{name}` is out of sight")
        return f"{self.body.layers[name]}.vocabulary_size()"


def _classes_in(value: Any) -> Iterator[str]:
    """The layers that stand in the arguments of another."""
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(item, str):
            yield item
        yield from _classes_in(item)
    if isinstance(value, dict):
        yield from value


def _dict(items: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in items.items()) + "}"
