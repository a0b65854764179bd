"""A Keras model's configuration → the plain values of a spec."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kspec import catalog
from kspec.archive.calls import (
    entry_keys,
    inputs_of_model,
    is_empty,
    layer_arguments,
    layer_output_count,
    op_output_count,
    operation_arguments,
    split_arguments,
)
from kspec.archive.compile_config import compile_section
from kspec.archive.config_graph import OUTPUTS, CallId, ConfigGraph, Layer, Ref, read_graph, refs
from kspec.archive.dtype_policy import common_policy
from kspec.archive.errors import contains_code, printable, reject_keras_2, unreadable, unsupported
from kspec.archive.formulas import find_formulas
from kspec.archive.learned_weights import fold_learned_weights
from kspec.archive.names import Names, entries_to_name, shown_entry, valid_name
from kspec.archive.values import MODELS, Config, Surroundings, arguments_of, dtype_argument, keras_entry, policy_of
from kspec.archive.vocabulary import LearnedVocabulary
from kspec.catalog.learned_weight import WEIGHT
from kspec.catalog.operations import find_operation

_OBJECT_ID = re.compile(r', "shared_object_id": \d+')
"""The mark of a shared object, which an archive has only at some of its occurrences."""


@dataclass(slots=True)
class Imported:
    """A model as a spec.

    Args:
        values: The spec: `kspec`, `name`, `inputs`, `models`, `layers`, `outputs`, `compile`.
        notes: Differences from the model, each a sentence: names that are invalid in a spec, settings left out.
        layers: For each path of a node in the spec (a sub-model's name, then the node's), that of the layer.
        models: For each sub-model's name in the spec, that in the model.
    """

    values: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    layers: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)

    def source_of(self, layer: tuple[str, ...], node: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """The path in the imported model of a layer of the built model.

        Args:
            layer: The path of the layer: the models around it, and its own name.
            node: The path of its node in this spec; by default that of its name.
        """
        around = layer[:-1]
        own = self.layers.get(node or layer[-2:], layer)[-1]
        return (*(self.models.get(name, name) for name in around), own)


Vocabulary = Callable[[tuple[str, ...], bool], LearnedVocabulary | None]
"""From a layer's path, and whether its words have IDF weights, to its adapted vocabulary; None if unknown."""


def no_vocabulary(_layer: tuple[str, ...], _weighed: bool) -> None:
    """No vocabulary is known."""


def spec_from_config(
    model: Config,
    *,
    compiled: bool = True,
    vocabulary: Vocabulary = no_vocabulary,
    shares_objects: bool = False,
    formulas: bool = False,
) -> Imported:
    """The spec of a serialized model, from `model.to_json()` or the `config.json` of a `.keras` file.

    Args:
        model: The configuration.
        compiled: Whether to import the compile configuration.
        vocabulary: Returns the adapted vocabularies of layers, which are not in the configuration.
        shares_objects: Whether models that are the same have the same object as their configuration here. Keras's own
            configurations do not say: they describe a model again wherever another holds it.
        formulas: Whether to write the ops of an `expr` as one.

    Raises:
        ImportRefused: If a spec cannot express the model, or if it contains code.
    """
    reject_keras_2(model)
    try:
        return _Importer(model, vocabulary, shares_objects, formulas).run(compiled)
    except RecursionError:
        raise unreadable("the model's configuration is nested too deeply") from None


