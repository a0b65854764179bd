"""Which columns feed which input and output: names, lists and globs resolved against a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from kspec.data.context import Context
from kspec.data.table import Table
from kspec.data.types import InputSpec
from kspec.diagnostics import Path, Rule, codes, did_you_mean
from kspec.language.data import Data

SHOWN_COLUMNS = 12


@dataclass(slots=True)
class Mapped:
    """The columns of each input and output, in the order in which they are stacked.

    Args:
        weights: Output → column.
        places: Input or output → where the spec says so.
    """

    inputs: dict[str, list[str]] = field(default_factory=dict)
    targets: dict[str, list[str]] = field(default_factory=dict)
    weights: dict[str, str] = field(default_factory=dict)
    stratify: str | None = None
    places: dict[str, Path] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"inputs": self.inputs, "targets": self.targets, "weights": self.weights}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Mapped:
        mapped = cls(
            {name: list(columns) for name, columns in value["inputs"].items()},
            {name: list(columns) for name, columns in value["targets"].items()},
            dict(value["weights"]),
        )
        for name in (*mapped.inputs, *mapped.targets):
            mapped.places[name] = ("data",)
        return mapped

    def uses(self, data: Data) -> dict[str, list[str]]:
        """Column → what it is used for, in words."""
        uses: dict[str, list[str]] = {}
        for kind, feeds in (("input", self.inputs), ("target", self.targets)):
            for name, columns in feeds.items():
                for column in columns:
                    uses.setdefault(column, []).append(f"{kind} {name}")
        for name, column in self.weights.items():
            uses.setdefault(column, []).append(f"weight of {name}")
        for key in (data.split.by, self.stratify):
            if key is not None:
                uses.setdefault(key, []).append("split")
        return uses


def map_columns(
    table: Table, data: Data, inputs: Mapping[str, InputSpec], outputs: Sequence[str], context: Context
) -> Mapped | None:
    """Resolves `inputs`, `targets`, `weights` and the split's columns; None with the reasons in the report."""
    return _Mapper(table, data, list(inputs), list(outputs), context).map()


