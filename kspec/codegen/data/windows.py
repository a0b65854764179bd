"""The code that makes windows of rows: which rows each takes, and the split that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.series import (
    are_drawn,
    compared_times,
    has_holes,
    is_in_order,
    parts_of_rows,
    series_of_windows,
    time_variable,
)
from kspec.codegen.data.time_splitting import timedelta_code
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import dict_of, literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.windows.series import Series
from kspec.data.windows.time_steps import MICROSECONDS
from kspec.language.source_files import SPLITS
from kspec.language.window import Step, Window

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

_LAST_ROWS = '''\
def last_rows(breaks):
    """The last known row of each window: {words}, without a break."""
    bounds = [0, *np.flatnonzero(breaks) + 1, len(breaks) + 1]
    pairs = itertools.pairwise(bounds)
    return np.concatenate([np.arange(start + LENGTH - 1, end{reach}{stride}) for start, end in pairs])'''
_PATH = ("data", "window")


def window_lines(info: DatasetInfo, file: ModuleWriter, returned: list[str]) -> list[str]:
    """The lines of `main` that make windows of all rows, and find those of each split.

    Args:
        info: The training data, whose rows are read, split and filled.
        file: Gets a function, and the sizes.
        returned: The variables of `main` that reading the table returns.
    """
    window, series = info.data.window, series_of_windows(info)
    assert window is not None
    _check(info)
    writer = _Windows(info, window, series, file)
    lines = writer.lines()
    if info.predicted:
        numbers = "row_numbers[last]" if "row_numbers" in returned else "last + 1"
        lines.append(f"    row_numbers = {numbers}")
    return lines


def _check(info: DatasetInfo) -> None:
    """Refuses what the code for windows cannot say."""
    if info.has_split_files:
        raise UnsupportedInPython("make windows over files of splits", _PATH)
    if info.data.split.stratify:
        raise UnsupportedInPython("stratify windows", ("data", "split", "stratify"))
    if len(info.datasets) > 1:
        path = next(path for path in (("evaluate", "data"), ("predict", "data")) if _has_data(info, path[0]))
        raise UnsupportedInPython("make windows over the data of a step", path)


def _has_data(info: DatasetInfo, step: str) -> bool:
    return getattr(info.spec.document, step).data is not None


class _Windows:
    """Writes the lines for windows.

    Args:
        info: The training data.
        window: The setting.
        series: The rows in order.
        file: Gets a function, and the sizes.
    """

    def __init__(self, info: DatasetInfo, window: Window, series: Series, file: ModuleWriter) -> None:
        self.info = info
        self.window = window
        self.series = series
        self.file = file
        self.is_in_order = is_in_order(series)
        sizes = {"LENGTH": window.length, "HORIZON": window.horizon, "GAP": window.gap, "STRIDE": window.stride}
        used = {name: size for name, size in sizes.items() if size > (name == "STRIDE")}
        file.constants |= {name: str(size) for name, size in used.items()}
        gap = ["GAP"] if window.gap and window.horizon else []
        self.reach = [*gap, *(["HORIZON"] if window.horizon else [])]
        """The rows after the last known one, as terms of a sum."""
        self.first = " + ".join([*gap, "1"])
        self.stride = ", STRIDE" if window.stride > 1 else ""

    def lines(self) -> list[str]:
        """The lines."""
        parts, inside = parts_of_rows(self.info), self._is_by_targets()
        lines = self._last_rows()
        order = "{}" if self.is_in_order else "order[{}]"
        windows = self.info.dataset.fitted["columns"]["windows"]
        if "past" in windows.values() or not inside:
            rows = order.format("last[:, np.newaxis] + np.arange(1 - LENGTH, 1)")
            lines.append(f"    past = {rows}")
        if self.window.horizon:
            ahead = f"last[:, np.newaxis] + np.arange({self.first}, {' + '.join(self.reach)} + 1)"
            lines.append(f"    future = {order.format(ahead)}")
        if not self.is_in_order:
            lines.append("    last = order[last]")
        lines += self._split_lines(parts, inside=inside)
        return [*lines, *self._gather(windows)]

    def _last_rows(self) -> list[str]:
        """The lines that find the last known row of each window, in the order of the series."""
        series, window, lines = self.series, self.window, list[str]()
        order = "{}" if self.is_in_order else "{}[order]"
        by = None if window.by is None else self.info.variables.of(window.by)
        if len(series.starts) == 1:
            reach = "".join(f" - {term}" for term in self.reach)
            rows = f"len({self.info.first_input}){reach}"
            return [*lines, f"    last = np.arange(LENGTH - 1, {rows}{self.stride})"]
        self._check_starts()
        breaks = list[str]()
        if by is not None:
            own = order.format(by)
            breaks.append(f"{own}[1:] != {own}[:-1]")
        if has_holes(series):
            breaks.append(self._holes(order.format(compared_times(self.info, window))))
        reach = "".join(f" - {term}" for term in self.reach)
        words = "`LENGTH` rows end there" + (f", and {self._words()} follow" if self.reach else "")
        code = _LAST_ROWS.format(words=words, reach=reach, stride=self.stride)
        self.file.helpers["last_rows"] = code.splitlines()
        self.file.imports.add("itertools")
        lines.append(f"    breaks = {breaks[0]}")
        lines += [f"    breaks |= {each}" for each in breaks[1:]]
        return [*lines, "    last = last_rows(breaks)"]

    def _words(self) -> str:
        return " and ".join(f"`{term}`" for term in self.reach)

    def _holes(self, times: str) -> str:
        """Where times make more than a step, in Python.

        Args:
            times: The times in order, in Python.
        """
        step = self.series.step
        assert step is not None
        if step.unit == "month":
            return f'np.diff({times}.astype("datetime64[M]")) != np.timedelta64({int(step.size)}, "M")'
        if step.unit == "number":
            return f"np.diff({times}) != {literal(step.size)}"
        return f"np.diff({times}) != {timedelta_code(round(step.size * MICROSECONDS))}"

    def _check_starts(self) -> None:
        """Refuses series that the code would cut elsewhere, as where a row without a value was left out."""
        series = self.series
        breaks = np.zeros(series.rows - 1, bool) if series.groups is None else series.groups[1:] != series.groups[:-1]
        if has_holes(series):
            if series.times is None or series.step is None or series.step.unit == "row":
                raise UnsupportedInPython("cut series where a row is left out", _PATH)
            breaks = breaks | _are_holes(series.times.values, series.step)
        if not np.array_equal(np.append(0, np.flatnonzero(breaks) + 1), series.starts):
            raise UnsupportedInPython("cut series at holes in uneven times", _PATH)

    def _is_by_targets(self) -> bool:
        """Whether the targets of a window alone decide its split: no past has rows of a later one."""
        info, window = self.info, self.window
        ahead = np.arange(window.gap + 1, window.reach + 1) if window.horizon else np.zeros(1, int)
        parts = parts_of_rows(self.info)
        for name, split in info.dataset.splits.items():
            assert split.windows is not None
            every = _every_anchor(self.series, window)
            own = (parts[every[:, np.newaxis] + ahead] == SPLITS.index(name)).all(axis=1)
            if not np.array_equal(every[own], split.windows.anchors):
                return False
        return True

    def _split_lines(self, parts: Array, *, inside: bool) -> list[str]:
        """The lines that find the windows of each split.

        Args:
            parts: The split of each row.
            inside: Whether the targets of a window alone decide its split.
        """
        info = self.info
        if are_drawn(info):
            return []
        if set(np.unique(parts[parts >= 0])) != {SPLITS.index(name) for name in info.splits}:
            raise UnsupportedInPython("leave a split without windows", ("data", "split"))
        names = info.used_splits
        targets = "np.isin(future, {}).all(axis=1)" if self.window.horizon else "np.isin(last, {})"
        if inside and len(names) > 1:
            own = targets.format("rows")
            rows = ", ".join(names)
            return [f"    {rows} = [np.flatnonzero({own}) for rows in ({rows})]"]
        if not inside and "test" in info.splits and "test" not in names:
            raise UnsupportedInPython("keep windows apart from a split that no step uses", ("data", "split"))
        seen = {"train": "np.isin(past, train).all(axis=1)"}
        if "test" in info.splits:
            seen["validation"] = "~np.isin(past, test).any(axis=1)"
        found = {name: targets.format(name) for name in names}
        if not inside:
            found |= {name: f"{found[name]} & {own}" for name, own in seen.items() if name in found}
        return [f"    {name} = np.flatnonzero({own})" for name, own in found.items()]

    def _gather(self, windows: Mapping[str, str]) -> list[str]:
        """The lines that take the rows of each window.

        Args:
            windows: By input that takes several rows, which: `past` or `future`.
        """
        info, lines = self.info, list[str]()
        places = {name: windows.get(name, "last") for name in info.inputs}
        if info.single_input:
            lines.append(f"    x = x[{next(iter(places.values()))}]")
        else:
            lines.append(f"    x = {dict_of({name: f'x[{text(name)}][{place}]' for name, place in places.items()})}")
        targets = "future" if self.window.horizon else "last"
        lines += [f"    {target.variable} = {target.variable}[{targets}]" for target in info.targets.values()]
        for column in dict.fromkeys(info.weights.values()):
            variable = info.variables.of(column, "weights")
            lines.append(f"    {variable} = {variable}[last]")
        if info.predicted:
            beside = {info.variables.of(column, "kept"): "last" for column in info.kept}
            beside |= {} if self.window.by is None else {info.variables.of(self.window.by): "last"}
            beside |= {} if self.window.time is None else {time_variable(info, self.window.time): targets}
            lines += [f"    {variable} = {variable}[{rows}]" for variable, rows in beside.items()]
        return lines


def _every_anchor(series: Series, window: Window) -> Array:
    """The last known row of each window, in the order of the series."""
    pairs = zip(series.starts.tolist(), series.ends.tolist(), strict=True)
    found = [np.arange(start + window.length - 1, end - window.reach, window.stride) for start, end in pairs]
    anchors: Array = np.concatenate(found)
    return anchors


def _are_holes(times: Array, step: Step) -> Array:
    """Where times make more than a step, as the code finds it.

    Args:
        times: Numbers, or microseconds, shape (rows,).
        step: The step.
    """
    if step.unit == "month":
        times = times.astype("datetime64[us]").astype("datetime64[M]").astype(int)
    size = round(step.size * MICROSECONDS) if step.unit == "second" else step.size
    holes: Array = np.diff(times) != size
    return holes
