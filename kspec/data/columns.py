"""The mapping of columns to inputs and outputs: names, lists and globs resolved against a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from kspec.analysis.per_output import minimized_outputs
from kspec.data.column_help import available, wrong_delimiter
from kspec.data.context import Context
from kspec.data.lists.padding import ListPlan, list_plan, targets_ahead
from kspec.data.network_specs import InputSpec
from kspec.data.table import FILES, NUMERIC, Table
from kspec.diagnostics import Path, Rule, codes, did_you_mean
from kspec.language.data import Data
from kspec.language.sequences import ListColumn, ListTarget
from kspec.language.targets import TargetColumns
from kspec.language.window import Window, WindowColumns, column_names


@dataclass(slots=True)
class ColumnMapping:
    """The columns of each input and output, in the order in which they are stacked.

    Args:
        inputs: By input.
        targets: By output.
        weights: By output, the column of its sample weights.
        stratify: The columns whose proportions the splits keep.
        windows: By input that takes several rows, which: `past` or `future`.
        lists: By input or output that takes lists, how they become arrays.
        places: By input or output, the setting that names its columns.
    """

    inputs: dict[str, list[str]] = field(default_factory=dict)
    targets: dict[str, list[str]] = field(default_factory=dict)
    weights: dict[str, str] = field(default_factory=dict)
    stratify: list[str] = field(default_factory=list)
    windows: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, ListPlan] = field(default_factory=dict)
    places: dict[str, Path] = field(default_factory=dict)

    @property
    def input_columns(self) -> list[str]:
        """The columns that feed inputs, each once."""
        return list(dict.fromkeys(column for columns in self.inputs.values() for column in columns))

    @property
    def target_columns(self) -> list[str]:
        """The columns of targets, each once."""
        return list(dict.fromkeys(column for columns in self.targets.values() for column in columns))

    def is_encoded(self, name: str) -> bool:
        """Whether a layer encodes the texts of an output's target."""
        return name in self.lists and self.lists[name].through is not None

    def to_json(self) -> dict[str, Any]:
        windows = {"windows": self.windows} if self.windows else {}
        lists = {"lists": {name: plan.to_json() for name, plan in self.lists.items()}} if self.lists else {}
        return {"inputs": self.inputs, "targets": self.targets, "weights": self.weights, **windows, **lists}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ColumnMapping:
        mapping = cls(
            {name: list(columns) for name, columns in value["inputs"].items()},
            {name: list(columns) for name, columns in value["targets"].items()},
            dict(value["weights"]),
            windows=dict(value.get("windows", {})),
            lists={name: ListPlan.from_json(plan) for name, plan in value.get("lists", {}).items()},
        )
        for name in (*mapping.inputs, *mapping.targets):
            mapping.places[name] = ("data",)
        return mapping

    def uses(self, data: Data) -> dict[str, list[str]]:
        """By column, its uses in words: `input x`, `target y`, `weight of y`, `split`, `window`."""
        uses: dict[str, list[str]] = {}
        for kind, feeds in (("input", self.inputs), ("target", self.targets)):
            for name, columns in feeds.items():
                for column in columns:
                    through = " through a layer" if self.is_encoded(name) else ""
                    uses.setdefault(column, []).append(f"{kind} {name}{through}")
        for name, column in self.weights.items():
            uses.setdefault(column, []).append(f"weight of {name}")
        for key in dict.fromkeys((*data.split.columns, *self.stratify)):
            uses.setdefault(key, []).append("split")
        for key in window_columns(data.window):
            uses.setdefault(key, []).append("window")
        return uses


def window_columns(window: Window | None) -> list[str]:
    """The columns that order the rows of windows."""
    return [] if window is None else [name for name in (window.by, window.time) if name is not None]


