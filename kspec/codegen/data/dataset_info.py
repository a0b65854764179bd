"""What the data is like, as far as the file's code depends on it."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from kspec.analysis.data_profile import ColumnProfile
from kspec.analysis.shapes.infer import infer
from kspec.codegen.model.names import HELPERS, OF_MAIN, Allocator, identifier
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import File
from kspec.diagnostics import Path, Report, codes
from kspec.ir import Graph
from kspec.language import Spec
from kspec.language.data import SPLITS, CsvOptions, Data

if TYPE_CHECKING:
    from kspec.data import Dataset, DataSplit, Labels

SEVERAL = 6
"""Columns from which on a rule is written in place of their names, where there is one."""


@dataclass(slots=True)
class Target:
    """The target of an output.

    Args:
        variable: What its raw values are called.
        constant: What the list of its labels is called; empty where a label is its own index, or there are none.
    """

    name: str
    columns: list[str]
    labels: Labels | None
    variable: str
    constant: str = ""

    @property
    def count(self) -> str:
        """How many labels it has, in Python."""
        if self.constant:
            return f"len({self.constant})"
        return str(len(self.labels.names)) if self.labels is not None else "0"


@dataclass(slots=True)
class Facts:
    """A data set: what a spec trains on, or other data that it evaluates or predicts.

    Args:
        dataset: As read; of other data, one part.
        inputs: Input → the columns that feed it.
        weights: Output → the column of its sample weights.
        suffix: What the names of its variables end with in `main`; empty for what is trained on.
        where: The place in the spec that names other data.
        known: All data sets of the file, that of training first.
        predicted: Whether the answers to its examples are written, with their numbers and files.
    """

    spec: Spec
    dataset: Dataset
    report: Report
    inputs: dict[str, list[str]] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    weights: dict[str, str] = field(default_factory=dict)
    suffix: str = ""
    where: Path = ()
    known: list[Dataset] = field(default_factory=list)
    predicted: bool = True

    @property
    def data(self) -> Data:
        assert self.spec.document.data is not None
        return self.spec.document.data

    @property
    def source(self) -> str:
        """Which source it is: `csv`, `images` …"""
        return self.dataset.profile.source

    @property
    def given(self) -> Any:
        """What names its files: a path, a list, or one of these for each split."""
        if self.where:
            return getattr(self.spec.document, str(self.where[0])).data
        given = getattr(self.data, self.source)
        return given.path if isinstance(given, CsvOptions) else given

    @property
    def by_files(self) -> bool:
        """Whether there are files for each split."""
        return isinstance(self.given, dict) and len(self.given) > 1

    @property
    def csv(self) -> CsvOptions:
        """How its tables of text are written."""
        return self.data.csv if isinstance(self.data.csv, CsvOptions) else CsvOptions(path="-")

    def files(self) -> list[tuple[FilePath, str]]:
        """Its files, or folders of pictures, each with its part where there are files for each split."""
        given = self.given
        if not self.by_files:
            only = next(iter(given.values())) if isinstance(given, dict) else given
            return [(file, "") for file in self._found(only)]
        return [(file, part) for part in SPLITS if part in given for file in self._found(given[part])]

    def _found(self, given: str | list[str]) -> list[FilePath]:
        """What a path, a glob or a list of them names, as the data was read."""
        found: dict[FilePath, None] = {}
        for text_ in [given] if isinstance(given, str) else given:
            whole = self.spec.folder / os.path.expanduser(text_)
            is_glob = glob.has_magic(text_) and not whole.exists()
            names = sorted(glob.glob(str(whole), recursive=True)) if is_glob else [whole]
            files = [FilePath(name) for name in names]
            if is_glob and self.source != "images":
                files = [file for file in files if not file.is_dir()]
            found.update(dict.fromkeys(files))
        return list(found)

    @property
    def parts(self) -> list[str]:
        """The parts that have examples: `train` first."""
        return list(self.dataset.splits)

    def split_of(self, step: str) -> str:
        """The split that a step uses; empty for other data."""
        said = getattr(self.spec.document, step)
        if said.data is not None:
            return ""
        return said.split or next(part for part in ("test", "validation", "train") if part in self.parts)

    @property
    def used_parts(self) -> list[str]:
        """The parts that some step looks at."""
        used = {"train", "validation", self.split_of("evaluate"), self.split_of("predict")}
        return [part for part in self.parts if part in used]

    @property
    def part(self) -> DataSplit:
        """The examples that its code is looked up at: those of training, or all of other data."""
        return next(iter(self.dataset.splits.values()))

    def column(self, name: str) -> ColumnProfile:
        found = self.dataset.profile.column(name)
        assert found is not None
        target = next((target for target in self.targets.values() if target.columns == [name]), None)
        if target is not None and target.labels is not None and target.labels.kind == "text":
            return replace(found, type="text")  # as in training, though all of it may look like numbers
        return found

    def array(self, name: str) -> Any:
        """What an input is fed."""
        return self.part.inputs[name]

    def used(self, *, every: bool = False) -> list[str]:
        """The columns that feed inputs and targets.

        Args:
            every: Those of weights and of the split, too.
        """
        columns = [column for own in self.inputs.values() for column in own]
        columns += [column for target in self.targets.values() for column in target.columns]
        if every:
            columns += self.weights.values()
            split = self.data.split
            if not self.suffix:
                columns += [name for name in (split.by, split.stratify) if isinstance(name, str)]
        return list(dict.fromkeys(columns))

    @property
    def single_input(self) -> bool:
        return len(self.spec.document.inputs) == 1

    def named(self, variable: str) -> str:
        """What a variable of `main` is called that has something of this data."""
        return f"{variable}_{self.suffix}" if self.suffix else variable

    @property
    def first(self) -> str:
        """An array of `main` that has as many rows as there are examples."""
        x = self.named("x")
        return x if self.single_input else f'{x}["{next(iter(self.spec.document.inputs))}"]'

    def other(self, dataset: Dataset, step: str) -> Facts:
        """The facts of other data with the same columns; of targets and weights it has those that the step looks at."""
        self.known.append(dataset)
        given = next(iter(dataset.splits.values())).targets
        if step == "evaluate":
            targets = {name: target for name, target in self.targets.items() if name in given}
            held = next(iter(dataset.splits.values())).weights
            weights = {name: column for name, column in self.weights.items() if name in held}
            return replace(self, dataset=dataset, targets=targets, weights=weights, suffix="held_out",
                           where=(step, "data"), predicted=False)  # fmt: skip
        targets = {name: target for name, target in self.targets.items() if name in given and given[name].ndim == 1}
        return replace(self, dataset=dataset, targets=targets, weights={}, suffix="new", where=(step, "data"),
                       predicted=True)  # fmt: skip

    def refuse(self, what: str, path: Path, help: str = "") -> None:
        """Reports what has no way of being written in plain Python yet."""
        refuse(self.spec, self.report, what, path, help)

    def columns_text(self, columns: Sequence[str], header: str, file: File) -> str:
        """A list of columns, or the rule that they follow.

        Args:
            header: What gives all columns' names in Python.
        """
        tables = [_names(dataset) for dataset in self.known]
        said = self.data.inputs
        patterns = list(said.values()) if isinstance(said, dict) else [said]
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
            said is None
            and len(others) == 1
            and len(columns) >= SEVERAL
            and all([name for name in names if name != others[0]] == list(columns) for names in tables)
        ):
            return f"[name for name in {header} if name != {text(others[0])}]"
        return literal(list(columns))


def _names(dataset: Dataset) -> list[str]:
    """All columns, those that cannot be used last."""
    names = [column.name for column in dataset.profile.columns]
    return names + [name for name in dataset.unused if name not in names]


def refuse(spec: Spec, report: Report, what: str, path: Path, help: str = "") -> None:
    """Reports what plain Python code has no way for yet."""
    report.error(
        codes.UNSUPPORTED_IN_PYTHON,
        f"a Python file has no way yet to {what}",
        spec.source_positions.value(path),
        help=help,
    )


def read_off(spec: Spec, dataset: Dataset, report: Report, allocator: Allocator, outputs: Sequence[str]) -> Facts:
    """The facts of a data set.

    Args:
        allocator: Gives constants their names.
        outputs: The outputs, in order.
    """
    fitted = dataset.fitted.get("columns", {})
    facts = Facts(spec, dataset, report, dict(fitted.get("inputs", {})), weights=dict(fitted.get("weights", {})))
    facts.known.append(dataset)
    facts.predicted = spec.document.predict.data is None
    for step, said in (("evaluate", spec.document.evaluate.split), ("predict", spec.document.predict.split)):
        if said is not None and said not in facts.parts:
            report.error(
                codes.EMPTY_SPLIT,
                f"the split `{said}` has no examples",
                spec.positions.value((step, "split")),
                help=f"there is {', '.join(facts.parts)}",
            )
    variables = Allocator(*HELPERS, *OF_MAIN)
    for output in outputs:
        if output not in dataset.splits["train"].targets:
            continue
        columns = list(fitted.get("targets", {}).get(output, [output]))
        labels = dataset.labels.get(output)
        one = len(columns) == 1 and facts.source not in ("images", "synthetic")
        variable = variables.take(identifier(columns[0] if one else output))
        target = Target(output, columns, labels, variable)
        if labels is not None and (not labels.identity or labels.kind == "boolean"):
            target.constant = allocator.take("LABELS" if len(outputs) == 1 else f"{identifier(output).upper()}_LABELS")
        facts.targets[output] = target
    return facts


def others_of(facts: Facts, others: Mapping[str, Dataset]) -> dict[str, Facts]:
    """The facts of other data, by the step that uses it: once, where both steps use the same rows of the same file."""
    found: dict[str, Facts] = {}
    for step, dataset in others.items():
        before = found.get("evaluate")
        if before is not None and _alike(before.dataset, dataset):
            before.predicted = True
            found[step] = before
        else:
            found[step] = facts.other(dataset, step)
    return found


def _alike(a: Dataset, b: Dataset) -> bool:
    one, other = next(iter(a.splits.values())), next(iter(b.splits.values()))
    same_rows = a.fingerprint == b.fingerprint and list(one.rows) == list(other.rows)
    return same_rows and one.targets.keys() == other.targets.keys()


def answer_shape(facts: Facts, graph: Graph, output: str) -> tuple[int | None, ...]:
    """The shape of an output's answers, where lengths that its inputs leave open are those of the data."""
    spec = facts.spec
    network = spec.networks[()]
    inputs = {name: given.model_copy(update={"shape": [int(size) for size in facts.array(name).shape[1:]]})
              for name, given in network.inputs.items()}  # fmt: skip
    networks = {**spec.networks, (): network.model_copy(update={"inputs": inputs})}
    types = infer(replace(spec, networks=networks), graph, Report())
    return types.tensor(graph.outputs[output]).shape or ()


