"""The constant arguments of calls (`call:`): KS216, KS112, and KS111 for missing ones."""

from __future__ import annotations

from typing import Any

from kspec.catalog.types import parse
from kspec.diagnostics import codes, did_you_mean
from kspec.ir import Node
from kspec.ir.constant_files import ConstantFile
from kspec.ir.slices import SliceError, parse_slices
from kspec.lint.arguments import check_value
from kspec.lint.context import RuleContext
from kspec.syntax.yaml_flow import abbreviate


def check(context: RuleContext) -> None:
    """Checks the constants of each call against the catalog."""
    for node in context.graph.calls:
        if node.catalog is not None and not node.faulty:
            with context.checking(node):
                _check_call(context, node)


def _check_call(context: RuleContext, node: Node) -> None:
    assert node.catalog is not None
    report, positions = context.report, context.spec.positions
    tensors = {tensor.name for tensor in node.catalog.tensors}
    known = node.catalog.constants
    for name, value in node.constants.items():
        path = (*node.path, "call", name)
        if name in known:
            check_value(context, value, parse(known[name].type), path, f"`{name}` of `{node.catalog.name}`")
            if "array" in known[name].type and _is_ragged(value):
                report.error(
                    codes.INVALID_ARGUMENT_VALUE,
                    f"the rows of `{name}` of `{node.catalog.name}` have different lengths",
                    positions.value(path),
                    help="give all lists within a list the same length",
                )
            if node.kind == "op" and node.catalog.name == "get_item" and name == "key" and isinstance(value, str):
                try:
                    parse_slices(value)
                except SliceError as error:
                    report.error(
                        codes.INVALID_ARGUMENT_VALUE,
                        str(error),
                        positions.value(path),
                        help='write it as in Python: `key: ":, 0"`',
                    )
        elif name in tensors:
            report.error(
                codes.UNKNOWN_CALL_ARGUMENT,
                f"`{name}` of `{node.catalog.name}` is a tensor: pass it with `from`",
                positions.key(path),
                help=_as_tensor(name, value),
            )
        else:
            report.error(
                codes.UNKNOWN_CALL_ARGUMENT,
                f"the call of `{node.catalog.name}` has no argument `{name}`",
                positions.key(path),
                label=did_you_mean(name, known),
                help=_available(node),
            )
    missing = [
        c.name for c in known.values() if c.required and c.name not in node.constants and c.name not in node.feeds
    ]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        report.error(
            codes.MISSING_ARGUMENT,
            f"`{node.catalog.name}` needs {names}",
            positions.value(node.path),
            help=f"write `call: {{{missing[0]}: ...}}`",
        )


def _as_tensor(name: str, value: Any) -> str:
    """How to pass a tensor argument, and what to do with a constant."""
    help = f"write `from: {{{name}: node}}`"
    if isinstance(value, (int, float, list)):
        help += f"; `node` can be `{{op: array, from: [], call: {{x: {abbreviate(value)}}}, name: node}}`"
    return help


def _is_ragged(value: Any) -> bool:
    """Whether nested lists are no array: some differ in length, or stand beside numbers."""
    return _shape(value) is None


def _shape(value: Any) -> tuple[int, ...] | None:
    """The shape of nested lists; None if they have none."""
    if not isinstance(value, list) or isinstance(value, ConstantFile):
        return ()
    shapes = {_shape(part) for part in value}
    if len(shapes) > 1 or None in shapes:
        return None
    return (len(value), *(next(iter(shapes), None) or ()))


def _available(node: Node) -> str:
    assert node.catalog is not None
    names = ", ".join(node.catalog.constants)
    inside = next((name for name in node.catalog.parameters if name in node.constants), None)
    if inside is not None:
        return f"`{inside}` is an argument of the class: write it inside `{node.catalog.name}: {{...}}`"
    return f"available arguments of the call: {names}" if names else "its call takes only tensors"
