"""Our answer against Keras's: the same call, once by the rule and once on symbolic tensors.

@pytest.mark.parametrize("case", [
    Case("Dense", {"units": 3}, [(8,)]),
    Case("Flatten", {}, [((4, 4), "int32")]),                     # a shape without the batch, or with a dtype
    Case("Add", {}, [(4,), (5,)], code="KS301"),                  # both must refuse, we with this code
    Case("LSTM", {"units": 3}, {"sequences": (5, 2), "initial_state": [(3,), (3,)]}),
    Case("sum", {}, [(4, 3)], {"axis": 1}, kind="op"),
], ids=str)
def test_it(case):
    compare(case)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kspec import catalog
from kspec.analysis.shapes.registry import compute_dtype, infer_call
from kspec.analysis.shapes.types import Call, InferredCall, ShapeError, TensorType
from kspec.backend.keras_objects import Maker, keras_class
from kspec.syntax.evaluation import with_numbers

SIZES = {"vocabulary_of": 11, "classes_of": 5}
"""Values for the sizes that the data decides."""


@dataclass
class Case:
    """A call to compare.

    Args:
        name: The class or function.
        arguments: The constructor's, as written in a spec.
        inputs: Shapes without the batch, or pairs of one and its dtype: those of the first tensor argument (all of
            them, where it takes a list; for an op, spread over its tensor arguments), or by argument name.
        constants: The call's other arguments.
        kind: `layer` or `op`.
        code: That of the shape_error which is due; empty where the call must be accepted; None where Keras decides.
        late: Whether Keras accepts the call on symbols, and refuses it once there is data: we refuse it at once.
        miss: Why our answer is known to differ from Keras's; the test then fails once it no longer does.
        batch: The size of the batch axis of all inputs.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[Any] | Mapping[str, Any] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "layer"
    code: str | None = None
    late: bool = False
    miss: str = ""
    batch: int | None = None

    def __str__(self) -> str:
        parts = [self.name, *(f"{k}={v}" for k, v in {**self.arguments, **self.constants}.items()), str(self.inputs)]
        return " ".join(parts).replace("'", "")

    @property
    def entry(self) -> catalog.Entry:
        entry = catalog.find(self.kind, self.name)
        assert entry is not None, f"the catalog has no {self.kind} {self.name}"
        return entry

    @property
    def feeds(self) -> dict[str, list[TensorType]]:
        """By argument name, the types of the inputs."""
        if isinstance(self.inputs, Mapping):
            return {
                name: [self._type(g) for g in (given if isinstance(given, list) else [given])]
                for name, given in self.inputs.items()
            }
        types = [self._type(given) for given in self.inputs]
        tensors = self.entry.tensors
        if len(types) == 1 or (tensors and tensors[0].form != "one"):
            return {tensors[0].name: types}
        return {tensor.name: [given] for tensor, given in zip(tensors, types, strict=False)}

    def _type(self, given: Any) -> TensorType:
        shape, dtype = given if len(given) == 2 and isinstance(given[1], str) else (given, "float32")
        return TensorType((self.batch, *shape), dtype)


class Found(NamedTuple):
    """The outputs and parameters of a call."""

    outputs: list[tuple[tuple[int | None, ...] | None, str]]
    parameters: int | None
    trainable: int | None


def compare(case: Case) -> None:
    """Fail if our result differs from that of Keras."""
    theirs, mine = keras_result(case), own_result(case)
    if case.late:
        assert not isinstance(theirs, Exception), f"{case}: Keras refuses it on symbols; take `late` away"
    if isinstance(theirs, Found) and (isinstance(mine, Exception) or mine.outputs != theirs.outputs):
        real = keras_result(case, on_data=True)
        is_unlearned = isinstance(real, tf.errors.FailedPreconditionError) and isinstance(mine, Found)
        if isinstance(mine, ShapeError) and isinstance(real, Found) and not _is_as_stated(theirs, real):
            real = ValueError(f"it states {_text(theirs)} and gives {_text(real)}")
        theirs = _as_on_data(theirs, mine if is_unlearned else real)  # a vocabulary that is not learned yet
    difference = _difference(case, theirs, mine)
    if case.miss:
        assert difference, f"{case}: no longer differs; take `miss` away"
    else:
        assert not difference, f"{case}\n{difference}\n  Keras: {_text(theirs)}\n  we:    {_text(mine)}"


def keras_result(case: Case, on_data: bool = False) -> Found | Exception:
    """Keras's answer, by a symbolic call; the exception where it refuses.

    Args:
        on_data: Whether the call is of tensors, two rows and three of what else is not known.
    """
    keras.backend.clear_session(free_memory=False)
    shapes = case.feeds
    make = _filled if on_data else _symbol
    feeds = {name: [make(t) for t in types] for name, types in shapes.items()}
    maker = Maker(sizes=lambda word, _: SIZES[word])
    entry = case.entry
    forms = {tensor.name: tensor.form for tensor in entry.tensors}
    given = {name: value if forms[name] != "one" else value[0] for name, value in feeds.items()}
    weights: list[Any] = []
    trained: list[Any] = []
    try:
        constants = {k: maker.constant(v, entry.constants[k].type) for k, v in case.constants.items()}
        if case.kind == "op":
            spread = [name for name, form in forms.items() if form == "spread"]
            leading = [constants.pop(c.name) for c in entry.constants.values() if c.required] if spread else []
            several = given.pop(spread[0]) if spread else []
            value = keras_class(entry.path)(*leading, *several, **given, **constants)
        else:
            layer = maker.object("layer", {case.name: dict(case.arguments)})
            if on_data and layer._call_has_training_arg:
                constants.setdefault("training", True)
            value = layer(given.pop(next(iter(given))), **given, **constants)
            weights, trained = layer.weights, layer.trainable_weights
    except Exception as shape_error:
        return shape_error
    tensors = list(value.values()) if isinstance(value, dict) else keras.tree.flatten(value)
    outputs = [(None if t.shape is None else tuple(t.shape), keras.backend.standardize_dtype(t.dtype)) for t in tensors]
    return Found(outputs, *(sum(w.shape.num_elements() for w in which) for which in (weights, trained)))


