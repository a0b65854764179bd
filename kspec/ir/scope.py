"""The names that can be cited at a place, and what is wrong with a citation that means nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from kspec.diagnostics import Edit, Path, Positions, Related, Report, Span, codes, did_you_mean
from kspec.ir.node import Tensor
from kspec.syntax.names import warn_automatic_name


def first_counted(cited: str, counted: Collection[str], prefix: str = "") -> str:
    """What of a cited name nobody wrote: the use of a block that it stands in, or itself; empty for a sure name.

    >>> first_counted("stage_1/main", {"stage_1"}), first_counted("stage/main", {"stage_1"})
    ('stage_1', '')
    """
    parts = cited.split("/")
    names = ("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    return next((name for name in names if prefix + name in counted), "")


@dataclass(slots=True)
class Scope:
    """Names in view, in the order they were written.

    Args:
        tensors: What each name stands for.
        places: Where each name is written.
        later: Names that stand further down, with their places: citing one is an error that names the line.
        counted: Names that nobody wrote (`dense_1`): citing one works, and is warned about.
        groups: Names that stand for several nodes (`each`).
        prefix: What stands before the names that are cited at the moment: `use/` within a block.
        implied: Names whose citation at the moment nobody wrote.
        models: The calls of sub-models, and which each calls.
        gives: The calls of sub-models with several outputs that have no `as`, and those outputs.
        sub_models: Those that can be called.
    """

    report: Report
    positions: Positions
    tensors: dict[str, Tensor] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    later: dict[str, Span] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    groups: dict[str, list[Tensor]] = field(default_factory=dict)
    prefix: str = ""
    implied: frozenset[str] = frozenset()
    models: dict[str, str] = field(default_factory=dict)
    gives: dict[str, list[str]] = field(default_factory=dict)
    sub_models: Collection[str] = ()

    def add(self, name: str, tensor: Tensor, place: Span) -> None:
        """Brings a name into view."""
        self.later.pop(name, None)
        self.tensors[name] = tensor
        self.places[name] = place

    def resolve_all(self, cited: str, path: Path | Span, user: str) -> list[Tensor] | None:
        """The same for a name that may stand for several nodes."""
        return self.groups.get(self.prefix + cited) or (
            None if (tensor := self.resolve(cited, path, user)) is None else [tensor]
        )

    def resolve(self, cited: str, path: Path | Span, user: str) -> Tensor | None:
        """What a cited name stands for; None when nothing, with the reason in the report.

        Args:
            cited: The name as written; within a block it is one of the block's own.
            path: Where it is cited.
            user: The node that cites it; empty for the model's outputs.
        """
        span = path if isinstance(path, Span) else self.positions.value(path)
        name = self._last_copy(self.prefix + cited)
        if name in self.groups:
            self.report.error(
                codes.WRONG_INPUT_COUNT,
                f"`{cited}` stands for {len(self.groups[name])} nodes, and one is wanted",
                span,
                help="join them first, with `Concatenate` or another merge layer",
            )
            return None
        if name in self.tensors:
            counted = first_counted(cited, self.counted, self.prefix)
            if counted and name not in self.implied:
                warn_automatic_name(counted, self.places[self.prefix + counted], span, self.report)
            return self.tensors[name]
        if name == user:
            self.report.error(
                codes.FORWARD_REFERENCE, f"`{cited}` takes its input from itself", span, help="a graph has no cycles"
            )
        elif name in self.later:
            line = self.later[name].line
            self.report.error(
                codes.FORWARD_REFERENCE,
                f"`{cited}` is used before it stands: it is defined on line {line}",
                span,
                help=f"what is used stands above: move the entry of line {line} up"
                + (f", above `{user}`; if it needs `{user}` itself, the two form a cycle" if user else ""),
                related=(Related(f"`{cited}` stands here", self.later[name]),),
            )
        elif (parts := [part.strip() for part in name.split(",")]) and len(parts) > 1:
            self.report.error(
                codes.UNKNOWN_NODE,
                f"`{name}` is no name",
                span,
                help=f"several are a list: write `[{', '.join(parts)}]`",
                edits=(Edit(span, f"[{', '.join(parts)}]"),) if span.text == name else (),
            )
        elif model := self._model_around(cited):
            self.report.error(
                codes.UNKNOWN_NODE,
                f"`{cited}` lies in the sub-model `{model}`, and what lies in one cannot be cited",
                span,
                help=f"name it in the `outputs` of `{model}`, and take it with `as` where that is called",
            )
        else:
            citable = self._citable(cited, user)
            names = [name for name in citable if self.prefix + name in self.tensors]
            shown = ", ".join(names[-12:])
            more = f" and {len(names) - 12} more" if len(names) > 12 else ""
            help = f"nodes you can use here: {shown}{more}"
            if cited in self.sub_models:
                help = f"`{cited}` is a sub-model, which is called: write `- model: {cited}`"
            for call, outputs in self.gives.items():
                if cited in outputs:
                    help = f"`{call}` gives it: name what it gives where it is called, `as: [{', '.join(outputs)}]`"
            self.report.error(
                codes.UNKNOWN_NODE,
                f"no node is called `{cited}`" + (" in this block" if self.prefix else ""),
                span,
                label=did_you_mean(cited, citable),
                help=help,
            )
        return None

    def _model_around(self, cited: str) -> str | None:
        """The sub-model that a name would lie in, by a call of it or by its own name; None for any other."""
        around = cited.rpartition("/")[0]
        return self.models.get(self.prefix + around) or (around if around in self.sub_models else None)

    def _last_copy(self, name: str) -> str:
        """Of a node of a repeated use (`stage/main`) that of the last copy (`stage_2/main`), as the bare name is."""
        use, slash, inner = name.rpartition("/")
        if name in self.tensors or not slash or use not in self.tensors:
            return name
        copies = re.compile(rf"{re.escape(use)}_(\d+)/{re.escape(inner)}")
        numbers = [int(found[1]) for known in self.tensors if (found := copies.fullmatch(known))]
        return f"{use}_{max(numbers)}/{inner}" if numbers else name

    def _citable(self, cited: str, user: str) -> list[str]:
        """What may have been meant by a name; not the node that cites it, nor a name counted from the wrong one."""
        counted = re.compile(rf"{re.escape(cited)}_\d+")
        known = self._in_view((name for name in (*self.tensors, *self.later) if name != user), inside="/" in cited)
        return [name for name in known if not counted.fullmatch(name)]

    def _in_view(self, names: Iterable[str], *, inside: bool = False) -> list[str]:
        """Of some names those that can be cited at the moment, as one writes them.

        Args:
            inside: Those within uses of blocks too.
        """
        own = [name.removeprefix(self.prefix) for name in names if name.startswith(self.prefix)]
        return [name for name in own if inside or "/" not in name]