class _Mapper:
    def __init__(self, table: Table, data: Data, inputs: list[str], outputs: list[str], context: Context) -> None:
        self.table = table
        self.data = data
        self.inputs = inputs
        self.outputs = outputs
        self.context = context
        self.mapped = Mapped()
        self.pictures = next((name for name, column in table.columns.items() if column.kind == "image"), "")
        self.sound = True

    def map(self) -> Mapped | None:
        self._targets()
        self._weights()
        self._split_keys()
        self._inputs()
        if self.sound:
            self._warn_of_leaks()
        return self.mapped if self.sound else None

    def _error(self, code: Rule, message: str, path: Path, **more: Any) -> None:
        self.context.error(code, message, path, **more)
        self.sound = False

    def _targets(self) -> None:
        said, path = self.data.targets, ("data", "targets")
        if isinstance(said, dict):
            for name, columns in said.items():
                if name in self.outputs:
                    self._take(self.mapped.targets, name, columns, (*path, name))
                else:
                    self._not_there("output", name, self.outputs, (*path, name))
        elif said is not None:
            if len(self.outputs) > 1:
                self._error(
                    codes.MISSING_COLUMN_MAPPING,
                    f"the model has {len(self.outputs)} outputs; say whose target this is",
                    path,
                    help=f"write `targets: {{{self.outputs[0]}: {_written(said)}}}`",
                )
            else:
                self._take(self.mapped.targets, self.outputs[0], said, path)
        named = said if isinstance(said, dict) else dict.fromkeys(self.outputs) if said is not None else {}
        for name in self.outputs:
            if name not in named and name in self.table.columns:
                self._take(self.mapped.targets, name, name, ("data",))
        only = len(self.outputs) == 1 and said is None and not self.mapped.targets
        if only and self.pictures and "class" in self.table.columns:
            self._take(self.mapped.targets, self.outputs[0], "class", ("data",))

    def _weights(self) -> None:
        said, path = self.data.weights, ("data", "weights")
        if isinstance(said, str) and self._known(said, path):
            self.mapped.weights = dict.fromkeys(self.mapped.targets, said)
        for name, column in said.items() if isinstance(said, dict) else ():
            if name not in self.outputs:
                self._not_there("output", name, self.outputs, (*path, name))
            elif self._known(column, (*path, name)):
                self.mapped.weights[name] = column

    def _split_keys(self) -> None:
        split, path = self.data.split, ("data", "split")
        if split.by is not None:
            self._known(split.by, (*path, "by"))
        if isinstance(split.stratify, str):
            if self._known(split.stratify, (*path, "stratify")):
                self.mapped.stratify = split.stratify
        elif split.stratify and split.by is None:
            columns = [columns[0] for columns in self.mapped.targets.values() if len(columns) == 1]
            if len(self.mapped.targets) == 1 and len(columns) == 1:
                self.mapped.stratify = columns[0]
            elif self.sound:
                what = (
                    f"{len(self.mapped.targets)} targets"
                    if len(self.mapped.targets) != 1
                    else "a target of several columns"
                )
                self._error(
                    codes.INVALID_SPLIT_COLUMN,
                    f"with {what}, `stratify` must say by which column",
                    (*path, "stratify"),
                    help="write `stratify: column`",
                )

    def _inputs(self) -> None:
        said, path = self.data.inputs, ("data", "inputs")
        if isinstance(said, dict):
            for name, columns in said.items():
                if name in self.inputs:
                    self._take(self.mapped.inputs, name, columns, (*path, name), skip=self._reserved())
                else:
                    self._not_there("input", name, self.inputs, (*path, name))
        elif said is not None:
            if len(self.inputs) > 1:
                self._error(
                    codes.MISSING_COLUMN_MAPPING,
                    f"the model has {len(self.inputs)} inputs; say which one takes this",
                    path,
                    help=f"write `inputs: {{{self.inputs[0]}: {_written(said)}}}`",
                )
            else:
                self._take(self.mapped.inputs, self.inputs[0], said, path, skip=self._reserved())
        named = said if isinstance(said, dict) else dict.fromkeys(self.inputs) if said is not None else {}
        for name in self.inputs:
            if name not in named:
                self._unmentioned(name)

    def _unmentioned(self, name: str) -> None:
        """An input that the spec does not mention: the column of its name; else, for the only one, all that is left."""
        if name in self.table.columns and name not in self._reserved():
            self._take(self.mapped.inputs, name, name, ("inputs", name))
            return
        if len(self.inputs) == 1 and self.pictures:
            self._take(self.mapped.inputs, name, self.pictures, ("inputs", name))
        elif len(self.inputs) == 1:
            left = [c for c in self.table.columns if c not in self._reserved() and c not in self.table.nameless]
            self.mapped.inputs[name] = left
            self.mapped.places[name] = ("inputs", name)
            if not left:
                self._error(
                    codes.MISSING_COLUMN_MAPPING, f"no column is left to feed `{name}`", ("data",), help=self._columns()
                )
        else:
            self._error(
                codes.MISSING_COLUMN_MAPPING,
                f"nothing feeds the input `{name}`: there is no column of that name",
                ("inputs", name),
                key=True,
                label=did_you_mean(name, self.table.columns),
                help=f"say what does: `data: {{inputs: {{{name}: column}}}}`; {self._columns()}",
            )

    def _reserved(self) -> set[str]:
        """Columns that have another use: targets, weights, what decides the split."""
        targets = {column for columns in self.mapped.targets.values() for column in columns}
        keys = {key for key in (self.data.split.by, self.mapped.stratify) if key is not None}
        return targets | set(self.mapped.weights.values()) | keys

    def _take(
        self, into: dict[str, list[str]], name: str, said: str | list[str], path: Path, skip: set[str] | None = None
    ) -> None:
        """Resolves what is said of one input or output; a glob leaves out columns that have another use."""
        taken: dict[str, None] = {}
        for number, column in enumerate(said if isinstance(said, list) else [said]):
            here = (*path, number) if isinstance(said, list) else path
            if column in self.table.columns:
                taken[column] = None
            elif any(character in column for character in "*?["):
                found = [c for c in self.table.columns if fnmatchcase(c, column) and c not in (skip or ())]
                if not found:
                    self._error(codes.UNKNOWN_COLUMN, f"no column matches `{column}`", here, help=self._columns())
                taken.update(dict.fromkeys(found))
            else:
                self._known(column, here)
        if said == []:
            self._error(codes.MISSING_COLUMN_MAPPING, f"no column is named for `{name}`", path, help=self._columns())
        into[name] = list(taken)
        self.mapped.places[name] = path

    def _known(self, column: str, path: Path) -> bool:
        if column in self.table.columns:
            return True
        if column in self.table.unusable:
            self._error(
                codes.INCOMPATIBLE_DATA_TYPE,
                f"the column `{column}` cannot be used: {self.table.unusable[column]}",
                path,
            )
            return False
        self._error(
            codes.UNKNOWN_COLUMN,
            f"there is no column `{column}`",
            path,
            label=did_you_mean(column, self.table.columns),
            help=self._wrong_delimiter() or self._columns(),
        )
        return False

    def _not_there(self, kind: str, name: str, names: list[str], path: Path) -> None:
        self._error(
            codes.MISSING_COLUMN_MAPPING,
            f"no {kind} is called `{name}`",
            path,
            key=True,
            label=did_you_mean(name, names),
            help=f"the {kind}s: {', '.join(names)}",
        )

    def _columns(self) -> str:
        names = list(self.table.columns)
        more = f" and {len(names) - SHOWN_COLUMNS} more" if len(names) > SHOWN_COLUMNS else ""
        return f"the columns: {', '.join(names[:SHOWN_COLUMNS])}{more}"

    def _wrong_delimiter(self) -> str:
        only = next(iter(self.table.columns))
        if len(self.table.columns) == 1:
            for delimiter, written in ((";", ";"), ("\t", "\\t"), ("|", "|"), (",", ",")):
                if delimiter in only:
                    shown = only if len(only) <= 40 else only[:37] + "..."
                    return f'the file has one column, `{shown}`; try `csv: {{path: ..., delimiter: "{written}"}}`'
        return ""

    def _warn_of_leaks(self) -> None:
        for name, columns in self.mapped.inputs.items():
            for output, target in self.mapped.targets.items():
                both = [column for column in columns if column in target]
                if both and columns != target:
                    self.context.warning(
                        codes.TARGET_LEAKAGE,
                        f"`{both[0]}` is the target of `{output}` and also feeds the input "
                        f"`{name}`: the network is told the answer",
                        self.mapped.places[name],
                        help="leave it out of the input's columns",
                    )


def _written(said: str | list[str]) -> str:
    return said if isinstance(said, str) else f"[{', '.join(said)}]"
