"""Writes a commented spec for a series in time: a window, a split in time, and a network for what a naive forecast
misses.
"""

from __future__ import annotations

from typing import Any

from kspec.analysis.data_profile import ColumnProfile
from kspec.data.computed_columns import known_column
from kspec.rewrite.series_inference import SeriesWindow
from kspec.rewrite.spec_writer import SpecWriter, TableFacts
from kspec.rewrite.table_inference import ONE_HOT, TableRoles
from kspec.syntax.yaml_flow import to_yaml

PAST, OTHERS = "past", "others"
FORWARD = {"fill": "forward", "else": "median"}
"""What a gap of a series takes."""
FEW_LOST = 0.3
"""Rows without a target are left out if that costs no more windows than this share; else the past is filled."""


def series_spec(facts: TableFacts, roles: TableRoles, window: SeriesWindow) -> str:
    """The text of a spec that forecasts a series.

    Args:
        facts: The table.
        roles: The roles of its columns.
        window: The window that suits it.
    """
    return _SeriesWriter(facts, roles, window).write()


class _SeriesWriter(SpecWriter):
    def __init__(self, facts: TableFacts, roles: TableRoles, window: SeriesWindow) -> None:
        super().__init__(facts, roles)
        self.window = window
        roles.unused.pop(window.columns.time or "", None)
        self.past = self.name(PAST)
        self.others = self.name(OTHERS) if self._beside() else ""
        self.known = self.column(roles.target.name)
        if self._has_many_gaps():
            past = known_column(self.known, [one.name for one in facts.profile.columns])
            self.new.append(past)
            self.known = past.name
        for column in self._categories():
            self.inputs[self.name(column.name)] = ([column], "{shape: [1], dtype: string}")

    @property
    def has_branches(self) -> bool:
        return True

    def _beside(self) -> list[ColumnProfile]:
        """The numbers whose past is known, too."""
        return [column for column in self.roles.numbers if column.name != self.window.columns.by]

    def _has_many_gaps(self) -> bool:
        """Whether too many windows would be lost if rows without a target were left out."""
        windows = self.roles.target.missing * (self.window.length + self.window.horizon)
        return windows > FEW_LOST * self.facts.profile.rows

    def _categories(self) -> list[ColumnProfile]:
        """The categories of a row, and which series it is of."""
        by = self.facts.profile.column(self.window.columns.by) if self.window.columns.by else None
        named = [] if by is None or (by.distinct or 0) > ONE_HOT else [by]
        return [*named, *(column for column in self.roles.categories if column is not by)]

    def _data(self) -> None:
        window, (time, by) = self.window, self.window.columns
        setting: dict[str, Any] = {"length": window.length, "horizon": window.horizon}
        setting |= {"time": time} if time else {}
        setting |= {"by": by} if by else {}
        setting |= {"season": window.season} if window.season else {}
        setting |= {"every": "row"} if window.has_holes else {}
        for reason in self._reasons():
            self.add(f"  # {reason}")
        self.add_long(f"  window: {to_yaml(setting)}")
        self.add("  inputs:")
        self.add(f"    {self.past}: {{columns: {to_yaml(self.known)}, window: past}}")
        if self.others:
            names = [self.column(column.name) for column in self._beside()]
            self.add_long(f"    {self.others}: {{columns: {to_yaml(names)}, window: past}}")
        for name, (columns, _) in self.inputs.items():
            self.add(f"    {name}: {to_yaml(self.column(columns[0].name))}")
        self.target()
        rules: dict[str, Any] = {column.name: FORWARD for column in self._beside() if column.missing}
        rules |= {columns[0].name: "unknown" for columns, _ in self.inputs.values() if columns[0].missing}
        target = self.roles.target
        if self._has_many_gaps():
            rules |= {self.known: FORWARD, target.name: "ignore"}
        elif target.missing:
            rules[target.name] = "drop_row"
        self.missing(rules)
        way = f"time: {to_yaml(time)}" if time else "order: true"
        self.add(f"  split: {{{way}, validation: 0.2, test: 0.2}}", "the last rows are the test")

    def _reasons(self) -> list[str]:
        """Why the window is as it is."""
        window, by = self.window, self.window.columns.by
        series = f"the rows of each `{by}` are" if by else "the rows are"
        every = f", one every {window.every}".replace("every 1 ", "every ") if window.every else ""
        reasons = [f"{series} a series in time{every}"]
        if window.has_holes:
            reasons[0] += " with many holes; `every: row` takes rows as they follow each other"
        ahead = "row" if window.horizon == 1 else f"{window.horizon} rows"
        if window.season is not None:
            count = {1: "one season", 2: "two seasons"}[window.length // window.season]
            reasons.append(f"{window.season} rows are a season: {count} of the past predict the next {ahead}")
        else:
            past = "1 row of the past predicts" if window.length == 1 else f"{window.length} rows of the past predict"
            reasons.append(f"no season was found: {past} the next {ahead}")
        return reasons

    def _inputs(self) -> None:
        length = self.window.length
        self.add()
        self.add("inputs:")
        self.add(f"  {self.past}: {{shape: [{length}, 1]}}")
        if self.others:
            self.add(f"  {self.others}: {{shape: [{length}, {len(self._beside())}]}}")
        for name, (_, shape) in self.inputs.items():
            self.add(f"  {name}: {shape}")

    def _layers(self) -> None:
        window = self.window
        self.add()
        self.add("layers:")
        parts = [self._changes(self.past)]
        parts += [self._changes(self.others)] if self.others else []
        parts += [self.encoded(name, columns) for name, (columns, _) in self.inputs.items()]
        self.concatenate(parts)
        change = self.name("change")
        self.add("  - Dense: {units: 32, activation: relu}")
        self.add(
            f"  - Dense: {{units: {window.horizon}, kernel_initializer: zeros}}",
            "training starts at the naive forecast",
        )
        forecast = "the last season" if window.is_seasonal else "the last value"
        self.add(f"  - Rescaling: {{scale: {_rounded(window.missed)}}}", f"what {forecast} misses, as a rule")
        self.add(f"    name: {change}")
        rows = window.season if window.is_seasonal and window.season else 1
        cut = rows - window.horizon if rows > window.horizon else 0
        self.add(f"  - Cropping1D: {{cropping: [{window.length - rows}, {cut}]}}", f"the naive forecast: {forecast}")
        self.add(f"    from: {self.past}")
        naive = self.name("naive")
        self.add("  - Flatten:")
        self.add(f"    name: {naive}")
        self.add("  - Add:")
        self.add(f"    from: [{naive}, {change}]")
        self.add(f"    name: {self.output}")

    def _changes(self, name: str) -> str:
        """Adds the layers for the past of numbers; returns the name of the last one."""
        last, node = self.name(f"{name}_last"), self.name(f"{name}_changes")
        self.add(f"  - Cropping1D: {{cropping: [{self.window.length - 1}, 0]}}", "row t")
        self.add(f"    from: {name}")
        self.add(f"    name: {last}")
        self.add("  - Subtract:", "changes up to row t, whatever the level")
        self.add(f"    from: [{name}, {last}]")
        self.add("  - Normalization", "learns mean and variance from the training rows")
        self.add("  - Flatten:")
        self.add(f"    name: {node}")
        return node

    def _training(self) -> None:
        self.compile()
        rows = self.facts.profile.rows
        self.fit(epochs=100, batch_size=min(16, max(1, rows // 3)) if rows < 1000 else 128, patience=10)


def _rounded(value: float) -> float:
    return float(f"{value:.2g}") or 1.0
