"""`sql`: the rows that a query on a database returns."""

from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import BeforeValidator, Field

from kspec.diagnostics import codes
from kspec.language.base import Model, fail
from kspec.language.json_schema import JsonSchema
from kspec.syntax.sql_text import query_problem
from kspec.syntax.yaml_flow import kind_of

SERVERS = ("postgresql", "postgres")
"""The schemes of URLs of servers."""
URL_OPTIONS = ("application_name", "connect_timeout", "host", "port", "sslmode", "user", "dbname")
"""What the query of a URL may set: nothing that reads or writes a file here."""
_HELP = 'write `sql: {connect: shop.db, query: "select …"}`, or `connect: postgresql://host/database`'
_PASSWORD_HELP = "set the environment variable PGPASSWORD, or write it into ~/.pgpass"


def _connect(value: Any) -> Any:
    """The path of an SQLite file, or the URL of a PostgreSQL server without a password."""
    if not isinstance(value, str) or not value:
        fail(f"a database is named by a path or a URL, not by {kind_of(value)}", help=_HELP)
    if "://" not in value:
        return value
    try:
        url = urlsplit(value)
        options = dict(parse_qsl(url.query, keep_blank_values=True))
        password = url.password
    except ValueError:
        fail(f"`{value}` is no URL", help=_HELP)
    if url.scheme not in SERVERS:
        fail(f"kspec reads SQLite files and PostgreSQL, not `{url.scheme}`", help=_HELP)
    if password is not None or "password" in options:
        fail("the URL of a database contains a password", code=codes.PASSWORD_IN_SPEC, help=_PASSWORD_HELP)
    stray = next((key for key in options if key not in URL_OPTIONS), None)
    if stray is not None:
        fail(f"`{stray}` cannot be set in the URL of a database", help=f"allowed: {', '.join(URL_OPTIONS)}")
    return value


def _query(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip():
        fail(f"a query must be text, not {kind_of(value)}", help='write `query: "select …"`')
    if problem := query_problem(value):
        fail(
            f"{problem}, and kspec only reads",
            code=codes.INVALID_QUERY,
            help='write one SELECT: `query: "select …"`',
        )
    return value


class SqlOptions(Model):
    """A database, and the query whose rows are the table."""

    connect: Annotated[str, BeforeValidator(_connect), JsonSchema(Annotated[str, Field(min_length=1)])] = Field(
        description="The path of an SQLite file, or `postgresql://host/database`, without a password"
    )
    query: Annotated[str, BeforeValidator(_query), JsonSchema(Annotated[str, Field(min_length=1)])] = Field(
        description="One SELECT; `order by` keeps the rows, and so the splits, in their order"
    )

    @property
    def is_server(self) -> bool:
        """Whether the database is reached over the network."""
        return "://" in self.connect


def _sql(value: Any) -> Any:
    if not isinstance(value, dict):
        fail(f"`sql` must be a mapping, not {kind_of(value)}", help=_HELP)
    return SqlOptions.model_validate(value)


SqlSource = Annotated[SqlOptions | Any, BeforeValidator(_sql), JsonSchema(SqlOptions)]
"""A database and a query."""
