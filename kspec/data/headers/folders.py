"""The columns of folders of classes, and whether there are any classes."""

from __future__ import annotations

import os
from typing import Any

from kspec.data.context import BRIEFLY, Context
from kspec.data.headers.columns import table_of_header
from kspec.data.sources import audio, images, texts
from kspec.data.sources.class_folders import FolderContent, are_splits, report_folder
from kspec.data.sources.read_request import Request, SourceFile, source_files
from kspec.data.table import Kind, Table

_CONTENTS = {"images": images.CONTENT, "texts": texts.CONTENT, "audio": audio.CONTENT}


def read(setting: Any, request: Request) -> Table | None:
    """The columns; None if there are errors.

    Args:
        setting: A folder, a glob, a list of them, or one of these for each split.
        request: What is read.
    """
    folders = source_files(setting, request, folder=True)
    data = request.context.spec.document.data
    if folders is None or data is None:
        return None
    content = _CONTENTS[data.source]
    for folder in folders:
        _check(folder, content, request.context)
    request.context.stop_on_errors()
    kind: Kind = "image" if content.column == "image" else "text"
    return table_of_header([content.column, "class"], kinds={content.column: kind, "class": "text"})


def _check(source: SourceFile, content: FolderContent, context: Context) -> None:
    """Reports a folder that certainly has no classes; what lies in its folders is not looked at.

    Args:
        source: The folder.
        content: What the files should hold.
        context: Receives the error.
    """
    classes: list[str] = []
    loose: list[str] = []
    with os.scandir(source.file) as entries:
        for number, entry in enumerate(entries):
            if number >= BRIEFLY:
                return
            if not entry.name.startswith("."):
                (classes if entry.is_dir() else loose).append(entry.name)
    if not classes or are_splits(classes):
        report_folder(source, classes, [source.file / name for name in sorted(loose)], content, context)
