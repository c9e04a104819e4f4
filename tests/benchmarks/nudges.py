"""Nudges: how often they come just before the act, and how long planning them takes.

    python -m tests.benchmarks.nudges [--people N] [--seed S] [--planner N]

The policies are played to the same people: ``mynah`` and ``fixed_time``, which reminds somebody
each week a quarter of an hour before the hour of the week in which they did a thing most often.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.habits.manners import Manners, Past, Wish, may
from learning.habits.moment import Response, done_already, lead_of, moment
from learning.habits.occasions import Occurrence, Recurring, occasions
from learning.habits.recurring import recurring
from tests.benchmarks.nudges_people import BEGIN, QUARTER, WARM, WEEKS, Somebody, somebody

if TYPE_CHECKING:
    from collections.abc import Callable

_HOUR: Final = timedelta(hours=1)
_LEAD: Final = timedelta(minutes=15)
_MONTHS: Final = QUARTER / (365.25 / 7 / 12)
_SEEN: Final = 3


@dataclass
class Tally:
    """What came of a policy's nudges in the quarter."""

    nudges: int = 0
    followed: int = 0
    unwanted: int = 0
    due: int = 0
    caught: int = 0
    mine_ms: list[float] = field(default_factory=list)

    def figures(self, people: int) -> dict[str, float]:
        return {
            "precision": round(self.followed / max(1, self.nudges), 4),
            "unwanted_per_person_month": round(self.unwanted / people / _MONTHS, 4),
            "recall": round(self.caught / max(1, self.due), 4),
            "nudges": self.nudges,
            "nudges_per_person_month": round(self.nudges / people / _MONTHS, 3),
        }


@dataclass
class Told:
    """A nudge that somebody had, as they remember it."""

    habit: Recurring
    past: Past
    response: Response


def play(who: Somebody, tally: Tally, rng: np.random.Generator) -> None:
    """Let somebody live through the weeks with Mynah's nudges."""
    told: list[Told] = []
    habits: list[Recurring] = []
    seen = 0
    for n in range(WEEKS * 7):
        begin = datetime.combine(BEGIN + timedelta(days=n), datetime.min.time(), UTC)
        log = [each for each in who.acts if each.at < begin]
        if len(log) > seen:
            started = time.perf_counter()
            habits = recurring(log, begin, UTC)
            tally.mine_ms.append((time.perf_counter() - started) * 1e3)
            seen = len(log)
        plans = sorted(
            (
                (at - timedelta(minutes=when.lead), at, habit, when)
                for habit in habits
                for when in [
                    moment(
                        habit.recent,
                        habit.minute,
                        lead_of(t.response for t in told if t.habit.kind == habit.kind),
                    )
                ]
                for _, at in occasions(habit, begin, UTC, days=0)
            ),
            key=lambda plan: plan[:2],
        )
        for due, at, habit, when in plans:
            _nudge(who, tally, rng, told, habit, due, at, when.lead, when.chance)
    tally.due += sum(
        each.at >= _quarter() and any(_of(r.kind, each, who) for r in who.routines)
        for each in who.acts
    )


def _nudge(
    who: Somebody,
    tally: Tally,
    rng: np.random.Generator,
    told: list[Told],
    habit: Recurring,
    due: datetime,
    at: datetime,
    lead: int,
    chance: float,
) -> None:
    same = [replace(t.past, same=t.habit.same(habit)) for t in told]
    acts = [each.at for each in who.acts if each.kind == habit.kind]
    now = due
    wish = Wish(habit.kind, at, chance, done_already(acts, at, now))
    verdict = may(now, Manners(nudged=True), wish, same, UTC)
    if verdict.answer == "wait" and verdict.until is not None:
        now = verdict.until
        wish = replace(wish, done=done_already(acts, at, now))
        verdict = may(now, Manners(nudged=True), wish, same, UTC)
    if verdict.answer != "say":
        return
    after = next((each for each in acts if now <= each <= now + _HOUR), None)
    past, response = _answered(who, rng, now, after, lead, len(told))
    told.append(Told(habit, past, response))
    if now >= _quarter():
        tally.nudges += 1
        tally.followed += after is not None
        tally.unwanted += after is None or past.status in {"refused", "stopped"}
        tally.caught += after is not None