class _Importer:
    """One import, with the sub-models and notes so far."""

    def __init__(self, model: Config, vocabulary: Vocabulary, shares_objects: bool, formulas: bool) -> None:
        self.model = model
        self.formulas = formulas
        self.shares_objects = shares_objects
        self.vocabulary = vocabulary
        self.notes: list[str] = []
        self.models: dict[str, dict[str, Any]] = {}
        self.known: dict[tuple[str, int], str] = {}
        self.owners: dict[int, Any] = {}
        self.alike: dict[str, str] = {}
        self.model_names = Names(self.notes)
        self.layers: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.called: dict[str, str] = {}
        self.around = Surroundings(common_policy(model), self.submodel)

    def run(self, compiled: bool) -> Imported:
        self._reject_shared_layers(self.model)
        structure = read_graph(self.model)
        writer = _Writer(structure, self, ())
        parts = writer.parts()
        values: dict[str, Any] = {"kspec": 1}
        if structure.name:
            values["name"] = re.sub(r"[^A-Za-z0-9_.-]+", "_", structure.name).strip("_.-") or "model"
        if self.around.policy != "float32":
            values["dtype_policy"] = self.around.policy
        values["inputs"] = parts.pop("inputs")
        if self.models:
            values["models"] = self.models
        values |= parts
        settings = self.model.get("compile_config")
        if compiled and isinstance(settings, dict) and settings:
            section = compile_section(settings, writer.output_names, self.notes)
            if section:
                values["compile"] = section
        return Imported(values, list(dict.fromkeys(self.notes)), self.layers, self.called)

    def submodel(self, data: Config) -> str:
        """The name of a nested model under `models:`; it is added there at its first occurrence."""
        shared_id = data.get("shared_object_id")  # marks shared objects in an archive
        key = ("id", shared_id) if isinstance(shared_id, int) else ("object", id(data.get("config")))
        if key in self.known:
            return self.known[key]
        structure = read_graph(data)
        name = self.known[key] = self.model_names.give(structure.name or "model")
        text = _OBJECT_ID.sub("", json.dumps(data["config"], sort_keys=True))
        other = self.alike.setdefault(text, name)
        if other != name and not self.shares_objects:
            self.notes.append(f"`{name}` is a copy of `{other}` with its own weights, as when Keras loads the model")
        self.called[name] = structure.name or name
        parts = _Writer(structure, self, (name,)).parts()
        if not structure.trainable:
            parts = {"trainable": False, **parts}
        self.models[name] = parts
        return name

    def _reject_shared_layers(self, model: Config) -> None:
        """Reject layers shared by several models: a spec shares only sub-models, and layers within a network."""
        config = model.get("config")
        if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
            return
        owner = config.get("name")
        for layer in config["layers"]:
            if isinstance(layer, dict) and layer.get("class_name") in MODELS:
                self._reject_shared_layers(layer)
            elif isinstance(layer, dict) and isinstance(shared_id := layer.get("shared_object_id"), int):
                other = self.owners.setdefault(shared_id, owner)
                if other == owner:
                    continue
                name = printable(layer.get("name") or layer.get("class_name"))
                raise unsupported(
                    f"the models `{printable(other)}` and `{printable(owner)}` share the layer `{name}`",
                    "move it into a model of its own that both call; sub-models can be shared",
                )


