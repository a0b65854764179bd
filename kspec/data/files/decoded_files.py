"""Files that are decoded when a batch needs them, or all at once into an array."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

BUDGET = 1 << 30
"""How many bytes of decoded files are kept in memory."""
_READ_TOGETHER = 32


@dataclass(slots=True)
class DecodedFiles:
    """Files that are decoded on demand.

    Args:
        files: The paths, dtype object, shape (n,).
        read: Reads a file. TensorFlow gets its bytes: given its path, it would open what lies there by then.
        example_shape: The shape of an example.
        dtype: The NumPy dtype of the values.
    """

    files: Array
    read: Callable[[str], bytes]
    example_shape: tuple[int, ...]
    dtype: str

    def decode(self, encoded: Any) -> Any:
        """The bytes of a file, a tensor → the example, shape `example_shape`."""
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.files), *self.example_shape)

    @property
    def nbytes(self) -> int:
        """How many bytes all decoded files take."""
        import numpy

        return int(numpy.prod(self.shape, dtype=float)) * numpy.dtype(self.dtype).itemsize

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, rows: Array) -> Self:
        return replace(self, files=self.files[rows])

    def decoder(self) -> Callable[[Any], Any]:
        """A TensorFlow function: indices, shape (b,) → examples, shape (b, *example_shape)."""
        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        one = tf.TensorSpec(self.example_shape, self.dtype)

        def decode(chosen: Any) -> Any:
            return tf.map_fn(self.decode, self.encoded(chosen), fn_output_signature=one)

        return decode

    def array(self) -> Array:
        """All files, decoded, shape (n, *example_shape).

        Raises:
            tf.errors.OpError: If one cannot be read or decoded; see `undecodable`.
        """
        import numpy

        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()

        encoded = tf.data.Dataset.range(len(self.files)).batch(_READ_TOGETHER).map(self.encoded).unbatch()
        decoded = encoded.map(self.decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        examples = numpy.empty(self.shape, dtype=self.dtype)
        for number, example in enumerate(decoded.as_numpy_iterator()):
            examples[number] = example
        return examples

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
                self.decode(self.read(file))
            except tf.errors.OpError:
                files.append(file)
        return files

    def encoded(self, chosen: Any) -> Any:
        """Indices, a tensor of shape (b,) → the bytes of these files, a tensor of shape (b,)."""
        import numpy
        import tensorflow as tf

        def read(rows: Array) -> Array:
            return numpy.array([self.read(file) for file in self.files[rows].tolist()], dtype=object)

        return tf.ensure_shape(tf.numpy_function(read, [chosen], tf.string), [None])
