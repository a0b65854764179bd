"""How an image gets another size: stretched, cropped or padded, as by Keras's `image_dataset_from_directory`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Size = tuple[int, int]


def resized_image(image: Any, size: Size, resizing: str) -> Any:
    """An image of another size, with bilinear interpolation.

    Args:
        image: A TensorFlow tensor, shape (height, width, channels).
        size: The wanted height and width.
        resizing: `stretch`, `crop` (the largest part of the centre with the wanted proportions) or `pad` (with zeros).

    Returns:
        A float32 tensor, shape (*size, channels).
    """
    import tensorflow as tf

    if resizing == "pad":
        return tf.cast(tf.image.resize_with_pad(image, *size), tf.float32)
    if resizing == "crop":
        shape = tf.shape(image)
        height, width = shape[0], shape[1]
        tall = tf.cast(tf.cast(width * size[0], tf.float32) / size[1], tf.int32)
        wide = tf.cast(tf.cast(height * size[1], tf.float32) / size[0], tf.int32)
        tall, wide = tf.maximum(tf.minimum(height, tall), 1), tf.maximum(tf.minimum(width, wide), 1)
        image = tf.image.crop_to_bounding_box(image, (height - tall) // 2, (width - wide) // 2, tall, wide)
    return tf.cast(tf.image.resize(image, size), tf.float32)


def resized_mask(mask: Array, size: Size, resizing: str, filling: int = 0) -> Array:
    """A mask of another size, each pixel the nearest one of the mask; framed as `resized_image` frames an image.

    Args:
        mask: Shape (height, width).
        size: The wanted height and width.
        resizing: As in `resized_image`.
        filling: What `pad` pads with.
    """
    import numpy

    single = numpy.float32
    height, width = mask.shape
    if resizing == "pad":
        ratio = max(single(width) / single(size[1]), single(height) / single(size[0]))
        inner = single(height) / ratio, single(width) / ratio
        top, left = (max(0, int((to - float(length)) / 2)) for to, length in zip(size, inner, strict=True))
        tall, wide = int(inner[0]), int(inner[1])
        padded = numpy.full(size, filling, mask.dtype)
        padded[top : top + tall, left : left + wide] = _nearest(mask, (tall, wide))
        return padded
    if resizing == "crop":
        tall = max(min(height, int(single(width * size[0]) / single(size[1]))), 1)
        wide = max(min(width, int(single(height * size[1]) / single(size[0]))), 1)
        top, left = (height - tall) // 2, (width - wide) // 2
        mask = mask[top : top + tall, left : left + wide]
    return _nearest(mask, size)


def _nearest(mask: Array, size: Size) -> Array:
    import numpy

    rows, columns = (
        numpy.minimum(((numpy.arange(to) + 0.5) * (of / to)).astype(int), of - 1)
        for of, to in zip(mask.shape, size, strict=True)
    )
    resized: Array = mask[rows[:, numpy.newaxis], columns]
    return resized
