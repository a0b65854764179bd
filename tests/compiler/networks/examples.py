"""Writes typical examples for a network to the files that its `data:` names."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from kspec.analysis.program import Analysis
from kspec.analysis.task_inference import CATEGORICAL_LOSSES, SPARSE_LOSSES, loss_name
from kspec.language import Spec

ROWS = 160
TEXTS = 20
"""So many different texts: cities and sentences come again, and are no ids."""
LENGTH = 12
"""The size used for an unknown length."""
CLASSES = 3
LARGEST_INDEX = 9
SIZES = {"age": 40.0, "hours": 35.0, "income": 30000.0, "tempo": 120.0, "rooms": 4.0, "staff": 12.0, "hour": 12.0}
"""Columns whose values are not around 0."""
WORDS = ("red", "green", "blue", "small", "large")
RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, 5.0), "softmax": (0.0, 1.0)}


def write_examples(spec: Spec, analysis: Analysis, folder: Path) -> bool:
    """Writes a CSV or npz file beside the spec; False for data of another kind."""
    data = spec.document.data
    if data is None or data.source not in ("csv", "npz"):
        return False
    chance = np.random.default_rng(5)
    columns = {}
    for name, given in spec.document.inputs.items():
        shape = [LENGTH if size is None else size for size in given.shape]
        written = _columns(data.inputs, name, len(spec.document.inputs), shape)
        if data.source == "npz":
            columns[written[0]] = _values(given.dtype, shape, 1.0, chance)
        else:
            for column in written:
                columns[column] = _values(given.dtype, [], SIZES.get(column, 0.0), chance)
    given_back = set(columns)
    for name, output in analysis.settings.outputs.items():
        said = data.targets.get(name) if isinstance(data.targets, dict) else data.targets
        if said is None:
            continue
        shape = analysis.types.tensor(analysis.graph.outputs[name]).shape or (None, output.head.units)
        shape = [LENGTH if size is None else size for size in shape[1:-1]] + [shape[-1] or CLASSES]
        if data.source == "csv":
            columns |= _table_targets([said] if isinstance(said, str) else said, output, shape[-1], chance)
        elif said not in columns:
            columns[said] = _array_target(output, shape, chance)
        elif said in given_back:
            columns[said] = 1 / (1 + np.exp(-columns[said]))  # what is given back lies between 0 and 1
    path = folder / getattr(data, data.source)
    if data.source == "npz":
        np.savez(path, **columns)
        return True
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(columns)
        table.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
    return True


def _columns(said: object, name: str, inputs: int, shape: list[int]) -> list[str]:
    if isinstance(said, dict):
        said = said.get(name)
    if said is None:
        return [name]
    if isinstance(said, list):
        return said
    return [said.replace("*", f"{i:02d}") for i in range(shape[0])] if "*" in said else [said]


def _values(dtype: str, shape: list[int], size: float, chance: np.random.Generator) -> np.ndarray:
    if dtype == "string":
        texts = WORDS if shape else [" ".join(chance.choice(WORDS, 6)) for _ in range(TEXTS)]
        return chance.choice(texts, (ROWS, *shape))
    if dtype == "uint8":
        return chance.integers(0, 256, (ROWS, *shape)).astype("uint8")
    if "int" in dtype:
        return chance.integers(0, LARGEST_INDEX + 1, (ROWS, *shape))
    if size > 1:
        return (size * chance.uniform(0.5, 1.5, (ROWS, *shape))).round(2)
    return chance.standard_normal((ROWS, *shape)).astype("float32")


def _table_targets(names: list[str], output: object, units: int, chance: np.random.Generator) -> dict[str, np.ndarray]:
    loss = loss_name(output.loss)
    if len(names) == 1:
        if loss in SPARSE_LOSSES or loss in CATEGORICAL_LOSSES:
            return {names[0]: chance.choice([f"class {i}" for i in range(units)], ROWS)}
        if output.task == "binary_classification" or loss == "Hinge":
            return {names[0]: chance.choice(["no", "yes"], ROWS) if output.task == "binary_classification" else
                    chance.integers(0, 2, ROWS)}  # fmt: skip
        return {names[0]: _numbers(output, [], chance)}
    if loss in CATEGORICAL_LOSSES:
        table = np.eye(len(names), dtype=int)[chance.integers(0, len(names), ROWS)]
    elif output.task == "multilabel_classification":
        table = chance.integers(0, 2, (ROWS, len(names)))
    elif output.head.activation == "softmax":
        table = chance.dirichlet([1.0] * len(names), ROWS)
    else:
        table = _numbers(output, [len(names)], chance)
    return {name: table[:, i] for i, name in enumerate(names)}


def _array_target(output: object, shape: list[int], chance: np.random.Generator) -> np.ndarray:
    loss, units = loss_name(output.loss), shape[-1]
    if loss in SPARSE_LOSSES:
        return chance.integers(0, units, (ROWS, *shape[:-1]))
    if loss in CATEGORICAL_LOSSES:
        return np.eye(units, dtype="float32")[chance.integers(0, units, (ROWS, *shape[:-1]))]
    if loss == "CTC":
        return chance.integers(0, units, (ROWS, 5))
    if loss == "Circle":
        return chance.integers(0, 8, ROWS)
    if output.task == "binary_classification":
        return chance.integers(0, 2, (ROWS, *(shape if len(shape) > 1 else []))).astype(
            "float32" if len(shape) > 1 else int
        )
    if output.task == "multilabel_classification":
        return chance.integers(0, 2, (ROWS, *shape)).astype("float32")
    return _numbers(output, shape if shape != [1] else [], chance).astype("float32")


def _numbers(output: object, shape: list[int], chance: np.random.Generator) -> np.ndarray:
    if loss_name(output.loss) == "Poisson":
        return chance.poisson(4, (ROWS, *shape))
    low, high = RANGES.get(output.head.activation, (-3.0, 3.0))
    return chance.uniform(low, high, (ROWS, *shape)).round(3)
