"""The contract of a run, from what its data and its network are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kspec.analysis.index_limits import index_limits, lookups
from kspec.contract.document import Contract
from kspec.contract.parts import ColumnContract, Gap, InputContract, Kind, Limits, OutputContract, Seen, WindowContract
from kspec.data.missing.imputation import Policies
from kspec.ir import Graph
from kspec.language import Spec
from kspec.language.data import Data
from kspec.language.indicators import indicator_of
from kspec.language.missing import NEIGHBORS, STATISTICS

_KINDS: dict[str, Kind] = {
    "integer": "number",
    "float": "number",
    "unknown": "text",
    "boolean": "boolean",
    "text": "text",
    "array": "array",
    "list": "list",
    "image": "image",
    "audio": "audio",
}
"""What a table calls the content of a column → what a contract calls it."""
_TIMES = {"DATE": "date", "TIMESTAMP": "date-time"}
_BOUNDS = {"bool": (0, 1)}
MANY = 2
"""Texts are categories if each occurs so often, on average."""


@dataclass(slots=True)
class Facts:
    """What a contract is made of.

    Args:
        spec: The spec.
        graph: Its graph.
        fitted: As in `Dataset.fitted`.
        training: As in `Dataset.training`.
        outputs: By output, its contract without what training has seen.
        rows: How many training examples there were.
        vocabularies: By lookup layer, the values that it has learned.
        fingerprint: That of the spec.
        learned_from: As in `Contract`.
    """

    spec: Spec
    graph: Graph
    fitted: Mapping[str, Any]
    training: Mapping[str, Mapping[str, Any]]
    outputs: dict[str, OutputContract]
    rows: int
    vocabularies: Mapping[str, list[Any]] = field(default_factory=dict)
    fingerprint: str = ""
    learned_from: str = "training"


def build_contract(facts: Facts) -> Contract:
    """The contract of a run."""
    builder = _Builder(facts)
    return Contract(
        name=facts.spec.name,
        fingerprint=facts.fingerprint,
        rows=facts.rows,
        learned_from="all" if facts.learned_from == "all" else "training",
        columns={column.name: column for column in builder.columns()},
        inputs=builder.inputs(),
        outputs=builder.outputs(),
        window=builder.window(),
    )


class _Builder:
    def __init__(self, facts: Facts) -> None:
        data = facts.spec.document.data
        assert data is not None
        self.facts = facts
        self.data: Data = data
        self.mapping: Mapping[str, Any] = facts.fitted["columns"]
        self.policies = Policies(data.missing)
        self.feeds: dict[str, list[str]] = {}
        for name, columns in self.mapping["inputs"].items():
            for column in columns:
                self.feeds.setdefault(column, []).append(name)
        graph = facts.graph
        self.limits = [each for each in index_limits(graph) if each.source.kind == "input" and not each.selections]
        self.lookups = [each for each in lookups(graph) if not each.selections]
        self.texts = _vectorized(graph)

    def columns(self) -> Iterator[ColumnContract]:
        """The columns of inputs, those that they are computed from, and those that order windows."""
        computed = {name: self._sources(name) for name in self.feeds if self._sources(name)}
        sources = dict.fromkeys(source for own in computed.values() for source in own if source not in self.feeds)
        for name in self.feeds:
            yield self._input(name, computed.get(name, []))
        for name in sources:
            kind, types = self._kind(name), self.facts.fitted.get("types", {})
            gap = Gap(action="compute")
            format = _TIMES.get(types.get(name, ""), "")
            yield ColumnContract(
                name=name, kind=kind, role="source", gap=gap, format=format, seen=self._seen(name, kind, "")
            )
        yield from self._order({*self.feeds, *sources})

    def _sources(self, name: str) -> list[str]:
        """The columns that a column is computed from."""
        known = self.facts.training.get(name, {}).get("sources")
        if known is not None:
            return list(known)
        if name in self.data.columns:  # of an older run: all that expressions read
            return [each for each in self.facts.fitted.get("types", {}) if each not in self.data.columns]
        indicated = name.removesuffix("_missing")
        is_indicator = name == indicator_of(indicated) and indicated in self.feeds
        return [indicated] if is_indicator and self._has_indicator(indicated) else []

    def _has_indicator(self, name: str) -> bool:
        rule = self.policies.of(name)
        return rule is not None and rule.indicator

    def _order(self, known: set[str]) -> Iterator[ColumnContract]:
        """The columns that order windows; a column of times that feeds an input, too, is described as such."""
        window = self.data.window
        if window is None:
            return
        step, unit = self._step()
        for name, role in ((window.time, "time"), (window.by, "series")):
            if name is not None and name not in known:
                kind: Kind = "time" if role == "time" else self._kind(name)
                seen = self._seen(name, kind, "")
                if role == "time":
                    yield ColumnContract(name=name, kind=kind, role="time", unit=unit, step=step, seen=seen)
                else:
                    yield ColumnContract(name=name, kind=kind, role="series", seen=seen)

    def _step(self) -> tuple[float | None, str]:
        known = self.facts.fitted.get("window", {}).get("step")
        return (float(known[0]), str(known[1])) if known else (None, "")

    def _input(self, name: str, sources: list[str]) -> ColumnContract:
        """The contract of a column that feeds inputs."""
        inputs, kind = self.feeds[name], self._kind(name)
        takes = [self.facts.spec.document.inputs[each] for each in inputs]
        dtype = next((each.dtype for each in takes if each.dtype != "string"), takes[0].dtype)
        column = ColumnContract(
            name=name, kind=kind, inputs=inputs, dtype=dtype, gap=self._gap(name, kind, sources), sources=sources
        )
        column.expression = self.data.columns.get(name, "")
        column.seen = self._seen(name, kind, dtype)
        column.shape = list(self.facts.training.get(name, {}).get("shape", []))
        plan = self.mapping.get("lists", {}).get(inputs[0])
        if plan is not None:
            column.kind, column.sep, column.length = "list", plan.get("sep"), plan.get("length")
            column.shape = []
        if kind in ("image", "audio"):
            column.shape = list(takes[0].shape)
            column.channels = column.shape[-1] if len(column.shape) > (2 if kind == "image" else 1) else 1
            column.rate = self.facts.fitted.get("rates", {}).get(name)
        elif dtype != "string":
            column.limits = self._limits_of(inputs, dtype)
        self._close(column)
        return column

    def _close(self, column: ColumnContract) -> None:
        """Completes the categories of a column that a layer looks up, and closes it if the layer knows no others."""
        for each in self.lookups:
            if each.source.name not in column.inputs:
                continue
            known = each.layer.arguments.get("vocabulary") or self.facts.vocabularies.get(each.layer.name)
            if not isinstance(known, list) or column.kind not in ("text", "number"):
                continue
            counts, known = column.seen.categories, [str(value) for value in known]
            if len(self.mapping["inputs"][each.source.name]) == 1 and len(known) <= MOST_CATEGORIES:
                column.seen.categories = {**{value: counts.get(value, 0) for value in known}, **counts}
            column.is_closed = column.is_closed or (each.takes_only_known and bool(column.seen.categories))

    def _limits_of(self, inputs: list[str], dtype: str) -> Limits | None:
        """The numbers that the layers and the dtype of an input can take."""
        low, high = _bounds(dtype)
        layer = ""
        for each in self.limits:
            if each.source.name in inputs:
                low = each.lowest if low is None else max(low, each.lowest)
                if high is None or each.size - 1 < high:
                    high, layer = each.size - 1, each.layer.name
        return None if low is None or high is None else Limits(lowest=low, highest=high, layer=layer)

    def _kind(self, name: str) -> Kind:
        kind: str = self.facts.training.get(name, {}).get("kind", "float")
        return _KINDS[kind]

    def _gap(self, name: str, kind: Kind, sources: list[str]) -> Gap:
        """What is done about a missing value of a column."""
        rule, fitted = self.policies.of(name), self.facts.fitted
        fill = None if rule is None else rule.fill
        if sources and self.policies.fill_of(name) is None:
            return Gap(action="compute") if name == indicator_of(sources[0]) else Gap()
        if fill in NEIGHBORS:
            return Gap(action="neighbor", value=fitted.get("fill", {}).get(name))
        if name in fitted.get("fill", {}):
            value = fitted["fill"][name]
            return Gap(action="fill", value=value, statistic=fill if fill in STATISTICS else "")
        usual = fitted.get("usual", {}).get(name)
        if usual and kind not in ("array", "list", "image", "audio"):
            statistic, value = next(iter(usual.items()))
            return Gap(action="fill", value=value, statistic=statistic, is_expected=False)
        return Gap()

    def _seen(self, name: str, kind: Kind, dtype: str) -> Seen:
        """What training has seen of a column; texts that hardly occur twice are no categories."""
        known = {key: value for key, value in self.facts.training.get(name, {}).items() if key in Seen.model_fields}
        seen = Seen.model_validate(known)
        total = seen.sampled or seen.rows - seen.missing
        is_free = dtype == "string" and any(each in self.texts for each in self.feeds.get(name, ()))
        if kind == "time":
            seen.length = None
        if kind == "time" or (kind == "text" and (is_free or len(seen.categories) * MANY > total)):
            seen.categories = {}
        return seen

    def inputs(self) -> dict[str, InputContract]:
        """The inputs of the model."""
        known = self.facts.spec.document.inputs
        windows = self.mapping.get("windows", {})
        return {
            name: InputContract(
                columns=list(columns),
                shape=list(known[name].shape),
                dtype=known[name].dtype,
                window=windows.get(name, ""),
            )
            for name, columns in self.mapping["inputs"].items()
        }

    def outputs(self) -> dict[str, OutputContract]:
        """The outputs, with what training has seen of their targets."""
        for name, output in self.facts.outputs.items():
            output.columns = list(self.mapping["targets"].get(name, ()))
            output.scale = self.facts.fitted.get("scales", {}).get(name, {}).get("scale", "")
            output.seen = {column: self._seen(column, self._kind(column), "") for column in output.columns}
        return self.facts.outputs

    def window(self) -> WindowContract | None:
        """How rows become examples."""
        window = self.data.window
        if window is None:
            return None
        step, unit = self._step()
        return WindowContract(
            length=window.length,
            horizon=window.horizon,
            gap=window.gap,
            time=window.time or "",
            by=window.by or "",
            step=step,
            unit=unit,
            future="future" in self.mapping.get("windows", {}).values(),
        )


def _bounds(dtype: str) -> tuple[int | None, int | None]:
    """The range of an integer dtype; none of others."""
    if dtype in _BOUNDS:
        return _BOUNDS[dtype]
    sign, _, bits = dtype.partition("int")
    if not bits.isdigit():
        return None, None
    size = int(bits)
    return (0, 2**size - 1) if sign == "u" else (-(2 ** (size - 1)), 2 ** (size - 1) - 1)


def _vectorized(graph: Graph) -> set[str]:
    """The inputs of texts that a TextVectorization splits: these are no categories."""
    found = set()
    for node in graph.calls:
        if not node.faulty and graph.callee(node).head == "TextVectorization":
            found |= {tensor.node for tensor in node.tensors()}
    return found


MOST_CATEGORIES = 1000
"""Larger vocabularies are left to the layer."""
