"""What the exported code needs to know of the data."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from kspec.analysis.data_profile import ColumnProfile
from kspec.analysis.shapes.infer import infer
from kspec.codegen.data.gaps import are_gaps, gap_without_policy
from kspec.codegen.data.target import Target
from kspec.codegen.model.names import Variables
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.columns import window_columns
from kspec.diagnostics import Path, Report, codes
from kspec.ir import Graph
from kspec.language import Spec
from kspec.language.array_files import NpzParts
from kspec.language.csv_options import CsvOptions
from kspec.language.data import Data
from kspec.language.source_files import SPLITS
from kspec.syntax.globs import is_glob, matches

if TYPE_CHECKING:
    from kspec.data import Dataset, DataSplit

SEVERAL = 6
"""From so many columns on, code selects them by a rule rather than by their names, if there is a rule."""


FOLDERS = ("images", "texts")
"""The sources that are folders with a file for each example."""


@dataclass(slots=True)
class DatasetInfo:
    """A data set as the exported code sees it: the training data, or the data of the step `evaluate` or `predict`.

    Args:
        spec: The spec.
        dataset: The data; that of a step has one split.
        report: Gets what the exported code cannot do (KS620).
        inputs: Input → its columns in the file.
        indicators: Input → the indices of its columns that an indicator of their gaps follows.
        targets: Output → its target.
        weights: Output → the column of its sample weights.
        suffix: The end of its variables' names in `main`; empty for the training data.
        path: The place in the spec that names the data of a step.
        datasets: All data sets of the file, the training data first.
        predicted: Whether predictions for its examples are written, with their row numbers and files.
        variables: Names the variables of columns and outputs, the same for all data sets of the file.
        sliced: The columns by whose values the evaluation slices its examples.
    """

    spec: Spec
    dataset: Dataset
    report: Report
    inputs: dict[str, list[str]] = field(default_factory=dict)
    indicators: dict[str, list[int]] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    weights: dict[str, str] = field(default_factory=dict)
    suffix: str = ""
    path: Path = ()
    datasets: list[Dataset] = field(default_factory=list)
    predicted: bool = True
    variables: Variables = field(default_factory=Variables)
    sliced: list[str] = field(default_factory=list)

    @property
    def data(self) -> Data:
        assert self.spec.document.data is not None
        return self.spec.document.data

    @property
    def source(self) -> str:
        """Its source: `csv`, `images` …"""
        return self.dataset.profile.source

    @property
    def paths(self) -> Any:
        """Its files in the spec: a path, a list, or one of these for each split."""
        if self.path:
            return getattr(self.spec.document, str(self.path[0])).data
        source = self.setting
        return getattr(source, "connect", None) or getattr(source, "path", source)

    @property
    def setting(self) -> Any:
        """What the spec says of its source; for the data of a step, the path."""
        return getattr(self.data, self.source) if not self.path else self.paths

    @property
    def file_splits(self) -> tuple[str, ...]:
        """The splits that have files of their own, or arrays in a file."""
        return () if self.path else self.data.file_splits

    @property
    def has_split_files(self) -> bool:
        """Whether each split has its own files."""
        return len(self.file_splits) > 1

    @property
    def csv(self) -> CsvOptions:
        """The format of its CSV files."""
        return self.data.csv if isinstance(self.data.csv, CsvOptions) else CsvOptions(path="-")

    def files(self) -> list[tuple[FilePath, str]]:
        """Its files, or folders of images, each with its split; the split is empty if splits share files."""
        paths = self.paths
        if self.source == "keras" or not self.has_paths:
            return []
        if not self.has_split_files:
            only = next(iter(paths.values())) if isinstance(paths, dict) else paths
            return [(file, "") for file in self._expand(only)]
        return [(file, split) for split in SPLITS if split in paths for file in self._expand(paths[split])]

    @property
    def has_paths(self) -> bool:
        """Whether the spec names files as such, not a file or an array for each column."""
        paths = self.paths
        by_column = isinstance(paths, dict) and isinstance(paths.get("train", {}), dict)
        return not by_column and not isinstance(self.setting, NpzParts)

    def _expand(self, paths: str | list[str]) -> list[FilePath]:
        """The files of a path, a glob or a list of them, in the order in which the data was read."""
        result: dict[FilePath, None] = {}
        for pattern in [paths] if isinstance(paths, str) else paths:
            path = self.spec.folder / os.path.expanduser(pattern)
            matching = is_glob(pattern) and not path.exists()
            files = matches(self.spec.folder, os.path.expanduser(pattern), lambda _: True) if matching else [path]
            if matching and self.source not in FOLDERS:
                files = [file for file in files if not file.is_dir()]
            result.update(dict.fromkeys(files))
        return list(result)

    @property
    def splits(self) -> list[str]:
        """The splits that have examples, `train` first."""
        return list(self.dataset.splits)

    def split_of(self, step: str) -> str:
        """The split that a step uses; empty for a step with its own data."""
        settings = getattr(self.spec.document, step)
        if settings.data is not None:
            return ""
        return settings.split or next(split for split in ("test", "validation", "train") if split in self.splits)

    @property
    def used_splits(self) -> list[str]:
        """The splits that some step uses."""
        used = {"train", "validation", self.split_of("evaluate"), self.split_of("predict")}
        return [split for split in self.splits if split in used]

    @property
    def first_split(self) -> DataSplit:
        """The split that represents the data: that of training, or the only one of a step's data."""
        return next(iter(self.dataset.splits.values()))

    def column(self, name: str) -> ColumnProfile:
        """The profile of a column."""
        profile = self.dataset.profile.column(name)
        assert profile is not None
        target = next((target for target in self.targets.values() if target.columns == [name]), None)
        if target is not None and target.labels is not None and target.labels.kind == "text":
            return replace(profile, type="text")  # as in training, even if all values here look like numbers
        return profile

    def row_shape(self, name: str) -> tuple[int, ...]:
        """The shape of what an input takes from one row."""
        is_window = name in self.dataset.fitted.get("columns", {}).get("windows", {})
        return tuple(self.array(name).shape[1 + is_window :])

    def array(self, name: str) -> Any:
        """The examples of an input, shape (examples, …)."""
        return self.first_split.inputs[name]

    def used_columns(self, *, every: bool = False) -> list[str]:
        """The columns of inputs and targets.

        Args:
            every: Whether to include those of weights, of the split and of slices, and those beside predictions.
        """
        columns = [column for own in self.inputs.values() for column in own]
        columns += [column for target in self.targets.values() for column in target.columns]
        if every:
            columns += [*self.weights.values(), *self.split_columns, *self.window_columns, *self.kept, *self.sliced]
        return list(dict.fromkeys(columns))

    @property
    def kept(self) -> list[str]:
        """The columns that stand beside predictions."""
        return list(self.spec.document.predict.keep) if self.predicted else []

    @property
    def split_columns(self) -> list[str]:
        """The columns that decide the split of the training data."""
        split = self.data.split
        stratify = [split.stratify] if isinstance(split.stratify, str) else []
        return [] if self.suffix else [*split.columns, *stratify]

    @property
    def trains_folds(self) -> bool:
        """Whether a model is trained for each fold, one after the other."""
        split = self.data.split
        return split.folds is not None and split.fold is None

    @property
    def window_columns(self) -> list[str]:
        """The columns that order the rows of windows."""
        return window_columns(self.data.window)

    @property
    def single_input(self) -> bool:
        return len(self.spec.document.inputs) == 1

    def named(self, variable: str) -> str:
        """The name of a variable of `main` for this data: `x_new`."""
        return f"{variable}_{self.suffix}" if self.suffix else variable

    @property
    def first_input(self) -> str:
        """An array in `main` with one row for each example."""
        x = self.named("x")
        return x if self.single_input else f"{x}[{text(next(iter(self.spec.document.inputs)))}]"

    def for_step(self, step: str, dataset: Dataset) -> DatasetInfo:
        """The data of a step, with the same columns; it has the targets and weights that the step needs.

        Args:
            step: `evaluate` or `predict`.
            dataset: Its data.
        """
        self.datasets.append(dataset)
        split = next(iter(dataset.splits.values()))
        info = replace(self, dataset=dataset, path=(step, "data"), weights={}, suffix="new", predicted=True, sliced=[])
        info.targets = {name: target for name, target in self.targets.items() if name in split.targets}
        if step == "evaluate":
            info.weights = {name: column for name, column in self.weights.items() if name in split.weights}
            info.suffix, info.predicted = "held_out", False
        columns = info.used_columns() if split.left_out else [name for own in info.inputs.values() for name in own]
        gap = gap_without_policy(dataset, columns, self.data.missing)
        if gap:
            help = f"fill them in the file, or write `missing: {{{gap}: drop_row}}`"
            info.report_unsupported(f"treat gaps in `{gap}`, which training does not have", info.path, help)
        elif split.left_out and (step == "predict" or not are_gaps(split.notes)):
            action = "leave out rows that the model cannot take"
            action = "write lines for rows that it leaves out" if step == "predict" else action
            info.report_unsupported(action, info.path, "remove those rows from the file, or correct their values")
        return info

    def report_unsupported(self, action: str, path: Path, help: str = "") -> None:
        """Reports a feature that the exported code cannot have (KS620).

        Args:
            action: What the code would have to do, as an infinitive.
            path: The feature's place in the spec.
            help: What to do instead.
        """
        report_unsupported(self.spec, self.report, action, path, help)

    def columns_code(self, columns: Sequence[str], header: str, file: ModuleWriter) -> str:
        """A list of columns in Python, or the rule that selects them.

        Args:
            columns: The columns.
            header: The expression for the names of all columns.
            file: Collects imports.
        """
        tables = [_names(dataset) for dataset in self.datasets]
        inputs = self.data.inputs
        patterns = list(inputs.values()) if isinstance(inputs, dict) else [inputs]
        for pattern in patterns if len(columns) >= SEVERAL else ():
            pattern = pattern[0] if isinstance(pattern, list) and len(pattern) == 1 else pattern
            if isinstance(pattern, str) and all(
                [n for n in names if fnmatchcase(n, pattern)] == list(columns) for names in tables
            ):
                if not set(pattern[:-1]) & set("*?["):
                    return f"[name for name in {header} if name.startswith({text(pattern[:-1])})]"
                file.imports.add("fnmatch")
                return f"fnmatch.filter({header}, {text(pattern)})"
        others = [name for name in tables[0] if name not in columns]
        if (
            inputs is None
            and len(others) == 1
            and len(columns) >= SEVERAL
            and all([name for name in names if name != others[0]] == list(columns) for names in tables)
        ):
            return f"[name for name in {header} if name != {text(others[0])}]"
        return literal(list(columns))


