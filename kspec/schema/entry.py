"""An entry of `layers` as JSON Schema: one closed map of class names beside the graph's own words.

That an entry is exactly one thing is counted, not enumerated: of an entry with n of the graph's own words, n + 1 keys
are right. So no `oneOf` over layers is needed, whose complaint would name them all.
"""

from __future__ import annotations

from kspec.catalog import types as t
from kspec.schema.classes import CALLED_MODEL, DOTTED, EXTENSIONS, Definitions
from kspec.schema.types import Schema, bounds, or_computed, words_or
from kspec.syntax.names import MAX_COPIES

NOTHING = "An entry says what it is: name a class, `op:`, `reuse:`, `block:` or `model:` beside its words."
SEVERAL = "An entry is one thing: begin a new one with `- ` for the second."

NO_BLOCK = "`with` hands parameters to a block, and this entry uses none."

_WRITTEN_OUT: dict[str, Schema] = {
    "with": {
        "type": ["object", "null"],
        "description": "What a block's parameters are here",
        "markdownDescription": "What a block's parameters are here",
    },
    "repeat": or_computed({"type": "integer"} | bounds(t.Number(True, 1, MAX_COPIES)))
    | {"description": "Copies in a chain: `name_0`, `name_1` …; `${index}` is 0, 1 …"},
    "each": {
        "type": ["array", "string"],
        "items": {"type": "string"},
        "minItems": 1,
        "description": "A copy for each of these nodes, side by side; the name stands for the list of them",
    },
    "when": or_computed({"type": "boolean"}) | {"description": "Left out where false: the entry is then the identity"},
}
"""Words of an entry that are gone once it is written out."""

_BESIDE: Schema = {
    "properties": dict.fromkeys(("name", "trainable"), False),
    "errorMessage": "`name` and `trainable` stand beside an entry's class, not inside it.",
}


def entry(definitions: Definitions, words: Schema) -> Schema:
    """The schema of an entry.

    Args:
        words: The graph's own words (`name`, `from` …), each with its schema.
    """
    heads = definitions.classes("layer")
    op = {
        "type": "string",
        "description": "A function of keras.ops; its tensors come through `from`, its constants through `call`",
        "if": {"type": "string"},
        "then": definitions.names("op"),
        "defaultSnippets": definitions.proposals("op"),
    }
    reuse = {"type": "string", "description": "A node whose layer is called again, with the same weights"}
    block = {"type": "string", "description": "A template of `blocks:`, whose entries are made anew"}
    words = {**words, **_WRITTEN_OUT}
    keys = {**heads, "op": op, "reuse": reuse, "block": block, "model": CALLED_MODEL, **words}
    internal = definitions.internal("layer")
    definitions.ref("entry.one_thing", lambda: _one_thing(definitions, list(words), [*keys, *internal]))
    return {
        "title": "An entry",
        "description": "One node: a layer, an op, a sub-model or a layer again; beside it the graph's own words",
        "type": ["object", "string"],
        "properties": keys,
        "patternProperties": {
            DOTTED: {"allOf": [EXTENSIONS[DOTTED]], **_BESIDE},
            **{f"^{name}$": schema for name, schema in internal.items()},
        },
        "additionalProperties": False,
        "if": {"type": "string"},
        "then": definitions.names("layer"),
        "else": {
            "allOf": [
                {"$ref": "#/definitions/entry.one_thing"},
                {"if": {"required": ["with"]}, "then": {"required": ["block"], "errorMessage": NO_BLOCK}},
            ]
        },
    }


def _one_thing(definitions: Definitions, words: list[str], keys: list[str]) -> Schema:
    """What has a key that is not known is refused for that already."""
    known = words_or(DOTTED, keys, "")
    del known["else"]["errorMessage"]
    return {
        "if": {"propertyNames": {"enum": words}},
        "then": {"type": "string", "errorMessage": NOTHING},
        "else": {"if": {"propertyNames": known}, "then": _count(definitions, words, 0, 0)},
    }


def _count(definitions: Definitions, words: list[str], seen: int, there: int) -> Schema:
    """Counts the words that are there; when all have been looked for, the keys must be one more."""

    def make() -> Schema:
        if seen == len(words):
            return {"if": {"maxProperties": there + 1}, "else": {"type": "string", "errorMessage": SEVERAL}}
        return {
            "if": {"required": [words[seen]]},
            "then": _count(definitions, words, seen + 1, there + 1),
            "else": _count(definitions, words, seen + 1, there),
        }

    return definitions.ref(f"entry.words.{seen}.{there}", make)
