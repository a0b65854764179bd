"""Types in plain English."""

from __future__ import annotations

from collections.abc import Iterable

from kspec.catalog.types import (
    AnyValue,
    Array,
    Boolean,
    Choice,
    Dtype,
    FilePath,
    ListOf,
    MappingOf,
    Null,
    Number,
    ObjectOf,
    Shape,
    Text,
    Type,
    Union,
)

_EXAMPLES = {
    "layer": "`Flatten` or `Dense: {units: 8}`",
    "cell": "`LSTMCell: {units: 8}`",
    "initializer": "`glorot_uniform` or `HeNormal: {}`",
    "regularizer": "`l2` or `L2: {l2: 1e-4}`",
    "constraint": "`non_neg` or `MaxNorm: {max_value: 3}`",
    "activation": "`relu` or `softmax`",
    "optimizer": "`adam` or `SGD: {momentum: 0.9}`",
    "schedule": "`ExponentialDecay: {...}`",
    "loss": "`mse` or `Huber: {delta: 2}`",
    "metric": "`accuracy` or `AUC: {curve: PR}`",
    "callback": "`TerminateOnNaN` or `EarlyStopping: {patience: 5}`",
    "application": "`MobileNetV2: {include_top: false, weights: null}`",
}
_KINDS = {"cell": "RNN cell", "schedule": "learning-rate schedule"}
_SIMPLE: dict[type, tuple[str, str]] = {
    AnyValue: ("any value", "values"),
    Null: ("`null`", "nulls"),
    Boolean: ("`true` or `false`", "booleans"),
    Text: ("a string", "strings"),
    Shape: ("a shape (such as `[28, 28, 1]`, with `null` for an unknown length)", "shapes"),
    Dtype: ("a dtype (such as `float32`)", "dtypes"),
    Array: ("a number, a boolean or a (nested) list of them", "numbers"),
}


def describe(type_: Type) -> str:
    """Completes the sentence "`units` must be …".

    >>> from kspec.catalog.types import parse
    >>> describe(parse("int>=1|[int>=1;2]"))
    'a positive integer or a list of 2 positive integers'
    """
    return _either(_alternatives(type_))


def _alternatives(type_: Type) -> list[str]:
    """The alternatives of a type, null last."""
    match type_:
        case Union(options):
            last_null = sorted(options, key=lambda option: isinstance(option, Null))
            return [words for option in last_null for words in _alternatives(option)]
        case Choice(values):
            return [f"`{value}`" for value in values]
        case Boolean():
            return ["`true`", "`false`"]
        case Number(_, low, high, False, False) if low is not None and high == low:
            return [f"{low:g}"]
        case Number(True, low, high, False, False) if low is not None and high == low + 1:
            return [f"{low:g}", f"{high:g}"]
        case Number():
            words = _number(type_)
            return [f"{_article(words)} {words}"]
        case ListOf(item, minimum, maximum):
            return [f"a list{_items(item, minimum, maximum)}"]
        case MappingOf(item):
            return [f"a mapping of names to {_plural(item)}"]
        case ObjectOf(kind):
            name = _KINDS.get(kind, kind)
            return [f"{_article(name)} {name} (such as {_EXAMPLES[kind]})"]
        case FilePath(write):
            return ["a path to write to" if write else "the path of a file"]
    return [_SIMPLE[type(type_)][0]]


def _plural(type_: Type) -> str:
    match type_:
        case Union() | Choice():
            return f"values, each {describe(type_)}"
        case Number():
            return _number(type_).replace("integer", "integers", 1).replace("number", "numbers", 1)
        case ListOf(item, minimum, maximum):
            return f"lists{_items(item, minimum, maximum)}"
        case MappingOf(item):
            return f"mappings of names to {_plural(item)}"
        case ObjectOf(kind):
            return f"{_KINDS.get(kind, kind)}s"
        case FilePath(write):
            return "paths to write to" if write else "paths of files"
    return _SIMPLE[type(type_)][1]


def _items(item: Type, minimum: int, maximum: int | None) -> str:
    count = f"{minimum}" if minimum == maximum else f"{minimum} to {maximum}"
    if maximum is None:
        return f", each item {describe(item)}" if isinstance(item, Union | Choice) else f" of {_plural(item)}"
    if isinstance(item, Union | Choice):
        return f" of {count} items, each {describe(item)}"
    return f" of {count} {_number(item) if maximum == 1 and isinstance(item, Number) else _plural(item)}"


def _number(type_: Number) -> str:
    noun = "integer" if type_.integer else "number"
    low, high = type_.minimum, type_.maximum
    if low is None:
        return noun if high is None else f"{noun} {'below' if type_.open_maximum else 'of at most'} {high:g}"
    if high is None:
        if low == 0 and not type_.open_minimum:
            return f"non-negative {noun}"
        if low == (0 if type_.open_minimum else 1) and (type_.integer or type_.open_minimum):
            return f"positive {noun}"
        return f"{noun} {'above' if type_.open_minimum else 'of at least'} {low:g}"
    if not (type_.open_minimum or type_.open_maximum):
        return f"{noun} between {low:g} and {high:g}"
    least = f"{'above' if type_.open_minimum else 'of at least'} {low:g}"
    return f"{noun} {least} and {'below' if type_.open_maximum else 'at most'} {high:g}"


def _either(alternatives: Iterable[str]) -> str:
    """`a`; `a or b`; `a, b or c`; with a comma before the `or` if an alternative contains one."""
    unique = list(dict.fromkeys(alternatives))
    if len(unique) == 1:
        return unique[0]
    comma = "," if any(", " in words or " or " in words for words in unique[:-1]) and len(unique) == 2 else ""
    return f"{', '.join(unique[:-1])}{comma} or {unique[-1]}"


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeio" or noun.startswith("RNN") else "a"
