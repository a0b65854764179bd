"""What is handed to a block's parameters, and where it is written: a fault of the value is told there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from kspec.diagnostics import Path, Positions, Related, Span, UsedSpan
from kspec.expand.templates import Template
from kspec.syntax.expressions import names_in


class ArgumentSpan(UsedSpan):
    """The place of a value that a block is handed, seen from where it is used in the block."""


def origin_of(name: str, given: Template, positions: Positions) -> Span | None:
    """Where the default of a block's parameter is written."""
    places = positions.values
    at = (place for place in places if place[:3] == ("blocks", given.name, "params") and place[-1] == name)
    return next((places[place] for place in at if len(place) == 5), None)


def whole(value: Any, parameters: Collection[str]) -> str | None:
    """The parameter that a value as written is, and nothing beside it.

    >>> whole("$filters", ["filters"]), whole("${filters}", ["filters"]), whole("${filters * 2}", ["filters"])
    ('filters', 'filters', None)
    """
    names = names_in(value) if isinstance(value, str) and "$" in value else ()
    name = names[0] if len(names) == 1 else ""
    return name if name in parameters and value in (f"${name}", f"${{{name}}}") else None


def handed_in(entry: Any, parameters: Collection[str], path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Where in an entry as written a value is a parameter, and which."""
    if isinstance(entry, (dict, list)):
        for key, item in entry.items() if isinstance(entry, dict) else enumerate(entry):
            yield from handed_in(item, parameters, (*path, key))
    elif (name := whole(entry, parameters)) is not None:
        yield path, name


def at_origin(origin: Span, used: Span, block: str) -> Span:
    """A place in a block as that of the value which is handed to it, with a note of where it is used."""
    uses = origin.uses if isinstance(origin, UsedSpan) else ()
    return ArgumentSpan.of(origin, (*uses, Related(f"it is used here, in the block `{block}`", used)))


def shown_at(
    origins: Mapping[str, Span], entry: Any, places: Mapping[Path, Span], below: Path, block: str
) -> dict[Path, Span]:
    """By the rest of their paths, the places of an entry's values that stand where they are handed over.

    Args:
        origins: By parameter, where its value is written.
        places: Where values are written.
        below: The entry's path.
    """
    if not origins:
        return {}
    return {
        rest: at_origin(origins[name], places[(*below, *rest)], block)
        for rest, name in handed_in(entry, origins)
        if (*below, *rest) in places
    }
