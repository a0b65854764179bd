"""An entry → the statement that calls it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from kspec.catalog.learned_weight import WEIGHT
from kspec.codegen.model.arguments import NeedsFlatCode
from kspec.codegen.model.calls import Feeds, Pieces, call_layer, call_op, only, spread
from kspec.codegen.model.context import ModelContext, layer_definition
from kspec.codegen.model.entries import SpecEntry
from kspec.codegen.model.formulas import formula_code
from kspec.codegen.model.learned_weight import HELPER, LINES
from kspec.codegen.model.names import Allocator, Constants, identifier
from kspec.codegen.text.literals import Code, text, text_of
from kspec.ir.call_inputs import implied_argument
from kspec.ir.preset import is_preset
from kspec.syntax.deferred import Uncomputed

CHAIN = "x"
"""The variable that goes from one entry to the next."""


class Statements:
    """The statements of a function, written one after the other.

    Args:
        context: What all statements of the model share.
        entries: The entries of the function.
        inputs: Input → its variable.
        names: What expressions may use: variable → Python name.
        referenced: The nodes that need a variable of their own.
        taken: Variables that are in use.
        trainable: Whether the function takes `trainable`.
        top: Whether this is the network itself, whose layers have their nodes' names.

    Attributes:
        values: Node or output → its tensors.
        layers: Node → variable of its layer, where there is one.
        lines: The statements.
        suffix: The end of layer names: in a loop the number of the copy.
    """

    def __init__(
        self,
        context: ModelContext,
        entries: Sequence[SpecEntry],
        inputs: Mapping[str, str],
        names: Constants,
        referenced: set[str],
        taken: Iterable[str],
        *,
        trainable: bool = False,
        top: bool = False,
    ) -> None:
        self.context = context
        self.writer = context.writer
        self.entries = entries
        self.inputs = dict(inputs)
        self.names = names
        self.referenced = referenced
        self.trainable = trainable
        self.top = top
        self.values: dict[str, Pieces] = {name: [variable] for name, variable in inputs.items()}
        self.layers: dict[str, str] = {}
        self.lines: list[str] = []
        self.indent = 1
        self.allocator = Allocator(*{*inputs.values(), *taken, CHAIN})
        self.reused = {entry.head for entry in entries if entry.kind == "reuse"}
        self.reused |= {name for entry in entries for name in entry.vocabulary_sources()}
        self.reused |= {entry.vectors[1] for entry in entries if entry.vectors is not None and entry.vectors[1]}
        self.variables: dict[str, str] = {}
        self.prefix = "" if top else "{name}."
        self.suffix = ""
        context.statements = self

    def value(self, name: str) -> Pieces:
        """The tensors of a node or output."""
        if name not in self.values:
            raise NeedsFlatCode(f"a reference to `{name}`, which is out of scope")
        return self.values[name]

    def layer(self, name: str) -> str:
        """The variable of a node's layer."""
        if name not in self.layers:
            raise NeedsFlatCode(f"the layer of `{name}`, which is out of scope")
        return self.layers[name]

    def _feeds(self, entry: SpecEntry, previous: Pieces | None) -> Feeds:
        """The tensors that a call takes, by argument."""
        if entry.kind in ("expr", "weight"):
            return {}
        source = entry.options.get("from")
        signature = self.context.signature(entry, self.entries)
        if isinstance(source, dict):
            feeds: Feeds = {}
            if first := implied_argument(signature, source, entry.options.get("call") or ()):
                feeds[first] = list(previous or [])
            for name, references in source.items():
                names = references if isinstance(references, list) else [references]
                feeds[name] = [piece for one in names for piece in self.value(one)]
            order = [parameter.name for parameter in signature or ()]
            return dict(sorted(feeds.items(), key=lambda fed: order.index(fed[0]) if fed[0] in order else len(order)))
        if source is None:
            if previous is None and (signature is None or signature):
                raise NeedsFlatCode("a first layer without `from` below several inputs")
            return spread(entry, list(previous or []), signature)
        return spread(entry, [piece for name in entry.references() for piece in self.value(name)], signature)

    def _call(
        self,
        entry: SpecEntry,
        feeds: Feeds,
        names: Constants,
        target: str = "",
        *chained: str,
        exposed: Sequence[str] = (),
    ) -> Pieces:
        """Writes the statement that calls an entry and returns the variable of its first output.

        Args:
            entry: The call.
            feeds: Argument → its tensors.
            names: What expressions may use: variable → Python name.
            target: The variable of its first output, if that is fixed.
            chained: The variables of the next outputs, in a loop.
            exposed: Inner nodes of a block that need a variable.
        """
        if entry.kind == "block":
            inner = [f"{entry.name}/{name}" for name in self.context.blocks[entry.head].returns]
        else:
            inner = [""] * self.context.output_count(entry)
        outputs = entry.output_names
        if entry.kind == "model" and len(self.context.outputs_of(entry)) > 1:
            return self._call_model(entry, feeds, names, target, *chained)
        if not target:
            target = self._variable(*[name for name in (*outputs[:1], entry.name, inner[0]) if name != "_"])
        variables = [target, *chained]
        for i, path in enumerate(inner[len(variables) :], start=len(variables)):
            referenced = [name for name in (*outputs[i : i + 1], path) if name in self.referenced]
            if path.removeprefix(f"{entry.name}/") in exposed and not referenced:
                variables.append(self._take(identifier(path.rpartition("/")[2])))
            else:
                variables.append(self._variable(*referenced) if referenced else "_")
        for name, variable in [*zip(inner, variables, strict=True), *zip(outputs, variables, strict=False)]:
            if name and name != "_":
                self.values[name] = [variable]
        call = self._expression(entry, feeds, names)
        left = variables[0]
        if len(variables) > 1:
            unused = len(variables) > 2 and set(variables[1:]) == {"_"}
            left = f"{variables[0]}, *_" if unused else ", ".join(variables)
        self._line(f"{left} = {call}")
        if entry.vectors is not None:
            self._line(self._vectors_line(entry))
        self.values[entry.name] = [variables[0]]
        return [variables[0]]

    def _call_model(self, entry: SpecEntry, feeds: Feeds, names: Constants, *chained: str) -> Pieces:
        """Writes the call of a sub-model with several outputs, which returns a dict or list.

        Args:
            entry: The call.
            feeds: Input → its tensors.
            names: What expressions may use: variable → Python name.
            chained: The variables that go from one copy to the next, in a loop.
        """
        in_loop = bool(self.suffix) and any(chained)
        result = self.allocator.take("results") if in_loop else self._take(entry.name)
        self._line(f"{result} = {self._expression(entry, feeds, names)}")
        outputs = [f"{result}{key}" for key in self.context.output_keys(entry)]
        for i, variable in enumerate(chained if in_loop else ()):
            self._line(f"{variable} = {outputs[i]}")
            outputs[i] = variable
        for inner, output in zip(self.context.outputs_of(entry), outputs, strict=True):
            self.values[f"{entry.name}/{inner}"] = [output]
        for name, output in zip(entry.output_names, outputs, strict=False):
            self.values[name] = [output]
        self.values[entry.name] = [outputs[0]]
        return [outputs[0]]

    def _expression(self, entry: SpecEntry, feeds: Feeds, names: Constants) -> str:
        """The call as an expression; a layer that needs a variable gets a statement before it.

        Args:
            entry: The call.
            feeds: Argument → its tensors; those under the empty name are spread over the arguments.
            names: What expressions may use: variable → Python name.
        """
        if entry.kind == "op":
            definition = entry.definition
            assert definition is not None
            if "" in feeds:
                feeds = spread(entry, feeds[""], definition.tensors)
            if entry.head != "get_item":
                self.context.import_module_of(definition.path)
            call = call_op(entry, feeds, definition, self.writer, names)
            if any(function in call for function in ("np.array(", "np.load(", "np.loadtxt(")):
                self.context.file.imports.add("numpy as np")
            return call
        if entry.kind == "expr":
            return self._formula(entry, names)
        if entry.kind == "weight":
            return self._weight(entry, names)
        if entry.kind == "block":
            return self._use(entry, feeds, names)
        if entry.kind == "model":
            if "" in feeds:
                feeds = spread(entry, feeds[""], self.context.signature(entry, self.entries))
            return self.context.model_call(entry, feeds, names)
        if entry.kind == "reuse":
            callee, definition = self._reused_layer(entry), layer_definition(entry.head, self.entries)
        else:
            callee, definition = self._layer(entry, feeds, names), entry.definition
        if "" in feeds:
            feeds = spread(entry, feeds[""], definition.tensors if definition else None)
        feeds = {name: self.context.with_leading_symbol(entry, pieces) for name, pieces in feeds.items()}
        return call_layer(callee, entry, feeds, definition, self.writer, names)

    def _vectors_line(self, entry: SpecEntry) -> str:
        """The statement that gives an Embedding its initial vectors, after its call has built it."""
        assert entry.vectors is not None
        file, vocabulary = entry.vectors
        if isinstance(file, Uncomputed) or isinstance(vocabulary, Uncomputed):
            raise NeedsFlatCode("vectors from a file that is the parameter of a block")
        self.context.file.imports.add("numpy as np")
        layer, path = self.layer(entry.name), self.writer.file_path(file)
        value = f"np.load({path})"
        if vocabulary is not None:
            self.context.write_word_vectors(is_packed=file.endswith(".gz"))
            value = f"word_vectors({path}, {self.layer(vocabulary)}.get_vocabulary(), np.array({layer}.embeddings))"
        return f"{layer}.embeddings.assign({value})"

    def _formula(self, entry: SpecEntry, names: Constants) -> str:
        """The arithmetic of an `expr`."""

        def number(text: str) -> str:
            code = self.writer.source_expression(Uncomputed(text), (*entry.path, "expr"), names)
            assert code is not None
            return code

        code = formula_code(entry.head, lambda name: only(self.value(name)), number)
        if "ops." in code:
            self.context.file.modules.add("ops")
        return code

    def _weight(self, entry: SpecEntry, names: Constants) -> str:
        """The creation of a learned tensor; its function takes any tensor of the model."""
        self.context.file.helpers[HELPER] = LINES
        self.context.file.modules |= {"layers", "ops"}
        path = (*entry.path, entry.head)
        keywords = [f"name={self._layer_name(entry)}"]
        if trainable := self._trainable_code(entry, names):
            keywords.append(f"trainable={trainable}")
        inside = self.writer.construct(WEIGHT, entry.arguments, path, names, keywords)
        return f"{HELPER}({next(iter(self.inputs.values()))}, {inside.partition('(')[2]}"

    def _trainable_code(self, entry: SpecEntry, names: Constants) -> str:
        """The argument `trainable` of a layer; empty without one."""
        if "trainable" in entry.options:
            value = entry.options["trainable"]
            return self.writer.source_expression(value, (*entry.path, "trainable"), names) or str(value)
        return "trainable" if self.trainable and self.context.has_weights(entry) else ""

    def _reused_layer(self, entry: SpecEntry) -> str:
        """The variable of the layer that is called again."""
        layer = self.layers[entry.name] = self.layer(entry.head)
        return layer

    def _layer(self, entry: SpecEntry, feeds: Feeds, names: Constants) -> str:
        """The constructor call of a layer, or the variable of one that is reused or adapts to the data."""
        definition = entry.definition
        keywords = []
        if not self.top or entry.named or self.suffix or self.context.needs_explicit_name(entry):
            keywords.append(f"name={self._layer_name(entry)}")
        trainable = self._trainable_code(entry, names)
        wraps = definition is not None and any(
            "<layer>" in parameter.type or "<cell>" in parameter.type for parameter in definition.parameters.values()
        )
        if trainable and not wraps:
            keywords.append(f"trainable={trainable}")
        if definition is None:
            constructor = self.context.extension(entry, keywords, names)
        else:
            self.context.import_module_of(definition.path)
            path, arguments = (*entry.path, entry.head), dict(entry.arguments)
            if entry.head == "TextVectorization" and isinstance(arguments.get("standardize"), list):
                keywords.insert(0, f"standardize={self.context.standardization(arguments.pop('standardize'))}")
            constructor = self.writer.construct(definition, arguments, path, names, keywords)
        adapts = definition is not None and definition.adapts and not is_preset(entry.arguments)
        if adapts and not self.top:
            raise NeedsFlatCode("a layer in a block that adapts to the data")
        is_set_later = bool(trainable) and wraps  # as an argument it would not reach the layers inside
        if entry.name not in self.reused and not adapts and not is_set_later and entry.vectors is None:
            return constructor
        name = identifier(entry.name)
        taken = entry.name in self.referenced or name in self.variables.values()  # by its output
        variable = self.layers[entry.name] = self.allocator.take(f"{name}_layer" if taken else name)
        self._line(f"{variable} = {constructor}")
        if is_set_later:
            self._line(f"{variable}.trainable = {trainable}")
        if adapts:
            for line in self.context.adapt_lines(entry, variable, only(next(iter(feeds.values()))), self.inputs):
                self._line(line)
        return variable

    def _use(self, entry: SpecEntry, feeds: Feeds, names: Constants) -> str:
        """The call of a block's function: its inputs, then its parameters."""
        block = self.context.blocks[entry.head]
        tensors = [only(pieces) for pieces in feeds.values()]
        positional = block.required[0] if len(block.required) == 1 else ""
        arguments: list[str] = []
        for name, value in (entry.options.get("with") or {}).items():
            code = self.writer.plain(value, (*entry.path, "with", name), names)
            arguments.append(code if name == positional and not arguments else f"{block.parameters[name]}={code}")
        arguments.append(f"name={self._layer_name(entry)}")
        if block.trainable:
            if "trainable" in entry.options:
                arguments.append(f"trainable={entry.options['trainable']}")
            elif self.trainable:
                arguments.append("trainable=trainable")
        return f"{block.function}({', '.join([*tensors, *arguments])})"

    def _layer_name(self, entry: SpecEntry) -> str:
        """The name of a layer, or the prefix of the names of a block's layers: the node's name in the spec."""
        name = f"{self.prefix}{entry.name}{self.suffix}".replace("/", ".")
        parts = [Code(part[1:-1]) if part.startswith("{") else part for part in re.split(r"(\{\w+\})", name) if part]
        return text_of(*parts) if len(parts) > 1 or isinstance(parts[0], Code) else text(name)

    def _variable(self, *names: str) -> str:
        """The variable of the first of these names that is referenced; the chain's variable if none is."""
        referenced = next((name for name in names if name in self.referenced), None)
        return CHAIN if referenced is None else self._take(referenced)

    def _take(self, name: str) -> str:
        if name not in self.variables:
            wish = identifier(name)
            self.variables[name] = self.allocator.take(f"{wish}_" if wish in self.context.functions else wish)
        return self.variables[name]

    def _line(self, text: str) -> None:
        if "math." in text:
            self.context.file.imports.add("math")
        self.lines.append("    " * self.indent + text)
