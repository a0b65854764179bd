"""What a shape_error says reads on from the node's name; and what the answers say beside shapes."""

from __future__ import annotations

from typing import Any

import pytest

from kspec.analysis.shapes.ops import HOMES
from kspec.analysis.shapes.registry import infer_call, rule_for
from kspec.analysis.shapes.types import Call, InferredCall, ShapeError, TensorType
from kspec.catalog import find
from kspec.syntax.yaml_flow import shape_text
from tests.analysis.shapes.op_calls import op_call

B = None


def infer_op(name: str, shapes: list[Any], **constants: Any) -> InferredCall:
    call = op_call(name, shapes, constants)
    return infer_call(Call(call.entry, {}, call.tensors, constants))


@pytest.mark.parametrize(
    ("name", "shapes", "constants", "message", "code", "argument"),
    [
        (
            "multiply",
            [(B, 3), (B, 4)],
            {},
            "cannot multiply (null, 3) by (null, 4): the shapes do not broadcast",
            "KS301",
            "",
        ),
        ("subtract", [(2,), (3,)], {}, "cannot subtract (3,) from (2,): the shapes do not broadcast", "KS301", ""),
        ("add", [(B, 3)], {"x2": [1, 2]}, "cannot add (2,) to (null, 3): the shapes do not broadcast", "KS301", ""),
        (
            "maximum",
            [(B, 3), (B, 4)],
            {},
            "cannot combine (null, 3) and (null, 4): the shapes do not broadcast",
            "KS301",
            "",
        ),
        ("mean", [(B, 3)], {"axis": 2}, "has no axis 2 in its input (null, 3)", "KS302", "axis"),
        ("sum", [(B, 3)], {"axis": [1, -1]}, "names the same axis of (null, 3) twice", "KS302", "axis"),
        (
            "reshape",
            [(2, 6)],
            {"newshape": [5, 2]},
            "cannot reshape (2, 6), 12 values, to (5, 2)",
            "KS302",
            "newshape",
        ),
        (
            "concatenate",
            [(B, 3), (B, 4)],
            {},
            "cannot concatenate (null, 3) and (null, 4) along axis 0 (the batch)",
            "KS301",
            "",
        ),
        (
            "matmul",
            [(B, 2, 3), (4, 5)],
            {},
            "cannot multiply (null, 2, 3) by (4, 5): the sizes to sum over are 3 and 4",
            "KS301",
            "",
        ),
        (
            "get_item",
            [(B, 3)],
            {"key": ":, 5"},
            "has no index 5 on axis 1 of (null, 3), whose size is 3",
            "KS302",
            "key",
        ),
        ("get_item", [(B, 3)], {"key": "1:"}, "cannot index by the slice `1:` alone", "KS302", "key"),
        (
            "einsum",
            [(B, 3), (4, 5)],
            {"subscripts": "ij,jk->ik"},
            "cannot compute `ij,jk->ik` of (null, 3), (4, 5): `j` is both 3 and 4",
            "KS301",
            "",
        ),
        (
            "split",
            [(B, 7)],
            {"indices_or_sections": 2, "axis": 1},
            "cannot split axis 1 of (null, 7) into 2 equal parts",
            "KS302",
            "indices_or_sections",
        ),
        (
            "max_pool",
            [(B, 4, 4, 3)],
            {"pool_size": 5},
            "cannot fit a window of (5, 5) into (null, 4, 4, 3)",
            "KS303",
            "",
        ),
        (
            "bitwise_and",
            [TensorType((B,), "int32")],
            {"y": 2},
            "expects a tensor or a list as `y`, got 2",
            "KS302",
            "y",
        ),
        (
            "add",
            [TensorType((B,), "string"), (B,)],
            {},
            "cannot combine strings with float32",
            "KS301",
            "",
        ),
    ],
)
def test_errors(
    name: str, shapes: list[Any], constants: dict[str, Any], message: str, code: str, argument: str
) -> None:
    with pytest.raises(ShapeError) as raised:
        infer_op(name, shapes, **constants)
    assert (raised.value.message, raised.value.code, raised.value.argument) == (message, code, argument)
    assert "None" not in raised.value.help


def test_every_op_has_a_rule() -> None:
    for name in HOMES:
        assert find("op", name) is not None
        assert rule_for("op", name) is not None


def test_shapes_in_messages() -> None:
    assert shape_text((None, 3)) == "(null, 3)"
    assert shape_text([None]) == "(null,)"


def test_a_size_that_the_data_decides() -> None:
    unknown = infer_op("one_hot", [TensorType((B,), "int32")], num_classes=None)
    assert unknown.outputs == [TensorType((B, None), "float32")]


def test_a_dtype_is_known_without_a_rank() -> None:
    assert infer_op("add", [TensorType(None, "int8"), TensorType((B,), "int32")]).outputs == [TensorType(None, "int32")]
    assert infer_op("argmax", [TensorType(None)]).outputs == [TensorType(None, "int32")]


@pytest.mark.parametrize(
    ("name", "shapes", "constants", "flops"),
    [
        ("add", [(B, 3), (B, 3)], {}, 3),
        ("relu", [(B, 4, 5)], {}, 20),
        ("mean", [(B, 4, 5)], {"axis": 1}, 20),
        ("matmul", [(B, 4, 5), (5, 6)], {}, 2 * 4 * 5 * 6),
        ("einsum", [(B, 4, 5), (5, 6)], {"subscripts": "bij,jk->bik"}, 2 * 4 * 5 * 6),
        ("transpose", [(B, 4, 5)], {}, 0),
        ("add", [(B, None), (B, 1)], {}, None),
        ("conv", [(B, 8, 8, 3), (3, 3, 3, 4)], {}, 2 * 6 * 6 * 4 * 27),
    ],
)
def test_operations_for_one_example(name: str, shapes: list[Any], constants: dict[str, Any], flops: int | None) -> None:
    assert infer_op(name, shapes, **constants).flops == flops
