"""What shape inference speaks of: tensor types, calls, what they give, and why they cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kspec.catalog import Entry
from kspec.diagnostics import Rule, codes
from kspec.ir import Tensor

Dim = int | None
"""The size of an axis; None where it is not known (the batch, a `null`)."""

Shape = tuple[Dim, ...]


class TensorType(NamedTuple):
    """What is known of a tensor.

    Args:
        shape: With the batch first; None where not even the rank is known.
        dtype: Keras's name.
    """

    shape: Shape | None
    dtype: str = "float32"


class Weight(NamedTuple):
    """A weight of a layer; one that is not trainable is counted apart (BatchNormalization's averages)."""

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
    """What a call gives.

    Args:
        outputs: One for each output of the call, in Keras's order.
        weights: Those of the layer; None where they cannot be told (an unknown size they depend on).
        flops: Floating-point operations for one example, a multiply-add counted as two; None where they cannot be told.
    """

    outputs: list[TensorType]
    weights: list[Weight] | None = field(default_factory=list)
    flops: int | None = None


@dataclass(slots=True)
class Types:
    """The types of a network.

    Args:
        calls: By node; the outputs of a node that cannot be inferred are unknown.
        models: By sub-model, its types for the inputs that it declares.
    """

    calls: dict[str, InferredCall] = field(default_factory=dict)
    models: dict[str, Types] = field(default_factory=dict)

    def tensor(self, tensor: Tensor) -> TensorType:
        """The type of one output of a node; unknown where it has no such output."""
        outputs = self.calls[tensor.node].outputs
        return outputs[tensor.output] if tensor.output < len(outputs) else TensorType(None)


class ShapeError(Exception):
    """A call that Keras would refuse, in the user's words.

    Args:
        message: One plain sentence without a full stop; the callee's name is put before it by who shows it, so that it
            reads on from it: "needs an input of rank 4, and is given (null, 10)".
        help: What to write instead.
        argument: The argument at fault, where it is one.
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
        entry: What the catalog says of the callee.
        arguments: The constructor's, as written; `call["units"]` fills in Keras's default.
        tensors: By argument name, the types of what it takes; one-element lists for single tensors.
        constants: The call's other arguments, as written; `call.constant("axis")` fills in Keras's default.
        dtype: The dtype that the layer computes in, by its `dtype` argument or the policy.
        sizes: Answers `{vocabulary_of: node}` and `{classes_of: output}`; None where it is not known.
        model: What a sub-model gives that the layer holds (`TimeDistributed: {layer: {model: reader}}`).
    """

    entry: Entry
    arguments: Mapping[str, Any]
    tensors: Mapping[str, list[TensorType]]
    constants: Mapping[str, Any] = field(default_factory=dict)
    dtype: str = "float32"
    sizes: Callable[[str, str], int | None] = lambda _word, _name: None
    model: Callable[[str, list[TensorType]], InferredCall | None] = lambda _name, _tensors: None

    def __getitem__(self, name: str) -> Any:
        """A constructor's argument, or Keras's default. A size that the data decides is its number, or None."""
        value = self.arguments.get(name, self.entry.parameters[name].default if name in self.entry.parameters else None)
        if isinstance(value, dict) and len(value) == 1:
            (word, cited), *_ = value.items()
            if word in ("vocabulary_of", "classes_of"):
                return self.sizes(word, cited)
        return value

    def constant(self, name: str) -> Any:
        """A constant of the call, or Keras's default."""
        return self.constants.get(name, self.entry.constants[name].default if name in self.entry.constants else None)

    @property
    def inputs(self) -> list[TensorType]:
        """What the first tensor argument takes: several for a merge layer."""
        first = self.entry.tensors[0].name if self.entry.tensors else ""
        return self.tensors.get(first) or next(iter(self.tensors.values()), [])

    @property
    def x(self) -> TensorType:
        """The first tensor."""
        return self.inputs[0]


InferenceRule = Callable[[Call], InferredCall]
