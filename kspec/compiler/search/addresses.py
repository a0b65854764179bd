"""Checks the addresses of a sweep before anything is compiled: each names one value that a trial depends on."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from typing import Any

from kspec.diagnostics import Path, Report, Span, codes
from kspec.expand.overrides import path_of
from kspec.language import Spec
from kspec.syntax.parse import parse

NOT_OF_TRIALS = ("kspec", "name", "description", "include", "extensions", "evaluate", "predict", "budget", "sweep")
"""Sections that change nothing of what a trial trains, or what the spec may do."""
SPLITS = (("data", "split"), ("data", "seed"))
"""What decides on which examples trials are compared."""


def check_addresses(spec: Spec, addresses: Iterable[str], report: Report) -> list[str]:
    """Reports addresses that name nothing to search, and those that name a part of what another names.

    Args:
        spec: The spec of the sweep.
        addresses: The keys of `search`.
        report: Where problems are reported.

    Returns:
        The addresses without such a mistake.
    """
    tree = parse(spec.source, Report())
    assert tree is not None
    unused = _unused_variables(spec, tree.value)
    paths: dict[str, Path] = {}
    sound = []
    for address in addresses:
        place = spec.positions.key(("sweep", "search", address))
        path = path_of(copy.deepcopy(tree), address)
        other = next((name for name, known in paths.items() if path is not None and _overlap(known, path)), None)
        if "=" in address or "+" in address or not address.strip() or " " in address:
            help = "write the part before `=` of an override, such as `fit.batch_size`"
            report.error(codes.SWEEP_RANGE, f"`{address}` is no address", place, help=help)
        elif other is not None:
            same = path == paths[other]
            relation = "name the same value" if same else "overlap: one names a part of what the other names"
            report.error(codes.SWEEP_RANGE, f"`{address}` and `{other}` {relation}", place, help="remove one of them")
        elif _is_of_trials(address, unused, place, report):
            sound.append(address)
        if path is not None:
            paths[address] = path
            if any(path[: len(split)] == split for split in SPLITS):
                _warn_of_splits(address, place, report)
    return sound


def _is_of_trials(address: str, unused: set[str], place: Span, report: Report) -> bool:
    """Whether a trial depends on an address; reports it otherwise.

    Args:
        address: The address.
        unused: The variables that nothing uses.
        place: The address in the spec.
        report: Where problems are reported.
    """
    section, _, rest = address.partition(".")
    variable = rest.partition(".")[0]
    if address == "seed":
        help = "write `fit: {repeats: 3}`: each trial trains with three seeds, and is judged by the mean"
        report.error(codes.SWEEP_RANGE, "a seed is nothing to search: the best is the luckiest", place, help=help)
    elif section in NOT_OF_TRIALS:
        report.error(codes.SWEEP_RANGE, f"no trial depends on `{section}`", place, help="search another value")
    elif section == "vars" and variable in unused:
        help = f"write `${variable}` where it decides a value, or remove it from `search`"
        report.error(
            codes.SWEEP_RANGE, f"no trial depends on the variable `{variable}`: nothing uses it", place, help=help
        )
    else:
        return True
    return False


def _unused_variables(spec: Spec, values: Any) -> set[str]:
    """The variables whose names stand nowhere in a spec but where they are defined, and searched.

    Args:
        spec: The spec.
        values: Its values as written.
    """
    variables = values.get("vars") if isinstance(values, dict) else None
    if not isinstance(variables, dict) or "include" in values:  # other files may use them
        return set()
    others = [value for section, value in values.items() if section not in ("vars", "sweep")]
    texts = [*spec.overrides, *_texts([*others, *variables.values()])]
    return set(variables) - {word for text in texts for word in re.findall(r"\w+", text)}


def _texts(value: Any) -> Iterator[str]:
    """All texts within a value, keys among them."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _warn_of_splits(address: str, place: Span, report: Report) -> None:
    message = f"`{address}` changes the validation split: trials are compared on different examples"
    report.warning(codes.UNEQUAL_VALIDATION, message, place, help="keep the split as it is in all trials")


def _overlap(one: Path, other: Path) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]
