"""The types of shape inference: tensors, weights, calls, their results and errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kspec.catalog import Entry
from kspec.diagnostics import Rule, codes
from kspec.ir import Tensor

Dim = int | None
"""The size of an axis; None if unknown (the batch, a `null`)."""

Shape = tuple[Dim, ...]


class TensorType(NamedTuple):
    """The type of a tensor.

    Args:
        shape: Batch first; None if not even the rank is known.
        dtype: Keras's name.
    """

    shape: Shape | None
    dtype: str = "float32"


class Weight(NamedTuple):
    """A weight of a layer; untrainable ones count separately (the averages of BatchNormalization)."""

    shape: tuple[int, ...]
    trainable: bool = True

    @property
    def size(self) -> int:
        size = 1
        for axis in self.shape:
            size *= axis
        return size


@dataclass(slots=True)
class InferredCall:
    """The outputs and the cost of a call.

    Args:
        outputs: Their types, in Keras's order.
        weights: Those of the layer; None if they depend on an unknown size.
        flops: Floating-point operations for one example, a multiply-add counted as two; None if unknown.
    """

    outputs: list[TensorType]
    weights: list[Weight] | None = field(default_factory=list)
    flops: int | None = None


@dataclass(slots=True)
class Types:
    """The types of a network.

    Args:
        calls: By node; the outputs of a node that cannot be inferred are unknown.
        numbers: By node with sizes of other nodes in its arguments: these arguments with numbers, as far as known.
        models: By sub-model, its types for the inputs that it declares.
    """

    calls: dict[str, InferredCall] = field(default_factory=dict)
    numbers: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, Types] = field(default_factory=dict)

    def tensor(self, tensor: Tensor) -> TensorType:
        """The type of one output of a node; unknown where it has no such output."""
        outputs = self.calls[tensor.node].outputs
        return outputs[tensor.output] if tensor.output < len(outputs) else TensorType(None)


class ShapeError(Exception):
    """A call that Keras would reject, or without a finite result, in the user's words.

    Args:
        message: The predicate of a sentence whose subject, the node, the caller adds: "expects 4-dimensional input
            (null, height, width, channels), got (null, 10)".
        help: What to write instead.
        argument: The argument at fault, if any.
        code: KS301 for an input that does not fit, KS302 for arguments that do not fit each other, KS303 for a size
            that shrinks to nothing.
    """

    def __init__(
        self, message: str, *, help: str = "", argument: str = "", code: Rule = codes.REJECTED_BY_KERAS
    ) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.argument = argument
        self.code = code


@dataclass(slots=True)
class Call:
    """A call of a layer or an op, as a rule sees it.

    Args:
        entry: The catalog entry of the callee.
        arguments: Of the constructor; `call["units"]` adds Keras's default. A size that data decides is None.
        tensors: By argument name, the types of the inputs; one-element lists for single tensors.
        constants: The call's other arguments, as written; `call.constant("axis")` adds Keras's default.
        dtype: The compute dtype, by the layer's `dtype` argument or the policy.
        model: Infers a sub-model that the layer wraps (`TimeDistributed: {layer: {model: reader}}`).
        batch_sizes: The batch sizes that inputs of the network declare; None if a batch may have any size.
    """

    entry: Entry
    arguments: Mapping[str, Any]
    tensors: Mapping[str, list[TensorType]]
    constants: Mapping[str, Any] = field(default_factory=dict)
    dtype: str = "float32"
    model: Callable[[str, list[TensorType]], InferredCall | None] = lambda _name, _tensors: None
    batch_sizes: frozenset[int] | None = None

    def __getitem__(self, name: str) -> Any:
        """An argument of the constructor, or Keras's default."""
        return self.arguments.get(name, self.entry.parameters[name].default if name in self.entry.parameters else None)

    def constant(self, name: str) -> Any:
        """A constant of the call, or Keras's default."""
        return self.constants.get(name, self.entry.constants[name].default if name in self.entry.constants else None)

    @property
    def inputs(self) -> list[TensorType]:
        """The tensors of the first tensor argument: several for a merge layer."""
        first = self.entry.tensors[0].name if self.entry.tensors else ""
        return self.tensors.get(first) or next(iter(self.tensors.values()), [])

    @property
    def x(self) -> TensorType:
        """The first tensor."""
        return self.inputs[0]


InferenceRule = Callable[[Call], InferredCall]
