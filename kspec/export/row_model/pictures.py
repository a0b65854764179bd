"""Pictures that an exported graph decodes: the bytes of files → the pixels that the network takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kspec.data.files.resizing import resized_image

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LARGER = (5, 3)
"""By how much pictures that try an export are higher and wider than those of the network."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A column of pictures.

    Args:
        input: The input that takes it.
        shape: Height, width and, mostly, channels.
        dtype: The dtype of the tensor of pixels.
        resizing: How a picture gets this size: `stretch`, `crop` or `pad`.
        is_rounded: Whether the input takes whole numbers.
    """

    input: str
    shape: tuple[int, ...]
    dtype: str
    resizing: str
    is_rounded: bool

    @property
    def channels(self) -> int:
        """How many values a pixel has."""
        return self.shape[2] if len(self.shape) > 2 else 1

    def decode(self, files: Any) -> Any:
        """The pixels of files, shape (batch, …); NaN where there is no file.

        Args:
            files: Their bytes, a tensor of texts, shape (batch,).
        """
        import tensorflow as tf

        def pixels(file: Any) -> Any:
            image = tf.io.decode_image(file, channels=self.channels, expand_animations=False)
            image = resized_image(image, self.shape[:2], self.resizing)  # type: ignore[arg-type]
            image = tf.round(image) if self.is_rounded else image
            return tf.cast(tf.reshape(image, self.shape), self.dtype)

        def one(file: Any) -> Any:
            nothing = tf.constant(float("nan"), self.dtype, self.shape)
            return tf.cond(tf.equal(tf.strings.length(file), 0), lambda: nothing, lambda: pixels(file))

        return tf.map_fn(one, files, fn_output_signature=tf.TensorSpec(self.shape, self.dtype))


def picture_files(pictures: Mapping[str, Picture], count: int) -> tuple[dict[str, Array], dict[str, Array]]:
    """Files of pictures to try an export on, and what `kspec predict` makes of them.

    Args:
        pictures: By column.
        count: How many.

    Returns:
        By column the bytes of PNG files, shape (count,); by input their pixels, shape (count, …).
    """
    import numpy
    import tensorflow as tf

    from kspec.data.files.images import ImageFiles

    files, arrays = {}, {}
    for name, picture in pictures.items():
        height, width, channels = picture.shape[0], picture.shape[1], picture.channels
        size = (count, height + LARGER[0], width + LARGER[1], channels)
        images = numpy.random.default_rng(0).integers(0, 256, size, numpy.uint8)
        encoded = [tf.io.encode_png(image).numpy() for image in images]
        dtype = "int32" if picture.is_rounded else "float32"
        reader = ImageFiles(
            numpy.array([], object), str.encode, picture.shape, dtype, (height, width, channels), picture.resizing
        )
        files[name] = numpy.array(encoded, object)
        arrays[picture.input] = numpy.stack([reader.decode(file).numpy() for file in encoded])
    return files, arrays
