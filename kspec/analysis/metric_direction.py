"""Whether more or less of a metric is better, by its name."""

from __future__ import annotations

import re
from typing import Literal

Direction = Literal["max", "min"]

_LESS_IS_BETTER = re.compile(
    r"loss|error|false_|crossentropy|hinge|divergence|poisson|perplexity|log_?cosh|(^|_)(mae|mse|msle|mape|rmse|nll|kld?)$"
)
_MORE_IS_BETTER = re.compile(
    r"acc|auc|precision|recall|sensitivity|specificity|true_|similarity|correlation|score|r2|io_?u|dice|(^|_)(f\d?|fbeta)($|_)"
)


def direction(metric: str) -> Direction | None:
    """Whether a metric is to be maximised or minimised; None if its name does not tell.

    >>> direction("val_loss"), direction("auc"), direction("mean")
    ('min', 'max', None)
    """
    name = metric.lower()
    if _LESS_IS_BETTER.search(name):
        return "min"
    return "max" if _MORE_IS_BETTER.search(name) else None
