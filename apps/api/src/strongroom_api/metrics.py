"""The metrics of one process, for Prometheus. `docs/operate/metrics.md` lists all of them.

Labels come from closed sets: operations in the authorization table, planes, status classes, error codes and
reasons. No name, ID or IP address ever becomes a label.
"""

import platform
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.process_collector import ProcessCollector

from strongroom_api.request_note import RequestNote
from strongroom_wire.errors import READ_REASONS

REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BATCH_BUCKETS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)

# The creation time of a series isn't useful here, and it would double the number of series.
disable_created_metrics()


class Metrics:
    """The metrics of one process, in a separate registry. Label children are created once and kept."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._seconds = Histogram(
            "strongroom_request_seconds",
            "Seconds from the start of a request to the end of its response.",
            ["operation", "status"],
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        # This is a plain number, since it changes twice per request and all requests run on one thread.
        self._running = 0
        in_flight = Gauge(
            "strongroom_requests_in_flight", "Requests in progress.", registry=registry
        )
        in_flight.set_function(lambda: self._running)
        self._refused = Counter(
            "strongroom_refused_requests",
            "Requests that got an error, by code.",
            ["plane", "code"],
            registry=registry,
        )
        self._delivered = Counter(
            "strongroom_reads_delivered", "Values delivered to machines.", registry=registry
        )
        self._reads_refused = Counter(
            "strongroom_reads_refused",
            "Signed requests for values that were denied, by reason.",
            ["reason"],
            registry=registry,
        )
        self._batch_seconds = Histogram(
            "strongroom_read_batch_seconds",
            "Seconds of one batch of reads: its transaction and decryption.",
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self._batch_requests = Histogram(
            "strongroom_read_batch_requests",
            "Requests in one batch of reads.",
            buckets=BATCH_BUCKETS,
            registry=registry,
        )
        build = Gauge(
            "strongroom_build_info",
            "Always 1; the release is a label.",
            ["version", "python"],
            registry=registry,
        )
        build.labels(version("strongroom-api"), platform.python_version()).set(1)
        ProcessCollector(namespace="strongroom", registry=registry)
        self._by_outcome: dict[tuple[str, int], Histogram] = {}
        self._by_code: dict[tuple[str, str], Counter] = {}
        self._by_reason: dict[str, Counter] = {}

    def begin_request(self) -> None:
        """Count a request in progress."""
        self._running += 1

    def end_request(self, note: RequestNote, seconds: float) -> None:
        """Count a finished request, regardless of its result."""
        self._running -= 1
        outcome = (note.operation, note.status // 100)
        child = self._by_outcome.get(outcome)
        if child is None:
            child = self._by_outcome[outcome] = self._seconds.labels(*_labels(outcome))
        child.observe(seconds)
        if note.code is not None:
            self._count_refusal(note, note.code)

    def _count_refusal(self, note: RequestNote, code: str) -> None:
        key = (note.plane, code)
        child = self._by_code.get(key)
        if child is None:
            child = self._by_code[key] = self._refused.labels(*key)
        child.inc()

    def deliver(self, values: int) -> None:
        """Count values that were returned."""
        self._delivered.inc(values)

    def refuse_read(self, reason: str) -> None:
        """Count a denied request for values; an unknown reason becomes `other`."""
        known = reason if reason in READ_REASONS else "other"
        child = self._by_reason.get(known)
        if child is None:
            child = self._by_reason[known] = self._reads_refused.labels(known)
        child.inc()

    def observe_batch(self, requests: int, seconds: float) -> None:
        """Count a batch of reads."""
        self._batch_requests.observe(requests)
        self._batch_seconds.observe(seconds)

    def render(self) -> bytes:
        """Return all metrics in Prometheus' text format, version 0.0.4."""
        return generate_latest(self._registry)


def _labels(outcome: tuple[str, int]) -> tuple[str, str]:
    operation, hundreds = outcome
    return operation, f"{hundreds}xx" if hundreds else "none"
