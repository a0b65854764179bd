"""Indicators: columns that tell the network where others had gaps (`missing: {age: {fill: 0, indicator: true}}`).

The indicator of `age` is `age_missing`, 1 where `age` had a gap and 0 elsewhere. Each input that takes `age` takes it
right after it, unless some input names it.
"""

from collections.abc import Iterable
from typing import Any

from kspec.language.data import Data
from kspec.language.missing import missing_rule
from kspec.language.window import column_names


def indicator_of(column: str) -> str:
    """The name of the indicator of a column."""
    return f"{column}_missing"


def has_indicator(column: str, data: Data) -> bool:
    """Whether a column of inputs has an indicator."""
    rule = missing_rule(data.missing, column)
    return rule is not None and rule.indicator


def with_indicators(columns: Iterable[str], data: Data) -> list[str]:
    """The columns of an input, each followed by its indicator.

    Args:
        columns: The columns that the spec names, or that a glob matches.
        data: The `data` section.
    """
    named, result = _named(data.inputs), list(dict.fromkeys(columns))
    indicators = {indicator_of(column) for column in result}
    for column in [column for column in result if column not in indicators]:
        indicator = indicator_of(column)
        if has_indicator(column, data) and indicator not in named and indicator not in result:
            result.insert(result.index(column) + 1, indicator)
    return result


def _named(inputs: Any) -> set[str]:
    """The columns that inputs name."""
    settings = map(column_names, inputs.values() if isinstance(inputs, dict) else [inputs])
    return {name for each in settings for name in ([each] if isinstance(each, str) else each or ())}
