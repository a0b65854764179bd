"""The code that treats missing values: rows left out, or a value put in that the training rows tell."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from kspec.spec.data import POLICIES
from kspec.targets.python_source.facts import Facts
from kspec.targets.python_source.file import File
from kspec.targets.python_source.literals import literal, text

MISSING = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "<NA>"]
"""What stands in a table of text where a value is missing."""

_FILL = '''\
def fill(column, train, statistic):
    """Puts a statistic of the training rows in place of what is missing."""
    missing = np.isnan(column)
    column[missing] = statistic(column[train][~missing[train]])'''
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
    used = [column for columns in facts.inputs.values() for column in columns]
    used += [column for target in facts.targets.values() for column in target.columns]
    return [name for name in dict.fromkeys(used) if facts.column(name).missing and policy(facts, name) == "drop_row"]


def filled(facts: Facts, name: str) -> dict[int, tuple[str, Any]]:
    """The columns of an input that have values put in: place → column and policy."""
    columns = facts.inputs[name]
    wanted = {place: (column, policy(facts, column)) for place, column in enumerate(columns)
              if facts.column(column).missing}  # fmt: skip
    return {place: said for place, said in wanted.items() if said[1] != "drop_row"}


def fill_lines(facts: Facts, file: File) -> list[str]:
    """The lines of `main` that fill inputs, once it is known which rows are trained on."""
    lines = []
    for name, given in facts.spec.document.inputs.items():
        variable = "x" if facts.single_input else f"x[{text(name)}]"
        wanted = filled(facts, name)
        if not wanted:
            continue
        for place, (column, said) in wanted.items():
            if facts.column(column).type == "text" or given.dtype == "string":
                lines += _fill_text(facts, file, variable, len(facts.inputs[name]), place, said)
            else:
                lines.append(_fill_number(file, f"{variable}[:, {place}]", said))
        if given.dtype != "string":
            shape = facts.array(name).shape[1:]
            reshaped = "" if tuple(shape) == (len(facts.inputs[name]),) else f".reshape({literal([-1, *shape])[1:-1]})"
            lines.append(f'    {variable} = {variable}.astype("{given.dtype}"){reshaped}')
    return lines


def _fill_number(file: File, column: str, said: Any) -> str:
    if said not in POLICIES:
        return f"    np.nan_to_num({column}, copy=False, nan={literal(said)})"
    file.helpers["fill"] = _FILL.splitlines()
    statistic = f"np.{said}"
    if said == "most_frequent":
        file.helpers["most_frequent"] = _MOST_FREQUENT.splitlines()
        statistic = "most_frequent"
    return f"    fill({column}, train, {statistic})"


def _fill_text(facts: Facts, file: File, variable: str, columns: int, place: int, said: Any) -> list[str]:
    if columns > 1 or facts.column(facts.inputs[_name(variable, facts)][place]).type != "text":
        facts.refuse("fill text that several columns give, or numbers that are read as text", ("data", "missing"))
    missing = f"np.isin({variable}, MISSING)" if facts.data.source == "csv" else f"({variable} == None)"
    value = literal(str(said))
    if said == "most_frequent":
        file.helpers["most_frequent"] = _MOST_FREQUENT.splitlines()
        present = f"{variable}[train]"
        value = f"most_frequent({present}[~np.isin({present}, MISSING)])"
    return [f"    {variable} = np.where({missing}, {value}, {variable})"]


def _name(variable: str, facts: Facts) -> str:
    return next(name for name in facts.inputs if variable in ("x", f"x[{text(name)}]"))
