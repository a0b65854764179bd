"""TensorFlow, imported once and quietly: its start-up messages say nothing to a user of kspec."""

from __future__ import annotations

import os


def import_tensorflow() -> None:
    """Imports TensorFlow and Keras with the chatter of their start turned off."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import tensorflow  # noqa: F401
