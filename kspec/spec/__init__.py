"""The language as Pydantic models: what a user can write."""

from kspec.spec.document import TASKS, Document
from kspec.spec.entry import Entry
from kspec.spec.load import load_file, load_source
from kspec.spec.loaded import Permissions, Spec
from kspec.spec.network import Input, Network
from kspec.spec.validate import validate

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
