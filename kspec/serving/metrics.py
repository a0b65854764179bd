"""What a server measures, in the format of Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from kspec.serving.job import Job, Result
    from kspec.serving.registry import Registry

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096)


class Metrics:
    """Counters and histograms of a server, apart from those of the process."""

    def __init__(self) -> None:
        self._collected = own = CollectorRegistry()
        model = ["model"]
        self._requests = Counter("kspec_requests", "Requests that were answered", ["model", "status"], registry=own)
        self._seconds = Histogram(
            "kspec_request_seconds",
            "Time from a request to its answer",
            model,
            registry=own,
            buckets=SECONDS,
        )
        self._rows = Counter("kspec_rows", "Rows of requests", ["model", "result"], registry=own)
        self._batches = Histogram(
            "kspec_batch_rows",
            "Rows that pass through a model together",
            model,
            registry=own,
            buckets=SIZES,
        )
        self._warnings = Counter("kspec_warnings", "Warnings of rows", ["model", "code"], registry=own)
        self._waiting = Gauge("kspec_waiting_rows", "Rows that wait for a model", model, registry=own)
        self._versions = Gauge("kspec_model_info", "Which run answers", ["model", "run"], registry=own)

    def request(self, model: str, status: int, seconds: float) -> None:
        """Counts a request.

        Args:
            model: The name that it used.
            status: The HTTP status of its answer.
            seconds: How long it took.
        """
        self._requests.labels(model, str(status)).inc()
        self._seconds.labels(model).observe(seconds)

    def result(self, model: str, job: Job, result: Result) -> None:
        """Counts the rows of a request, and their warnings.

        Args:
            model: The name of the model that has answered.
            job: What was asked.
            result: What was answered.
        """
        self._rows.labels(model, "predicted").inc(job.count - len(result.errors))
        if result.errors:
            self._rows.labels(model, "refused").inc(len(result.errors))
        for warnings in job.warnings.values():
            for warning in warnings:
                self._warnings.labels(model, warning.code).inc()

    def batch(self, model: str, rows: int) -> None:
        """Counts what passes through a model together.

        Args:
            model: Its name.
            rows: The rows.
        """
        self._batches.labels(model).observe(rows)

    def text(self, registry: Registry) -> bytes:
        """The page that Prometheus reads."""
        self._versions.clear()
        for name, service in registry.services.items():
            self._waiting.labels(name).set(service.waiting)
            self._versions.labels(name, service.model.version).set(1)
        return generate_latest(self._collected)
