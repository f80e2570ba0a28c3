"""What one process counts of itself, for Prometheus. `docs/operate/metrics.md` lists every figure.

Labels come from closed sets of ours: operations of the authorization table, planes, classes of
statuses, codes and reasons of errors. No name, id or address of anybody's ever becomes one.
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

from strongroom_api.request_note import NO_OPERATION, RequestNote
from strongroom_core.access.operations import OPERATIONS

REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BATCH_BUCKETS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)

READ_REASONS = frozenset(
    {
        "authentication_failed",
        "busy",
        "frozen",
        "integrity_failure",
        "invalid",
        "locked_out",
        "machine_disabled",
        "machine_expired",
        "machine_pending",
        "no_grant",
        "nonce_used",
        "not_found",
        "owner_inactive",
        "sealed",
        "too_large",
        "too_many",
        "unavailable",
    }
)
"""Why a read is refused, as the record says it. Any other reason is counted as `other`."""

# When a series began is of no use here, and would double the number of series.
disable_created_metrics()


class Metrics:
    """The figures of one process, in a registry of their own. Children are made once and kept."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._seconds = Histogram(
            "strongroom_request_seconds",
            "Seconds from the first look at a request to the end of its answer.",
            ["operation", "status"],
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        # A plain number, since it changes twice per request and all of them run on one thread.
        self._running = 0
        in_flight = Gauge(
            "strongroom_requests_in_flight", "Requests being served.", registry=registry
        )
        in_flight.set_function(lambda: self._running)
        self._refused = Counter(
            "strongroom_refused_requests",
            "Requests answered with an error, by its code.",
            ["plane", "code"],
            registry=registry,
        )
        self._delivered = Counter(
            "strongroom_reads_delivered", "Values delivered to machines.", registry=registry
        )
        self._reads_refused = Counter(
            "strongroom_reads_refused",
            "Signed requests for values that got none, by the reason.",
            ["reason"],
            registry=registry,
        )
        self._batch_seconds = Histogram(
            "strongroom_read_batch_seconds",
            "Seconds of one batch of reads: its transaction, and opening its values.",
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self._batch_requests = Histogram(
            "strongroom_read_batch_requests",
            "Requests that one batch of reads served together.",
            buckets=BATCH_BUCKETS,
            registry=registry,
        )
        build = Gauge(
            "strongroom_build_info",
            "1; which release this is.",
            ["version", "python"],
            registry=registry,
        )
        build.labels(version("strongroom-api"), platform.python_version()).set(1)
        ProcessCollector(namespace="strongroom", registry=registry)
        self._by_outcome: dict[tuple[str, int], Histogram] = {}
        self._by_code: dict[tuple[str, str], Counter] = {}
        self._by_reason: dict[str, Counter] = {}

    def begin_request(self) -> None:
        """Count a request that is being served."""
        self._running += 1

    def end_request(self, note: RequestNote, seconds: float) -> None:
        """Count a request that ended, however it did."""
        self._running -= 1
        outcome = (note.operation, note.status // 100)
        child = self._by_outcome.get(outcome)
        if child is None:
            child = self._by_outcome[outcome] = self._seconds.labels(*_labels(outcome))
        child.observe(seconds)
        if note.code is not None:
            self._count_refusal(note, note.code)

    def _count_refusal(self, note: RequestNote, code: str) -> None:
        listed = OPERATIONS.get(note.operation)
        key = (listed.plane if listed is not None else note.plane, code)
        child = self._by_code.get(key)
        if child is None:
            child = self._by_code[key] = self._refused.labels(*key)
        child.inc()

    def deliver(self, values: int) -> None:
        """Count values that were delivered."""
        self._delivered.inc(values)

    def refuse_read(self, reason: str) -> None:
        """Count a request for values that is refused."""
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
        """Return all figures in Prometheus' text format, version 0.0.4."""
        return generate_latest(self._registry)


def _labels(outcome: tuple[str, int]) -> tuple[str, str]:
    operation, hundreds = outcome
    known = operation if operation in OPERATIONS else NO_OPERATION
    return known, f"{hundreds}xx" if hundreds else "none"
