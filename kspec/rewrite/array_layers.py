"""How a new spec reads columns of arrays and lists: their inputs, and the layers that turn them into vectors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from kspec.analysis.data_profile import ColumnProfile
from kspec.data.profile.item_hints import ItemHints
from kspec.rewrite.file_layers import NewLayer, file_layers

SMALLEST_SIDE = 8
"""What is narrower is no image."""
MOST_PROPORTION = 4
"""How many times longer than wide an image may be, if only its numbers tell that it is one."""
BRIGHT = 50
"""Bytes of images are larger than this somewhere."""
LONGEST = 500
"""Longer lists are cut."""
MOST_TOKENS = 20_000
_IMAGE = re.compile(r"(^|_)(x|images?|img|pixels?|photos?|pictures?|frames?|digits?)(_|$)", re.IGNORECASE)
_TOKENS = re.compile(r"(^|_)(ids?|tokens?|words?|items?|seq|sequences?|indices|input_ids)(_|$)", re.IGNORECASE)
_CHANNELS = (1, 3, 4)


class ArrayInput(NamedTuple):
    """How an input takes a column of arrays.

    Args:
        shape: The input, as in the spec.
        setting: What `data.inputs` says beside the column; nothing for arrays.
        layers: The layers that turn it into a vector.
    """

    shape: str
    setting: dict[str, Any]
    layers: list[NewLayer]


def array_input(column: ColumnProfile, items: ItemHints | None, name: Callable[[str], str]) -> ArrayInput | None:
    """How an input takes a column of arrays or lists; None if no layer suits it.

    Args:
        column: The profile of the column.
        items: What its items tell; None of arrays of several axes.
        name: Gives an unused name for a node.
    """
    if items is not None and (column.type == "list" or items.kind == "text" or _are_tokens(column, items)):
        return _list_input(items, name)
    if column.minimum is None:
        return None
    shape = f"{{shape: [{', '.join(map(str, column.shape))}]}}"
    scaled = NewLayer("Normalization", comment="learns mean and variance from the training rows")
    if is_image(column):
        channels = [] if len(column.shape) == 3 else [NewLayer("Reshape", f"{{target_shape: {[*column.shape, 1]}}}")]
        rescaling, *others = file_layers("image", column.shape)
        rescaled = [rescaling] if (column.maximum or 0) > 1 else []
        return ArrayInput(shape, {}, [*channels, *rescaled, *others])
    if len(column.shape) == 1:
        return ArrayInput(shape, {}, [scaled])
    if len(column.shape) == 2:
        return ArrayInput(shape, {}, [scaled, NewLayer("GRU", "{units: 32}")])
    return ArrayInput(shape, {}, [scaled, NewLayer("Flatten")])


def is_image(column: ColumnProfile) -> bool:
    """Whether the arrays of a column are images."""
    low, high, shape = column.minimum, column.maximum, column.shape
    if low is None or high is None or low < 0 or high > 255 or not 2 <= len(shape) <= 3:
        return False
    if min(shape[:2]) < SMALLEST_SIDE or (len(shape) == 3 and shape[2] not in _CHANNELS):
        return False
    are_bytes, is_square = column.whole is True and high > BRIGHT, max(shape[:2]) <= MOST_PROPORTION * min(shape[:2])
    return bool(_IMAGE.search(column.name)) or len(shape) == 3 or (is_square and (are_bytes or shape[0] == shape[1]))


def _are_tokens(column: ColumnProfile, items: ItemHints) -> bool:
    """Whether arrays of integers are indices of a vocabulary."""
    is_index = items.kind == "integer" and items.least is not None and items.least >= 0
    return is_index and items.are_repeated and _TOKENS.search(column.name) is not None


def _list_input(items: ItemHints, name: Callable[[str], str]) -> ArrayInput:
    """How an input takes lists, of texts, of indices or of measurements."""
    length = min(items.longest, LONGEST)
    if (
        items.width
        or items.kind == "float"
        or (items.least or 0) < 0
        or not (items.are_repeated or items.kind == "text")
    ):
        reshape = [] if items.width else [NewLayer("Reshape", f"{{target_shape: [{length}, 1]}}")]
        shape = f"{{shape: [{length}{f', {items.width}' if items.width else ''}]}}"
        masked = [NewLayer("Masking", comment="the padding"), NewLayer("BatchNormalization")]
        return ArrayInput(shape, {"length": length}, [*reshape, *masked, NewLayer("GRU", "{units: 32}")])
    *lookup, embedding = token_layers(items, name)
    pooled = NewLayer("GlobalAveragePooling1D", comment="without the padding")
    return ArrayInput(token_shape(items, length), token_setting(items, length), [*lookup, embedding, pooled])


def token_shape(items: ItemHints, length: int) -> str:
    """The input that takes tokens, as in the spec.

    Args:
        items: What they are.
        length: How many each example has.
    """
    return f"{{shape: [{length}], dtype: {'string' if items.kind == 'text' else 'int32'}}}"


def token_setting(items: ItemHints, length: int) -> dict[str, Any]:
    """What `data.inputs` says of a column of tokens.

    Args:
        items: What they are.
        length: How many each example has.
    """
    return {"length": length} | ({} if items.kind == "text" or items.least else {"pad": -1})


def token_layers(items: ItemHints, name: Callable[[str], str]) -> list[NewLayer]:
    """The layers that turn tokens into vectors, with a mask for the padding.

    Args:
        items: What they are.
        name: Gives an unused name for a node.
    """
    lookup = name("tokens")
    most = f", max_tokens: {MOST_TOKENS}" if items.distinct > MOST_TOKENS / 2 else ""
    if items.kind == "text":
        head, arguments = "StringLookup", f'{{mask_token: ""{most}}}'
    else:
        head, arguments = "IntegerLookup", f"{{mask_token: {0 if items.least else -1}{most}}}"
    size = min(64, max(8, 2 * round(items.distinct**0.5)))
    embedding = f"{{input_dim: {{vocabulary_of: {lookup}}}, output_dim: {size}, mask_zero: true}}"
    comment = "vocabulary learned from the training rows"
    return [NewLayer(head, arguments, comment, lookup), NewLayer("Embedding", embedding)]
