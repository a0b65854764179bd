"""What all statements of a model share: the spec, its graph, and the file being written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

from kspec.analysis.adapted_layers import target_to_learn
from kspec.analysis.program import Analysis
from kspec.analysis.shapes.types import InferredCall
from kspec.catalog import Entry, Tensor
from kspec.codegen.model.arguments import NeedsFlatCode, Writer, extension_class
from kspec.codegen.model.blocks import Block
from kspec.codegen.model.calls import Feeds, Pieces, only
from kspec.codegen.model.entries import SpecEntry
from kspec.codegen.model.leading_constant import HELPER, LINES, merges_with_leading_constant
from kspec.codegen.model.names import Allocator, Constants, identifier
from kspec.codegen.model.saved import Saved, read_saved
from kspec.codegen.model.standardization import standardization_lines
from kspec.codegen.model.word_vectors import WORD_VECTORS, word_vectors_lines
from kspec.codegen.text.literals import dict_of, keyword_arguments, literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.diagnostics import Path
from kspec.ir import Graph
from kspec.language import Spec
from kspec.language.spec import models_in
from kspec.syntax.names import snake_case
from kspec.syntax.sizes import Size


class Scope(Protocol):
    """The variables of the function being written."""

    def value(self, name: str) -> Pieces:
        """The tensors of a node or output."""
        ...

    def layer(self, name: str) -> str:
        """The variable of a node's layer."""
        ...


