"""A Keras model file → a spec. The file is read as data; TensorFlow and Keras are not imported."""

from kspec.archive.errors import ImportRefused
from kspec.archive.from_config import Imported, spec_from_config
from kspec.archive.keras_file import ModelFile, read_model, read_model_json

__all__ = ["ImportRefused", "Imported", "ModelFile", "read_model", "read_model_json", "spec_from_config"]
