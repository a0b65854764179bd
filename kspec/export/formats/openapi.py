"""A run → the description of the server that `kspec serve` makes of it, as OpenAPI."""

from __future__ import annotations

import json
from pathlib import Path

from kspec.export.formats import ExportContext
from kspec.syntax.regular_files import write_text


def write(context: ExportContext, path: Path) -> str:
    """Writes the document.

    Raises:
        ModuleNotFoundError: If a package that serving needs is not installed.
    """
    from kspec.serving.openapi import openapi_of

    assert context.served is not None
    document = openapi_of({context.served.name: context.served})
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n", newline="\n")
    return ""
