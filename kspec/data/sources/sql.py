"""The source `sql`: the rows that a query returns, from an SQLite file or a PostgreSQL server, through ADBC.

SQLite files are opened read-only; PostgreSQL runs the query in a transaction that is read-only.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote, urlsplit

from kspec.data.context import display_name
from kspec.data.limits import LimitReached, check_memory
from kspec.data.sources.arrow_structs import flat_names
from kspec.data.sources.arrow_tables import check_texts, table_of
from kspec.data.sources.interruptible import interruptible
from kspec.data.sources.read_request import Request, SourceFile
from kspec.data.table import FileRows, Table
from kspec.diagnostics import codes
from kspec.language.data_limits import Limits
from kspec.language.source_packages import missing_package
from kspec.language.sql_options import SqlOptions
from kspec.syntax.path_policy import PathRefused

_MAGIC = b"SQLite format 3\0"
_SAMPLE_ROWS = 1 << 20
"""How many rows tell SQLite's driver the type of a column."""
_TIMEOUT = 10
"""How many seconds a server may take to answer at first."""
_BROKEN = re.compile("terminating connection|closed the connection|SSL SYSCALL|could not receive data|no connection to")
"""What the client of PostgreSQL says if a connection breaks."""
_SENTENCES = (r"(?:ERROR|FATAL):\s+(.+)", r"(?:query|connect): (.+)")
"""Where the sentence of a database stands in what its driver says."""
_QUERY_HELP = 'name a query: `sql: {connect: shop.db, query: "select …"}`'


class _DatabaseDown(Exception):
    """The database cannot be reached, or no longer; the message is for the user."""


class _QueryFailed(Exception):
    """The database refuses the query; the message is what it says."""


def read(setting: Any, request: Request) -> Table | None:
    """Runs the query and reads its rows.

    Args:
        setting: `SqlOptions`; or the path of a database, which is an error, since no query is known.
        request: What is read.
    """
    context = request.context
    path = context.source_path
    if not isinstance(setting, SqlOptions):
        context.error(codes.INVALID_QUERY, f"`{setting}` is a database", path, help=_QUERY_HELP)
        return None
    place = None if path is None else (*path, "connect")
    asked = None if path is None else (*path, "query")
    try:
        found = _locate(setting, request)
        if found is None:
            return None
        name, uri = found
        arrow = interruptible(lambda: _rows(setting, uri, name, context.limits))
        if not arrow.num_rows:
            context.error(codes.EMPTY_SPLIT, "the query returns no rows", asked)
            return None
        check_texts(arrow, name, context.limits)
        table = table_of(arrow, name, SourceFile(context.spec.folder, None, asked), context)
    except LimitReached as reached:
        context.limit(reached, asked)
    except PathRefused as refused:
        refused.problem.report(context.report, context.span(place))
    except _DatabaseDown as error:
        context.error(codes.DATABASE_UNAVAILABLE, str(error), place)
    except _QueryFailed as error:
        context.error(codes.INVALID_QUERY, f"the database refuses the query: {error}", asked)
    else:
        if table is not None:
            table.files = [FileRows(name, 0, table.rows)]
            table.fingerprints = {name: _fingerprint(table)}
        return table
    return None


def names(setting: Any, request: Request) -> list[str]:
    """The columns of a query on an SQLite file; empty for a server, which nobody asks while a spec is written."""
    if not isinstance(setting, SqlOptions) or setting.is_server or missing_package("sql"):
        return []
    try:
        found = _locate(setting, request)
        if found is None:
            return []
        with _cursor(found[1], is_server=False) as cursor:
            query = setting.query.strip().rstrip(";")
            return list(flat_names(_run(cursor, f"select * from ({query}\n) limit 0").schema))
    except (_DatabaseDown, _QueryFailed, OSError):
        return []


def _locate(setting: SqlOptions, request: Request) -> tuple[str, str] | None:
    """The name of the database in messages, and its URI for the driver; None if it may not be read.

    Args:
        setting: The setting.
        request: What is read.

    Raises:
        OSError: If its file may not or cannot be read.
        _DatabaseDown: If its file is no database.
    """
    context = request.context
    path = None if context.source_path is None else (*context.source_path, "connect")
    if setting.is_server:
        problem = context.spec.paths.problem(setting.connect)
        if problem is not None:
            problem.report(context.report, context.span(path))
            return None
        url = urlsplit(setting.connect)
        name = f"{url.hostname or 'localhost'}{url.path}"
        timeout = "" if "connect_timeout" in url.query else f"{'&' if url.query else '?'}connect_timeout={_TIMEOUT}"
        return name, setting.connect + timeout
    files = context.find(setting.connect, path)
    if files is None:
        return None
    name = display_name(files[0], context)
    with context.open(files[0]) as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise _DatabaseDown(f"`{name}` is no SQLite database")
    return name, f"file:{quote(os.path.realpath(files[0]))}?mode=ro"


