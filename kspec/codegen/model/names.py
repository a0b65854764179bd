"""What things are called in the file: identifiers of Python, each meaning one thing."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping

RESERVED = frozenset(
    {*keyword.kwlist, "x", "keras", "layers", "ops", "np", "tf", "csv", "index", "build_model", "name", "node"}
    | {"l", "O", "I"}
    | {"range", "len", "zip", "min", "max", "round", "int", "float", "input", "print", "list", "type", "str", "id"}
    | {"x_train", "before", "examples"}
)


HELPERS = frozenset(
    {"balanced", "batches", "compile_model", "fill", "inputs_of", "make_examples", "most_frequent", "number"}
    | {
        "numbers",
        "read_examples",
        "read_held_out",
        "read_new",
        "read_picture",
        "read_rows",
        "shares",
        "sigmoid",
        "softmax",
        "split_rows",
        "take",
        "write_csv",
    }
)
"""Functions that the file may have beside those of the network."""
CONSTANTS = ("SEED", "HERE", "TABLE", "PICTURES", "DATA", "HELD_OUT", "NEW", "COLUMNS", "MISSING")
"""Constants that the file may have beside the spec's variables, labels and settings."""
OF_MAIN = frozenset(
    {"answers", "class_weights", "classes", "columns", "complete", "count", "done", "file", "files", "history", "label"}
    | {"metrics", "model", "names", "numbered", "part", "rows", "table", "test", "train", "validation", "value"}
    | {"given", "tables", "values", "weights", "x", "x_held_out", "x_new", "y", "y_held_out"}
)
"""What `main` and the functions that read data call things."""


def identifier(name: str) -> str:
    """A name of the spec as one of Python.

    >>> identifier("level-1/gate"), identifier("class"), identifier("x")
    ('level_1_gate', 'class_', 'x_')
    """
    made = re.sub(r"\W", "_", name)
    return f"{made}_" if made in RESERVED else made


def plural(name: str) -> str:
    """What a list of such things is called.

    >>> plural("code"), plural("branches")
    ('codes', 'all_branches')
    """
    return f"all_{name}" if name.endswith("s") else f"{name}s"


class Allocator:
    """Names of one scope; one that is taken gets another end."""

    def __init__(self, *taken: str) -> None:
        self.taken = set(taken)

    def take(self, wanted: str) -> str:
        """The wanted name, or one like it that is free."""
        name = wanted
        count = 2
        while name in self.taken:
            name = f"{wanted}_{count}"
            count += 1
        self.taken.add(name)
        return name


class Constants(Mapping[str, str]):
    """The spec's variables as constants of the file; what is looked up is used, and will be written.

    Args:
        names: Variable → constant.
        used: The variables that were looked up, shared by all scopes.
    """

    def __init__(self, names: Mapping[str, str], used: dict[str, None], more: Mapping[str, str] | None = None) -> None:
        self.names = names
        self.used = used
        self.more = dict(more or {})

    def __getitem__(self, variable: str) -> str:
        if variable in self.more:
            return self.more[variable]
        self.used[variable] = None
        return self.names[variable]

    def __contains__(self, variable: object) -> bool:
        return variable in self.more or variable in self.names

    def __iter__(self) -> Iterator[str]:
        return iter({**self.names, **self.more})

    def __len__(self) -> int:
        return len({**self.names, **self.more})

    def within(self, more: Mapping[str, str]) -> Constants:
        """The names of an inner scope: parameters go before variables."""
        return Constants(self.names, self.used, {**self.more, **more})
