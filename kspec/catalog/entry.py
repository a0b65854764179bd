"""The catalog's entry of one class or function of Keras."""

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
    """An argument of a constructor, or a constant argument of a call.

    Args:
        name: Its name.
        type: Its type, in the notation of `kspec.catalog.types`.
        required: Whether it has no default.
        default: Keras's default; None if `required`. A `type` with `null` may also have None as its default.
        place: Where its description is stored: kind, entry, and `parameters` or `constants`.
    """

    name: str
    type: str
    required: bool
    default: Any
    place: tuple[Kind, str, str] | None = None

    @property
    def doc(self) -> str:
        """What it does, in one line; empty without a description."""
        return describe_parameter(*self.place, self.name) if self.place is not None else ""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor argument of a call.

    A name that is also among the entry's `constants` takes either (`op: multiply` by a tensor or by 2); if it is
    required, one of the two must be given.

    Args:
        name: Its name.
        form: `one` tensor; `list`, several passed as one list (merge layers, `initial_state`, `ops.concatenate`);
            `spread`, any number passed one by one (`einsum`'s operands).
        required: Whether the call needs it.
    """

    name: str
    form: Literal["one", "list", "spread"]
    required: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A class (or, of kind `op` and `activation`, a function) that a spec can name.

    Args:
        kind: What it is.
        name: Its canonical name.
        path: Its public path in Keras: `keras.layers.Dense`.
        aliases: Its other names in Keras: `Convolution2D`, `mse`.
        parameters: The constructor's arguments; for layers without `name` and `trainable`, which are keys of the entry.
        tensors: The tensor arguments of its call, in order.
        constants: The other arguments of its call (`call:` in a spec).
        order: All arguments of its call, in Python's positional order.
        adapts: Whether it learns from data with `adapt()`.
        cell: Whether it is an RNN cell.
        internal: Whether it is private in Keras: imported specs may use it, but it is not documented or suggested.
        refused: Why a spec cannot use it (`Lambda`: it carries code); empty if it can.
        skipped: Keras's arguments that a spec cannot set, each with the reason.
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
        """Whether it is a layer: of kind `layer`, or an activation that is a layer (`LeakyReLU`)."""
        return self.kind == "layer" or (self.kind == "activation" and self.path.startswith("keras.layers."))

    @property
    def doc(self) -> str:
        """What it is, in one sentence; empty without a description."""
        return describe_entry(self.kind, self.name)
