"""Sounds: WAV files → arrays of the length and channels that an input takes.

Samples are numbers from -1 to 1, as `tf.audio.decode_wav` gives them. Shorter clips are followed by zeros, longer ones
cut at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.data.columns import ColumnMapping
from kspec.data.context import Context, display_name
from kspec.data.files import decoded_files
from kspec.data.files.decoded_files import DecodedFiles
from kspec.data.files.wav import WavHeader, read_samples
from kspec.data.network_specs import InputSpec
from kspec.data.table import Column, Table
from kspec.diagnostics import Path as SpecPath
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import to_yaml

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class SoundColumn(Column):
    """A column of WAV files.

    Args:
        headers: By file, its header.
        rate: The sample rate that all of them get.
    """

    headers: dict[str, WavHeader] = field(default_factory=dict)
    rate: int = 0

    def lengths(self) -> list[int]:
        """The number of samples of each file, at the rate of the column."""
        present = (self.headers[path] for path in self.values.tolist() if path in self.headers)
        return [math.ceil(header.frames * self.rate / header.rate) for header in present]


@dataclass(slots=True)
class SoundFiles(DecodedFiles):
    """Sounds that are decoded on demand.

    Args:
        rate: The sample rate that they get.
    """

    rate: int = 0

    def decode(self, encoded: Any) -> Any:
        import tensorflow as tf

        samples = tf.numpy_function(self._samples, [encoded], tf.float32)
        return tf.cast(tf.ensure_shape(samples, self.example_shape), self.dtype)

    def _samples(self, encoded: bytes) -> Array:
        """The samples of a file, shape `example_shape`."""
        import numpy

        rate, samples = read_samples(encoded)
        channels = self.example_shape[1] if len(self.example_shape) > 1 else 1
        if samples.shape[1] != channels:
            mono = samples.mean(axis=1, keepdims=True, dtype=numpy.float64).astype(numpy.float32)
            samples = numpy.repeat(mono, channels, axis=1)
        samples = resampled(samples, rate, self.rate)[: self.example_shape[0]]
        result = numpy.zeros((self.example_shape[0], channels), numpy.float32)
        result[: len(samples)] = samples
        return result.reshape(self.example_shape)


def resampled(samples: Array, rate: int, wanted: int) -> Array:
    """Samples at another rate.

    Args:
        samples: Shape (frames, channels).
        rate: Their rate.
        wanted: The rate that they get.

    Raises:
        ModuleNotFoundError: Without SciPy.
    """
    if rate == wanted:
        return samples
    from scipy.signal import resample_poly

    common = math.gcd(rate, wanted)
    result: Array = resample_poly(samples, wanted // common, rate // common, axis=0).astype(samples.dtype)
    return result


def common_rate(
    name: str, headers: Mapping[str, WavHeader], wanted: int | None, path: SpecPath | None, context: Context
) -> int:
    """The sample rate of a column of sounds; files of different rates are an error (KS556) unless one is wanted.

    Args:
        name: The column.
        headers: By file, its header.
        wanted: The rate that the spec states, or that training had; None if neither.
        path: The setting where problems are reported.
        context: Receives them.
    """
    rates = {header.rate: file for file, header in headers.items()}
    data = context.spec.document.data
    states_rate = data is not None and data.rate is not None
    if not states_rate and len(rates) > 1 - (wanted is not None) and (len(rates) > 1 or wanted not in rates):
        shown = " and ".join(
            f"{rate:,} Hz (`{display_name(Path(file), context)}`)" for rate, file in list(rates.items())[:2]
        )
        message = f"the sounds of `{name}` have different sample rates: {shown}"
        if wanted is not None:
            odd = next(rate for rate in rates if rate != wanted)
            file = display_name(Path(rates[odd]), context)
            message = f"`{file}` has {odd:,} samples a second, and the model was trained on {wanted:,}"
        most = wanted or max(rates)
        help = f"resample them, or let kspec do it: `data: {{rate: {most}}}`"
        help = "resample it as the training data" if wanted is not None else help
        context.error(codes.DIFFERENT_SAMPLE_RATES, message, path, help=help)
    if states_rate and set(rates) - {wanted} and not _has_scipy():
        message = f"`{name}` has sounds of other rates than {wanted:,} Hz, and kspec resamples with SciPy"
        context.error(codes.MISSING_PACKAGE, message, ("data", "rate"), help="pip install 'kspec[audio]'")
    return wanted or next(iter(rates), 1)


def _has_scipy() -> bool:
    from importlib.util import find_spec

    return find_spec("scipy") is not None


def load_sounds(name: str, takes: InputSpec, column: SoundColumn, path: SpecPath, context: Context) -> Any:
    """The sounds of an input.

    Args:
        name: The input.
        takes: Its shape and dtype.
        column: The column with the files.
        path: The setting that names the column.
        context: Receives every problem.

    Returns:
        An array, or `SoundFiles` if the sounds do not fit into memory; None if there are errors.
    """
    channels = takes.shape[1] if len(takes.shape) == 2 else 1
    if len(takes.shape) not in (1, 2) or channels is None or not takes.dtype.startswith(("float", "bfloat")):
        wrong = f"shape {to_yaml(list(takes.shape))} and dtype {takes.dtype}"
        context.error(
            codes.DATA_SHAPE_MISMATCH,
            f"`{name}` has {wrong}, but a sound is a list of samples from -1 to 1",
            path,
            help="write `shape: [16000]` for one second at 16,000 Hz, or `[16000, 2]` in stereo",
        )
        return None
    found = {header.channels: file for file, header in column.headers.items()}
    odd = next((count for count in found if count != channels and 1 not in (count, channels)), None)
    if odd is not None:
        file = display_name(Path(found[odd]), context)
        message = f"`{file}` has {odd} channels, and `{name}` takes {channels}"
        context.error(
            codes.DATA_SHAPE_MISMATCH, message, path, help=f"set `shape: [{takes.shape[0] or 'null'}, {odd}]`"
        )
        return None
    length = takes.shape[0] or max(column.lengths(), default=1)
    shape = (length,) if len(takes.shape) == 1 else (length, channels)
    dtype = "float32" if takes.dtype == "bfloat16" else takes.dtype
    sounds = SoundFiles(column.values, _reader(context), shape, dtype, rate=column.rate)
    return sounds if sounds.nbytes > decoded_files.BUDGET else sounds.array()


def _reader(context: Context) -> Callable[[str], bytes]:
    """A function that reads a file, and makes sure that it still is one that may be read; it raises OSError."""

    def read(path: str) -> bytes:
        found = context.read_in_place(path)
        return found[0] if found is not None else context.read(Path(path))

    return read


def sample_rates(table: Table) -> dict[str, dict[str, int]]:
    """The sample rate of each column of sounds, as `rates` in what a model needs to know of its data."""
    rates = {name: column.rate for name, column in table.columns.items() if isinstance(column, SoundColumn)}
    return {"rates": rates} if rates else {}


def length_note(name: str, takes: InputSpec, table: Table, mapping: ColumnMapping) -> str:
    """How many sounds are shorter or longer than an input takes; empty if none is.

    Args:
        name: The input.
        takes: Its shape.
        table: The table.
        mapping: The columns of each input.
    """
    length = takes.shape[0] if takes.shape else None
    column = next((table.columns[column] for column in mapping.inputs[name]), None)
    if not isinstance(column, SoundColumn):
        return ""
    lengths = column.lengths()
    wanted = length or max(lengths, default=0)
    shorter, longer = sum(each < wanted for each in lengths), sum(each > wanted for each in lengths)
    counts = ((shorter, "shorter and followed by zeros"), (longer, "longer and cut"))
    parts = [
        f"{count:,} of {len(lengths):,} sounds {'is' if count == 1 else 'are'} {how}" for count, how in counts if count
    ]
    return f"`{name}` takes {wanted:,} samples at {column.rate:,} Hz: {'; '.join(parts)}" if parts else ""
