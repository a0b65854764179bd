"""SQL expressions over the columns of one row: what an expression reads, and what it must not do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from kspec.data.context import Context
from kspec.data.expressions.duckdb_engine import Engine, EngineError, Function, Syntax, all_nodes, children
from kspec.data.expressions.growth import UnboundedGrowth, largest_value
from kspec.diagnostics import Path, Rule, codes, did_you_mean
from kspec.diagnostics.suggest import available
from kspec.language.data import Data
from kspec.syntax.formula import place_within

COLUMNS: Path = ("data", "columns")
_MAX_COLUMNS, _MAX_CHARACTERS = 1_000, 100_000
"""How many expressions there may be, and their characters together; checking as many takes about a second."""
SCALAR = {
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "LAMBDA",
    "OPERATOR", "TYPE",
}  # fmt: skip
"""The classes of nodes that look at one row."""
OVER_ROWS = {"SUBQUERY": "a subquery", "WINDOW": "a window function"}
SEVERAL_ROWS = ("unnest", "generate_subscripts", "regexp_split_to_table")
"""Functions that give several rows for one."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression.

    Args:
        text: It, in SQL.
        path: The setting.
        columns: The columns that it reads, each once.
        syntax: Its parts.
    """

    text: str
    path: Path
    columns: tuple[str, ...]
    syntax: Syntax


def check_expression(
    text: str, path: Path, engine: Engine, context: Context, columns: Collection[str] | None
) -> Expression | None:
    """Checks that a text is an expression over one row, which gives the same value in each run.

    Args:
        text: The expression.
        path: The setting that has it.
        engine: Parses it.
        context: Receives the first problem.
        columns: The columns that it can read; None if they are unknown.

    Returns:
        The expression; None if there is a problem.
    """
    try:
        syntax = engine.parse(text)
    except EngineError as error:
        help = "write one SQL expression over the columns of a row, as in `price > 0 and city is not null`"
        report_place(
            context, path, text, codes.INVALID_DATA_EXPRESSION, _message(error), (error.start, error.end), help=help
        )
        return None
    checker = _Checker(syntax, path, engine, context, columns)
    return Expression(text, path, tuple(checker.read), syntax) if checker.check() else None


def _message(error: EngineError) -> str:
    if error.message.startswith("Max expression depth"):
        return "this is not a SQL expression: its parts are nested too deeply"
    if "near" in error.message:
        near = error.message.rpartition("near ")[2].strip().strip('"')
        return f"this is not a SQL expression: it ends too early or too late, at `{near}`"
    return f"this is not a SQL expression: {error.message}"


def report_place(
    context: Context,
    path: Path,
    text: str,
    rule: Rule,
    message: str,
    place: tuple[int | None, int | None] = (None, None),
    *,
    label: str = "",
    help: str = "",
) -> None:
    """Reports an error in a part of an expression.

    Args:
        context: Receives it.
        path: The setting.
        text: The expression.
        rule: The code.
        message: One plain sentence.
        place: Where the part begins and ends in the expression.
        label: A few words after the underline.
        help: What to write instead.
    """
    span = context.span(path)
    start, end = place
    if span is not None and start is not None and end is not None and context.source_path is not None:
        span = place_within(span, text, start, end)
    context.report.error(rule, message, span, label=label, help=help)


class _Checker:
    def __init__(
        self, syntax: Syntax, path: Path, engine: Engine, context: Context, columns: Collection[str] | None
    ) -> None:
        self.syntax = syntax
        self.path = path
        self.engine = engine
        self.context = context
        self.columns = columns
        self.read: dict[str, None] = {}
        self.is_valid = True

    def check(self) -> bool:
        self._walk(self.syntax.root, frozenset())
        folded: dict[str, str] = {}
        for name in self.read:
            other = folded.setdefault(name.lower(), name)
            if other != name and self.is_valid:
                self._error(
                    codes.INVALID_DATA_EXPRESSION,
                    f"SQL does not tell `{other}` from `{name}`, which differ only in case",
                    self.syntax.root,
                    help="rename one of them in the file",
                )
        if self.is_valid:
            try:
                largest_value(self.syntax)
            except UnboundedGrowth as growth:
                self._error(codes.INVALID_DATA_EXPRESSION, growth.message, growth.node, help=growth.help)
        return self.is_valid

    def _error(self, rule: Rule, message: str, node: dict[str, Any], *, label: str = "", help: str = "") -> None:
        place = self.syntax.place(node)
        report_place(self.context, self.path, self.syntax.text, rule, message, place, label=label, help=help)
        self.is_valid = False

    def _walk(self, node: dict[str, Any], parameters: frozenset[str]) -> None:
        """Checks a node and those below it.

        Args:
            node: The node.
            parameters: The parameters of the lambdas around it.
        """
        kind = node["class"]
        if kind in OVER_ROWS:
            self._over_rows(OVER_ROWS[kind], node)
            return
        if kind not in SCALAR or node.get("type") == "GROUPING_FUNCTION":
            self._error(
                codes.INVALID_DATA_EXPRESSION,
                f"`{self._text(node)}` is not a value of one row",
                node,
                help="name the columns one by one",
            )
            return
        if kind == "COLUMN_REF":
            self._column(node, parameters)
            return
        if kind == "LAMBDA":
            names = {name for child in all_nodes(node["lhs"]) for name in child.get("column_names", [])}
            self._walk(node["expr"], parameters | names)
            return
        if kind == "FUNCTION":
            self._function(node)
        for child in children(node):
            self._walk(child, parameters)

    def _text(self, node: dict[str, Any]) -> str:
        start, end = self.syntax.place(node)
        return self.syntax.text[start:end]

    def _column(self, node: dict[str, Any], parameters: frozenset[str]) -> None:
        path = node["column_names"]
        name = ".".join(path)
        if path[0] in parameters:
            return
        if self.columns is not None and name not in self.columns:
            if self._is_variable(name):
                self._unrepeatable(name, node)
                return
            self._error(
                codes.UNKNOWN_COLUMN,
                f"unknown column `{name}`",
                node,
                label=did_you_mean(name, self.columns),
                help=available("columns", self.columns),
            )
        elif len(path) > 1:
            if self.columns is not None:
                message = f"a name with points is written in double quotes: `{quoted(name)}`"
                self._error(codes.INVALID_DATA_EXPRESSION, message, node)
        elif self.columns is None and self._is_variable(name):
            self._unrepeatable(name, node)
        else:
            self.read[name] = None

    def _function(self, node: dict[str, Any]) -> None:
        path = node["qualified_name"]["path"]
        name, functions = ".".join(path), self.engine.functions
        verdict = self._verdict(name.lower(), len(node["arguments"]))
        if verdict is codes.EXPRESSION_OVER_ROWS:
            self._over_rows(f"`{self._text(node).partition('(')[0].strip()}`", node)
        elif verdict is codes.UNREPEATABLE_EXPRESSION:
            self._unrepeatable(name, node)
        elif verdict is codes.UNREADABLE_DATA:
            self._error(
                codes.INVALID_DATA_EXPRESSION,
                f"`{name}` gives a table, not a value for each row",
                node,
                help="an expression sees the columns of `data`, and no file",
            )
        elif verdict is not None:
            known = [known for known in functions if known.isidentifier() and not known.startswith("_")]
            is_method = len(path) > 1 and path[-1].lower() in functions
            help = f"write `{path[-1]}({', '.join([*path[:-1], '...'])})`" if is_method else ""
            label = "" if is_method else did_you_mean(name.lower(), known)
            self._error(verdict, f"unknown function `{name}`", node, label=label, help=help)

    def _verdict(self, name: str, arguments: int) -> Rule | None:
        """What is wrong with a function; None if its value depends on its arguments alone.

        Args:
            name: Its name, in lower case.
            arguments: The number of its arguments.
        """
        if name in SEVERAL_ROWS:
            return codes.EXPRESSION_OVER_ROWS
        function = self.engine.functions.get(name)
        if function is None or name.startswith("__"):  # those are parts of the engine itself
            return codes.INVALID_DATA_EXPRESSION
        if function.definitions:
            roots = [self.engine.parse(definition).root for definition in function.definitions]
            verdicts = (self._verdict_of_macro(node) for root in roots for node in all_nodes(root))
            return next((verdict for verdict in verdicts if verdict is not None), None)
        if "scalar" not in function.kinds:
            return codes.EXPRESSION_OVER_ROWS if "aggregate" in function.kinds else codes.UNREADABLE_DATA
        is_unstable = not function.arities or (arguments in function.unstable_arities and not function.is_variadic)
        return codes.UNREPEATABLE_EXPRESSION if is_unstable else None

    def _verdict_of_macro(self, node: dict[str, Any]) -> Rule | None:
        """What is wrong with a node of a macro's definition; None if nothing is."""
        if node["class"] == "FUNCTION":
            return self._verdict(node["qualified_name"]["path"][-1].lower(), len(node["arguments"]))
        if node["class"] == "COLUMN_REF" and self._is_variable(node["column_names"][-1]):
            return codes.UNREPEATABLE_EXPRESSION
        return codes.EXPRESSION_OVER_ROWS if node["class"] in OVER_ROWS else None

    def _is_variable(self, name: str) -> bool:
        """Whether a word is the time or the like, which SQL writes without brackets."""
        function = self.engine.functions.get(name.lower(), Function())
        return 0 in function.unstable_arities

    def _over_rows(self, what: str, node: dict[str, Any]) -> None:
        self._error(
            codes.EXPRESSION_OVER_ROWS,
            f"{what} looks at other rows, those of the test split too",
            node,
            help="an expression sees its own row; normalize with a layer, which learns from the training split alone",
        )

    def _unrepeatable(self, name: str, node: dict[str, Any]) -> None:
        self._error(
            codes.UNREPEATABLE_EXPRESSION,
            f"`{name}` does not depend on the row alone: another run would get other values",
            node,
            help="write a fixed value, as in `date '2024-06-01'`, or a column",
        )


def are_few(data: Data, context: Context) -> bool:
    """Whether there are few enough expressions; reports if not.

    Args:
        data: The `data` section.
        context: Receives the problem.
    """
    characters = sum(map(len, data.columns.values()))
    if len(data.columns) <= _MAX_COLUMNS and characters <= _MAX_CHARACTERS:
        return True
    message = f"`columns` has {len(data.columns):,} expressions of {characters:,} characters"
    message += f"; at most {_MAX_COLUMNS:,} of {_MAX_CHARACTERS:,} characters together are computed"
    context.error(codes.INVALID_DATA_EXPRESSION, message, COLUMNS, help="compute them before, and write a file")
    return False


@cache
def function_names() -> tuple[str, ...]:
    """The functions that an expression can use, for editors."""
    with Engine(1e9) as engine:
        return tuple(
            sorted(
                name
                for name, function in engine.functions.items()
                if function.arities and name.isidentifier() and not name.startswith(("_", "icu_", "collate_"))
            )
        )


def quoted(name: str) -> str:
    """A column's name as SQL takes it: in double quotes unless it is a plain word."""
    return name if name.isidentifier() and name.isascii() else '"' + name.replace('"', '""') + '"'
