"""A Keras model, from a file or at hand → a spec's text, and its weights beside it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from kspec.archive import Imported, ImportRefused, ModelFile, document_of, read_model
from kspec.archive.from_config import Vocabulary, unknown
from kspec.archive.hdf5_layout import of_configuration
from kspec.archive.values import MODELS
from kspec.archive.vocabulary import Learned, as_written, with_files
from kspec.diagnostics import Report, Source, SpecError, codes
from kspec.rewrite.yaml_writer import spec_text
from kspec.syntax.expressions import is_computed

if TYPE_CHECKING:
    from kspec.ir import Graph
    from kspec.language import Spec

Names = tuple[str, ...]
"""The name of the model that a layer is in, if any, and its own."""


@dataclass(slots=True)
class ImportedSpec:
    """A model as a spec.

    Args:
        values: The spec as plain values.
        notes: What is not as in the model, each a sentence.
    """

    values: dict[str, Any]
    notes: list[str]
    path: str
    config: Mapping[str, Any]
    imported: Imported
    plain: dict[str, Any]

    @property
    def text(self) -> str:
        """The spec's text."""
        return spec_text(self.values)

    def write_vocabularies(self, beside: Path) -> list[Path]:
        """Writes long vocabularies that layers have learned into files beside the spec, and cites them in it.

        Args:
            beside: The spec's file.
        """
        files: dict[str, list[str]] = {}
        self.values = with_files(self.values, files, beside.stem)
        self.plain = with_files(self.plain, files, beside.stem)
        for name, words in files.items():
            text = "".join(f"{word.replace('$$', '$') if is_computed(word) else word}\n" for word in words)
            beside.with_name(name).write_text(text, encoding="utf-8", newline="\n")
        return [beside.with_name(name) for name in files]

    def write_weights(self, beside: Path) -> Path:
        """Writes the model's weights beside the spec, in the layout of the model that it builds, and states them in it.

        That model is built, with Keras, and given them: what is written fits.

        Args:
            beside: The spec's file.

        Raises:
            SpecError: when there are none, or they do not fit.
        """
        from kspec.archive.hdf5_layout import of_model, relaid
        from kspec.archive.weights import give, verified

        target = beside.with_name(f"{beside.stem}.weights.h5")
        model, nodes = self._built(beside)

        def source_of(layer: Names) -> Names:
            return self.imported.source_of(layer, nodes.get(layer[-2:]))

        try:
            with verified(self.path) as source:
                fitting = source.with_name("fitting.weights.h5")
                relaid(source, fitting, of_configuration(self.config), dict(of_model(model)), source_of)
                give(model, fitting)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(fitting, target)
        except ImportRefused as refused:
            raise _told(refused, self.path) from None
        self.values = _with_weights(self.values, target.name)
        return target

    def _built(self, beside: Path) -> tuple[Any, dict[Names, Names]]:
        """The model that the spec builds; by the paths of its layers, those of the same nodes in the plain import."""
        from kspec.backend.tensorflow import import_tensorflow

        import_tensorflow()
        from kspec.backend.keras_model import build_keras_model
        from kspec.backend.keras_objects import Maker
        from kspec.ir import build
        from kspec.language import load_source

        report = Report()

        def read(values: Mapping[str, Any]) -> tuple[Spec, Graph]:
            spec = load_source(Source(os.fspath(beside), spec_text(values)), report)
            report.raise_errors()
            assert spec is not None
            return spec, build(spec, report)

        spec, graph = read(self.values)
        plain_graph = graph if self.plain is self.values else read(self.plain)[1]
        maker = Maker(path=lambda text, _: str(beside.parent / text))
        model = build_keras_model(spec, graph, report, maker=maker).model
        report.raise_errors()
        return model, dict(zip(_layers(graph), _layers(plain_graph), strict=True))


def _layers(graph: Graph) -> Iterator[Names]:
    """The layers of a graph and its sub-models, in the order of the entries, as Keras names them."""
    for name, network in [("", graph), *graph.models.items()]:
        for node in network.calls:
            if node.kind == "layer":
                yield (*((name,) if name else ()), node.name.replace("/", "."))


def _with_weights(values: dict[str, Any], name: str) -> dict[str, Any]:
    """The values with `weights`, above the inputs."""
    before = {key: value for key, value in values.items() if key in ("kspec", "name", "dtype_policy")}
    return before | {"weights": name} | values


