"""Networks: the spec's own and its sub-models."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from kspec.diagnostics import codes, did_you_mean, nearest
from kspec.language.base import Model, fail
from kspec.language.entry import Entry
from kspec.language.field_types import Name, Object, Shape, Weights
from kspec.language.json_schema import JsonSchema, Schema, exactly_one, reject
from kspec.syntax.yaml_flow import abbreviate, kind_of

SOURCES = ("layers", "file", "application")
"""The keys that define where a sub-model comes from."""


class Input(Model):
    """An input of a network: the shape and type of one example."""

    shape: Shape = Field(description="Sizes without the batch dimension; null for an unknown length")
    dtype: Annotated[str, JsonSchema("dtype")] = Field("float32", description="Type of the values; `string` for text")
    batch_size: int | None = Field(
        None, gt=0, description="Fixed number of examples per batch, as stateful layers need it; null for any number"
    )


def _inputs(value: Any) -> Any:
    if isinstance(value, dict) and set(value) <= {*Input.model_fields} and not isinstance(value.get("shape", {}), dict):
        inner = ", ".join(f"{key}: {abbreviate(item)}" for key, item in value.items())
        fail("an input needs a name", help=f"write `inputs: {{x: {{{inner}}}}}`")
    return value


def _outputs(value: Any) -> Any:
    if isinstance(value, (list, dict)) and not value:
        fail("`outputs` is empty", help="name the nodes that are model outputs")
    return value


Inputs = Annotated[dict[Name, Input], Field(min_length=1), BeforeValidator(_inputs)]
Layers = Annotated[list[Entry], Field(min_length=1)]
Outputs = Annotated[
    str | Annotated[list[str], Field(min_length=1)] | Annotated[dict[Name, str], Field(min_length=1)] | None,
    BeforeValidator(_outputs),
]


class Network(Model):
    """A graph of layers with its entries expanded: the spec's own, or a sub-model's."""

    inputs: Inputs = Field(description="Inputs, by name")
    layers: Layers = Field(description="Nodes, in order")
    outputs: Outputs = Field(None, description="Nodes that are outputs; the last node by default")
    trainable: bool | None = Field(None, description="`false` freezes all its layers")


def _sub_model_keys(schema: Schema) -> None:
    """Add the keys of a sub-model that go together."""
    exactly_one(
        SOURCES,
        none="A sub-model needs `layers`, `file: base.keras` or `application: {MobileNetV2: {}}`.",
        several="A sub-model has `layers`, `file` or `application`; keep one.",
    )(schema)
    external = {"anyOf": [{"required": ["file"]}, {"required": ["application"]}], "not": {"required": ["layers"]}}
    own = {"if": external, "then": reject("A sub-model with `file` or `application` has its own inputs and outputs.")}
    application = {"required": ["application"], "not": {"anyOf": [{"required": ["layers"]}, {"required": ["file"]}]}}
    schema["dependencies"] |= {
        "layers": ["inputs"],
        "inputs": own,
        "outputs": own,
        "weights": {"if": application, "then": reject("`weights` is an argument of the application.")},
    }


class SubModel(Model):
    """A model that is called as a node; every call shares the same layers and weights."""

    model_config = ConfigDict(json_schema_extra=_sub_model_keys)

    inputs: Annotated[dict[str, Any] | None, JsonSchema(Inputs)] = Field(None, description="Inputs, by name")
    layers: Annotated[list[Any] | None, JsonSchema(Layers)] = Field(None, description="Nodes, in order")
    outputs: Annotated[Any, JsonSchema(Outputs)] = Field(
        None, description="Nodes that are outputs; the last node by default"
    )
    file: str | None = Field(
        None, description="A `.keras` file, or a model's JSON configuration, to read the model from"
    )
    application: Annotated[Object | None, JsonSchema("<application>|null")] = Field(
        None, description="A model of `keras.applications`, with its arguments"
    )
    weights: Weights | None = Field(None, description="A `.weights.h5` or `.keras` file with the initial weights")
    trainable: bool | None = Field(
        None, description="`false` freezes all its layers except those with `trainable: true`"
    )

    @property
    def application_call(self) -> tuple[str, dict[str, Any]]:
        """The application's name and arguments; empty for any other model."""
        if isinstance(self.application, dict):
            name, arguments = next(iter(self.application.items()))
            return name, arguments or {}
        return self.application or "", {}

    def application_weights(self) -> str | None:
        """The file with an application's weights; None if it names none."""
        weights = self.application_call[1].get("weights")
        return weights if isinstance(weights, str) and weights != "imagenet" else None

    @model_validator(mode="before")
    @classmethod
    def _one_source(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            fail(
                f"a sub-model must be a mapping with `inputs` and `layers`, not {kind_of(value)}",
                help="write `encoder: {inputs: {x: {shape: [10]}}, layers: [{Dense: {units: 4}}]}`",
            )
        sources = [key for key in SOURCES if key in value]
        if not sources:
            typo = next((key for key in value if key not in cls.model_fields and nearest(key, SOURCES)), "")
            if typo:
                fail(
                    f"unknown key `{typo}` in a sub-model",
                    code=codes.UNKNOWN_KEY,
                    key=typo,
                    label=did_you_mean(typo, SOURCES),
                )
            fail(
                "a sub-model needs `layers`, `file` or `application`",
                code=codes.MISSING_KEY,
                help="add `layers:`, `file: base.keras`, or `application: {ResNet50: {weights: null}}`",
            )
        if len(sources) > 1:
            fail(
                f"a sub-model must have `{sources[0]}` or `{sources[1]}`, not both",
                key=sources[1],
                help="keep one of them, or define two sub-models",
            )
        if sources[0] != "layers":
            stray = next((word for word in ("inputs", "outputs") if word in value), "")
            if stray:
                fail(f"a sub-model with `{sources[0]}` has its own `{stray}`", key=stray, help=f"remove `{stray}`")
        if sources[0] == "application" and "weights" in value:
            fail(
                "`weights` is an argument of the application",
                key="weights",
                help="write it inside: `application: {MobileNetV2: {weights: base.weights.h5}}`",
            )
        return value
