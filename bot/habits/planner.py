"""Planning nudges: who is to be told of what, and when.

Sequence only. A pass looks only at those who said yes and whose time has come, in pages, so that
its memory does not grow with them. What recurs is worked out apart from that: once a night for
those who did something, and again right before anything is said.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.queue import Task, turn_queue
from learning.habits.manners import LATEST, LIKELY, MOST_A_DAY, QUIET, Manners, Past
from learning.habits.moment import Response, lead_of, moment
from learning.habits.occasions import NEAR, Occurrence, Recurring, occasions
from learning.habits.phrases import decoded, encoded, kind_of, named
from learning.habits.recurring import LOOKED_BACK, recurring
from learning.habits.week import zone_of as named_zone
from learning.store.actions import Actions
from learning.store.consents import Consents
from learning.store.manners import Kept, MannersKept
from learning.store.nudges import Nudge, Nudges

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from bot.clock import Clock
    from bot.queue import Queue
    from learning.store.store import Store, Unit

AHEAD: Final = timedelta(minutes=30)
"""How long before it is due a nudge is planned; passes are far closer together."""
_PAGE: Final = 500
_MOST_ACTS: Final = 3_000
_NIGHT: Final = timedelta(hours=26)
"""Since when somebody must have done something to be looked at in a night."""
_MONDAY: Final = 1
_DIGEST_AT: Final = time(9)
_OWN: Final = frozenset({"person", "model", "task"})
"""Who else wants an action was not the person at that time."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was worked out of somebody's log.

    Attributes:
        habits: what recurs.
        acts: everything they did, kind and when.
        history: the nudges they had.
    """

    habits: Sequence[Recurring]
    acts: Sequence[Occurrence]
    history: Sequence[Nudge]

    def lead(self, kind: str) -> int:
        """Return how long before they want to be told of something."""
        own = (n for n in self.history if n.content.get("habit", {}).get("kind") == kind)
        return lead_of(response_of(each) for each in own)


async def known_of(unit: Unit, user_id: str, now: datetime, zone: tzinfo) -> Known:
    """Work out what recurs in what somebody did.

    Args:
        unit: open for all audiences.
        user_id: whose log.
        now: the time.
        zone: in whose hours and days to count.
    """
    since, nudges = now - timedelta(days=LOOKED_BACK), Nudges(unit)
    done = [
        Occurrence(kind_of(each), each.started_at or each.created_at, each.origin not in _OWN)
        for each in await Actions(unit).log(user_id, since=since, limit=_MOST_ACTS)
        if each.success
    ]
    done += [Occurrence(kind, at) for kind, at in await nudges.completed(user_id, since)]
    return Known(recurring(done, now, zone), done, await nudges.of(user_id))


def response_of(nudge: Nudge) -> Response:
    """Return what somebody did with a nudge, for the next one's time."""
    return Response(
        nudge.content.get("lead", 0),
        nudge.content.get("after"),
        early=bool(nudge.content.get("put_off")),
    )


def past_of(known: Known, habit: Recurring, but: Nudge) -> list[Past]:
    """Return the other nudges that somebody had, as far as manners look at them."""
    return [
        Past(
            decoded(each.content["habit"]).same(habit)
            if "habit" in each.content
            else each.pattern == but.pattern,  # what it was about has been forgotten
            each.status,
            each.settled_at or each.sent_at or each.due_at,
            acted=bool(each.content.get("acted")),
        )
        for each in known.history
        if each.id != but.id and each.kind == "habit"
    ]


