"""The origins of block arguments: an invalid argument is reported where its value is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from kspec.diagnostics import Path, Positions, Related, Span, UsedSpan
from kspec.syntax.expressions import names_in
from kspec.syntax.sizes import ROOT, SIZE_WORDS


class ArgumentSpan(UsedSpan):
    """The place of a block argument's value, together with its use in the block."""


def default_spans(positions: Positions) -> dict[tuple[Any, Any], Span]:
    """The places of the defaults of all block parameters, by block and parameter."""
    return {
        (path[1], path[4]): span
        for path, span in positions.values.items()
        if len(path) == 5 and path[0] == "blocks" and path[2] == "params"
    }


def parameter_of(value: Any, parameters: Collection[str]) -> str | None:
    """The parameter that a value consists of; None if it is anything else.

    >>> [parameter_of(value, ["filters"]) for value in ("$filters", "${filters}", "${filters * 2}")]
    ['filters', 'filters', None]
    """
    names = names_in(value) if isinstance(value, str) and "$" in value else ()
    name = names[0] if len(names) == 1 else ""
    return name if name in parameters and value in (f"${name}", f"${{{name}}}") else None


def argument_spans(
    origins: Mapping[str, Span], entry: Any, places: Mapping[Path, Span], entry_path: Path, block: str
) -> dict[Path, Span]:
    """The places of an entry's values that consist of a parameter, moved to where the argument is written.

    Args:
        origins: By parameter, where its argument is written.
        entry: The entry's plain value.
        places: The places of the document's values.
        entry_path: The entry's path.
        block: The name of the block that the entry is in.

    Returns:
        The places, by paths relative to the entry.
    """
    if not origins:
        return {}
    return {
        path: _at_origin(origins[name], places[(*entry_path, *path)], block)
        for path, name in _parameter_uses(entry, origins)
        if (*entry_path, *path) in places
    }


def with_full_names(value: Any, variables: Mapping[str, Any], scopes: Mapping[str, str]) -> Any:
    """A copy of a block's entry, where `{vocabulary_of: $node}` has the full name of the node that a use hands in.

    Args:
        value: The value as the block writes it.
        variables: The values of the block's parameters.
        scopes: By parameter that a use sets, the prefix of the nodes around that use.

    >>> with_full_names({"input_dim": {"vocabulary_of": "$node"}}, {"node": "words"}, {"node": ""})
    {'input_dim': {'vocabulary_of': '/words'}}
    """
    if isinstance(value, dict):
        return {
            key: f"{ROOT}{scopes[name]}{variables[name]}"
            if key in SIZE_WORDS
            and (name := parameter_of(item, scopes)) is not None
            and isinstance(variables[name], str)
            else with_full_names(item, variables, scopes)
            for key, item in value.items()
        }
    return [with_full_names(item, variables, scopes) for item in value] if isinstance(value, list) else value


def _parameter_uses(value: Any, parameters: Collection[str], path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The relative paths of values that consist of a parameter, each with its name."""
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _parameter_uses(item, parameters, (*path, key))
    elif (name := parameter_of(value, parameters)) is not None:
        yield path, name


def _at_origin(origin: Span, use: Span, block: str) -> Span:
    uses = origin.uses if isinstance(origin, UsedSpan) else ()
    return ArgumentSpan.of(origin, (*uses, Related(f"used here, in the block `{block}`", use)))
