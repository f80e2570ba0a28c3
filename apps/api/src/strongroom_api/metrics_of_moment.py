"""Metrics measured at each scrape: whether the server is sealed, its connections, and database metrics."""

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from strongroom_core.kernel.pool_figures import PoolFigures
from strongroom_core.runtime.measure import Measured


@dataclass(frozen=True, slots=True)
class Moment:
    """The process's current state. `measured` is None if the database doesn't respond."""

    sealed: bool
    writable: bool = False
    pool: PoolFigures | None = None
    measured: Measured | None = None

    def render(self) -> bytes:
        """Return the metrics in Prometheus' text format, version 0.0.4."""
        registry = CollectorRegistry()
        registry.register(_Once([*self._own(), *self._of_database()]))
        return generate_latest(registry)

    def _own(self) -> Iterable[Metric]:
        yield _gauge("sealed", "1 while the server is sealed.", int(self.sealed))
        yield _gauge(
            "database_up", "1 if the database responded in time.", int(self.measured is not None)
        )
        yield _gauge("database_writable", "1 if the database accepts writes.", int(self.writable))
        if self.pool is None:
            return
        connections = GaugeMetricFamily(
            "strongroom_database_connections",
            "Database connections of this process.",
            labels=["state"],
        )
        connections.add_metric(["in_use"], self.pool.in_use)
        connections.add_metric(["idle"], self.pool.opened - self.pool.in_use)
        yield connections
        yield _gauge(
            "database_connections_most",
            "Maximum number of database connections of this process.",
            self.pool.most,
        )

    def _of_database(self) -> Iterable[Metric]:
        found = self.measured
        if found is None:
            return
        yield _gauge(
            "clock_offset_seconds",
            "How far the database's clock is ahead of this machine's clock.",
            found.clock_offset,
        )
        yield _gauge(
            "clock_in_doubt",
            "1 while the database's clock disagrees with this machine's uptime.",
            int(found.clock_doubted),
        )
        yield _gauge("outbox_notes", "Notes in the outbox, counted up to 10,000.", found.notes)
        yield _gauge(
            "outbox_oldest_seconds", "Age of the oldest note in the outbox.", found.oldest_note
        )
        yield _gauge(
            "purges_due",
            "Objects that have been in the trash for more than 30 days.",
            found.purges_due,
        )
        yield _gauge(
            "read_counts_behind_seconds",
            "Age of the oldest event that read counts don't include yet.",
            found.counts_behind,
        )
        if found.worker_idle is not None:
            yield _gauge(
                "worker_idle_seconds", "Seconds since a worker last ran.", found.worker_idle
            )
        entries = CounterMetricFamily(
            "strongroom_audit_entries",
            "Audit log events written by all nodes, from PostgreSQL's row statistics, a few seconds late.",
        )
        entries.add_metric([], found.entries)
        yield entries
        if found.jobs_due is not None:
            yield _gauge("queue_jobs_due", "Jobs waiting for a worker.", found.jobs_due)


class _Once(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"strongroom_{name}", help_text, value=value)
