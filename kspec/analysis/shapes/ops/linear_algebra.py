"""Decompositions, inverses and systems of equations."""

from __future__ import annotations

from kspec.analysis.shapes.ops.elementwise import same
from kspec.analysis.shapes.ops.rule_helpers import (
    at_least,
    constant,
    first,
    of_rank,
    op,
    operand,
    several,
    shape_of,
    unknown_cost,
)
from kspec.analysis.shapes.types import Call, InferenceRule, Shape, ShapeError, TensorType
from kspec.syntax.yaml_flow import shape_text


def square(call: Call) -> Shape:
    """`(…, n, n) → (…, n, n)`"""
    return _square(shape_of(first(call)))


def determinant(call: Call) -> Shape:
    """`(…, n, n) → (…)`"""
    return _square(shape_of(first(call)))[:-2]


def per_matrix(call: Call) -> Shape:
    """`(…, m, n) → (…)`"""
    return at_least(shape_of(first(call)), 2)[:-2]


def log_determinant(call: Call) -> Shape:
    """`(…, n, n) → (…)`; Keras does not check for a square."""
    return shape_of(first(call))[:-2]


def sign_and_log_determinant(call: Call) -> list[TensorType]:
    """`(…, n, n) → (), (…)`"""
    x = first(call)
    return [TensorType((), x.dtype), TensorType(shape_of(x)[:-2], x.dtype)]


def eigen(call: Call) -> list[TensorType]:
    """`(…, n, n) → (…, n), (…, n, n)`: values and vectors."""
    x, shape = first(call), square(call)
    return [TensorType(shape[:-1], x.dtype), TensorType(shape, x.dtype)]


def pseudo_inverse(call: Call) -> Shape:
    """`(…, m, n) → (…, n, m)`"""
    shape = at_least(shape_of(first(call)), 2)
    return (*shape[:-2], shape[-1], shape[-2])


def lu(call: Call) -> list[TensorType]:
    """`(…, m, n) → (…, m, n), (…, min(m, n))`"""
    x, shape = first(call), shape_of(first(call))
    _, _, least = _known(shape)
    return [TensorType(shape, x.dtype), TensorType((*shape[:-2], least), x.dtype)]


def qr(call: Call) -> list[TensorType]:
    """`(…, m, n) → (…, m, k), (…, k, n)`, k the smaller; `complete`: `(…, m, m), (…, m, n)`."""
    x, shape = first(call), shape_of(first(call))
    m, n, least = _known(shape)
    k = least if constant(call, "mode") == "reduced" else m
    return [TensorType((*shape[:-2], *sizes), x.dtype) for sizes in ((m, k), (k, n))]


def svd(call: Call) -> list[TensorType]:
    """`(…, m, n) → (…, m, m), (…, k), (…, n, n)`, k the smaller; if not full `(…, m, k), (…, k), (…, k, n)`."""
    x, shape = first(call), shape_of(first(call))
    m, n, k = _known(shape)
    full = constant(call, "full_matrices")
    sizes: list[tuple[int, ...]] = [(m, m if full else k), (k,), (n if full else k, n)]
    if not constant(call, "compute_uv"):
        sizes = [(k,)]
    return [TensorType((*shape[:-2], *each), x.dtype) for each in sizes]


def solve(call: Call) -> Shape:
    """`(…, n, n), (…, n, k) → (…, n, k)`; or `(…, n, n), (…, n) → (…, n)`."""
    a, b = _square(shape_of(operand(call, "a"))), at_least(shape_of(operand(call, "b")), 1)
    matrices = len(a) == len(b)
    sizes = (a[-2], b[-2]) if matrices else (a[-1], b[-1])
    if (matrices or len(a) == len(b) - 1) and sizes[0] != sizes[1]:
        raise ShapeError(f"cannot solve {shape_text(a)} for {shape_text(b)}", help="give both the same number of rows")
    return b


def lstsq(call: Call) -> Shape:
    """`(m, n), (m,) → (n,)`; `(m, n), (m, k) → (n, k)`."""
    a, b = of_rank(shape_of(operand(call, "a")), 2), shape_of(operand(call, "b"))
    if len(b) not in (1, 2) or a[0] != b[0]:
        raise ShapeError(f"cannot solve {shape_text(a)} for {shape_text(b)}", help="give both the same number of rows")
    return (a[1], *b[1:])


def _square(shape: Shape) -> Shape:
    at_least(shape, 2)
    if shape[-2] != shape[-1]:
        raise ShapeError(f"expects square matrices, got {shape_text(shape)}")
    return shape


def _known(shape: Shape) -> tuple[int, int, int]:
    """The sizes of the matrices, and the smaller one."""
    m, n = at_least(shape, 2)[-2:]
    if m is None or n is None:
        raise ShapeError(f"expects matrices of known size, got {shape_text(shape)}")
    return m, n, min(m, n)


RULES: dict[str, InferenceRule] = {
    **dict.fromkeys(["cholesky", "cholesky_inverse", "inv"], op(square, same, unknown_cost)),
    "det": op(determinant, same, unknown_cost),
    "logdet": op(log_determinant, same, unknown_cost),
    "slogdet": several(sign_and_log_determinant),
    "matrix_rank": op(per_matrix, "int32", unknown_cost),
    **dict.fromkeys(["eig", "eigh"], several(eigen)),
    "pinv": op(pseudo_inverse, same, unknown_cost),
    "lu_factor": several(lu),
    "qr": several(qr),
    "svd": several(svd),
    **dict.fromkeys(["solve", "solve_triangular"], op(solve, lambda call: operand(call, "b").dtype, unknown_cost)),
    "lstsq": op(lstsq, lambda call: operand(call, "a").dtype, unknown_cost),
}
