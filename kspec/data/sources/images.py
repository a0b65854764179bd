"""The source `images`: a folder with one folder of images per class; its columns are `image` and `class`."""

from __future__ import annotations

from typing import Any

from kspec.data.sources import class_folders
from kspec.data.sources.read_request import Request
from kspec.data.table import Table

CONTENT = class_folders.FolderContent("image", "image", "images", "images")


def read(setting: Any, request: Request) -> Table | None:
    """Reads a row for each image; see `class_folders.read_folders`."""
    return class_folders.read_folders(setting, request, CONTENT)


def names(setting: Any, request: Request) -> list[str]:
    """The columns, which no file needs to tell."""
    del setting, request
    return class_folders.names(CONTENT)
