"""A Keras model, from a file or at hand → a spec's text, and its weights beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kspec.diagnostics import Report, Source, SpecError
from kspec.importer import Imported, Refused, document_of, read_model
from kspec.rewrite.written import spec_text


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

    @property
    def text(self) -> str:
        """The spec's text."""
        return spec_text(self.values)

    def write_weights(self, beside: Path) -> Path:
        """Writes the model's weights beside the spec, in the layout of the model that it builds, and states them in it.

        That model is built, with Keras, and given them: what is written fits.

        Args:
            beside: The spec's file.

        Raises:
            SpecError: when there are none, or they do not fit.
        """
        from kspec.importer.layout import of_configuration, of_model, relaid
        from kspec.importer.weights import give, verified

        target = beside.with_name(f"{beside.stem}.weights.h5")
        model = self._built(beside)
        try:
            with verified(self.path) as source:
                fitting = source.with_name("fitting.weights.h5")
                relaid(source, fitting, of_configuration(self.config), dict(of_model(model)), self.imported.layers)
                give(model, fitting)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(fitting.read_bytes())
        except Refused as refused:
            raise _told(refused, self.path) from None
        self.values = _with_weights(self.values, target.name)
        return target

    def _built(self, beside: Path) -> Any:
        from kspec.backend import import_tensorflow

        import_tensorflow()
        from kspec.graph import build
        from kspec.spec import load_source
        from kspec.targets.keras_model import build_keras_model

        report = Report()
        spec = load_source(Source(os.fspath(beside), self.text), report)
        report.raise_errors()
        assert spec is not None
        model = build_keras_model(spec, build(spec, report), report).model
        report.raise_errors()
        return model


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
        return _imported(read_model(name).config, name, compiled, compact)
    except Refused as refused:
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
            raise Refused("KS712", f"Keras cannot say what the model is made of: {reason}") from None
        return _imported(config, name, compiled, compact)
    except Refused as refused:
        raise _told(refused, name) from None


def _imported(config: Mapping[str, Any], name: str, compiled: bool, compact: bool) -> ImportedSpec:
    found = document_of(config, compiled=compiled)
    if compact:
        from kspec.importer.compact import compacted

        found = compacted(found)
    return ImportedSpec(found.values, found.notes, name, config, found)


def _told(refused: Refused, name: str) -> SpecError:
    report = Report()
    refused.tell(report, name)
    return SpecError(report.sorted())
