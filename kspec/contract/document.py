"""`contract.json`: a JSON Schema of a row, with what a schema cannot say under `x-kspec`.

What the schema demands is hard: a row without it has no prediction. What `x-kspec` says of ranges, categories and
shares is what training has seen: a row beyond it has a prediction, with a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from kspec.contract.parts import ColumnContract, ContractPart, Count, InputContract, OutputContract, WindowContract
from kspec.contract.row_schema import KEYWORD, column_facts, row_schema

VERSION = 1
"""The version of the format in which this kspec writes contracts."""


class InvalidContract(ValueError):
    """A document that is no contract of kspec; the message is for the user."""


class Contract(ContractPart):
    """The contract of a run.

    Args:
        version: The version of the format.
        name: The name of the spec.
        fingerprint: That of the spec.
        rows: How many training examples there were.
        learned_from: `training` split; `all` rows for a run of an older kspec, which recorded no other facts.
        columns: By name: those that new rows must have, and those that are computed from them.
        inputs: By name.
        outputs: By name.
        window: How rows become examples; None if each row is one.
    """

    version: Annotated[int, Field(ge=1)] = VERSION
    name: str = ""
    fingerprint: str = ""
    rows: Count = 0
    learned_from: Literal["training", "all"] = "training"
    columns: dict[str, ColumnContract] = Field(default_factory=dict)
    inputs: dict[str, InputContract] = Field(default_factory=dict)
    outputs: dict[str, OutputContract] = Field(default_factory=dict)
    window: WindowContract | None = None

    @property
    def needed(self) -> dict[str, ColumnContract]:
        """The columns that new rows must have."""
        return {name: column for name, column in self.columns.items() if not column.is_computed}

    def to_json(self) -> dict[str, Any]:
        """The document: a JSON Schema of a row."""
        computed = {name: column_facts(column) for name, column in self.columns.items() if column.is_computed}
        own = self.model_dump(exclude={"columns"}, exclude_none=True) | {"computed": computed}
        return row_schema(self.name, self.needed, 1 if self.window is None else self.window.length, own)


def contract_from_json(document: Any) -> Contract:
    """Reads a document.

    Args:
        document: Parsed JSON; anybody may have written it.

    Raises:
        InvalidContract: If it is no contract.
    """
    own = document.get(KEYWORD) if isinstance(document, Mapping) else None
    properties = document.get("properties", {}) if isinstance(document, Mapping) else {}
    if not isinstance(own, Mapping) or not isinstance(properties, Mapping):
        raise InvalidContract(f"it has no `{KEYWORD}`, and so is no contract of kspec")
    version = own.get("version")
    if type(version) is int and version > VERSION:
        raise InvalidContract(f"a later version of kspec wrote it, in version {version} of the format")
    computed = own.get("computed", {})
    columns: dict[str, Any] = {}
    for name, value in (*properties.items(), *(computed.items() if isinstance(computed, Mapping) else ())):
        part = value.get(KEYWORD, value) if isinstance(value, Mapping) else value
        columns[name] = {**part, "name": name} if isinstance(part, Mapping) else part
    try:
        return Contract.model_validate({**own, "columns": columns})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(map(str, problem["loc"]))[:80]
        raise InvalidContract(f"`{place}` is not what a contract has: {problem['msg']}") from None
