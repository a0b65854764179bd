"""What the catalog says of one class or function of Keras."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from kspec.catalog.descriptions import describe_entry, describe_parameter

Kind = Literal[
    "layer",
    "op",
    "optimizer",
    "schedule",
    "loss",
    "metric",
    "initializer",
    "regularizer",
    "constraint",
    "callback",
    "activation",
    "application",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument: of a constructor, or a constant one of a call.

    Args:
        type: In the notation of `kspec.catalog.types`.
        default: Keras's default; None where `required`. A `type` with `null` may also have None as its default.
        place: Where its description is kept: kind, entry, and `parameters` or `constants`.
    """

    name: str
    type: str
    required: bool
    default: Any
    place: tuple[Kind, str, str] | None = None

    @property
    def doc(self) -> str:
        """One line that says what it does; empty if there is none."""
        return describe_parameter(*self.place, self.name) if self.place is not None else ""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor argument of a call.

    A name that is also among the entry's `constants` takes either (`op: multiply` by a tensor or by 2): a required one
    must then come one way or the other.

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
        parameters: The constructor's arguments; of layers without `name` and `trainable`, which stand beside the head.
        tensors: The tensor arguments of its call, in order.
        constants: The other arguments of its call (`call:` in a spec).
        order: The arguments of its call, of both kinds, as Python hands them over by position.
        adapts: Whether it learns from data by `adapt()`.
        cell: Whether it is an RNN's cell.
        internal: Whether Keras keeps it to itself: a spec that was imported may name it, and nobody is told of it.
        refused: Why a spec cannot use it (`Lambda`: it carries code); empty when it can.
        skipped: Arguments of Keras's that are not offered, each with the reason.
    """

    kind: Kind
    name: str
    path: str
    aliases: tuple[str, ...]
    parameters: dict[str, Parameter]
    tensors: tuple[Tensor, ...] = ()
    constants: dict[str, Parameter] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    adapts: bool = False
    cell: bool = False
    internal: bool = False
    refused: str = ""
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def is_layer(self) -> bool:
        """Whether a layer is made of it: of a layer, and of an activation that is one (`LeakyReLU`)."""
        return self.kind == "layer" or (self.kind == "activation" and self.path.startswith("keras.layers."))

    @property
    def doc(self) -> str:
        """One sentence that says what it is; empty if there is none."""
        return describe_entry(self.kind, self.name)
