"""`standardize` of TextVectorization in several steps → the statements of a function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kspec.codegen.model.arguments import NeedsFlatCode
from kspec.codegen.text.literals import text
from kspec.syntax.deferred import Uncomputed

_PUNCTUATION = r"""[!"#$%&()\*\+,-\./:;<=>?@\[\\\]^_`{|}~\']"""
"""What Keras's own steps strip; see `kspec.backend.standardization`."""


def standardization_lines(steps: Sequence[Any]) -> list[str]:
    """The lines of a function of `texts`, from its first statement.

    Args:
        steps: The steps in the spec.

    Raises:
        NeedsFlatCode: If a step is an expression of a block's parameters.
    """
    values = [value for step in steps for value in (step.values() if isinstance(step, dict) else [step])]
    if any(isinstance(value, Uncomputed) for value in values):
        raise NeedsFlatCode("the steps of `standardize` as the parameter of a block")
    return [*(f"    texts = {call}" for step in steps for call in _calls(step)), "    return texts"]


def _calls(step: Any) -> Iterator[str]:
    if isinstance(step, dict):
        for pattern, replacement in step.items():
            yield f"tf.strings.regex_replace(texts, {text(pattern)}, {text(replacement)})"
        return
    if "lower" in step:
        yield "tf.strings.lower(texts)"
    if "strip_punctuation" in step:
        yield f'tf.strings.regex_replace(texts, {text(_PUNCTUATION)}, "")'
