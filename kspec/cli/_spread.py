"""How far a metric differs over several runs, in words."""

from __future__ import annotations

from collections.abc import Mapping


def spread(deviation: Mapping[str, float | None], interval: Mapping[str, tuple[float, float] | None], name: str) -> str:
    """The deviation of a metric, and the interval of its mean: ` ± 0.0123  (95%: 0.8012 to 0.8319)`.

    Args:
        deviation: By metric, its standard deviation.
        interval: By metric, the interval of its mean.
        name: The metric; one without a deviation gives an empty text.
    """
    own, reach = deviation.get(name), interval.get(name)
    if own is None:
        return ""
    return f" ± {own:.4f}" + ("" if reach is None else f"  (95%: {reach[0]:.4f} to {reach[1]:.4f})")
