"""A model → ONNX, through tf2onnx.

`model.export` is not used: it turns constants that layers hold, such as Normalization's mean, into inputs of the ONNX
graph, and does not report operations that ONNX lacks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kspec._version import __version__
from kspec.export.formats import ExportContext, UnsupportedByFormat
from kspec.export.formats.serving import (
    missing_operations,
    model_function,
    nodes_with,
    reject_dtypes,
    reject_text,
    silenced_stderr,
)
from kspec.export.tensor_sentences import sentence_of

LIBRARY = "onnxruntime"
_OPSET = 18
"""From 2022: old enough for ONNX runtimes, new enough for Keras's layers."""


def write(context: ExportContext, path: Path) -> str:
    """Writes the file.

    Raises:
        UnsupportedByFormat: If ONNX lacks an operation of the model, or tf2onnx fails.
        ModuleNotFoundError: If tf2onnx is not installed.
    """
    import onnx
    import tf2onnx  # noqa: F401 (fails before the conversion starts)

    reject_text("ONNX", context.model)
    reject_dtypes("ONNX", context.model, ("bfloat16",))
    function, model = _converted(context)
    unknown = {node.op_type for node in model.graph.node if not onnx.defs.has(node.op_type, node.domain)}
    if unknown:
        raise missing_operations("ONNX", unknown, nodes_with(function, unknown, context.graph.nodes))
    _name_sizes(model)
    _describe(model, context)
    onnx.save(model, str(path))
    return ""


def predict(_: ExportContext, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The predictions of ONNX Runtime.

    Args:
        _: Not used.
        path: The `.onnx` file.
        inputs: Arrays of shape (examples, …) by input.

    Returns:
        Arrays of shape (examples, …) by output.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))


predict_rows = predict
"""Those of a model that takes rows; they are tensors by input, too."""


def _describe(model: Any, context: ExportContext) -> None:
    """Writes what the model takes and gives into its metadata, and a sentence about each tensor."""
    if not context.signature:
        return
    import onnx

    known = {"kspec_signature": json.dumps(context.signature, ensure_ascii=False), "kspec_version": __version__}
    onnx.helper.set_model_props(model, known)
    model.producer_name, model.producer_version = "kspec", __version__
    for values, tensors in ((model.graph.input, "inputs"), (model.graph.output, "outputs")):
        own = {each["name"]: each for each in context.signature[tensors]}
        for value in values:
            value.doc_string = sentence_of(own[value.name])


def _converted(context: ExportContext) -> tuple[Any, Any]:
    """The model as a TensorFlow function, and as ONNX."""
    from tf2onnx.convert import from_graph_def

    with silenced_stderr():
        function = model_function(context).get_concrete_function()
        _reject_state(function, context)
        graph, inputs, outputs = _frozen(function)
        try:
            model, _ = from_graph_def(
                graph,
                name=context.spec.name,
                input_names=list(inputs),
                output_names=list(outputs),
                tensors_to_rename=inputs | outputs,
                opset=_OPSET,
                custom_op_handlers={"SelectV2": (_keep_select, [])},
            )
        except Exception as error:  # its handlers raise errors of any class
            raise UnsupportedByFormat(
                f"tf2onnx cannot convert the model: {str(error).strip() or type(error).__name__}"
            ) from error
    return function, model


def _reject_state(function: Any, context: ExportContext) -> None:
    """Rejects a model whose layers keep a state from one call to the next.

    Raises:
        UnsupportedByFormat: With these layers, as far as they are nodes.
    """
    writes = ("AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp")
    if any(operation.type in writes for operation in function.graph.get_operations()):
        nodes = nodes_with(function, writes, context.graph.nodes)
        layers = f"{', '.join(f'`{name}`' for name in nodes)}, which keeps one" if nodes else "a layer that keeps one"
        raise UnsupportedByFormat(
            f"ONNX holds no state from call to call, and the model has {layers}", nodes, "`--to saved_model` keeps it"
        )


def _frozen(function: Any) -> tuple[Any, dict[str, str], dict[str, str]]:
    """A function as a graph that contains its weights, and its inputs and outputs: name in the graph → final name."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    frozen = convert_variables_to_constants_v2(function, lower_control_flow=False, aggressive_inlining=True)
    constants = {inside.op.name: value for value, inside in function.graph.captures if value.dtype != tf.resource}
    graph = frozen.graph.as_graph_def()
    for node in list(graph.node):
        if node.op == "Placeholder" and node.name in constants:
            _make_constant(node, constants[node.name])
        elif node.op == "Erfc":
            _replace_erfc(graph, node)
    inputs = {
        tensor.name: tensor.op.name
        for tensor in function.inputs
        if tensor.dtype != tf.resource and tensor.op.name not in constants
    }
    outputs = {
        tensor.name: name for tensor, name in zip(frozen.outputs, sorted(function.structured_outputs), strict=True)
    }
    return graph, inputs, outputs


def _keep_select(_: Any, node: Any, __: str, ___: Any) -> None:
    """Makes ONNX's `Where` of a selection; tf2onnx would multiply by 0 and 1, and 0 times NaN is NaN."""
    node.type = "Where"


def _make_constant(node: Any, value: Any) -> None:
    """Turns a placeholder into a constant."""
    import tensorflow as tf

    node.op = "Const"
    node.ClearField("attr")
    node.attr["dtype"].type = value.dtype.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value.numpy(), dtype=value.dtype))


def _replace_erfc(graph: Any, node: Any) -> None:
    """Replaces `erfc(x)`, which `gelu` uses and ONNX lacks, by `1 - erf(x)`."""
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
    """Names the first axis of each input and output `batch`, and other unknown axes after their tensor."""
    for value in (*model.graph.input, *model.graph.output):
        for axis, size in enumerate(value.type.tensor_type.shape.dim):
            if size.dim_param:
                size.dim_param = "batch" if axis == 0 else f"{value.name}_{axis}"