def import_file(path: str | os.PathLike[str], *, compiled: bool = True, compact: bool = False) -> ImportedSpec:
    """Reads a `.keras` file, or a model's JSON.

    Raises:
        SpecError: when it cannot become a spec.
    """
    name = os.fspath(path)
    try:
        file = read_model(name)
        groups = of_configuration(file.config) if file.has_assets else {}
        return import_config(
            file.config, name=name, compiled=compiled, compact=compact,
            vocabulary=lambda layer, weighed: _kept(file, groups.get(layer, ""), weighed),
        )  # fmt: skip
    except ImportRefused as refused:
        raise _told(refused, name) from None


def import_model(model: Any, *, compiled: bool = True, compact: bool = False) -> ImportedSpec:
    """Takes over a `keras.Model` that is at hand.

    Raises:
        SpecError: when it cannot become a spec.
    """
    name = str(getattr(model, "name", "model"))
    try:
        try:
            config = json.loads(model.to_json())
        except (NotImplementedError, TypeError, ValueError) as error:
            reason = (str(error).strip().splitlines() or [""])[0]
            raise ImportRefused(
                codes.MODEL_CONTAINS_CODE, f"Keras cannot say what the model is made of: {reason}"
            ) from None
        _tell_same(model, config, {})
        return import_config(
            config, name=name, compiled=compiled, compact=compact, vocabulary=partial(_learned, model), of_objects=True
        )
    except ImportRefused as refused:
        raise _told(refused, name) from None


def _tell_same(layer: Any, data: Any, known: dict[int, Any]) -> None:
    """Gives models inside of a model one object as their configuration where they are one themselves.

    Args:
        layer: A model, or a layer in it.
        data: What Keras says of it, changed in place.
        known: The configurations so far, by the model's identity.
    """
    config = data.get("config") if isinstance(data, dict) else None
    if layer is None or not isinstance(config, dict):
        return
    if data.get("class_name") not in MODELS:
        held = getattr(layer, "layer", None)
        if held is not None:
            _tell_same(held, config.get("layer"), known)
        return
    first = known.setdefault(id(layer), config)
    if first is not config:
        data["config"] = first
        return
    layers = {inner.name: inner for inner in layer.layers}
    for inner in config.get("layers", ()):
        _tell_same(layers.get(inner["config"].get("name")), inner, known)


def _learned(model: Any, layer: Names, weighed: bool) -> Learned:
    """What a layer of a model has learned."""
    for name in layer:
        model = model.get_layer(name)
    words = [word if isinstance(word, str) else int(word) for word in model.get_vocabulary()]
    weights = getattr(model, "_lookup_layer", model).idf_weights.numpy() if weighed else None
    return Learned(words, None if weights is None else as_written(weights))


def _kept(file: ModelFile, group: str, weighed: bool) -> Learned | None:
    """What an archive says that a layer has learned; None where it does not say so.

    Args:
        group: Where the layer's weights lie.
    """
    from kspec.archive.weights import idf_weights

    words = file.vocabulary(group) if group else None
    if words is None:
        return None
    return Learned(words, idf_weights(file.path, group) if weighed and file.has_weights else None)


def import_config(
    config: Mapping[str, Any],
    *,
    name: str,
    compiled: bool = True,
    compact: bool = False,
    vocabulary: Vocabulary = unknown,
    of_objects: bool = False,
) -> ImportedSpec:
    """Takes over a model by its configuration.

    Raises:
        Refused: when it cannot become a spec.
    """
    found = document_of(config, compiled=compiled, vocabulary=vocabulary, of_objects=of_objects)
    plain = cast("dict[str, Any]", _literal(found.values))
    if not compact:
        return ImportedSpec(plain, found.notes, name, config, found, plain)
    from kspec.importer.block_extraction import compacted

    return ImportedSpec(compacted(plain), found.notes, name, config, found, plain)


def _literal(value: Any) -> Any:
    """Values whose texts say what they say: what would be a variable or an expression is written with `$$`."""
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    return value.replace("$", "$$") if isinstance(value, str) and is_computed(value) else value


def _told(refused: ImportRefused, name: str) -> SpecError:
    report = Report()
    refused.tell(report, name)
    return SpecError(report.sorted())
