"""The engine of SQL expressions: DuckDB, in memory and without access to anything but the columns that it is given.

Nothing else imports DuckDB, which takes 0.2 s.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

_PREFIX = "select (\n"
_SUFFIX = "\n)"
_TABLE = "kspec_rows"
MAX_CHARACTERS = 10_000
"""The longest expression; the engine takes a second for ten times as many."""
_MAX_DEPTH = 250
_TOO_DEEP = f"its parts are nested more than {_MAX_DEPTH} levels deep"
_SETTINGS = (
    "set errors_as_json = true",
    "set error_on_division_by_zero = false",
    "set timezone = 'UTC'",
    "set python_enable_replacements = false",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set allowed_directories = []",
    "set enable_external_access = false",
    "set lock_configuration = true",  # the last: nothing can be set after it
)


class EngineError(Exception):
    """What the engine says of an expression.

    Args:
        message: Its first line.
        start: Where in the expression, in characters; None if it does not say.
        end: Where that ends.
    """

    def __init__(self, message: str, start: int | None = None, end: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


class Syntax(NamedTuple):
    """A parsed expression: the engine's nodes, mappings with a `class`."""

    text: str
    root: dict[str, Any]

    def place(self, node: dict[str, Any]) -> tuple[int, int]:
        """Where a node is in the text, in characters; all of it where the engine does not say."""
        return _place(self.text, node.get("query_location", -1), node.get("query_location_length", 0)) or (
            0,
            len(self.text),
        )


@dataclass(slots=True)
class Function:
    """What is known of a function by its name.

    Args:
        kinds: `scalar`, `aggregate`, `macro`, `table` …
        arities: The numbers of arguments with which its value depends on these alone.
        unstable_arities: Those with which it can depend on the time or on chance.
        is_variadic: Whether it takes any number of arguments.
        definitions: The texts of a macro.
    """

    kinds: set[str] = field(default_factory=set)
    arities: set[int] = field(default_factory=set)
    unstable_arities: set[int] = field(default_factory=set)
    is_variadic: bool = False
    definitions: list[str] = field(default_factory=list)


class Engine:
    """A connection that sees no file, no network and no setting, and only the columns that it is given.

    Args:
        memory: The memory that it may take, in bytes.
    """

    def __init__(self, memory: float) -> None:
        import duckdb

        self._error = duckdb.Error
        self._connection = duckdb.connect(":memory:")
        self._connection.execute(f"set memory_limit = '{int(memory)}B'")
        self._connection.execute("set temp_directory = ''")
        for setting in _SETTINGS:
            self._connection.execute(setting)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @cached_property
    def functions(self) -> dict[str, Function]:
        """The functions, by name."""
        rows = self._connection.execute(
            "select function_name, function_type, len(parameters), varargs, stability, macro_definition"
            " from duckdb_functions()"
        ).fetchall()
        functions: dict[str, Function] = {}
        for name, kind, arity, varargs, stability, definition in rows:
            function = functions.setdefault(name.lower(), Function())
            function.kinds.add(kind)
            if kind == "scalar":
                (function.arities if stability == "CONSISTENT" else function.unstable_arities).add(arity)
                function.is_variadic |= varargs is not None
            if kind == "macro":
                function.definitions.append(definition)
        functions["age"].arities.discard(1)  # the age today, although the engine says otherwise
        for function in functions.values():
            function.unstable_arities -= function.arities
        return functions

    def parse(self, text: str) -> Syntax:
        """Parses a text that must be one expression, without looking at any column.

        Raises:
            EngineError: If it is none.
        """
        if len(text) > MAX_CHARACTERS:
            raise EngineError(f"it has {len(text):,} characters, more than {MAX_CHARACTERS:,}")
        sql = _PREFIX + text + _SUFFIX
        try:
            answer = json.loads(self._value("select json_serialize_sql($1)", [sql]))
        except RecursionError:
            raise EngineError(_TOO_DEEP) from None
        if answer["error"]:
            place = _place(text, int(answer.get("position", -1)), 1)
            raise EngineError(answer["error_message"].split("\n")[0], *(place or (None, None)))
        statements = [statement["node"] for statement in answer["statements"]]
        node = statements[0]
        only = len(statements) == 1 and node["type"] == "SELECT_NODE" and len(node["select_list"]) == 1
        bare = only and node["from_table"]["type"] == "EMPTY" and not node["modifiers"] and not node["cte_map"]["map"]
        if not bare or node["where_clause"] or node["having"] or node["qualify"] or node["group_expressions"]:
            raise EngineError("it is more than one expression")
        if _depth(node["select_list"][0]) > _MAX_DEPTH:
            raise EngineError(_TOO_DEEP)
        return Syntax(text, node["select_list"][0])

    def type_of(self, text: str, table: Any, casts: Mapping[str, str]) -> str:
        """The engine's name of the type of a parsed and checked expression.

        Args:
            text: The expression.
            table: A pyarrow table with the columns that it reads.
            casts: As in `evaluate`.

        Raises:
            EngineError: If it has none, because a function does not take its arguments.
        """
        with self._reading(text, table.slice(0, 0)):
            result = self._connection.execute(_selection(text, table, casts))
            kind = str(result.description[0][1])
            result.fetchall()
            return kind

    def evaluate(self, text: str, table: Any, casts: Mapping[str, str]) -> Any:
        """The values of a parsed and checked expression.

        Args:
            text: The expression.
            table: A pyarrow table with the columns that it reads.
            casts: By column, the type that it is converted to, with missing values where that fails; empty for its own.

        Returns:
            A pyarrow chunked array with a value for each row, in their order.

        Raises:
            EngineError: If a value cannot be computed.
        """
        with self._reading(text, table):
            return self._connection.sql(_selection(text, table, casts)).to_arrow_table().column("value")

    @contextmanager
    def _reading(self, text: str, table: Any) -> Iterator[None]:
        """A table that statements can read; their errors become `EngineError`."""
        self._connection.register(_TABLE, table)
        try:
            yield
        except self._error as error:
            raise _translated(error, text) from None
        finally:
            self._connection.unregister(_TABLE)

    def _value(self, sql: str, parameters: list[Any]) -> Any:
        return self._connection.execute(sql, parameters).fetchall()[0][0]


