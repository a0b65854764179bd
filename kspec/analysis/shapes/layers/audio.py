"""Layers that tell of which frequencies a signal is made."""

from __future__ import annotations

from math import ceil, log2

from kspec.analysis.shapes.broadcasting import size_of
from kspec.analysis.shapes.layers.convolution import slid
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
            f"needs a signal, (null, time), and is given {shape_text(shape)}", help="give it a shape: [time]"
        )
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
            f"steps by {step} over frames of {frame}, and would leave gaps",
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
            f"needs an input of rank 3, (null, {order}), and is given {shape_text(shape)}",
            help="a signal has one channel: put a `Reshape` to [1, time] before it"
            if first
            else "a signal has one channel: put a `Reshape` to [time, 1] before it",
        )
    if "float" not in call.x.dtype:
        raise ShapeError(f"needs floats, and is given {call.x.dtype}", help="say `dtype: float32` at the input")
    time, axis = (shape[2], 1) if first else (shape[1], 2)
    channels = known_size(axis, shape)
    frames = slid(time, frame, step, call["padding"])
    if frames is not None and frames < 1:
        raise ShapeError(
            f"cuts frames of {frame} from a signal of {time}, which has not one",
            help="make `frame_length` smaller, or say `padding: same`",
            argument="frame_length",
            code=codes.DIMENSION_COLLAPSE,
        )
    found = bins * (2 if mode == "stft" else 1)
    if call["expand_dims"]:
        result: Shape = (shape[0], channels, frames, found) if first else (shape[0], frames, found, channels)
    else:
        result = (shape[0], channels * found, frames) if first else (shape[0], frames, channels * found)
    return one(result, call.dtype, weights, size_of((frames, 2 * parts * frame * bins * channels)))


def _too_short(call: Call, frame: int, name: str) -> ShapeError:
    return ShapeError(
        f"transforms {call['fft_length']} points at once, fewer than the {frame} of a frame",
        help=f"make `fft_length` at least {frame}, or `{name}` smaller",
        argument="fft_length" if "fft_length" in call.arguments else name,
        code=codes.INCOMPATIBLE_ARGUMENTS,
    )


RULES: dict[str, InferenceRule] = {"MelSpectrogram": mel, "STFTSpectrogram": stft}
