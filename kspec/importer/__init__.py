"""A Keras model's configuration → a spec. It is read as data; TensorFlow and Keras are not imported."""

from kspec.importer.archive import ModelFile, read_model
from kspec.importer.document import Imported, document_of
from kspec.importer.refused import Refused

__all__ = ["Imported", "ModelFile", "Refused", "document_of", "read_model"]
