"""What the catalog says of one class or function of Keras."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "layer", "op", "optimizer", "schedule", "loss", "metric", "initializer", "regularizer", "constraint", "callback", "activation"
]


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument: of a constructor, or a constant one of a call.

    Args:
        type: In the notation of `kspec.catalog.types`.
        default: Keras's default; None where `required`.
    """

    name: str
    type: str
    required: bool
    default: Any
    doc: str


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor argument of a call.

    Args:
        form: `one` tensor; `list`, several handed over as one list (merge layers, `initial_state`, `ops.concatenate`);
            `spread`, any number handed over one by one (`einsum`'s operands).
    """

    name: str
    form: Literal["one", "list", "spread"]
    required: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A class (or, of kind `op` and `activation`, a function) that a spec can name.

    Args:
        path: Where Keras has it: `keras.layers.Dense`.
        aliases: Other names that Keras knows it by: `Convolution2D`, `mse`.
        parameters: The constructor's arguments, without `name`, `dtype`, `trainable` of layers (see `common`).
        tensors: The tensor arguments of its call, in order.
        constants: The other arguments of its call (`call:` in a spec).
        adapts: Whether it learns from data by `adapt()`.
        cell: Whether it is an RNN's cell.
        refused: Why a spec cannot use it (`Lambda`: it carries code); empty when it can.
    """

    kind: Kind
    name: str
    path: str
    aliases: tuple[str, ...]
    doc: str
    parameters: dict[str, Parameter]
    tensors: tuple[Tensor, ...] = ()
    constants: dict[str, Parameter] = field(default_factory=dict)
    adapts: bool = False
    cell: bool = False
    refused: str = ""
