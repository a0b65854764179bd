"""An entry of `layers`: its head, which names what is called, and the keys of the graph (`name`, `from` …)."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from kspec import catalog
from kspec.diagnostics import codes, did_you_mean
from kspec.diagnostics.suggest import Suggestion
from kspec.language.base import RESERVED, Model, fail
from kspec.language.examples import SECTIONS, with_first, written
from kspec.language.field_types import As, From, Name
from kspec.syntax.names import ENTRY_KEYS
from kspec.syntax.yaml_flow import abbreviate, kind_of

HeadKind = Literal["class", "op", "reuse", "model", "weight"]
HEADS = ("op", "reuse", "block", "model", "expr", "weight")


class Vectors(Model):
    """The initial vectors of an Embedding, read from a file."""

    file: str = Field(
        description="GloVe or word2vec text (`.txt`, `.vec`), a word and its vector in each line; or `.npy`, a row for "
        "each index"
    )
    vocabulary: str | None = Field(
        None, description="The TextVectorization or lookup layer whose vocabulary gives each word its index"
    )


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
    weights: Vectors | None = Field(None, description="Initial vectors of an Embedding, from a file")

    @model_validator(mode="before")
    @classmethod
    def _find_head(cls, value: Any) -> Any:
        if isinstance(value, Entry):  # replaces an invalid one
            return value
        if isinstance(value, str):
            if not value or value in ENTRY_KEYS:
                fail(f"`{value}` is not a layer", code=codes.MALFORMED_ENTRY, help="write the class: `- Flatten`")
            return {"kind": "class", "head": value}
        if value is None:
            fail("this entry is empty", code=codes.MALFORMED_ENTRY, help="write `- Dense: {units: 10}`, or remove it")
        if not isinstance(value, dict):
            fail(
                f"an entry must be a class, `op:`, `block:`, `model:` or `reuse:`, not {kind_of(value)}",
                code=codes.MALFORMED_ENTRY,
                help="write `- Dense: {units: 10}`",
            )
        if "with" in value:
            fail(
                "`with` passes arguments to a block, but this entry uses no block",
                key="with",
                help="write the arguments of a class inside it: `Dense: {units: 8}`",
            )
        heads = [key for key in value if key not in ENTRY_KEYS]
        keys = {key: item for key, item in value.items() if key not in heads}
        if len(heads) == 1 and not heads[0][:1].isupper() and heads[0] not in HEADS:
            _no_head(value, heads)
        if not heads:
            _no_head(value, heads)
            fail(
                "this entry has no class, `op:`, `block:`, `model:` or `reuse:`",
                code=codes.MALFORMED_ENTRY,
                help="add one next to its other keys, as in `- Dense: {units: 10}`",
            )
        if len(heads) > 1:
            _two_heads(value, heads)
        head, body = heads[0], value[heads[0]]
        if head in ("op", "reuse", "model"):
            return keys | _function_head(head, body)
        if head == "weight":
            _check_weight(body, keys)
        if isinstance(body, dict):
            inside = [word for word in ("name", "trainable") if word in body]
            if inside:
                fail(
                    f"`{inside[0]}` must be next to `{head}`, not inside it",
                    code=codes.MISPLACED_ENTRY_KEY,
                    key=head,
                    help=f"move `{inside[0]}: {body[inside[0]]}` out, below `{head}:` and in the same column",
                )
        elif body is not None:
            fail(
                f"the arguments of `{head}` need names",
                code=codes.POSITIONAL_ARGUMENT,
                key=head,
                help=_named_form(head, body),
            )
        return keys | {"kind": "weight" if head == "weight" else "class", "head": head, "arguments": body or {}}


def _check_weight(body: Any, keys: dict[str, Any]) -> None:
    """Reject a learned tensor without a shape, or with what a node without inputs cannot have."""
    if not isinstance(body, dict):
        shape = body if isinstance(body, list) else [64, 256]
        fail(
            f"`weight` needs its arguments by name, not {kind_of(body)}",
            code=codes.POSITIONAL_ARGUMENT,
            key="weight",
            help=f"write `weight: {{shape: {abbreviate(shape)}}}`",
        )
    for key in ("from", "each", "as", "call"):
        if key in keys:
            fail(
                f"`{key}` cannot stand next to `weight`, which has no input",
                code=codes.MALFORMED_ENTRY,
                key=key,
                help=f"remove `{key}`; name the weight, and write that name in the `from` of what uses it",
            )


def _function_head(head: str, body: Any) -> dict[str, Any]:
    if not isinstance(body, str):
        example = {"op": "op: mean", "model": "model: encoder"}.get(head, "reuse: hidden1")
        if isinstance(body, dict) and len(body) == 1:
            example = f"{head}: {next(iter(body))}"
        fail(
            f"`{head}` must be a name, not {kind_of(body)}",
            code=codes.MALFORMED_ENTRY,
            key=head,
            help=f"write `{example}`",
        )
    return {"kind": head, "head": body}


def _two_heads(value: dict[str, Any], heads: list[str]) -> None:
    """Reject an entry with several heads, at the key that is most likely a mistake."""
    for head in heads:
        if head.lower() in ENTRY_KEYS:
            fail(
                f"unknown key `{head}` in an entry",
                code=codes.MALFORMED_ENTRY,
                key=head,
                label=Suggestion(head, head.lower()),
            )
    classes = [head for head in heads if head[:1].isupper() or head in RESERVED or head in HEADS or "." in head]
    if len(classes) == 1:
        head = classes[0]
        stray = next(other for other in heads if other != head)
        fail(
            f"unknown key `{stray}` in an entry",
            code=codes.MALFORMED_ENTRY,
            key=stray,
            label=did_you_mean(stray, ENTRY_KEYS),
            help=_inside(head, value[head], {other: value[other] for other in heads if other != head})
            + f"; the only other keys of an entry: {', '.join(key for key in ENTRY_KEYS if key not in HEADS)}",
        )
    _no_head(value, heads)
    both = " and ".join(f"`{head}`" for head in heads)
    fail(
        f"an entry must have one head, but this one has {both}",
        code=codes.MALFORMED_ENTRY,
        key=heads[1],
        help=f"start a new entry: `- {heads[1]}: ...`",
    )


def _inside(head: str, body: Any, strays: dict[str, Any]) -> str:
    """Where to write arguments that are next to a head."""
    if head == "op":
        return f"write arguments of an op in `call`: `call: {{{_listed(strays)}}}`"
    if head in HEADS:
        return f"`{head}` takes no arguments"
    example = f": `{head}: {{{_listed((body or {}) | strays)}}}`" if isinstance(body, dict | None) else ""
    return f"write arguments of `{head}` inside it{example}"


def _no_head(value: dict[str, Any], heads: list[str]) -> None:
    """Reject an entry that names its class under `type:` or `name:`, as other frameworks do."""
    for key in ("type", "class", "class_name", "layer", "name"):
        name = value.get(key)
        if isinstance(name, str) and (layer := catalog.find("layer", name)) is not None:
            arguments = {head: value[head] for head in heads if head != key}
            if list(arguments) == ["config"] and isinstance(arguments["config"], dict):  # as Keras serializes a layer
                arguments = arguments["config"]
            fail(
                f"an entry must begin with its class, `{layer.name}`, not with `{key}:`",
                code=codes.MALFORMED_ENTRY,
                key=key,
                help=f"write `- {written(layer, arguments)}`",
            )


def _listed(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {abbreviate(value)}" for name, value in arguments.items())


def _named_form(head: str, body: Any) -> str:
    if head in SECTIONS:
        return SECTIONS[head]
    layer = catalog.find("layer", head)
    return f"write `{with_first(layer, body) if layer else f'{head}: {{argument: {abbreviate(body)}}}'}`"
