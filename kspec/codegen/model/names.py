"""Names in the exported file: Python identifiers, each with one meaning in its scope."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterator, Mapping

HELPERS = frozenset(
    {"balanced", "batches", "compile_model", "fill", "inputs_of", "log_each_value", "make_examples", "Minimize"}
    | {
        "as_symbol",
        "most_frequent",
        "number",
        "numbers",
        "learned_weight",
        "read_examples",
        "read_held_out",
        "read_image",
        "read_text",
        "read_new",
        "read_rows",
        "read_sheet",
    }
    | {
        "shares",
        "sigmoid",
        "softmax",
        "split_rows",
        "standardize",
        "take",
        "weigh_losses_by_examples",
        "weigh_losses",
        "TotalLoss",
        "write_csv",
    }
    | {"ByColumn", "word_vectors", "combine", "count_others"}
    | {"time_at", "fraction_of", "rows_listed", "split_groups", "make_folds", "write_folds"}
    | {"last_rows", "fill_forward", "fill_backward", "first_rows", "in_units", "oversample", "undersample"}
)
"""Functions that the file may have besides those of the network."""
CONSTANTS = (
    *("SEED", "HERE", "TABLE", "IMAGES", "TEXTS", "DATA", "HELD_OUT", "NEW", "COLUMNS", "MISSING", "MARKS", "QUERY"),
    *("LENGTH", "HORIZON", "GAP", "STRIDE", "FOLDS"),
)
"""Constants that the file may have besides the spec's variables, labels and settings."""
OF_MAIN = frozenset(
    {
        "candidates",
        "class_weights",
        "classes",
        "columns",
        "complete",
        "file",
        "files",
        "first_epoch",
        "folder",
        "history",
    }
    | {"inside", "keep", "label", "labels", "metrics", "model", "names", "path", "predictions", "row", "row_numbers"}
    | {"rows", "split", "table", "tables", "test", "train", "validation", "value", "values", "weights"}
    | {"x", "x_held_out", "x_new", "y", "y_held_out"}
    | {"balanced_train", "column", "first", "gaps", "scores", "source"}
    | {"archive", "arrays", "connection", "line", "part", "parts", "x_test", "y_test", "y_train"}
    | {"lines", "marks", "reader", "book", "cells", "header"}
    | {"deviation", "end", "evaluations", "fold", "fold_of", "predicted", "start", "unfilled"}
    | {"breaks", "future", "last", "order", "ordered", "past"}
    | {"fractions", "held_out", "test_start", "test_time", "validation_start", "validation_time"}
)
"""Variables of `main` and of the functions that read data."""
RESERVED = frozenset(
    {*keyword.kwlist, "x", "keras", "layers", "ops", "np", "tf", "csv", "index", "build_model", "name", "node", "_"}
    | {"bz2", "contextlib", "datetime", "duckdb", "hashlib", "io", "json", "lzma", "pyarrow", "sqlite3", "zipfile"}
    | {"math", "fnmatch", "gzip", "itertools", "Path", "pa", "pq", "main", "learned_weight", "word_vectors"}
    | {"l", "O", "I"}
    | {"range", "len", "zip", "min", "max", "round", "int", "float", "input", "print", "list", "type", "str", "id"}
    | {"abs", "all", "any", "bool", "classmethod", "dict", "enumerate", "iter", "next", "object", "open", "set"}
    | {"sorted", "sum", "super", "tuple"}
    | {"x_train", "y_train", "before", "examples"}
)
"""What the file uses itself: a name in the spec gets another name."""


def identifier(name: str) -> str:
    """A name in the spec, or of a column, as a Python identifier.

    >>> identifier("level-1/gate"), identifier("class"), identifier("x"), identifier("2nd")
    ('level_1_gate', 'class_', 'x_', '_2nd')
    """
    folded = unicodedata.normalize("NFKC", name)  # as Python reads it
    result = "".join(character if f"_{character}".isidentifier() else "_" for character in folded)
    result = result if result.isidentifier() else f"_{result}"
    return f"{result}_" if result in RESERVED else result


def plural(name: str) -> str:
    """The name of a list of such things.

    >>> plural("code"), plural("branches")
    ('codes', 'all_branches')
    """
    return f"all_{name}" if name.endswith("s") else f"{name}s"


class Allocator:
    """Names of one scope; a name that is taken gets a number."""

    def __init__(self, *taken: str) -> None:
        self.taken = set(taken)

    def take(self, wish: str) -> str:
        """Takes a name, or the next free one like it: `gate_2`."""
        name = wish
        count = 2
        while name in self.taken:
            name = f"{wish}_{count}"
            count += 1
        self.taken.add(name)
        return name


class Variables:
    """Variables of `main` for columns and outputs; names that are alike in Python stay apart."""

    def __init__(self) -> None:
        self.allocator = Allocator(*HELPERS, *OF_MAIN)
        self._variables: dict[tuple[str, str], str] = {}

    def of(self, name: str, ending: str = "") -> str:
        """The variable of a column or an output.

        Args:
            name: Its name.
            ending: What of it: `weights`; empty for its values.
        """
        if (name, ending) not in self._variables:
            wish = "_".join(filter(None, (identifier(name), ending)))
            self._variables[name, ending] = self.allocator.take(wish)
        return self._variables[name, ending]


class Constants(Mapping[str, str]):
    """The spec's variables as constants of the file; only variables that are looked up are written.

    Args:
        names: Variable → constant.
        used: Collects the variables that are looked up, in all scopes.
        more: Parameter → Python name, of an inner scope.
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
        """The names of an inner scope, where parameters hide variables."""
        return Constants(self.names, self.used, {**self.more, **more})