@contextmanager
def _cursor(uri: str, *, is_server: bool) -> Iterator[Any]:
    """A cursor of a connection that cannot write.

    Raises:
        _DatabaseDown: If the database cannot be reached.
    """
    import adbc_driver_manager as adbc

    if is_server:
        from adbc_driver_postgresql import dbapi as postgresql

        driver: Any = postgresql
    else:
        from adbc_driver_sqlite import dbapi as sqlite

        driver = sqlite
    try:
        connection = driver.connect(uri)
    except adbc.Error as error:
        raise _DatabaseDown(f"the database cannot be reached: {_sentence(error)}") from error
    try:
        cursor = connection.cursor()
        if is_server:
            _run(cursor, "set transaction read only")
        else:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(_SAMPLE_ROWS)})
        yield cursor
    finally:
        for each in (cursor, connection):
            with suppress(adbc.Error):  # a connection that broke
                each.close()


def _run(cursor: Any, query: str) -> Any:
    """The reader of the rows of a query.

    Raises:
        _DatabaseDown: If the connection breaks.
        _QueryFailed: If the database refuses the query.
    """
    import adbc_driver_manager as adbc

    try:
        cursor.execute(query)
        return cursor.fetch_record_batch()
    except (adbc.Error, OSError) as error:
        raise _problem(error) from error


def _problem(error: Exception) -> Exception:
    text = str(error)
    if _BROKEN.search(text):
        return _DatabaseDown(f"the connection to the database broke: {_sentence(error)}")
    return _QueryFailed(_sentence(error))


def _sentence(error: Exception) -> str:
    """What a database says, without what drivers put before and after it."""
    text = re.sub(r"\n\s*query:.*", "", str(error), flags=re.DOTALL | re.IGNORECASE)
    found = next((found for pattern in _SENTENCES if (found := re.search(pattern, text))), None)
    said = found[1] if found else text
    return said.splitlines()[0].strip().rstrip(".")


def _rows(setting: SqlOptions, uri: str, name: str, limits: Limits) -> Any:
    """The rows of the query as a pyarrow table.

    Args:
        setting: The setting.
        uri: The database for the driver.
        name: It in messages.
        limits: The limits.

    Raises:
        LimitReached: If they take too much memory.
        _DatabaseDown: If the database cannot be reached, or no longer.
        _QueryFailed: If it refuses the query.
    """
    import adbc_driver_manager as adbc
    import pyarrow as pa

    with _cursor(uri, is_server=setting.is_server) as cursor:
        reader = _run(cursor, setting.query)
        batches, size = [], 0
        try:
            for batch in reader:
                size += batch.nbytes
                check_memory(size, name, limits)
                batches.append(batch)
        except (pa.ArrowException, adbc.Error, OSError) as error:
            raise _problem(error) from error
        return _with_numbers(pa.Table.from_batches(batches, reader.schema))


def _with_numbers(arrow: Any) -> Any:
    """The table with the decimal numbers of PostgreSQL, which its driver gives as texts, as numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for number, field in enumerate(arrow.schema):
        if getattr(field.type, "type_name", "") == "numeric":
            numbers = [pc.cast(chunk.storage, pa.float64()) for chunk in arrow.column(number).chunks]
            arrow = arrow.set_column(number, field.name, pa.chunked_array(numbers, pa.float64()))
    return arrow


def _fingerprint(table: Table) -> str:
    """The SHA-256 of what a query has returned: two that are equal have returned the same rows in the same order."""
    digest = hashlib.sha256()
    for name, column in table.columns.items():
        digest.update(f"{name}\0{column.kind}\0{column.values.shape}\0".encode())
        digest.update(column.missing.tobytes())
        if column.values.dtype == object:
            for value in column.values.tolist():
                text = str(value).encode()
                digest.update(f"{len(text)}\0".encode() + text)
        else:
            digest.update(column.values.tobytes())
    return digest.hexdigest()
