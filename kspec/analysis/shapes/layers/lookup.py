"""Layers that turn words and other categories into indices of a vocabulary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from kspec.analysis.shapes.dtypes import FLOATX
from kspec.analysis.shapes.layers.preprocessing import check_not_sparse, check_one_row, encoded
from kspec.analysis.shapes.layers.shared import number_shape, one
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, InferredCall, Shape, ShapeError
from kspec.diagnostics import codes
from kspec.ir.vocabulary_file import VocabularyFile
from kspec.syntax.yaml_flow import shape_text


def lookup(call: Call) -> InferredCall:
    """`(…) → (…)`, indices as int64; in other modes encoded over the vocabulary, as by `CategoryEncoding`.

    The shape is unknown if the vocabulary is learned.
    """
    text = call.entry.name == "StringLookup" and not call["invert"]
    if text:
        _check_text(call)
    else:
        number_shape(call)
    if call["invert"] and call["output_mode"] != "int":
        raise _conflict(
            "output_mode",
            f"cannot use `output_mode: {call['output_mode']}` with `invert: true`",
            "leave `output_mode` out",
        )
    if call["salt"] is not None and "oov_method" in call.entry.parameters and call["oov_method"] != "farmhash":
        raise _conflict("salt", "has a `salt`, but does not hash unknown entries", "write `oov_method: farmhash`")
    depth = _depth(call, call["mask_token"], call["oov_token"], call["num_oov_indices"])
    shape, mode = call.x.shape, call["output_mode"]
    if mode == "int":
        return one(shape, "int64")
    if shape is not None:
        check_one_row(shape, mode)
    return one(None if shape is None or depth is None else encoded(shape, mode, depth), _encoded_dtype(mode))


def text(call: Call) -> InferredCall:
    """`(batch, 1) → (batch, output_sequence_length)`, indices of words; in other modes rows over the vocabulary."""
    _check_text(call)
    mode, length, shape = call["output_mode"], call["output_sequence_length"], call.x.shape
    if mode != "int" and length is not None:
        raise _conflict(
            "output_sequence_length",
            f"cannot use `output_sequence_length` with `output_mode: {mode}`",
            "leave `output_sequence_length` out, or write `output_mode: int`",
        )
    if mode != "int" and call["ragged"]:
        raise _conflict("ragged", f"cannot use `ragged` with `output_mode: {mode}`", "leave `ragged` out")
    depth = _depth(call, "", "[UNK]", 1)
    if shape is not None and call["split"] is not None and len(shape) > 1 and shape[-1] not in (1, None):
        raise ShapeError(
            f"expects one text for each example, (null, 1), got {shape_text(shape)}",
            help="give each column of text its own input and TextVectorization, or write `split: null`",
        )
    if shape is None:
        return one(None, _encoded_dtype(mode))
    if mode == "int":
        return one((shape[0], length), "int64")
    words: Shape = (*shape, None) if call["split"] is not None else shape if len(shape) > 1 else (*shape, 1)
    return one(None if depth is None else encoded(words, mode, depth), _encoded_dtype(mode))


def _encoded_dtype(mode: str) -> str:
    """Counts are integers, whatever Keras states; their weights are not."""
    return FLOATX if mode == "tf_idf" else "int64"


def _check_text(call: Call) -> None:
    if call.x.dtype != "string":
        raise ShapeError(
            f"expects text, got {call.x.dtype}",
            help="write `dtype: string` at the input"
            + ("; for integers use `IntegerLookup`" if call.entry.name == "StringLookup" else ""),
        )


def _depth(call: Call, mask: Any, oov: Any, unknowns: int) -> Dim:
    """The size of encoded rows in modes other than `int`; None if the vocabulary is not in the spec.

    Args:
        mask: The token for padding, which counts only in the mode `int`.
        oov: The token for what is not in the vocabulary.
        unknowns: The number of indices for unknown entries.
    """
    mode, limit, entries, idf = call["output_mode"], call["max_tokens"], call["vocabulary"], call["idf_weights"]
    if call["pad_to_max_tokens"] and limit is None:
        raise _conflict("pad_to_max_tokens", "needs `max_tokens` for `pad_to_max_tokens: true`", "set `max_tokens`")
    check_not_sparse(call, "int")
    if idf is not None and mode != "tf_idf":
        raise _conflict(
            "idf_weights", f"cannot use `idf_weights` with `output_mode: {mode}`", "write `output_mode: tf_idf`"
        )
    if mode == "tf_idf" and entries is not None and (idf is None or isinstance(entries, str)):
        raise _conflict(
            "vocabulary",
            "has a `vocabulary`, but no `idf_weights` for it",
            "list the vocabulary, and a weight for each entry in `idf_weights`; or leave both out to learn them",
        )
    if isinstance(entries, VocabularyFile):
        size = _size_of_file(entries, call, mask, unknowns)
    else:
        size = None if entries is None or isinstance(entries, str) else _size(call, entries, mask, oov, unknowns)
    return limit if call["pad_to_max_tokens"] else size


def _size_of_file(file: VocabularyFile, call: Call, mask: Any, unknowns: int) -> Dim:
    """The size of a vocabulary in a file, to which Keras adds its special tokens; None if it is not known."""
    if file.problem:
        raise ShapeError(
            f"has a vocabulary that Keras cannot read: `{file}` {file.problem}",
            help="write each entry on a line of its own, once",
            argument="vocabulary",
            code=codes.MALFORMED_DATA_FILE,
        )
    padded = mask is not None and call["output_mode"] == "int"
    return None if file.entries is None else file.entries + unknowns + padded


def _size(call: Call, entries: Sequence[Any], mask: Any, oov: Any, unknowns: int) -> int:
    """The size of a vocabulary with its special tokens, which may be listed at its start."""
    mode, limit, idf = call["output_mode"], call["max_tokens"], call["idf_weights"]
    special = ([mask] if mask is not None and mode == "int" else []) + [oov] * unknowns
    listed = list(entries[: len(special)]) == special
    own = entries[len(special) :] if listed else entries
    if not entries:
        raise _conflict("vocabulary", "has an empty `vocabulary`", "list its entries, or leave it out to learn them")
    twice = next((entry for entry, count in Counter(own).items() if count > 1), None)
    if twice is not None:
        raise _conflict("vocabulary", f"has `{twice}` twice in its `vocabulary`", "list each entry once")
    if (mask is not None and mask in own) or (call["invert"] and oov in own):
        token = mask if mask is not None and mask in own else oov
        raise _conflict(
            "vocabulary",
            f"has the special token `{token}` in its `vocabulary`",
            "leave it out: it is added automatically",
        )
    size = len(special) + len(own)
    if limit is not None and size > limit:
        raise _conflict(
            "max_tokens",
            f"has {size} entries, including special tokens, but `max_tokens: {limit}`",
            f"write `max_tokens: {size}`, or leave it out",
        )
    if idf is not None and len(idf) != len(entries):
        raise _conflict(
            "idf_weights",
            f"has {len(entries)} entries, but {len(idf)} `idf_weights`",
            "write one weight for each entry",
        )
    return size


def _conflict(argument: str, message: str, help: str) -> ShapeError:
    return ShapeError(message, help=help, argument=argument, code=codes.INCOMPATIBLE_ARGUMENTS)


RULES: dict[str, InferenceRule] = {"StringLookup": lookup, "IntegerLookup": lookup, "TextVectorization": text}
