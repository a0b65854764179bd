"""Checks that the values of the inputs are ones that the layers can take (KS423), and counts unknown categories."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kspec.analysis.index_limits import IndexLimit, Lookup, extra_indices, index_limits, lookups, size_message
from kspec.data.columns import ColumnMapping
from kspec.data.context import Context
from kspec.data.storage.mapped_arrays import by_rows, pieces, row_bytes, taken
from kspec.data.storage.stacked_columns import StackedColumns
from kspec.data.table import Table
from kspec.data.value_checks import by_row
from kspec.diagnostics import Edit, Path, Span, codes
from kspec.ir import Graph, Node
from kspec.ir.entry_spans import head_span

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SHOWN = 3
_PUNCTUATION = re.compile(r"[!\"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']")
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
"""As Keras standardizes texts: of letters, it lowers only those of ASCII."""
LONGEST = 40
"""How much of a text a message shows."""
DEFAULT_OOV = {"StringLookup": "[UNK]", "IntegerLookup": -1}
"""The values that Keras never learns: they stand for unknown ones."""


@dataclass(slots=True)
class ValueCheck:
    """Checks the inputs of a network against its layers.

    Args:
        graph: The network.
        vocabularies: Lookup → the values that it knows; completed from the training data.
        is_training: Whether the data is the training data, so that the spec can be changed to fit it.
        train: The indices of the training examples, once they are known.
    """

    graph: Graph
    vocabularies: dict[str, list[Any]] = field(default_factory=dict)
    is_training: bool = False
    train: Array | None = None

    def learn(self, inputs: Mapping[str, Any], train: Array) -> None:
        """Learns the vocabularies of lookups as Keras does.

        Args:
            inputs: By input, the values of all examples, shape (n, …).
            train: The indices of the training examples.
        """
        self.train = train
        for lookup in lookups(self.graph):
            values = _selected(inputs.get(lookup.source.name), lookup.selections)
            name = lookup.layer.name
            if values is not None and lookup.is_learned and name not in self.vocabularies:
                self.vocabularies[name] = _learned(lookup, taken(values, train))

    def run(
        self,
        inputs: Mapping[str, Any],
        table: Table,
        mapping: ColumnMapping,
        context: Context,
        rows: Array | None = None,
    ) -> list[str]:
        """Checks all values.

        Args:
            inputs: By input, the values, shape (n, …).
            table: The table that they come from, to name rows.
            mapping: The columns of each input.
            context: Receives an error for each layer that cannot take a value.
            rows: The indices of the examples whose unknown categories are counted; by default all.

        Returns:
            A note for each lookup that meets unknown values.
        """
        reporter = _Reporter(self, inputs, table, mapping, context)
        for limit in index_limits(self.graph):
            reporter.check_indices(limit)
        for lookup in lookups(self.graph) if self.is_training else ():
            reporter.check_lines(lookup)
        notes = [reporter.check_vocabulary(lookup, rows) for lookup in lookups(self.graph)]
        return list(dict.fromkeys(note for note in notes if note))

    def refused(
        self, inputs: Mapping[str, Any], table: Table, mapping: ColumnMapping, context: Context
    ) -> list[tuple[Array, str]]:
        """The rows of other data with a value that a layer cannot take, shape (n,), and why; layer by layer.

        Args:
            inputs: By input, the values, shape (n, …).
            table: The table that they come from.
            mapping: The columns of each input.
            context: Where the data is read.
        """
        reporter = _Reporter(self, inputs, table, mapping, context)
        found = [reason for limit in index_limits(self.graph) for reason in reporter.wrong_indices(limit)]
        return found + [reason for lookup in lookups(self.graph) for reason in reporter.unknown_values(lookup)]


def inputs_by_row(inputs: Mapping[str, Any], mapping: ColumnMapping, graph: Graph) -> dict[str, Any]:
    """The inputs whose values can be checked row by row: a layer may take a part of a window, which no row has.

    Args:
        inputs: By input, the values of all rows.
        mapping: Which inputs take several rows.
        graph: The network.
    """
    parts = {limit.source.name for limit in index_limits(graph) if limit.selections}
    parts |= {lookup.source.name for lookup in lookups(graph) if lookup.selections}
    return {name: values for name, values in inputs.items() if name not in mapping.windows or name not in parts}


def _selected(values: Any, selections: Sequence[Any]) -> Any:
    """The part of an input that reaches a layer, shape (n, …); None if it is not an array, or cannot be selected."""
    import numpy

    if isinstance(values, StackedColumns):
        values = values.whole()
    if not isinstance(values, numpy.ndarray):
        return None
    count = len(values)
    for selection in selections:
        try:
            values = values[selection]
        except IndexError:
            return None
    return values if values.ndim and len(values) == count else None


def _learned(lookup: Lookup, values: Array) -> list[Any]:
    """The values that a lookup keeps of the training data: the most frequent ones, if `max_tokens` limits them."""
    counts: Counter[Any] = Counter()
    for piece in pieces(len(values), row_bytes(values)):
        counts.update(values[piece].ravel().tolist())
    arguments = lookup.layer.arguments
    for token in (arguments.get("mask_token"), arguments.get("oov_token", DEFAULT_OOV[lookup.layer.head])):
        counts.pop(token, None)
    limit = arguments.get("max_tokens")
    known = sorted(counts, key=lambda value: (counts[value], value), reverse=True)
    return known[: max(0, limit - extra_indices(lookup.layer))] if isinstance(limit, int) else known


class _Reporter:
    """Reports what the layers of one network cannot take of one table."""

    def __init__(
        self, check: ValueCheck, inputs: Mapping[str, Any], table: Table, mapping: ColumnMapping, context: Context
    ) -> None:
        self.check = check
        self.inputs = inputs
        self.table = table
        self.mapping = mapping
        self.context = context

    def check_indices(self, limit: IndexLimit) -> None:
        """Reports an index beyond what a layer takes, or below zero."""
        if limit.source.kind != "input":
            self._check_computed(limit)
            return
        indices = self._indices(limit)
        if indices is None:
            return
        low, high = int(indices.min()), int(indices.max())
        if high >= limit.size:
            place = self._place(limit, indices, int(indices.argmax()), indices >= limit.size, f"goes up to {high}")
            self._report_size(limit, high + 1, place)
        if low < limit.lowest:
            place = self._place(limit, indices, int(indices.argmin()), indices < limit.lowest, f"goes down to {low}")
            self._error(limit.call, f"`{limit.layer.name}` needs indices from 0, but {place}",
                        "map the numbers with `IntegerLookup` first, or number them from 0 in the data")  # fmt: skip

    def wrong_indices(self, limit: IndexLimit) -> Iterator[tuple[Array, str]]:
        """The rows with an index that a layer does not have, and why."""
        values = self._indices(limit)
        if values is None:
            return
        high, low = int(values.argmax()), int(values.argmin())
        for worst, wrong in ((high, values >= limit.size), (low, values < limit.lowest)):
            if wrong.any():
                value = f"`{self._column(limit, values, worst)}` is {values.ravel()[worst]:g}"
                is_low = worst == low and values.ravel()[worst] < limit.lowest
                reason = f"`{limit.layer.name}` needs indices from 0, but {value}"
                yield by_row(wrong), reason if is_low else size_message(limit, value)

    def unknown_values(self, lookup: Lookup) -> Iterator[tuple[Array, str]]:
        """The rows with a value that a lookup without indices for unknown values does not know, and why."""
        found = self._unknown(lookup) if lookup.takes_only_known else None
        if found is not None and found[0].any():
            unknown, values = found
            name, word = self._name_of(lookup), str(values[unknown].ravel()[0])
            yield by_row(unknown), f"`{lookup.layer.name}` has no index for `{name}` {word}"

    def _indices(self, limit: IndexLimit) -> Array | None:
        """The indices that a layer takes from an input, shape (n, …); None if they are not known here."""
        import numpy

        values = _selected(self.inputs.get(limit.source.name), limit.selections)
        if limit.source.kind != "input" or values is None or values.dtype.kind not in "fiu" or not values.size:
            return None
        indices: Array = by_rows(numpy.trunc, values) if values.dtype.kind == "f" else values
        return indices

    def _check_computed(self, limit: IndexLimit) -> None:
        """Reports a vocabulary that has more entries than a layer has rows."""
        learned: Collection[Any] | None = self.check.vocabularies.get(limit.source.name)
        if limit.source.head == "TextVectorization" and self.check.train is not None:
            learned = self._words(limit.source)
        if learned is None or limit.source.arguments.get("output_mode", "int") != "int":
            return
        count, most = len(learned) + extra_indices(limit.source), limit.source.arguments.get("max_tokens")
        count = min(count, most) if isinstance(most, int) else count
        if count > limit.size and self.check.is_training:
            self._report_size(limit, count, f"`{limit.source.name}` gives indices up to {count - 1}")

    def _words(self, layer: Node) -> set[str] | None:
        """The words that a TextVectorization learns from an input; None if it splits the texts in another way.

        Args:
            layer: Its node.
        """
        usual = {
            "standardize": "lower_and_strip_punctuation",
            "split": "whitespace",
            "ngrams": None,
            "vocabulary": None,
        }
        tensor = next(layer.tensors(), None)
        texts = self.inputs.get(tensor.node) if tensor is not None else None
        if texts is None or any(layer.arguments.get(name, value) != value for name, value in usual.items()):
            return None
        words: set[str] = set()
        for text in texts[self.check.train].ravel().tolist():
            words.update(_PUNCTUATION.sub("", str(text).translate(_LOWER)).split())
        return words

    def _place(self, limit: IndexLimit, indices: Array, worst: int, wrong: Array, extent: str) -> str:
        """The column and the row of the worst index: "`word` goes up to 22 in row 13"."""
        import numpy

        rows = numpy.flatnonzero(by_row(wrong))
        more = f" ({len(rows)} rows are out of range)" if len(rows) > 1 else ""
        row = self.table.locate([worst // (indices[0].size or 1)])
        return f"`{self._column(limit, indices, worst)}` {extent} in {row}{more}"

    def _column(self, limit: IndexLimit, indices: Array, worst: int) -> str:
        """The column of an index, given its place among all, or else the input."""
        each, columns = indices[0].size or 1, self.mapping.inputs.get(limit.source.name, [])
        if not limit.selections and len(columns) == each:
            return columns[worst % each]
        return columns[0] if len(columns) == 1 else limit.source.name

    def _report_size(self, limit: IndexLimit, size: int, place: str) -> None:
        spec = self.context.spec
        entry = spec.entry(limit.layer.path)
        path = (*limit.layer.path, "call" if entry.kind == "op" else entry.head, limit.argument)
        self._error(limit.call, size_message(limit, place), f"write `{limit.argument}: {size}`",
                    path if path in spec.positions.values else None, str(size))  # fmt: skip

    def check_lines(self, lookup: Lookup) -> None:
        """Reports a text with a line break in a vocabulary that is learned: a saved model has a text on each line.

        Args:
            lookup: The lookup.
        """
        learned = self.check.vocabularies.get(lookup.layer.name, []) if lookup.is_learned else []
        broken = next(
            (text for text in learned if isinstance(text, str) and text and text.splitlines() != [text]), None
        )
        if broken is None:
            return
        name = self._name_of(lookup)
        shown = repr(broken if len(broken) <= LONGEST else broken[: LONGEST - 1] + "…")
        self.context.error(
            codes.INCOMPATIBLE_DATA_TYPE,
            f"`{name}` has texts of several lines, such as {shown}, which a saved `{lookup.layer.head}` cannot hold",
            self.mapping.places.get(lookup.source.name),
            help=f"""make them one line: `columns: {{{name}_line: 'replace("{name}", chr(10), '' '')'}}`""",
        )

    def check_vocabulary(self, lookup: Lookup, rows: Array | None) -> str:
        """Reports a value that a lookup without indices for unknown values does not know; counts them for others.

        Args:
            lookup: The lookup.
            rows: The indices of the examples that are counted; by default all.

        Returns:
            A note with the number of rows; empty if all values are known.
        """
        import numpy

        found = self._unknown(lookup)
        if found is None:
            return ""
        unknown, values = found
        if rows is not None and not lookup.takes_only_known:
            unknown, values = unknown[rows], values[rows]
        affected = numpy.flatnonzero(by_row(unknown))
        if not len(affected):
            return ""
        name = self._name_of(lookup)
        shown = list(dict.fromkeys(map(str, values[unknown].tolist())))
        listed = ", ".join(shown[:SHOWN]) + (f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else "")
        complete = lookup.is_learned and lookup.layer.arguments.get("max_tokens") is None
        where = "not seen in training" if complete else "that is not in the vocabulary"
        if not lookup.takes_only_known:
            verb = "rows hold" if len(affected) > 1 else "row holds"
            return f"{len(affected)} {verb} a `{name}` {where}: {listed}"
        count = "values" if len(shown) > 1 else "a value"
        self._error(
            lookup.call,
            f"`{lookup.layer.name}` has no index for unknown values, but `{name}` has {count} {where}: {listed} in "
            f"{self.table.locate(affected)}",
            "leave `num_oov_indices: 0` out: unknown values then share an index of their own",
        )
        return ""

    def _unknown(self, lookup: Lookup) -> tuple[Array, Array] | None:
        """Which values a lookup does not know, and the values, each of shape (n, …); None if that is not known here."""
        import numpy

        values, known = _selected(self.inputs.get(lookup.source.name), lookup.selections), self._known(lookup.layer)
        if values is None or known is None or not values.size or values.dtype.kind not in "OUiu":
            return None
        words = {*known, lookup.layer.arguments.get("mask_token")}
        if values.dtype.kind in "iu":
            unknown = ~numpy.isin(values, [word for word in words if isinstance(word, int)])
        else:
            unknown = numpy.fromiter((value not in words for value in values.ravel().tolist()), bool, values.size)
        return unknown.reshape(values.shape), values

    def _name_of(self, lookup: Lookup) -> str:
        """The column that a lookup takes, or its input if that has several."""
        columns = self.mapping.inputs.get(lookup.source.name, [])
        return columns[0] if len(columns) == 1 else lookup.source.name

    def _known(self, layer: Any) -> Sequence[Any] | None:
        """The values that a lookup knows; None if that is not known here."""
        stated = layer.arguments.get("vocabulary")
        if isinstance(stated, list):
            return stated
        return self.check.vocabularies.get(layer.name)

    def _error(self, call: Any, message: str, help: str, path: Path | None = None, value: str = "") -> None:
        """Reports an error: of the training data at the layer, with an edit; of other data where these are named."""
        spec, context = self.context.spec, self.context
        if not self.check.is_training:
            fix = "correct the data, or train a model that takes such values"
            context.error(codes.INVALID_EMBEDDING_INDEX, message, context.source_path, help=fix)
            return
        span = head_span(call.path, spec.entry(call.path), spec.positions)
        edits: tuple[Edit, ...] = ()
        if path is not None:
            span = spec.positions.value(path)
            edits = (Edit(span, value),) if self._can_edit(path, span) else ()
        context.report.error(codes.INVALID_EMBEDDING_INDEX, message, span, help=help, edits=edits)

    def _can_edit(self, path: Path, span: Span) -> bool:
        """Whether a value stands in the spec's own text, on one line, and not in a variable."""
        spec = self.context.spec
        start = span.source.line(span.line)[span.column - 1 : span.column]
        own = span.source is spec.source and path not in spec.positions.variables
        return own and span.line == span.end_line and start not in ("&", "*", "!")
