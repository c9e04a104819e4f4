"""How often Slack may be called, and when the next call may go.

Decides the moment of a call from the moments of those before it. Refuses to know what is called,
who waits, and how time passes: ``now`` is an argument, in seconds on any clock that only rises.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Rate:
    """``per_minute`` calls a minute in the long run, and ``burst`` of them at once."""

    per_minute: float
    burst: int

    @property
    def gap_s(self) -> float:
        """Seconds between two calls in the long run."""
        return 60.0 / self.per_minute


@dataclass(slots=True)
class Bucket:
    """When calls of one kind may go.

    The generic cell rate algorithm (ITU-T Recommendation I.371, annex A): ``due`` is the moment
    at which the next call would come if all came evenly; a call may be early by the burst.
    """

    rate: Rate
    due: float = 0.0
    closed_until: float = 0.0
    """Slack said that nothing may go before this."""

    def earliest(self, now: float) -> float:
        """Return the first moment from ``now`` on at which a call may go."""
        return max(now, self.due - self._slack_s, self.closed_until)

    def take(self, at: float) -> None:
        """Count a call that goes at ``at``."""
        self.due = max(self.due, at) + self.rate.gap_s

    def close(self, until: float) -> None:
        """Let nothing go before ``until``, and no burst right after it."""
        self.closed_until = max(self.closed_until, until)
        self.due = max(self.due, until + self._slack_s)

    def idle(self, now: float) -> bool:
        """Whether this says no more than a new bucket would."""
        return self.due <= now and self.closed_until <= now

    @property
    def _slack_s(self) -> float:
        return (self.rate.burst - 1) * self.rate.gap_s


@dataclass(frozen=True, slots=True)
class Limits:
    """What ``limits.toml`` says."""

    methods: Mapping[str, Rate]
    other: Rate
    posts: frozenset[str]
    """Methods that make a message appear."""
    channel: Rate
    """How often a message may appear in one channel."""
    once: frozenset[str]
    """Methods that must not be repeated when nobody knows whether they arrived."""
    passing: frozenset[str]
    limited: frozenset[str]
    limited_workspace: frozenset[str]
    unable: frozenset[str]
    refusals: Mapping[str, str]

    def rate(self, method: str) -> Rate:
        """Return how often a method may be called in one workspace."""
        return self.methods.get(method, self.other)


@cache
def slack_limits() -> Limits:
    """Return Slack's limits, read once."""
    raw = tomllib.loads((files(__package__) / "limits.toml").read_text("utf-8"))
    tiers = {name: Rate(**tier) for name, tier in raw["tiers"].items()}
    errors = {name: frozenset(codes) for name, codes in raw["errors"].items()}
    return Limits(
        methods={method: tiers[tier] for method, tier in raw["methods"].items()},
        other=tiers[raw["other"]["tier"]],
        posts=frozenset(raw["posts"]["methods"]),
        channel=Rate(raw["posts"]["per_minute"], raw["posts"]["burst"]),
        once=frozenset(raw["once"]["methods"]),
        refusals=raw["refusals"],
        **errors,
    )
