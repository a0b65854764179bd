"""The parts of a contract: columns, inputs, outputs, windows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_BINS = 64

Kind = Literal["number", "boolean", "text", "time", "array", "list", "image", "audio"]
Count = Annotated[int, Field(ge=0)]
Size = Annotated[int, Field(ge=1)]
Number = int | float


class ContractPart(BaseModel):
    """A part of a contract, as JSON holds it."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class Bins(ContractPart):
    """How many training rows lie between numbers.

    Args:
        edges: Ascending; bin i holds what is at least `edges[i - 1]` and less than `edges[i]`.
        counts: One more than edges.
    """

    edges: Annotated[list[Number], Field(max_length=MOST_BINS)]
    counts: list[Count]

    @model_validator(mode="after")
    def _fit(self) -> Bins:
        if len(self.counts) != len(self.edges) + 1 or sorted(self.edges) != self.edges:
            raise ValueError("must have ascending edges, and a count more than edges")
        return self


class Lengths(ContractPart):
    """How long texts are, in characters, or lists, in items."""

    minimum: Count
    maximum: Count
    median: float
    bins: Bins | None = None


class Seen(ContractPart):
    """What the training rows have in a column.

    Args:
        rows: How many rows there are; of windows, rows and not examples.
        missing: How many have no value.
        minimum: The least number.
        maximum: The largest.
        quantiles: By share, such as `0.05`, the number below which it lies.
        bins: How the numbers are distributed.
        categories: By value, as text, how many rows have it; empty if the column has no categories.
        distinct: How many texts differ.
        length: How long texts or lists are.
        sampled: How many rows quantiles, bins, lengths and categories are known of; None for all.
    """

    rows: Count = 0
    missing: Count = 0
    minimum: Number | None = None
    maximum: Number | None = None
    quantiles: dict[str, Number] = Field(default_factory=dict)
    bins: Bins | None = None
    categories: dict[str, Count] = Field(default_factory=dict)
    distinct: Count | None = None
    length: Lengths | None = None
    sampled: Size | None = None


class Gap(ContractPart):
    """What is done about a missing value.

    Args:
        action: `refuse`: the row has no prediction. `fill`: it takes `value`. `neighbor`: it takes that of the row
            before or after, else `value`, if there is one. `compute`: an expression decides.
        value: What it takes.
        statistic: Which statistic of the training rows that is: `mean`, `median` or `most_frequent`; empty for a value
            of the spec.
        is_expected: Whether the spec says so; if not, a gap is worth a warning.
    """

    action: Literal["refuse", "fill", "neighbor", "compute"] = "refuse"
    value: bool | int | float | str | None = None
    statistic: str = ""
    is_expected: bool = True


class Limits(ContractPart):
    """The numbers that a layer or a dtype can take, both included."""

    lowest: Number
    highest: Number
    layer: str = ""


class ColumnContract(ContractPart):
    """A column that new rows must have, or one that is computed from these.

    Args:
        name: Its name.
        kind: What it contains.
        inputs: The inputs that it feeds; empty for one that only orders rows, or that others are computed from.
        role: What it is for.
        dtype: The Keras dtype that its input takes; empty without one.
        shape: Of an array, a picture or a sound: the shape of a value, null for an open length.
        gap: What is done about a missing value.
        limits: The numbers that can be used.
        is_closed: Whether only the categories of training can be used.
        sep: What separates the items of a list in a text; None if a list is no text.
        length: Of a list: how many items are used.
        sources: Of a computed column: the columns that it is computed from.
        expression: Of a computed column: its expression; empty for an indicator of gaps.
        unit: Of times: `number`, `second`, `month` or `row`, the unit of the step from row to row.
        step: How many units that step has; None if it is not known.
        format: `date` or `date-time` where an expression reads times; empty for others.
        channels: Of pictures and sounds, how many.
        rate: Of sounds, the samples in a second.
        seen: What the training rows have in it.
    """

    name: str = ""
    kind: Kind
    inputs: list[str] = Field(default_factory=list)
    role: Literal["input", "time", "series", "source"] = "input"
    dtype: str = ""
    shape: list[int | None] = Field(default_factory=list)
    gap: Gap = Field(default_factory=Gap)
    limits: Limits | None = None
    is_closed: bool = False
    sep: str | None = None
    length: Size | None = None
    sources: list[str] = Field(default_factory=list)
    expression: str = ""
    unit: str = ""
    step: float | None = None
    format: str = ""
    channels: Size | None = None
    rate: Size | None = None
    seen: Seen = Field(default_factory=Seen)

    @property
    def takes_numbers(self) -> bool:
        """Whether a value is one number, or true or false."""
        return self.kind in ("number", "boolean") and self.dtype != "string"

    @property
    def is_computed(self) -> bool:
        """Whether rows need not have it."""
        return bool(self.sources)


class InputContract(ContractPart):
    """An input of the model.

    Args:
        columns: The columns that feed it, in order.
        shape: The shape of an example, null for an open length.
        dtype: Its Keras dtype.
        window: `past` or `future` of an input that takes several rows; empty for one row.
    """

    columns: list[str]
    shape: list[int | None] = Field(default_factory=list)
    dtype: str = "float32"
    window: Literal["", "past", "future"] = ""


class WindowContract(ContractPart):
    """How rows become examples, where these are windows.

    Args:
        length: The rows of the past in an example, the last of them row t.
        horizon: The rows that are predicted.
        gap: The rows between these.
        time: The column of time that orders the rows; empty for the order of the file.
        by: The column that names the series of a row; empty for one series.
        step: The step from row to row; None if it is not known.
        unit: Its unit: `number`, `second`, `month` or `row`.
        future: Whether an input takes rows that are predicted, too, so that new data has them, without the target.
    """

    length: Size
    horizon: Count = 1
    gap: Count = 0
    time: str = ""
    by: str = ""
    step: float | None = None
    unit: str = ""
    future: bool = False


class OutputContract(ContractPart):
    """An output of the model, and the target that it was trained on.

    Args:
        task: The problem type; None if unknown.
        value: What is predicted: a `probability`, a `score` or a `value`.
        shape: The shape of a prediction of one example; null for an open length.
        labels: The classes in the order of their units; empty if there are none.
        threshold: From which value on a binary prediction is positive; None without one.
        columns: The columns of the target: predictions of a regression are in their units.
        scale: How the target was scaled for training, such as `standard`; empty without. Predictions are scaled back.
        seen: What the training rows have in the target, by column.
        predictions: What was predicted at the end of the run, by name of the prediction; see `reference`.
        reference: Which examples these predictions are of: the split; empty if there are none.
    """

    task: str | None = None
    value: Literal["probability", "score", "value"] = "value"
    shape: list[int | None] = Field(default_factory=list)
    labels: list[str] = Field(default_factory=list)
    threshold: float | None = None
    columns: list[str] = Field(default_factory=list)
    scale: str = ""
    seen: dict[str, Seen] = Field(default_factory=dict)
    predictions: dict[str, Seen] = Field(default_factory=dict)
    reference: str = ""
