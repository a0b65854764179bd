"""Images: files → arrays of the size and channels that an input takes.

Images are decoded as by Keras's `image_dataset_from_directory`: values from 0 to 255 as float32, resized with bilinear
interpolation. Images that do not fit into memory are decoded when a batch needs them.
"""

from __future__ import annotations

import io
import os
import pathlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context, display_name
from kspec.data.image_size import image_size
from kspec.data.limits import LimitReached, check_pixels
from kspec.data.table import Column
from kspec.data.types import InputSpec
from kspec.diagnostics import Path, codes
from kspec.syntax.path_policy import PathProblem
from kspec.syntax.regular_files import open_regular, opened_path
from kspec.syntax.yaml_flow import to_yaml

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

BUDGET = 1 << 30
"""How many bytes of decoded images are kept in memory."""
SHOWN = 3
_READ_TOGETHER = 32


@dataclass(slots=True)
class ImageFiles:
    """Images that are decoded on demand.

    Args:
        files: The paths, dtype object, shape (n,).
        read: Reads a file. TensorFlow gets its bytes: given its path, it would open what lies there by then.
        size: Height, width and channels of a decoded image.
        example_shape: The shape of the input: `size`, or `size` without the channels.
        dtype: The NumPy dtype of the values.
    """

    files: Array
    read: Callable[[str], bytes]
    size: tuple[int, int, int]
    example_shape: tuple[int, ...]
    dtype: str

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.files), *self.example_shape)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, rows: Array) -> ImageFiles:
        return ImageFiles(self.files[rows], self.read, self.size, self.example_shape, self.dtype)

    def decoder(self) -> Callable[[Any], Any]:
        """A TensorFlow function: indices, shape (b,) → images, shape (b, *example_shape)."""
        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        one = tf.TensorSpec(self.example_shape, self.dtype)

        def decode(chosen: Any) -> Any:
            return tf.map_fn(self._decode, self._encoded(chosen), fn_output_signature=one)

        return decode

    def array(self) -> Array:
        """All images, decoded, shape (n, *example_shape).

        Raises:
            tf.errors.OpError: If an image cannot be read or decoded; see `undecodable`.
        """
        import numpy

        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        encoded = tf.data.Dataset.range(len(self.files)).batch(_READ_TOGETHER).map(self._encoded).unbatch()
        decoded = encoded.map(self._decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        images = numpy.empty(self.shape, dtype=self.dtype)
        for number, image in enumerate(decoded.as_numpy_iterator()):
            images[number] = image
        return images

    def undecodable(self) -> list[str]:
        """The files that cannot be decoded.

        Raises:
            OSError: If one cannot be read.
            LimitReached: If one is larger than allowed.
        """
        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        files = []
        for file in self.files.tolist():
            try:
                self._decode(self.read(file))
            except tf.errors.OpError:
                files.append(file)
        return files

    def _encoded(self, chosen: Any) -> Any:
        """Indices, shape (b,) → the bytes of these files, shape (b,)."""
        import numpy
        import tensorflow as tf

        def read(rows: Array) -> Array:
            return numpy.array([self.read(file) for file in self.files[rows].tolist()], dtype=object)

        return tf.ensure_shape(tf.numpy_function(read, [chosen], tf.string), [None])

    def _decode(self, encoded: Any) -> Any:
        """The bytes of a file → the image, shape `example_shape`."""
        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        image = tf.io.decode_image(encoded, channels=self.size[2], expand_animations=False)
        image = tf.cast(tf.image.resize(image, self.size[:2]), tf.float32)
        if not self.dtype.startswith("float"):
            image = tf.round(image)
        return tf.cast(tf.reshape(image, self.example_shape), self.dtype)


def _reader(context: Context) -> Callable[[str], bytes]:
    """A function that reads an image, and makes sure that it still is one that may be read and decoded.

    It raises OSError or LimitReached.
    """
    limits = context.limits

    def read(path: str) -> bytes:
        with open_regular(path) as stream:
            encoded = stream.read() if opened_path(stream, path) == path else None
        if encoded is None:  # it does not lie any more where it was when it was checked
            with context.open(pathlib.Path(path)) as stream:
                encoded = stream.read()
        check_pixels(image_size(io.BytesIO(encoded)), os.path.basename(path), limits)
        return encoded

    return read


def load_images(name: str, takes: InputSpec, column: Column, path: Path, context: Context) -> Any:
    """The images of an input.

    Args:
        name: The input.
        takes: Its shape and dtype.
        column: The column with the paths.
        path: The setting that names the column.
        context: Receives every problem.

    Returns:
        An array, or `ImageFiles` if the images do not fit into memory; None if there are errors.
    """
    from kspec.backend.tensorflow import import_tensorflow

    tf = import_tensorflow()

    images = _image_files(name, takes, column, path, context)
    if images is None:
        return None
    bytes_each = 4
    for length in images.size:
        bytes_each *= length
    if bytes_each * len(images) > BUDGET:
        return images
    try:
        return images.array()
    except tf.errors.OpError:
        with _reading(path, context):
            _report_undecodable(images.undecodable(), images, column, context)
        return None


@contextmanager
def _reading(path: Path, context: Context) -> Iterator[None]:
    """Reports an image that cannot be read any more.

    Args:
        path: The setting that names the column.
        context: Receives the problem.
    """
    try:
        yield
    except LimitReached as reached:
        context.limit(reached, path)
    except OSError as error:
        PathProblem.of(error, error.filename or "").report(context.report, context.span(path))


def _image_files(name: str, takes: InputSpec, column: Column, path: Path, context: Context) -> ImageFiles | None:
    """The images at the size of the input."""
    shown = to_yaml(list(takes.shape))
    channels = takes.shape[2] if len(takes.shape) == 3 else 1
    channels = 3 if channels is None else channels
    if len(takes.shape) not in (2, 3) or channels not in (1, 3, 4):
        context.error(
            codes.DATA_SHAPE_MISMATCH,
            f"`{name}` has shape {shown}, but an image has a height, a width and 1, 3 or 4 channels",
            path,
            help="set `shape: [64, 64, 3]`, or `[64, 64, 1]` for grayscale",
        )
        return None
    if takes.dtype == "string":
        context.error(
            codes.INCOMPATIBLE_DATA_TYPE,
            f"`{name}` takes text, but its column contains images",
            path,
            help="remove `dtype: string`",
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
    return ImageFiles(column.values, _reader(context), size, size[: len(takes.shape)], dtype)


def _common_size(name: str, column: Column, path: Path, context: Context) -> tuple[int, int] | None:
    """The height and width of all images, for an input with an open size; None if they differ."""
    from kspec.backend.tensorflow import import_tensorflow

    tf = import_tensorflow()

    sizes: dict[tuple[int, int], str] = {}
    read, errors = _reader(context), context.report.errors
    for file in column.values.tolist():
        encoded = b""
        with _reading(path, context):
            encoded = read(file)
        if context.report.errors > errors:
            return None
        try:
            image = tf.io.decode_image(encoded, expand_animations=False)
        except tf.errors.OpError:
            _report_undecodable([file], None, column, context)
            return None
        sizes.setdefault((int(image.shape[0]), int(image.shape[1])), file)
        if len(sizes) > 1:
            shown = " and ".join(f"{h} x {w} ({_short(file, context)})" for (h, w), file in sizes.items())
            context.error(
                codes.DATA_SHAPE_MISMATCH,
                f"`{name}` leaves the image size open, but the images differ in size: {shown}",
                path,
                help="set a size to resize all images to: `shape: [64, 64, 3]`",
            )
            return None
    return next(iter(sizes))


def _short(file: str, context: Context) -> str:
    return display_name(pathlib.Path(file), context)


def _report_undecodable(files: list[str], images: ImageFiles | None, column: Column, context: Context) -> None:
    shown = ", ".join(f"`{_short(file, context)}`" for file in files[:SHOWN])
    more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
    channels = f" with {images.size[2]} channel{'s' if images.size[2] > 1 else ''}" if images else ""
    what, them = ("images", "them") if len(files) > 1 else ("an image", "it")
    context.error(
        codes.UNDECODABLE_IMAGE,
        f"{shown}{more} cannot be decoded as {what}{channels}",
        context.source_path,
        help=f"repair or remove {them} (of {len(column.values)} images in all)",
    )