class ModelContext:
    """The spec, its graph, and the file being written, as the statements of a model see them.

    Args:
        spec: The spec.
        analysis: Its graph and inferred shapes.
        file: Collects imports and constants.
        class_counts: Output → the number of its classes, in Python.

    Attributes:
        blocks: The blocks that are functions of the file, by name; empty in flat code.
        functions: The names of these functions.
        statements: Those of the function being written, which know the variables of nodes.
        needs_data: Whether `build_model` takes the training inputs, because layers adapt to them.
        needs_targets: Whether it takes the training targets, because a layer scales predictions back to them.
    """

    def __init__(self, spec: Spec, analysis: Analysis, file: ModuleWriter, class_counts: Mapping[str, str]) -> None:
        self.spec = spec
        self.graph = analysis.graph
        self.file = file
        self.class_counts = class_counts
        allocator = Allocator()
        self._models = {name: allocator.take(identifier(name)) for name in self.graph.models}
        self.writer = Writer(
            spec,
            self._size,
            file_path=lambda path: file.relative_path(spec.folder / path),
            model_variable=self.model_variable,
        )
        self.names = Constants(file.variables, file.used)
        self.blocks: dict[str, Block] = {}
        self.functions: set[str] = set()
        self.statements: Scope | None = None
        self.needs_data = False
        self.needs_targets = False
        self._saved: dict[str, Saved] = {}
        self._name_counts: dict[str, int] = {}
        self._calls: dict[Path, InferredCall] = {}
        self._leading_constants: set[Path] = set()
        for name in ("", *self.graph.models):
            graph = self.graph.models[name] if name else self.graph
            types = analysis.types.models[name] if name else analysis.types
            for node in graph.calls:
                self._calls.setdefault(node.source_path, types.calls[node.name])
            self._leading_constants |= merges_with_leading_constant(graph)

    def restart_flat(self) -> None:
        """Forgets blocks and loops; every node gets a statement of its own from now on."""
        self.writer.flat = True
        self.blocks = {}
        self.needs_data = False
        self.needs_targets = False
        self._name_counts.clear()

    def model_variables(self, path: Path) -> list[str]:
        """The variables of the sub-models that the entries at a path can call."""
        graph = self.graph.models[str(path[1])] if path[0] == "models" else self.graph
        return [self.model_variable(name) for name in graph.models]

    def model_variable(self, model: str) -> str:
        """The variable of a sub-model."""
        return self._models[model]

    def called_by(self, graph: Graph) -> list[str]:
        """The variables of the sub-models that a network calls itself."""
        calls = [([node.head] if node.kind == "model" else models_in(node.arguments)) for node in graph.calls]
        return list(dict.fromkeys(self.model_variable(name) for names in calls for name in names))

    def signature(self, entry: SpecEntry, entries: Sequence[SpecEntry]) -> Sequence[Tensor] | None:
        """The tensor parameters of the callee of an entry; None for a class outside Keras.

        Args:
            entry: The call.
            entries: All entries of the same list, where the layer of a `reuse` is looked up.
        """
        if entry.kind == "block":
            return [Tensor(name, "one", True) for name in self.blocks[entry.head].template.inputs]
        if entry.kind == "model":
            return [Tensor(node.name, "one", True) for node in self.graph.models[entry.head].inputs]
        definition = layer_definition(entry.head, entries) if entry.kind == "reuse" else entry.definition
        return None if definition is None else definition.tensors

    def output_count(self, entry: SpecEntry) -> int:
        """The number of tensors that a call returns."""
        if entry.output_names:
            return len(entry.output_names)
        return 1 if entry.path not in self._calls else len(self._calls[entry.path].outputs)

    def has_weights(self, entry: SpecEntry) -> bool:
        """Whether a layer has weights, as far as that is known."""
        return entry.path not in self._calls or bool(self._calls[entry.path].weights)

    def needs_explicit_name(self, entry: SpecEntry) -> bool:
        """Whether Keras would name an unnamed layer differently than the spec does: it numbers all layers it creates.

        Weights depend on names to the last bit: TensorFlow sums gradients in an order that follows them.
        """
        stem = snake_case(entry.head)
        if stem in self._names_numbered_by_keras_alone:
            return True
        count = self._name_counts.get(stem, 0)
        if entry.name != (f"{stem}_{count}" if count else stem):
            return True
        self._name_counts[stem] = count + 1
        return False

    @cached_property
    def _names_numbered_by_keras_alone(self) -> set[str]:
        """Automatic names that Keras gives to objects which are no nodes: layers inside other layers, and ops."""
        calls = [node for graph in (self.graph, *self.graph.models.values()) for node in graph.calls]
        inside = {snake_case(name) for node in calls for name in _classes_in(node.arguments)}
        return inside | {snake_case(node.head) for node in calls if node.kind == "op"}

    def with_leading_symbol(self, entry: SpecEntry, pieces: Pieces) -> Pieces:
        """The tensors of a merge layer, of which Keras takes no constant as the first."""
        if entry.path not in self._leading_constants:
            return pieces
        if pieces[0].startswith("*"):
            raise NeedsFlatCode("a constant in a list that a merge layer takes")
        self.file.helpers[HELPER] = LINES
        self.file.modules.add("ops")
        return [f"{HELPER}({', '.join(pieces)})", *pieces[1:]]

    def import_module_of(self, path: str) -> None:
        """Has the file import the module of Keras that a class or function is in."""
        for module in ("layers", "ops"):
            if path.startswith(f"keras.{module}."):
                self.file.modules.add(module)

    def extension(self, entry: SpecEntry, keywords: Sequence[str], names: Mapping[str, str]) -> str:
        """The constructor call of a layer from the user's own code.

        Args:
            entry: The layer.
            keywords: Further arguments in Python: `name="gate"`.
            names: What expressions may use: variable → Python name.
        """
        self.file.imports.add(entry.head.rpartition(".")[0])
        path = (*entry.path, entry.head)
        own = [(name, self.writer.plain(value, (*path, name), names)) for name, value in entry.arguments.items()]
        return f"{extension_class(entry.head, entry.path)}({', '.join([*keyword_arguments(own), *keywords])})"

    def model_call(self, entry: SpecEntry, feeds: Feeds, names: Mapping[str, str]) -> str:
        """The call of a sub-model; one with several inputs takes a dict, or a list if its file says so.

        Args:
            entry: The call.
            feeds: Input → its tensors.
            names: What expressions may use: variable → Python name.
        """
        tensors = {name: only(pieces) for name, pieces in feeds.items()}
        first = dict_of(tensors) if len(tensors) > 1 else next(iter(tensors.values()))
        if len(tensors) > 1 and (order := self.saved(entry.head).inputs):
            first = f"[{', '.join(tensors[name] for name in order)}]"
        path = (*entry.path, "call")
        options = entry.options.get("call") or {}
        constants = [(name, self.writer.plain(value, (*path, name), names)) for name, value in options.items()]
        return f"{self.model_variable(entry.head)}({', '.join([first, *keyword_arguments(constants)])})"

    def outputs_of(self, entry: SpecEntry) -> list[str]:
        """The outputs of the sub-model that an entry calls."""
        return list(self.graph.models[entry.head].outputs)

    def output_keys(self, entry: SpecEntry) -> list[str]:
        """The subscript of each output in the result of a sub-model: `["mean"]`, or `[0]` if that is a list."""
        names = self.outputs_of(entry)
        if self.saved(entry.head).outputs:
            return [f"[{i}]" for i in range(len(names))]
        return [f"[{text(name)}]" for name in names]

    def standardization(self, steps: Sequence[Any]) -> str:
        """The function that standardizes texts in several steps; equal steps share one."""
        lines = standardization_lines(steps)
        functions = {name: code[3:] for name, code in self.file.helpers.items() if name.startswith("standardize")}
        same = next((name for name, code in functions.items() if code == lines), None)
        if same is not None:
            return same
        name = f"standardize_{len(functions) + 1}" if functions else "standardize"
        self.file.imports.add("tensorflow as tf")
        summary = '    """Standardizes texts before they are split into words."""'
        head = ["@keras.saving.register_keras_serializable()", f"def {name}(texts):", summary]
        self.file.helpers[name] = [*head, *lines]
        return name

    def write_word_vectors(self, *, is_packed: bool) -> None:
        """Writes the function that reads the vectors of words.

        Args:
            is_packed: Whether it reads a file that ends in `.gz`.
        """
        packed = "gzip.open" in "".join(self.file.helpers.get(WORD_VECTORS, ()))
        if is_packed:
            self.file.imports.add("gzip")
        self.file.helpers[WORD_VECTORS] = word_vectors_lines(is_packed=is_packed or packed)

    def saved(self, model: str) -> Saved:
        """How the file of a sub-model has its inputs and outputs; the default for a model defined in the spec."""
        if model not in self._saved:
            model_spec = self.spec.document.models.get(model)
            file = None if model_spec is None else model_spec.file
            self._saved[model] = Saved(model) if file is None else read_saved(self.spec.folder / file)
        return self._saved[model]

    def adapt_lines(self, entry: SpecEntry, layer: str, tensor: str, inputs: Mapping[str, str]) -> list[str]:
        """The statements that adapt a layer to the training data.

        Args:
            entry: The layer in the spec.
            layer: Its variable.
            tensor: The tensor that it takes; the part of the model before it computes that, unless it is an input.
            inputs: Input → its variable.
        """
        node = self.graph.nodes.get(entry.name)
        output = target_to_learn(self.graph, node) if node is not None else None
        if output is not None:
            self.needs_targets = True
            target = "y_train" if len(self.graph.outputs) == 1 else f"y_train[{literal(output)}]"
            shape = (-1, *(self._calls[entry.path].outputs[0].shape or ())[1:])
            return [f'{layer}.adapt({target}.reshape{literal(shape)}.astype("float32"))']
        self.needs_data = True
        single = len(inputs) == 1
        name = next((name for name, variable in inputs.items() if variable == tensor), None)
        if name is not None:
            return [f"{layer}.adapt({'x_train' if single else f'x_train[{literal(name)}]'})"]
        self.file.imports.add("tensorflow as tf")
        before = next(iter(inputs.values())) if single else dict_of(inputs)
        return [
            f"before = keras.Function({before}, {tensor})",
            "examples = tf.data.Dataset.from_tensor_slices(x_train).batch(1024)",
            f"{layer}.adapt(examples.map(before))",
        ]

    def _size(self, size: Size) -> str:
        if size.word == "classes_of":
            return self.class_counts[size.name]
        assert self.statements is not None
        if size.word == "vocabulary_of":
            return f"{self.statements.layer(size.name)}.vocabulary_size()"
        return f"{only(self.statements.value(size.name))}.shape[{size.axis}]"


def layer_definition(name: str, entries: Sequence[SpecEntry]) -> Entry | None:
    """The catalog's entry of the layer of a node; None for a class outside Keras."""
    entry = next((entry for entry in entries if entry.name == name), None)
    if entry is None:
        raise NeedsFlatCode(f"the layer of `{name}`, which is out of scope")
    return layer_definition(entry.head, entries) if entry.kind == "reuse" else entry.definition


def _classes_in(value: Any) -> Iterator[str]:
    """The layers in the arguments of another layer."""
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(item, str):
            yield item
        yield from _classes_in(item)
    if isinstance(value, dict):
        yield from value
