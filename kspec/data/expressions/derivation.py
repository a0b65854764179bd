"""New columns and filters: SQL expressions over the columns of a row, evaluated before the examples are split."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kspec.data.context import Context
from kspec.data.expressions.distinct_rows import first_rows
from kspec.data.expressions.duckdb_engine import Engine, EngineError
from kspec.data.expressions.engine_columns import (
    UNSUPPORTED,
    arrow_column,
    column_of,
    engine_type,
    is_time,
    longest,
    words,
)
from kspec.data.expressions.growth import UnboundedGrowth, largest_value
from kspec.data.expressions.syntax import COLUMNS, Expression, are_few, check_expression, quoted, report_place
from kspec.data.limits import LimitReached, check_memory
from kspec.data.sources import names
from kspec.data.sources.read_request import Request
from kspec.data.table import Column, Table
from kspec.diagnostics import Path, Report, Rule, codes, did_you_mean
from kspec.diagnostics.suggest import available
from kspec.language.data import Data

WHERE: Path = ("data", "where")


@dataclass(slots=True)
class Derivation:
    """What expressions made of a table.

    Args:
        table: The table with its new columns, without the rows that were left out.
        types: By column of the file that an expression reads, its type in the engine; other data is read alike.
        notes: What was left out, a few words each.
    """

    table: Table
    types: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def derive(table: Table, data: Data, context: Context) -> Derivation:
    """Adds the new columns of training data to their table, and leaves out the rows that the spec filters out.

    Args:
        table: The table.
        data: The `data` section.
        context: Receives every problem.

    Raises:
        InvalidData: If there is a problem.
    """
    if not (data.columns or data.where or data.distinct):
        return Derivation(table)
    result = Derivation(table)
    own = list(table.columns)
    if not are_few(data, context):
        context.stop_on_errors()
    if data.columns or data.where:
        with Engine(context.limits.memory) as engine:
            evaluation = Evaluation(table, engine, context, {})
            _check_names(data, table, context)
            evaluation.add_columns(data.columns)
            context.stop_on_errors()
            kept = None if data.where is None else evaluation.where(data.where, result.notes)
            result.types = evaluation.types
        if kept is not None:
            result.table = _filtered(table, kept, context)
    if data.distinct:
        first = first_rows([result.table.columns[name] for name in own], result.table.rows)
        repeated = int((~first).sum())
        if repeated:
            result.table = result.table.take(first)
            result.notes.append(f"{repeated:,} repeated row{'s' if repeated > 1 else ''} left out")
    return result


def derive_new(
    table: Table, data: Data, types: Mapping[str, str], needed: Iterable[str], context: Context, *, with_filter: bool
) -> Derivation:
    """Adds the new columns to the table of other data; an evaluation leaves out the rows that training left out.

    Args:
        table: The table, which may lack columns that only targets are computed from.
        data: The `data` section of training.
        types: As in `Derivation`, from training: a value of another type is missing.
        needed: The columns that the model, or an evaluation, needs.
        context: Receives every problem.
        with_filter: Whether `where` leaves out rows.

    Raises:
        InvalidData: If there is a problem.
    """
    where = data.where if with_filter else None
    if not data.columns and where is None:
        return Derivation(table)
    result = Derivation(table)
    with Engine(context.limits.memory) as engine:
        evaluation = Evaluation(table, engine, context, types)
        evaluation.add_columns(data.columns, needed)
        context.stop_on_errors()
        if where is not None:
            result.table = _filtered(table, evaluation.where(where, result.notes), context)
        result.types = evaluation.types
    return result


def check_expressions(data: Data, table: Table | None, context: Context) -> dict[str, tuple[str, ...]]:
    """Checks the expressions of a spec without reading its data, except for the names of the columns.

    Args:
        data: The `data` section.
        table: The table without its rows; None if that is unknown.
        context: Receives every problem.

    Returns:
        By new column, the columns that its expression reads.
    """
    if not are_few(data, context):
        return {}
    if table is None:
        silent = Context(context.spec, Report(), context.source_path)
        columns = names(data.source, getattr(data, data.source), Request(silent, {}, []))
    else:
        columns = list(table.columns)
        _check_names(data, table, context)
    read: dict[str, tuple[str, ...]] = {}
    with Engine(context.limits.memory) as engine:
        known: list[str] | None = list(columns) or None
        for name, text in data.columns.items():
            expression = check_expression(text, (*COLUMNS, name), engine, context, known)
            read[name] = () if expression is None else expression.columns
            if known is not None:
                known.append(name)
        if data.where is not None:
            check_expression(data.where, WHERE, engine, context, known)
        for number, text in enumerate(context.spec.document.evaluate.slices):
            check_expression(text, ("evaluate", "slices", number), engine, context, known)
    return read


def _check_names(data: Data, table: Table, context: Context) -> None:
    for name in data.columns:
        if name in table.columns or name in table.unusable:
            context.error(
                codes.REDEFINED_COLUMN,
                f"the file already has a column `{name}`",
                (*COLUMNS, name),
                key=True,
                help="give the new column another name",
            )


def _filtered(table: Table, kept: Any, context: Context) -> Table:
    if not kept.any():
        context.error(
            codes.EMPTY_SPLIT,
            f"`where` leaves out all {table.rows:,} rows",
            None if context.is_new else WHERE,
            help="correct the condition: it keeps the rows for which it is true",
        )
        context.stop_on_errors()
    return table if kept.all() else table.take(kept)


class Evaluation:
    """Evaluates expressions on a table.

    Args:
        table: The table; gets the new columns.
        engine: Evaluates them.
        context: Receives every problem.
        trained: As in `Derivation.types`, from training; empty for training data.
    """

    def __init__(self, table: Table, engine: Engine, context: Context, trained: Mapping[str, str]) -> None:
        self.table = table
        self.engine = engine
        self.context = context
        self.trained = trained
        self.types: dict[str, str] = {}
        self._arrays: dict[str, Any] = {}

    def add_columns(self, texts: Mapping[str, str], needed: Iterable[str] | None = None) -> None:
        """Adds columns to the table.

        Args:
            texts: By column, its expression, which can read the columns before it.
            needed: The columns that must be there; others are left out if a column is absent. None for all.
        """
        lacking: set[str] = set()
        for name, text in texts.items():
            path: Path = (*COLUMNS, name)
            if needed is not None and self._lacks(text, path, lacking, name in set(needed)):
                lacking.add(name)
                continue
            expression = check_expression(text, path, self.engine, self.context, list(self.table.columns))
            column = None if expression is None else self.column(name, expression)
            self.context.stop_on_errors()
            assert expression is not None
            assert column is not None
            self.table.columns[name] = column
            read = (self.table.sources.get(source, (source,)) for source in expression.columns)
            self.table.sources[name] = tuple(dict.fromkeys(source for sources in read for source in sources))

    def _lacks(self, text: str, path: Path, lacking: Collection[str], is_needed: bool) -> bool:
        """Whether other data lacks a column that an expression reads, which is an error if the model needs it."""
        expression = check_expression(text, path, self.engine, self.context, None)
        columns = () if expression is None else expression.columns
        absent = [column for column in columns if column in lacking or column not in self.table.columns]
        if absent and is_needed:
            self.context.error(
                codes.UNKNOWN_COLUMN,
                f"the data lacks column `{absent[0]}`, from which `{path[-1]}` is computed",
                self.context.source_path,
                label=did_you_mean(absent[0], self.table.columns),
                help=available("columns", self.table.columns),
            )
        return bool(absent)

    def where(self, text: str, notes: list[str]) -> Any:
        """Which rows a condition keeps, shape (rows,).

        Args:
            text: The condition.
            notes: Gets how many it leaves out.
        """
        expression = self.context.require(
            check_expression(text, WHERE, self.engine, self.context, list(self.table.columns))
        )
        column = self.context.require(self.column("where", expression))
        if column.kind != "boolean":
            self.context.error(
                codes.INVALID_DATA_EXPRESSION,
                f"`where` must be true or false for each row, not {words(column.kind)}",
                WHERE,
                help="compare the value, as in `price > 0`",
            )
        self.context.stop_on_errors()
        kept = column.values & ~column.missing
        left_out, unknown = int((~kept).sum()), int(column.missing.sum())
        if left_out:
            more = f" ({unknown:,} of them because a value is missing)" if unknown else ""
            notes.append(f"{left_out:,} left out by `where`{more}")
        return kept

    def column(self, name: str, expression: Expression) -> Column | None:
        """The values of an expression, as a column; None if there is a problem, which is reported."""
        import pyarrow as pa

        for column in expression.columns:
            if self.table.columns[column].kind in ("array", "list"):
                message = f"`{column}` has several numbers in each row; an expression takes one value of a row"
                report_place(self.context, expression.path, expression.text, codes.INVALID_DATA_EXPRESSION, message)
                return None
        casts = {column: self._cast(column) for column in expression.columns}
        arrays = {column: self._arrays[column] for column in expression.columns}
        rows = pa.table({**arrays, _ROW: pa.nulls(self.table.rows, pa.bool_())})
        try:
            largest = largest_value(
                expression.syntax,
                {column: longest(array) for column, array in arrays.items()},
                self.context.limits.memory,
            )
        except UnboundedGrowth as growth:
            place = expression.syntax.place(growth.node)
            report_place(
                self.context, expression.path, expression.text, codes.INVALID_DATA_EXPRESSION, growth.message, place,
                help=growth.help,
            )  # fmt: skip
            return None
        try:
            kind = self.engine.type_of(expression.text, rows, casts)
        except EngineError as error:
            self._report_types(expression, error)
            return None
        text = f"cast((\n{expression.text}\n) as varchar)" if is_time(kind) else expression.text
        if kind.partition("(")[0] in UNSUPPORTED or kind.endswith("]"):
            message = f"the expression gives {words(kind)}; a column holds numbers, booleans or text"
            report_place(self.context, expression.path, expression.text, codes.INVALID_DATA_EXPRESSION, message)
            return None
        values = self._values(text, expression, rows, casts, max(1, _AT_ONCE // largest))
        if values is None:
            return None
        return column_of(name, "VARCHAR" if is_time(kind) else kind, values)

    def _values(self, text: str, expression: Expression, rows: Any, casts: Mapping[str, str], count: int) -> Any:
        """The values of an expression, a pyarrow chunked array; None if there is a problem, which is reported.

        Args:
            text: What is computed: the expression, or a text of its values.
            expression: The expression.
            rows: The columns that it reads.
            casts: As in `Engine.evaluate`.
            count: How many rows the engine gets at once.
        """
        import pyarrow as pa

        parts: list[Any] = []
        size = 0
        for start in range(0, max(1, self.table.rows), count):
            try:
                parts.append(self.engine.evaluate(text, rows.slice(start, count), casts))
                size += parts[-1].nbytes
                check_memory(size, str(expression.path[-1]), self.context.limits)
            except EngineError as error:
                self._report_value(expression, error, rows, casts, start, min(start + count, self.table.rows))
                return None
            except LimitReached as reached:
                self.context.limit(reached, expression.path)
                return None
        return pa.chunked_array([chunk for part in parts for chunk in part.chunks], type=parts[0].type)

    def _cast(self, name: str) -> str:
        """The type as which a column is read in other data, empty if that is its own; keeps its values."""
        column = self.table.columns[name]
        trained = self.trained.get(name)
        if name not in self._arrays:
            self._arrays[name] = arrow_column(column, as_text=trained == "VARCHAR", find_times=trained is None)
        own = engine_type(self._arrays[name])
        self.types[name] = trained or own
        is_whole = trained == "BIGINT" and own == "DOUBLE"
        return "" if trained is None or trained == own or is_whole else trained

    def _report_types(self, expression: Expression, error: EngineError) -> None:
        message, help = error.message, ""
        if message.startswith("No function matches"):
            call = message.split("'")[1] if "'" in message else message
            name, _, types = call.partition("(")
            message = f"`{name}` does not take ({words(types.rstrip(')'))})"
            texts = [column for column in expression.columns if self.types.get(column) == "VARCHAR"]
            times = [column for column in expression.columns if is_time(self.types.get(column, ""))]
            if texts:
                help = f"`{texts[0]}` is text; convert it, as in `try_cast({quoted(texts[0])} as double)`"
            elif times:
                help = f"`{times[0]}` is a date; `{quoted(times[0])}::varchar` is its text"
        self._report(codes.INVALID_DATA_EXPRESSION, expression, message, error, help)

    def _report_value(
        self,
        expression: Expression,
        error: EngineError,
        rows: Any,
        casts: Mapping[str, str],
        good: int,
        bad: int,
    ) -> None:
        """Reports a value that cannot be computed, with the first row that has one.

        Args:
            expression: The expression.
            error: What the engine says.
            rows: The columns that it reads.
            casts: As in `Engine.evaluate`.
            good: The first of the rows among which it is.
            bad: The row after them.
        """
        while bad - good > 1:
            middle = (good + bad) // 2
            try:
                self.engine.evaluate(expression.text, rows.slice(good, middle - good), casts)
                good = middle
            except EngineError as found:
                bad, error = middle, found
        message = error.message[:1].lower() + error.message[1:].rstrip("!")
        message = message.partition(" when casting from")[0]
        message = f"`{expression.path[-1]}` cannot be computed in {self.table.locate([good])}: {message}"
        help = "use wider numbers, as in `cast(x as double)`"
        if "convert" in message or "cast" in message or "format" in message:
            help = "`try_cast(x as type)` gives a missing value where a text cannot be converted"
        self._report(codes.FAILED_EXPRESSION, expression, message, error, help)

    def _report(self, rule: Rule, expression: Expression, message: str, error: EngineError, help: str) -> None:
        place = (error.start, error.end)
        report_place(self.context, expression.path, expression.text, rule, message, place, help=help)


_AT_ONCE = 64 << 20
"""The characters and items that the engine computes at once, at most: its limit of memory does not count them."""
_ROW = "kspec_row"
"""A column that gives a table its number of rows where an expression reads none."""
