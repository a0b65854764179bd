"""What the installed Keras offers, as data: reading it imports no TensorFlow."""

from kspec.catalog.entry import Entry, Kind, Parameter, Tensor
from kspec.catalog.reader import find, names

__all__ = ["Entry", "Kind", "Parameter", "Tensor", "find", "names"]
