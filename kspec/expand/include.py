"""`include`: adds the variables, blocks and sub-models of other files to a document, whose own take precedence."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

from kspec.diagnostics import Path, Report, Span, codes
from kspec.diagnostics.budget import FILES, spend
from kspec.expand.frame import as_mapping
from kspec.syntax.parse import Tree, parse
from kspec.syntax.path_policy import PathPolicy, PathRefused
from kspec.syntax.regular_files import shown_path
from kspec.syntax.source import read_source

SHARED = ("vars", "blocks", "models")
"""The keys whose contents an include adds."""
_ALLOWED = (*SHARED, "kspec", "name", "description", "include")
"""The keys of an included file."""


def include(tree: Tree, report: Report, policy: PathPolicy) -> None:
    """Adds what a document's `include` names, as if it were written above the document's own.

    Args:
        tree: The document, which is changed.
        report: Where problems are reported.
        policy: The files that the document may read.
    """
    if isinstance(tree.value, dict) and "include" in tree.value:
        name = tree.positions.whole.source.name
        _Includer(report, policy).add_to(tree, (os.path.realpath(name),))


class _Includer:
    def __init__(self, report: Report, policy: PathPolicy) -> None:
        self.report = report
        self.policy = policy

    def add_to(self, tree: Tree, chain: tuple[str, ...]) -> None:
        """Adds what a document includes, after what those files include themselves.

        Args:
            tree: The document.
            chain: The files that include one another, down to this one.
        """
        value = tree.value.get("include")
        items: list[tuple[Any, Path]] = [(value, ("include",))] if isinstance(value, str) else []
        if isinstance(value, list):
            items = [(item, ("include", index)) for index, item in enumerate(value)]
        sections: dict[str, dict[str, Any]] = {key: {} for key in SHARED}
        origins: dict[Path, Tree] = {}
        for item, path in items:
            other = self._read(item, tree, path, chain) if isinstance(item, str) else None
            if other is None:
                continue
            for key, section in sections.items():
                included, own = other.value.get(key), as_mapping(tree.value.get(key))
                if isinstance(included, dict):
                    section.update(included)
                    origins.update({(key, name): other for name in included if name not in own})
        for other in {id(other): other for other in origins.values()}.values():
            _add_positions(tree, other, origins)
        for key, section in sections.items():
            own = tree.value.get(key)
            if section and (own is None or isinstance(own, dict)):
                tree.value[key] = {**section, **(own or {})}

    def _read(self, text: str, tree: Tree, path: Path, chain: tuple[str, ...]) -> Tree | None:
        span = tree.positions.value(path)
        spend(FILES, 1, span)
        file = File(os.path.abspath(span.source.name)).parent / text
        problem = self.policy.file_problem(text, file)
        if problem is not None and problem.rule == codes.UNREADABLE_DATA:
            help = "the path is relative to the file that includes it" if "not found" in problem.message else ""
            self._error(problem.message, span, label=problem.label, help=help)
        elif problem is not None:
            problem.report(self.report, span)
        if problem is not None:
            return None
        target = os.path.realpath(file)
        if target in chain:
            cycle = " → ".join(f"`{File(name).name}`" for name in (*chain[chain.index(target) :], target))
            self._error(f"`{text}` includes itself", span, help=f"cycle: {cycle}")
            return None
        reading = Report()
        try:
            source = read_source(_display_name(file), reading, lambda name: self.policy.open(text, File(name)))
        except PathRefused as refused:
            refused.problem.report(self.report, span)
            return None
        for diagnostic in reading:
            self._error(f"cannot include `{shown_path(text)}`: {diagnostic.message}", span, help=diagnostic.help)
        other = None if source is None else parse(source, self.report)
        if other is None:
            return None
        if not isinstance(other.value, dict):
            self._error(f"`{text}` is not a mapping", span, help=f"an included file has the keys {', '.join(SHARED)}")
            return None
        for key in other.value:
            if key not in _ALLOWED:
                self._error(f"`{key}` cannot be included from another file", other.positions.key((key,)),
                            help=f"only {', '.join(SHARED)} can be included")  # fmt: skip
        self.add_to(other, (*chain, target))
        return other

    def _error(self, message: str, span: Span, **more: Any) -> None:
        self.report.error(codes.INVALID_INCLUDE, message, span, **more)


def _add_positions(tree: Tree, other: Tree, origins: Mapping[Path, Tree]) -> None:
    """Adds the positions of what a document includes from another.

    Args:
        tree: The document.
        other: The other document.
        origins: The document that each definition comes from.
    """
    for kind in ("keys", "values", "variables"):
        included = getattr(other.positions, kind)
        getattr(tree.positions, kind).update({p: place for p, place in included.items() if origins.get(p[:2]) is other})
    for section in {path[:1] for path, origin in origins.items() if origin is other}:
        tree.positions.keys.setdefault(section, other.positions.key(section))


def _display_name(file: File) -> str:
    """The name of a file in messages: relative if it is below the working directory."""
    relative = os.path.relpath(file)
    return str(file) if relative.startswith("..") else relative
