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
from kspec.data.files import decoded_files
from kspec.data.files.decoded_files import DecodedFiles
from kspec.data.files.image_size import image_size
from kspec.data.files.resizing import resized_image
from kspec.data.limits import LimitReached, check_pixels
from kspec.data.network_specs import InputSpec
from kspec.data.table import Column
from kspec.diagnostics import Path, codes
from kspec.language.data_limits import Limits
from kspec.syntax.path_policy import PathProblem
from kspec.syntax.yaml_flow import to_yaml

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SHOWN = 3


@dataclass(slots=True)
class ImageFiles(DecodedFiles):
    """Images that are decoded on demand.

    Args:
        size: Height, width and channels of a decoded image.
        resizing: How an image gets this size.
    """

    size: tuple[int, int, int] = (1, 1, 1)
    resizing: str = "stretch"

    def decode(self, encoded: Any) -> Any:
        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        image = tf.io.decode_image(encoded, channels=self.size[2], expand_animations=False)
        image = resized_image(image, self.size[:2], self.resizing)
        if not self.dtype.startswith("float"):
            image = tf.round(image)
        return tf.cast(tf.reshape(image, self.example_shape), self.dtype)


def image_reader(context: Context) -> Callable[[str], bytes]:
    """A function that reads an image, and makes sure that it still is one that may be read and decoded.

    It raises OSError or LimitReached.
    """
    limits = context.limits
    checked: dict[str, tuple[int, ...]] = {}

    def read(path: str) -> bytes:
        found = context.read_in_place(path)
        if found is not None and checked.get(path) == found[1]:
            return found[0]
        encoded = found[0] if found is not None else context.read(pathlib.Path(path))
        size = image_size(io.BytesIO(encoded))
        check_pixels(size, os.path.basename(path), limits)
        if size is None:
            return transcoded(encoded, path, limits)
        if found is not None:
            checked[path] = found[1]
        return encoded

    return read


def transcoded(encoded: bytes, path: str, limits: Limits) -> bytes:
    """A WebP or TIFF image as PNG, which TensorFlow decodes; anything else as it is.

    Args:
        encoded: The bytes of the file.
        path: The file.
        limits: How many pixels it may have.

    Raises:
        LimitReached: If it has more.
    """
    if not (encoded.startswith((b"II*\0", b"MM\0*")) or (encoded[:4], encoded[8:12]) == (b"RIFF", b"WEBP")):
        return encoded
    from PIL import Image

    try:
        with Image.open(io.BytesIO(encoded), formats=("WEBP", "TIFF")) as image:
            check_pixels((image.height, image.width), os.path.basename(path), limits)
            png = io.BytesIO()
            kept = image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGB")
            kept.save(png, "PNG", compress_level=0)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        return encoded
    return png.getvalue()


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

    data = context.spec.document.data
    resizing = "stretch" if data is None else data.resize.get(column.name, "stretch")
    images = image_files(name, takes, column, path, context, resizing=resizing)
    if images is None:
        return None
    if images.nbytes > decoded_files.BUDGET:
        with reading(path, context):
            others = _begin_as_no_images(images, context)
            if not others or _are_left_out(others, images, column, context):
                return images
            report_undecodable(others, images, column, path, context)
        return None
    try:
        return images.array()
    except tf.errors.OpError:
        with reading(path, context):
            refused = images.undecodable()
            if _are_left_out(refused, images, column, context):
                return _others_decoded(images, column)
            report_undecodable(refused, images, column, path, context)
        return None


def _begin_as_no_images(images: ImageFiles, context: Context) -> list[str]:
    """The files that do not begin as images do, which training would meet later.

    Raises:
        OSError, LimitReached: If one cannot be read.
    """
    others = []
    for file in images.files.tolist():
        with context.open(pathlib.Path(file)) as stream:
            size = image_size(stream)
        if size is None and image_size(io.BytesIO(images.read(file))) is None:
            others.append(file)
    return others


def _are_left_out(refused: list[str], images: ImageFiles, column: Column, context: Context) -> bool:
    """Whether the rows of some files are left out: in other data they are, unless no row is left.

    Args:
        refused: Files that cannot be decoded.
        images: All files.
        column: Their column; it learns which rows these are.
        context: Tells whether the data is other data.
    """
    import numpy

    rows = numpy.isin(images.files.astype(str), refused)
    if not context.is_new or rows.all():
        return False
    column.unreadable, column.refusal = rows, f"`{column.name}` cannot be decoded as an image"
    return True


def _others_decoded(images: ImageFiles, column: Column) -> Array:
    """The images as an array, with zeros for those that cannot be decoded."""
    import numpy

    assert column.unreadable is not None
    values = numpy.zeros(images.shape, images.dtype)
    values[~column.unreadable] = images[~column.unreadable].array()
    return values


@contextmanager
def reading(path: Path, context: Context) -> Iterator[None]:
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


def image_files(
    name: str, takes: InputSpec, column: Column, path: Path, context: Context, *, resizing: str = "stretch"
) -> ImageFiles | None:
    """The images at the size of an input, or of an output whose target they are.

    Args:
        name: The input or output.
        takes: Its shape and dtype.
        column: The column with the paths.
        path: The setting that names the column.
        context: Receives every problem.
        resizing: How images get the size.

    Returns:
        The files; None if there are errors.
    """
    paths = column.values if column.paths is None else column.paths
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
        common = _common_size(name, column, paths, path, context)
        if common is None:
            return None
        height, width = height or common[0], width or common[1]
    size = (height, width, channels)
    dtype = "float32" if takes.dtype == "bfloat16" else takes.dtype
    example_shape = size[: len(takes.shape)]
    return ImageFiles(paths, image_reader(context), example_shape, dtype, size=size, resizing=resizing)


def _common_size(name: str, column: Column, paths: Array, path: Path, context: Context) -> tuple[int, int] | None:
    """The height and width of all images, for an input with an open size; None if they differ.

    Of other data, those that cannot be decoded do not count.

    Args:
        name: The input or output.
        column: The column of the images.
        paths: The files.
        path: The setting that names the column.
        context: Receives every problem.
    """
    from kspec.backend.tensorflow import import_tensorflow

    tf = import_tensorflow()

    sizes: dict[tuple[int, int], str] = {}
    refused: list[str] = []
    read, errors = image_reader(context), context.report.errors
    for file in paths.tolist():
        encoded = b""
        with reading(path, context):
            encoded = read(file)
        if context.report.errors > errors:
            return None
        try:
            image = tf.io.decode_image(encoded, expand_animations=False)
        except tf.errors.OpError:
            refused.append(file)
            if context.is_new and len(refused) < len(paths):
                continue
            report_undecodable(refused, None, column, path, context)
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


def report_undecodable(
    files: list[str], images: ImageFiles | None, column: Column, path: Path, context: Context
) -> None:
    """Reports files that are no images (KS516), at the source if that is all they are.

    Args:
        files: The files.
        images: How they are decoded, if their channels matter.
        column: Their column.
        path: The setting that names it.
        context: Receives the error.
    """
    shown = ", ".join(f"`{_short(file, context)}`" for file in files[:SHOWN])
    more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
    channels = f" with {images.size[2]} channel{'s' if images.size[2] > 1 else ''}" if images else ""
    what, them = ("images", "them") if len(files) > 1 else ("an image", "it")
    context.error(
        codes.UNDECODABLE_IMAGE,
        f"{shown}{more} cannot be decoded as {what}{channels}",
        context.source_path if context.is_new or context.source_path == ("data", "images") else path,
        help=f"repair or remove {them} (of {len(column.values)} images in all)",
    )
