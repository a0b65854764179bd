"""A model → LiteRT, formerly TensorFlow Lite, with the operations that its runtime has built in.

TensorFlow's own operations ("Flex") are not used: they need a larger runtime, which few devices have and which is not
available here to verify the file.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.export.formats import CannotExport, ExportContext, UnsupportedByFormat
from kspec.export.formats.saved_model import save
from kspec.export.formats.serving import (
    missing_operations,
    model_function,
    nodes_with,
    reject_dtypes,
    reject_text,
    silenced_stderr,
)

LIBRARY = "tensorflow"
METADATA = "kspec_signature"
"""The name of the entry of the metadata that says what the model takes and gives."""
_ONE_AT_A_TIME = "the model takes one example at a time, because its recurrent layers need a fixed batch size"


def write(context: ExportContext, path: Path) -> str:
    """Writes the file, for any batch size if possible, otherwise for one example.

    Raises:
        UnsupportedByFormat: If LiteRT lacks an operation of the model.
        CannotExport: If this TensorFlow has no converter.
    """
    reject_text("LiteRT", context.model)
    reject_dtypes("LiteRT", context.model, ("float16", "bfloat16", "float64"))
    converted = _converted(context, None)
    note = ""
    if converted is None:
        converted, note = _converted(context, 1), _ONE_AT_A_TIME
    if converted is None:
        raise UnsupportedByFormat("LiteRT does not support the recurrent layers of this model")
    path.write_bytes(_with_metadata(converted, context))
    return note


def predict(_: ExportContext, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The predictions of LiteRT's interpreter.

    Args:
        _: Not used.
        path: The `.tflite` file.
        inputs: Arrays of shape (examples, …) by input.

    Returns:
        Arrays of shape (examples, …) by output; a model of fixed batch size 1 runs once for each example.
    """
    import numpy as np

    with silenced_stderr():
        runner = _interpreter()(str(path)).get_signature_runner("serving_default")
        shape = next(iter(runner.get_input_details().values()))["shape_signature"]
        if shape[0] != 1:
            return dict(runner(**inputs))
        count = len(next(iter(inputs.values())))
        results = [runner(**{name: array[i : i + 1] for name, array in inputs.items()}) for i in range(count)]
    return {name: np.concatenate([result[name] for result in results]) for name in results[0]}


predict_rows = predict
"""Those of a model that takes rows; they are tensors by input, too."""


def _with_metadata(model: bytes, context: ExportContext) -> bytes:
    """The file with what the model takes and gives, as JSON in an entry of its metadata.

    Args:
        model: The bytes of the file.
        context: The exported run.
    """
    if not context.signature:
        return model
    from tensorflow.lite.python import schema_py_generated as schema
    from tensorflow.lite.tools import flatbuffer_utils

    contents = flatbuffer_utils.convert_bytearray_to_object(bytearray(model))
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = list(json.dumps(context.signature, ensure_ascii=False).encode())
    contents.buffers.append(buffer)
    entry.name, entry.buffer = METADATA, len(contents.buffers) - 1
    contents.metadata = [*(contents.metadata or []), entry]
    contents.description = f"{context.spec.name}, exported by kspec"
    return bytes(flatbuffer_utils.convert_object_to_bytearray(contents))


def _converted(context: ExportContext, batch: int | None) -> bytes | None:
    """The file's bytes; None if the converter needs a fixed batch size.

    Args:
        context: The exported run.
        batch: The batch size; None for any.
    """
    function = model_function(context, batch)
    with silenced_stderr(), tempfile.TemporaryDirectory(prefix="kspec-") as folder:
        model = context.model if context.rows is None else context.rows.model
        save([model], {"serve": function}, Path(folder))
        converter = _lite().TFLiteConverter.from_saved_model(folder)
        converter.experimental_enable_resource_variables = True
        try:
            converted: bytes = converter.convert()
            return converted
        except Exception as error:  # the converter raises errors of several classes
            message = str(error)
    operations = set(re.findall(r"'tf\.(\w+)' op is neither", message))
    if operations:
        nodes = nodes_with(function.get_concrete_function(), operations, context.graph.nodes)
        raise missing_operations("LiteRT", operations, nodes)
    if "TensorList" in message or "_experimental_lower_tensor_list_ops" in message:
        return None
    raise UnsupportedByFormat(f"LiteRT's converter cannot convert the model: {message.strip().splitlines()[0]}")


def _lite() -> Any:
    import tensorflow as tf

    try:
        return tf.lite
    except AttributeError:
        raise CannotExport("this version of TensorFlow has no converter `tf.lite`") from None


def _interpreter() -> Any:
    """TensorFlow's interpreter, or that of the package which succeeds it."""
    try:
        return _lite().Interpreter
    except (AttributeError, CannotExport):
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter
