"""The dtypes that layers accept: TensorFlow has no kernels for the others, which only shows while training.

Keras casts floats to the compute dtype of a layer, and nothing else: integers and booleans reach its ops as they are.
"""

from __future__ import annotations

from kspec.analysis.shapes.dtypes import kind_of
from kspec.analysis.shapes.types import Call, ShapeError

FLOATS = ("float",)
NUMBERS = ("float", "int")
REALS = ("float", "int", "bool")

ACCEPTED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            *(
                f"{how}{count}D"
                for how in ("AdaptiveAveragePooling", "AveragePooling", "ConvLSTM")
                for count in (1, 2, 3)
            ),
            *(f"Conv{count}D{end}" for end in ("", "Transpose") for count in (1, 2, 3)),
            *("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"),
            *("AdaptiveMaxPooling3D", "MaxPooling3D", "AdditiveAttention", "ELU", "PReLU", "Softmax"),
            *("UnitNormalization", "GRUCell", "LSTMCell"),
        ),
        FLOATS,
    ),
    **dict.fromkeys(
        (
            *("AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "MaxPooling1D", "MaxPooling2D", "LeakyReLU", "ReLU"),
            *("Maximum", "Minimum"),
        ),
        NUMBERS,
    ),
    **dict.fromkeys(
        (
            *("Bidirectional", "GRU", "LSTM", "RNN", "SimpleRNN", "SimpleRNNCell", "MultiHeadAttention"),
            *("GroupQueryAttention", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D"),
        ),
        REALS,
    ),
}
"""Layer → the kinds of dtypes that it accepts; for others, their rules decide."""

WHILE_TRAINING = {
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), "rate"),
    **dict.fromkeys(("AlphaDropout", "GaussianDropout"), "rate"),
    "GaussianNoise": "stddev",
}
"""Layers that compute with floats in training, unless this argument is 0."""

LOGICAL = ("Maximum", "Minimum", "Add", "Average", "Multiply", "Subtract")
"""Merge layers that accept booleans beside numbers, and not among themselves."""


def check_layer_dtypes(call: Call) -> None:
    """Check that a layer can compute with the dtypes of its tensors.

    Raises:
        ShapeError: If it cannot.
    """
    name = call.entry.name
    kinds = {tensor.dtype: kind_of(tensor.dtype) for tensor in call.inputs}
    accepted = ACCEPTED.get(name)
    if name in WHILE_TRAINING and call[WHILE_TRAINING[name]]:
        accepted = FLOATS
    if name == "Attention":
        accepted = REALS if "float" in kinds.values() else FLOATS
    if name in LOGICAL:
        if set(kinds.values()) == {"bool"}:
            raise dtype_error("numbers", "bool")
        accepted = REALS if name in ACCEPTED else None
    for dtype, kind in kinds.items():
        if accepted is not None and kind != "text" and kind not in accepted:
            raise dtype_error({FLOATS: "floats", NUMBERS: "numbers"}.get(accepted, "real numbers"), dtype)


def dtype_error(expected: str, dtype: str) -> ShapeError:
    """The error for a tensor of the wrong dtype.

    Args:
        expected: What would be right, in the plural.
        dtype: The tensor's.
    """
    if dtype == "string":
        return ShapeError(
            f"expects {expected}, got strings",
            help="encode them first, with a `StringLookup` or a `TextVectorization`",
        )
    help = "convert them first: `op: cast` with `call: {dtype: float32}`"
    if dtype == "uint8" and expected == "floats":
        help = "insert `Rescaling: {scale: ${1 / 255}}`, which gives floats, or write `dtype: float32` at the input"
    elif dtype.startswith("complex"):
        help = "take absolute values first: `op: abs`"
    return ShapeError(f"expects {expected}, got {dtype}", help=help)