class Planner:
    """Plans nudges.

    Args:
        store: where manners and nudges are.
        queue: takes the jobs that say them.
        clock: tells the time.
    """

    def __init__(self, store: Store, queue: Queue, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._log = structlog.get_logger("mynah.planner")

    def tasks(self) -> tuple[Task, ...]:
        """Return the kinds of jobs."""
        return Task("plan", self.plan), Task("recur", self.recur)

    async def plan(self, workspace_id: str) -> None:
        """Plan what is due soon, for everybody whose time has come."""
        after, looked_at, planned = "", 0, 0
        now = self._clock()
        while True:
            async with self._store.begin(workspace_id, None) as unit:
                page = await MannersKept(unit).due(now, after, _PAGE)
                # Whose habits nobody has worked out yet.
                fresh = [
                    each if "recurring" in each.content else await self._worked_out(unit, each, now)
                    for each in page
                ]
                planned += await self._page(unit, fresh, now)
            looked_at += len(page)
            if len(page) < _PAGE:
                break
            after = page[-1].user_id
        if looked_at:
            self._log.info("planned", people=looked_at, nudges=planned)

    async def recur(self, workspace_id: str) -> None:
        """Work out again what recurs, of those who did something since last night."""
        now, after = self._clock(), ""
        while True:
            async with self._store.begin(workspace_id, None) as unit:
                page = await MannersKept(unit).busy_since(now - _NIGHT, after, _PAGE)
            for user_id in page:
                async with self._store.begin(workspace_id, None) as unit:
                    kept = await MannersKept(unit).find(user_id)
                    if kept.nudged:
                        await self._worked_out(unit, kept, now)
            if len(page) < _PAGE:
                return
            after = page[-1]

    async def _worked_out(self, unit: Unit, kept: Kept, now: datetime) -> Kept:
        """Keep what recurs for somebody; return their manners as they are then."""
        surface = await Nudges(unit).usual_surface(kept.user_id) or kept.surface
        zone = zone_of(kept.content)
        if await Consents(unit).lacking(kept.user_id, surface):
            plans: list[dict[str, Any]] = []
        else:
            plans = plans_of(await known_of(unit, kept.user_id, now, zone))
        content = {**kept.content, "recurring": plans}
        due, look_at = _due(content, now, zone)
        look_at = now if due else look_at
        manners = MannersKept(unit)
        await manners.change(
            kept.user_id, now, {"recurring": plans}, surface=surface, look_at=look_at
        )
        return Kept(kept.user_id, content, surface, kept.nudged, look_at)

    async def _page(self, unit: Unit, page: Sequence[Kept], now: datetime) -> int:
        nudges: list[Nudge] = []
        queues: dict[str, str] = {}
        looked: list[tuple[str, datetime | None]] = []
        for kept in page:
            due, look_at = _due(kept.content, now, zone_of(kept.content))
            looked.append((kept.user_id, look_at))
            if kept.surface:
                queues[kept.user_id] = kept.surface
                nudges += [_nudge(unit, kept.user_id, each) for each in due]
        added = await Nudges(unit).plan(nudges, now)
        await MannersKept(unit).looked(looked, now)
        for each in nudges:
            if each.id in added:
                await wait_for(self._queue, unit, each, queues[each.user_id], now)
        return len(added)


async def wait_for(queue: Queue, unit: Unit, nudge: Nudge, surface: str, now: datetime) -> None:
    """Let a nudge wait for its time, in the caller's transaction."""
    await queue.defer(
        unit,
        "nudge",
        queue=turn_queue(surface),
        # One after another: or two at once would each be the last that somebody wants in a day.
        lock=f"nudge:{hashlib.sha256(nudge.user_id.encode()).hexdigest()[:24]}",
        delay_s=max(0, math.ceil((nudge.due_at - now).total_seconds())),
        workspace_id=unit.workspace_id,
        nudge_id=str(nudge.id),
    )


def plans_of(known: Known) -> list[dict[str, Any]]:
    """Return the habits that are worth a nudge, and how long before each it comes."""
    plans = []
    for habit in known.habits:
        when = moment(habit.recent, habit.minute, known.lead(habit.kind))
        if when.chance >= LIKELY:
            plans.append(encoded(habit) | {"lead": when.lead, "chance": round(when.chance, 4)})
    return plans


def zone_of(content: Mapping[str, Any]) -> tzinfo:
    """Return the zone that somebody named, or else that their surface knows."""
    return named_zone(content.get("zone")) or named_zone(content.get("tz")) or UTC


def manners_of(kept: Kept, kind: str = "") -> Manners:
    """Return what somebody said of nudges, as far as it concerns a habit."""
    content = kept.content
    off = frozenset({kind} if any(named(kind, each) for each in content.get("off", ())) else ())
    quiet = content.get("quiet")
    said = "quiet" in content
    return Manners(
        nudged=kept.nudged,
        off=off,
        quiet=QUIET if not said else (quiet[0], quiet[1]) if quiet else None,
        said=said,
        most=content.get("most", MOST_A_DAY),
        weekly=content.get("digest") == "weekly",
    )


@dataclass(frozen=True, slots=True)
class _Due:
    """Something that is to be planned now."""

    kind: str
    name: str
    day: datetime
    due_at: datetime
    content: Mapping[str, Any]


def _due(
    content: Mapping[str, Any], now: datetime, zone: tzinfo
) -> tuple[list[_Due], datetime | None]:
    """Return what is due soon, and when to look again."""
    due: list[_Due] = []
    later: list[datetime] = []
    weekly = content.get("digest") == "weekly"
    for plan in () if weekly else content.get("recurring", ()):
        lead, habit = timedelta(minutes=plan["lead"]), decoded(plan)
        for day, at in occasions(habit, now - LATEST, zone):
            if at - lead > now + AHEAD:
                later.append(at - lead)
                break
            # The second of a day is another occasion; a time that moved a little is not.
            nth = sum(
                p["kind"] == habit.kind and p["minute"] < habit.minute - 2 * NEAR
                for p in content["recurring"]
            )
            found = {"habit": dict(plan), "at": at.isoformat(), "lead": plan["lead"]}
            due.append(_Due("habit", f"{habit.kind}|{nth}", _midnight(day), at - lead, found))
    if weekly:
        at = _monday(now, zone)
        if at <= now + AHEAD:
            due.append(_Due("digest", "digest", _midnight(at.astimezone(zone).date()), at, {}))
            at = _monday(at + timedelta(days=1), zone)
        later.append(at)
    return due, min(later, default=None) and min(later) - AHEAD


def _nudge(unit: Unit, user_id: str, due: _Due) -> Nudge:
    pattern = unit.digest("nudge", user_id, due.name)
    return Nudge(user_id, due.kind, pattern, due.day, due.due_at, due.content)


def _midnight(day: Any) -> datetime:  # noqa: ANN401 - a date
    """Return what stands for a day: the same however the time of the habit, or the zone, moves."""
    return datetime.combine(day, time(), UTC)


def _monday(now: datetime, zone: tzinfo) -> datetime:
    """Return when the next weekly message is due."""
    there = (now - LATEST).astimezone(zone)
    days = (_MONDAY - there.isoweekday()) % 7
    at = datetime.combine(there.date() + timedelta(days=days), _DIGEST_AT, zone)
    if at <= there:
        at = datetime.combine(at.date() + timedelta(days=7), _DIGEST_AT, zone)
    return at.astimezone(UTC)
