"""An entry of `layers`: one head that says what it is, and the graph's own words beside it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from kspec.spec.base import LATER, Model, fail, kind_of, refuse_later
from kspec.spec.values import As, From, Name
from kspec.syntax.names import WORDS

HeadKind = Literal["class", "op", "reuse"]
HEADS = ("op", "reuse", "block", "model")


class Entry(Model):
    """One node: a call of a layer, of a function of `keras.ops`, or of another node's layer again."""

    model_config = ConfigDict(extra="forbid", strict=True, validate_by_alias=True, validate_by_name=False)

    kind: HeadKind = Field(description="What the head is")
    head: str = Field(description="The class, the op, or the node whose layer is called again")
    arguments: dict[str, Any] = Field(default_factory=dict, description="The class's constructor arguments")
    name: Name | None = Field(None, description="The node's name, to refer to it")
    from_: From | None = Field(
        None, alias="from", description="Where the input comes from; the entry before by default"
    )
    as_: As | None = Field(None, alias="as", description="Names for the several outputs of one call")
    call: dict[str, Any] | None = Field(None, description="Constant arguments of the call")
    trainable: bool | None = Field(None, description="false freezes the layer")

    @model_validator(mode="before")
    @classmethod
    def _find_head(cls, value: Any) -> Any:
        if isinstance(value, str):
            if not value or value in WORDS:
                fail(f"`{value}` is not a layer", code="KS104", help="write the class: `- Flatten`")
            return {"kind": "class", "head": value}
        if not isinstance(value, dict):
            fail(
                f"an entry names one thing: a class, `op:` or `reuse:`; this is {kind_of(value)}",
                code="KS104",
                help="write `- Dense: {units: 10}`",
            )
        refuse_later(value, "model")
        if "with" in value:
            fail("`with` hands parameters to a block, and this entry uses none", key="with",
                 help="arguments of a class stand inside it: `Dense: {units: 8}`")  # fmt: skip
        heads = [key for key in value if key not in WORDS]
        words = {key: item for key, item in value.items() if key in WORDS}
        if not heads:
            fail(
                "this entry does not say what it is",
                code="KS104",
                help="name a class, `op:` or `reuse:` beside its words",
            )
        if len(heads) > 1:
            _two_heads(heads)
        head, body = heads[0], value[heads[0]]
        if head in ("op", "reuse"):
            return words | _function_head(head, body)
        if isinstance(body, dict):
            inside = [word for word in ("name", "trainable") if word in body]
            if inside:
                fail(
                    f"`{inside[0]}` stands beside `{head}`, not inside it",
                    code="KS113",
                    key=head,
                    help=f"move `{inside[0]}: {body[inside[0]]}` out, below `{head}:` and in its column",
                )
        elif body is not None:
            fail(f"the arguments of `{head}` have no names", code="KS105", key=head, help=_named_form(head, body))
        return words | {"kind": "class", "head": head, "arguments": body or {}}


def _function_head(head: str, body: Any) -> dict[str, Any]:
    if not isinstance(body, str):
        example = "op: mean" if head == "op" else "reuse: hidden1"
        fail(f"`{head}` takes a name, not {kind_of(body)}", code="KS104", key=head, help=f"write `{example}`")
    return {"kind": head, "head": body}


def _two_heads(heads: list[str]) -> None:
    classes = [head for head in heads if head[:1].isupper() or head in LATER or head in HEADS or "." in head]
    if len(classes) == 1:
        from kspec.diagnostics import did_you_mean

        stray = next(head for head in heads if head != classes[0])
        fail(
            f"`{stray}` is none of the words that stand beside a head",
            code="KS104",
            key=stray,
            label=did_you_mean(stray, WORDS),
            help=f"an argument of `{classes[0]}` stands inside it; beside it stand {', '.join(WORDS[:5])}",
        )
    both = " and ".join(f"`{head}`" for head in heads)
    fail(
        f"an entry is one thing; this one is {both}",
        code="KS104",
        key=heads[1],
        help=f"begin a new entry: `- {heads[1]}: ...`",
    )


_FIRST_ARGUMENT = {
    "Dense": "units",
    "Dropout": "rate",
    "LSTM": "units",
    "GRU": "units",
    "SimpleRNN": "units",
    "Activation": "activation",
    "Conv2D": "filters",
    "Conv1D": "filters",
    "Reshape": "target_shape",
}


def _named_form(head: str, body: Any) -> str:
    argument = _FIRST_ARGUMENT.get(head, "argument")
    shown = body if isinstance(body, (int, float, str)) else "..."
    return f"write `{head}: {{{argument}: {shown}}}`"