def _names(dataset: Dataset) -> list[str]:
    """All columns, with those that cannot be used at the end."""
    names = [column.name for column in dataset.profile.columns]
    return names + [name for name in dataset.unused if name not in names]


def report_unsupported(spec: Spec, report: Report, action: str, path: Path, help: str = "") -> None:
    """Reports a feature that the exported code cannot have yet (KS620).

    Args:
        spec: The spec.
        report: Gets the error.
        action: What the code would have to do, as an infinitive: `freeze parts of a model`.
        path: The feature's place in the spec.
        help: What to do instead.
    """
    message = f"exported Python code cannot {action} yet"
    report.error(codes.UNSUPPORTED_IN_PYTHON, message, spec.source_positions.value(path), help=help)


def is_queried(info: DatasetInfo) -> bool:
    """Whether new columns are computed, or rows left out."""
    return bool(info.data.columns or info.data.where or info.data.distinct)


def output_shape(info: DatasetInfo, graph: Graph, output: str) -> tuple[int | None, ...]:
    """The shape of an output, with lengths that the inputs leave open taken from the data.

    Args:
        info: The data.
        graph: The spec's graph.
        output: The output's name.

    Returns:
        The shape with the batch axis; None for sizes that stay unknown, `()` if all of it is.
    """
    spec = info.spec
    network = spec.networks[()]
    inputs = {
        name: settings.model_copy(update={"shape": [int(size) for size in info.array(name).shape[1:]]})
        for name, settings in network.inputs.items()
    }
    networks = {**spec.networks, (): network.model_copy(update={"inputs": inputs})}
    types = infer(replace(spec, networks=networks), graph, Report())
    return types.tensor(graph.outputs[output]).shape or ()
