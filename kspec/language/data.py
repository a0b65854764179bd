"""`data`: where the examples come from, and which columns feed which input and output."""

import warnings
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from kspec.diagnostics import codes, did_you_mean
from kspec.language.array_files import NpyFiles, NpzFiles, NpzParts
from kspec.language.balance import BalanceSetting
from kspec.language.base import Model, fail
from kspec.language.csv_options import CSV_KEYS, CsvOptions, check_csv
from kspec.language.data_limits import Limits
from kspec.language.excel_options import ExcelFiles
from kspec.language.expressions import Expression, Expressions
from kspec.language.file_columns import CONTENT_SUFFIXES, FilePatterns, Read, Resize
from kspec.language.json_schema import JsonSchema, exactly_one
from kspec.language.keras_datasets import KerasDataset
from kspec.language.missing import ColumnFill, FillValue, check_missing
from kspec.language.sequences import ListColumn
from kspec.language.source_files import SPLITS, Files, Paths, SplitName
from kspec.language.split import Split
from kspec.language.sql_options import SqlSource
from kspec.language.targets import Targets
from kspec.language.window import InputColumns, Window, WindowColumns

SUFFIXES: dict[str, tuple[str, ...]] = {
    "csv": (".csv", ".tsv", ".txt", ".tab", ".dat", ".data"),
    "parquet": (".parquet", ".pq"),
    "json": (".json", ".jsonl", ".ndjson"),
    "excel": (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
    "arrow": (".arrow", ".feather", ".ipc", ".arrows"),
    "sql": (".db", ".sqlite", ".sqlite3"),
    "npz": (".npz",),
    "npy": (".npy",),
    "images": CONTENT_SUFFIXES["image"],
    "texts": CONTENT_SUFFIXES["text"],
    "audio": CONTENT_SUFFIXES["audio"],
    "files": (),
    "keras": (),
    "synthetic": (),
}
"""Source → the suffixes of its files."""
PACKINGS = (".gz", ".bz2", ".xz", ".zip", ".zst")
"""The suffixes of packed files."""
SOURCES = tuple(SUFFIXES)
CLASS_FOLDERS = ("images", "texts", "audio")
"""The sources that are folders with a folder for each class."""


def without_packing(name: str) -> str:
    """The name of a file without the suffix that tells how it is packed."""
    return next((name[: -len(suffix)] for suffix in PACKINGS if name.lower().endswith(suffix)), name)


class Synthetic(Model):
    """Random examples that fit the inputs and targets, to try a spec without data."""

    examples: int = Field(default=1000, gt=0, description="Number of examples")
    classes: int = Field(
        default=2, gt=1, description="Number of classes of a target, where the output does not determine it"
    )


def _synthetic(value: Any) -> Any:
    return {} if value is None or value is True else value


warnings.filterwarnings("ignore", 'Field name "json" in "Data" shadows')  # a method of Pydantic 1, which nothing calls


class Data(Model):
    """Where the examples come from, and which columns are inputs and targets."""

    csv: Annotated[
        CsvOptions | Any,
        BeforeValidator(check_csv),
        JsonSchema(Paths | CsvOptions | dict[SplitName, Paths], **CSV_KEYS),
    ] = Field(default=None, description="CSV files")
    parquet: Files = Field(default=None, description="Parquet files")
    json: Files = Field(default=None, description="JSON: an array of objects, or one on each line")
    excel: ExcelFiles = Field(default=None, description="Excel workbooks: `book.xlsx`, or a mapping with `sheet`")
    sql: SqlSource = Field(default=None, description="The rows of a query on an SQLite file or a PostgreSQL server")
    keras: KerasDataset = Field(default=None, description="A data set of `keras.datasets`: columns `x` and `y`")
    arrow: Files = Field(default=None, description="Arrow files (Feather) and streams")
    npz: NpzFiles = Field(default=None, description="A NumPy `.npz` file; each array is a column")
    npy: NpyFiles = Field(default=None, description="NumPy arrays in files: column → file, or one array")
    images: Files = Field(default=None, description="A folder with one subfolder of images per class")
    texts: Files = Field(default=None, description="A folder with one subfolder of text files per class")
    audio: Files = Field(default=None, description="A folder with one subfolder of WAV files per class")
    files: FilePatterns = Field(
        default=None,
        description="Columns of files, each with a pattern such as `photos/{id}.jpg`; its braces name further columns",
    )
    synthetic: Annotated[
        Synthetic | None,
        BeforeValidator(_synthetic),
        JsonSchema(Synthetic | Literal[True] | None),
    ] = Field(default=None, description="Random examples, generated from the seed")
    read: Read = Field(
        default_factory=dict, description="Columns of paths, and what the files contain: `image`, `audio` or `text`"
    )
    resize: Resize = Field(
        default_factory=dict,
        description="How images get the size of their input, by column: `stretch` (the default), `crop` or `pad`",
    )
    rate: int | None = Field(
        default=None, gt=0, description="The sample rate of sounds, in Hz, to which others are resampled"
    )
    columns: Expressions = Field(
        default_factory=dict,
        description="New columns: the name and the SQL expression of each, over the columns of a row",
    )
    where: Expression | None = Field(
        default=None, description="Which rows to keep: a SQL expression, such as `price > 0 and city is not null`"
    )
    distinct: bool = Field(
        default=False, description="Keep the first of rows that are equal in every column of the file"
    )
    window: Window | None = Field(default=None, description="Examples that are windows over the rows")
    inputs: InputColumns | None = Field(
        default=None, description="Columns of the only input, or a mapping from inputs to columns, or to lists"
    )
    targets: Targets = Field(
        default=None,
        description="Columns of the only target, or a mapping from outputs to columns, or to columns and their scale",
    )
    weights: str | dict[str, str] | None = Field(
        default=None, description="A column of sample weights, or a mapping from outputs to columns"
    )
    missing: Annotated[
        Any, BeforeValidator(check_missing), JsonSchema(FillValue | dict[str, FillValue | ColumnFill])
    ] = Field(
        default=None,
        description="How to handle missing values: `drop_row`, `mean`, `median`, `most_frequent`, `forward`, "
        "`backward`, `ignore` (a target) or a fill value; or a mapping from columns to these",
    )
    split: Split = Field(default_factory=Split, description="How the examples are split")
    seed: int | None = Field(
        default=None,
        ge=0,
        lt=2**32,
        description="Random seed of what reading the data draws: splits, balanced classes, synthetic examples; that of "
        "the spec by default",
    )
    balance: BalanceSetting = Field(
        default=None,
        description="Draw examples of the training split so that its classes are equally frequent: `oversample` or "
        "`undersample`",
    )
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

    @model_validator(mode="after")
    def _window_is_used(self) -> "Data":
        """Reject windows that nothing takes, and inputs that take windows of nothing."""
        settings = self.inputs.values() if isinstance(self.inputs, dict) else ()
        parts = {setting.window for setting in settings if isinstance(setting, WindowColumns)}
        if self.window is None:
            if parts:
                fail(
                    "an input takes a window, and the data has none",
                    code=codes.MISSING_KEY,
                    help="say how many rows it has: `window: {length: 24, horizon: 1}`",
                )
            return self
        if self.source in ("synthetic", "files", *CLASS_FOLDERS):
            fail(f"{self.source} data has no rows in time for a window", key="window", help="remove `window`")
        targets = self.targets.values() if isinstance(self.targets, dict) else ()
        if any(isinstance(setting, ListColumn) for setting in (*settings, *targets)):
            fail("a window takes rows of a table, and no lists", key="window", help="remove `window`, or the lists")
        if "past" not in parts:
            fail(
                "no input takes the rows of the window",
                key="window",
                help="write `inputs: {history: {columns: [...], window: past}}`, with the name of the input",
            )
        if "future" in parts and not self.window.horizon:
            fail(
                "an input takes the rows to predict, and with `horizon: 0` there are none",
                key="window",
                help="set `horizon` to the rows to predict",
            )
        return self

    @property
    def splits_by_default_in_time(self) -> bool:
        """Whether the data is split in the order of its windows, because the spec states no split."""
        return self.window is not None and "split" not in self.model_fields_set

    @property
    def file_splits(self) -> tuple[str, ...]:
        """The splits that have files of their own, or parts of one; empty if all share the files."""
        setting = getattr(self, self.source)
        if self.source == "keras":
            return ("train", "test")
        if isinstance(setting, NpzParts):
            return tuple(setting.parts)
        files = getattr(setting, "path", setting)
        return (
            tuple(split for split in SPLITS if split in files) if isinstance(files, dict) and "train" in files else ()
        )

    @property
    def source(self) -> str:
        """The name of the source: `csv`, `images` …"""
        return next(name for name in SOURCES if name in self.model_fields_set)


_OTHER_NAMES = {
    "database": "sql",
    "sqlite": "sql",
    "postgresql": "sql",
    "xls": "excel",
    "xlsx": "excel",
    "ods": "excel",
    "feather": "arrow",
    "jsonl": "json",
    "tsv": "csv",
    "image": "images",
}
"""What a source might be called → its name."""


def _no_source(value: dict[str, Any]) -> None:
    """Reject data without a source, at the key that may be a misspelled one."""
    fields = tuple(name for name in Data.model_fields if name not in SOURCES)
    stray = next((key for key in value if key not in fields), None)
    if stray is None:
        fail("`data` has no source", code=codes.MISSING_KEY, help=f"add one of {', '.join(SOURCES)}")
    fail(
        f"`{stray}` is not a data source",
        key=str(stray),
        label=did_you_mean(str(stray), (*SOURCES, *fields)),
        help=f"write `{_OTHER_NAMES[stray]}: ...`"
        if stray in _OTHER_NAMES
        else f"available sources: {', '.join(SOURCES)}",
    )
