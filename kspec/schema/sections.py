"""What the language's models say by validators, as JSON Schema: sources of data, outputs' losses, names, references."""

from __future__ import annotations

from kspec.catalog import types as t
from kspec.catalog.type_text import describe
from kspec.language import TASKS
from kspec.language.data import SOURCES, SPLITS
from kspec.language.network import SOURCES as NETWORKS
from kspec.schema.classes import EXTENSIONS, WEIGHTS, Definitions
from kspec.schema.types import COMPUTED, Schema, bounds, or_computed

_TEXT: Schema = {"type": "string", "minLength": 1}
_REFERENCE: Schema = {"type": ["string", "array"], "items": {"type": "string"}}
_NAME = r"^[A-Za-z_][A-Za-z0-9_-]*$"
_A_NAME = "A name is letters, digits, `_` and `-`, and does not begin with a digit."
NAMED: Schema = {"propertyNames": {"pattern": _NAME, "errorMessage": _A_NAME}}
"""A mapping whose keys are names of inputs, nodes or outputs."""
_PATH: Schema = {"type": ["string", "array"], "minLength": 1, "minItems": 1, "items": _TEXT}
_FILES: Schema = {
    "type": ["string", "array", "object"],
    "minLength": 1,
    "minItems": 1,
    "items": _TEXT,
    "properties": dict.fromkeys(SPLITS, _PATH),
    "required": ["train"],
    "additionalProperties": False,
    "errorMessage": "A source is a path, a list of paths, or a file for each split: `{train: a.csv, test: b.csv}`.",
}
_COLUMNS: Schema = {
    "type": ["string", "array", "object", "null"],
    "minLength": 1,
    "minItems": 1,
    "items": _TEXT,
    "additionalProperties": {"type": ["string", "array"], "minLength": 1, "items": _TEXT},
}
_WEIGHTS: Schema = {
    "type": ["string", "null"],
    "pattern": f"{WEIGHTS}|{COMPUTED}",
    "errorMessage": "Weights are read from `.weights.h5` (`model.save_weights`) or `.keras` (`model.save`).",
}
_OUTPUTS: Schema = {
    "type": ["string", "array", "object", "null"],
    "minItems": 1,
    "minProperties": 1,
    "items": {"type": "string"},
    "additionalProperties": {"type": "string"},
    **NAMED,
}
_FILL: Schema = {"type": ["string", "number", "boolean"]}

NOTATION: dict[tuple[str, str], str] = {
    ("Document", "dtype_policy"): '"float32"|"float16"|"bfloat16"|"float64"|"mixed_float16"|"mixed_bfloat16"|null',
    ("Input", "dtype"): "dtype",
    ("Compile", "optimizer"): "<optimizer>|null",
    ("SubModel", "application"): "<application>|null",
    ("Fit", "callbacks"): "[<callback>]",
    ("Stage", "optimizer"): "<optimizer>|null",
    ("Fit", "class_weight"): '"balanced"|{any}|null',
}
"""Fields whose Python type says less than can be said."""

COMPLAINTS: dict[tuple[str, str], str] = {
    ("Document", "task"): f"`task` must be {describe(t.Choice(TASKS))}, or a mapping of outputs to one of these.",
}
"""Sentences that are better than those made of the type."""

WRITTEN: dict[tuple[str, str], Schema] = {
    ("Document", "kspec"): {
        **or_computed({"type": "integer"} | bounds(t.Number(True, 1, 1))),
        "default": 1,
        "errorMessage": "This kspec speaks version 1 of the language: `kspec: 1`.",
    },
    ("Document", "name"): {
        "type": ["string", "null"],
        "pattern": rf"^[A-Za-z0-9_][A-Za-z0-9_.-]*$|{COMPUTED}",
        "errorMessage": "`name` is letters, digits, `_`, `-` and `.`: it names a folder.",
    },
    ("Document", "outputs"): _OUTPUTS,
    ("SubModel", "outputs"): _OUTPUTS,
    ("SubModel", "weights"): _WEIGHTS,
    ("Document", "weights"): _WEIGHTS,
    ("Input", "shape"): {
        "type": ["array", "string"],
        "pattern": COMPUTED,
        "items": {
            "type": ["integer", "string", "null"],
            "minimum": 1,
            "pattern": COMPUTED,
            "errorMessage": "A size is a positive integer, or null where it is unknown.",
        },
        "errorMessage": "A shape is a list of sizes without the batch: `[28, 28, 1]`.",
    },
    ("Data", "parquet"): _FILES,
    ("Data", "npz"): _FILES,
    ("Data", "images"): _FILES,
    ("Data", "inputs"): _COLUMNS,
    ("Data", "targets"): _COLUMNS,
    ("Data", "missing"): {"type": ["string", "number", "boolean", "object"], "additionalProperties": _FILL},
    ("CsvOptions", "path"): _FILES,
    ("CsvOptions", "delimiter"): {
        "type": "string",
        "pattern": rf"^[\t -!#-~]$|{COMPUTED}",
        "errorMessage": "What stands between two values is one character.",
    },
    ("Entry", "name"): {"type": ["string", "null"], "pattern": f"{_NAME}|{COMPUTED}", "errorMessage": _A_NAME},
    ("Entry", "as"): {
        "type": ["array", "string", "null"],
        "pattern": COMPUTED,
        "items": {"type": "string", "pattern": f"{_NAME}|{COMPUTED}", "errorMessage": _A_NAME},
        "minItems": 1,
    },
    ("Entry", "from"): {
        "type": ["string", "array", "object", "null"],
        "items": {"type": "string"},
        "additionalProperties": _REFERENCE,
    },
    ("Stage", "name"): {"type": ["string", "null"], "pattern": f"{_NAME}|{COMPUTED}", "errorMessage": _A_NAME},
    ("Predict", "to"): _TEXT,
    ("Entry", "call"): {"type": ["object", "null", "string"], "pattern": COMPUTED},
}
"""Fields whose form a validator decides."""