def encoded(target: Target, name: str, raw: Any, form: str, rank: int) -> str:
    """The raw values of a target in the form that its loss takes, in Python.

    Args:
        name: What they are called.
        raw: The values themselves.
        rank: Of the output, the batch counted.
    """
    labels = target.labels
    column = ".reshape(-1, 1)" if raw.ndim == 1 else ""
    if form == "integer" and raw.dtype.kind in "iuf" and raw.ndim == rank - 1 > 1:
        return f'{name}.astype("int32")'
    if form == "values":
        return f'{name}.astype("float32"){column}'
    if raw.ndim > 1:
        if form == "integer":
            one_hot = raw.ndim == 2 and (raw.shape[1] > 1 or raw.dtype.kind == "f")
            return f'{name}{".argmax(axis=1)" if one_hot else ""}.astype("int32")'
        return f'{name}.astype("float32")'
    if form in ("binary", "multi_label"):
        if labels is None or labels.identity or (len(labels.names) == 1 and labels.kind != "text"):
            return f'{name}.astype("float32"){column}'
        last = literal(labels.values[1]) if len(labels.names) == 2 else "None"
        return f'({name} == {last}).astype("float32"){column}'
    classes = name if labels is None or labels.identity else f"np.searchsorted({target.constant}, {name})"
    if form == "integer":
        return f'{classes}.astype("int32")'
    count = target.count if labels is not None else f"{name}.max() + 1"
    return f'np.eye({count}, dtype="float32")[{classes}]'
