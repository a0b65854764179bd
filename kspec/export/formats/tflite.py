"""A model → LiteRT, formerly TensorFlow Lite, with the operations that its runtime has built in.

Those of TensorFlow itself, which it could take in too ("Flex"), need a larger runtime, which few devices have, and none
that could check the file is at hand.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.export.formats import CannotExport, ExportContext, UnsupportedByFormat
from kspec.export.formats.saved_model import save
from kspec.export.formats.serving import in_silence, lacking, nodes_with, refuse_dtypes, refuse_text, serving_function

CHECKER = "tensorflow"
_ONE_AT_A_TIME = "it takes one example at a time: loops over steps need a number of examples that is known"


def write(subject: ExportContext, path: Path) -> str:
    """Writes the file; for any number of examples, or, where that cannot be, for one.

    Raises:
        NoPlaceFor: when its runtime has no operation for something in the model.
        CannotExport: when TensorFlow has no converter.
    """
    refuse_text("LiteRT", subject.model)
    refuse_dtypes("LiteRT", subject.model, ("float16", "bfloat16", "float64"))
    converted = _converted(subject, None)
    note = ""
    if converted is None:
        converted, note = _converted(subject, 1), _ONE_AT_A_TIME
    if converted is None:
        raise UnsupportedByFormat("LiteRT has no loop for the recurrent layers of this model")
    path.write_bytes(converted)
    return note


def answers(_: ExportContext, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What LiteRT's interpreter answers."""
    import numpy as np

    with in_silence():
        runner = _interpreter()(str(path)).get_signature_runner("serving_default")
        shape = next(iter(runner.get_input_details().values()))["shape_signature"]
        if shape[0] != 1:
            return dict(runner(**inputs))
        count = len(next(iter(inputs.values())))
        given = [runner(**{name: array[row : row + 1] for name, array in inputs.items()}) for row in range(count)]
    return {name: np.concatenate([each[name] for each in given]) for name in given[0]}


def _converted(subject: ExportContext, batch: int | None) -> bytes | None:
    """The file's bytes; None where the number of examples must be known and is not.

    Args:
        batch: How many it takes.
    """
    function = serving_function(subject.model, subject.outputs, batch)
    with in_silence(), tempfile.TemporaryDirectory(prefix="kspec-") as folder:
        save(subject.model, function, Path(folder))
        converter = _lite().TFLiteConverter.from_saved_model(folder)
        converter.experimental_enable_resource_variables = True
        try:
            converted: bytes = converter.convert()
            return converted
        except Exception as error:  # the converter has a class of its own, and further ones under it
            message = str(error)
    operations = set(re.findall(r"'tf\.(\w+)' op is neither", message))
    if operations:
        nodes = nodes_with(function.get_concrete_function(), operations, subject.graph.nodes)
        raise lacking("LiteRT", operations, nodes)
    if "TensorList" in message or "_experimental_lower_tensor_list_ops" in message:
        return None
    raise UnsupportedByFormat(f"LiteRT's converter refuses the model: {message.strip().splitlines()[0]}")


def _lite() -> Any:
    import tensorflow as tf

    try:
        return tf.lite
    except AttributeError:
        raise CannotExport("this TensorFlow has no tf.lite, which converts to it") from None


def _interpreter() -> Any:
    """TensorFlow's own, as long as it has one; then that of the package which follows it."""
    try:
        return _lite().Interpreter
    except (AttributeError, CannotExport):
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter
