"""The JavaScript of Vega, Vega-Lite and Vega-Embed in one text, which a page carries within it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path


@cache
def vega_bundle() -> str:
    """The bundle, made by vl-convert once for each of its versions: that takes longer than a report.

    Raises:
        ModuleNotFoundError: If vl-convert is not installed.
    """
    import vl_convert

    from kspec.backend.tensorflow import cache_folder

    folder = cache_folder()
    if folder is None:
        return str(vl_convert.javascript_bundle(_EXPORTS))
    file = folder / "report" / f"vega-{version('vl-convert-python')}.js"
    with suppress(OSError):
        text = file.read_text(encoding="utf-8")
        if text.endswith(_END):
            return text
    text = f"{vl_convert.javascript_bundle(_EXPORTS)}{_END}"
    with suppress(OSError):  # a report does not need the cache
        _write(file, text)
    return text


_EXPORTS = "window.vegaEmbed = vegaEmbed;"
"""What the scripts of the page use."""
_END = "\n/* kspec: end */\n"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(temporary, file)
