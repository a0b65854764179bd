"""A spec's graph → the functions that build its model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kspec.analysis.program import Analysis
from kspec.analysis.shapes.dtypes import is_float
from kspec.analysis.shapes.registry import compute_dtype
from kspec.catalog.types import Shape
from kspec.codegen.model.arguments import NeedsFlatCode, UnsupportedInPython
from kspec.codegen.model.block_functions import write_function
from kspec.codegen.model.blocks import collect_exposed_nodes, make_block, mark_frozen
from kspec.codegen.model.body import Body
from kspec.codegen.model.calls import only
from kspec.codegen.model.context import ModelContext
from kspec.codegen.model.entries import SpecEntry, read_entries
from kspec.codegen.model.flat_body import FlatBody
from kspec.codegen.model.names import HELPERS, Allocator, identifier
from kspec.codegen.model.statements import CHAIN, Statements
from kspec.codegen.text.literals import UnknownVariable, dict_of, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.diagnostics import Path
from kspec.expand.templates import read_template
from kspec.ir import Graph, Node
from kspec.language import Spec
from kspec.syntax.names import snake_case

USE_THEIR_NAMES = ("ConvNeXt", "EfficientNetV2")
"""Applications that build layer names from their `name`, or look their widths up by it."""


class Network:
    """Writes the functions of a model.

    Args:
        spec: The spec.
        analysis: Its graph and inferred shapes.
        file: Collects imports and constants.
        class_counts: Output → the number of its classes, in Python.
        predicts: Whether `main` predicts, so that `build_model` returns a model of the predicted nodes too.
    """

    def __init__(
        self,
        spec: Spec,
        analysis: Analysis,
        file: ModuleWriter,
        class_counts: Mapping[str, str],
        *,
        predicts: bool = False,
    ) -> None:
        self.spec = spec
        self.graph = analysis.graph
        self.types = analysis.types
        self.file = file
        self.context = ModelContext(spec, analysis, file, class_counts)
        self.writer = self.context.writer
        self.names = self.context.names
        self.models = self.graph.called_models()
        self.nodes = self._predicted_nodes() if predicts else {}

    @property
    def data(self) -> list[str]:
        """What `build_model` takes of the training data: `x`, the inputs, and `y`, the targets."""
        return [*(["x"] if self.context.needs_data else []), *(["y"] if self.context.needs_targets else [])]

    def write(self) -> list[list[str]]:
        """The functions of blocks, sub-models and, last, `build_model`; the lines of each."""
        used = dict(self.file.used)
        try:
            return self._structured()
        except (NeedsFlatCode, UnknownVariable):
            self.file.used.clear()
            self.file.used.update(used)
            self.context.restart_flat()
        try:
            return [*(self._sub_model(name, flat=True) for name in self._own_models()), self._model(flat=True)]
        except NeedsFlatCode as error:
            raise UnsupportedInPython(f"write a network with {error}", ("layers",)) from None

    def _structured(self) -> list[list[str]]:
        values, blocks = self.spec.values, self.context.blocks
        top = read_entries(values["layers"], ("layers",), values["inputs"])
        used = {name for expansion in self.spec.expansions.values() for name in expansion.used_blocks}
        for name in values.get("blocks") or {}:
            block = read_template(name, values["blocks"][name])
            if block is not None and name in used:
                blocks[name] = make_block(block, name)
        inner = {}
        for name in self._own_models():
            model = values["models"][name]
            inner[name] = read_entries(model["layers"], ("models", name, "layers"), model["inputs"])
        self._name_functions([top, *inner.values()])
        for name, entries in inner.items():
            collect_exposed_nodes(blocks, entries, list(_outputs(values["models"][name].get("outputs")).values()))
        collect_exposed_nodes(blocks, top, [*self._outputs().values(), *self.nodes.values()])
        mark_frozen(blocks, [entry for entries in (top, *inner.values()) for entry in entries])
        functions = [write_function(block, self.context) for block in blocks.values()]
        return [*functions, *(self._sub_model(name) for name in self._own_models()), self._model()]

    def _own_models(self) -> list[str]:
        """The called sub-models that are defined in the spec, not in a file or by `keras.applications`."""
        return [name for name in self.models if self.spec.defines_layers_of(name)]

    def _name_functions(self, networks: Sequence[Sequence[SpecEntry]]) -> None:
        """Names each block's function like the block, unless that name is in use."""
        blocks = self.context.blocks
        taken = {*self.spec.values["inputs"], *self._outputs().values(), *self.models}
        taken |= {name for block in blocks.values() for name in block.parameters}
        for entries in (*networks, *(block.entries for block in blocks.values())):
            for entry in entries:
                names = [*entry.references(), *entry.shape_sources(), *([entry.head] if entry.kind == "reuse" else [])]
                taken |= {name.rpartition("/")[2] for name in names}
        allocator = Allocator(*map(identifier, taken), *HELPERS, "main")
        for name, block in blocks.items():
            wish = identifier(name)
            block.function = allocator.take(wish if wish not in allocator.taken else f"{wish}_block")
            self.context.functions.add(block.function)

    def _model(self, *, flat: bool = False) -> list[str]:
        """The lines of `build_model`."""
        sub_models = [line for name in self.models for line in self._model_lines(name)]
        lines = self._network(self.graph, (), self.spec.name, self._outputs(), flat=flat)
        return [f"def build_model({', '.join(f'{variable}_train' for variable in self.data)}):", *sub_models, *lines]

    def _sub_model(self, name: str, *, flat: bool = False) -> list[str]:
        """The lines of the function that builds a sub-model, from the sub-models that it calls itself."""
        graph = self.graph.models[name]
        outputs = _outputs(self.spec.values["models"][name].get("outputs"))
        lines = self._network(graph, ("models", name), name, outputs, flat=flat)
        return [f"def build_{self.context.model_variable(name)}({', '.join(self.context.called_by(graph))}):", *lines]

    def _model_lines(self, name: str) -> list[str]:
        """The lines of `build_model` that build or load a sub-model, with its weights."""
        model = self.spec.document.models.get(name)
        if model is None:  # it is part of another model's file
            return []
        variable, graph = self.context.model_variable(name), self.graph.models[name]
        if model.layers is not None:
            value = f"build_{variable}({', '.join(self.context.called_by(graph))})"
        elif graph.application is not None:
            value = self._application(name, graph.application)
        else:
            assert model.file is not None
            value = self._from_file(model.file)
        lines = [f"    {variable} = {value}"]
        if self._needs_its_name(name):
            lines.append(f"    {variable}.name = {text(name)}")
        weights = model.weights
        if graph.application is not None and graph.application.arguments.get("weights") not in (None, "imagenet"):
            weights = graph.application.arguments["weights"]
        if weights is not None:
            lines.append(self.load_weights_line(variable, weights))
        if graph.calls and all(node.trainable is False for node in graph.calls):
            lines.append(f"    {variable}.trainable = False")
        return lines

    def _from_file(self, file: str) -> str:
        """A model loaded from a file; JSON has no weights."""
        if not file.endswith(".json"):
            return f"keras.models.load_model({self.writer.file_path(file)}, compile=False)"
        path = self.writer.file_path(file).removeprefix("str").strip("()")
        return f'keras.models.model_from_json(({path}).read_text(encoding="utf-8"))'

    def _needs_its_name(self, model: str) -> bool:
        """Whether a sub-model from outside must be renamed as in the spec.

        Stages look it up by that name, and its own name may be in use.
        """
        application = self.graph.models[model].application
        if application is not None:
            return application.head.startswith(USE_THEIR_NAMES)
        own = self.context.saved(model).name
        taken = [*self.graph.nodes, *(self.context.saved(name).name for name in self.models if name != model)]
        return own != model and (self.spec.document.fit.stages is not None or own in taken)

    def _application(self, name: str, node: Node) -> str:
        """The constructor call of a model of `keras.applications`; weights from a file are loaded later."""
        assert node.catalog is not None
        arguments = dict(node.arguments)
        if arguments.get("weights", "imagenet") != "imagenet":
            arguments["weights"] = None
        path = ("models", name, "application", node.head)
        keywords = [] if self._needs_its_name(name) else [f"name={text(name)}"]
        return self.writer.construct(node.catalog, arguments, path, self.names, keywords)

    def load_weights_line(self, variable: str, file: str) -> str:
        """The statement that loads a model's weights from a file."""
        path = self.writer.file_path(file)
        if file.endswith(".keras"):
            weights = f"keras.models.load_model({path}, compile=False).get_weights()"
            return f"    {variable}.set_weights({weights})"
        return f"    {variable}.load_weights({path})"

    def _network(
        self, graph: Graph, network_path: Path, name: str, outputs: Mapping[str, str], *, flat: bool
    ) -> list[str]:
        """The lines that build a network, from its inputs to its `keras.Model`.

        Args:
            graph: The network's graph.
            network_path: Its place in the spec: empty for the spec itself.
            name: Its name.
            outputs: Output → node, as the spec has them; empty if the last node is the output.
            flat: Whether each node gets a statement of its own, without blocks and loops.
        """
        values = self.spec.values["models"][name] if network_path else self.spec.values
        allocator = Allocator()
        wishes = {node.name: "inputs" if node.name == CHAIN else identifier(node.name) for node in graph.inputs}
        inputs = {name: allocator.take(wish) for name, wish in wishes.items()}
        body: Body | FlatBody
        if flat:
            body = FlatBody(self.context, graph, inputs, self.names)
        else:
            path, exposed = (
                (*network_path, "layers"),
                [*outputs.values(), *([] if network_path else self.nodes.values())],
            )
            body = Body(self.context, values["layers"], path, inputs, self.names, exposed, top=True)
        last = body.write()
        if isinstance(body, FlatBody):
            tensors = [body.tensor(tensor) for tensor in graph.outputs.values()]
        else:
            tensors = [only(body.value(node)) for node in outputs.values()] if outputs else [only(last)]
        names = list(graph.outputs)
        several = len(names) > 1
        if several and not network_path:
            tensors = [self._named(graph, body, name, tensor) for name, tensor in zip(names, tensors, strict=True)]
        model_inputs = only(list(inputs.values())) if len(inputs) == 1 else dict_of(inputs)
        model_outputs = dict_of(dict(zip(names, tensors, strict=True))) if several else tensors[0]
        input_lines = [self._input(values, network_path, name, variable) for name, variable in inputs.items()]
        model = f"keras.Model({model_inputs}, {model_outputs}, name={text(name.replace('/', '.'))})"
        if self.nodes and not network_path:
            nodes = {name: only(body.value(node)) for name, node in self.nodes.items()}
            variables = body.allocator.take("model"), body.allocator.take("node_model")
            body.lines.append(f"    {variables[0]} = {model}")
            body.lines.append(f"    {variables[1]} = keras.Model({model_inputs}, {dict_of(nodes)})")
            model = ", ".join(variables)
        return [*input_lines, *_taken_names(graph), *body.lines, f"    return {model}"]

    def _input(self, values: Mapping[str, Any], network_path: Path, name: str, variable: str) -> str:
        """The statement that creates an input.

        Args:
            values: The network in the spec.
            network_path: Its place in the spec.
            name: The input's name.
            variable: Its variable.
        """
        settings = self.spec.input((*network_path, "inputs", name))
        path = (*network_path, "inputs", name, "shape")
        shape = self.writer.value(values["inputs"][name]["shape"], Shape(), path, self.names)
        batch = "" if settings.batch_size is None else f", batch_size={settings.batch_size}"
        dtype = "" if settings.dtype == "float32" else f", dtype={text(settings.dtype)}"
        return f"    {variable} = keras.Input({shape}{batch}{dtype}, name={text(name)})"

    def _predicted_nodes(self) -> dict[str, str]:
        """The predicted nodes by name, each as an entry would reference it."""
        nodes: dict[str, str] = {}
        for name, tensor in self.graph.predicted_nodes.items():
            node = self.graph.nodes[tensor.node]
            own = node.outputs[tensor.output] if node.outputs else None
            if own is None and node.kind == "model" and len(outputs := list(self.graph.models[node.head].outputs)) > 1:
                own = f"{node.name}/{outputs[tensor.output]}"
            nodes[name] = own or node.name
        return nodes

    def _outputs(self) -> dict[str, str]:
        return _outputs(self.spec.document.outputs)

    def _named(self, graph: Graph, body: Statements, name: str, value: str) -> str:
        """A tensor under its output's name: Keras names losses and metrics after the layer that returns it."""
        tensor = graph.outputs[name]
        node = graph.nodes[tensor.node]
        entry = next((entry for entry in body.entries if entry.name == tensor.node), None)
        own = (
            entry is not None and entry.kind == "class" and entry.named and not {"repeat", "each"} & set(entry.options)
        )
        if node.name == name and own and not tensor.output:
            return value
        self.context.import_module_of("keras.layers.Identity")
        dtype = self.types.tensor(tensor).dtype
        casts = is_float(dtype) and dtype != compute_dtype(self.spec.document.dtype_policy, "float32")
        keyword = f", dtype={text(dtype)}" if casts else ""  # a layer converts floats to its own dtype
        return f"layers.Identity(name={text(name)}{keyword})({value})"


def _taken_names(graph: Graph) -> list[str]:
    """The statements that keep Keras from giving an op, which it names itself, the name of a layer."""
    lines = []
    names = {*graph.outputs, *(node.name for node in graph.nodes.values() if node.kind != "op")}
    for stem in sorted({snake_case(node.head) for node in graph.calls if node.kind == "op"}):
        pattern = re.compile(rf"{re.escape(stem)}(?:_(\d+))?")
        own = [match for name in names if (match := pattern.fullmatch(name))]
        if own:
            count = 1 + max(int(match[1] or 0) for match in own)
            loop = f"    for _ in range({count}):  # names of layers, which no op may get"
            lines += [loop, f"        keras.backend.get_uid({text(stem)})"]
    return lines


def _outputs(value: Any) -> dict[str, str]:
    """Output → node; empty if the spec leaves the outputs out."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return dict(value)
    return {name: name for name in ([value] if isinstance(value, str) else value)}
