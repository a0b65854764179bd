"""`npz` and `npy`: NumPy arrays, of which the spec can name those that are columns."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from kspec.diagnostics import codes, did_you_mean
from kspec.language.base import Model, fail
from kspec.language.json_schema import JsonSchema
from kspec.language.source_files import SPLITS, Paths, SplitName, check_files
from kspec.syntax.yaml_flow import kind_of

_Name = Annotated[str, Field(min_length=1)]
_PARTS_HELP = "write `npz: {path: mnist.npz, train: {image: x_train, digit: y_train}, test: {image: x_test, …}}`"
_NPY_HELP = "write a path, or a file for each column: `npy: {x: x.npy, y: y.npy}`"


def _arrays(value: Any) -> Any:
    """The arrays of a split: column → the name of its array in the file."""
    if not isinstance(value, dict) or not value:
        fail(f"the arrays of a split must be a mapping, not {kind_of(value)}", help=_PARTS_HELP)
    for column, array in value.items():
        if not isinstance(column, str) or not column:
            fail(f"the name of a column must be text, not {kind_of(column)}")
        if not isinstance(array, str) or not array:
            fail(f"the name of an array must be text, not {kind_of(array)}", key=column, help=_PARTS_HELP)
    return value


_Arrays = Annotated[
    dict[str, str] | None,
    BeforeValidator(_arrays),
    JsonSchema(Annotated[dict[_Name, _Name], Field(min_length=1)]),
]


class NpzParts(Model):
    """An `.npz` file whose arrays belong to several splits."""

    path: str = Field(min_length=1, description="The file")
    train: _Arrays = Field(default=None, description="Column → its array in the training split")
    validation: _Arrays = Field(default=None, description="Column → its array in the validation split")
    test: _Arrays = Field(default=None, description="Column → its array in the test split")

    @property
    def parts(self) -> dict[SplitName, dict[str, str]]:
        """By split, its columns and their arrays."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {split: arrays for split, arrays in named.items() if arrays is not None}  # type: ignore[misc]


def _npz(value: Any) -> Any:
    """Files as for other sources, or a file and the arrays of each split."""
    if not isinstance(value, dict) or "path" not in value:
        return check_files(value)
    stray = next((key for key in value if key not in ("path", *SPLITS)), None)
    if stray is not None:
        fail(
            f"unknown key `{stray}` in `npz`",
            code=codes.UNKNOWN_KEY,
            key=str(stray),
            label=did_you_mean(str(stray), ("path", *SPLITS)),
            help=_PARTS_HELP,
        )
    if not isinstance(value["path"], str) or not value["path"]:
        fail(f"the path of a file must be text, not {kind_of(value['path'])}", key="path", help=_PARTS_HELP)
    if "train" not in value:
        fail("the arrays of the training split are missing", code=codes.MISSING_KEY, help=_PARTS_HELP)
    parts = NpzParts.model_validate(value)
    for split, arrays in parts.parts.items():
        if set(arrays) != set(parts.train or ()):
            fail(
                f"the splits have different columns: {', '.join(parts.train or ())} and {', '.join(arrays)}",
                key=split,
                help="name an array for the same columns in each split",
            )
    return parts


NpzFiles = Annotated[
    Any,
    BeforeValidator(_npz),
    JsonSchema(
        Paths | NpzParts | dict[SplitName, Paths],
        required=["train"],
        errorMessage="`npz` is a path, a list of paths, one path per split, or `{path: …, train: {column: array}}`.",
    ),
]
"""Files, or one file and its arrays for each split."""


def _npy(value: Any) -> Any:
    """Files as for other sources; a file for each column, or that for each split."""
    if not isinstance(value, dict):
        return check_files(value)
    if set(value) & set(SPLITS) or not value:
        columns = [item for item in value.values() if isinstance(item, dict)]
        if not columns:
            return check_files(value)
        check_files(dict.fromkeys(value, "-"))
        for split, item in value.items():
            _check_columns(item, split)
            if set(item) != set(columns[0]):
                fail("the splits have different columns", key=split, help="name a file for the same columns in each")
        return value
    _check_columns(value, "")
    return value


def _check_columns(value: Any, key: str) -> None:
    """Rejects what is not column → file."""
    if not isinstance(value, dict):
        fail(f"the files of a split must be a mapping, not {kind_of(value)}", key=key, help=_NPY_HELP)
    for column, file in value.items():
        if not isinstance(column, str) or not column or not isinstance(file, str) or not file:
            place = key or str(column)
            fail(f"the file of a column must be a path, not {kind_of(file)}", key=place, help=_NPY_HELP)


NpyFiles = Annotated[
    Any,
    BeforeValidator(_npy),
    JsonSchema(
        Paths | dict[_Name, Paths | dict[_Name, _Name]],
        errorMessage="`npy` is a path, a file for each column, or one of these per split.",
    ),
]
"""Files; or for each column a file, if need be for each split."""
