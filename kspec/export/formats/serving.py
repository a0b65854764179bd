"""Helpers of several formats: a model as a TensorFlow function, unsupported operations, silenced converters."""

from __future__ import annotations

import io
import logging
import re
import tempfile
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from typing import TYPE_CHECKING, Any

from kspec.diagnostics.descriptors import redirect_descriptor
from kspec.export.formats import ExportContext, UnsupportedByFormat

if TYPE_CHECKING:
    from kspec.export.row_model.build import RowModel

_USE_SAVED_MODEL = "`--to saved_model` supports every model"

_NUMBER = re.compile(r"_\d+$")


def serving_function(model: Any, outputs: list[str], batch: int | None = None) -> Any:
    """A `tf.function` from a dict of inputs to a dict of outputs, in inference mode.

    Args:
        model: The Keras model.
        outputs: The names of its outputs in Keras's order.
        batch: The fixed batch size; any by default.
    """
    import tensorflow as tf

    single = not isinstance(model.input, dict)
    signature = {each.name: tf.TensorSpec((batch, *each.shape[1:]), each.dtype, each.name) for each in model.inputs}

    @tf.function(input_signature=[signature])  # type: ignore[untyped-decorator]
    def serve(inputs: dict[str, Any]) -> dict[str, Any]:
        result = model(next(iter(inputs.values())) if single else inputs, training=False)
        return dict(zip(outputs, tf.nest.flatten(result), strict=True))

    return serve


def model_function(context: ExportContext, batch: int | None = None) -> Any:
    """A `tf.function` of the model that takes rows, or of the network if there is none.

    Args:
        context: The exported run.
        batch: The fixed batch size; any by default.
    """
    if context.rows is not None:
        return row_function(context.rows, batch)
    return serving_function(context.model, context.outputs, batch)


def row_function(rows: RowModel, batch: int | None = None) -> Any:
    """A `tf.function` from a dict of the tensors of rows to a dict of predictions.

    Args:
        rows: The row model.
        batch: The fixed batch size; any by default.
    """
    import tensorflow as tf

    takes = [(each.name, each.shape, each.dtype) for each in rows.tensors.values()]
    signature = {name: tf.TensorSpec((batch, *shape), dtype, name) for name, shape, dtype in takes}
    pictures = rows.pictures
    signature |= {name: tf.TensorSpec((batch,), tf.string, name) for name in pictures}

    @tf.function(input_signature=[signature])  # type: ignore[untyped-decorator]
    def serve(tensors: dict[str, Any]) -> dict[str, Any]:
        pixels = {name: each.decode(tensors[name]) for name, each in pictures.items()}
        return dict(rows.model({**tensors, **pixels}, training=False))

    return serve


def predict(model: Any, outputs: list[str], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The predictions of a Keras model, arrays by output.

    Args:
        model: The model.
        outputs: The names of its outputs in Keras's order.
        inputs: Arrays by input, shape (examples, …).
    """
    import tensorflow as tf

    tensors = {each.name: tf.convert_to_tensor(inputs[each.name]) for each in model.inputs}
    result = model(tensors if isinstance(model.input, dict) else next(iter(tensors.values())), training=False)
    return {name: value.numpy() for name, value in zip(outputs, tf.nest.flatten(result), strict=True)}


def nodes_with(function: Any, operations: Collection[str], names: Collection[str]) -> list[str]:
    """The nodes whose layers use certain TensorFlow operations.

    Args:
        function: A concrete function.
        operations: The operations: `LookupTableFindV2`.
        names: The names of all nodes.
    """
    by_keras_name = {name.replace("/", "."): name for name in names}
    nodes: dict[str, None] = {}
    for operation in function.graph.get_operations():
        if operation.type in operations:
            for part in operation.name.split("/"):
                name = by_keras_name.get(part) or by_keras_name.get(_NUMBER.sub("", part))
                if name is not None:
                    nodes[name] = None
    return list(nodes)


def reject_text(format: str, model: Any) -> None:
    """Rejects a model with text inputs, for a format without operations on text.

    Raises:
        UnsupportedByFormat: With the names of these inputs.
    """
    texts = [each.name for each in model.inputs if each.dtype == "string"]
    if texts:
        names = ", ".join(f"`{name}`" for name in texts)
        verb = "input {} is" if len(texts) == 1 else "inputs {} are"
        raise UnsupportedByFormat(
            f"{format} cannot process text, but the {verb.format(names)} text", texts, _USE_SAVED_MODEL
        )


def reject_dtypes(format: str, model: Any, dtypes: Collection[str]) -> None:
    """Rejects a model that computes in a dtype which a format does not support.

    Args:
        format: The format, for the message.
        model: The Keras model.
        dtypes: The unsupported dtypes.

    Raises:
        UnsupportedByFormat: With the first layer concerned.
    """
    for layer in model._flatten_layers():
        if layer.compute_dtype in dtypes:
            message = f"{format} does not support {layer.compute_dtype}, the dtype of `{layer.name}`"
            raise UnsupportedByFormat(message, [layer.name.replace(".", "/")], _USE_SAVED_MODEL)


def missing_operations(format: str, operations: Collection[str], nodes: Collection[str]) -> UnsupportedByFormat:
    """The error for operations that a format lacks.

    Args:
        format: The format, for the message.
        operations: The operations.
        nodes: The nodes that use them, if they are known.
    """
    users = ", used by " + ", ".join(f"`{name}`" for name in nodes) if nodes else ""
    return UnsupportedByFormat(
        f"{format} does not support {', '.join(sorted(operations))}{users}", nodes, _USE_SAVED_MODEL
    )


@contextmanager
def silenced_stderr() -> Iterator[None]:
    """Discards everything that converters print to standard error, from Python and from native code."""
    levels = {name: logging.getLogger(name).level for name in ("tensorflow", "tf2onnx", "absl")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with (
        tempfile.TemporaryFile() as sink,
        warnings.catch_warnings(),
        redirect_stderr(io.StringIO()),
        redirect_descriptor(2, sink.fileno()),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
