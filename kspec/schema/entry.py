"""An entry of `layers` as JSON Schema: one closed map of class names and entry keys.

An entry is exactly one thing. That is counted, not enumerated: an entry with n entry keys has n + 1 keys. A `oneOf` of
all layers would name all of them in its error.
"""

from __future__ import annotations

from kspec.catalog import types as t
from kspec.schema.classes import CALLED_MODEL, CUSTOM_CLASS, CUSTOM_CLASSES, KerasSchemas
from kspec.schema.types import Schema, bounds, or_computed, words_or
from kspec.syntax.names import MAX_COPIES

NOTHING = "An entry needs a class, `op`, `reuse`, `block`, `model`, `expr` or `weight`."
SEVERAL = "An entry is one thing; begin a new entry with `- ` for the second."
NO_BLOCK = "`with` passes parameters to a block, and this entry uses none."

_EXPANDED: dict[str, Schema] = {
    "with": {
        "type": ["object", "null"],
        "description": "Values of the block's parameters",
        "markdownDescription": "Values of the block's parameters",
    },
    "repeat": or_computed({"type": "integer"} | bounds(t.Number(True, 1, MAX_COPIES)))
    | {"description": "Number of copies in a chain: `name_0`, `name_1` …; `${index}` is 0, 1 …"},
    "each": {
        "type": ["array", "string", "object"],
        "items": {"type": "string"},
        "minItems": 1,
        "minProperties": 1,
        "description": "One copy per node, in parallel; in a mapping each copy has the value of its node as `$value`",
    },
    "when": or_computed({"type": "boolean"}) | {"description": "`false` makes the entry the identity"},
}
"""Keys that the expansion replaces, so that no model has them."""

_MISPLACED: Schema = {
    "properties": dict.fromkeys(("name", "trainable"), False),
    "errorMessage": "`name` and `trainable` are keys of the entry, not arguments of the class.",
}


def entry(keras: KerasSchemas, keys: Schema) -> Schema:
    """The schema of an entry.

    Args:
        keras: The classes.
        keys: Entry key (`name`, `from` …) → its schema.
    """
    classes, internal = keras.classes("layer"), keras.internal("layer")
    op = {
        "type": "string",
        "description": "A function of keras.ops; `from` gives its tensors, `call` its other arguments",
        "if": {"type": "string"},
        "then": keras.names("op"),
        "defaultSnippets": keras.proposals("op"),
    }
    reuse = {"type": "string", "description": "A node whose layer is called again, with the same weights"}
    block = {"type": "string", "description": "A template of `blocks:`; each use creates new layers"}
    formula = {"type": "string", "description": "Arithmetic on nodes, such as `x0 * h + x`; `$name` is a variable"}
    keys = {**keys, **_EXPANDED}
    properties = {
        **classes,
        "op": op,
        "reuse": reuse,
        "block": block,
        "model": CALLED_MODEL,
        "expr": formula,
        "weight": keras.learned_weight(),
        **keys,
    }
    keras.ref("entry.one_thing", lambda: _one_thing(keras, list(keys), [*properties, *internal]))
    return {
        "title": "An entry",
        "description": "A node: a layer, an op, a sub-model or a layer again; with the keys of an entry",
        "type": ["object", "string"],
        "properties": properties,
        "patternProperties": {
            CUSTOM_CLASS: {"allOf": [CUSTOM_CLASSES[CUSTOM_CLASS]], **_MISPLACED},
            **{f"^{name}$": schema for name, schema in internal.items()},
        },
        "additionalProperties": False,
        "if": {"type": "string"},
        "then": keras.names("layer"),
        "else": {
            "allOf": [
                {"$ref": "#/definitions/entry.one_thing"},
                {"if": {"required": ["with"]}, "then": {"required": ["block"], "errorMessage": NO_BLOCK}},
            ]
        },
    }


def _one_thing(keras: KerasSchemas, entry_keys: list[str], known: list[str]) -> Schema:
    """An entry with an unknown key is rejected for that alone."""
    all_known = words_or(CUSTOM_CLASS, known, "")
    del all_known["else"]["errorMessage"]
    return {
        "if": {"propertyNames": {"enum": entry_keys}},
        "then": {"type": "string", "errorMessage": NOTHING},
        "else": {"if": {"propertyNames": all_known}, "then": _count(keras, entry_keys, 0, 0)},
    }


def _count(keras: KerasSchemas, entry_keys: list[str], number: int, present: int) -> Schema:
    """Count the entry keys that are present; then there must be one more key than those.

    Args:
        keras: Holds the definitions.
        entry_keys: All entry keys.
        number: How many of them have been looked for.
        present: How many of these are present.
    """

    def make() -> Schema:
        if number == len(entry_keys):
            return {"if": {"maxProperties": present + 1}, "else": {"type": "string", "errorMessage": SEVERAL}}
        return {
            "if": {"required": [entry_keys[number]]},
            "then": _count(keras, entry_keys, number + 1, present + 1),
            "else": _count(keras, entry_keys, number + 1, present),
        }

    return keras.ref(f"entry.words.{number}.{present}", make)
