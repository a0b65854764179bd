"""Checks that targets have the shapes of their outputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from kspec.data.targets.encoding import Shape, TargetEncoding
from kspec.data.types import DataSplit
from kspec.diagnostics import Report, codes
from kspec.ir import Graph
from kspec.language import Spec
from kspec.syntax.yaml_flow import shape_text

Array = np.ndarray[Any, Any]


def check_target_shapes(
    spec: Spec,
    graph: Graph,
    encodings: Mapping[str, TargetEncoding],
    split: DataSplit,
    targets: Mapping[str, Array],
    report: Report,
) -> None:
    """Reports targets that do not have the shape of their output, which Keras would broadcast silently.

    Args:
        spec: The spec.
        graph: Its graph.
        encodings: By output, the encoding of its target.
        split: The training split.
        targets: By output, its encoded targets, shape (n, …).
        report: Receives the mismatches, and a note on each target that is reshaped.
    """
    for name, target in targets.items():
        encoding = encodings[name]
        if encoding.is_free_form or not encoding.is_known:
            continue
        by_class = encoding.settings.target_form == "integer"
        expected = encoding.shape[:-1] if by_class else encoding.shape
        actual = tuple(target.shape[1:])
        if not _fits(actual, expected):
            raw = split.targets[name]
            form = encoding.settings.target_form
            is_class = form in ("integer", "one_hot") and not encoding.has_column_for_each_class(raw)
            actual = tuple(raw.shape[1:]) if is_class else actual
            _report_mismatch(spec, graph, name, encoding.shape, actual, report, is_class=is_class)
        elif not by_class:
            _note_reshaping(spec, graph, name, tuple(split.targets[name].shape[1:]), actual, report)


def _fits(actual: Shape, expected: Shape) -> bool:
    return len(actual) == len(expected) and all(e is None or e == a for e, a in zip(expected, actual, strict=True))


def _note_reshaping(
    spec: Spec, graph: Graph, name: str, own: tuple[int, ...], actual: tuple[int, ...], report: Report
) -> None:
    """Notes that the values of a target are arranged in another shape; a single value never counts."""
    if own == actual or math.prod(own) != math.prod(actual) or math.prod(own) == 1:
        return
    report.info(
        codes.RESHAPED_TARGET,
        f"the target of `{name}` has the shape {shape_text(own)} for each example, and is reshaped to "
        f"{shape_text(actual)}, the output's shape",
        spec.positions.value(graph.nodes[graph.outputs[name].node].path),
    )


def _report_mismatch(
    spec: Spec,
    graph: Graph,
    name: str,
    output: Shape,
    target: tuple[int, ...],
    report: Report,
    *,
    is_class: bool,
) -> None:
    """Reports a target that does not have the shape of its output.

    Args:
        spec: The spec.
        graph: Its graph.
        name: The output.
        output: Its shape for one example.
        target: The shape of its target.
        report: Receives the error.
        is_class: Whether each value of the target is a class.
    """
    node = graph.nodes[graph.outputs[name].node]
    known = [size for size in output if size is not None]
    single = math.prod(target) == 1
    if len(output) > 1 and single:
        help = (
            f"`{name}` predicts at every position; for one prediction put `Flatten` or a global pooling layer before it"
        )
    elif is_class:
        has = "each position" if known[:-1] else "each example"
        wanted = shape_text((*target, output[-1]))
        help = f"give the target one label for {has}, or let `{name}` predict {wanted}"
    elif len(output) == 1 and single and output[0] != 1:
        help = f"give it as many units as the target has columns (for labels `{{classes_of: {name}}}`)"
    else:
        wanted = f"{math.prod(known)} values" if len(known) == len(output) else f"the shape {shape_text(output)}"
        help = f"give the target {wanted} for each example, or the output the shape {shape_text(target)}"
    report.error(
        codes.DATA_SHAPE_MISMATCH,
        f"`{name}` predicts {shape_text(output)} for each example, and its target has {_size(target)}",
        spec.positions.value(node.path),
        help=help,
    )


def misfit(encoding: TargetEncoding, raw: Array, horizon: int = 0) -> str:
    """How a target of other data differs in shape from that of training, after "it has"; empty if it fits its output.

    Args:
        encoding: The encoding of the target in training.
        raw: The other target, as in `DataSplit.targets`, or that of rows.
        horizon: The rows of a target, if `raw` is that of rows.
    """
    own, labels = tuple(raw.shape[1:]), encoding.labels
    own = (horizon, *own) if horizon else own
    if encoding.is_free_form or not encoding.is_known or encoding.settings.loss is None:
        return ""
    wanted: Shape = encoding.shape
    if labels is not None and labels.kind == "column":
        wanted = (*wanted[:-1], len(labels.names))
        fits = _fits(own, wanted)
    else:
        is_class = encoding.settings.target_form in ("integer", "one_hot")
        known = labels.values[0] if labels is not None and labels.names else 0.0
        try:
            encoded = tuple(encoding.encode(np.full((1, *own), known)).shape[1:])
        except ValueError:  # the loss cannot take the target of training either, which is reported there
            return ""
        fits = _fits(encoded, wanted[:-1] if encoding.settings.target_form == "integer" else wanted)
        wanted = wanted[:-1] if is_class else wanted
    return "" if fits else f"{_size(own)} for each example, and the model was trained on {_size(wanted)}"


def _size(shape: Shape) -> str:
    return "one value" if math.prod(size or 2 for size in shape) == 1 else f"the shape {shape_text(shape)}"
