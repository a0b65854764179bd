"""The names that can be referenced at a place, and what is wrong with a reference to none of them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from kspec.diagnostics import Edit, Path, Positions, Related, Report, Rule, Span, codes, did_you_mean
from kspec.diagnostics.budget import EDGES, can_suggest, spend
from kspec.ir.node import Tensor
from kspec.syntax.entries import warn_automatic_name
from kspec.syntax.names import MAX_NAME

MAX_REFERENCE = 32 * (MAX_NAME + 1)
"""The longest reference, in characters: a name within the most blocks."""
MAX_NAMES = 12
"""The number of names that a help text lists at most."""


def automatic_part(reference: str, automatic_names: Collection[str], prefix: str = "") -> str:
    """The part of a reference that is an automatic name: the use of a block, or the node.

    Args:
        reference: The name as written, with slashes within blocks.
        automatic_names: The automatic names, with their prefixes.
        prefix: What precedes the names of the current block: `use/`.

    Returns:
        That part, from the start of the reference; empty if there is none.

    >>> automatic_part("stage_1/main", {"stage_1"}), automatic_part("stage/main", {"stage_1"})
    ('stage_1', '')
    """
    parts = reference.split("/")
    names = ("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    return next((name for name in names if prefix + name in automatic_names), "")


class _Explanation(NamedTuple):
    rule: Rule
    message: str
    label: str = ""
    help: str = ""
    related: tuple[Related, ...] = ()
    edits: tuple[Edit, ...] = ()


@dataclass(slots=True)
class Scope:
    """The names of a network that can be referenced so far.

    Args:
        report: Receives every problem.
        positions: The places of the spec's values.
        tensors: What each name stands for.
        places: Where each name is defined.
        later: Names that are defined further down, and where.
        automatic_names: Names that are not in the spec (`dense_1`); a reference to one is warned of.
        groups: Names that stand for several nodes (`each`).
        prefix: What precedes the names of the current block: `use/`.
        implied: Names that the current entry references without the spec doing so.
        models: Calls of sub-models, and which one each calls.
        unnamed_outputs: Calls of sub-models with several outputs but no `as`, and those outputs.
        sub_models: The sub-models that can be called.
        outer_names: In a sub-model, the names of the spec's own network.
        in_formula: Whether the current entry is an operation of an `expr`.
        duplicates: Names that are defined twice, which is reported.
        lacks_names: Whether the name of an invalid entry is unknown: it may be any that is missing.
        copies: For a node of a repeated block, by the block's use and its name there, the number of the last copy.
    """

    report: Report
    positions: Positions
    tensors: dict[str, Tensor] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    later: dict[str, Span] = field(default_factory=dict)
    automatic_names: set[str] = field(default_factory=set)
    groups: dict[str, list[Tensor]] = field(default_factory=dict)
    prefix: str = ""
    implied: frozenset[str] = frozenset()
    models: dict[str, str] = field(default_factory=dict)
    unnamed_outputs: dict[str, list[str]] = field(default_factory=dict)
    sub_models: Collection[str] = ()
    outer_names: Collection[str] = ()
    in_formula: bool = False
    duplicates: set[str] = field(default_factory=set)
    lacks_names: bool = False
    copies: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, name: str, tensor: Tensor, place: Span) -> None:
        """Defines a name.

        Args:
            name: The name, with its prefix.
            tensor: What it stands for.
            place: Where it is defined.
        """
        self.later.pop(name, None)
        self.tensors[name] = tensor
        use, slash, inner = name.rpartition("/")
        stem, _, number = use.rpartition("_")
        if slash and number.isdecimal():
            self.copies[stem, inner] = max(int(number), self.copies.get((stem, inner), 0))
        self.places[name] = place

    def resolve_all(self, reference: str, path: Path | Span, user: str) -> list[Tensor] | None:
        """Looks up a name that may stand for several nodes.

        Args:
            reference: The name as written; within a block it is one of the block's own.
            path: Where the reference is.
            user: The node that references it; empty for the model's outputs.

        Returns:
            The tensors; None if the reference is invalid, which is reported.
        """
        if group := self.groups.get(self.prefix + reference):
            spend(EDGES, len(group), path if isinstance(path, Span) else self.positions.value(path))
            return group
        tensor = self.resolve(reference, path, user)
        return None if tensor is None else [tensor]

    def resolve(self, reference: str, path: Path | Span, user: str) -> Tensor | None:
        """Look up a name.

        Args:
            reference: The name as written; within a block it is one of the block's own.
            path: Where the reference is.
            user: The node that references it; empty for the model's outputs.

        Returns:
            The tensor; None if the reference is invalid, which is reported.
        """
        span = path if isinstance(path, Span) else self.positions.value(path)
        if len(reference) > MAX_REFERENCE:
            self.report.error(codes.UNKNOWN_NODE, "no node has a name of this length", span)
            return None
        name = self.last_copy(self.prefix + reference)
        if name not in self.tensors or name in self.groups:
            explanation = self._explain_unresolved(reference, name, span, user)
            if explanation.rule != codes.UNKNOWN_NODE or not self.lacks_names:
                self.report.error(**explanation._asdict(), span=span)
            return None
        automatic = automatic_part(reference, self.automatic_names, self.prefix)
        if automatic and name not in self.implied:
            warn_automatic_name(automatic, self.places[self.prefix + automatic], span, self.report)
        return self.tensors[name]

    def _explain_unresolved(self, reference: str, name: str, span: Span, user: str) -> _Explanation:
        """Why a reference does not stand for one tensor."""
        if name in self.groups:
            return _Explanation(
                codes.WRONG_INPUT_COUNT,
                f"`{reference}` stands for {len(self.groups[name])} nodes, but one is expected",
                help="join them first, with `Concatenate` or another merge layer",
            )
        if name == user:
            return _Explanation(
                codes.FORWARD_REFERENCE, f"`{reference}` references itself", help="a graph cannot have cycles"
            )
        if name in self.later:
            line = self.later[name].line
            above = f", above `{user}`; if it needs `{user}` itself, the two form a cycle" if user else ""
            return _Explanation(
                codes.FORWARD_REFERENCE,
                f"`{reference}` is used before its definition on line {line}",
                help=f"move the entry on line {line} up{above}",
                related=(Related(f"`{reference}` is defined here", self.later[name]),),
            )
        if "," in name:
            as_list = f"[{', '.join(part.strip() for part in name.split(','))}]"
            return _Explanation(
                codes.UNKNOWN_NODE,
                f"`{name}` is not a name",
                help=f"write several nodes as a list: `{as_list}`",
                edits=(Edit(span, as_list),) if span.text == name else (),
            )
        if model := self._model_around(reference):
            return _Explanation(
                codes.UNKNOWN_NODE,
                f"`{reference}` is inside the sub-model `{model}`, and cannot be referenced from outside",
                help=f"make it an output of `{model}`, and name it with `as` where the sub-model is called",
            )
        similar = self._similar_names(reference, user) if can_suggest() else []
        return _Explanation(
            codes.UNKNOWN_NODE,
            f"unknown node `{reference}`" + (" in this block" if self.prefix else ""),
            label=did_you_mean(reference, similar),
            help=self._help_for_unknown(reference, similar),
        )

    def _help_for_unknown(self, reference: str, similar: list[str]) -> str:
        for call, outputs in self.unnamed_outputs.items() if similar else ():
            if reference in outputs:
                return f"it is an output of `{call}`: name the outputs of that call, `as: [{', '.join(outputs)}]`"
        if reference in self.sub_models:
            return f"`{reference}` is a sub-model; call it: `- model: {reference}`"
        if self.prefix and reference in self.tensors:
            return f"a block sees only its own nodes: hand it `{reference}` as an input, or a size of it as a parameter"
        if reference in self.outer_names:
            return f"a sub-model sees only its own nodes: hand it `{reference}` as an input; write a size as a number"
        names = [name for name in similar if self.prefix + name.strip("'") in self.tensors]
        if not names:
            return ""
        more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
        return f"available nodes: {', '.join(names[-MAX_NAMES:])}{more}"

    def _model_around(self, reference: str) -> str | None:
        """The sub-model that a reference points into, by a call of it or by its own name."""
        around = reference.rpartition("/")[0]
        return self.models.get(self.prefix + around) or (around if around in self.sub_models else None)

    def last_copy(self, name: str) -> str:
        """For a node of a repeated block (`stage/main`), that of the last copy (`stage_2/main`)."""
        use, slash, inner = name.rpartition("/")
        if name in self.tensors or not slash or use not in self.tensors or (use, inner) not in self.copies:
            return name
        return f"{use}_{self.copies[use, inner]}/{inner}"

    def _similar_names(self, reference: str, user: str) -> list[str]:
        """Names that a reference may be a misspelling of, as written in the current block.

        Not the node that has the reference, nor automatic names derived from the misspelled one.
        """
        automatic = re.compile(rf"{re.escape(reference)}_\d+")
        known = [name for name in (*self.tensors, *self.later) if name != user and name.startswith(self.prefix)]
        names = [name.removeprefix(self.prefix) for name in known if "." not in name]
        if self.in_formula:  # as it is written there
            names = [name if name.isidentifier() else f"'{name}'" for name in names]
        return [name for name in names if ("/" in reference or "/" not in name) and not automatic.fullmatch(name)]
