"""A model → ONNX, through tf2onnx.

Not through `model.export`: it turns what layers hold as plain constants, such as Normalization's mean, into further
inputs of the ONNX graph, and keeps quiet about operations that ONNX does not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec.export.formats import ExportContext, UnsupportedByFormat
from kspec.export.formats.serving import in_silence, lacking, nodes_with, refuse_dtypes, refuse_text, serving_function

CHECKER = "onnxruntime"
_OPSET = 18
"""Of 2022: old enough for what runs ONNX, new enough for all that Keras's layers come to."""


def write(subject: ExportContext, path: Path) -> str:
    """Writes the file.

    Raises:
        NoPlaceFor: when ONNX has no operation for something in the model, or tf2onnx fails.
        ModuleNotFoundError: without tf2onnx.
    """
    import onnx
    import tf2onnx  # noqa: F401 (asked for before the work that would be lost)

    refuse_text("ONNX", subject.model)
    refuse_dtypes("ONNX", subject.model, ("bfloat16",))
    function, model = _converted(subject)
    unknown = {node.op_type for node in model.graph.node if not onnx.defs.has(node.op_type, node.domain)}
    if unknown:
        raise lacking("ONNX", unknown, nodes_with(function, unknown, subject.graph.nodes))
    _name_sizes(model)
    onnx.save(model, str(path))
    return ""


def answers(_: ExportContext, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What ONNX Runtime answers."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))


def _converted(subject: ExportContext) -> tuple[Any, Any]:
    """The model as a TensorFlow function, and as ONNX."""
    from tf2onnx.convert import from_graph_def

    with in_silence():
        function = serving_function(subject.model, subject.outputs).get_concrete_function()
        graph, inputs, outputs = _frozen(function)
        try:
            model, _ = from_graph_def(
                graph,
                name=subject.spec.name,
                input_names=list(inputs),
                output_names=list(outputs),
                tensors_to_rename=inputs | outputs,
                opset=_OPSET,
            )
        except Exception as error:  # it raises whatever its handlers of operations stumble over
            raise UnsupportedByFormat(
                f"tf2onnx refuses the model: {str(error).strip() or type(error).__name__}"
            ) from error
    return function, model


def _frozen(function: Any) -> tuple[Any, dict[str, str], dict[str, str]]:
    """A function as a graph that holds its weights, and the names of its inputs and outputs: in it → to be."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    frozen = convert_variables_to_constants_v2(function, lower_control_flow=False, aggressive_inlining=True)
    held = {inside.op.name: value for value, inside in function.graph.captures if value.dtype != tf.resource}
    graph = frozen.graph.as_graph_def()
    for node in list(graph.node):
        if node.op == "Placeholder" and node.name in held:
            _hold(node, held[node.name])
        elif node.op == "Erfc":
            _spell_out_erfc(graph, node)
    inputs = {
        tensor.name: tensor.op.name
        for tensor in function.inputs
        if tensor.dtype != tf.resource and tensor.op.name not in held
    }
    outputs = {
        tensor.name: name for tensor, name in zip(frozen.outputs, sorted(function.structured_outputs), strict=True)
    }
    return graph, inputs, outputs


def _hold(node: Any, value: Any) -> None:
    """Makes a placeholder the constant that it stands for."""
    import tensorflow as tf

    node.op = "Const"
    node.ClearField("attr")
    node.attr["dtype"].type = value.dtype.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value.numpy(), dtype=value.dtype))


def _spell_out_erfc(graph: Any, node: Any) -> None:
    """Makes `erfc(x)`, which `gelu` comes to and ONNX lacks, `1 - erf(x)`."""
    import tensorflow as tf

    type_ = node.attr["T"].type
    inner = graph.node.add(name=f"{node.name}/erf", op="Erf", input=list(node.input))
    inner.attr["T"].type = type_
    one = graph.node.add(name=f"{node.name}/one", op="Const")
    one.attr["dtype"].type = type_
    one.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(1, dtype=tf.as_dtype(type_)))
    node.op = "Sub"
    del node.input[:]
    node.input.extend([one.name, inner.name])


def _name_sizes(model: Any) -> None:
    """Calls the first axis of each input and output `batch`, and further unknown ones after their input."""
    for value in (*model.graph.input, *model.graph.output):
        for axis, size in enumerate(value.type.tensor_type.shape.dim):
            if size.dim_param:
                size.dim_param = "batch" if axis == 0 else f"{value.name}_{axis}"
