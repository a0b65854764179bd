"""`csv`: text tables, and how to parse them."""

import codecs
import math
import re
from collections import Counter
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from kspec.diagnostics import codes, did_you_mean
from kspec.language.base import Model, fail
from kspec.language.json_schema import JsonSchema
from kspec.language.source_files import CSV_OPTIONS, FILES_HELP, SPLITS, Files, check_files
from kspec.syntax.yaml_flow import kind_of

WHITESPACE = "whitespace"
"""The delimiter that is any run of spaces and tabs."""
_SEPARATORS = ",. '_\u00a0\u202f\u2019"
"""What stands between thousands."""


def _delimiter(value: Any) -> Any:
    if value != WHITESPACE and not _is_mark(value):
        fail(
            f"a delimiter must be a single character or `{WHITESPACE}`, not {kind_of(value)}",
            help='common delimiters: ",", ";", "|", "\\t" (in double quotes) for a tab, `whitespace` for blanks',
        )
    return value


def _is_mark(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 1 and value not in '"\n\r' and ord(value) < 128


def _quote(value: Any) -> Any:
    if value is not False and value != '"' and not _is_mark(value):
        fail(
            f"a quote must be a single character or `false`, not {kind_of(value)}",
            help="`false` reads quotes like any other character",
        )
    return value


def _comment(value: Any) -> Any:
    if value is not None and not _is_mark(value):
        fail(
            f"`comment` must be a single character, not {kind_of(value)}",
            help='the rest of a line after it is not read, as in `comment: "#"`',
        )
    return value


def _decimal(value: Any) -> Any:
    if value not in (".", ","):
        fail(f"`decimal` must be a point or a comma, not {kind_of(value)}", help='write `decimal: ","` for `41,5`')
    return value


def _thousands(value: Any) -> Any:
    if value is not None and (not isinstance(value, str) or len(value) != 1 or value not in _SEPARATORS):
        fail(
            f"`thousands` must be a comma, a point, a space, an apostrophe or an underscore, not {kind_of(value)}",
            help='write `thousands: ","` for `1,234,567`',
        )
    return value


def _names(value: Any) -> Any:
    if value is None:
        return value
    if not isinstance(value, list) or not value:
        fail(f"`names` must be a list of column names, not {kind_of(value)}", help="write `names: [age, height]`")
    for name in value:
        if not isinstance(name, str) or not name.strip():
            fail(f"a column name must be text, not {kind_of(name)}")
    twice = next((name for name, count in Counter(value).items() if count > 1), None)
    if twice is not None:
        fail(f"`names` has `{twice}` twice", help="give each column a unique name")
    return value


def _marks(value: Any) -> Any:
    """Texts and numbers that stand for missing values, for all columns or by column."""
    for key, item in value.items() if isinstance(value, dict) else (("", value),):
        for mark in item if isinstance(item, list) else [item]:
            if isinstance(mark, bool) or not isinstance(mark, (str, int, float)):
                fail(
                    f"what stands for a missing value must be text or a number, not {kind_of(mark)}",
                    key=key,
                    help='write `missing: ["?", -999]`, or `missing: {age: 0}` for one column',
                )
            if isinstance(mark, float) and not math.isfinite(mark):
                fail("infinity cannot stand for a missing value", key=key)
    return value


_Marks = str | int | float | list[str | int | float]


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
        JsonSchema(
            pattern=r"^([\t -!#-~]|whitespace)$", errorMessage="A delimiter is a single character, or `whitespace`."
        ),
    ] = Field(default=",", description="The character that separates values; `whitespace` for runs of blanks")
    encoding: Annotated[
        str,
        BeforeValidator(_encoding),
        JsonSchema(pattern="^[A-Za-z0-9_.-]+$", errorMessage="An encoding is a name such as `utf-8` or `latin-1`."),
    ] = Field(default="utf-8", description="Text encoding of the file")
    header: bool = Field(
        default=True,
        description="Whether the first line holds the column names; otherwise they are `names`, or `c0`, `c1` …",
    )
    names: Annotated[Any, BeforeValidator(_names), JsonSchema(list[str] | None)] = Field(
        default=None,
        description="The column names of a table without a header; with `header: true` they replace those of the file",
    )
    quote: Annotated[
        Any, BeforeValidator(_quote), JsonSchema(str | bool, errorMessage="A quote is a single character, or `false`.")
    ] = Field(
        default='"', description="The character around texts that contain the delimiter; `false` if there is none"
    )
    comment: Annotated[str | None, BeforeValidator(_comment)] = Field(
        default=None, description="A character after which the rest of a line is not read"
    )
    skip_rows: int = Field(default=0, ge=0, description="The number of lines above the table, which are not read")
    decimal: Annotated[str, BeforeValidator(_decimal), JsonSchema(Literal[".", ","])] = Field(
        default=".", description="The decimal point of numbers"
    )
    thousands: Annotated[str | None, BeforeValidator(_thousands)] = Field(
        default=None, description="The character between thousands, as in `1,234,567`"
    )
    missing: Annotated[
        Any,
        BeforeValidator(_marks),
        JsonSchema(
            _Marks | dict[str, _Marks] | None, errorMessage='Missing values are texts and numbers: `["?", -999]`.'
        ),
    ] = Field(
        default=None,
        description='What stands for a missing value besides an empty one, NA, NaN and null: `["?", -999]`; or a '
        "mapping from columns to these",
    )

    @model_validator(mode="before")
    @classmethod
    def _names_without_header(cls, value: Any) -> Any:
        """A table whose names the spec lists has no header, unless the spec says so."""
        if isinstance(value, dict) and value.get("names") is not None and "header" not in value:
            return {**value, "header": False}
        return value

    @model_validator(mode="after")
    def _one_meaning_each(self) -> Self:
        """Characters with two meanings are an error."""
        if self.thousands == self.decimal:
            fail(f"`{self.decimal}` cannot be both `decimal` and `thousands`", key="thousands")
        for key in ("quote", "comment"):
            if getattr(self, key) == self.delimiter:
                fail(f"`{self.delimiter}` cannot be both `delimiter` and `{key}`", key=key)
        if self.comment is not None and self.comment == self.quote:
            fail(f"`{self.comment}` cannot be both `quote` and `comment`", key="comment")
        return self

    def marks(self, column: str) -> list[str | int | float]:
        """What stands for a missing value in a column."""
        marks = self.missing.get(column, []) if isinstance(self.missing, dict) else self.missing
        return [] if marks is None else marks if isinstance(marks, list) else [marks]


def check_csv(value: Any) -> Any:
    if not isinstance(value, dict):
        return check_files(value)
    if "path" in value or (value and set(value) <= set(CSV_OPTIONS)):
        return CsvOptions.model_validate(value)
    if not value:
        fail("`csv` names no file", help=FILES_HELP)
    stray = next((key for key in value if key not in (*SPLITS, *CSV_OPTIONS)), None)
    if stray is not None:
        words = ("path", *CSV_OPTIONS, *SPLITS)
        fail(
            f"unknown key `{stray}` in `csv`",
            code=codes.UNKNOWN_KEY,
            key=str(stray),
            label=did_you_mean(str(stray), words),
            help=f"available keys: {', '.join(words)}",
        )
    return check_files(value)


CSV_KEYS = {
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