class _Writer:
    """Writes the entries of one network."""

    def __init__(self, structure: ConfigGraph, importer: _Importer, within: tuple[str, ...]) -> None:
        fold_learned_weights(structure)
        self.structure = structure
        self.formulas = find_formulas(structure) if importer.formulas else {}
        self.importer = importer
        self.within = within
        self.names = Names(importer.notes, ".".join(within))
        self.called: dict[CallId, str] = {}
        self.outputs: dict[CallId, dict[int, str]] = {}
        self.referenced: set[CallId] = set()
        self.output_names: list[str] = []

    def parts(self) -> dict[str, Any]:
        """`inputs`, `layers`, and `outputs` unless that is the last node."""
        structure = self.structure
        inputs = {self._input_name(name, ref): self._input(ref) for name, ref in structure.inputs.items()}
        inside = {call for formula in self.formulas.values() for call in formula.calls()}
        calls = structure.ordered_calls()
        order = [call for call in calls if call not in inside]
        if not order:
            raise unsupported("the model has no layers besides its inputs")
        self._give_names(order, calls)
        before = next(iter(structure.inputs.values())) if len(inputs) == 1 else None
        entries = []
        for call in order:
            entries.append(self._entry(call, before))
            before = Ref(call.layer, call.number, 0)
        outputs = self._outputs(order[-1])
        as_names = {name for names in self.outputs.values() for name in names.values()}
        referenced = {number for number, call in enumerate(order) if call in self.referenced}
        wanted = [self.called[call] for call in order]
        named_entries = entries_to_name(entries, wanted, referenced, {*inputs, *as_names})
        names = [name if number in named_entries else None for number, name in enumerate(wanted)]
        layers = [shown_entry(entry, name) for entry, name in zip(entries, names, strict=True)]
        return {"inputs": inputs, "layers": layers} | ({} if outputs is None else {"outputs": outputs})

    # names

    def _input_name(self, name: str, ref: Ref) -> str:
        given = self.names.give(name)
        if given == valid_name(name) and name != ref.layer:
            self.importer.notes.append(
                f"the input layer `{printable(ref.layer)}` is renamed `{given}`, the name of the data that feeds it"
            )
        self.called[CallId(ref.layer, ref.call)] = given
        return given

    def _give_names(self, order: list[CallId], calls: list[CallId]) -> None:
        used: dict[CallId, set[int]] = {}
        taken = [ref for call in calls for ref in refs(list(self.structure.arguments(call)))]
        for ref in [*taken, *(ref for _, ref in self.structure.outputs)]:
            if ref.output:
                used.setdefault(CallId(ref.layer, ref.call), set()).add(ref.output)
        for call in order:
            if not call.number:
                self.called[call] = self.names.give(call.layer)
        for call in order:
            if call.number:
                self.called[call] = self.names.give(f"{valid_name(call.layer)}_{call.number}", is_original=False)
            self.outputs[call] = {
                number: self.names.give(f"{self.called[call]}_{number}", is_original=False)
                for number in sorted(used.get(call, ()))
            }

    def _reference(self, ref: Ref) -> str:
        call = CallId(ref.layer, ref.call)
        if ref.output:
            name = self.outputs.get(call, {}).get(ref.output)
            if name is None:
                raise unreadable(f"`{printable(call.layer)}` has no output {ref.output}")
            return name
        self.referenced.add(call)
        return self.called[call]

    # entries

    def _input(self, ref: Ref) -> dict[str, Any]:
        config = self.structure.layers[ref.layer].data["config"]
        what = f"the input `{printable(ref.layer)}`"
        for word in ("sparse", "ragged", "optional"):
            if config.get(word):
                raise unsupported(f"{what} is {word}, which a spec cannot express")
        shape = config.get("batch_shape", config.get("batch_input_shape"))
        if not isinstance(shape, list) or not all(size is None or type(size) is int for size in shape) or not shape:
            raise unreadable(f"{what} has no shape")
        dtype = config.get("dtype", "float32")
        dtype = policy_of(dtype, what) if isinstance(dtype, dict) else dtype
        found = {"shape": shape[1:]} | ({"dtype": dtype} if dtype not in (None, "float32") else {})
        return found | ({"batch_size": shape[0]} if shape[0] is not None else {})

    def _entry(self, call: CallId, before: Ref | None) -> dict[str, Any]:
        if call in self.formulas:
            return {"expr": self.formulas[call].text(self._reference)}
        layer = self.structure.layers[call.layer]
        if layer.is_input:
            raise unreadable(f"the input layer `{printable(layer.name)}` is used, but it is not an input of the model")
        if layer.is_model:
            return self._model_use(call, layer, before)
        operation = find_operation(str(layer.data.get("module")), layer.class_name)
        if operation is not None:
            return self._op(call, layer, operation, before)
        return self._layer(call, layer, before)

    def _layer(self, call: CallId, layer: Layer, before: Ref | None) -> dict[str, Any]:
        owner = f"the layer `{printable(layer.name)}`"
        if str(layer.data.get("module", "")).startswith("keras.src.ops"):
            raise unsupported(
                f"`{printable(layer.name)}` calls an op that is not in keras.ops: `{printable(layer.class_name)}`"
            )
        entry = keras_entry("layer", layer.data, owner)
        entry = WEIGHT if layer.is_weight else entry
        config = layer.data["config"]
        arguments = arguments_of(entry, config, owner, self.importer.around)
        arguments |= dtype_argument(entry, config, owner, self.importer.around)
        if "vocabulary" in entry.parameters and "vocabulary" not in arguments and not call.number:
            arguments |= self._learned(layer, config)
        if arguments.get("attention_axes") == _all_axes(layer.data):
            arguments.pop("attention_axes", None)
        args, kwargs = self.structure.arguments(call)
        feeds, constants = split_arguments(entry, layer_arguments(entry, args, kwargs), owner)
        found: dict[str, Any]
        if call.number:
            found = {"reuse": self._reference(Ref(call.layer, 0, 0))}
        else:
            found = {entry.name: arguments}
            self.importer.layers[(*self.within, self.called[call])] = (*self.within, layer.name)
        found |= entry_keys(entry, feeds, constants, before, self._reference)
        found |= self._as(call, layer_output_count(entry, arguments, constants))
        if not call.number and (config.get("trainable") is False) is self._is_free:
            found["trainable"] = not self._is_free
        return found

    def _learned(self, layer: Layer, config: Mapping[str, Any]) -> dict[str, Any]:
        """The vocabulary of an adapted layer, as its argument."""
        if not config.get("vocabulary_size"):
            return {}
        with_idf = config.get("output_mode") == "tf_idf"
        learned = self.importer.vocabulary((*self.within, layer.name), with_idf)
        if learned is None or (with_idf and learned.weights is None):
            self.importer.notes.append(
                f"the vocabulary of `{printable(layer.name)}` is left out; it is adapted to the data of the spec"
            )
            return {}
        return learned.arguments(config)

    @property
    def _is_free(self) -> bool:
        """Whether layers of this network train by default."""
        return self.structure.trainable or not self.within

    def _op(self, call: CallId, layer: Layer, operation: Any, before: Ref | None) -> dict[str, Any]:
        owner = f"the op `{printable(layer.name)}`"
        entry = catalog.find("op", operation.op)
        if entry is None or entry.refused:
            reason = entry.refused if entry is not None else "it is not in the catalog"
            raise contains_code(f"{owner} is a `{operation.op}`, which cannot be used in a spec: {reason}")
        args, kwargs = self.structure.arguments(call)
        bound = operation_arguments(operation, args, kwargs, layer.data["config"])
        feeds, constants = split_arguments(entry, bound, owner)
        found = {"op": entry.name, **entry_keys(entry, feeds, constants, before, self._reference)}
        return found | self._as(call, op_output_count(entry.name, feeds, constants))

    def _model_use(self, call: CallId, layer: Layer, before: Ref | None) -> dict[str, Any]:
        owner = f"the model `{printable(layer.name)}`"
        inner = read_graph(layer.data)
        name = self.importer.submodel(layer.data)
        args, kwargs = self.structure.arguments(call)
        inputs = list(self.importer.models[name]["inputs"])
        given = inputs_of_model(list(inner.inputs), inputs, args, kwargs, owner)
        found: dict[str, Any] = {"model": name}
        for key, value in kwargs.items():
            if key == "training" and isinstance(value, bool):
                found["call"] = {"training": value}
            elif key not in ("inputs", *inner.inputs) and not is_empty(value):
                raise unsupported(f"{owner} is called with `{printable(key)}`, which a spec cannot pass to a model")
        if len(given) == 1:
            ref = next(iter(given.values()))
            if ref != before:
                found["from"] = self._reference(ref)
        else:
            found["from"] = {key: self._reference(ref) for key, ref in given.items()}
        return found | self._as(call, len(inner.outputs))

    def _as(self, call: CallId, count: int) -> dict[str, Any]:
        """The key `as`, if outputs other than the first are used."""
        names = self.outputs[call]
        if not names:
            return {}
        if count > OUTPUTS:
            raise unreadable(f"`{printable(call.layer)}` would have {count:,} outputs")
        return {"as": ["_", *(names.get(number, "_") for number in range(1, max(count, max(names) + 1)))]}

    def _outputs(self, last: CallId) -> Any:
        outputs = self.structure.outputs
        if len(outputs) == 1:
            name, ref = outputs[0]
            if ref == Ref(last.layer, last.number, 0):
                self.output_names = [self.called[last]]
                return None
            self.output_names = [self._reference(ref)]
            return self._reference(ref)
        given = Names(self.importer.notes)
        found: dict[str, str] = {}
        for name, ref in outputs:
            node = self._reference(ref)
            found[given.give(name if self.structure.named else node, is_original=self.structure.named)] = node
        self.output_names = list(found)
        return list(found) if all(name == node for name, node in found.items()) else found


def _all_axes(layer: Mapping[str, Any]) -> list[int] | None:
    """The default axes of attention: all except batch and features."""
    build = layer.get("build_config")
    shapes = build.get("shapes_dict", build) if isinstance(build, dict) else {}
    query = shapes.get("query_shape") if isinstance(shapes, dict) else None
    return list(range(1, len(query) - 1)) if isinstance(query, list) else None
