"""`data`: where examples come from, and which columns feed which input and output."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from kspec.spec.base import Model, fail, kind_of, refuse_later
from kspec.spec.values import Columns

SPLITS = ("train", "validation", "test")
SOURCES = ("csv", "parquet", "npz", "images", "synthetic")
POLICIES = ("drop_row", "mean", "median", "most_frequent")
"""Ways to treat a missing value, beside a value to put in its place."""


class CsvOptions(Model):
    """A table of text, with the way it is written."""

    path: str | list[str] = Field(description="The file, several, or a glob")
    delimiter: str = Field(",", min_length=1, max_length=1, description="What stands between two values")
    encoding: str = Field("utf-8", description="The text's encoding")
    header: bool = Field(True, description="Whether the first line names the columns; else they are c0, c1 …")


class Synthetic(Model):
    """Examples made by seed to fit the inputs and targets: for trying a spec that has no data."""

    examples: int = Field(1000, gt=0, description="How many examples")
    classes: int = Field(2, gt=1, description="How many classes a target has whose output does not tell")


def _files(value: Any) -> Any:
    """A path, a list of paths, or a file for each split."""
    if isinstance(value, str) and value:
        return value
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return value
    if isinstance(value, dict):
        if set(value) & set(SPLITS):
            for key, item in value.items():
                if key not in SPLITS:
                    fail(f"`{key}` is not a split", key=key, help=f"splits are {', '.join(SPLITS)}")
                if not isinstance(item, (str, list)):
                    fail(f"a split's file is a path, not {kind_of(item)}", key=key)
            if "train" not in value:
                fail("the file of the training split is missing", help="add `train: file`")
        return value
    fail(
        f"a source is a path, a list of paths, or a file for each split, not {kind_of(value)}",
        help="write `csv: table.csv`, or `csv: {train: a.csv, test: b.csv}`",
    )


def _csv(value: Any) -> Any:
    value = _files(value)
    if isinstance(value, dict) and not set(value) & set(SPLITS):
        return CsvOptions.model_validate(value)
    return value


def _synthetic(value: Any) -> Any:
    return {} if value is None or value is True else value


Files = Annotated[Any, BeforeValidator(_files)]


class Split(Model):
    """How the examples are divided."""

    validation: float = Field(0.2, ge=0, lt=1, description="The part held out for validation during training")
    test: float = Field(0.2, ge=0, lt=1, description="The part held out for evaluation")
    stratify: bool | str = Field(False, description="Keep the classes' proportions: of the target, or of this column")
    by: str | None = Field(None, description="A column that says train, validation or test")

    @model_validator(mode="before")
    @classmethod
    def _later(cls, value: Any) -> Any:
        refuse_later(value, "time", "group")
        return value

    @model_validator(mode="after")
    def _leaves_training(self) -> Split:
        if self.by is None and self.validation + self.test >= 1:
            fail("validation and test take all examples; none is left to train on", help="their sum is below 1")
        return self


class Data(Model):
    """Where examples come from."""

    csv: Annotated[Any, BeforeValidator(_csv)] = Field(None, description="A table of text")
    parquet: Files = Field(None, description="A Parquet table")
    npz: Files = Field(None, description="NumPy arrays by name; each is a column")
    images: Files = Field(None, description="A folder with a folder of images for each class")
    synthetic: Annotated[Synthetic | None, BeforeValidator(_synthetic)] = Field(None, description="Made by seed")
    inputs: Columns | None = Field(None, description="The columns of the only input, or input -> columns")
    targets: Columns | None = Field(None, description="The columns of the only output's target, or output -> columns")
    weights: str | dict[str, str] | None = Field(None, description="A column of sample weights, or output -> column")
    missing: Any = Field(None, description="column -> drop_row, mean, median, most_frequent, or a value")
    split: Split = Field(default_factory=Split, description="How the examples are divided")

    @model_validator(mode="before")
    @classmethod
    def _one_source(cls, value: Any) -> Any:
        refuse_later(value, "read", "window")
        if isinstance(value, dict):
            sources = [key for key in SOURCES if key in value]
            if not sources and "source" not in value:
                fail("the data has no source", code="KS102", help=f"name one of {', '.join(SOURCES)}")
            if len(sources) > 1:
                fail(f"the data has two sources, `{sources[0]}` and `{sources[1]}`", key=sources[1], help="keep one")
        return value

    @property
    def source(self) -> str:
        """Which source it is: `csv`, `images` …"""
        return next(name for name in SOURCES if name in self.model_fields_set)
