"""Which inputs and targets take lists, and how long these become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context
from kspec.data.lists.columns import split_texts
from kspec.data.lists.padding import ListPlan, list_plan
from kspec.data.network_specs import InputSpec, OutputSpec
from kspec.data.table import Column, Table
from kspec.diagnostics import codes
from kspec.ir import Graph
from kspec.language.data import Data
from kspec.language.sequences import ListTarget
from kspec.language.targets import target_scale

if TYPE_CHECKING:
    import numpy as np

    from kspec.data.columns import ColumnMapping

    Array = np.ndarray[Any, Any]


def plan_lists(table: Table, mapping: ColumnMapping, data: Data, graph: Graph | None) -> None:
    """Adds the plans of what the spec only names, and of targets, which are padded and cut as the inputs are.

    Args:
        table: The table.
        mapping: Receives the plans.
        data: The `data` section.
        graph: The network; None if it is not known.
    """
    for name, columns in mapping.inputs.items():
        if name not in mapping.lists and len(columns) == 1 and table.columns[columns[0]].kind == "list":
            mapping.lists[name] = ListPlan()
    inputs = list(mapping.lists.values())
    for name, columns in mapping.targets.items():
        setting = data.targets.get(name) if isinstance(data.targets, dict) else None
        if not isinstance(setting, ListTarget):
            is_list = len(columns) == 1 and table.columns[columns[0]].kind == "list"
            if not is_list or target_scale(data.targets, name) is not None:
                continue
            setting = ListTarget(column=columns[0])
        plan = mapping.lists[name] = list_plan(setting)
        for end in ("padding", "truncating"):
            shared = {getattr(other, end) for other in inputs}
            if getattr(setting, end) is None and len(shared) == 1:
                setattr(plan, end, shared.pop())
        if plan.through is not None:
            plan.is_text = encoder_head(plan.through, graph) == "TextVectorization"
            plan.sep = "" if plan.sep is None and not plan.is_text else plan.sep
        for other, own in mapping.inputs.items():
            if plan.shift and not plan.is_text and other in mapping.lists and own == columns:
                mapping.lists[other].shorten = plan.shift


def encoder_head(through: Any, graph: Graph | None) -> str:
    """The class of the layer that encodes a target; empty if it is not known.

    Args:
        through: As in `ListPlan`.
        graph: The network.
    """
    if not isinstance(through, str):
        return str(next(iter(through)))
    node = graph.nodes.get(through) if graph is not None else None
    return "" if node is None or graph is None else graph.callee(node).head


def refuse_other_lists(table: Table, mapping: ColumnMapping, context: Context) -> None:
    """Reports columns with lists of unequal length that the spec does not pad.

    Args:
        table: The table.
        mapping: The columns of each input and output, and their plans.
        context: Receives the errors.

    Raises:
        InvalidData: If there are some.
    """
    for kind, feeds in (("inputs", mapping.inputs), ("targets", mapping.targets)):
        for name, columns in feeds.items():
            for column in columns if name not in mapping.lists else ():
                if table.columns[column].kind == "list":
                    message = (
                        f"the lists of `{column}` differ in length, so it can neither be scaled nor joined to others"
                    )
                    help = f"name it alone: `{kind}: {{{name}: {column}}}`"
                    context.error(codes.DATA_SHAPE_MISMATCH, message, mapping.places[name], help=context.remedy(help))
    context.stop_on_errors()


def read_lists(table: Table, mapping: ColumnMapping) -> None:
    """Splits the texts of cells into lists, where a plan says what separates their items.

    Args:
        table: The table, whose columns are replaced.
        mapping: The columns of each input and output, and their plans.
    """
    for name, plan in mapping.lists.items():
        for column in (*mapping.inputs.get(name, ()), *mapping.targets.get(name, ()), *_weights(mapping, name, table)):
            if (
                plan.sep is not None
                and not plan.is_text
                and column in table.columns
                and not is_lists(table.columns[column])
            ):
                table.columns[column] = split_texts(table.columns[column], plan.sep)


def _weights(mapping: ColumnMapping, name: str, table: Table) -> list[str]:
    """The column of the weights of an output by position; empty if it has one weight for each row."""
    column = mapping.weights.get(name)
    return [column] if column in table.columns and table.columns[column].kind == "text" else []


def is_lists(column: Column) -> bool:
    """Whether a column has a list in each row."""
    return column.kind in ("array", "list")


def learn_lengths(
    table: Table,
    mapping: ColumnMapping,
    train: Array,
    inputs: Mapping[str, InputSpec],
    outputs: Mapping[str, OutputSpec],
    context: Context,
) -> None:
    """Decides the lengths that the spec leaves open: from the shape of the input or output, else the training split.

    Args:
        table: The table.
        mapping: Its columns and plans, which are completed.
        train: The indices of the training rows.
        inputs: The shape and dtype of each input.
        outputs: By output, what is known of it.
        context: Receives an error for a column without lists.

    Raises:
        InvalidData: If a column has no lists.
    """
    require_lists(table, mapping, context)
    for name, plan in mapping.lists.items():
        if plan.length is None and name in mapping.inputs:
            plan.length = inputs[name].shape[0] if inputs[name].shape else None
        plan.whole = name in outputs and outputs[name].loss == "CTC"
        if plan.length is None and name in outputs and not plan.whole:
            plan.length = outputs[name].steps
    known = {plan.length for name, plan in mapping.lists.items() if name in mapping.inputs and plan.length}
    for name, plan in mapping.lists.items():
        if plan.length is None and name in mapping.targets and len(known) == 1 and not plan.whole:
            plan.length = next(iter(known))
        if plan.length is None and not plan.is_text:
            rows = table.columns[column_of(mapping, name)].values
            plan.length = max((len(rows[row]) for row in train.tolist()), default=0) or 1


def column_of(mapping: ColumnMapping, name: str) -> str:
    """The column whose lists an input or an output takes."""
    return (mapping.inputs.get(name) or mapping.targets[name])[0]


def cut_lists(table: Table, mapping: ColumnMapping) -> list[str]:
    """A note for each column of which lists are cut.

    Args:
        table: The table.
        mapping: Its columns and plans.
    """
    notes = []
    for name, plan in mapping.lists.items():
        if (
            plan.length is None
            or plan.is_text
            or plan.whole
            or (name not in mapping.inputs and name not in mapping.targets)
        ):
            continue
        column = table.columns[column_of(mapping, name)]
        lengths = [len(row) for row in column.values]
        cut = sum(length > plan.length for length in lengths)
        if cut:
            end = "beginning" if plan.truncating == "pre" else "end"
            notes.append(
                f"the lists of `{column.name}` are cut to {plan.length} at the {end} in {cut:,} "
                f"row{'s' if cut > 1 else ''}; the longest has {max(lengths):,}"
            )
    return list(dict.fromkeys(notes))


def require_lists(table: Table, mapping: ColumnMapping, context: Context) -> None:
    """Checks that columns of lists have them, and that the lists in lists have one length.

    Args:
        table: The table.
        mapping: Its columns and plans.
        context: Receives the errors.

    Raises:
        InvalidData: If there are some.
    """
    for name, plan in mapping.lists.items():
        if plan.is_text or (name not in mapping.inputs and name not in mapping.targets):
            continue
        column = table.columns[column_of(mapping, name)]
        if not is_lists(column):
            contents = "text" if column.kind == "text" else "one value in each row"
            separator = ', sep: " "' if plan.sep is None else ""
            help = f"say what separates its items: `{name}: {{column: {column.name}{separator}}}`"
            message = f"`{name}` takes lists, and `{column.name}` has {contents}"
            context.error(codes.INCOMPATIBLE_DATA_TYPE, message, mapping.places[name], help=context.remedy(help))
        elif len({row.shape[1:] for row in column.values if len(row)}) > 1:
            message = f"the lists in the lists of `{column.name}` differ in length"
            help = context.remedy("give each step the same number of values")
            context.error(codes.DATA_SHAPE_MISMATCH, message, mapping.places[name], help=help)
    context.stop_on_errors()
