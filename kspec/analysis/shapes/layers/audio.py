"""Layers that decompose a signal into frequencies."""

from __future__ import annotations

from math import ceil, log2

from kspec.analysis.shapes.broadcasting import size_of
from kspec.analysis.shapes.layers.convolution import output_size
from kspec.analysis.shapes.layers.shared import known_size, number_shape, one, unknown
from kspec.analysis.shapes.types import Call, InferenceRule, InferredCall, Shape, ShapeError, Weight
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text


def mel(call: Call) -> InferredCall:
    """`(batch, time) → (batch, num_mel_bins, (time + stride + 1) // stride)`."""
    shape, stride = number_shape(call), call["sequence_stride"]
    if (call["sequence_length"] or 0) > call["fft_length"]:
        raise _too_short(call, call["sequence_length"], "sequence_length")
    if shape is None:
        return unknown(call)
    if len(shape) < 2:
        raise ShapeError(
            f"expects a signal, (null, time), got {shape_text(shape)}", help="give the input the shape [time]"
        )
    check_reflection(shape, call["fft_length"])
    frames = None if shape[1] is None else (shape[1] + stride + 1) // stride
    return one((shape[0], call["num_mel_bins"], frames), call.dtype, (), None)


def stft(call: Call) -> InferredCall:
    """`(batch, time, channels) → (batch, frames, channels * frequencies)`, or apart with `expand_dims`.

    Two kernels of (frame_length, 1, frequencies), one for the real and one for the imaginary part.
    """
    shape, frame, mode = number_shape(call), call["frame_length"], call["mode"]
    step, points = call["frame_step"] or frame // 2, call["fft_length"] or 2 ** ceil(log2(frame))
    if step > frame:
        raise ShapeError(
            f"has a `frame_step` of {step}, longer than its frames of {frame}",
            help="make `frame_step` at most `frame_length`",
            argument="frame_step",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if points < frame:
        raise _too_short(call, frame, "frame_length")
    bins = points // 2 + 1
    parts = 1 if mode in ("real", "imag") else 2
    weights = [Weight((frame, 1, bins))] * parts
    if shape is None:
        return unknown(call, weights)
    first = call["data_format"] == "channels_first"
    if len(shape) != 3:
        order = "channels, time" if first else "time, channels"
        raise ShapeError(
            f"expects 3-dimensional input (null, {order}), got {shape_text(shape)}",
            help=f"for a signal with one channel, insert a `Reshape` to {'[1, time]' if first else '[time, 1]'}",
        )
    if "float" not in call.x.dtype:
        raise ShapeError(f"expects floats, got {call.x.dtype}", help="write `dtype: float32` at the input")
    time, axis = (shape[2], 1) if first else (shape[1], 2)
    channels = known_size(axis, shape)
    frames = output_size(time, frame, step, call["padding"])
    if frames is not None and frames < 1:
        raise ShapeError(
            f"cannot cut a frame of {frame} from a signal of length {time}",
            help="reduce `frame_length`, or write `padding: same`",
            argument="frame_length",
            code=codes.DIMENSION_COLLAPSE,
        )
    values = bins * (2 if mode == "stft" else 1)
    if call["expand_dims"]:
        result: Shape = (shape[0], channels, frames, values) if first else (shape[0], frames, values, channels)
    else:
        result = (shape[0], channels * values, frames) if first else (shape[0], frames, channels * values)
    return one(result, call.dtype, weights, size_of((frames, 2 * parts * frame * bins * channels)))


def check_reflection(shape: Shape, fft_length: int) -> None:
    """Check that a signal is long enough for what centred frames add at both ends: half a frame of its mirror image.

    Args:
        shape: Of the signal, its time axis last.
        fft_length: The length of a frame.

    Raises:
        ShapeError: If it is not.
    """
    margin = fft_length // 2
    if shape[-1] is not None and shape[-1] <= margin:
        raise ShapeError(
            f"needs a signal longer than {margin}, half of its `fft_length`, got {shape_text(shape)}",
            help=f"use longer signals, or write `fft_length: {max(2 * shape[-1] - 2, 1)}` or less",
            argument="fft_length",
        )


def _too_short(call: Call, frame: int, name: str) -> ShapeError:
    return ShapeError(
        f"has an `fft_length` of {call['fft_length']}, shorter than its frames of {frame}",
        help=f"make `fft_length` at least {frame}, or reduce `{name}`",
        argument="fft_length" if "fft_length" in call.arguments else name,
        code=codes.INCOMPATIBLE_ARGUMENTS,
    )


RULES: dict[str, InferenceRule] = {"MelSpectrogram": mel, "STFTSpectrogram": stft}
