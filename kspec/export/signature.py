"""`signature.json`: what goes into an exported model and what comes out, with the contract of its run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from kspec.contract.document import Contract
from kspec.export.formats import ExportContext
from kspec.export.row_model.build import RowModel, RowTensor
from kspec.syntax.regular_files import write_text

NAME = "signature.json"


def signature_of(context: ExportContext, contract: Contract) -> dict[str, Any]:
    """The tensors of an exported model: how columns become them, and what predictions mean.

    Args:
        context: What is exported.
        contract: The contract of the run.
    """
    rows, network = context.rows, _network(context, contract)
    if rows is None:
        return {"format": context.format, **network}
    return {
        "format": context.format,
        "inputs": [_row_tensor(rows, each) for each in rows.tensors.values()],
        "outputs": [_output(rows, name) for name in rows.outputs],
        **({"network": network} if context.format == "saved_model" else {}),
        "outside": rows.outside,
    }


def signature_place(path: Path, *, is_folder: bool) -> Path:
    """Where the signature of an export lies: in its folder, or beside its file.

    Args:
        path: The export.
        is_folder: Whether it is a folder.
    """
    return path / NAME if is_folder else path.with_name(f"{path.name}.{NAME}")


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


def _row_tensor(rows: RowModel, tensor: RowTensor) -> dict[str, Any]:
    """A tensor that a row model takes."""
    if tensor.name in rows.pictures:
        own = {"name": tensor.name, "dtype": "string", "shape": [None], "columns": tensor.columns}
        return {**own, "content": "the bytes of a picture", "gap": "the empty text"}
    known = rows.description.columns
    fills = [known[column].fill for column in tensor.columns]
    can_have_gaps = tensor.dtype.startswith("float") or tensor.dtype == "string"
    found = {
        "name": tensor.name,
        "dtype": tensor.dtype,
        "shape": [None, *tensor.shape],
        "columns": tensor.columns,
        "gap": ("the empty text" if tensor.dtype == "string" else "NaN") if can_have_gaps else None,
        "fill": fills if any(fill is not None for fill in fills) else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _output(rows: RowModel, name: str) -> dict[str, Any]:
    """A tensor that a row model returns."""
    each, tensor = rows.outputs[name], rows.model.output[name]
    encoding = rows.description.encodings[each.output]
    found = {
        **_tensor(name, tensor),
        "output": each.output,
        "meaning": each.meaning,
        "labels": each.labels or None,
        "threshold": each.threshold,
        "columns": list(encoding.columns) or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _network(context: ExportContext, contract: Contract) -> dict[str, Any]:
    """The tensors of the network."""
    model = context.model
    outputs = zip(context.outputs, model.outputs, strict=True)
    return {
        "inputs": [{**_tensor(each.name, each), **_columns(each.name, contract.inputs)} for each in model.inputs],
        "outputs": [_tensor(name, each) for name, each in outputs],
    }


def _tensor(name: str, tensor: Any) -> dict[str, Any]:
    return {"name": name, "dtype": str(tensor.dtype), "shape": list(tensor.shape)}


def _columns(name: str, inputs: Any) -> dict[str, Any]:
    return {"columns": inputs[name].columns} if name in inputs else {}
