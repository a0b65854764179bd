"""An entry of `layers`: one head that says what it is, and the graph's own words beside it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from kspec import catalog
from kspec.diagnostics import codes, did_you_mean
from kspec.diagnostics.suggest import Suggestion
from kspec.language.base import LATER, Model, fail, kind_of
from kspec.language.examples import with_first, written
from kspec.language.field_types import As, From, Name
from kspec.syntax.names import ENTRY_KEYS
from kspec.syntax.yaml_flow import abbreviate

HeadKind = Literal["class", "op", "reuse", "model"]
HEADS = ("op", "reuse", "block", "model")


class Entry(Model):
    """A node: a call of a layer, of a `keras.ops` function, of a sub-model, or of another node's layer."""

    model_config = ConfigDict(extra="forbid", strict=True, validate_by_alias=True, validate_by_name=False)

    kind: HeadKind = Field(description="Kind of the head")
    head: str = Field(description="The class, op or sub-model, or the node whose layer is reused")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Constructor arguments of the class")
    name: Name | None = Field(None, description="Name of the node, to reference it")
    from_: From | None = Field(
        None, alias="from", description="Nodes that the input comes from; the previous entry by default"
    )
    as_: As | None = Field(None, alias="as", description="Names for the outputs of a call that has several")
    call: dict[str, Any] | None = Field(None, description="Constant arguments of the call")
    trainable: bool | None = Field(None, description="`false` freezes the layer")

    @model_validator(mode="before")
    @classmethod
    def _find_head(cls, value: Any) -> Any:
        if isinstance(value, str):
            if not value or value in ENTRY_KEYS:
                fail(f"`{value}` is not a layer", code=codes.MALFORMED_ENTRY, help="write the class: `- Flatten`")
            return {"kind": "class", "head": value}
        if not isinstance(value, dict):
            fail(
                f"an entry names one thing: a class, `op:`, `block:`, `model:` or `reuse:`; this is {kind_of(value)}",
                code=codes.MALFORMED_ENTRY,
                help="write `- Dense: {units: 10}`",
            )
        if "with" in value:
            fail("`with` hands parameters to a block, and this entry uses none", key="with",
                 help="arguments of a class stand inside it: `Dense: {units: 8}`")  # fmt: skip
        heads = [key for key in value if key not in ENTRY_KEYS]
        words = {key: item for key, item in value.items() if key in ENTRY_KEYS}
        if len(heads) == 1 and not heads[0][:1].isupper() and heads[0] not in HEADS:
            _no_head(value, heads)
        if not heads:
            _no_head(value, heads)
            fail(
                "this entry does not say what it is",
                code=codes.MALFORMED_ENTRY,
                help="name a class, `op:` or `reuse:` beside its words",
            )
        if len(heads) > 1:
            _two_heads(value, heads)
        head, body = heads[0], value[heads[0]]
        if head in ("op", "reuse", "model"):
            return words | _function_head(head, body)
        if isinstance(body, dict):
            inside = [word for word in ("name", "trainable") if word in body]
            if inside:
                fail(
                    f"`{inside[0]}` stands beside `{head}`, not inside it",
                    code=codes.MISPLACED_ENTRY_KEY,
                    key=head,
                    help=f"move `{inside[0]}: {body[inside[0]]}` out, below `{head}:` and in its column",
                )
        elif body is not None:
            fail(
                f"the arguments of `{head}` have no names",
                code=codes.POSITIONAL_ARGUMENT,
                key=head,
                help=_named_form(head, body),
            )
        return words | {"kind": "class", "head": head, "arguments": body or {}}


def _function_head(head: str, body: Any) -> dict[str, Any]:
    if not isinstance(body, str):
        example = {"op": "op: mean", "model": "model: encoder"}.get(head, "reuse: hidden1")
        if isinstance(body, dict) and len(body) == 1:
            example = f"{head}: {next(iter(body))}"
        fail(
            f"`{head}` takes a name, not {kind_of(body)}",
            code=codes.MALFORMED_ENTRY,
            key=head,
            help=f"write `{example}`",
        )
    return {"kind": head, "head": body}


def _two_heads(value: dict[str, Any], heads: list[str]) -> None:
    """Refuses an entry whose keys are not one head and the graph's words; says which of them was not meant so."""
    for head in heads:
        if head.lower() in ENTRY_KEYS:
            fail(
                f"`{head}` is written `{head.lower()}`",
                code=codes.MALFORMED_ENTRY,
                key=head,
                label=Suggestion(head, head.lower()),
            )
    classes = [head for head in heads if head[:1].isupper() or head in LATER or head in HEADS or "." in head]
    if len(classes) == 1:
        head = classes[0]
        stray = next(other for other in heads if other != head)
        fail(
            f"`{stray}` is none of the words that stand beside a head",
            code=codes.MALFORMED_ENTRY,
            key=stray,
            label=did_you_mean(stray, ENTRY_KEYS),
            help=_inside(head, value[head], {other: value[other] for other in heads if other != head})
            + f"; beside it stand {', '.join(ENTRY_KEYS[:5])}",
        )
    _no_head(value, heads)
    both = " and ".join(f"`{head}`" for head in heads)
    fail(
        f"an entry is one thing; this one is {both}",
        code=codes.MALFORMED_ENTRY,
        key=heads[1],
        help=f"begin a new entry: `- {heads[1]}: ...`",
    )


def _inside(head: str, body: Any, strays: dict[str, Any]) -> str:
    """Where an argument stands that is written beside a head."""
    if head == "op":
        return f"an argument of an op stands in `call`: `call: {{{_listed(strays)}}}`"
    if head in HEADS:
        return f"`{head}` takes no arguments"
    return f"an argument of `{head}` stands inside it: `{head}: {{{_listed((body or {}) | strays)}}}`" if isinstance(
        body, dict | None) else f"an argument of `{head}` stands inside it"  # fmt: skip


def _no_head(value: dict[str, Any], heads: list[str]) -> None:
    """Refuses an entry that says what it is under `type:` or `name:`, as a configuration of other frameworks does."""
    for key in ("type", "class", "class_name", "layer", "name"):
        said = value.get(key)
        if isinstance(said, str) and (found := catalog.find("layer", said)) is not None:
            arguments = {head: value[head] for head in heads if head != key}
            fail(
                f"an entry begins with its class, `{found.name}`, not with `{key}:`",
                code=codes.MALFORMED_ENTRY,
                key=key,
                help=f"write `- {written(found, arguments)}`",
            )


def _listed(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {abbreviate(value)}" for name, value in arguments.items())


def _named_form(head: str, body: Any) -> str:
    found = catalog.find("layer", head)
    return f"write `{with_first(found, body) if found else f'{head}: {{argument: {abbreviate(body)}}}'}`"
