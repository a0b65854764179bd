"""`data`: where the examples come from, and which columns feed which input and output."""

import codecs
import math
import re
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from kspec.diagnostics import codes, did_you_mean
from kspec.language.base import Model, fail, reject_reserved
from kspec.language.data_limits import Limits
from kspec.language.field_types import Columns
from kspec.language.json_schema import JsonSchema, exactly_one
from kspec.syntax.yaml_flow import kind_of

SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[str, ...] = get_args(SplitName)
SUFFIXES: dict[str, tuple[str, ...]] = {
    "csv": (".csv", ".tsv", ".txt"),
    "parquet": (".parquet", ".pq"),
    "npz": (".npz",),
    "images": (".png", ".jpg", ".jpeg", ".bmp", ".gif"),
    "synthetic": (),
}
"""Source → the suffixes of its files."""
SOURCES = tuple(SUFFIXES)
POLICIES = ("drop_row", "mean", "median", "most_frequent")
"""Ways to handle missing values, besides a fill value."""

_CSV_OPTIONS = ("delimiter", "encoding", "header")
_FILES_HELP = "write a path, as in `csv: table.csv`, or one per split, as in `csv: {train: a.csv, test: b.csv}`"


def _is_path(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, str) and item for item in value)
    return isinstance(value, str) and bool(value)


def _files(value: Any) -> Any:
    """A path, a list of paths, or one of these per split."""
    if _is_path(value):
        return value
    if not isinstance(value, dict):
        fail(
            f"a data source must be a path, a list of paths, or one path per split, not {kind_of(value)}",
            help=_FILES_HELP,
        )
    for key, item in value.items():
        if key in _CSV_OPTIONS and set(value) & set(SPLITS):
            fail(
                f"`{key}` must be next to `path`, and the files of the splits inside `path`",
                key=key,
                help=f"write `csv: {{path: {{train: a.csv, test: b.csv}}, {key}: ...}}`",
            )
        if key == "path":
            fail("this source takes no options", key=key, help="write the path directly, as in `images: folder`")
        if key not in SPLITS:
            fail(f"`{key}` is not a split", key=key, label=did_you_mean(str(key), SPLITS), help=_FILES_HELP)
        if not _is_path(item):
            fail(f"the file of a split must be a path, not {kind_of(item)}", key=key, help=_FILES_HELP)
    if "train" not in value:
        fail("the file of the training split is missing", help="add `train: a.csv`")
    return value


_Path = Annotated[str, Field(min_length=1)]
_Paths = _Path | Annotated[list[_Path], Field(min_length=1)]
Files = Annotated[
    Any,
    BeforeValidator(_files),
    JsonSchema(
        _Paths | dict[SplitName, _Paths],
        required=["train"],
        errorMessage="A source is a path, a list of paths, or one path per split: `{train: a.csv, test: b.csv}`.",
    ),
]
"""A path, a glob, a list of them, or one of these per split."""


def _delimiter(value: Any) -> Any:
    if not isinstance(value, str) or len(value) != 1 or value in '"\n\r' or ord(value) > 127:
        fail(
            f"a delimiter must be a single character, not {kind_of(value)}",
            help='common delimiters: ",", ";", "|", and "\\t" (in double quotes) for a tab',
        )
    return value


_ENCODINGS = ("utf-8", "latin-1", "cp1252", "utf-16")
_NO_TABLE_ENCODINGS = ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape")
"""Encodings of Python for names and literals rather than for the text of a file."""


def _encoding(value: Any) -> Any:
    help = f"common encodings: {', '.join(_ENCODINGS)}"
    if not isinstance(value, str):
        fail(f"an encoding must be a name, not {kind_of(value)}", help=help)
    try:
        found = codecs.lookup(value) if re.fullmatch(r"[A-Za-z0-9_.-]+", value) else None
    except LookupError:
        found = None
    if found is None:
        fail(f"unknown encoding `{value}`", help=help, label=did_you_mean(value, _ENCODINGS))
    if not found._is_text_encoding or found.name.replace("_", "-") in _NO_TABLE_ENCODINGS:
        fail(f"`{value}` is not an encoding of text", help=help)
    return value


