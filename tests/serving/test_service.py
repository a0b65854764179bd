"""Requests that pass through a model together do not change each other's answers."""

import asyncio

import pytest

from kspec.serving.batching import BatchLimits
from kspec.serving.job import columns_of, job_of
from kspec.serving.row_errors import RequestError
from kspec.serving.service import Service

ROWS = [{"a": n / 7, "b": (-1) ** n * n / 3, "city": ("oslo", "rome", 7, "x")[n % 4]} for n in range(40)]
ODD = [{"a": "1.5", "b": True, "city": "oslo"}, {"a": 2**70, "b": 1.5, "city": None}, {"a": None, "b": 0, "city": 1.5}]


def results(model, requests, limits):
    """The results of requests that come at once, and the sizes of the batches."""
    sizes = []

    async def ask():
        service = Service("small", model, limits, sizes.append)
        try:
            jobs = [job_of(model.fields, columns_of(rows, model.fields), len(rows)) for rows in requests]
            return await asyncio.gather(*map(service.predict, jobs), return_exceptions=True)
        finally:
            service.close()

    return asyncio.run(ask()), sizes


def test_together_as_alone(model):
    requests = [[row] for row in [*ROWS, *ODD]] + [ROWS[:5], [*ODD, {"a": "text", "b": 1, "city": "y"}]]
    together, sizes = results(model, requests, BatchLimits(rows=64))
    alone, _ = results(model, requests, BatchLimits(rows=1, wait=0))
    assert max(sizes) > 8
    for one, other in zip(together, alone, strict=True):
        assert one.errors == other.errors
        assert one.rows == other.rows
        for answer, expected in zip(one.answers, other.answers, strict=True):
            assert answer["kind"]["prediction"] == expected["kind"]["prediction"]
            assert answer["kind"]["probabilities"] == pytest.approx(expected["kind"]["probabilities"], abs=1e-6)


def test_a_full_queue_refuses(model):
    found, _ = results(model, [ROWS[:30]] * 10, BatchLimits(rows=30, queue=60))
    refused = [each for each in found if isinstance(each, RequestError)]
    assert refused
    assert all(each.status == 429 for each in refused)
    assert any(not isinstance(each, RequestError) for each in found)
