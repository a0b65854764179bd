"""Standardization of texts in several steps, for `TextVectorization`: Keras takes a function of a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

PUNCTUATION = r"""[!"#$%&()\*\+,-\./:;<=>?@\[\\\]^_`{|}~\']"""
"""What Keras's own steps strip."""


@keras.saving.register_keras_serializable(package="kspec")
class Standardization:
    """Steps that change texts, saved with the layer as data.

    Args:
        steps: Each a word of Keras's (`lower`), or a pair: a regular expression, and what replaces its matches.
    """

    def __init__(self, steps: Sequence[Any]) -> None:
        self.steps = steps

    @classmethod
    def of(cls, steps: Sequence[Any]) -> Standardization:
        """The steps as a spec writes them: words, and mappings of regular expressions to replacements."""
        return cls([part for step in steps for part in (step.items() if isinstance(step, dict) else [step])])

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Standardization:
        """The inverse of `get_config`, for Keras."""
        return cls(config["steps"])

    def __call__(self, texts: Any) -> Any:
        """Changes texts.

        Args:
            texts: A string tensor of any shape.

        Returns:
            A string tensor of the same shape.
        """
        import tensorflow as tf

        for step in self.steps:
            if isinstance(step, str):
                if "lower" in step:
                    texts = tf.strings.lower(texts)
                if "strip_punctuation" in step:
                    texts = tf.strings.regex_replace(texts, PUNCTUATION, "")
            else:
                texts = tf.strings.regex_replace(texts, *step)
        return texts

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, for Keras."""
        return {"steps": [step if isinstance(step, str) else list(step) for step in self.steps]}
