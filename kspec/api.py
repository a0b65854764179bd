"""The face of kspec: a spec read, checked, built, run."""

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
    overrides: Iterable[str] = (),
    *,
    allow_code: bool = False,
    allow_outside: bool = False,
    allow_network: bool = False,
) -> Spec:
    """Reads a spec: its text parsed, overrides applied, expressions computed, its structure validated.

    Args:
        path: The YAML file.
        overrides: As after `--set`: `"fit.epochs=5"`, `"fit.callbacks+={TerminateOnNaN: {}}"`.
        allow_code: Let the spec's `extensions` be imported, once it is built.
        allow_outside: Let it read and write files outside its folder, the working directory and the run folder.
        allow_network: Let it open network connections.

    Returns:
        The spec; no TensorFlow has been imported.

    Raises:
        SpecError: with every problem found, each a `Diagnostic`.
    """
    return load_file(path, overrides, Permissions(allow_code, allow_outside, allow_network))


def check(
    spec: Spec | str | os.PathLike[str],
    *,
    data: bool = False,
    with_keras: bool = False,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] | None = None,
    **options: Any,
) -> list[Diagnostic]:
    """Everything that can be told of a spec without TensorFlow: all problems at once, in the text's order.

    Args:
        spec: A loaded spec, or the path of one.
        data: Also read the data, and tell what it and the spec have against each other.
        with_keras: Also build the model with Keras (which imports TensorFlow), and report what it refuses.
        select: Tell of these codes alone: `["KS403", "KS5"]`. By default what the `pyproject.toml` says, or all.
        ignore: Leave out these, likewise. Errors of syntax, structure, graph and shapes are told whatever is ignored.
        options: As for `load`, where a path is given.
    """
    from kspec.compiler.check import examine

    return examine(spec, data=data, with_keras=with_keras, select=select, ignore=ignore, **options).diagnostics


def from_keras(model: Any, *, compiled: bool = True, compact: bool = False) -> Spec:
    """The spec of a Keras model: of one at hand, or of a `.keras` file or a model's JSON, which are read as data.

    Args:
        model: A functional or Sequential `keras.Model` of Keras's own layers; or a file's path.
        compiled: Take over what it was compiled with.
        compact: Write chains that repeat as blocks.

    Returns:
        The spec, which builds the same model; `spec.source.text` is its text.

    Raises:
        SpecError: when a spec cannot say what the model is, or a part of it is code.
    """
    from kspec.importer.from_model import import_file, import_model
    from kspec.language import load_source

    take = import_file if isinstance(model, (str, os.PathLike)) else import_model
    found = take(model, compiled=compiled, compact=compact)
    report = Report()
    spec = load_source(Source(f"{found.values.get('name', 'spec')}.yaml", found.text), report)
    report.raise_errors()
    assert spec is not None
    return spec


def build(spec: Spec | str | os.PathLike[str], **options: Any) -> Any:
    """The functional Keras model that a spec describes, not compiled.

    Layers that adapt (Normalization, TextVectorization …) are adapted on the training split of the spec's data.

    Returns:
        keras.Model: takes and gives a tensor where there is one, and a dict by name where there are more.

    Raises:
        SpecError: when the spec is faulty, its data cannot be read, or a layer adapts and there is no data.
    """
    from kspec.training import build_model

    return build_model(spec if isinstance(spec, Spec) else load(spec, **options))


def run(
    spec: Spec | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] = "runs",
    smoke: bool = False,
    quiet: bool = True,
    **options: Any,
) -> Run:
    """Runs the five-step life-cycle of a spec: define, compile, fit, evaluate, predict.

    Args:
        out: The folder that run folders are made in.
        smoke: A few batches through all five steps, and no run folder.
        quiet: Announce nothing.
        options: As for `load`, where a path is given.

    Returns:
        The run: its folder, metrics, history and model.

    Raises:
        SpecError: when the spec or its data is faulty.
    """
    from kspec.runs.execute import execute

    loaded = spec if isinstance(spec, Spec) else load(spec, **options)
    return execute(loaded, out=out, smoke=smoke, quiet=quiet)
