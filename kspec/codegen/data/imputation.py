"""The code that treats missing values: rows left out, or a value put in that the training rows tell."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from kspec.codegen.data.dataset_info import Facts
from kspec.codegen.model.names import identifier
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import File
from kspec.language.data import POLICIES

MISSING = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "<NA>"]
"""What stands in a table of text where a value is missing."""

_FILL = '''\
def fill(column, train, statistic):
    """Puts a statistic of the training rows in place of what is missing."""
    missing = np.isnan(column)
    column[missing] = statistic(column[train][~missing[train]])'''
_FILL_AND_TELL = '''\
def fill(column, train, statistic):
    """Puts a statistic of the training rows in place of what is missing, and gives it."""
    missing = np.isnan(column)
    value = statistic(column[train][~missing[train]])
    column[missing] = value
    return value'''
_MOST_FREQUENT = '''\
def most_frequent(values):
    """The value that occurs most often."""
    found, counts = np.unique(values, return_counts=True)
    return found[counts.argmax()]'''


def policy(facts: Facts, column: str) -> Any:
    """What the spec says of a column's missing values; None where it says nothing."""
    said = facts.data.missing
    if not isinstance(said, Mapping):
        return said
    if column in said:
        return said[column]
    return next((value for pattern, value in said.items() if fnmatchcase(column, pattern)), None)


def dropped(facts: Facts) -> list[str]:
    """The columns whose missing values leave a row out."""
    return [name for name in facts.used() if facts.column(name).missing and policy(facts, name) == "drop_row"]


def filled(facts: Facts, name: str) -> dict[int, tuple[str, Any]]:
    """The columns of an input that have values put in, here or in other data: place → column and policy."""
    wanted = {place: (column, policy(facts, column)) for place, column in enumerate(facts.inputs[name])
              if any(_missing_in(dataset, column) for dataset in facts.known)}  # fmt: skip
    return {place: said for place, said in wanted.items() if said[1] != "drop_row"}


def numbers_as_text(facts: Facts, name: str) -> bool:
    """Whether an input that takes text has values put in among numbers."""
    text_ = facts.spec.document.inputs[name].dtype == "string"
    return text_ and any(facts.column(column).type != "text" for column, _ in filled(facts, name).values())


def _missing_in(dataset: Any, column: str) -> int:
    found = dataset.profile.column(column)
    return found.missing if found is not None else 0


def fill_lines(facts: Facts, file: File) -> list[str]:
    """The lines of `main` that fill inputs, once it is known which rows are trained on."""
    lines = []
    for name, given in facts.spec.document.inputs.items():
        wanted = filled(facts, name)
        if not wanted:
            continue
        filler = _Filler(facts, file, name)
        if given.dtype == "string":
            lines += filler.texts(wanted)
        else:
            for place, (column, said) in wanted.items():
                lines += filler.number(f"{filler.variable}[:, {place}]", column, said)
            dtype = "float32" if given.dtype == "bfloat16" else given.dtype
            lines.append(f'    {filler.variable} = {filler.variable}.astype("{dtype}"){filler.shape}')
    return lines


class _Filler:
    """Fills one input.

    Args:
        name: The input's.
    """

    def __init__(self, facts: Facts, file: File, name: str) -> None:
        self.facts = facts
        self.file = file
        self.columns = facts.inputs[name]
        x = facts.named("x")
        self.variable = x if facts.single_input else f"{x}[{text(name)}]"
        shape = facts.array(name).shape[1:]
        self.shape = "" if tuple(shape) == (len(self.columns),) else f".reshape({literal([-1, *shape])[1:-1]})"

    def number(self, where: str, column: str, said: Any) -> list[str]:
        """The line that fills a column of numbers; none where nothing is missing."""
        missing = self.facts.column(column).missing
        later = not self.facts.suffix and any(_missing_in(dataset, column) for dataset in self.facts.known[1:])
        if said not in POLICIES or self.facts.suffix:
            value = literal(said) if said not in POLICIES else _told(column, said)
            return [f"    np.nan_to_num({where}, copy=False, nan={value})"] if missing else []
        statistic = f"np.{said}"
        if said == "most_frequent":
            self.file.helpers["most_frequent"] = _MOST_FREQUENT.splitlines()
            statistic = "most_frequent"
        if later:
            self.file.helpers["fill"] = _FILL_AND_TELL.splitlines()
            return [f"    {_told(column, said)} = fill({where}, train, {statistic})"]
        self.file.helpers.setdefault("fill", _FILL.splitlines())
        return [f"    fill({where}, train, {statistic})"]

    def texts(self, wanted: Mapping[int, tuple[str, Any]]) -> list[str]:
        """The lines that fill columns of text, and of numbers that are read as text."""
        lines: list[str] = []
        if len(self.columns) == 1 and self.facts.column(self.columns[0]).type == "text":
            made = f"{self._text('', *wanted[0], lines)}{self._ending}"
            return [*lines, f"    {self.variable} = {made}"] if made != self.variable else lines
        pieces = []
        for place, column in enumerate(self.columns):
            piece = f"{self.variable}[:, {place}]"
            if place in wanted and self.facts.column(column).type == "text":
                piece = self._text(f", {place}", *wanted[place], lines)
            elif place in wanted:
                piece = self._number_as_text(piece, *wanted[place], lines)
            pieces.append(piece)
        return [*lines, f"    {self.variable} = np.stack([{', '.join(pieces)}], axis=1){self._ending}"]

    @property
    def _ending(self) -> str:
        return ("" if self.facts.source == "csv" else ".astype(str)") + self.shape

    def _text(self, place: str, column: str, said: Any, lines: list[str]) -> str:
        """A column of text filled.

        Args:
            place: `, 1` for the second of several columns; empty for the only one.
            lines: Gets the statements that come before.
        """
        where = f"{self.variable}[:{place}]" if place else self.variable
        value = literal(str(said))
        if said == "most_frequent" and self.facts.suffix:
            value = _told(column, said)
        elif said == "most_frequent":
            self.file.helpers["most_frequent"] = _MOST_FREQUENT.splitlines()
            rows = f"{self.variable}[train{place}]"
            value = f"most_frequent({rows}[~{self._missing(rows)}])"
            if any(_missing_in(dataset, column) for dataset in self.facts.known[1:]):
                lines.append(f"    {_told(column, said)} = {value}")
                value = _told(column, said)
        return f"np.where({self._missing(where)}, {value}, {where})" if self.facts.column(column).missing else where

    def _missing(self, texts: str) -> str:
        return f"np.isin({texts}, MISSING)" if self.facts.source == "csv" else f"np.equal({texts}, None)"

    def _number_as_text(self, where: str, column: str, said: Any, lines: list[str]) -> str:
        """A column of numbers filled, as text; where it is whole, without a point."""
        facts = self.facts.column(column)
        variable = self.facts.named(f"{identifier(column)}_numbers")
        parsed = f"{where}.astype(float)"
        if self.facts.source == "csv":
            parsed = f"np.array([number(text) for text in {where}])"
        filling = self.number(variable, column, said)
        if filling:
            lines += [f"    {variable} = {parsed}", *filling]
        if not facts.missing:
            return where if self.facts.source == "csv" else f"{where}.astype(str)"
        whole = facts.type != "float" and float(self.facts.dataset.fitted["fill"][column]).is_integer()
        return f"{variable}{'.astype(int)' if whole else ''}.astype(str)"


def _told(column: str, said: str) -> str:
    """The variable that holds what the training rows tell of a column."""
    return f"{identifier(column)}_{said}"
