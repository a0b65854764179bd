"""Each of several runs against each other on the examples that both predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import prod

from kspec.report.compared_runs import ComparedRun
from kspec.report.numbers.bootstrap import examples_for, resamples_for
from kspec.report.numbers.paired import (
    MOST_CLASSES,
    PairedMetric,
    ResampledMetric,
    differences_of,
    mirrored,
    resampled_metrics,
)
from kspec.report.pairs import NotPaired, common_examples, require_same_data
from kspec.report.predictions import Predictions

MOST_RUNS = 10
"""Of more runs, each is compared with the first alone."""
Pair = tuple[str, str]
"""The labels of a run, and of the run that it is compared with."""


@dataclass(slots=True)
class AllPairs:
    """What was found.

    Args:
        found: By output and metric, each pair, in both directions.
        reasons: By why there is no comparison, the labels of both runs.
        most: How many examples are compared at most.
    """

    found: dict[tuple[str, str], dict[Pair, PairedMetric]] = field(default_factory=dict)
    reasons: dict[str, list[Pair]] = field(default_factory=dict)
    most: int = 0

    @property
    def references(self) -> list[str]:
        """The runs that others are compared with, in the order in which they were named."""
        return list(dict.fromkeys(other for by_pair in self.found.values() for _, other in by_pair))


def all_pairs(runs: Sequence[ComparedRun]) -> AllPairs:
    """Compares runs; of many, each with the first alone, and in that direction.

    Args:
        runs: The runs, in the order in which they were named.
    """
    outputs = [own for run in runs for own in run.facts.predictions]
    work = (len(runs) - 1) * max((_areas(own) for own in outputs), default=1)
    longest = max((len(own) // prod(own.grid) for own in outputs), default=0)
    all_ = AllPairs(most=examples_for(work))
    resampler = _Resampler(resamples_for(min(longest, all_.most), work), all_.most)
    is_small = len(runs) <= MOST_RUNS
    for first, other in combinations(runs, 2) if is_small else ((runs[0], run) for run in runs[1:]):
        try:
            compared = _compare(other, first, resampler)
        except NotPaired as error:
            all_.reasons.setdefault(str(error), []).append((other.label, first.label))
            continue
        for output, metrics in compared.items():
            for each in metrics:
                by_pair = all_.found.setdefault((output, each.name), {})
                by_pair[other.label, first.label] = each
                if is_small:
                    by_pair[first.label, other.label] = mirrored(each)
    return all_


def _areas(own: Predictions) -> int:
    """How many areas under curves are computed for each resample."""
    return len(own.names) if own.kind == "multiclass" and not own.grid and len(own.names) <= MOST_CLASSES else 1


@dataclass(slots=True)
class _Resampler:
    """Computes the metrics of a run once for all its pairs.

    Args:
        resamples: How many resamples are drawn.
        most: How many examples count at most.
        known: By predictions that are compared as a whole, their metrics.
    """

    resamples: int
    most: int
    known: dict[int, Mapping[str, ResampledMetric]] = field(default_factory=dict)

    def metrics(self, part: Predictions, whole: Predictions) -> Mapping[str, ResampledMetric]:
        """The metrics of a part of the predictions of a run."""
        if part is not whole:
            return resampled_metrics(part, self.resamples, self.most)
        if id(whole) not in self.known:
            self.known[id(whole)] = resampled_metrics(whole, self.resamples, self.most)
        return self.known[id(whole)]


def _compare(run: ComparedRun, reference: ComparedRun, resampler: _Resampler) -> dict[str, list[PairedMetric]]:
    """By output, its metrics in both runs.

    Args:
        run: A run.
        reference: The run that it is compared with.
        resampler: Draws resamples.

    Raises:
        NotPaired: If they cannot be compared.
    """
    require_same_data(reference.facts, run.facts)
    theirs = {own.output: own for own in reference.facts.predictions}
    both = [(own, theirs[own.output]) for own in run.facts.predictions if own.output in theirs]
    if not both:
        raise NotPaired("no output has predictions and actual values in both")
    found = {}
    for own, other in both:
        parts = common_examples(own, other)
        count = len(parts[0]) // prod(own.grid) if own.grid else len(parts[0])
        one, two = (resampler.metrics(part, whole) for part, whole in zip(parts, (own, other), strict=True))
        found[own.output] = differences_of(one, two, min(count, resampler.most))
    return found
