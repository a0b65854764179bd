"""The source `audio`: a folder with one folder of sounds per class; its columns are `audio` and `class`."""

from __future__ import annotations

from typing import Any

from kspec.data.sources import class_folders
from kspec.data.sources.read_request import Request
from kspec.data.table import Table

CONTENT = class_folders.FolderContent("audio", "sound", "sounds", "audio")


def read(setting: Any, request: Request) -> Table | None:
    """Reads a row for each sound; see `class_folders.read_folders`."""
    return class_folders.read_folders(setting, request, CONTENT)


def names(setting: Any, request: Request) -> list[str]:
    """The columns, which no file needs to tell."""
    del setting, request
    return class_folders.names(CONTENT)
