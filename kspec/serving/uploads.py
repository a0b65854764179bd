"""Forms with files, as browsers and `curl -F` send them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from kspec.serving.bodies import Body
from kspec.serving.row_errors import RequestError
from kspec.serving.settings import Bounds

HELP = "send a part for each column, as in: curl -F image=@picture.png; several parts of one name are several rows"


async def form_body(headers: Headers, data: bytes, bounds: Bounds) -> Body:
    """The rows of a form: the parts of one name are the values of a column, one for each row.

    Args:
        headers: Those of the request.
        data: Its body.
        bounds: What a request may take.

    Raises:
        RequestError: If it is no form, or columns differ in length.
    """

    async def stream() -> AsyncGenerator[bytes, None]:
        yield data

    limits = {"max_files": bounds.rows, "max_fields": bounds.rows, "max_part_size": bounds.body}
    try:
        form = await MultiPartParser(headers, stream(), **limits).parse()
    except MultiPartException as error:
        raise RequestError(400, f"the form cannot be read: {error.message}", HELP) from None
    except (KeyError, ValueError, UnicodeDecodeError):
        raise RequestError(400, "the form cannot be read", HELP) from None
    columns: dict[str, list[Any]] = {}
    try:
        for name, part in form.multi_items():
            columns.setdefault(name, []).append(await part.read() if isinstance(part, UploadFile) else part)
    finally:
        await form.close()
    counts = {len(values) for values in columns.values()}
    if len(counts) != 1:
        raise RequestError(400, "the form has no rows, or columns of different length", HELP)
    return Body(columns, counts.pop())
