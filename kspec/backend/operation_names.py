"""Names of Keras's operations."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import keras


def name_operations(values: Iterable[Any], before: set[int], name: str, layers: Collection[int] = ()) -> None:
    """Names the operations of an op's call after its node; Keras counts over the whole process.

    Args:
        values: What the call returned.
        before: The ids of the tensors that it received.
        name: The name of its last operation.
        layers: The ids of layers among the operations, which keep their names.
    """
    waiting = [value for value in values if isinstance(value, keras.KerasTensor)]
    operations: dict[int, Any] = {}
    while waiting:
        value = waiting.pop()
        history = getattr(value, "_keras_history", None)
        if id(value) in before or history is None or id(history.operation) in operations:
            continue
        operations[id(history.operation)] = history.operation
        waiting.extend(history.operation._inbound_nodes[history.node_index].input_tensors)
    for number, operation in enumerate(each for key, each in operations.items() if key not in layers):
        operation.name = name if number == 0 else f"{name}.{number}"
