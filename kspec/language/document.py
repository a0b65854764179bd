"""The whole document."""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from kspec.language.base import Model, fail
from kspec.language.budget import Budget
from kspec.language.data import Data
from kspec.language.field_types import Name, Weights
from kspec.language.json_schema import JsonSchema
from kspec.language.network import Inputs, Layers, Outputs, SubModel
from kspec.language.sweep import Sweep
from kspec.language.training_config import Compile, Evaluate, Fit, Predict
from kspec.syntax.yaml_flow import kind_of

TASKS = ("binary_classification", "multilabel_classification", "multiclass_classification", "regression")
Task = Literal["binary_classification", "multilabel_classification", "multiclass_classification", "regression"]

_POLICIES = '"float32"|"float16"|"bfloat16"|"float64"|"mixed_float16"|"mixed_bfloat16"|null'


def _parameter(value: Any) -> Any:
    """A parameter's name, or a mapping from the name to its default."""
    name = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else value
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        fail(
            f"a block parameter must be a name, or a name with its default, not {kind_of(value)}",
            help="write `params: [filters, stride: 1]`",
        )
    if name == "index":
        fail("`index` is reserved for the number of a repeated entry's copy", help="rename the parameter")
    return value


_ParameterName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
_Parameter = _ParameterName | Annotated[dict[_ParameterName, Any], Field(min_length=1, max_length=1)]


class Block(Model):
    """A reusable group of entries; every use creates new layers."""

    params: Annotated[
        list[Annotated[Any, BeforeValidator(_parameter), JsonSchema(_Parameter)]],
        JsonSchema(errorMessage="Parameters are names, or a name with its default: `params: [filters, stride: 1]`."),
    ] = Field(default_factory=list, description="Parameters: names, or `name: default`")
    inputs: Annotated[list[Name], Field(min_length=1)] | None = Field(
        None, description="Names of its inputs within the block; `in` by default"
    )
    layers: Annotated[list[Any], Field(min_length=1), JsonSchema(Layers)] = Field(
        description="Its nodes, in order; expressions are evaluated at each use"
    )
    outputs: str | list[str] | None = Field(None, description="The nodes it outputs; the last one by default")

    @field_validator("params", "inputs")
    @classmethod
    def _each_once(cls, value: Any) -> Any:
        names = [next(iter(item)) if isinstance(item, dict) else item for item in value or ()]
        duplicate = next((name for name in names if names.count(name) > 1), None)
        if duplicate is not None:
            fail(f"duplicate name `{duplicate}`", help="each name may appear only once")
        return value


def _version(value: Any) -> Any:
    if value != 1 or isinstance(value, bool):
        fail(f"this version of kspec reads language version 1, not {kind_of(value)}", help="write `kspec: 1`")
    return value


def _empty(value: Any) -> Any:
    """An empty section (`fit:`) has its defaults."""
    return {} if value is None else value


class Shared(Model):
    """A library: a file with definitions for specs to include, which is no spec itself."""

    kspec: Annotated[Literal[1] | None, BeforeValidator(_version)] = Field(1, description="Version of the language")
    name: str | None = Field(None, description="Name of the library")
    description: str | None = Field(None, description="What the library is for")
    include: str | list[str] | None = Field(None, description="Files whose vars, blocks and models are brought in")
    vars: dict[str, Any] = Field(default_factory=dict, description="Values to use as $name")
    blocks: dict[Name, Block] = Field(
        default_factory=dict, description="Reusable groups of entries, each used by `block:`"
    )
    models: dict[Name, SubModel] = Field(default_factory=dict, description="Sub-models, called by `model:`")


class Document(Model):
    """A model spec: a network, its data and how it is trained."""

    kspec: Annotated[
        Literal[1],
        BeforeValidator(_version),
        JsonSchema(default=1, errorMessage="The version of the language is 1: `kspec: 1`."),
    ] = Field(description="Version of the language")
    name: Annotated[
        str | None,
        JsonSchema(errorMessage="`name` consists of letters, digits, `_`, `-` and `.`; it names a folder."),
    ] = Field(None, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", description="Name of the model and its run folder")
    description: str | None = Field(None, description="What the model is for")
    task: Annotated[
        Task | dict[str, Task] | None,
        JsonSchema(errorMessage=f"`task` must be {', '.join(f'`{task}`' for task in TASKS)}, or a mapping to these."),
    ] = Field(
        None,
        description="Problem type, or a mapping from outputs to problem types; inferred by default",
    )
    seed: int = Field(
        0, ge=0, lt=2**32, description="Random seed of the data split, initial weights, shuffling and dropout"
    )
    vars: dict[str, Any] = Field(default_factory=dict, description="Values to use as $name")
    extensions: list[str] = Field(default_factory=list, description="Python modules with custom Keras classes")
    dtype_policy: Annotated[str | None, JsonSchema(_POLICIES)] = Field(
        None, description="Keras dtype policy of all layers"
    )
    include: str | list[str] | None = Field(None, description="Files whose vars, blocks and models are brought in")
    data: Data | None = Field(None, description="Where the examples come from")
    weights: Weights | None = Field(None, description="A `.weights.h5` or `.keras` file with the initial weights")
    inputs: Inputs = Field(description="Inputs of the network, by name")
    blocks: dict[Name, Block] = Field(
        default_factory=dict, description="Reusable groups of entries, each used by `block:`"
    )
    models: dict[Name, SubModel] = Field(
        default_factory=dict, description="Sub-models, called with `model:`; all calls share the weights"
    )
    layers: Layers = Field(description="Nodes of the network, in order")
    outputs: Outputs = Field(None, description="Nodes that are model outputs; the last node by default")
    compile: Annotated[Compile, BeforeValidator(_empty), JsonSchema(Compile | None)] = Field(
        default_factory=Compile, description="Loss, metrics and optimizer"
    )
    fit: Annotated[Fit, BeforeValidator(_empty), JsonSchema(Fit | None)] = Field(
        default_factory=Fit, description="Training"
    )
    evaluate: Annotated[Evaluate, BeforeValidator(_empty), JsonSchema(Evaluate | None)] = Field(
        default_factory=Evaluate, description="Evaluation on held-out examples"
    )
    predict: Annotated[Predict, BeforeValidator(_empty), JsonSchema(Predict | None)] = Field(
        default_factory=Predict, description="Predictions, written to a file"
    )

    budget: Annotated[Budget, BeforeValidator(_empty), JsonSchema(Budget | None)] = Field(
        default_factory=Budget, description="What a run may take; `kspec estimate` compares"
    )
    sweep: Sweep | None = Field(None, description="Values to search for; `kspec sweep` does")

    @property
    def fixed_batch(self) -> int | None:
        """The number of examples that every batch must have, if an input fixes it."""
        return next((each.batch_size for each in self.inputs.values() if each.batch_size is not None), None)

    @property
    def data_seed(self) -> int:
        """The seed of what reading the data draws."""
        return self.seed if self.data is None or self.data.seed is None else self.data.seed

    @model_validator(mode="after")
    def _use_fixed_batch(self) -> "Document":
        if self.fixed_batch is not None and "batch_size" not in self.fit.model_fields_set:
            self.fit.batch_size = self.fixed_batch
            self.fit.model_fields_set.discard("batch_size")  # derived, not set by the spec
        return self
