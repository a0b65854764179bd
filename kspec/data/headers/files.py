"""The columns of `files:`, and whether its patterns match files that belong together."""

from __future__ import annotations

from collections.abc import Mapping

from kspec.data.headers.columns import table_of_header
from kspec.data.sources.files import join_files, names
from kspec.data.sources.read_request import Request
from kspec.data.table import Table
from kspec.language.file_columns import file_patterns


def read(setting: Mapping[str, str], request: Request) -> Table | None:
    """The columns of all patterns; None if some pattern matches nothing, which is reported.

    Args:
        setting: The patterns.
        request: What is read.
    """
    context = request.context
    join_files(file_patterns(setting), context)
    context.stop_on_errors()
    table = table_of_header(names(setting, request), kinds=dict.fromkeys(setting, "text"))
    table.folder = context.folder
    return table
