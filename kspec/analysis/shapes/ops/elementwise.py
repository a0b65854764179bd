"""Elementwise ops: functions of one or two numbers, comparisons, activations."""

from __future__ import annotations

from collections.abc import Callable

from kspec.analysis.shapes.broadcasting import broadcast_shapes, check_batch_axes, check_examples
from kspec.analysis.shapes.dtypes import STRONG, float_for, is_float, is_integer, number_for, promote
from kspec.analysis.shapes.ops.rule_helpers import (
    DtypeRule,
    axes_in,
    constant,
    first,
    invalid_constant,
    is_number,
    op,
    operand,
    optional,
    pair,
    per_output,
    shape_of,
    sized,
    sized_pair,
    unknown_cost,
)
from kspec.analysis.shapes.types import Call, InferenceRule, Shape, ShapeError, TensorType
from kspec.ir.list_dtype import list_dtype
from kspec.syntax.yaml_flow import shape_text

DOING = {
    "add": "add {1} to {0}",
    "subtract": "subtract {1} from {0}",
    "multiply": "multiply {0} by {1}",
    "divide": "divide {0} by {1}",
    "divide_no_nan": "divide {0} by {1}",
    "true_divide": "divide {0} by {1}",
    "floor_divide": "divide {0} by {1}",
    "mod": "divide {0} by {1}",
    "power": "raise {0} to the power of {1}",
}
"""Op → what it does with two shapes, for error messages; others combine them."""


def unchanged(call: Call) -> Shape:
    """`(…) → (…)`"""
    return shape_of(first(call))


def along_axis(call: Call) -> Shape:
    """`(…) → (…)`, along existing axes."""
    shape = shape_of(first(call))
    axis = constant(call, "axis")
    if axis is not None:
        axes_in(shape, axis)
    return shape


def broadcasts(call: Call) -> Shape:
    """`(…a), (…b) → (…)`: both broadcast."""
    return _together(call, *pair(call))


def broadcasts_sized(call: Call) -> Shape:
    """`(…a), (…b) → (…)`: both broadcast, and neither is a plain number."""
    return _together(call, *sized_pair(call))


def like_first(call: Call) -> Shape:
    """`(…), y → (…)`: Keras reports the shape of the first."""
    return shape_of(first(call))


def single(_call: Call) -> Shape:
    """`… → ()`"""
    return ()


def where(call: Call) -> Shape:
    """`condition, (…a), (…b) → (…)`: all three broadcast."""
    shapes = [shape_of(operand(call, "condition"))]
    branches = [optional(call, "x1"), optional(call, "x2")]
    if None in branches:
        raise ShapeError("expects both `x1` and `x2`", help="name both in `from`, or write a number in `call`")
    shapes += [shape_of(branch) for branch in branches if branch is not None]
    check_batch_axes(shapes)
    result = broadcast_shapes(shapes, f"choose from {', '.join(map(shape_text, shapes))}")
    check_examples(call, [shape for shape in shapes if len(shape) == len(result)])
    return result


