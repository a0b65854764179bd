"""What the installed Keras offers, as data; reading it does not import TensorFlow."""

from kspec.catalog.entry import KINDS, Entry, Kind, Parameter, Tensor
from kspec.catalog.reader import find, internal, made_for, names, refused, spellings

__all__ = [
    "KINDS",
    "Entry",
    "Kind",
    "Parameter",
    "Tensor",
    "find",
    "internal",
    "made_for",
    "names",
    "refused",
    "spellings",
]
