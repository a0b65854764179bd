"""Targets that are texts, encoded by a layer that splits them or looks their items up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kspec.data.lists.padding import ListPlan

if TYPE_CHECKING:
    import numpy as np

    from kspec.data.types import DataSplit

    Array = np.ndarray[Any, Any]

BATCH = 1024
"""Texts that are encoded at once."""


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """Encodes the texts of a target.

    Args:
        layer: A Keras layer with its vocabulary: a TextVectorization without an output length, or a StringLookup.
        plan: How long the target is, and how many items ahead.
    """

    layer: Any
    plan: ListPlan

    @property
    def vocabulary(self) -> list[str]:
        """The text of each index."""
        return [str(token) for token in self.layer.get_vocabulary()]

    @property
    def sep(self) -> str:
        """What stands between tokens in a text."""
        if self.plan.sep is not None:
            return self.plan.sep
        return "" if self.layer.get_config().get("split") == "character" else " "

    def encode(self, split: DataSplit, name: str) -> None:
        """Replaces the raw target of an output by its tokens.

        Args:
            split: The examples; `positions` receives which tokens are real, and under the name of the layer's node
                which positions of the text are.
            name: The output.
        """
        import numpy

        raw, plan = split.targets[name], self.plan
        tokens = numpy.array(self.vocabulary, object)
        if not plan.is_text:
            indices = numpy.asarray(self.layer(raw.astype(str)))
            split.targets[name] = tokens[indices]
            return
        rows = [numpy.asarray(self.layer(raw[at : at + BATCH].astype(str))) for at in range(0, len(raw), BATCH)]
        longest = max((row.shape[1] for row in rows), default=0)
        plan.length = plan.length or max(1, longest - plan.shift)
        length = max(plan.length, longest) if plan.whole else plan.length
        indices = numpy.zeros((len(raw), max(longest, length + plan.shift)), numpy.int64)
        for number, row in enumerate(rows):
            indices[number * BATCH : number * BATCH + len(row), : row.shape[1]] = row
        if isinstance(plan.through, str):
            split.positions[plan.through] = indices[:, :length] != 0
        ahead = indices[:, plan.shift : plan.shift + length]
        split.targets[name], split.positions[name] = tokens[ahead], ahead != 0


def text_encoder(plan: ListPlan, node_layer: Any, vocabulary: list[str] | None, texts: Array | None) -> TextEncoder:
    """The encoder of a target.

    Args:
        plan: Its layer, and how long the target is.
        node_layer: The layer of the network that it names; None for a layer of its own.
        vocabulary: What such a layer of its own has learned; None if it learns now.
        texts: What it learns from: the target of the training split.
    """
    import keras

    if node_layer is not None:
        if not plan.is_text:
            return TextEncoder(node_layer, plan)
        config = {**node_layer.get_config(), "output_sequence_length": None, "vocabulary": None}
        layer = type(node_layer).from_config(config)
        layer.set_vocabulary(node_layer.get_vocabulary())
        return TextEncoder(layer, plan)
    head, arguments = next(iter(plan.through.items()))
    layer = getattr(keras.layers, head)(**{**arguments, **({"output_sequence_length": None} if plan.is_text else {})})
    if vocabulary is not None:
        layer.set_vocabulary(vocabulary)
    elif arguments.get("vocabulary") is None:
        layer.adapt(texts)
    return TextEncoder(layer, plan)


def encode_others(split: DataSplit, encoders: Mapping[str, TextEncoder | None]) -> None:
    """Encodes the targets of other data; without an encoder, as before a model is built, a target is left out.

    Args:
        split: The examples.
        encoders: By output with a target of texts, its encoder.
    """
    for name, encoder in encoders.items():
        if encoder is not None and name in split.targets:
            encoder.encode(split, name)
        else:
            split.targets.pop(name, None)
