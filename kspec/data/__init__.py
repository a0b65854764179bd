"""The data of a spec: sources, columns, splits, labels, batches.

Importing this package loads neither NumPy nor TensorFlow. TensorFlow is imported by the batches (`kspec.data.pipeline`)
and when images are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kspec.data.inference_data import load_for_prediction
    from kspec.data.network_specs import InputSpec, OutputSpec
    from kspec.data.reading import load
    from kspec.data.targets.labels import Labels
    from kspec.data.types import Dataset, DataSplit

__all__ = ["DataSplit", "Dataset", "InputSpec", "Labels", "OutputSpec", "load", "load_for_prediction"]

_HOMES = {
    "Dataset": "types",
    "InputSpec": "network_specs",
    "OutputSpec": "network_specs",
    "DataSplit": "types",
    "Labels": "targets.labels",
    "load": "reading",
    "load_for_prediction": "inference_data",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'kspec.data' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"kspec.data.{_HOMES[name]}"), name)
