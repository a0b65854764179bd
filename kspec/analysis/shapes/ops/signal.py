"""Fourier transforms, stretches of a signal, and complex numbers as pairs."""

from __future__ import annotations

from kspec.analysis.shapes.ops.elementwise import same
from kspec.analysis.shapes.ops.rule_helpers import at_least, constant, first, op, several, shape_of, untold
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError, TensorType
from kspec.syntax.yaml_flow import shape_text


def transformed(call: Call) -> list[TensorType]:
    """`(…, n), (…, n) → (…, n), (…, n)`: real and imaginary parts."""
    return _known(call, 1)


def transformed_twice(call: Call) -> list[TensorType]:
    """`(…, m, n), (…, m, n) → (…, m, n), (…, m, n)`"""
    return _known(call, 2)


def transformed_real(call: Call) -> list[TensorType]:
    """`(…, n) → (…, n / 2 + 1)` twice"""
    x, length = first(call), constant(call, "fft_length")
    shape = at_least(shape_of(x), 1)
    size = shape[-1] if length is None else length
    return [TensorType((*shape[:-1], None if size is None else size // 2 + 1), x.dtype)] * 2


def transformed_back(call: Call) -> Shape:
    """`(…, n), (…, n) → (…, 2(n - 1))`"""
    shape, length = at_least(_parts(call), 1), constant(call, "fft_length")
    size = shape[-1]
    return (*shape[:-1], length if length is not None else None if size is None else 2 * (size - 1))


def short_time(call: Call) -> list[TensorType]:
    """`(…, n) → (…, windows, fft_length / 2 + 1)` twice"""
    x, length = first(call), constant(call, "fft_length")
    shape = at_least(shape_of(x), 1)
    margin = length // 2 * 2 if constant(call, "center") else 0
    count = _windows(shape[-1], length - margin, constant(call, "sequence_stride"))
    return [TensorType((*shape[:-1], count, length // 2 + 1), x.dtype)] * 2


def short_time_back(call: Call) -> Shape:
    """`(…, windows, bins) twice → (…, n)`"""
    shape, length = at_least(_parts(call), 2), constant(call, "length")
    count, fft = shape[-2], constant(call, "fft_length")
    if length is not None or count is None:
        return (*shape[:-2], length)
    margin = fft // 2 * 2 if constant(call, "center") else 0
    return (*shape[:-2], (count - 1) * constant(call, "sequence_stride") + fft - margin)


def sequences(call: Call) -> Shape:
    """`(…, n) → (…, stretches, sequence_length)`"""
    shape, length = at_least(shape_of(first(call)), 1), constant(call, "sequence_length")
    return (*shape[:-1], _windows(shape[-1], length, constant(call, "sequence_stride")), length)


def _windows(size: Dim, length: int, step: int) -> Dim:
    return None if size is None else 1 + (size - length) // step


def _parts(call: Call) -> Shape:
    """The shape of the real and the imaginary part."""
    shapes = [shape_of(tensor) for tensor in call.tensors["x"]]
    if len(shapes) != 2 or shapes[0] != shapes[1]:
        given = " and ".join(map(shape_text, shapes))
        raise ShapeError(
            f"takes a real and an imaginary part of one shape, and is given {given}",
            help="`from: {x: [real, imaginary]}`",
        )
    return shapes[0]


def _known(call: Call, axes: int) -> list[TensorType]:
    shape = at_least(_parts(call), axes)
    if None in shape[-axes:]:
        raise ShapeError(f"needs to know the last {'size' if axes == 1 else 'two sizes'} of {shape_text(shape)}")
    return [TensorType(shape, tensor.dtype) for tensor in call.tensors["x"]]


RULES: dict[str, InferenceRule] = {
    "fft": several(transformed),
    **dict.fromkeys(["fft2", "ifft2"], several(transformed_twice)),
    "rfft": several(transformed_real),
    "irfft": op(transformed_back, same, untold),
    "stft": several(short_time),
    "istft": op(short_time_back, same, untold),
    "extract_sequences": op(sequences, same),
    "view_as_complex": op(lambda call: at_least(shape_of(first(call)), 1)[:-1], "complex64"),
    "view_as_real": op(lambda call: (*shape_of(first(call)), 2), "float32"),
}
