"""A Keras model's configuration → a spec. It is read as data; TensorFlow and Keras are not imported."""

from kspec.archive.errors import ImportRefused
from kspec.archive.from_config import Imported, document_of
from kspec.archive.keras_file import ModelFile, read_model

__all__ = ["ImportRefused", "Imported", "ModelFile", "document_of", "read_model"]
