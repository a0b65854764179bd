"""A spec's Keras model, without training it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.compiler.compile import CompiledSpec, compile_spec
from kspec.language import Spec

if TYPE_CHECKING:
    from kspec.compiler.define import BuiltModel


def build_model(spec: Spec) -> Any:
    """The Keras model of a spec, adapted on its data where a layer adapts; see `kspec.build`.

    Raises:
        SpecError: with everything that is wrong.
    """
    return build_adapted(spec).model


def build_structure(spec: Spec) -> BuiltModel:
    """Builds a spec's model; layers adapt only where a size depends on the data.

    Raises:
        SpecError: with everything that is wrong.
    """
    return _built(compile_spec(spec, data="if_needed"), must_adapt=False)


def build_adapted(spec: Spec) -> BuiltModel:
    """Builds a spec's model, adapted on its data where a layer adapts.

    Raises:
        SpecError: with everything that is wrong; also where a layer adapts and there is no data.
    """
    compiled = compile_spec(spec)
    _, analysis = compiled.unwrap()
    if analysis.adapts or analysis.needs_data:
        compiled.read_data()
    return _built(compiled, must_adapt=True)


def build_compiled(compiled: CompiledSpec, *, must_adapt: bool) -> BuiltModel | None:
    """Builds the model of a spec without errors; None where Keras rejects it, with the reasons in the report."""
    from kspec.compiler.define import define

    spec, analysis = compiled.unwrap()
    return define(spec, analysis, compiled.report, compiled.dataset, must_adapt=must_adapt)


def _built(compiled: CompiledSpec, *, must_adapt: bool) -> BuiltModel:
    built = build_compiled(compiled, must_adapt=must_adapt)
    compiled.report.raise_errors()
    assert built is not None
    return built
