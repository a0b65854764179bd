"""The style: the order of keys, and which values go on one line or on several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from kspec.diagnostics import Path
from kspec.rewrite.fmt.tree import Node

WIDTH = 120
"""Lists and mappings that do not fit are opened. Text and comments are never wrapped."""

Form = Literal["block", "line", "as_is"]
"""On several lines; on one if it fits; as the author wrote it, if that fits."""

TEMPLATES = ("blocks", "models")
_BLOCKS = {"layers": "list", "inputs": "mapping", "blocks": "mapping", "models": "mapping"}
"""Sections that always go on several lines."""

HEADER = ("kspec", "name", "description", "task", "seed")
DOCUMENT = (
    *(*HEADER, "vars", "extensions", "dtype_policy", "include", "data", "weights"),
    *("inputs", *TEMPLATES, "layers", "outputs", "compile", "fit", "evaluate", "predict"),
    "budget",
)
_TEMPLATE = ("params", "file", "application", "weights", "trainable", "inputs", "layers", "outputs")
_WORDS = ("with", "from", "call", "name", "as", "trainable", "weights", "repeat", "each", "when")
_STAGE = ("name", "epochs", "optimizer", "trainable")
_DATA = (
    "columns",
    "where",
    "distinct",
    "inputs",
    "targets",
    "weights",
    "read",
    "missing",
    "window",
    "split",
    "balance",
)
_KEYS: dict[Path, Sequence[str]] = {
    ("data", "csv"): ("path", "train", "validation", "test", "delimiter", "encoding", "header"),
    ("data", "split"): (
        "by",
        "time",
        "order",
        "group",
        "hash",
        "lists",
        "key",
        "train",
        "validation",
        "test",
        "folds",
        "fold",
        "gap",
        "stratify",
    ),
    ("compile",): ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "auto_scale_loss"),
    ("fit",): (
        *("epochs", "batch_size", "steps_per_epoch", "shuffle", "class_weight", "validation_freq", "time_limit"),
        *("keep", "monitor", "repeats", "resplit", "verbose", "engine", "workers", "checkpoint", "callbacks", "stages"),
    ),
    ("evaluate",): ("split", "data", "batch_size"),
    ("predict",): ("split", "data", "batch_size", "threshold", "to"),
}


def order(path: Path, keys: Sequence[str]) -> list[int] | None:
    """The positions of a mapping's keys in the order of the style; None if the author's order is kept.

    The author's order is kept where it carries meaning: the arguments of a class, the inputs, outputs and variables. It
    is also kept if a key is unknown: misspelt keys are not moved about.
    """
    known = _known(path, keys)
    if known is None or any(key not in known for key in keys) or len(set(keys)) < len(keys):
        return None
    return sorted(range(len(keys)), key=lambda position: known.index(keys[position]))


def _known(path: Path, keys: Sequence[str]) -> Sequence[str] | None:
    path, in_template = within(path)
    if not path:
        return _TEMPLATE if in_template else DOCUMENT
    if is_entry(path):
        heads = [key for key in keys if key not in _WORDS]
        return (*heads, *_WORDS) if len(heads) == 1 else None
    if path == ("data",):
        sources = [key for key in keys if key not in _DATA]
        return (*sources, *_DATA) if len(sources) <= 1 else None
    if path[:2] == ("fit", "stages") and len(path) == 3:
        return _STAGE
    if path[0] == "inputs" and len(path) == 2:
        return ("shape", "dtype")
    return _KEYS.get(path)


def form(path: Path, node: Node) -> Form:
    """The form of a list or mapping that is not empty.

    Sections, and values right below them that hold lists or mappings, stay as the author wrote them. Anything deeper or
    flat goes on one line.
    """
    path, in_template = within(path)
    if not path or is_entry(path) or (len(path) == 1 and _BLOCKS.get(str(path[0])) == node.kind):
        return "block"
    if in_template and len(path) == 1 and node.kind == "list":
        return "line"
    if isinstance(path[-1], int) and node.kind == "mapping":
        return "as_is" if len(node.children) > 1 else "block"
    is_flat = not any(child.value.is_collection for child in node.children)
    if is_flat and (node.kind == "list" or len(path) > 1):
        return "line"
    return "line" if len(path) > 2 or _is_object(node) else "as_is"


def within(path: Path) -> tuple[Path, bool]:
    """A path relative to its block or model, whose parts have the names of a spec's sections."""
    return (path[2:], True) if len(path) > 1 and path[0] in TEMPLATES else (path, False)


def is_entry(path: Path) -> bool:
    """Whether a path is that of an entry of `layers`."""
    path, _ = within(path)
    return len(path) == 2 and path[0] == "layers"


def _is_object(node: Node) -> bool:
    """Whether a node is a class with its arguments, such as `{Adam: {learning_rate: 1e-3}}`."""
    if node.kind != "mapping" or len(node.children) != 1 or node.children[0].key is None:
        return False
    name = node.children[0].key.value
    return name[:1].isupper() or "." in name