def _depth(root: dict[str, Any]) -> int:
    """How many nodes lie in one another."""
    level, depth = [root], 0
    while level:
        depth += 1
        level = [child for node in level for child in children(node)]
    return depth


def _selection(text: str, table: Any, casts: Mapping[str, str]) -> str:
    """The statement that selects an expression; the arguments are those of `Engine.evaluate`."""
    columns = {name: _quoted(name) for name in table.column_names}
    read = [
        f"try_cast({column} as {casts[name]}) as {column}" if casts.get(name) else column
        for name, column in columns.items()
    ]
    return f"{_PREFIX}{text}{_SUFFIX} as value from (select {', '.join(read)} from {_TABLE})"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _translated(error: Exception, text: str) -> EngineError:
    """What the engine says, without the parts that speak of its own statement."""
    message = str(error)
    try:
        answer = json.JSONDecoder().raw_decode(message[message.index("{") :])[0]
    except ValueError:
        return EngineError(message.split("\n")[0])
    length = int(answer["location"].strip("[]").split(",")[1]) if "location" in answer else 0
    place = _place(text, int(answer.get("position", -1)), length)
    first: str = answer["exception_message"].split("\n")[0]
    return EngineError(first, *(place or (None, None)))


def _place(text: str, position: int, length: int) -> tuple[int, int] | None:
    """A place in the text, in characters, from one in the statement, in bytes; None outside the text."""
    encoded = text.encode()
    start = position - len(_PREFIX)
    if not 0 <= start < len(encoded):
        return None
    end = min(start + max(length, 1), len(encoded))
    return len(encoded[:start].decode(errors="ignore")), len(encoded[:end].decode(errors="ignore"))


def children(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The nearest nodes within a node."""
    return _nodes([value for key, value in node.items() if key != "class"])


def all_nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node and all below it."""
    yield node
    for child in children(node):
        yield from all_nodes(child)


def _nodes(values: Any) -> Iterator[dict[str, Any]]:
    for value in values.values() if isinstance(values, dict) else values:
        if isinstance(value, dict) and "class" in value:
            yield value
        elif isinstance(value, (dict, list)):
            yield from _nodes(value)
