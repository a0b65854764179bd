"""A model as a TensorFlow function that is called and answers by name, and the quiet that converters need."""

from __future__ import annotations

import io
import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from typing import Any

from kspec.export.formats import UnsupportedByFormat

_SAVED_MODEL = "saved_model takes every network: `--to saved_model`"

_COUNTED = re.compile(r"_\d+$")


def serving_function(model: Any, outputs: list[str], batch: int | None = None) -> Any:
    """A `tf.function` from the inputs, a dict by name, to the outputs, likewise, as they are without training.

    Args:
        outputs: Their names, in Keras's order.
        batch: The only number of examples that it takes; any by default.
    """
    import tensorflow as tf

    single = not isinstance(model.input, dict)
    signature = {each.name: tf.TensorSpec((batch, *each.shape[1:]), each.dtype, each.name) for each in model.inputs}

    @tf.function(input_signature=[signature])  # type: ignore[untyped-decorator]
    def serve(inputs: dict[str, Any]) -> dict[str, Any]:
        answer = model(next(iter(inputs.values())) if single else inputs, training=False)
        return dict(zip(outputs, tf.nest.flatten(answer), strict=True))

    return serve


def answer(model: Any, outputs: list[str], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a Keras model answers, as arrays by output.

    Args:
        inputs: Arrays by input, shape (n, …).
    """
    import tensorflow as tf

    tensors = {each.name: tf.convert_to_tensor(inputs[each.name]) for each in model.inputs}
    answers = model(tensors if isinstance(model.input, dict) else next(iter(tensors.values())), training=False)
    return {name: value.numpy() for name, value in zip(outputs, tf.nest.flatten(answers), strict=True)}


def nodes_with(function: Any, operations: Collection[str], names: Collection[str]) -> list[str]:
    """The nodes whose layers come to certain operations of TensorFlow.

    Args:
        function: A concrete function.
        operations: `LookupTableFindV2` and the like.
        names: Of all nodes.
    """
    in_keras = {name.replace("/", "."): name for name in names}
    found: dict[str, None] = {}
    for operation in function.graph.get_operations():
        if operation.type in operations:
            for part in operation.name.split("/"):
                name = in_keras.get(part) or in_keras.get(_COUNTED.sub("", part))
                if name is not None:
                    found[name] = None
    return list(found)


def refuse_text(format: str, model: Any) -> None:
    """Refuses a model that takes text, for a format that has strings at most as names.

    Raises:
        NoPlaceFor: naming the inputs.
    """
    texts = [each.name for each in model.inputs if each.dtype == "string"]
    if texts:
        take = "takes" if len(texts) == 1 else "take"
        named = ", ".join(f"`{name}`" for name in texts)
        raise UnsupportedByFormat(f"{format} has no operations on text, and {named} {take} text", texts, _SAVED_MODEL)


def refuse_dtypes(format: str, model: Any, dtypes: Collection[str]) -> None:
    """Refuses a model that computes in what a format has no operations for.

    Raises:
        NoPlaceFor: naming the first of them.
    """
    for layer in model._flatten_layers():
        if layer.compute_dtype in dtypes:
            told = f"{format} does not compute in {layer.compute_dtype}, as `{layer.name}` does"
            raise UnsupportedByFormat(told, [layer.name.replace(".", "/")], _SAVED_MODEL)


def lacking(format: str, operations: Collection[str], nodes: Collection[str]) -> UnsupportedByFormat:
    """That a format has no such operations, which some nodes come to."""
    where = ", in " + ", ".join(f"`{name}`" for name in nodes) if nodes else ""
    return UnsupportedByFormat(
        f"{format} has no operation for {', '.join(sorted(operations))}{where}", nodes, _SAVED_MODEL
    )


@contextmanager
def in_silence() -> Iterator[None]:
    """Swallows what converters say to standard error, in Python and in native code, whatever the level of logs."""
    levels = {name: logging.getLogger(name).level for name in ("tensorflow", "tf2onnx", "absl")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        terminal = os.dup(2)
    except OSError:  # there is no standard error
        terminal = -1
    with tempfile.TemporaryFile() as held, warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        if terminal >= 0:
            sys.stderr.flush()
            os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            if terminal >= 0:
                os.dup2(terminal, 2)
                os.close(terminal)
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