def glu(call: Call) -> Shape:
    """`(…, 2n, …) → (…, n, …)`: one half gates the other."""
    shape = shape_of(first(call))
    (axis,) = axes_in(shape, constant(call, "axis"))
    size = shape[axis]
    if size is None:
        return shape
    if size % 2:
        raise ShapeError(f"cannot halve axis {axis} of {shape_text(shape)}: its size {size} is odd")
    return (*shape[:axis], size // 2, *shape[axis + 1 :])


def of_first(change: Callable[[str], str]) -> DtypeRule:
    """The first tensor's dtype, converted."""
    return lambda call: change(first(call).dtype)


def same(call: Call) -> str:
    """The first tensor's dtype."""
    return first(call).dtype


def floating(call: Call) -> str:
    """The promotion of the first tensor's dtype and a Python float."""
    return promote(first(call).dtype, "float")


def promoted(call: Call) -> str:
    """The promotion of both operands; a number adopts the tensor's width."""
    return promote(*(tensor.dtype for tensor in pair(call)))


def promoted_to_float(call: Call) -> str:
    """The promotion of both operands and a Python float."""
    return promote(*(tensor.dtype for tensor in pair(call)), "float")


def promoted_numbers(call: Call) -> str:
    """The promotion of both operands; booleans become integers."""
    return number_for(promoted(call))


def promoted_strong(call: Call) -> str:
    """The promotion of both operands, where a number beside a tensor has its own width: 2 is an int64."""
    return promote(*_strong(call))


def promoted_strong_to_float(call: Call) -> str:
    return promote(*_strong(call), "float")


def of_arctan2(call: Call) -> str:
    """As `promoted_to_float`, but numbers are float32."""
    names = [tensor.name for tensor in call.entry.tensors]
    known = ("float32" if is_number(call, name) else operand(call, name).dtype for name in names)
    return promote(*known, "float")


def of_hypot(call: Call) -> str:
    """The promotion of both operands; integers become the float of their width."""
    return _float_of_width(promote(*(tensor.dtype for tensor in sized_pair(call))), besides=("bool", "uint64"))


def of_shift(call: Call) -> str:
    """The dtype of the first operand; if the second is a tensor, the promotion of both."""
    x, y = pair(call)
    if not is_number(call, "y"):
        return promote(x.dtype, y.dtype)
    if y.dtype == "float":
        raise invalid_constant("expects a whole number of places", "y", "write an integer")
    return x.dtype


def of_bits(call: Call) -> str:
    return promote(*(tensor.dtype for tensor in sized_pair(call)))


def of_where(call: Call) -> str:
    """The promotion of the two branches; without them int64, for indices."""
    branches = [optional(call, "x1"), optional(call, "x2")]
    return promote(*(branch.dtype if branch is not None else "int64" for branch in branches))


def of_cast(call: Call) -> str:
    """The `dtype` of the call, by default that of the first tensor, or of the number in its place."""
    own, dtype = first(call).dtype, constant(call, "dtype")
    if dtype is None:
        return list_dtype([call.constants["x"]]) if own in STRONG else own
    if dtype == "string" and own != "string":
        raise invalid_constant("cannot turn numbers into text", "dtype", "write a dtype of numbers")
    return dtype_named(dtype)


def dtype_named(word: str) -> str:
    """A dtype by its name; `int` is short for int64."""
    return "int64" if word == "int" else word


def _float_of_width(dtype: str, besides: tuple[str, ...]) -> str:
    if dtype == "int64":
        return "float64"
    return dtype if dtype in besides else float_for(dtype)


def _angle_unit(dtype: str) -> str:
    if dtype in ("int64", "float64"):
        return "float64"
    return dtype if dtype in ("bfloat16", "float16") else "float32"


def _no_complex(dtype: str) -> str:
    if dtype.startswith("complex"):
        raise ShapeError(f"expects real numbers, got {dtype}", help="take absolute values first: `op: abs`")
    return float_for(dtype)


def _correlation(dtype: str) -> str:
    return "float64" if dtype == "int64" else promote(dtype, "float")


def of_percentile(dtype: str) -> str:
    return dtype if is_float(dtype) else "float32"


def of_nanpercentile(dtype: str) -> str:
    return "float32" if is_integer(dtype) else promote(dtype, "float")


def _strong(call: Call) -> list[str]:
    dtypes = [tensor.dtype for tensor in pair(call)]
    return [STRONG.get(dtype, dtype) for dtype in dtypes] if call.tensors else dtypes


def _together(call: Call, a: TensorType, b: TensorType) -> Shape:
    shapes = [shape_of(a), shape_of(b)]
    doing = DOING.get(call.entry.name, "combine {0} and {1}").format(*map(shape_text, shapes))
    check_batch_axes(shapes)
    result = broadcast_shapes(shapes, doing)
    check_examples(call, [shape for shape in shapes if len(shape) == len(result)])
    return result


def _rules(names: str, shape: Callable[[Call], Shape], dtype: DtypeRule | str) -> dict[str, InferenceRule]:
    return dict.fromkeys(names.split(), op(shape, dtype, per_output))


RULES: dict[str, InferenceRule] = {
    **_rules(
        "abs absolute bitwise_invert bitwise_not conj conjugate erf erfinv imag nan_to_num negative real round rsqrt "
        "sign trunc celu elu gelu hard_shrink hard_sigmoid hard_silu hard_tanh log_sigmoid relu relu6 selu "
        "sigmoid silu soft_shrink softplus softsign sparse_plus sparse_sigmoid squareplus tanh_shrink threshold",
        unchanged,
        same,
    ),
    **dict.fromkeys(["copy", "stop_gradient", "tril", "triu"], op(unchanged, same)),
    **_rules("softmax log_softmax sparsemax", along_axis, same),
    "normalize": op(along_axis, of_first(float_for), per_output),
    "leaky_relu": op(unchanged, of_first(float_for), per_output),
    "glu": op(glu, same, per_output),
    **_rules(
        "angle arccos arccosh arcsin arcsinh arctan arctanh ceil cos cosh erfc floor log log10 log1p log2 sin sinc "
        "sinh sqrt tan tanh",
        unchanged,
        floating,
    ),
    "corrcoef": op(unchanged, of_first(_correlation), unknown_cost),
    **_rules("exp exp2 expm1", unchanged, of_first(float_for)),
    "fabs": op(unchanged, of_first(_no_complex), per_output),
    "cbrt": op(unchanged, of_first(lambda dtype: _float_of_width(dtype, besides=("uint64",))), per_output),
    **_rules("deg2rad rad2deg i0", unchanged, of_first(_angle_unit)),
    **_rules("square clip", unchanged, of_first(number_for)),
    "reciprocal": op(unchanged, of_first(float_for), per_output),
    "polar": op(unchanged, "float32", per_output),
    **_rules("isfinite isinf isnan isneginf isposinf isreal logical_not signbit", unchanged, "bool"),
    "isin": op(lambda call: shape_of(sized(call, "x1")), "bool"),
    **dict.fromkeys(
        ["array", "cast", "convert_to_tensor", "empty_like", "full_like", "ones_like", "saturate_cast", "zeros_like"],
        op(unchanged, of_cast),
    ),
    **_rules(
        "add subtract multiply power floor_divide maximum minimum fmax fmin",
        broadcasts,
        promoted,
    ),
    **_rules("divide divide_no_nan true_divide logaddexp logaddexp2", broadcasts, promoted_to_float),
    **_rules("mod fmod", broadcasts, promoted_numbers),
    **_rules("gcd lcm", broadcasts, promoted_strong),
    **_rules("ldexp nextafter", broadcasts, promoted_strong_to_float),
    "arctan2": op(broadcasts, of_arctan2, per_output),
    **_rules("heaviside hypot", broadcasts_sized, of_hypot),
    **_rules(
        "equal not_equal greater greater_equal less less_equal isclose logical_and logical_or logical_xor",
        broadcasts,
        "bool",
    ),
    "allclose": op(single, "bool", unknown_cost),
    **_rules("bitwise_and bitwise_or bitwise_xor", like_first, of_bits),
    **_rules("bitwise_left_shift bitwise_right_shift left_shift right_shift", like_first, of_shift),
    "where": op(where, of_where),
}
