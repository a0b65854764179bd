"""A Keras model, as a file or an object → a spec's text, with a weights file next to it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from kspec.archive import Imported, ImportRefused, ModelFile, read_model, read_model_json, spec_from_config
from kspec.archive.from_config import Vocabulary, no_vocabulary
from kspec.archive.hdf5_layout import groups_of_config
from kspec.archive.values import MODELS
from kspec.archive.vocabulary import LearnedVocabulary, shortest_floats, with_files
from kspec.diagnostics import Report, Source, SpecError, codes
from kspec.rewrite.yaml_writer import spec_text
from kspec.syntax.expressions import is_computed
from kspec.syntax.regular_files import open_regular, write_text

if TYPE_CHECKING:
    from kspec.ir import Graph
    from kspec.language import Spec

Names = tuple[str, ...]
"""The name of the model around a layer, if any, and its own."""


@dataclass(slots=True)
class ImportedSpec:
    """An imported model.

    Args:
        values: The plain values of the spec.
        notes: Differences from the model, each a sentence.
        path: The path of the model file, or the name of the model.
        config: The model's configuration.
        imported: The import without blocks.
        plain: The plain values of the spec without blocks.
    """

    values: dict[str, Any]
    notes: list[str]
    path: str
    config: Mapping[str, Any]
    imported: Imported
    plain: dict[str, Any]

    @property
    def text(self) -> str:
        """The text of the spec."""
        return spec_text(self.values)

    def write_vocabularies(self, beside: Path) -> list[Path]:
        """Move long vocabularies of adapted layers into files next to the spec.

        Args:
            beside: The spec's file.

        Returns:
            The written files.
        """
        files: dict[str, list[str]] = {}
        self.values = with_files(self.values, files, beside.stem)
        self.plain = with_files(self.plain, files, beside.stem)
        for name, words in files.items():
            text = "".join(f"{word.replace('$$', '$') if is_computed(word) else word}\n" for word in words)
            write_text(beside.with_name(name), text, newline="\n")
        return [beside.with_name(name) for name in files]

    def write_weights(self, beside: Path) -> Path:
        """Write the model's weights next to the spec, in the layout of the spec's model, and add `weights`.

        The weights are loaded into that model first, to make sure that they fit.

        Args:
            beside: The spec's file.

        Returns:
            The weights file.

        Raises:
            SpecError: If the model has no weights, or they do not fit.
        """
        from kspec.archive.hdf5_layout import groups_of_model, rearrange_weights
        from kspec.archive.weights import give, verified_copy

        target = beside.with_name(f"{beside.stem}.weights.h5")
        model, nodes = self._built(beside)

        def source_of(layer: Names) -> Names:
            return self.imported.source_of(layer, nodes.get(layer[-2:]))

        try:
            with verified_copy(self.path) as source:
                fitting = source.with_name("fitting.weights.h5")
                rearrange_weights(
                    source, fitting, groups_of_config(self.config), dict(groups_of_model(model)), source_of
                )
                give(model, fitting)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(fitting, target)
        except ImportRefused as refused:
            raise _as_spec_error(refused, self.path) from None
        self.values = _with_weights(self.values, target.name)
        return target

    def _built(self, beside: Path) -> tuple[Any, dict[Names, Names]]:
        """Build the spec's model; also map the paths of its layers to those in the import without blocks."""
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
        maker = Maker(opener=lambda text: open_regular(beside.parent / text))
        model = build_keras_model(spec, graph, report, maker=maker).model
        report.raise_errors()
        return model, dict(zip(_layers(graph), _layers(plain_graph), strict=True))


def _layers(graph: Graph) -> Iterator[Names]:
    """The layers of a graph and its sub-models, in the order of the entries, with their Keras names."""
    for name, network in [("", graph), *graph.models.items()]:
        for node in network.calls:
            if node.kind == "layer":
                yield (*((name,) if name else ()), node.name.replace("/", "."))


def _with_weights(values: dict[str, Any], name: str) -> dict[str, Any]:
    """The values with `weights` above the inputs."""
    before = {key: value for key, value in values.items() if key in ("kspec", "name", "dtype_policy")}
    return before | {"weights": name} | values


def import_file(path: str | os.PathLike[str], *, compiled: bool = True, compact: bool = False) -> ImportedSpec:
    """Import a `.keras` file, or a model's JSON.

    Args:
        path: The file.
        compiled: Whether to import the compile configuration.
        compact: Whether to write repeated layers as blocks.

    Raises:
        SpecError: If the model cannot become a spec.
    """
    name = os.fspath(path)
    return _import(name, lambda: read_model(name), compiled=compiled, compact=compact)


def import_json(
    file: IO[bytes], *, name: str = "<stdin>", compiled: bool = True, compact: bool = False
) -> ImportedSpec:
    """Import a model's JSON from an open file, such as standard input.

    Args:
        file: The open file.
        name: Its name in messages.
        compiled: Whether to import the compile configuration.
        compact: Whether to write repeated layers as blocks.

    Raises:
        SpecError: If it holds no model's JSON, or the model cannot become a spec.
    """
    return _import(name, lambda: read_model_json(name, file), compiled=compiled, compact=compact)


