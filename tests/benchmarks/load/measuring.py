"""One bot under load: how soon it takes an event, shows a sign and answers, and what that costs.

Two rates: a modest one, at which nothing waits for anything, tells how soon somebody sees
something; the high one tells whether events are taken in time and nothing is lost or doubled.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import httpx
import numpy as np

from tests.benchmarks.load.children import megabytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.benchmarks.load.ground import Bot, Ground

_WARM_UP: Final = 20
_IDLE_S: Final = 3.0
_LOOK_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent.

    Attributes:
        rate: events a second.
        messages: how many at this rate.
        modest_rate: messages a second at the modest rate.
        modest: how many at the modest rate.
        patience_s: how long answers are waited for.
    """

    rate: float
    messages: int
    modest_rate: float
    modest: int
    patience_s: float


class Load:
    """Puts load on a bot.

    Args:
        ground: where it runs.
        texts: what people ask, never ending.
    """

    def __init__(self, ground: Ground, texts: Callable[[int], list[str]]) -> None:
        self._ground = ground
        self._place = ground.place
        self._texts = texts

    async def measure(self, bot: Bot, plan: Plan) -> dict[str, Any]:
        """Return a bot's figures."""
        events = self._ground.events
        await self._round(bot, _WARM_UP, 4.0 * events, plan.patience_s)
        before = sum(bot.seconds())
        await asyncio.sleep(_IDLE_S)
        idle = (sum(bot.seconds()) - before) / _IDLE_S
        modest = await self._round(bot, plan.modest, events * plan.modest_rate, plan.patience_s)
        storm = await self._round(bot, plan.messages, plan.rate, plan.patience_s)
        return {
            **(_acknowledged(storm, modest) if self._ground.acknowledged else _told(storm)),
            **_spread("first_sign", modest.first, 50, 95),
            **_spread("answered", modest.last, 50, 95),
            **_spread("first_sign_at_rate", storm.first, 50, 95),
            "cpu_ms_per_message": round(sum(storm.cpu) * 1e3 / plan.messages, 2),
            "cpu_ms_per_message_bot": round(storm.cpu[0] * 1e3 / plan.messages, 2),
            "cpu_ms_per_message_database": round(storm.cpu[1] * 1e3 / plan.messages, 2),
            "cpu_idle_percent": round(idle * 100, 2),
            "messages": plan.messages,
            "messages_per_s": round(plan.messages / storm.took_s, 1),
            "lost": storm.lost + modest.lost,
            "doubled": storm.doubled + modest.doubled,
            "rss_mb": round(megabytes(bot.own()), 1),
            "memory_mb": round(megabytes([*bot.own(), *bot.beside()], shared=True), 1),
            "calls_per_message": storm.calls,
            "calls_per_message_modest": modest.calls,
        }

    async def _round(self, bot: Bot, count: int, rate: float, patience_s: float) -> Round:
        before = await self._place.ask("seen")
        await self._ground.prepare(self._texts(count))
        cpu, began = bot.seconds(), monotonic()
        events = await self._ground.send(bot, rate)
        await self._settled(bot, count, patience_s)
        took_s = monotonic() - began
        spent = bot.seconds()
        seen = await self._place.ask("seen")
        calls = Counter(seen["calls"])
        calls.subtract(before["calls"])
        if seen["errors"]:
            sys.stderr.write(f"refused by the stand-in: {seen['errors']}\n")
        sent: dict[str, float] = {}
        for event in events:
            sent.setdefault(event["thread"], event["sent"])
        threads = seen["threads"]
        return Round(
            acks=[event["took"] for event in events if event.get("taken")],
            late=[event["late"] for event in events],
            first=[t["first"] - sent[key] for key, t in threads.items() if t["first"]],
            last=[t["last"] - sent[key] for key, t in threads.items() if t["last"]],
            cpu=(spent[0] - cpu[0], spent[1] - cpu[1]),
            lost=sum(t["answers"] == 0 for t in threads.values()),
            doubled=sum(t["answers"] > 1 for t in threads.values()),
            refused=sum(not event.get("taken", True) for event in events),
            again=sum(event.get("attempts", 1) > 1 for event in events),
            took_s=took_s,
            calls={name: round(n / count, 2) for name, n in calls.items() if n},
        )

    async def _settled(self, bot: Bot, count: int, patience_s: float) -> None:
        """Wait until everything is answered and nothing is left to do."""
        until = monotonic() + patience_s
        async with httpx.AsyncClient(trust_env=False) as http:
            while monotonic() < until:
                answered = (await self._place.ask("answered"))["answered"]
                if answered >= count and await _nothing_left(http, bot.ready):
                    return
                await asyncio.sleep(_LOOK_EVERY_S)


@dataclass(frozen=True, slots=True)
class Round:
    """What came of some messages at one rate; times in seconds."""

    acks: Sequence[float]
    late: Sequence[float]
    first: Sequence[float]
    last: Sequence[float]
    cpu: tuple[float, float]
    lost: int
    doubled: int
    refused: int
    again: int
    took_s: float
    calls: dict[str, float]


def _acknowledged(storm: Round, modest: Round) -> dict[str, float]:
    """Return how soon events were taken, where that is said."""
    return {
        **_spread("ack", storm.acks, 50, 95, 99),
        **_spread("ack_late", storm.late, 99),
        **_spread("modest_ack", modest.acks, 50, 95, 99),
        "not_taken": storm.refused + modest.refused,
        "sent_again": storm.again + modest.again,
    }


def _told(storm: Round) -> dict[str, float]:
    """Return how late events were sent, where nobody says that they were taken."""
    return _spread("late", storm.late, 99)


async def _nothing_left(http: httpx.AsyncClient, ready: str) -> bool:
    if not ready:
        return True
    jobs = (await http.get(ready)).json().get("jobs", {})
    return not jobs.get("todo") and not jobs.get("doing")


def _spread(name: str, times: Sequence[float], *percents: int) -> dict[str, float]:
    if not times:
        return {}
    found = np.percentile(times, percents)
    return {
        f"{name}_p{percent}_ms": round(float(value) * 1e3, 2)
        for percent, value in zip(percents, found, strict=True)
    }
