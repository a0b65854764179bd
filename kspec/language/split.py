"""`data.split`: how the examples are split into training, validation and test."""

from typing import Any

from pydantic import ConfigDict, Field, model_validator

from kspec.diagnostics import codes
from kspec.language.base import Model, fail, reject_reserved


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
