"""What is wrong with new rows, and what is unusual, by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.contract.drift import Drift
from kspec.diagnostics import codes
from kspec.diagnostics.codes import Rule

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SHOWN_ROWS = 5


class Finding(NamedTuple):
    """What is wrong with a row, or unusual.

    Args:
        code: Its code, such as `KS503`.
        column: The column; empty if it is about the row.
        message: One sentence without a full stop.
        help: What to do.
    """

    code: str
    column: str
    message: str
    help: str


@dataclass(slots=True)
class Problem:
    """What is wrong with some rows, or unusual.

    Args:
        rule: Its code: an error or a warning.
        column: The column; empty if it is about the rows.
        rows: Which rows have it, shape (n,).
        message: The sentence about a row, by its index.
        help: What to do.
    """

    rule: Rule
    column: str
    rows: Array
    message: Callable[[int], str]
    help: str

    @property
    def is_error(self) -> bool:
        """Whether a row with it cannot be used."""
        return self.rule.severity.name == "ERROR"

    @property
    def count(self) -> int:
        return int(self.rows.sum())

    def places(self) -> list[int]:
        """The indices of its rows."""
        found: list[int] = self.rows.nonzero()[0].tolist()
        return found

    def finding(self, row: int) -> Finding:
        """It, of a row."""
        return Finding(str(self.rule), self.column, self.message(row), self.help)


@dataclass(slots=True)
class Judgement:
    """What is wrong with new rows, and what is unusual.

    Args:
        count: The number of rows.
        problems: Errors and warnings, column by column.
        drift: By column that has a distribution, how far it is from that of training; empty for few rows.
    """

    count: int
    problems: list[Problem] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Adds a problem, unless no row has it."""
        if problem.rows.any():
            self.problems.append(problem)

    @property
    def refused(self) -> Array:
        """The rows that cannot be used, as booleans, shape (n,)."""
        import numpy

        refused = numpy.zeros(self.count, bool)
        for problem in self.problems:
            if problem.is_error:
                refused |= problem.rows
        return refused

    @property
    def errors(self) -> dict[int, list[Finding]]:
        """By the index of a row that cannot be used, why."""
        return self._by_row(is_error=True)

    @property
    def warnings(self) -> dict[int, list[Finding]]:
        """By the index of a row, what is unusual in it."""
        return self._by_row(is_error=False)

    @property
    def drifted(self) -> list[Drift]:
        """The columns that have drifted."""
        return [each for each in self.drift if each.has_drifted]

    def _by_row(self, *, is_error: bool) -> dict[int, list[Finding]]:
        found: dict[int, list[Finding]] = {}
        for problem in self.problems:
            if problem.is_error == is_error:
                for row in problem.places():
                    found.setdefault(row, []).append(problem.finding(row))
        return dict(sorted(found.items()))

    def lines(self, *, drift: bool = True) -> Iterator[str]:
        """A line for each problem, with the first of its rows, from 1.

        Args:
            drift: Whether columns that have drifted are among them.
        """
        for problem in self.problems:
            if problem.rows.any():
                places = problem.places()
                shown = ", ".join(str(row + 1) for row in places[:SHOWN_ROWS])
                more = f" and {len(places) - SHOWN_ROWS:,} more" if len(places) > SHOWN_ROWS else ""
                word = "row" if len(places) == 1 else "rows"
                yield f"{problem.rule}: {problem.message(places[0])} ({word} {shown}{more})"
        for each in self.drifted if drift else ():
            yield _drift_line(each)

    def to_json(self) -> dict[str, Any]:
        """Plain values: counts, findings by row (from 1), and drift."""
        refused = self.refused
        return {
            "rows": self.count,
            "refused": int(refused.sum()),
            "errors": _plain(self.errors),
            "warnings": _plain(self.warnings),
            "drift": [each.to_json() for each in self.drift],
        }


def _drift_line(drift: Drift) -> str:
    how_far = f"PSI {drift.psi:.3g}, above {drift.threshold:.3g}"
    return f"{codes.DRIFTED_COLUMN}: `{drift.column}` has drifted: {how_far}; {drift.change()}"


def _plain(by_row: dict[int, list[Finding]]) -> list[dict[str, Any]]:
    return [{"row": row + 1, **finding._asdict()} for row, own in by_row.items() for finding in own]


def joined(pieces: Sequence[Judgement]) -> Judgement:
    """The judgement of rows that were judged piece by piece."""
    import numpy

    whole = Judgement(sum(piece.count for piece in pieces))
    starts = numpy.cumsum([0, *(piece.count for piece in pieces)]).tolist()
    parts: dict[tuple[str, str, str], dict[int, Problem]] = {}
    for start, piece in zip(starts, pieces, strict=False):
        for problem in piece.problems:
            parts.setdefault((problem.rule, problem.column, problem.help), {})[start] = problem
    for own in parts.values():
        first, rows = next(iter(own.values())), numpy.zeros(whole.count, bool)
        for start, problem in own.items():
            rows[start : start + len(problem.rows)] = problem.rows
        whole.add(Problem(first.rule, first.column, rows, _message(own), first.help))
    return whole


def _message(parts: Mapping[int, Problem]) -> Callable[[int], str]:
    """The sentence about a row of the whole.

    Args:
        parts: By the first row of a piece, its problem.
    """

    def message(row: int) -> str:
        start = max(each for each in parts if each <= row)
        return parts[start].message(row - start)

    return message
