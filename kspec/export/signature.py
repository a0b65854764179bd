"""`signature.json`: what goes into an exported model and what comes out, with the contract of its run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from kspec.export.formats import ExportContext
from kspec.runs.run_contract import contract_at
from kspec.runs.run_folder import RunFolderError
from kspec.syntax.regular_files import write_text

NAME = "signature.json"


def signature_of(context: ExportContext, folder: Path) -> dict[str, Any] | None:
    """The tensors of an exported model, and the contract of its run: how columns become these; None without one.

    Args:
        context: What is exported.
        folder: The run folder.
    """
    try:
        contract = contract_at(folder)
    except RunFolderError:
        return None
    model = context.model
    outputs = zip(context.outputs, model.outputs, strict=True)
    return {
        "inputs": [{**_tensor(each.name, each), **_columns(each.name, contract.inputs)} for each in model.inputs],
        "outputs": [_tensor(name, each) for name, each in outputs],
        "contract": contract.to_json(),
    }


def signature_place(path: Path, *, is_folder: bool) -> Path:
    """Where the signature of an export lies: in its folder, or beside its file.

    Args:
        path: The export.
        is_folder: Whether it is a folder.
    """
    return path / NAME if is_folder else path.with_name(f"{path.stem}.{NAME}")


def write_signature(signature: dict[str, Any], place: Path) -> None:
    """Writes a signature; a file is complete, or not there.

    Raises:
        OSError: If it cannot be written.
    """
    temporary = place.with_name(f".{place.name}.writing")
    try:
        write_text(temporary, json.dumps(signature, indent=2, ensure_ascii=False) + "\n", newline="\n")
        os.replace(temporary, place)
    finally:
        temporary.unlink(missing_ok=True)


def _tensor(name: str, tensor: Any) -> dict[str, Any]:
    return {"name": name, "dtype": str(tensor.dtype), "shape": list(tensor.shape)}


def _columns(name: str, inputs: Any) -> dict[str, Any]:
    return {"columns": inputs[name].columns} if name in inputs else {}