def constraints(model: str, names: list[str]) -> Schema:
    """What holds between the keys of a section."""
    if model == "Data":
        return _one_source(
            names,
            SOURCES,
            none=f"The data has no source: name one of {', '.join(SOURCES)}.",
            two="The data has two sources; keep one.",
        )
    if model == "SubModel":
        return _sub_model(names)
    if model == "Split":
        said = {"required": ["by"], "properties": {"by": {"type": "string"}}}
        silent = {"properties": dict.fromkeys(("validation", "test", "stratify"), False)}
        return {
            "if": said,
            "then": silent | {"errorMessage": "`by` says each row's part; nothing has a say beside it."},
        }
    if model in ("Evaluate", "Predict"):
        both = {"required": ["split", "data"], "properties": {"split": _TEXT, "data": _TEXT}}
        return {"if": {"type": "object", **both}, "then": _refused("Either a split or other data is used, not both.")}
    return {}


def _refused(message: str) -> Schema:
    """Refuses a mapping, with a sentence."""
    return {"type": "string", "errorMessage": message}


def _one_source(names: list[str], sources: tuple[str, ...], *, none: str, two: str) -> Schema:
    """A key that is not known is refused for that alone: it may be meant as the source.

    Args:
        names: The keys that are known.
        none: What is said where no source is named.
        two: What is said of a second one.
    """
    any_source = {"anyOf": [{"required": [source]} for source in sources]}
    later = {
        source: {
            "if": {"anyOf": [{"required": [other]} for other in sources[:number]]},
            "then": _refused(two),
        }
        for number, source in enumerate(sources)
        if number
    }
    return {
        "if": {"type": "object", "propertyNames": {"enum": names}, "not": any_source},
        "then": _refused(none),
        "dependencies": later,
    }


def _sub_model(names: list[str]) -> Schema:
    """One source; a model from outside states no inputs and outputs, one of one's own states the inputs."""
    source = _one_source(
        names,
        NETWORKS,
        none="A sub-model has `layers`, or comes from outside: `file: base.keras`, `application: {MobileNetV2: {}}`.",
        two="A sub-model is made of its `layers` or comes from outside, and from one place.",
    )
    outside = {"anyOf": [{"required": ["file"]}, {"required": ["application"]}], "not": {"required": ["layers"]}}
    its_own = {"if": outside, "then": _refused("The inputs and outputs of a model from outside are its own.")}
    source["dependencies"] |= {
        "layers": ["inputs"],
        "inputs": its_own,
        "outputs": its_own,
        "weights": {
            "if": {"required": ["application"], "not": {"anyOf": [{"required": ["layers"]}, {"required": ["file"]}]}},
            "then": _refused("The weights of an application are an argument of it."),
        },
    }
    return source


def csv(options: Schema) -> Schema:
    """A table of text: its files, or `path` with the options beside it.

    Args:
        options: The fields of a table's options.
    """
    splits = dict.fromkeys(SPLITS, _PATH)
    apart = {
        "propertyNames": {
            "enum": list(SPLITS),
            "errorMessage": "The options stand beside `path`, and the files of the splits inside it.",
        }
    }
    stray = {"if": {"anyOf": [{"required": [split]} for split in SPLITS[1:]]}}
    return {
        "type": ["string", "array", "object"],
        "minLength": 1,
        "minItems": 1,
        "items": _TEXT,
        "properties": {**options, **splits},
        "additionalProperties": False,
        "if": {"type": "object", "required": ["train"]},
        "then": apart,
        "else": {
            **stray,
            "then": {
                "type": ["string", "array"],
                "errorMessage": "The file of the training split is missing: `train`.",
            },
            "else": {"required": ["path"]},
        },
    }


def synthetic(model: Schema) -> Schema:
    """Made by seed: with settings, or just `true`."""
    on = {"const": True, "errorMessage": "Synthetic data is asked for by `synthetic: {}`."}
    return model | {"type": ["object", "boolean", "null", "string"], "if": {"type": "boolean"}, "then": on}


def by_output(kind: str, definitions: Definitions) -> Schema:
    """A loss or metrics: for the only output, or by output. A key that is no class is an output's name."""
    several = kind == "metric"
    each = definitions.of(t.parse("<metric>|[<metric>]|null" if several else "<loss>|null"))
    classes = definitions.classes(kind)
    listed = {"items": definitions.kind(kind)} if several else {}

    def make() -> Schema:
        return {
            "type": ["object", "array", "string", "null"] if several else ["object", "string", "null"],
            "properties": classes,
            "patternProperties": EXTENSIONS,
            "additionalProperties": each,
            **listed,
            "if": {"type": "string"},
            "then": definitions.names(kind),
            "else": {"if": {"propertyNames": {"enum": list(classes)}}, "then": {"maxProperties": 1}},
            "defaultSnippets": definitions.proposals(kind),
        }

    return definitions.ref(f"{kind}_by_output", make)