def map_columns(
    table: Table, data: Data, inputs: Mapping[str, InputSpec], outputs: Sequence[str], context: Context
) -> ColumnMapping | None:
    """Maps columns to inputs and outputs, as the `data` section says.

    Args:
        table: The table.
        data: The `data` section.
        inputs: The model's inputs.
        outputs: The names of its outputs.
        context: Receives every problem.

    Returns:
        The mapping; None if there are errors.
    """
    return _Mapper(table, data, list(inputs), list(outputs), context).map()


class _Mapper:
    def __init__(self, table: Table, data: Data, inputs: list[str], outputs: list[str], context: Context) -> None:
        self.table = table
        self.data = data
        self.window = data.window
        self.inputs = inputs
        loss = context.spec.document.compile.loss
        self.minimized = minimized_outputs(loss, outputs)
        self.outputs = [name for name in outputs if name not in self.minimized]
        self.context = context
        self.mapping = ColumnMapping()
        self.content = _content(table, data)
        self.is_valid = True

    def map(self) -> ColumnMapping | None:
        self._targets()
        self._weights()
        self._split_keys()
        self._inputs()
        if self.is_valid:
            self._warn_of_leaks()
        return self.mapping if self.is_valid else None

    def _error(
        self, rule: Rule, message: str, path: Path, *, key: bool = False, label: str = "", help: str = ""
    ) -> None:
        self.context.error(rule, message, path, key=key, label=label, help=help)
        self.is_valid = False

    def _targets(self) -> None:
        setting, path = self.data.targets, ("data", "targets")
        if isinstance(setting, dict):
            for name, columns in setting.items():
                if name in self.outputs:
                    self._take_target(name, columns, (*path, name))
                elif name in self.minimized:
                    self._error(
                        codes.MISSING_COLUMN_MAPPING,
                        f"`{name}` is minimized, so it has no target",
                        (*path, name),
                        key=True,
                        help=f"remove `{name}` from `targets`, or give it another loss",
                    )
                else:
                    self._unknown_name("output", name, self.outputs, (*path, name))
        elif setting is not None and not self.outputs:
            self._error(
                codes.MISSING_COLUMN_MAPPING,
                "every output is minimized, so none has a target",
                path,
                help="remove `targets`",
            )
        elif setting is not None:
            if len(self.outputs) > 1:
                self._error(
                    codes.MISSING_COLUMN_MAPPING,
                    f"the model has {len(self.outputs)} outputs; name the one that this is the target of",
                    path,
                    help=f"write `targets: {{{self.outputs[0]}: {_yaml(setting)}}}`",
                )
            else:
                self._take(self.mapping.targets, self.outputs[0], setting, path)
        named = setting if isinstance(setting, dict) else dict.fromkeys(self.outputs) if setting is not None else {}
        for name in self.outputs:
            if name not in named and name in self.table.columns:
                self._take(self.mapping.targets, name, name, ("data",))
        only = len(self.outputs) == 1 and setting is None and not self.mapping.targets
        if only and self.content and "class" in self.table.columns:
            self._take(self.mapping.targets, self.outputs[0], "class", ("data",))

    def _take_target(self, name: str, setting: Any, path: Path) -> None:
        """Maps an output to the columns of its target, as the setting at a path says."""
        if isinstance(setting, (TargetColumns, ListTarget)):
            path = (*path, "column" if setting.column is not None else "columns")
            setting = setting.names
        self._take(self.mapping.targets, name, setting, path)

    def _weights(self) -> None:
        setting, path = self.data.weights, ("data", "weights")
        if isinstance(setting, str) and self._known(setting, path):
            self.mapping.weights = dict.fromkeys([*self.mapping.targets, *sorted(self.minimized)], setting)
        for name, column in setting.items() if isinstance(setting, dict) else ():
            if name not in self.outputs and name not in self.minimized:
                self._unknown_name("output", name, self.outputs, (*path, name))
            elif self._known(column, (*path, name)):
                self.mapping.weights[name] = column

    def _split_keys(self) -> None:
        split, path = self.data.split, ("data", "split")
        for key in ("by", "time", "group", "hash", "key"):
            column = getattr(split, key)
            if column is not None:
                self._known(column, (*path, key))
        if isinstance(split.stratify, str):
            if self._known(split.stratify, (*path, "stratify")):
                self.mapping.stratify = [split.stratify]
        elif split.stratify and split.by is None:
            self.mapping.stratify = self.mapping.target_columns
            if not self.mapping.stratify and self.is_valid:
                self._error(
                    codes.INVALID_SPLIT_COLUMN,
                    "without a target, `stratify` must name a column",
                    (*path, "stratify"),
                    help="write `stratify: column`",
                )
        for key, column in (("time", self.window.time), ("by", self.window.by)) if self.window else ():
            if column is not None:
                self._known(column, ("data", "window", key))

    def _inputs(self) -> None:
        setting, path = self.data.inputs, ("data", "inputs")
        if isinstance(setting, dict):
            for name, columns in setting.items():
                if name in self.inputs:
                    here: Path = (*path, name)
                    if isinstance(columns, WindowColumns):
                        self.mapping.windows[name] = columns.window
                        here = (*here, "columns")
                    elif isinstance(columns, ListColumn):
                        self.mapping.lists[name] = list_plan(columns)
                        here = (*here, "column")
                    self._take(self.mapping.inputs, name, column_names(columns), here, skip=self._reserved())
                else:
                    self._unknown_name("input", name, self.inputs, (*path, name))
        elif setting is not None:
            if len(self.inputs) > 1:
                self._error(
                    codes.MISSING_COLUMN_MAPPING,
                    f"the model has {len(self.inputs)} inputs; name the one that takes this",
                    path,
                    help=f"write `inputs: {{{self.inputs[0]}: {_yaml(setting)}}}`",
                )
            else:
                self._take(self.mapping.inputs, self.inputs[0], setting, path, skip=self._reserved())
        named = setting if isinstance(setting, dict) else dict.fromkeys(self.inputs) if setting is not None else {}
        for name in self.inputs:
            if name not in named:
                self._unmentioned(name)

    def _unmentioned(self, name: str) -> None:
        """Maps an input that the spec does not mention: to the column of its name; a single input, to all the rest."""
        if name in self.table.columns and name not in self._reserved():
            self._take(self.mapping.inputs, name, name, ("inputs", name))
            return
        if len(self.inputs) == 1 and self.content and self.content not in self._reserved():
            self._take(self.mapping.inputs, name, self.content, ("inputs", name))
        elif len(self.inputs) == 1:
            skip = {*self._reserved(), *self.table.nameless}
            left = [c for c, column in self.table.columns.items() if c not in skip and column.kind != "list"]
            self.mapping.inputs[name] = left
            self.mapping.places[name] = ("inputs", name)
            if not left:
                message = f"no columns are left for the input `{name}`"
                self._error(codes.MISSING_COLUMN_MAPPING, message, ("data",), help=self._columns())
        else:
            self._error(
                codes.MISSING_COLUMN_MAPPING,
                f"no column is mapped to the input `{name}`, and none has that name",
                ("inputs", name),
                key=True,
                label=did_you_mean(name, self.table.columns),
                help=f"set `data: {{inputs: {{{name}: column}}}}`; {self._columns()}",
            )

    def _reserved(self) -> set[str]:
        """Columns with another use: targets, unless items ahead, weights, and what splits or orders the rows."""
        ahead = targets_ahead(self.data.targets)
        targets = {column for name, columns in self.mapping.targets.items() if name not in ahead for column in columns}
        keys = {*self.data.split.columns, *self.mapping.stratify, *window_columns(self.data.window)}
        return targets | set(self.mapping.weights.values()) | keys

    def _take(
        self, into: dict[str, list[str]], name: str, setting: str | list[str], path: Path, skip: set[str] | None = None
    ) -> None:
        """Maps one input or output to columns; a glob skips columns with another use."""
        columns: dict[str, None] = {}
        for number, column in enumerate(setting if isinstance(setting, list) else [setting]):
            here = (*path, number) if isinstance(setting, list) else path
            if column in self.table.columns:
                columns[column] = None
            elif any(character in column for character in "*?["):
                matches = [c for c in self.table.columns if fnmatchcase(c, column) and c not in (skip or ())]
                if not matches:
                    self._error(codes.UNKNOWN_COLUMN, f"no column matches `{column}`", here, help=self._columns())
                columns.update(dict.fromkeys(matches))
            else:
                self._known(column, here)
        if setting == []:
            message = f"the column list of `{name}` is empty"
            self._error(codes.MISSING_COLUMN_MAPPING, message, path, help=self._columns())
        into[name] = list(columns)
        self.mapping.places[name] = path

    def _known(self, column: str, path: Path) -> bool:
        if column in self.table.columns:
            return True
        if column in self.table.unusable:
            self._error(
                codes.INCOMPATIBLE_DATA_TYPE,
                f"column `{column}` cannot be used: {self.table.unusable[column]}",
                path,
            )
            return False
        self._error(
            codes.UNKNOWN_COLUMN,
            f"unknown column `{column}`",
            path,
            label=did_you_mean(column, self.table.available),
            help=wrong_delimiter(list(self.table.columns)) or self._columns(),
        )
        return False

    def _unknown_name(self, kind: str, name: str, names: list[str], path: Path) -> None:
        self._error(
            codes.MISSING_COLUMN_MAPPING,
            f"unknown {kind} `{name}`",
            path,
            key=True,
            label=did_you_mean(name, names),
            help=f"available {kind}s: {', '.join(names)}",
        )

    def _columns(self) -> str:
        return available(self.table.available)

    def _warn_of_leaks(self) -> None:
        sources = self.table.sources
        for name, columns in self.mapping.inputs.items():
            if self.window is not None and self.window.horizon and self.mapping.windows.get(name) != "future":
                continue  # the rows up to t are known when those after it are predicted
            for target in self.mapping.targets.values():
                both = [column for column in columns if column in target]
                if both and (columns != target or self._is_one_number(columns)):
                    self._warn_of_leak(
                        f"column `{both[0]}` is a target and also feeds input `{name}`", name, "from the columns"
                    )
                for column in columns:
                    read = [source for source in sources.get(column, ()) if source in target]
                    if read:
                        message = f"column `{column}` of input `{name}` is computed from the target `{read[0]}`"
                        self._warn_of_leak(message, name, "from the columns")
                for column in target:
                    if sources.get(column) and set(sources[column]) <= set(columns):
                        read = list(sources[column])
                        message = f"the target `{column}` is computed from `{'`, `'.join(read)}` of input `{name}`"
                        self._warn_of_leak(
                            message, name, "or another column that it is computed from, from the columns"
                        )

    def _is_one_number(self, columns: list[str]) -> bool:
        """Whether columns are a single number, which no autoencoder has to reproduce."""
        column = self.table.columns[columns[0]]
        return len(columns) == 1 and column.kind in NUMERIC and column.size == 1

    def _warn_of_leak(self, message: str, name: str, whence: str) -> None:
        """Warns that an input tells the target.

        Args:
            message: How.
            name: The input.
            whence: From where to remove the column.
        """
        self.context.warning(
            codes.TARGET_LEAKAGE,
            f"{message}: the model sees what it is to predict",
            self.mapping.places[name],
            help=f"remove it {whence} of the input",
        )


def _content(table: Table, data: Data) -> str:
    """The first column of images or sounds, or that of texts in files; empty if there is none."""
    if data.source == "texts":
        return "text"
    return next((name for name, column in table.columns.items() if column.kind in FILES), "")


def _yaml(setting: str | list[str]) -> str:
    return setting if isinstance(setting, str) else f"[{', '.join(setting)}]"
