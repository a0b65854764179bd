"""The table of `kspec runs`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kspec.cli._columns import limit
from kspec.syntax.regular_files import printable_path

if TYPE_CHECKING:
    from kspec.runs.run_facts import RunFacts
    from kspec.runs.run_index import RunRecord

_MOST_COLUMNS = 6
"""More metrics share a column in a file; on a terminal, they give way to the other columns."""
_LONGEST_MESSAGE = 60
_LONGEST_CELL = 60


def table(runs: Sequence[RunRecord], best: str | None) -> str:
    """A row for each run, and a column for each metric that fits, that of `best` first; the others are named below.

    Args:
        runs: The runs, in their order.
        best: The metric by which they are sorted, if any.
    """
    from kspec.runs.run_index import metric_names
    from kspec.summary.columns import aligned, fitted

    shown = metric_names(runs)
    names = sorted(shown if best is None or best in shown else [best, *shown], key=lambda name: name != best)
    tags = {"tags": [", ".join(run.tags) for run in runs]} if any(run.tags for run in runs) else {}
    columns = {
        "run": [run.path.as_posix() for run in runs],
        "started": [_moment(run.started) for run in runs],
        "status": [run.status for run in runs],
        "time": [_duration(run.seconds) for run in runs],
        "epochs": [_epochs(run) for run in runs],
        "split": [run.split for run in runs],
        **tags,
    }
    room = limit()
    if room is None and len(names) > _MOST_COLUMNS:  # a file or a pipe, where nothing is left out
        own = [name for name in names if name == best]
        columns |= {name: [_value(run, name) for run in runs] for name in own}
        columns["metrics"] = [
            "  ".join(f"{name} {_value(run, name)}" for name in names if name not in own and _value(run, name))
            for run in runs
        ]
    else:
        columns |= {name: [_value(run, name) for run in runs] for name in names}
        many, few = names[_MOST_COLUMNS:][::-1], names[1:_MOST_COLUMNS][::-1]
        columns = fitted(columns, room, drop=[*many, "split", "time", "started", "epochs", *few])
    lines = list[str]()
    messages = ["", *(_message(run) for run in runs)]
    for message, line in zip(messages, aligned(columns, right={"time", "epochs", *names}), strict=True):
        if room is None and len(message) > _LONGEST_MESSAGE:
            message = f"{message[: _LONGEST_MESSAGE - 1]}…"
        if room is not None and message and len(line) + 2 + len(message) > room:
            below = textwrap.wrap(message, room - 4)
            lines += [line, *(f"    {piece}" for piece in below)]
        else:
            lines.append(f"{line}  {message}")
    left_out = [name for name in names if name not in columns]
    if room is not None and left_out:
        text = f"not shown: {', '.join(left_out)} (`--format json` has all)"
        lines += ["", *textwrap.wrap(text, room, break_on_hyphens=False)]
    return text_of(lines)


def text_of(lines: Iterable[str]) -> str:
    """Lines as a text without characters that control a terminal: others may have written what the runs hold."""
    return "".join(f"{printable_path(line.rstrip())}\n" for line in lines)


def _message(run: RunRecord) -> str:
    """What stands beside a run: how many trials a sweep has, the overrides, why it failed, what was noted of it."""
    sweep = [] if run.sweep is None else [_sweep_text(run.trials, run.sweep)]
    note = [f"“{' '.join(run.note.split())}”"] if run.note else []
    return "  ".join([*sweep, *run.overrides, *([run.message] if run.message else []), *note])


def _sweep_text(ended: int, planned: int) -> str:
    """What a sweep is: `sweep of 20 trials`, `sweep, 7 of 20 trials`."""
    return f"sweep of {planned} trials" if ended == planned else f"sweep, {ended} of {planned} trials"


def _value(run: RunRecord, metric: str) -> str:
    known = metric in run.metrics or metric in run.validation
    deviation = f" ± {run.deviation[metric]:.2g}" if metric in run.deviation else ""
    return f"{run.value(metric):.4g}{deviation}" if known else ""


def _epochs(run: RunRecord) -> str:
    """The epochs trained; `3 of 12` if the model has the weights of the third."""
    if run.epochs is None:
        return ""
    return str(run.epochs) if run.kept_epoch in (None, run.epochs) else f"{run.kept_epoch} of {run.epochs}"


def _moment(seconds: float | None) -> str:
    from datetime import datetime

    return "" if seconds is None else f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def table_of(runs: Sequence[RunRecord], facts: RunFacts, columns: Sequence[str]) -> str:
    """A row for each run, and a column for each fact that is asked for; long cells are shortened.

    Args:
        runs: The runs, in their order.
        facts: Their facts.
        columns: The addresses of the facts.
    """
    from kspec.summary.columns import aligned

    values = {column: [facts.value(run, column) for run in runs] for column in columns}
    numbers = {
        column for column, own in values.items() if all(type(each) in (int, float) for each in own if each is not None)
    }
    cells = {column: [_cell(column, each) for each in own] for column, own in values.items()}
    return text_of(aligned(cells, right=numbers - {"started"}))


def _cell(column: str, value: Any) -> str:
    """A fact in a table."""
    from kspec.syntax.yaml_flow import to_yaml

    if value is None:
        return ""
    if column == "started":
        return _moment(value)
    if column == "seconds":
        return _duration(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        text = ", ".join(value)
    else:
        text = " ".join(value.split()) if isinstance(value, str) else to_yaml(value)
    return text if len(text) <= _LONGEST_CELL or column == "run" else f"{text[: _LONGEST_CELL - 1]}…"
