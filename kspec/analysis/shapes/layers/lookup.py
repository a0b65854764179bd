"""Layers that turn words and other categories into their numbers in a vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kspec.analysis.shapes.dtypes import FLOATX
from kspec.analysis.shapes.layers.preprocessing import coded, not_sparse
from kspec.analysis.shapes.layers.shared import number_shape, one
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, InferredCall, Shape, ShapeError
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text


def lookup(call: Call) -> InferredCall:
    """`(…) → (…)`, the numbers as int64; otherwise coded over the vocabulary, as `CategoryEncoding` does.

    A vocabulary that is still to be learned, or stands in a file, leaves the shape unknown.
    """
    text = call.entry.name == "StringLookup" and not call["invert"]
    if text:
        _text(call)
    else:
        number_shape(call)
    if call["invert"] and call["output_mode"] != "int":
        raise _at_odds(
            "output_mode",
            f"turns numbers back into entries, and its mode is `{call['output_mode']}`",
            "leave `output_mode` out",
        )
    if call["salt"] is not None and "oov_method" in call.entry.parameters and call["oov_method"] != "farmhash":
        raise _at_odds("salt", "has a `salt`, and does not hash what it does not know", "say `oov_method: farmhash`")
    depth = _depth(call, call["mask_token"], call["oov_token"], call["num_oov_indices"])
    shape, mode = call.x.shape, call["output_mode"]
    if mode == "int":
        return one(shape, "int64")
    return one(None if shape is None or depth is None else coded(shape, mode, depth), FLOATX)


def text(call: Call) -> InferredCall:
    """`(batch, 1) → (batch, output_sequence_length)`, the numbers of its words; otherwise rows over the vocabulary."""
    _text(call)
    mode, length, shape = call["output_mode"], call["output_sequence_length"], call.x.shape
    if mode != "int" and length is not None:
        raise _at_odds(
            "output_sequence_length",
            f"has a length for sequences of words, and its mode is `{mode}`",
            "leave `output_sequence_length` out, or say `output_mode: int`",
        )
    if mode != "int" and call["ragged"]:
        raise _at_odds("ragged", f"cannot be ragged when its mode is `{mode}`", "leave `ragged` out")
    depth = _depth(call, "", "[UNK]", 1)
    if shape is not None and call["split"] is not None and len(shape) > 1 and shape[-1] not in (1, None):
        raise ShapeError(
            f"splits one text of each example, (null, 1), and is given {shape_text(shape)}",
            help="give each column of text an input and a TextVectorization of its own, or say `split: null`",
        )
    if shape is None:
        return one(None, "int64" if mode == "int" else FLOATX)
    if mode == "int":
        return one((shape[0], length), "int64")
    words: Shape = (*shape, None) if call["split"] is not None else shape if len(shape) > 1 else (*shape, 1)
    return one(None if depth is None else coded(words, mode, depth), FLOATX)


def _text(call: Call) -> None:
    if call.x.dtype != "string":
        raise ShapeError(
            f"looks up text, and is given {call.x.dtype}",
            help="say `dtype: string` at the input"
            + ("; for integers use `IntegerLookup`" if call.entry.name == "StringLookup" else ""),
        )


def _depth(call: Call, mask: Any, oov: Any, unknowns: int) -> Dim:
    """How many entries the rows of a mode other than `int` have; None where the vocabulary is not at hand.

    Args:
        mask: The entry for padding, which counts in the mode `int` only.
        oov: The entry for what is not in the vocabulary.
        unknowns: How many places that has.
    """
    mode, limit, entries, idf = call["output_mode"], call["max_tokens"], call["vocabulary"], call["idf_weights"]
    if call["pad_to_max_tokens"] and limit is None:
        raise _at_odds("pad_to_max_tokens", "pads up to `max_tokens`, which it has not", "state `max_tokens`")
    not_sparse(call, "int")
    if idf is not None and mode != "tf_idf":
        raise _at_odds("idf_weights", f"weighs its entries, and its mode is `{mode}`", "say `output_mode: tf_idf`")
    if mode == "tf_idf" and entries is not None and (idf is None or isinstance(entries, str)):
        raise _at_odds(
            "vocabulary",
            "weighs a given vocabulary, and has no weights for it",
            "list the vocabulary, and a number for each entry in `idf_weights`; or leave it to be learned",
        )
    size = None if entries is None or isinstance(entries, str) else _size(call, entries, mask, oov, unknowns)
    return limit if call["pad_to_max_tokens"] else size


def _size(call: Call, entries: Sequence[Any], mask: Any, oov: Any, unknowns: int) -> int:
    """A given vocabulary with its special entries, which may be listed at its start."""
    mode, limit, idf = call["output_mode"], call["max_tokens"], call["idf_weights"]
    special = ([mask] if mask is not None and mode == "int" else []) + [oov] * unknowns
    listed = list(entries[: len(special)]) == special
    own = entries[len(special) :] if listed else entries
    if not entries:
        raise _at_odds("vocabulary", "has a vocabulary without entries", "list some, or leave it to be learned")
    twice = next((entry for index, entry in enumerate(own) if entry in own[:index]), None)
    if twice is not None:
        raise _at_odds("vocabulary", f"has `{twice}` twice in its vocabulary", "list each entry once")
    if (mask is not None and mask in own) or (call["invert"] and oov in own):
        token = mask if mask is not None and mask in own else oov
        raise _at_odds(
            "vocabulary",
            f"has `{token}`, which stands for itself, amid its vocabulary",
            "leave it out: it is added by itself",
        )
    size = len(special) + len(own)
    if limit is not None and size > limit:
        raise _at_odds(
            "max_tokens",
            f"has {size} entries with those for what is unknown, above its `max_tokens` of {limit}",
            f"say `max_tokens: {size}`, or leave it out",
        )
    if idf is not None and len(idf) != len(entries):
        raise _at_odds(
            "idf_weights", f"has {len(entries)} entries, and {len(idf)} weights for them", "give each entry one weight"
        )
    return size


def _at_odds(argument: str, message: str, cure: str) -> ShapeError:
    return ShapeError(message, help=cure, argument=argument, code=codes.INCOMPATIBLE_ARGUMENTS)


RULES: dict[str, InferenceRule] = {"StringLookup": lookup, "IntegerLookup": lookup, "TextVectorization": text}
