"""`csv`: text tables, and how to parse them."""

import codecs
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from kspec.diagnostics import codes, did_you_mean
from kspec.language.base import Model, fail
from kspec.language.json_schema import JsonSchema
from kspec.language.source_files import CSV_OPTIONS, FILES_HELP, SPLITS, Files, check_files
from kspec.syntax.yaml_flow import kind_of


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
