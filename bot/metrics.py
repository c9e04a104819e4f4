"""What is counted, for Prometheus. Numbers and names only, never text or people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integrations.contracts.delivery import Outcome

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """One registry and its instruments."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._accepted = Counter(
            "mynah_events_accepted_total",
            "Events taken in.",
            ["surface", "kind", "duplicate"],
            registry=self.registry,
        )
        self._accept_seconds = Histogram(
            "mynah_accept_seconds",
            "Time to store and queue an event.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._turns = Counter(
            "mynah_turns_total",
            "Turns by how they ended.",
            ["outcome", "role"],
            registry=self.registry,
        )
        self._turn_seconds = Histogram(
            "mynah_turn_seconds",
            "Time from start to record of a turn.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._overhead_seconds = Histogram(
            "mynah_turn_overhead_seconds",
            "Of that, neither model nor embedder.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._deliveries = Counter(
            "mynah_deliveries_total",
            "Replies by how their delivery ended.",
            ["surface", "status"],
            registry=self.registry,
        )
        self._actions = Counter(
            "mynah_actions_total",
            "Actions by who wanted them and how far they came.",
            ["origin", "status"],
            registry=self.registry,
        )
        self._action_seconds = Histogram(
            "mynah_action_seconds",
            "Time that tools took, all tries of an action together.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._nudges = Counter(
            "mynah_nudges_total",
            "Nudges by kind and what became of them: a nudge that is sent is answered later.",
            ["kind", "status"],
            registry=self.registry,
        )
        self._due = Gauge(
            "mynah_due_jobs",
            "Jobs that wait for a time, by what they are.",
            ["job"],
            registry=self.registry,
        )
        self._jobs = Gauge(
            "mynah_jobs", "Jobs in the queue by state.", ["status"], registry=self.registry
        )

    def accepted(self, surface: str, kind: str, *, duplicate: bool, seconds: float) -> None:
        """Count an event."""
        self._accepted.labels(surface, kind, str(duplicate).lower()).inc()
        self._accept_seconds.observe(seconds)

    def turn(self, outcome: Outcome, role: str, seconds: float, overhead_seconds: float) -> None:
        """Count a turn."""
        self._turns.labels(outcome.value, role).inc()
        self._turn_seconds.observe(seconds)
        self._overhead_seconds.observe(max(0.0, overhead_seconds))

    def delivery(self, surface: str, status: str) -> None:
        """Count a delivery."""
        self._deliveries.labels(surface, status).inc()

    def action(self, origin: str, status: str, seconds: float | None = None) -> None:
        """Count an action: proposed, approved, or over after so long."""
        self._actions.labels(origin, status).inc()
        if seconds is not None:
            self._action_seconds.observe(seconds)

    def nudge(self, kind: str, status: str) -> None:
        """Count a nudge that was sent, accepted, refused, put off, stopped or not answered."""
        self._nudges.labels(kind, status).inc()

    def due(self, counts: Mapping[str, int]) -> None:
        """Set how many jobs wait for their time; those that are not named wait for nothing."""
        self._due.clear()
        for job, count in counts.items():
            self._due.labels(job).set(count)

    def jobs(self, counts: dict[str, int]) -> None:
        """Set how many jobs wait, run and failed."""
        for status, count in counts.items():
            self._jobs.labels(status).set(count)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)
