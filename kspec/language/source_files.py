"""The files of a data source: a path, a glob, a list of them, or one of these per split."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from kspec.diagnostics import did_you_mean
from kspec.language.base import fail
from kspec.language.json_schema import JsonSchema
from kspec.syntax.yaml_flow import kind_of

SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[str, ...] = get_args(SplitName)
CSV_OPTIONS = (
    "delimiter", "encoding", "header", "names", "quote", "comment", "skip_rows", "decimal", "thousands", "missing",
)  # fmt: skip
"""The keys of `csv` besides its path."""
FILES_HELP = "write a path, as in `csv: table.csv`, or one per split, as in `csv: {train: a.csv, test: b.csv}`"


def _is_path(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, str) and item for item in value)
    return isinstance(value, str) and bool(value)


def check_files(value: Any) -> Any:
    """A path, a list of paths, or one of these per split."""
    if _is_path(value):
        return value
    if not isinstance(value, dict):
        fail(
            f"a data source must be a path, a list of paths, or one path per split, not {kind_of(value)}",
            help=FILES_HELP,
        )
    for key, item in value.items():
        if key in CSV_OPTIONS and set(value) & set(SPLITS):
            fail(
                f"`{key}` must be next to `path`, and the files of the splits inside `path`",
                key=key,
                help=f"write `csv: {{path: {{train: a.csv, test: b.csv}}, {key}: ...}}`",
            )
        if key == "path":
            fail("this source takes no options", key=key, help="write the path directly, as in `images: folder`")
        if key not in SPLITS:
            fail(f"`{key}` is not a split", key=key, label=did_you_mean(str(key), SPLITS), help=FILES_HELP)
        if not _is_path(item):
            fail(f"the file of a split must be a path, not {kind_of(item)}", key=key, help=FILES_HELP)
    if "train" not in value:
        fail("the file of the training split is missing", help="add `train: a.csv`")
    return value


_Path = Annotated[str, Field(min_length=1)]
Paths = _Path | Annotated[list[_Path], Field(min_length=1)]
Files = Annotated[
    Any,
    BeforeValidator(check_files),
    JsonSchema(
        Paths | dict[SplitName, Paths],
        required=["train"],
        errorMessage="A source is a path, a list of paths, or one path per split: `{train: a.csv, test: b.csv}`.",
    ),
]
"""A path, a glob, a list of them, or one of these per split."""