def _import(name: str, read: Callable[[], ModelFile], *, compiled: bool, compact: bool) -> ImportedSpec:
    try:
        file = read()
        groups = groups_of_config(file.config) if file.has_assets else {}
        return import_config(
            file.config,
            name=name,
            compiled=compiled,
            compact=compact,
            vocabulary=lambda layer, with_idf: _archived_vocabulary(file, groups.get(layer, ""), with_idf),
        )
    except ImportRefused as refused:
        raise _as_spec_error(refused, name) from None


def import_model(model: Any, *, compiled: bool = True, compact: bool = False) -> ImportedSpec:
    """Import a `keras.Model`.

    Args:
        model: The model.
        compiled: Whether to import the compile configuration.
        compact: Whether to write repeated layers as blocks.

    Raises:
        SpecError: If the model cannot become a spec.
    """
    name = str(getattr(model, "name", "model"))
    try:
        try:
            config = json.loads(model.to_json())
        except (NotImplementedError, TypeError, ValueError) as error:
            reason = (str(error).strip().splitlines() or [""])[0]
            raise ImportRefused(codes.MODEL_CONTAINS_CODE, f"Keras cannot serialize the model: {reason}") from None
        _share_configs(model, config, {})
        return import_config(
            config,
            name=name,
            compiled=compiled,
            compact=compact,
            vocabulary=partial(_adapted_vocabulary, model),
            shares_objects=True,
        )
    except ImportRefused as refused:
        raise _as_spec_error(refused, name) from None


def _share_configs(layer: Any, data: Any, known: dict[int, Any]) -> None:
    """Make all occurrences of one nested model share one configuration object.

    Args:
        layer: A model, or a layer in it.
        data: Its configuration; changed in place.
        known: The configurations so far, by the model's identity.
    """
    config = data.get("config") if isinstance(data, dict) else None
    if layer is None or not isinstance(config, dict):
        return
    if data.get("class_name") not in MODELS:
        inner = getattr(layer, "layer", None)
        if inner is not None:
            _share_configs(inner, config.get("layer"), known)
        return
    first = known.setdefault(id(layer), config)
    if first is not config:
        data["config"] = first
        return
    layers = {inner.name: inner for inner in layer.layers}
    for inner in config.get("layers", ()):
        _share_configs(layers.get(inner["config"].get("name")), inner, known)


def _adapted_vocabulary(model: Any, layer: Names, with_idf: bool) -> LearnedVocabulary:
    """The vocabulary that a layer of a model has adapted."""
    for name in layer:
        model = model.get_layer(name)
    words = [word if isinstance(word, str) else int(word) for word in model.get_vocabulary()]
    weights = getattr(model, "_lookup_layer", model).idf_weights.numpy() if with_idf else None
    return LearnedVocabulary(words, None if weights is None else shortest_floats(weights))


def _archived_vocabulary(file: ModelFile, group: str, with_idf: bool) -> LearnedVocabulary | None:
    """The vocabulary that a layer of an archive has adapted; None if there is none.

    Args:
        file: The archive.
        group: The group of the layer's weights.
        with_idf: Whether the words have IDF weights.
    """
    from kspec.archive.weights import idf_weights

    words = file.vocabulary(group) if group else None
    if words is None:
        return None
    return LearnedVocabulary(words, idf_weights(file.path, group) if with_idf and file.has_weights else None)


def import_config(
    config: Mapping[str, Any],
    *,
    name: str,
    compiled: bool = True,
    compact: bool = False,
    vocabulary: Vocabulary = no_vocabulary,
    shares_objects: bool = False,
) -> ImportedSpec:
    """Import a model from its configuration.

    Args:
        config: The configuration.
        name: The name of the file or model.
        compiled: Whether to import the compile configuration.
        compact: Whether to write repeated layers as blocks.
        vocabulary: Returns the adapted vocabularies of layers.
        shares_objects: Whether occurrences of one nested model share one configuration object.

    Raises:
        ImportRefused: If the model cannot become a spec.
    """
    imported = spec_from_config(
        config, compiled=compiled, vocabulary=vocabulary, shares_objects=shares_objects, formulas=not compact
    )
    plain = cast("dict[str, Any]", _literal(imported.values))
    if not compact:
        return ImportedSpec(plain, imported.notes, name, config, imported, plain)
    from kspec.importer.block_extraction import extract_blocks

    return ImportedSpec(extract_blocks(plain), imported.notes, name, config, imported, plain)


def _literal(value: Any) -> Any:
    """Values with `$` escaped as `$$` in texts that would otherwise be variables or expressions."""
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    return value.replace("$", "$$") if isinstance(value, str) and is_computed(value) else value


def _as_spec_error(refused: ImportRefused, name: str) -> SpecError:
    report = Report()
    refused.report(report, name)
    return SpecError(report.sorted())
