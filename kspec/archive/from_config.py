"""A Keras model's configuration → a spec as plain values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kspec import catalog
from kspec.archive.calls import is_nothing, of_layer, of_operation, outputs_of_layer, outputs_of_op, told_apart, words
from kspec.archive.compile_config import compile_of
from kspec.archive.config_graph import OUTPUTS, CallId, Layer, Ref, Structure, structure_of
from kspec.archive.dtype_policy import usual_policy
from kspec.archive.errors import is_code, shown, unreadable, wordless
from kspec.archive.names import Names, cleaned, to_be_written
from kspec.archive.values import MODELS, Around, Config, arguments_of, dtype_argument, keras_entry, policy_of
from kspec.archive.vocabulary import Learned
from kspec.catalog.operations import find_operation

_OBJECT_ID = re.compile(r', "shared_object_id": \d+')
"""What an archive says of an object that is met again; of a model's layers it says it in one place of two."""


@dataclass(slots=True)
class Imported:
    """A model as a spec.

    Args:
        values: The spec: `kspec`, `name`, `inputs`, `models`, `layers`, `outputs`, `compile`.
        notes: What is not as in the model, each a sentence: names that the language does not allow, settings left out.
        models: By a sub-model's name in the spec, what it is called in the model.
        layers: By the path of a spec's node (a model's name, then the node's), the path of the layer in the model.
    """

    values: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    layers: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)

    def source_of(self, layer: tuple[str, ...], node: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """The path in the model of a layer that is built of the spec: the models it is in, and its own name.

        Args:
            node: The path of its node in this spec; left out, that of its name.
        """
        around = layer[:-1]
        own = self.layers.get(node or layer[-2:], layer)[-1]
        return (*(self.models.get(name, name) for name in around), own)


Vocabulary = Callable[[tuple[str, ...], bool], Learned | None]
"""By a layer's path in the model, and whether it weighs words, what it has learned; None where that is not known."""


def unknown(_layer: tuple[str, ...], _weighed: bool) -> None:
    """Of no layer is it known what it has learned."""


def document_of(
    model: Config, *, compiled: bool = True, vocabulary: Vocabulary = unknown, of_objects: bool = False
) -> Imported:
    """The spec of a serialized model: of what `model.to_json()` gives, or of a `.keras` file's `config.json`.

    Args:
        compiled: Whether to take over what the model was compiled with.
        vocabulary: Gives what layers have learned, which their configuration does not say.
        of_objects: Whether models that are the same have the same object as their configuration here. Keras's own
            configurations do not say: they describe a model again wherever another holds it.

    Raises:
        Refused: when a spec cannot say what the model is, or it is code.
    """
    try:
        return _Importer(model, vocabulary, of_objects).whole(compiled)
    except RecursionError:
        raise unreadable("the model's configuration is nested too deep") from None


class _Importer:
    """One import: the models met on the way, and what is to be noted."""

    def __init__(self, model: Config, vocabulary: Vocabulary, of_objects: bool) -> None:
        self.model = model
        self.of_objects = of_objects
        self.vocabulary = vocabulary
        self.notes: list[str] = []
        self.models: dict[str, dict[str, Any]] = {}
        self.known: dict[tuple[str, int], str] = {}
        self.owners: dict[int, Any] = {}
        self.alike: dict[str, str] = {}
        self.model_names = Names(self.notes)
        self.layers: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.called: dict[str, str] = {}
        self.around = Around(usual_policy(model), self.submodel)

    def whole(self, compiled: bool) -> Imported:
        self._apart(self.model)
        structure = structure_of(self.model)
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
            found = compile_of(settings, writer.output_names, self.notes)
            if found:
                values["compile"] = found
        return Imported(values, list(dict.fromkeys(self.notes)), self.layers, self.called)

    def submodel(self, data: Config) -> str:
        """The name under `models:` of a model inside the model; it is added there when it is met first."""
        said = data.get("shared_object_id")  # in an archive: what is one object in the model is one again
        key = ("said", said) if isinstance(said, int) else ("here", id(data.get("config")))
        if key in self.known:
            return self.known[key]
        structure = structure_of(data)
        name = self.known[key] = self.model_names.give(structure.name or "model")
        text = _OBJECT_ID.sub("", json.dumps(data["config"], sort_keys=True))
        other = self.alike.setdefault(text, name)
        if other != name and not self.of_objects:
            self.notes.append(
                f"`{name}` has weights of its own, as when Keras loads the model, and is else as `{other}`"
            )
        self.called[name] = structure.name or name
        parts = _Writer(structure, self, (name,)).parts()
        if not structure.trainable:
            parts = {"trainable": False, **parts}
        self.models[name] = parts
        return name

    def _apart(self, model: Config) -> None:
        """Refuses a layer that several models hold: a spec shares sub-models, and layers within one network."""
        config = model.get("config")
        if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
            return
        owner = config.get("name")
        for layer in config["layers"]:
            if isinstance(layer, dict) and layer.get("class_name") in MODELS:
                self._apart(layer)
            elif isinstance(layer, dict) and isinstance(said := layer.get("shared_object_id"), int):
                other = self.owners.setdefault(said, owner)
                if other == owner:
                    continue
                name = shown(layer.get("name") or layer.get("class_name"))
                raise wordless(
                    f"the layer `{name}` is one and the same in the models `{shown(other)}` and `{shown(owner)}`",
                    "put it into a model of its own, which both call: a sub-model can be shared",
                )


class _Writer:
    """Writes the entries of one model."""

    def __init__(self, structure: Structure, importer: _Importer, within: tuple[str, ...]) -> None:
        self.structure = structure
        self.importer = importer
        self.within = within
        self.names = Names(importer.notes, ".".join(within))
        self.called: dict[CallId, str] = {}
        self.outputs: dict[CallId, dict[int, str]] = {}
        self.cited: set[CallId] = set()
        self.output_names: list[str] = []

    def parts(self) -> dict[str, Any]:
        """`inputs`, `layers` and, where they are not the last node, `outputs`."""
        structure = self.structure
        inputs = {self._input_name(name, ref): self._input(ref) for name, ref in structure.inputs.items()}
        order = structure.ordered()
        if not order:
            raise wordless("the model has no layers but its inputs")
        self._give_names(order)
        before = next(iter(structure.inputs.values())) if len(inputs) == 1 else None
        entries = []
        for call in order:
            entries.append(self._entry(call, before))
            before = Ref(call.layer, call.number, 0)
        outputs = self._outputs(order[-1])
        as_names = {name for names in self.outputs.values() for name in names.values()}
        cited = {number for number, call in enumerate(order) if call in self.cited}
        wanted = [self.called[call] for call in order]
        written = to_be_written(entries, wanted, cited, {*inputs, *as_names})
        layers = [_shown(entry, wanted[number] if number in written else None) for number, entry in enumerate(entries)]
        found = {"inputs": inputs, "layers": layers}
        return found if outputs is None else {**found, "outputs": outputs}

    # names

    def _input_name(self, name: str, ref: Ref) -> str:
        given = self.names.give(name)
        if given == cleaned(name) and name != ref.layer:
            self.importer.notes.append(f"the input layer `{shown(ref.layer)}` is called `{given}`, by what feeds it")
        self.called[CallId(ref.layer, ref.call)] = given
        return given

    def _give_names(self, order: list[CallId]) -> None:
        used: dict[CallId, set[int]] = {}
        taken = [ref for call in order for ref in _taken(self.structure, call)]
        for ref in [*taken, *(ref for _, ref in self.structure.outputs)]:
            if ref.output:
                used.setdefault(CallId(ref.layer, ref.call), set()).add(ref.output)
        for call in order:
            if not call.number:
                self.called[call] = self.names.give(call.layer)
        for call in order:
            if call.number:
                self.called[call] = self.names.give(f"{cleaned(call.layer)}_{call.number}", said=False)
            self.outputs[call] = {
                number: self.names.give(f"{self.called[call]}_{number}", said=False)
                for number in sorted(used.get(call, ()))
            }

    def _cite(self, ref: Ref) -> str:
        call = CallId(ref.layer, ref.call)
        if ref.output:
            name = self.outputs.get(call, {}).get(ref.output)
            if name is None:
                raise unreadable(f"`{shown(call.layer)}` has no output {ref.output}")
            return name
        self.cited.add(call)
        return self.called[call]

    # entries

    def _input(self, ref: Ref) -> dict[str, Any]:
        config = self.structure.layers[ref.layer].data["config"]
        what = f"the input `{shown(ref.layer)}`"
        for word in ("sparse", "ragged", "optional"):
            if config.get(word):
                raise wordless(f"{what} is {word}: a spec has no word for it")
        shape = config.get("batch_shape", config.get("batch_input_shape"))
        if not isinstance(shape, list) or not all(size is None or type(size) is int for size in shape) or not shape:
            raise unreadable(f"{what} has no shape")
        dtype = config.get("dtype", "float32")
        dtype = policy_of(dtype, what) if isinstance(dtype, dict) else dtype
        found = {"shape": shape[1:]} | ({"dtype": dtype} if dtype not in (None, "float32") else {})
        return found | ({"batch_size": shape[0]} if shape[0] is not None else {})

    def _entry(self, call: CallId, before: Ref | None) -> dict[str, Any]:
        layer = self.structure.layers[call.layer]
        if layer.is_input:
            raise unreadable(f"the input `{shown(layer.name)}` is used, and none of the model's inputs")
        if layer.is_model:
            return self._model_use(call, layer, before)
        operation = find_operation(str(layer.data.get("module")), layer.class_name)
        if operation is not None:
            return self._op(call, layer, operation, before)
        return self._layer(call, layer, before)

    def _layer(self, call: CallId, layer: Layer, before: Ref | None) -> dict[str, Any]:
        owner = f"the layer `{shown(layer.name)}`"
        if str(layer.data.get("module", "")).startswith("keras.src.ops"):
            raise wordless(
                f"`{shown(layer.name)}` calls an op that is not one of keras.ops: `{shown(layer.class_name)}`"
            )
        entry = keras_entry("layer", layer.data, owner)
        config = layer.data["config"]
        arguments = arguments_of(entry, config, owner, self.importer.around)
        arguments |= dtype_argument(entry, config, owner, self.importer.around)
        if "vocabulary" in entry.parameters and "vocabulary" not in arguments and not call.number:
            arguments |= self._learned(layer, config)
        if arguments.get("attention_axes") == _all_axes(layer.data):
            arguments.pop("attention_axes", None)
        args, kwargs = self.structure.arguments(call)
        feeds, constants = told_apart(entry, of_layer(entry, args, kwargs), owner)
        found: dict[str, Any]
        if call.number:
            found = {"reuse": self._cite(Ref(call.layer, 0, 0))}
        else:
            found = {entry.name: arguments}
            self.importer.layers[(*self.within, self.called[call])] = (*self.within, layer.name)
        found |= words(entry, feeds, constants, before, self._cite)
        found |= self._as(call, outputs_of_layer(entry, arguments, constants))
        if not call.number and (config.get("trainable") is False) is self._is_free:
            found["trainable"] = not self._is_free
        return found

    def _learned(self, layer: Layer, config: Mapping[str, Any]) -> dict[str, Any]:
        """The vocabulary of a layer that has adapted, as its argument."""
        if not config.get("vocabulary_size"):
            return {}
        weighed = config.get("output_mode") == "tf_idf"
        learned = self.importer.vocabulary((*self.within, layer.name), weighed)
        if learned is None or (weighed and learned.weights is None):
            left_out = f"what `{shown(layer.name)}` has learned is left out"
            self.importer.notes.append(f"{left_out}: the spec learns it from its data")
            return {}
        return learned.arguments(config)

    @property
    def _is_free(self) -> bool:
        """Whether the model around is trained; what is not as it is says so."""
        return self.structure.trainable or not self.within

    def _op(self, call: CallId, layer: Layer, operation: Any, before: Ref | None) -> dict[str, Any]:
        owner = f"the op `{shown(layer.name)}`"
        entry = catalog.find("op", operation.op)
        if entry is None or entry.refused:
            reason = entry.refused if entry is not None else "the catalog has none of this name"
            raise is_code(f"{owner} is a `{operation.op}`, which cannot stand in a spec: {reason}")
        args, kwargs = self.structure.arguments(call)
        bound = of_operation(operation, args, kwargs, layer.data["config"])
        feeds, constants = told_apart(entry, bound, owner)
        found = {"op": entry.name, **words(entry, feeds, constants, before, self._cite)}
        return found | self._as(call, outputs_of_op(entry.name, feeds, constants))

    def _model_use(self, call: CallId, layer: Layer, before: Ref | None) -> dict[str, Any]:
        owner = f"the model `{shown(layer.name)}`"
        inner = structure_of(layer.data)
        name = self.importer.submodel(layer.data)
        args, kwargs = self.structure.arguments(call)
        inputs = list(self.importer.models[name]["inputs"])
        given = _by_input(list(inner.inputs), inputs, args, kwargs, owner)
        found: dict[str, Any] = {"model": name}
        for key, value in kwargs.items():
            if key == "training" and isinstance(value, bool):
                found["call"] = {"training": value}
            elif key not in ("inputs", *inner.inputs) and not is_nothing(value):
                raise wordless(f"{owner} is called with `{shown(key)}`, which a spec cannot hand to a model")
        if len(given) == 1:
            ref = next(iter(given.values()))
            if ref != before:
                found["from"] = self._cite(ref)
        else:
            found["from"] = {key: self._cite(ref) for key, ref in given.items()}
        return found | self._as(call, len(inner.outputs))

    def _as(self, call: CallId, count: int) -> dict[str, Any]:
        """Names for a call's outputs, where others than the first are used; that is the node's."""
        names = self.outputs[call]
        if not names:
            return {}
        if count > OUTPUTS:
            raise unreadable(f"`{shown(call.layer)}` would have {count:,} outputs")
        return {"as": ["_", *(names.get(number, "_") for number in range(1, max(count, max(names) + 1)))]}

    def _outputs(self, last: CallId) -> Any:
        outputs = self.structure.outputs
        if len(outputs) == 1:
            name, ref = outputs[0]
            if ref == Ref(last.layer, last.number, 0):
                self.output_names = [self.called[last]]
                return None
            self.output_names = [self._cite(ref)]
            return self._cite(ref)
        given = Names(self.importer.notes)
        found: dict[str, str] = {}
        for name, ref in outputs:
            node = self._cite(ref)
            found[given.give(name if self.structure.named else node, said=self.structure.named)] = node
        self.output_names = list(found)
        return list(found) if all(name == node for name, node in found.items()) else found


def _shown(entry: dict[str, Any], name: str | None) -> Any:
    """An entry with its name; just the class where there is nothing else to say."""
    head = next(iter(entry))
    rest = {key: value for key, value in entry.items() if key != head}
    if name is None and not rest and head not in ("op", "reuse", "model"):
        return {head: entry[head]} if entry[head] else head
    body = entry[head] or None if head not in ("op", "reuse", "model") else entry[head]
    return {head: body, **({"name": name} if name is not None else {}), **rest}


def _all_axes(layer: Mapping[str, Any]) -> list[int] | None:
    """The axes that attention goes over where it is not said: all but batch and features."""
    build = layer.get("build_config")
    shapes = build.get("shapes_dict", build) if isinstance(build, dict) else {}
    query = shapes.get("query_shape") if isinstance(shapes, dict) else None
    return list(range(1, len(query) - 1)) if isinstance(query, list) else None


def _taken(structure: Structure, call: CallId) -> Iterator[Ref]:
    from kspec.archive.config_graph import refs

    yield from refs(list(structure.arguments(call)))


def _by_input(
    wanted: list[str], inputs: list[str], args: list[Any], kwargs: Mapping[str, Any], owner: str
) -> dict[str, Ref]:
    """What each input of a model is given in a call."""
    given = args[0] if args else kwargs.get("inputs")
    if isinstance(given, Ref):
        given = [given]
    if isinstance(given, dict):
        given = [given.get(name) for name in wanted] if set(given) == set(wanted) else None
    if isinstance(given, list) and len(given) == len(inputs) and all(isinstance(ref, Ref) for ref in given):
        return dict(zip(inputs, given, strict=True))
    raise wordless(f"{owner} is called with something else than a tensor for each of its inputs")
