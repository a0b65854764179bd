"""Where windows stand in their series, and what they predict: times, series, and the naive forecast."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kspec.data.windows.series import Series
from kspec.data.windows.time_steps import later_times
from kspec.language.window import Window

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class WindowPlaces:
    """Where examples stand in their series.

    Args:
        anchors: The row t of each example, as its place in the order of the series; shape (n,).
        series: The rows, in order.
        window: The setting.
        targets: By output, the raw target of each row, shape (rows, …).
    """

    anchors: Array
    series: Series
    window: Window
    targets: dict[str, Array] = field(default_factory=dict)

    def groups(self, count: int) -> Array | None:
        """The series of the first `count` examples; None if there is one."""
        return None if self.series.groups is None else self.series.groups[self.anchors[:count]]

    def times(self, count: int) -> Array | None:
        """The times that the first `count` examples predict, shape (count, horizon); None if rows have no times.

        A row after the last of its series has the time that its steps lead to.
        """
        import numpy

        series, anchors = self.series, self.anchors[:count]
        if series.times is None or series.step is None:
            return None
        ahead = numpy.arange(self.window.gap + 1, self.window.reach + 1) if self.window.horizon else numpy.zeros(1, int)
        if series.step.unit != "row":
            return later_times(series.times, series.step, anchors, ahead)
        rows = anchors[:, numpy.newaxis] + ahead
        ends = series.ends[numpy.searchsorted(series.starts, anchors, side="right") - 1]
        known = rows < ends[:, numpy.newaxis]
        texts: Array = numpy.where(known, series.times.texts[numpy.where(known, rows, 0)], "")
        return texts

    def repeated(self, output: str, season: int) -> Array:
        """The naive forecast: the last `season` values before each target, again and again.

        Args:
            output: The output.
            season: How many rows are repeated; 1 for the last value.

        Returns:
            Raw targets, shape (n, horizon, …).
        """
        import numpy

        ahead = self.window.gap + numpy.arange(self.window.horizon)
        back = self.anchors[:, numpy.newaxis] - season + 1 + ahead % season
        repeated: Array = self.targets[output][back]
        return repeated
