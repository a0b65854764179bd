"""Pictures: files → arrays of the size and channels that an input takes.

Decoded as Keras's `image_dataset_from_directory` does: values 0 to 255 as float32, bilinear interpolation where a
picture has another size. Pictures that do not fit into memory stay in their files until a batch needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context
from kspec.data.table import Column
from kspec.data.types import InputSpec
from kspec.diagnostics import Path, codes
from kspec.syntax.yaml_flow import to_yaml

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

BUDGET = 1 << 30
"""Bytes of decoded pictures that are kept in memory."""
SHOWN = 3


@dataclass(slots=True)
class Pictures:
    """Pictures in their files.

    Args:
        files: Their paths, as objects, shape (n,).
        size: What each becomes: height, width, channels.
        example_shape: The input's: `size`, or without the channel.
        dtype: NumPy's type of the values.
    """

    files: Array
    size: tuple[int, int, int]
    example_shape: tuple[int, ...]
    dtype: str

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.files), *self.example_shape)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, rows: Array) -> Pictures:
        return Pictures(self.files[rows], self.size, self.example_shape, self.dtype)

    def decoder(self) -> Callable[[Any], Any]:
        """A function of TensorFlow: indices, shape (b,) → pictures, shape (b, *example_shape)."""
        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        with tf.device("CPU"):
            files = tf.constant(self.files.astype(str))
        one = tf.TensorSpec(self.example_shape, self.dtype)

        def decode(chosen: Any) -> Any:
            return tf.map_fn(self._decode, tf.gather(files, chosen), fn_output_signature=one)

        return decode

    def array(self) -> Array:
        """All of them, decoded, shape (n, *example_shape).

        Raises:
            tf.errors.OpError: when one cannot be decoded; `broken()` tells which.
        """
        import numpy

        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        decoded = tf.data.Dataset.from_tensor_slices(self.files.astype(str))
        decoded = decoded.map(self._decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        whole = numpy.empty(self.shape, dtype=self.dtype)
        for number, picture in enumerate(decoded.as_numpy_iterator()):
            whole[number] = picture
        return whole

    def broken(self) -> list[str]:
        """The files that cannot be decoded."""
        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        found = []
        for file in self.files.tolist():
            try:
                self._decode(file)
            except tf.errors.OpError:
                found.append(file)
        return found

    def _decode(self, file: Any) -> Any:
        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        picture = tf.io.decode_image(tf.io.read_file(file), channels=self.size[2], expand_animations=False)
        picture = tf.cast(tf.image.resize(picture, self.size[:2]), tf.float32)
        if not self.dtype.startswith("float"):
            picture = tf.round(picture)
        return tf.cast(tf.reshape(picture, self.example_shape), self.dtype)


def load_pictures(name: str, takes: InputSpec, column: Column, path: Path, context: Context) -> Any:
    """The pictures of an input: an array, or `Pictures` where they do not fit; None with the reason in the report."""
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from kspec.backend.tensorflow import import_tensorflow

    tf = import_tensorflow()

    pictures = _measured(name, takes, column, path, context)
    if pictures is None:
        return None
    bytes_each = 4
    for length in pictures.size:
        bytes_each *= length
    if bytes_each * len(pictures) > BUDGET:
        return pictures
    try:
        return pictures.array()
    except tf.errors.OpError:
        _refuse_broken(pictures.broken(), pictures, column, context)
        return None


def _measured(name: str, takes: InputSpec, column: Column, path: Path, context: Context) -> Pictures | None:
    """The pictures with the size that the input's shape asks for."""
    shown = to_yaml(list(takes.shape))
    channels = takes.shape[2] if len(takes.shape) == 3 else 1
    channels = 3 if channels is None else channels
    if len(takes.shape) not in (2, 3) or channels not in (1, 3, 4):
        context.error(
            codes.DATA_SHAPE_MISMATCH,
            f"`{name}` has the shape {shown}, and a picture is height, width and 1, 3 or 4 channels",
            path,
            help="write `shape: [64, 64, 3]`, or `[64, 64, 1]` for grey",
        )
        return None
    if takes.dtype == "string":
        context.error(
            codes.INCOMPATIBLE_DATA_TYPE,
            f"`{name}` takes text, and is given pictures",
            path,
            help="leave out `dtype: string`",
        )
        return None
    height, width = takes.shape[:2]
    if height is None or width is None:
        common = _common_size(name, column, path, context)
        if common is None:
            return None
        height, width = height or common[0], width or common[1]
    size = (height, width, channels)
    dtype = "float32" if takes.dtype == "bfloat16" else takes.dtype
    return Pictures(column.values, size, size[: len(takes.shape)], dtype)


def _common_size(name: str, column: Column, path: Path, context: Context) -> tuple[int, int] | None:
    """The height and width that all pictures share, for a shape that leaves them open."""
    from kspec.backend.tensorflow import import_tensorflow

    tf = import_tensorflow()

    sizes: dict[tuple[int, int], str] = {}
    for file in column.values.tolist():
        try:
            picture = tf.io.decode_image(tf.io.read_file(file), expand_animations=False)
        except tf.errors.OpError:
            _refuse_broken([file], None, column, context)
            return None
        sizes.setdefault((int(picture.shape[0]), int(picture.shape[1])), file)
        if len(sizes) > 1:
            shown = " and ".join(f"{h} x {w} ({_short(file, context)})" for (h, w), file in sizes.items())
            context.error(
                codes.DATA_SHAPE_MISMATCH,
                f"`{name}` leaves the size open, and the pictures differ: {shown}",
                path,
                help="state the size that all are brought to: `shape: [64, 64, 3]`",
            )
            return None
    return next(iter(sizes))


def _short(file: str, context: Context) -> str:
    import pathlib

    from kspec.data.context import shown_name

    return shown_name(pathlib.Path(file), context)


def _refuse_broken(broken: list[str], pictures: Pictures | None, column: Column, context: Context) -> None:
    shown = ", ".join(f"`{_short(file, context)}`" for file in broken[:SHOWN])
    more = f" and {len(broken) - SHOWN} more" if len(broken) > SHOWN else ""
    wanted = f" with {pictures.size[2]} channel{'s' if pictures.size[2] > 1 else ''}" if pictures else ""
    what, them = ("pictures", "them") if len(broken) > 1 else ("a picture", "it")
    context.error(codes.UNDECODABLE_IMAGE, f"{shown}{more} cannot be decoded as {what}{wanted}", context.source_path,
                  help=f"repair {them}, or take {them} out ({len(column.values)} pictures in all)")  # fmt: skip