class CsvOptions(Model):
    """CSV files and how to parse them."""

    path: Files = Field(description="A path, a glob, a list of them, or one path per split")
    delimiter: Annotated[
        str,
        BeforeValidator(_delimiter),
        JsonSchema(pattern=r"^[\t -!#-~]$", errorMessage="A delimiter is a single character."),
    ] = Field(default=",", description="The character that separates values")
    encoding: Annotated[
        str,
        BeforeValidator(_encoding),
        JsonSchema(pattern="^[A-Za-z0-9_.-]+$", errorMessage="An encoding is a name such as `utf-8` or `latin-1`."),
    ] = Field(default="utf-8", description="Text encoding of the file")
    header: bool = Field(
        default=True, description="Whether the first line holds the column names; otherwise they are `c0`, `c1` …"
    )


def _csv(value: Any) -> Any:
    if not isinstance(value, dict):
        return _files(value)
    if "path" in value or (value and set(value) <= set(_CSV_OPTIONS)):
        return CsvOptions.model_validate(value)
    if not value:
        fail("`csv` names no file", help=_FILES_HELP)
    stray = next((key for key in value if key not in (*SPLITS, *_CSV_OPTIONS)), None)
    if stray is not None:
        words = ("path", *_CSV_OPTIONS, *SPLITS)
        fail(
            f"unknown key `{stray}` in `csv`",
            code=codes.UNKNOWN_KEY,
            key=str(stray),
            label=did_you_mean(str(stray), words),
            help=f"available keys: {', '.join(words)}",
        )
    return _files(value)


_CSV_KEYS = {
    "if": {"type": "object", "required": ["train"]},
    "then": {
        "propertyNames": {
            "enum": list(SPLITS),
            "errorMessage": "Options must be next to `path`, and the files of the splits inside `path`.",
        }
    },
    "else": {
        "if": {"anyOf": [{"required": [split]} for split in SPLITS[1:]]},
        "then": {"type": ["string", "array"], "errorMessage": "The file of the training split is missing: `train`."},
        "else": {"required": ["path"]},
    },
}
"""The keys of `csv` that go together."""


class Synthetic(Model):
    """Random examples that fit the inputs and targets, to try a spec without data."""

    examples: int = Field(default=1000, gt=0, description="Number of examples")
    classes: int = Field(
        default=2, gt=1, description="Number of classes of a target, where the output does not determine it"
    )


def _synthetic(value: Any) -> Any:
    return {} if value is None or value is True else value


def _missing(value: Any) -> Any:
    """A policy or a fill value, for all columns or by column."""
    for key, item in value.items() if isinstance(value, dict) else (("", value),):
        if not isinstance(item, (str, int, float)):
            fail(
                f"a fill value must be text or a number, not {kind_of(item)}",
                key=key,
                help=f"use one of {', '.join(POLICIES)}, or a fill value",
            )
        if isinstance(item, float) and not math.isfinite(item):
            fail(f"a fill value must be finite, not {item}", key=key)
    return value


_FillValue = str | float | bool


class Split(Model):
    """How the examples are split into training, validation and test."""

    validation: float = Field(
        default=0.2, ge=0, lt=1, description="Fraction of the examples held out for validation during training"
    )
    test: float = Field(default=0.2, ge=0, lt=1, description="Fraction of the examples held out for evaluation")
    stratify: bool | str = Field(
        default=False, description="Keep the class proportions in each split: `true`, or the column to stratify by"
    )
    by: str | None = Field(
        default=None, description="A column that assigns each row to `train`, `validation` or `test`"
    )

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"required": ["by"], "properties": {"by": {"type": "string"}}},
            "then": {
                "properties": {"validation": False, "test": False, "stratify": False},
                "errorMessage": "`by` assigns every row to a split; remove `by` or the other keys.",
            },
        }
    )

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, value: Any) -> Any:
        reject_reserved(value, "time", "group")
        if isinstance(value, dict) and value.get("by") is not None:
            for word in ("validation", "test", "stratify"):
                if word in value:
                    fail(
                        f"`{word}` has no effect with `by: {value['by']}`, which assigns every row to a split",
                        key=word,
                        help=f"remove `{word}` or `by`",
                    )
        return value

    @model_validator(mode="after")
    def _leaves_training(self) -> "Split":
        if self.by is None and self.validation + self.test >= 1:
            fail(
                "`validation` and `test` leave no examples to train on",
                code=codes.EMPTY_SPLIT,
                help="their sum must be less than 1",
            )
        return self


