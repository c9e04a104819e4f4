"""What is known of one model's operation, apart from how good its answers are.

Decides how probable it is that a model fails now, whether it is left alone for a while, how
long its first piece is worth waiting for, and what an answer costs and takes. Refuses to know
what people think of its answers, which other models there are, and where this is kept: one
model in one workspace, as JSON.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from learning.routing.breaker import TRIPPED_BY, Breaker
from learning.routing.cost_model import Cost, CostModel
from learning.routing.discount import Count, Logs, fading, fields, number
from learning.routing.latency import LONGEST_S, SHORTEST_S, Latencies
from learning.task_types import TASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from learning.routing.breaker import State

AVAILABILITY: Final = frozenset({"unavailable", "timeout", "rate_limited", "auth", "unknown_model"})
"""Outcomes that say whether the model can be reached at all."""
FOR_GOOD: Final = frozenset({"auth", "unknown_model"})
"""Those of them that no waiting mends."""
TASK: Final = frozenset({"refused", "empty", "declined", "invalid"})
"""Outcomes that say something about this kind of task; the model was reached."""
LENGTH: Final = frozenset({"too_long"})
"""Outcomes that say something about prompts this long; the model was reached."""
# "cancelled" and "over_budget" say something about people, and nothing about the model.

_MINUTE: Final = 60.0
_DAY: Final = 86_400.0
_RECENT: Final = 5 * _MINUTE
_LASTING: Final = _DAY
_TASKS: Final = 7 * _DAY
_TIMES: Final = 7 * _DAY
_LOADS: Final = 7 * _DAY
_COSTS: Final = 30 * _DAY
"""Half-lives: an outage is over in minutes, what a model can do changes with its version."""

_FEW: Final = 0.02
"""How often a model nobody has tried is taken to fail, by each of the three causes."""
_STRENGTH: Final = 8.0
"""How many attempts a prior is worth."""
_PARENT_MOST: Final = 0.25
"""The highest prior that other attempts can make. More, and a model that fails at one kind of
task would never be tried at another, nor again after a long outage."""
_RECENT_MASS: Final = 20.0
_MASS: Final = 100.0
"""Attempts after which old ones have faded, however fast they come."""
_RESTING: Final = 0.95
"""How probable a failure is while the breaker is open."""
_CARRIED: Final = 4.0
"""Requests at a time that any model is taken to bear."""
_OVERLOADED: Final = 0.3
"""How probable a failure is at most because of the load alone."""
_LOAD_MOST: Final = 1e4

_LENGTHS: Final = (2_000, 8_000, 32_000, 128_000)
"""Characters at which the next bucket begins; each is four times as long."""
_NO_LENGTHS: Final = (Count(),) * (len(_LENGTHS) + 1)

_ENOUGH: Final = 20.0
"""Attempts before patience is learned from them."""
_PATIENT_WITH: Final = 0.95
_SAFETY: Final = 2.0
"""Patience is this quantile of the first piece, times this."""
_TYPICAL_S: Final = 5.0
"""How long an answer is taken to need before any was seen."""
_TIME_STRENGTH: Final = 4.0
_TIME_SPREAD: Final = 0.5


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of asking a model once.

    Attributes:
        outcome: "ok", "cancelled", or the kind of failure as the model port names it. One that
            is not known says nothing.
        latency_ms: until it ended, one way or another.
        first_piece_ms: until its first piece; ``None`` if none came.
        cost_usd: what it cost; ``None`` if unknown.
        task_type: of the turn.
        length: characters that the model read, sources included.
        retry_after_s: how long the provider asked us to wait, if it did.
        load: requests in flight with the model when it was asked, this one included; 0 if
            unknown.
    """

    outcome: str
    latency_ms: float
    first_piece_ms: float | None
    cost_usd: float | None
    task_type: str
    length: int
    retry_after_s: float | None = None
    load: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """What was seen of a model; without arguments, nothing yet.

    Attributes:
        seen_at: when it was last asked, in seconds since 1970; ``None`` if never.
        recent: whether it was reached, with a half-life of five minutes.
        lasting: the same, of a day.
        tasks: whether it could do what it was asked, by task type.
        lengths: whether the prompt was too long for it, by bucket of length.
        breaker: whether it is left alone.
        first: times to the first piece.
        total: times of whole answers.
        times: the same, by task type.
        costs: what answers cost.
        carried: the most requests at a time that it was seen to bear, fading.
    """

    seen_at: float | None = None
    recent: Count = field(default_factory=Count)
    lasting: Count = field(default_factory=Count)
    tasks: Mapping[str, Count] = field(default_factory=dict)
    lengths: tuple[Count, ...] = field(default_factory=lambda: _NO_LENGTHS)
    breaker: Breaker = field(default_factory=Breaker)
    first: Latencies = field(default_factory=Latencies)
    total: Latencies = field(default_factory=Latencies)
    times: Mapping[str, Logs] = field(default_factory=dict)
    costs: CostModel = field(default_factory=CostModel)
    carried: float = 0.0

    def after(self, attempt: Attempt, now: datetime) -> Health:
        """Return what is known after one attempt more.

        Args:
            attempt: what came of it.
            now: aware; earlier than the last attempt, it counts as no time later.
        """
        at = now.timestamp()
        outcome = attempt.outcome
        faded = _faded(self, at)
        if outcome in AVAILABILITY:
            reached = _unreached(faded, attempt, at)
        elif outcome == "ok" or outcome in TASK or outcome in LENGTH:
            reached = _reached(faded, attempt)
        else:
            reached = faded
        return _timed(reached, attempt)

    def since(self, began: datetime) -> Health:
        """Return it with a breaker that opened before a time closed again.

        Whoever starts Mynah anew may have mended what was wrong.
        """
        opened_at = self.breaker.opened_at
        if opened_at is None or opened_at >= began.timestamp():
            return self
        return replace(self, breaker=Breaker())

    def allows(self, now: datetime, load: int = 0) -> bool:
        """Return whether the model may be asked.

        Args:
            now: aware.
            load: requests in flight with it in this process. While the breaker is half open,
                one is asked at a time: the first tells how the rest would fare.
        """
        state = self.state(now)
        return state == "closed" or (state == "half_open" and load <= 0)

    def state(self, now: datetime) -> State:
        """Return the state of its circuit breaker."""
        return self.breaker.state(now.timestamp())

    def failure_probability(
        self, task_type: str, length: int, now: datetime, load: int = 0
    ) -> float:
        """Return how probable it is that the model fails if it is asked now, in [0, 1].

        Four causes that are taken for independent: it cannot be reached, it cannot do this kind
        of task, the prompt is too long for it, there is too much at once. So it is
        ``1 - Π (1 - p)``. The first three p are means of Beta posteriors over discounted counts
        (see ``Count.rate``), each with the next wider rate as its prior:

        - *reached*: the last minutes, shrunk to the last days, shrunk to a prior of 2 %;
        - *task*: attempts of this type, shrunk to all types, shrunk to 2 %;
        - *length*: prompts of this length. One that was too long at a shorter length counts
          too, and so does one that fitted at a longer.

        A wider rate is a prior of at most 25 %. *Load* is ``0.3 · (load - c) / load`` beyond
        the most requests c that were seen to go well, or 4.

        Args:
            task_type: of the turn.
            length: characters that the model will read.
            now: aware.
            load: requests in flight with it.
        """
        at = now.timestamp()
        if self.breaker.state(at) == "open":
            return _RESTING
        elapsed = 0.0 if self.seen_at is None else at - self.seen_at
        tasks = fading(elapsed, _TASKS)
        lasting = self.lasting.times(fading(elapsed, _LASTING)).rate(_FEW, _STRENGTH)
        recent = self.recent.times(fading(elapsed, _RECENT))
        unreached = recent.rate(min(lasting, _PARENT_MOST), _STRENGTH)
        every = sum(self.tasks.values(), Count()).times(tasks).rate(_FEW, _STRENGTH)
        own = self.tasks.get(_known(task_type), Count()).times(tasks)
        unable = own.rate(min(every, _PARENT_MOST), _STRENGTH)
        bucket = _bucket(length)
        fitted = math.fsum(count.good for count in self.lengths[bucket:])
        unfitted = math.fsum(count.bad for count in self.lengths[: bucket + 1])
        too_long = Count(fitted, unfitted).times(tasks).rate(_FEW, _STRENGTH)
        carried = max(self.carried * fading(elapsed, _LOADS), _CARRIED)
        overload = _OVERLOADED * (load - carried) / load if load > carried else 0.0
        well = (1.0 - unreached) * (1.0 - unable) * (1.0 - too_long) * (1.0 - overload)
        return min(max(1.0 - well, 0.0), 1.0)

    def patience_s(self, ceiling_s: float, floor_s: float = 2.0) -> float:
        """Return how long to wait for the first piece before somebody else is asked.

        Twice the time that 95 % of first pieces kept, within bounds. Answers that were cut off
        count as later than the wait (see ``Latencies.cut``), so patience cannot shrink by its
        own impatience.

        Args:
            ceiling_s: the longest wait; also what holds until 20 attempts were seen.
            floor_s: the shortest.
        """
        usual = self.first.quantile(_PATIENT_WITH) if self.first.mass >= _ENOUGH else None
        if usual is None:
            return ceiling_s
        return min(max(usual * _SAFETY, floor_s), ceiling_s)

    def expected_latency_s(self, task_type: str) -> float:
        """Return how many seconds a whole answer takes on average.

        The mean of a log-normal distribution: the type's mean logarithm is shrunk to that of
        all types, and from there to that of five seconds.
        """
        every = sum(self.times.values(), Logs())
        own = self.times.get(_known(task_type), Logs())
        typical = math.log(_TYPICAL_S) - _TIME_SPREAD**2 / 2.0
        mean = own.mean(every.mean(typical, _TIME_STRENGTH), _TIME_STRENGTH)
        spread = every.deviation(_TIME_SPREAD, _TIME_STRENGTH)
        deviation = min(own.deviation(spread, _TIME_STRENGTH), 1.0)
        return min(math.exp(mean + deviation**2 / 2.0), LONGEST_S)

    def expected_cost(self, task_type: str, prior_usd: float | None) -> Cost:
        """Return what an answer is expected to cost.

        Args:
            task_type: of the turn.
            prior_usd: the list price of a turn of this size; 0 is free, ``None`` is unknown.
        """
        return self.costs.expected(_known(task_type), prior_usd)

    def as_data(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "seen_at": self.seen_at,
            "recent": self.recent.as_data(),
            "lasting": self.lasting.as_data(),
            "tasks": {task: count.as_data() for task, count in self.tasks.items()},
            "lengths": [count.as_data() for count in self.lengths],
            "breaker": self.breaker.as_data(),
            "first": self.first.as_data(),
            "total": self.total.as_data(),
            "times": {task: logs.as_data() for task, logs in self.times.items()},
            "costs": self.costs.as_data(),
            "carried": self.carried,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Health:
        """Read back what ``as_data`` wrote; a part that cannot be read is as if never seen."""
        data = fields(data)
        lengths = data.get("lengths")
        if not isinstance(lengths, list | tuple) or len(lengths) != len(_LENGTHS) + 1:
            lengths = (None,) * (len(_LENGTHS) + 1)
        return cls(
            number(data.get("seen_at"), high=math.inf),
            Count.from_data(data.get("recent")).within(_RECENT_MASS),
            Count.from_data(data.get("lasting")).within(_MASS),
            {
                task: Count.from_data(count).within(_MASS)
                for task, count in fields(data.get("tasks")).items()
                if task in TASK_TYPES
            },
            tuple(Count.from_data(count).within(_MASS) for count in lengths),
            Breaker.from_data(data.get("breaker")),
            Latencies.from_data(data.get("first")),
            Latencies.from_data(data.get("total")),
            {
                task: Logs.from_data(logs, SHORTEST_S, LONGEST_S)
                for task, logs in fields(data.get("times")).items()
                if task in TASK_TYPES
            },
            CostModel.from_data(data.get("costs")),
            number(data.get("carried"), high=_LOAD_MOST) or 0.0,
        )


def _faded(health: Health, at: float) -> Health:
    elapsed = 0.0 if health.seen_at is None else at - health.seen_at
    if elapsed <= 0.0:
        return replace(health, seen_at=at)
    tasks, times = fading(elapsed, _TASKS), fading(elapsed, _TIMES)
    return replace(
        health,
        seen_at=at,
        recent=health.recent.times(fading(elapsed, _RECENT)),
        lasting=health.lasting.times(fading(elapsed, _LASTING)),
        tasks={task: count.times(tasks) for task, count in health.tasks.items()},
        lengths=tuple(count.times(tasks) for count in health.lengths),
        first=health.first.times(times),
        total=health.total.times(times),
        times={task: logs.times(times) for task, logs in health.times.items()},
        costs=health.costs.times(fading(elapsed, _COSTS)),
        carried=health.carried * fading(elapsed, _LOADS),
    )


def _unreached(health: Health, attempt: Attempt, at: float) -> Health:
    one = Count(bad=1.0)
    breaker = health.breaker.failed(
        at, for_good=attempt.outcome in FOR_GOOD, asked_s=attempt.retry_after_s
    )
    recent = (health.recent + one).within(_RECENT_MASS)
    if breaker.opened_at is not None:
        # The rest answers these failures. Counted in full they would keep the model from
        # being tried once it is over.
        recent = recent.within(TRIPPED_BY)
    return replace(
        health, recent=recent, lasting=(health.lasting + one).within(_MASS), breaker=breaker
    )


def _reached(health: Health, attempt: Attempt) -> Health:
    one, task, bucket = Count(good=1.0), _known(attempt.task_type), _bucket(attempt.length)
    tasks, lengths = dict(health.tasks), list(health.lengths)
    if attempt.outcome in LENGTH:
        lengths[bucket] = (lengths[bucket] + Count(bad=1.0)).within(_MASS)
    else:
        able = one if attempt.outcome == "ok" else Count(bad=1.0)
        tasks[task] = (tasks.get(task, Count()) + able).within(_MASS)
        lengths[bucket] = (lengths[bucket] + one).within(_MASS)
    answered = attempt.outcome == "ok"
    load = number(attempt.load, high=_LOAD_MOST) or 0.0
    return replace(
        health,
        recent=(health.recent + one).within(_RECENT_MASS),
        lasting=(health.lasting + one).within(_MASS),
        tasks=tasks,
        lengths=tuple(lengths),
        breaker=health.breaker.succeeded(),
        costs=health.costs.seen(task, attempt.cost_usd) if answered else health.costs,
        carried=max(health.carried, load) if answered else health.carried,
    )


def _timed(health: Health, attempt: Attempt) -> Health:
    whole, first = _seconds(attempt.latency_ms), _seconds(attempt.first_piece_ms)
    answered, waited = attempt.outcome == "ok", attempt.outcome == "timeout"
    firsts, totals, times = health.first, health.total, health.times
    if first is not None:
        firsts = firsts.seen(first)
    elif whole is not None and waited:
        firsts = firsts.cut(whole)
    if whole is not None and answered:
        task = _known(attempt.task_type)
        totals = totals.seen(whole)
        times = {**times, task: times.get(task, Logs()).seen(whole, _MASS)}
    elif whole is not None and waited:
        totals = totals.cut(whole)
    return replace(health, first=firsts, total=totals, times=times)


def _known(task_type: str) -> str:
    return task_type if task_type in TASK_TYPES else "general"


def _bucket(length: int) -> int:
    return sum(length >= begin for begin in _LENGTHS)


def _seconds(milliseconds: float | None) -> float | None:
    if milliseconds is None or not math.isfinite(milliseconds) or milliseconds < 0.0:
        return None
    return min(max(milliseconds / 1e3, SHORTEST_S), LONGEST_S)
