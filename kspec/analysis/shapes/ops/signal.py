"""Fourier transforms, windows of a signal, and complex numbers as pairs."""

from __future__ import annotations

from kspec.analysis.shapes.layers.audio import check_reflection
from kspec.analysis.shapes.ops.elementwise import same
from kspec.analysis.shapes.ops.rule_helpers import at_least, constant, first, op, several, shape_of, unknown_cost
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError, TensorType
from kspec.syntax.yaml_flow import shape_text


def fft(call: Call) -> list[TensorType]:
    """`(…, n), (…, n) → (…, n), (…, n)`: real and imaginary parts."""
    return _known(call, 1)


def fft2(call: Call) -> list[TensorType]:
    """`(…, m, n), (…, m, n) → (…, m, n), (…, m, n)`"""
    return _known(call, 2)


def rfft(call: Call) -> list[TensorType]:
    """`(…, n) → (…, n / 2 + 1)` twice"""
    x, length = first(call), constant(call, "fft_length")
    shape = at_least(shape_of(x), 1)
    size = shape[-1] if length is None else length
    return [TensorType((*shape[:-1], None if size is None else size // 2 + 1), x.dtype)] * 2


def irfft(call: Call) -> Shape:
    """`(…, n), (…, n) → (…, 2(n - 1))`"""
    shape, length = at_least(_parts(call), 1), constant(call, "fft_length")
    size = shape[-1]
    return (*shape[:-1], length if length is not None else None if size is None else 2 * (size - 1))


def stft(call: Call) -> list[TensorType]:
    """`(…, n) → (…, windows, fft_length / 2 + 1)` twice"""
    x, length = first(call), constant(call, "fft_length")
    shape = at_least(shape_of(x), 1)
    margin = length // 2 * 2 if constant(call, "center") else 0
    if margin:
        check_reflection(shape, length)
    count = _windows(shape[-1], length - margin, constant(call, "sequence_stride"))
    return [TensorType((*shape[:-1], count, length // 2 + 1), x.dtype)] * 2


def istft(call: Call) -> Shape:
    """`(…, windows, bins) twice → (…, n)`"""
    shape, length = at_least(_parts(call), 2), constant(call, "length")
    count, points = shape[-2], constant(call, "fft_length")
    if length is not None or count is None:
        return (*shape[:-2], length)
    margin = points // 2 * 2 if constant(call, "center") else 0
    return (*shape[:-2], (count - 1) * constant(call, "sequence_stride") + points - margin)


def extract_sequences(call: Call) -> Shape:
    """`(…, n) → (…, windows, sequence_length)`"""
    shape, length = at_least(shape_of(first(call)), 1), constant(call, "sequence_length")
    return (*shape[:-1], _windows(shape[-1], length, constant(call, "sequence_stride")), length)


def _windows(size: Dim, length: int, step: int) -> Dim:
    return None if size is None else 1 + (size - length) // step


def _parts(call: Call) -> Shape:
    """The shape of the real and the imaginary part."""
    shapes = [shape_of(tensor) for tensor in call.tensors["x"]]
    if len(shapes) != 2 or shapes[0] != shapes[1]:
        texts = " and ".join(map(shape_text, shapes))
        raise ShapeError(
            f"expects a real and an imaginary part of the same shape, got {texts}",
            help="write `from: {x: [real, imaginary]}`",
        )
    return shapes[0]


def _known(call: Call, axes: int) -> list[TensorType]:
    shape = at_least(_parts(call), axes)
    if None in shape[-axes:]:
        raise ShapeError(
            f"expects a known last size, got {shape_text(shape)}"
            if axes == 1
            else f"expects known last sizes, got {shape_text(shape)}"
        )
    return [TensorType(shape, tensor.dtype) for tensor in call.tensors["x"]]


RULES: dict[str, InferenceRule] = {
    "fft": several(fft),
    **dict.fromkeys(["fft2", "ifft2"], several(fft2)),
    "rfft": several(rfft),
    "irfft": op(irfft, same, unknown_cost),
    "stft": several(stft),
    "istft": op(istft, same, unknown_cost),
    "extract_sequences": op(extract_sequences, same),
    "view_as_complex": op(lambda call: at_least(shape_of(first(call)), 1)[:-1], "complex64"),
    "view_as_real": op(lambda call: (*shape_of(first(call)), 2), "float32"),
}