def _is_as_stated(symbolic: Found, real: Found) -> bool:
    """Whether the shapes that Keras states are those of real outputs."""
    pairs = [(stated, actual) for (stated, _), (actual, _) in zip(symbolic.outputs, real.outputs, strict=True)]
    return all(
        len(stated) == len(actual) and all(n in (None, m) for n, m in zip(stated, actual, strict=True))
        for stated, actual in pairs
        if stated is not None and actual is not None
    )


def _as_on_data(symbolic: Found, real: Found | Exception) -> Found | Exception:
    """What Keras states of a call, with the dtypes of real outputs, or the exception that real inputs raise."""
    if isinstance(real, Exception):
        return real
    dtypes = [dtype for _, dtype in real.outputs]
    return symbolic._replace(outputs=[(s, d) for (s, _), d in zip(symbolic.outputs, dtypes, strict=True)])


def _symbol(given: TensorType) -> Any:
    return keras.Input(batch_shape=given.shape, dtype=given.dtype)


def _filled(given: TensorType) -> Any:
    assert given.shape is not None
    batch, *others = given.shape
    shape = (2 if batch is None else batch, *(3 if dim is None else dim for dim in others))
    return tf.fill(shape, "a") if given.dtype == "string" else tf.zeros(shape, given.dtype)


def own_result(case: Case) -> Found | Exception:
    """The rule's answer; the shape_error where it refuses, or what it failed with."""
    try:
        return in_numbers(inferred(case))
    except Exception as failure:
        return failure


def inferred(case: Case) -> InferredCall:
    """The rule's answer as it gives it."""
    return _answer(case, case.feeds)


def unknown_rank(case: Case) -> InferredCall:
    """The rule's answer where not even the ranks of its inputs are known."""
    return _answer(case, {name: [TensorType(None, t.dtype) for t in types] for name, types in case.feeds.items()})


def _answer(case: Case, feeds: dict[str, list[TensorType]]) -> InferredCall:
    arguments = dict(case.arguments)
    dtype = compute_dtype(arguments.get("dtype"), "float32")
    arguments, constants = (
        with_numbers(values, lambda size: SIZES[size.word]) for values in (arguments, case.constants)
    )
    return infer_call(Call(case.entry, arguments, feeds, constants, dtype))


def in_numbers(found: InferredCall) -> Found:
    """An answer with its weights summed up."""
    outputs = [(None if t.shape is None else tuple(t.shape), t.dtype) for t in found.outputs]
    if found.weights is None:
        return Found(outputs, None, None)
    return Found(outputs, sum(w.size for w in found.weights), sum(w.size for w in found.weights if w.trainable))


def grid(name: str, inputs: Sequence[Sequence[Any]], **choices: Sequence[Any]) -> Iterator[Case]:
    """Every choice of every argument with every choice of inputs; an argument of which `...` is chosen is left out."""
    for given, *values in product(inputs, *choices.values()):
        arguments = {key: value for key, value in zip(choices, values, strict=True) if value is not ...}
        yield Case(name, arguments, given)


def shape_error(case: Case) -> ShapeError:
    """Our shape_error of a call, to look at its words."""
    error = own_result(case)
    assert isinstance(error, ShapeError), f"{case}: {_text(error)}"
    return error


def _difference(case: Case, theirs: Found | Exception, mine: Found | Exception) -> str:
    if isinstance(mine, Exception) and not isinstance(mine, ShapeError):
        return "our rule failed"
    if isinstance(mine, ShapeError) and (fault := _style_fault(mine)):
        return fault
    if isinstance(theirs, Exception) or isinstance(mine, Exception):
        if isinstance(theirs, Exception) != isinstance(mine, Exception):
            return "Keras refuses it, we do not" if isinstance(theirs, Exception) else "we refuse it, Keras does not"
        if case.code is not None and (not isinstance(mine, ShapeError) or mine.code != case.code):
            return f"the shape_error should be {case.code or 'none'}"
        return ""
    if case.code:
        return f"both accept it, where {case.code} was due"
    return "".join(
        f"  {what}: Keras {a}, we {b}\n" for what, a, b in zip(Found._fields, theirs, mine, strict=True) if a != b
    )


def _style_fault(error: ShapeError) -> str:
    """What is wrong with a shape_error's words."""
    if "None" in error.message + error.help:
        return "a shape_error says None, where a spec says null"
    if error.message.endswith(".") or "\n" in error.message:
        return "a shape_error's message is one sentence without a full stop"
    if error.code == "KS302" and not error.argument:
        return "KS302 names the argument"
    return ""


def _text(error: Found | Exception) -> str:
    if isinstance(error, ShapeError):
        return f"{error.code} {error.message} (help: {error.help})"
    if isinstance(error, Exception):
        return f"{type(error).__name__}: {' '.join(str(error).split())[:400]}"
    return str(error)


__all__ = [
    *(
        "Case",
        "Found",
        "compare",
        "grid",
        "in_numbers",
        "keras_result",
        "inferred",
        "shape_error",
        "unknown_rank",
        "own_result",
    )
]
