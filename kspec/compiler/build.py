"""Builds a spec's Keras model without training it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.backend.tensorflow import exclusive_keras
from kspec.compiler.compile import CompiledSpec, compile_spec
from kspec.language import Spec

if TYPE_CHECKING:
    from kspec.compiler.define import BuiltModel


def build_model(spec: Spec) -> Any:
    """Builds the Keras model of a spec; see `kspec.build`.

    Raises:
        SpecError: with every error.
    """
    return build_adapted(spec).model


def build_structure(spec: Spec) -> BuiltModel:
    """Builds a spec's model without data, unless a size depends on data: layers that adapt stay as they are.

    Raises:
        SpecError: with every error.
    """
    return _build(compile_spec(spec, data="if_needed"), must_adapt=False)


@exclusive_keras()
def build_adapted(spec: Spec) -> BuiltModel:
    """Builds a spec's model, and adapts its preprocessing layers on the training split.

    Raises:
        SpecError: with every error, such as a layer that adapts in a spec without data.
    """
    compiled = compile_spec(spec)
    _, analysis = compiled.unwrap()
    if analysis.adapts or analysis.needs_data:
        compiled.read_data()
    return _build(compiled, must_adapt=True)


@exclusive_keras()
def build_compiled(compiled: CompiledSpec, *, must_adapt: bool) -> BuiltModel | None:
    """Builds the model of a spec without errors; None if Keras rejects it, with the reasons in the report."""
    from kspec.compiler.define import define

    spec, analysis = compiled.unwrap()
    return define(spec, analysis, compiled.report, compiled.dataset, must_adapt=must_adapt)


def _build(compiled: CompiledSpec, *, must_adapt: bool) -> BuiltModel:
    built = build_compiled(compiled, must_adapt=must_adapt)
    compiled.report.raise_errors()
    assert built is not None
    return built
