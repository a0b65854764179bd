"""Checks what a spec says of its data against the headers of the data, as reading it would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kspec.data.columns import ColumnMapping, map_columns
from kspec.data.context import Context, InvalidData
from kspec.data.files.contents import check_resized, column_of_files, contents
from kspec.data.headers.columns import column_of_header
from kspec.data.headers.sources import read_header
from kspec.data.input_shapes import example_shape
from kspec.data.mapping_checks import check_has_target, check_synthetic
from kspec.data.network_specs import InputSpec
from kspec.data.sources.read_request import Request
from kspec.data.table import FILES, Table
from kspec.diagnostics import Report, codes
from kspec.language import Spec
from kspec.language.data import Data


def check_headers(spec: Spec, inputs: Mapping[str, InputSpec], outputs: Sequence[str], report: Report) -> None:
    """Reports missing files, unknown columns, leaks of targets, and inputs of another size than their columns.

    What only the rows can tell is left to reading them; so is all that is not quickly found out.

    Args:
        spec: The spec.
        inputs: The shape and dtype of each input.
        outputs: The names of the outputs; empty if the network has errors.
        report: Receives every problem.
    """
    data = spec.document.data
    if data is None:
        return
    context = Context(spec, report, ("data", data.source), is_brief=True)
    request = Request(context, inputs, outputs, spec.document.data_seed)
    mapping, own = None, list[str]()
    try:
        check_synthetic(data, context)
        if data.source != "synthetic":
            table = read_header(data.source, getattr(data, data.source), request)
            context.stop_on_errors()
            own = [] if table is None else list(table.columns)
            if data.columns or data.where or spec.document.evaluate.slices:
                _derive(data, table, context)
            if table is not None and inputs and (outputs or data.targets is not None):
                mapping = _check_mapping(table, data, request)
    except InvalidData:
        pass
    if spec.document.evaluate.data is not None or spec.document.predict.data is not None:
        from kspec.data.headers.steps import check_step_headers

        check_step_headers(mapping, own, request)


def _check_mapping(table: Table, data: Data, request: Request) -> ColumnMapping:
    """Reports what the spec says of columns and the table does not have.

    Args:
        table: The table, without rows.
        data: The `data` section.
        request: What is read.

    Returns:
        The columns of each input and output.

    Raises:
        InvalidData: If there are errors.
    """
    context = request.context
    for name, (content, place) in contents(data).items():
        column = column_of_files(name, table, place, context)
        if column is not None:
            column.kind = "text" if content == "text" else "audio" if content == "audio" else "image"
    check_resized(table, data, context)
    if data.missing:
        from kspec.data.missing.indicators import add_indicators

        add_indicators(table, data, request.outputs, context, has_rows=False)
    outputs = request.outputs or _named_outputs(data)
    mapping = context.require(map_columns(table, data, request.inputs, outputs, context))
    if data.missing:
        from kspec.data.missing.imputation import check_names
        from kspec.data.missing.indicators import take_indicators

        take_indicators(table, mapping, data, request.inputs, context)
        context.stop_on_errors()
        check_names(data.missing, table, context)
    if request.outputs:  # else an output may have a target that nobody has named, and an input less columns
        check_has_target(table, mapping, request)
        context.stop_on_errors()
        _check_sizes(table, mapping, request)
    if context.spec.document.predict.keep and context.spec.document.predict.data is None:
        from kspec.data.kept_columns import check_kept

        check_kept(table, context)
    return mapping


def _named_outputs(data: Data) -> list[str]:
    """The outputs that the `data` section names, where the network has errors and its own are unknown."""
    names = [*data.targets] if isinstance(data.targets, dict) else ["output"]
    return list(dict.fromkeys([*names, *data.weights])) if isinstance(data.weights, dict) else names


def _derive(data: Data, table: Table | None, context: Context) -> None:
    """Checks the expressions, and adds the new columns to the table.

    Args:
        data: The `data` section.
        table: The table; None if its columns are unknown.
        context: Receives every problem.
    """
    from kspec.data.expressions.derivation import check_expressions

    read = check_expressions(data, table, context)
    context.stop_on_errors()
    for name, columns in read.items() if table is not None else ():
        assert table is not None
        table.columns[name] = column_of_header(name)
        sources = (table.sources.get(source, (source,)) for source in columns)
        table.sources[name] = tuple(dict.fromkeys(source for each in sources for source in each))


def _check_sizes(table: Table, mapping: ColumnMapping, request: Request) -> None:
    """Reports inputs whose columns, each a single value in a row or an array, do not fill their shape.

    Args:
        table: The table.
        mapping: The columns of each input.
        request: What is read.
    """
    wrong_windows = any(problem.code == codes.WINDOW_SHAPE for problem in request.context.report)
    for name, takes in request.inputs.items():
        columns = [table.columns[column] for column in mapping.inputs[name]]
        is_number = takes.dtype != "string"
        if name in mapping.lists or any(
            column.kind in FILES or column.kind == "list" or (is_number and column.kind == "text") for column in columns
        ):
            continue
        is_window = mapping.windows.get(name) is not None
        if is_window and wrong_windows:  # a rule has reported it
            continue
        example_shape(name, takes, columns, mapping.places[name], request.context, is_window=is_window)