def _answered(
    who: Somebody,
    rng: np.random.Generator,
    now: datetime,
    after: datetime | None,
    lead: int,
    before: int,
) -> tuple[Past, Response]:
    """Return what somebody does with a nudge."""
    if who.refuses:
        status = "stopped" if before else "refused"
        return Past(True, status, now, acted=after is not None), Response(lead)  # type: ignore[arg-type]
    if after is not None:
        took = (after - now).total_seconds() / 60
        if rng.random() < 0.5:
            return Past(True, "accepted", now, acted=True), Response(lead, took / 2)
        return Past(True, "silent", now, acted=True), Response(lead)
    status = "refused" if rng.random() < 0.5 else "silent"
    return Past(True, status, now), Response(lead)  # type: ignore[arg-type]


def play_fixed(who: Somebody, tally: Tally, rng: np.random.Generator) -> None:
    """Let somebody live through the weeks with reminders at a fixed time."""
    del rng
    hours: dict[str, Counter[int]] = {}
    at = 0
    for n in range(WEEKS * 7 * 24):
        now = datetime.combine(BEGIN, datetime.min.time(), UTC) + timedelta(hours=n)
        while at < len(who.acts) and who.acts[at].at < now:
            act = who.acts[at]
            slot = act.at.weekday() * 24 + act.at.hour
            hours.setdefault(act.kind, Counter())[slot] += 1
            at += 1
        for kind, counts in hours.items():
            slot, count = counts.most_common(1)[0]
            if count < _SEEN or slot != now.weekday() * 24 + now.hour:
                continue
            due = now - _LEAD
            if due < _quarter():
                continue
            followed = any(e.kind == kind and due <= e.at <= due + _HOUR for e in who.acts)
            tally.nudges += 1
            tally.followed += followed
            tally.unwanted += not followed or who.refuses
            tally.caught += followed
    tally.due += sum(
        each.at >= _quarter() and any(_of(r.kind, each, who) for r in who.routines)
        for each in who.acts
    )


def _of(kind: str, act: Occurrence, who: Somebody) -> bool:
    """Tell whether an act was one of a habit's in truth, not by chance."""
    if act.kind != kind:
        return False
    week = (act.at.date() - BEGIN).days // 7
    minute = act.at.hour * 60 + act.at.minute
    return any(
        r.kind == kind
        and r.shape.on(act.at.date())
        and abs(minute - r.minute - r.drift * week) <= 3 * r.spread
        for r in who.routines
    )


def _quarter() -> datetime:
    return datetime.combine(BEGIN + timedelta(weeks=WARM), datetime.min.time(), UTC)


def quarter(people: int, seed: int) -> dict[str, Any]:
    """Return the figures of both policies for the same people."""
    made = [somebody(np.random.default_rng([seed, n])) for n in range(people)]
    policies: dict[str, Callable[[Somebody, Tally, np.random.Generator], None]] = {
        "mynah": play,
        "fixed_time": play_fixed,
    }
    found: dict[str, Any] = {}
    for name, policy in policies.items():
        tally = Tally()
        for n, who in enumerate(made):
            policy(who, tally, np.random.default_rng([seed, n, 1]))
        found[name] = tally.figures(people)
        if tally.mine_ms:
            found[name]["mine_p95_ms"] = round(float(np.percentile(tally.mine_ms, 95)), 3)
    return found


def main() -> None:
    """Play the quarter, and plan."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--planner", type=int, default=100_000)
    given = parser.parse_args()
    result: dict[str, Any] = {
        "set": f"{given.people} people, {QUARTER} weeks, seed {given.seed}",
        "policies": quarter(given.people, given.seed),
    }
    print(json.dumps(result["policies"], indent=2))
    if given.planner:
        from tests.benchmarks.nudges_planner import planned  # noqa: PLC0415 - needs a database

        result["planner"] = asyncio.run(planned(given.planner))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
