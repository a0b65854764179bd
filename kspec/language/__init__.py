"""The language as Pydantic models: what a user can write."""

from kspec.language.document import TASKS, Document
from kspec.language.entry import Entry
from kspec.language.load import load_file, load_source
from kspec.language.network import Input, Network
from kspec.language.spec import Spec
from kspec.language.validate import validate
from kspec.syntax.path_policy import Permissions

__all__ = [
    "TASKS",
    "Document",
    "Entry",
    "Input",
    "Network",
    "Permissions",
    "Spec",
    "load_file",
    "load_source",
    "validate",
]
