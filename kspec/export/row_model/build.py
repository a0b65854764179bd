"""Builds the Keras model of a run that takes columns, or inputs with gaps."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from kspec.contract.document import Contract
from kspec.export.row_model.description import Description, RowColumn, describe
from kspec.export.row_model.features import Features
from kspec.export.row_model.output_tensors import OutputTensor, output_tensors
from kspec.export.row_model.pictures import Picture
from kspec.ir.node import flat_order
from kspec.runs.run_loader import LoadedRun

_NUMBER = re.compile(r"(_\d+)+$")
_LAYERS = frozenset({
    "abs", "absolute", "add", "any", "cast", "concatenate", "equal", "expand_dims", "floor", "get_item", "greater",
    "greater_equal", "isnan", "less", "less_equal", "logical_and", "logical_not", "logical_or", "multiply",
    "not_equal", "reshape", "sigmoid", "softmax", "squeeze", "stack", "string_lookup", "top_k", "trunc", "where",
})  # fmt: skip
"""The names that Keras gives the operations of a row model."""
_ODD = re.compile(r"[^A-Za-z0-9_.]")


@dataclass(slots=True)
class RowTensor:
    """A tensor that a row model takes.

    Args:
        name: Its name: that of a column or an input, changed where Keras cannot have it.
        dtype: Its dtype.
        shape: Its shape without the batch, None for an open length.
        columns: The columns along its last axis, or in order if it has another shape.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]
    columns: list[str]


@dataclass(slots=True)
class RowModel:
    """A Keras model that predicts for rows what `kspec predict` predicts.

    Args:
        model: The Keras model; it takes and returns dicts.
        by_column: Whether it takes a tensor by column, not by input.
        texts: Whether it takes and returns texts.
        tensors: What it takes, by column or by input.
        outputs: What it returns.
        description: What its columns and predictions are.
        outside: What it leaves to others, a sentence each.
    """

    model: Any
    by_column: bool
    texts: bool
    tensors: dict[str, RowTensor]
    outputs: dict[str, OutputTensor]
    description: Description
    outside: list[str] = field(default_factory=list)

    @property
    def pictures(self) -> dict[str, Picture]:
        """By tensor, the pictures that the format decodes from the bytes of files."""
        return {self.tensors[name].name: each for name, each in self.description.pictures.items()}


def build_row_model(
    run: LoadedRun, contract: Contract, *, texts: bool = True, decodes: bool = False, doubles: bool = True
) -> RowModel:
    """Builds the model of a run that takes rows.

    Args:
        run: The loaded run.
        contract: Its contract.
        texts: Whether it takes a tensor by column, and labels are texts. Else it takes the inputs of the network, and
            classes are numbers.
        decodes: Whether the format adds what decodes pictures: `RowModel.pictures`.
        doubles: Whether it can compute in 64 bits.
    """
    import keras

    description = describe(run, contract, decodes=decodes)
    batch = run.spec.document.fixed_batch
    by_column = texts and not description.whole
    tensors = _by_column(description) if by_column else _by_input(description)
    network = run.model
    if _NUMBER.sub("", network.name) in _LAYERS:  # Keras has no two layers of one name
        network = keras.Model(network.input, network.output, name=f"{network.name}.network")
    for each in tensors.values():
        each.name = _tensor_name(each.name, {network.name, *(other.name for other in tensors.values())} - {each.name})
    takes = {name: keras.Input(each.shape, batch, dtype=each.dtype, name=each.name) for name, each in tensors.items()}
    features = Features(description, takes, by_column=by_column)
    inputs = features.inputs()
    result = network(inputs if isinstance(network.input, dict) else next(iter(inputs.values())))
    found: dict[str, tuple[OutputTensor, Any]] = {}
    names = flat_order(run.settings.outputs)
    by_output = dict(zip(names, keras.tree.flatten(result), strict=True))
    for name in run.settings.outputs:
        own = output_tensors(run.encodings[name], by_output[name], features.unusable, texts=texts, doubles=doubles)
        found |= {output.name: (output, tensor) for output, tensor in own}
    by_name = {tensors[name].name: tensor for name, tensor in takes.items()}
    model = keras.Model(by_name, {name: tensor for name, (_, tensor) in found.items()}, name=run.model.name)
    outside = list(description.outside)
    if texts and description.whole:
        outside.insert(0, f"{description.whole}, so that it takes a tensor by input")
    integers = [name for name, each in tensors.items() if "int" in each.dtype]
    if integers and not by_column:
        outside.append(f"{', '.join(f'`{name}`' for name in integers)} takes integers, which have no gap")
    outputs = {name: output for name, (output, _) in found.items()}
    return RowModel(model, by_column, texts, tensors, outputs, description, outside)


def _tensor_name(name: str, taken: set[str]) -> str:
    """A name that TensorFlow takes for a tensor, and no layer of Keras has.

    Args:
        name: The column or input.
        taken: The names of the network, which is a layer, and of other tensors.
    """
    plain = _ODD.sub("_", name).lstrip("_") or "column"
    if _NUMBER.sub("", plain) in _LAYERS or plain.endswith("_in_units"):
        plain = f"{plain}.column"
    unique, number = plain, 1
    while unique in taken:
        number += 1
        unique = f"{plain}.{number}"
    return unique


def _by_column(description: Description) -> dict[str, RowTensor]:
    return {name: _tensor(each) for name, each in description.columns.items()}


def _tensor(column: RowColumn) -> RowTensor:
    return RowTensor(column.name, column.dtype, column.shape, [column.name])


def _by_input(description: Description) -> dict[str, RowTensor]:
    """The tensors of inputs; a column of which only its gaps are an input has one of its own."""
    found = {}
    for name, each in description.inputs.items():
        if each.values:
            dtype = "float32" if each.dtype in ("float16", "bfloat16") else each.dtype
            found[name] = RowTensor(name, dtype, each.tensor_shape, each.values)
    known = {column for each in found.values() for column in each.columns}
    for column, value in description.columns.items():
        if column not in known:
            found[column] = _tensor(value)
    return found
