"""KS102, KS103, KS113, KS526, KS527: the initial vectors of an Embedding, read from a file."""

from __future__ import annotations

from kspec.archive.vectors import SUFFIXES, InvalidVectors, shape_of_vectors
from kspec.diagnostics import codes
from kspec.ir import Node
from kspec.lint.context import RuleContext
from kspec.syntax.path_policy import PathProblem

VOCABULARIES = ("TextVectorization", "StringLookup", "IntegerLookup")
"""Layers with a vocabulary."""


def check(context: RuleContext) -> None:
    """Checks each entry with `weights`."""
    for node in context.graph.calls:
        if node.vectors is not None:
            with context.checking(node):
                _check(context, node, *node.vectors)


def _check(context: RuleContext, node: Node, file: str, vocabulary: str | None) -> None:
    report, positions = context.report, context.spec.positions
    path = (*node.path, "weights")
    if node.kind != "layer" or node.head != "Embedding":
        report.error(
            codes.MISPLACED_ENTRY_KEY,
            f"`weights` gives an `Embedding` its vectors, but this entry is `{node.head}`",
            positions.key(path),
            help="to load all weights of a network, write `weights` at the top level or in `models`",
        )
        return
    if context.spec.is_trained:
        return
    problem = context.spec.paths.file_problem(file, suffixes=SUFFIXES)
    if problem is not None:
        problem.report(report, positions.value((*path, "file")))
        return
    if not file.endswith(SUFFIXES):
        report.error(
            codes.INVALID_VALUE,
            f"`{file}` is no file of vectors",
            positions.value((*path, "file")),
            help=f"vectors are read from {', '.join(f'`{suffix}`' for suffix in SUFFIXES)}",
        )
        return
    _check_vocabulary(context, node, vocabulary, is_matrix=file.endswith(".npy"))
    _check_shape(context, node, file)


def _check_vocabulary(context: RuleContext, node: Node, vocabulary: str | None, *, is_matrix: bool) -> None:
    report, positions = context.report, context.spec.positions
    path = (*node.path, "weights")
    stated = context.spec.entry(node.path).weights
    if is_matrix and stated is not None and stated.vocabulary is not None:
        report.error(
            codes.INVALID_VALUE,
            "the rows of a `.npy` file are those of the Embedding, in order",
            positions.key((*path, "vocabulary")),
            help="remove `vocabulary`",
        )
    elif not is_matrix and (stated is None or stated.vocabulary is None):
        report.error(
            codes.MISSING_KEY,
            "`weights` from a text needs `vocabulary`, which gives each word its index",
            positions.key(path),
            help="name the layer that turns words into indices: `vocabulary: words`",
        )
    elif vocabulary is not None:
        callee = context.graph.callee(context.graph.nodes[vocabulary])
        if callee.head not in VOCABULARIES and not callee.faulty:
            report.error(
                codes.INVALID_VALUE,
                f"`{vocabulary}` has no vocabulary",
                positions.value((*path, "vocabulary")),
                help=f"name a node of {', '.join(VOCABULARIES)}",
            )


def _check_shape(context: RuleContext, node: Node, file: str) -> None:
    """Compares the file with the Embedding's sizes, as far as they are known."""
    report, place = context.report, context.spec.positions.value((*node.path, "weights", "file"))
    try:
        with context.spec.paths.open(file) as stream:
            rows, length = shape_of_vectors(stream, file)
    except OSError as error:
        PathProblem.of(error, file).report(report, place)
        return
    except InvalidVectors as error:
        report.error(codes.UNREADABLE_VECTORS, f"`{file}` holds no vectors: {error}", place)
        return
    wanted, size = node.arguments.get("output_dim"), node.arguments.get("input_dim")
    if isinstance(wanted, int) and wanted != length:
        report.error(
            codes.MISMATCHED_VECTORS,
            f"the vectors of `{file}` have {length} dimensions, and `output_dim` is {wanted}",
            place,
            help=f"write `output_dim: {length}`, or name another file",
        )
    if rows is not None and isinstance(size, int) and rows != size:
        report.error(
            codes.MISMATCHED_VECTORS,
            f"`{file}` has {rows:,} rows, and `input_dim` is {size:,}",
            place,
            help=f"write `input_dim: {rows}`, or name another file",
        )
