"""`excel`: workbooks, and the sheet that holds the table."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from kspec.diagnostics import codes, did_you_mean
from kspec.language.base import Model, fail
from kspec.language.json_schema import JsonSchema
from kspec.language.source_files import SPLITS, Files, Paths, SplitName, check_files
from kspec.syntax.yaml_flow import kind_of

_HELP = "write `excel: {path: book.xlsx, sheet: Sales}`"


def _sheet(value: Any) -> Any:
    """The name of a sheet, which can be a number such as a year."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is not None and (not isinstance(value, str) or not value):
        fail(f"a sheet is named by text, not by {kind_of(value)}", help=_HELP)
    return value


class ExcelOptions(Model):
    """Excel workbooks, and the sheet to read."""

    path: Files = Field(description="A path, a glob, a list of them, or one path per split")
    sheet: Annotated[str | None, BeforeValidator(_sheet), JsonSchema(str | int | None)] = Field(
        default=None, description="The sheet with the table; by default the first that is shown"
    )


def _excel(value: Any) -> Any:
    if not isinstance(value, dict):
        return check_files(value)
    words = ("path", "sheet", *SPLITS)
    stray = next((key for key in value if key not in words), None)
    if stray is not None:
        fail(
            f"unknown key `{stray}` in `excel`",
            code=codes.UNKNOWN_KEY,
            key=str(stray),
            label=did_you_mean(str(stray), words),
            help=_HELP,
        )
    if "path" in value or "sheet" in value:
        return ExcelOptions.model_validate(value)
    return check_files(value)


ExcelFiles = Annotated[
    Any,
    BeforeValidator(_excel),
    JsonSchema(
        Paths | ExcelOptions | dict[SplitName, Paths],
        errorMessage="`excel` is a path, a list of paths, one path per split, or `{path: book.xlsx, sheet: Sales}`.",
    ),
]
"""Workbooks, with the name of a sheet or without."""