class Data(Model):
    """Where the examples come from, and which columns are inputs and targets."""

    csv: Annotated[
        CsvOptions | Any,
        BeforeValidator(_csv),
        JsonSchema(_Paths | CsvOptions | dict[SplitName, _Paths], **_CSV_KEYS),
    ] = Field(default=None, description="CSV files")
    parquet: Files = Field(default=None, description="Parquet files")
    npz: Files = Field(default=None, description="A NumPy `.npz` file; each array is a column")
    images: Files = Field(default=None, description="A folder with one subfolder of images per class")
    synthetic: Annotated[
        Synthetic | None,
        BeforeValidator(_synthetic),
        JsonSchema(Synthetic | Literal[True] | None),
    ] = Field(default=None, description="Random examples, generated from the seed")
    inputs: Columns | None = Field(
        default=None, description="Columns of the only input, or a mapping from inputs to columns"
    )
    targets: Columns | None = Field(
        default=None, description="Columns of the only target, or a mapping from outputs to columns"
    )
    weights: str | dict[str, str] | None = Field(
        default=None, description="A column of sample weights, or a mapping from outputs to columns"
    )
    missing: Annotated[Any, BeforeValidator(_missing), JsonSchema(_FillValue | dict[str, _FillValue])] = Field(
        default=None,
        description="How to handle missing values: `drop_row`, `mean`, `median`, `most_frequent` or a fill value; or a "
        "mapping from columns to these",
    )
    split: Split = Field(default_factory=Split, description="How the examples are split")
    limits: Limits = Field(default_factory=Limits, description="How much the data may take")

    model_config = ConfigDict(
        json_schema_extra=exactly_one(
            SOURCES,
            none=f"`data` has no source: add one of {', '.join(SOURCES)}.",
            several="`data` has two sources; keep one.",
        )
    )

    @model_validator(mode="before")
    @classmethod
    def _one_source(cls, value: Any) -> Any:
        reject_reserved(value, "read", "window")
        if value in SOURCES:
            fail(f'`data` must be a mapping, not "{value}"', help=f"write `data: {{{value}: ...}}`")
        if isinstance(value, dict):
            sources = [key for key in SOURCES if key in value]
            if not sources:
                _no_source(value)
            if len(sources) > 1:
                fail(f"`data` has two sources, `{sources[0]}` and `{sources[1]}`", key=sources[1], help="keep one")
            if value.get("synthetic", False) is False and sources == ["synthetic"]:
                fail(
                    "`data` has no source",
                    code=codes.MISSING_KEY,
                    help="write `synthetic: {}`, or use another source",
                )
        return value

    @property
    def source(self) -> str:
        """The name of the source: `csv`, `images` …"""
        return next(name for name in SOURCES if name in self.model_fields_set)


def _no_source(value: dict[str, Any]) -> None:
    """Reject data without a source, at the key that may be a misspelled one."""
    fields = ("inputs", "targets", "weights", "missing", "split", "limits")
    stray = next((key for key in value if key not in fields), None)
    if stray is None:
        fail("`data` has no source", code=codes.MISSING_KEY, help=f"add one of {', '.join(SOURCES)}")
    fail(
        f"`{stray}` is not a data source",
        key=str(stray),
        label=did_you_mean(str(stray), (*SOURCES, *fields)),
        help="export the table to CSV or Parquet"
        if stray in ("excel", "xlsx")
        else f"available sources: {', '.join(SOURCES)}",
    )
