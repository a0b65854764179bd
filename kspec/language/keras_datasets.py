"""`keras`: the small data sets that Keras offers in `keras.datasets`, and the files that it downloads for them."""

from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import BeforeValidator

from kspec.diagnostics import did_you_mean
from kspec.language.base import fail
from kspec.language.json_schema import JsonSchema
from kspec.syntax.yaml_flow import kind_of

DatasetName = Literal[
    "mnist", "fashion_mnist", "cifar10", "cifar100", "imdb", "reuters", "boston_housing", "california_housing"
]
KERAS_DATASETS: tuple[str, ...] = get_args(DatasetName)
_GOOGLE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_TORONTO = "https://www.cs.toronto.edu/~kriz/"


class DatasetFile(NamedTuple):
    """A file of a data set.

    Args:
        path: Where it lies below the folder of Keras.
        origin: Where Keras downloads it.
        sha256: The hash that Keras compares it with; empty if it states none.
    """

    path: str
    origin: str
    sha256: str = ""


def _npz(name: str, sha256: str) -> list[DatasetFile]:
    return [DatasetFile(f"datasets/{name}.npz", f"{_GOOGLE}{name}.npz", sha256)]


FILES: dict[str, list[DatasetFile]] = {
    "mnist": _npz("mnist", "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"),
    "fashion_mnist": [
        DatasetFile(f"datasets/fashion-mnist/{name}-ubyte.gz", f"{_GOOGLE}{name}-ubyte.gz")
        for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    ],
    "cifar10": [
        DatasetFile(
            "datasets/cifar-10-batches-py-target_archive",
            f"{_TORONTO}cifar-10-python.tar.gz",
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        )
    ],
    "cifar100": [
        DatasetFile(
            "datasets/cifar-100-python-target_archive",
            f"{_TORONTO}cifar-100-python.tar.gz",
            "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        )
    ],
    "imdb": _npz("imdb", "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"),
    "reuters": _npz("reuters", "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"),
    "boston_housing": _npz("boston_housing", "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"),
    "california_housing": _npz(
        "california_housing", "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
    ),
}
"""Data set → its files, as in `keras.datasets`."""


def _name(value: Any) -> Any:
    help = f"available: {', '.join(KERAS_DATASETS)}"
    if not isinstance(value, str):
        fail(f"a data set is named by text, not {kind_of(value)}", help=help)
    if value not in KERAS_DATASETS:
        fail(f"`{value}` is not a data set of Keras", label=did_you_mean(value, KERAS_DATASETS), help=help)
    return value


KerasDataset = Annotated[DatasetName | None, BeforeValidator(_name), JsonSchema(DatasetName)]
"""The name of a data set."""
