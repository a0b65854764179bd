"""The public functions on specs: load, check, build and run one, or write that of a Keras model."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kspec.diagnostics import Diagnostic, Report, Source
from kspec.language import Permissions, Spec, load_file

if TYPE_CHECKING:
    from kspec.runs.run import Run


def load(
    path: str | os.PathLike[str],
    overrides: str | Iterable[str] = (),
    *,
    allow_code: bool = False,
    allow_outside: bool = False,
    allow_network: bool = False,
) -> Spec:
    """Loads a spec: parses its text, applies overrides, computes expressions and validates its structure.

    Args:
        path: The YAML file.
        overrides: As after `--set`: one, `"fit.epochs=5"`, or several, `["fit.epochs=5", "layers.hidden1.units=32"]`.
        allow_code: Let the spec's `extensions` be imported when it is built.
        allow_outside: Let it read and write files outside its folder, the working directory and the run folder.
        allow_network: Let it open network connections.

    Returns:
        The spec. TensorFlow is not imported.

    Raises:
        SpecError: with every problem found, each a `Diagnostic`.
    """
    _require_path("path", path, "the path of a spec")
    return load_file(path, _as_list(overrides), Permissions(allow_code, allow_outside, allow_network))


def check(
    spec: Spec | str | os.PathLike[str],
    overrides: str | Iterable[str] = (),
    *,
    data: bool = False,
    with_keras: bool = False,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] | None = None,
    allow_code: bool = False,
    allow_outside: bool = False,
    allow_network: bool = False,
) -> list[Diagnostic]:
    """Checks a spec without running it, and without TensorFlow unless `with_keras` asks for it.

    Args:
        spec: A loaded spec, or the path of one.
        overrides: As for `load`, where a path is given.
        data: Also read the data, and report mismatches between data and spec.
        with_keras: Also build the model with Keras (which imports TensorFlow), and report what Keras rejects.
        select: Report only these codes or families, `["KS403", "KS5"]`; by default what `pyproject.toml` says, or all.
        ignore: Leave these out, likewise. Errors of syntax, structure, graph and shapes are always reported.
        allow_code: As for `load`, where a path is given.
        allow_outside: Likewise.
        allow_network: Likewise.

    Returns:
        Every problem at once, in the order of the text; an empty list for a clean spec.
    """
    from kspec.compiler.check import check_spec

    if not isinstance(spec, Spec):
        _require_path("spec", spec, "a loaded spec or the path of one")
    permissions = Permissions(allow_code, allow_outside, allow_network)
    return check_spec(
        spec,
        _as_list(overrides),
        data=data,
        with_keras=with_keras,
        select=select,
        ignore=ignore,
        permissions=permissions,
    ).diagnostics


def from_keras(model: Any, *, compiled: bool = True, compact: bool = False) -> Spec:
    """Writes the spec of a Keras model.

    Args:
        model: A functional or Sequential `keras.Model` of Keras's own layers; or the path of a `.keras` file or of a
            model's JSON, which is read as data.
        compiled: Include the optimizer, loss and metrics that it was compiled with.
        compact: Write repeated chains as blocks.

    Returns:
        The spec, which builds the same model; `spec.source.text` is its text.

    Raises:
        SpecError: when a spec cannot express the model, or a part of it is code.
    """
    from kspec.importer.from_model import import_file, import_model
    from kspec.language import load_source

    is_file = isinstance(model, (str, os.PathLike))
    if not is_file and not hasattr(model, "to_json"):
        raise TypeError(f"`model` must be a Keras model or the path of a model's file, not {type(model).__name__}")
    import_ = import_file if is_file else import_model
    imported = import_(model, compiled=compiled, compact=compact)
    report = Report()
    spec = load_source(Source(f"{imported.values.get('name', 'spec')}.yaml", imported.text), report)
    report.raise_errors()
    assert spec is not None
    return spec


def build(
    spec: Spec | str | os.PathLike[str],
    overrides: str | Iterable[str] = (),
    *,
    allow_code: bool = False,
    allow_outside: bool = False,
    allow_network: bool = False,
) -> Any:
    """Builds the functional Keras model of a spec, not compiled.

    Layers that adapt (Normalization, TextVectorization …) are adapted on the training split of the spec's data.

    Args:
        spec: A loaded spec, or the path of one.
        overrides: As for `load`, where a path is given.
        allow_code: As for `load`, where a path is given.
        allow_outside: Likewise.
        allow_network: Likewise.

    Returns:
        keras.Model: with one input or output it takes or returns a tensor, with several a dict by name.

    Raises:
        SpecError: when the spec is faulty, its data cannot be read, or a layer adapts and there is no data.
    """
    from kspec.compiler.build import build_model

    return build_model(_loaded(spec, overrides, Permissions(allow_code, allow_outside, allow_network)))


def run(
    spec: Spec | str | os.PathLike[str],
    overrides: str | Iterable[str] = (),
    *,
    out: str | os.PathLike[str] = "runs",
    smoke: bool = False,
    quiet: bool = True,
    track: str | Iterable[str] = (),
    allow_code: bool = False,
    allow_outside: bool = False,
    allow_network: bool = False,
) -> Run:
    """Runs the life cycle of a spec: define, compile, fit, evaluate, predict.

    Args:
        spec: A loaded spec, or the path of one.
        overrides: As for `load`, where a path is given.
        out: The folder that receives the run folder.
        smoke: Run a few batches through all five steps, and keep no run folder.
        quiet: Print nothing.
        track: Where the run is sent while it trains, as after `--track`: one tracker, `"mlflow:http://host:5000"`, or
            several; by default what `pyproject.toml` says.
        allow_code: As for `load`, where a path is given.
        allow_outside: Likewise.
        allow_network: Likewise.

    Returns:
        The run: its folder, metrics, history, predictions and model. After Ctrl-C, an interrupted one; SIGTERM and
        SIGHUP end the process, once the model is saved.

    Raises:
        SpecError: when the spec or its data is faulty.
    """
    from kspec.tracking.run import run_tracked

    loaded = _loaded(spec, overrides, Permissions(allow_code, allow_outside, allow_network))
    return run_tracked(loaded, _as_list(track), out=out, smoke=smoke, quiet=quiet)


def _loaded(spec: Spec | str | os.PathLike[str], overrides: str | Iterable[str], permissions: Permissions) -> Spec:
    if isinstance(spec, Spec):
        return spec
    _require_path("spec", spec, "a loaded spec or the path of one")
    return load_file(spec, _as_list(overrides), permissions)


def _as_list(overrides: str | Iterable[str]) -> Iterable[str]:
    return [overrides] if isinstance(overrides, str) else overrides


def _require_path(name: str, value: object, expected: str) -> None:
    """Raises a `TypeError` if a value is not a path."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"`{name}` must be {expected}, not {type(value).__name__}")
