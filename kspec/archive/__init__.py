"""A Keras model's configuration → a spec. It is read as data; TensorFlow and Keras are not imported."""

from kspec.archive.errors import Refused
from kspec.archive.from_config import Imported, document_of
from kspec.archive.keras_file import ModelFile, read_model

__all__ = ["Imported", "ModelFile", "Refused", "document_of", "read_model"]
