"""The names that can be cited at a place, and what is wrong with a citation that means nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kspec.diagnostics import Edit, Path, Positions, Related, Report, Span, did_you_mean
from kspec.graph.node import Tensor


@dataclass(slots=True)
class Scope:
    """Names in view, in the order they were written.

    Args:
        tensors: What each name stands for.
        places: Where each name is written.
        later: Names that stand further down, with their places: citing one is an error that names the line.
        counted: Names that nobody wrote (`dense_1`): citing one works, and is warned about.
    """

    report: Report
    positions: Positions
    tensors: dict[str, Tensor] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    later: dict[str, Span] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)

    def add(self, name: str, tensor: Tensor, place: Span) -> None:
        """Brings a name into view."""
        self.later.pop(name, None)
        self.tensors[name] = tensor
        self.places[name] = place

    def resolve(self, name: str, path: Path, user: str) -> Tensor | None:
        """What a cited name stands for; None when nothing, with the reason in the report.

        Args:
            path: Where it is cited.
            user: The node that cites it; empty for the model's outputs.
        """
        span = self.positions.value(path)
        if name in self.tensors:
            if name in self.counted:
                from kspec.syntax.entries import naming_edits

                self.report.warning(
                    "KS213",
                    f"`{name}` is a counted name: it shifts when a layer is inserted above",
                    span,
                    help=f"give the node on line {self.places[name].line} a name of its own, and cite that",
                    related=(Related("this node", self.places[name]),),
                    edits=naming_edits(self.places[name], name),
                )
            return self.tensors[name]
        if name == user:
            self.report.error("KS202", f"`{name}` takes its input from itself", span, help="a graph has no cycles")
        elif name in self.later:
            line = self.later[name].line
            self.report.error(
                "KS202",
                f"`{name}` is used before it stands: it is defined on line {line}",
                span,
                help=f"what is used stands above: move the entry of line {line} up"
                + (f", above `{user}`; if it needs `{user}` itself, the two form a cycle" if user else ""),
                related=(Related(f"`{name}` stands here", self.later[name]),),
            )
        elif (parts := [part.strip() for part in name.split(",")]) and len(parts) > 1:
            self.report.error(
                "KS201",
                f"`{name}` is no name",
                span,
                help=f"several are a list: write `[{', '.join(parts)}]`",
                edits=(Edit(span, f"[{', '.join(parts)}]"),) if span.written == name else (),
            )
        else:
            citable = self._citable(name, user)
            names = [known for known in citable if known in self.tensors]
            shown = ", ".join(names[-12:])
            more = f" and {len(names) - 12} more" if len(names) > 12 else ""
            self.report.error(
                "KS201",
                f"no node is called `{name}`",
                span,
                label=did_you_mean(name, citable),
                help=f"nodes you can use here: {shown}{more}",
            )
        return None

    def _citable(self, name: str, user: str) -> list[str]:
        """What may have been meant by a name; not the node that cites it, nor a name counted from the wrong one."""
        counted = re.compile(rf"{re.escape(name)}_\d+")
        known = (*self.tensors, *self.later)
        return [known_name for known_name in known if known_name != user and not counted.fullmatch(known_name)]
