"""The target of an output in exported code: its raw values, its encoding, its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kspec.codegen.text.literals import literal

if TYPE_CHECKING:
    from kspec.analysis.target_scaling import TargetScaling
    from kspec.data import Labels
    from kspec.data.targets.encoding import TargetEncoding


@dataclass(slots=True)
class Target:
    """The target of an output.

    Args:
        name: The output.
        columns: Its columns in the data.
        encoding: Its classes, and the form in which the loss takes it.
        variable: The variable of its raw values.
        constant: The constant with its labels; empty if each label is its own index, or there are none.
    """

    name: str
    columns: list[str]
    encoding: TargetEncoding
    variable: str
    constant: str = ""

    @property
    def scaling(self) -> TargetScaling | None:
        """Its scale; None without one."""
        return self.encoding.settings.scaling

    @property
    def labels(self) -> Labels | None:
        """Its classes; None for numbers."""
        return self.encoding.labels

    @property
    def needs_constant(self) -> bool:
        """Whether its labels are not the numbers of its classes."""
        labels = self.labels
        if labels is None or labels.kind == "column":
            return False
        return not labels.identity or labels.kind == "boolean"

    @property
    def class_count(self) -> str:
        """The number of its classes, in Python."""
        if self.constant:
            return f"len({self.constant})"
        return str(self.labels.count) if self.labels is not None else "0"

    def encoded(self, variable: str, raw: Any) -> str:
        """The raw values in the form that the loss takes, in Python.

        Args:
            variable: The variable of the raw values.
            raw: The raw values, shape (examples, …).
        """
        value, shape = self._encoded(variable, raw)
        wanted = self.encoding.encode(raw[:1]).shape[1:]
        if shape != wanted:
            value += f".reshape({', '.join(map(str, (-1, *wanted)))})"
        return value

    def _encoded(self, variable: str, raw: Any) -> tuple[str, tuple[int, ...]]:
        """The encoded values in Python, and their shape for one example."""
        form, labels, own = self.encoding.settings.target_form, self.labels, tuple(raw.shape[1:])
        if form == "values" or self.encoding.is_free_form:
            return f'{variable}.astype("float32")', own
        if self.encoding.has_column_for_each_class(raw):
            if form == "integer":
                return f'{variable}.argmax(axis={raw.ndim - 1}).astype("int32")', own[:-1]
            return f'{variable}.astype("float32")', own
        is_number = labels is None or labels.identity
        classes = variable if is_number else f"np.searchsorted({self.constant}, {variable})"
        if form == "integer":
            return f'{classes}.astype("int32")', own
        if form == "one_hot":
            if is_number and raw.dtype.kind not in "iu":
                classes = f"{classes}.astype(int)"
            count = int(self.encoding.encode(raw[:1]).shape[-1])
            exact = self.class_count if labels is not None and len(labels.names) == count else str(count)
            return f'np.eye({exact}, dtype="float32")[{classes}]', (*own, count)
        if is_number:
            return f'{variable}.astype("float32")', own
        assert labels is not None
        last = literal(labels.values[1]) if len(labels.names) == 2 else "None"
        return f'({variable} == {last}).astype("float32")', own

    def spelled(self, classes: str) -> str:
        """Classes, numbered, as labels in Python; integers that are their own class numbers stay as they are.

        Args:
            classes: The classes in Python.
        """
        if self.constant:
            return f"np.array({self.constant})[{classes}]"
        return f"{classes.removesuffix('.astype(int)')}.astype(float)" if self._are_floats else classes

    def spelled_raw(self, variable: str, raw: Any) -> str:
        """Raw values as labels in Python, shape (examples,) or (examples, columns).

        Args:
            variable: The raw values in Python.
            raw: The raw values, shape (examples, …).
        """
        labels = self.labels
        if labels is not None and labels.kind == "column":
            classes = f"{variable}.argmax(axis={raw.ndim - 1})"
            numbers = [str(number) for number in range(len(labels.names))]
            return classes if labels.names == numbers else f"np.array({literal(labels.names)})[{classes}]"
        if labels is not None and labels.kind == "boolean":
            variable = f"np.array({self.constant})[{variable}.astype(int)]"
        if raw.ndim == 1 or (raw.ndim == 2 and raw.shape[1] > 1):
            return variable
        return f"{variable}.ravel()" if raw[:1].size == 1 else f"{variable}.reshape(len({variable}), -1)"

    def weights_in_shape(self, weights: str, ndim: int) -> str:
        """Sample weights in the shape that the loss takes, in Python.

        Args:
            weights: The weights in Python: one for each example, position or column.
            ndim: The number of their axes.
        """
        encoding = self.encoding
        positions = encoding.predicts_positions and not encoding.is_free_form
        wanted = len(encoding.shape) + 1 if encoding.weighs_columns or positions else 1
        if ndim == wanted:
            return weights
        if ndim == 1:
            return f"{weights}.reshape({', '.join(['-1', *['1'] * (wanted - 1)])})"
        return f"{weights}[..., np.newaxis]" if wanted > 1 else f"{weights}.ravel()"

    @property
    def _are_floats(self) -> bool:
        return self.labels is not None and self.labels.kind == "float"
