"""Nudging: help that is offered just before it is needed, to those who said yes.

Sequence only. Whether it may be said is decided again at the very moment: what somebody did, said
and refused meanwhile counts. What becomes of a nudge is kept, and is what the next one learns from.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import structlog

from bot.acting.wanted import Here, Wanted
from bot.command import Command
from bot.describe import suffix_of
from bot.habits.digest import digest_of
from bot.habits.planner import known_of, manners_of, past_of, wait_for, zone_of
from bot.habits.pressed import BECOMES, USAGE, VERBS, buttons_of
from bot.queue import LEARNING, Task
from integrations.contracts.host import CommandReply
from integrations.contracts.surface import NoSuchSpot
from learning.habits.manners import Wish, may, quiet_until
from learning.habits.moment import HOUR, done_already, moment
from learning.habits.phrases import (
    decoded,
    encoded,
    kind_of,
    tool_of,
    usual_params,
    words_of,
)
from learning.habits.recurring import LOOKED_BACK
from learning.scope import person
from learning.store.actions import Actions
from learning.store.calendars import Calendars
from learning.store.consents import Consents
from learning.store.manners import MannersKept
from learning.store.nudges import Nudges

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bot.acting.execute import Acting
    from bot.clock import Clock
    from bot.habits.planner import Known
    from bot.queue import Queue
    from bot.speaking import Speaking
    from integrations.contracts.delivery import Button
    from integrations.contracts.host import Person
    from integrations.contracts.surface import Presence, Spot, Surface
    from learning.habits.manners import Outcome, Verdict
    from learning.habits.occasions import Recurring
    from learning.store.manners import Kept
    from learning.store.nudges import Nudge
    from learning.store.store import Store, Unit

    More = Callable[[str, str], Awaitable[str]]
    Count = Callable[[str, str], None]

_SNOOZE: Final = timedelta(hours=1)
_SETTLED: Final = timedelta(minutes=HOUR + 5)
_STALE: Final = timedelta(hours=24)
"""How long after its time a week's message still tells of that week."""
_PLANNED: Final[tuple[Outcome, ...]] = ("planned",)
_OPEN: Final[tuple[Outcome, ...]] = ("sent",)
_SAID: Final[tuple[Outcome, ...]] = ("sent", "silent")
_ANY: Final[tuple[Outcome, ...]] = (*_SAID, "planned", "accepted", "refused", "missed")


class Nudging:
    """Says nudges when they are due, and takes in what becomes of them.

    Args:
        store: where nudges are.
        queue: takes the jobs.
        surfaces: those of this process.
        speaking: says them.
        acting: does what a yes asks for.
        clock: tells the time.
        more: tells what else belongs into somebody's week, by workspace and person; each may
            have nothing to say.
        count: counts what becomes of nudges, by kind and status.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        surfaces: Mapping[str, Surface],
        speaking: Speaking,
        acting: Acting,
        clock: Clock,
        more: Sequence[More] = (),
        count: Count = lambda _kind, _status: None,
    ) -> None:
        self._store = store
        self._queue = queue
        self._surfaces = surfaces
        self._speaking = speaking
        self._acting = acting
        self._clock = clock
        self._more = more
        self._count = count
        self._log = structlog.get_logger("mynah.nudging")

    def tasks(self) -> tuple[Task, ...]:
        """Return the kinds of jobs."""
        return (
            Task("nudge", self.nudge, attempts=4, last_words=self.give_up),
            Task("nudge_settle", self.settle),
        )

    def commands(self) -> tuple[Command, ...]:
        """Return the row of the table of commands that its buttons press."""
        return (
            Command(
                "nudge", "nudge yes|later|snooze|stop ID", "Answer a nudge of mine.", self.answer
            ),
        )

    async def nudge(self, workspace_id: str, nudge_id: str) -> None:
        """Say a nudge, if its time has come and it may be said."""
        id_ = UUID(nudge_id)
        async with self._store.begin(workspace_id, None) as unit:
            nudge = await Nudges(unit).find(id_)
            if nudge is None or nudge.status != "planned":
                return
            kept = await MannersKept(unit).find(nudge.user_id)
            if nudge.due_at > self._clock():  # put off meanwhile
                await wait_for(self._queue, unit, nudge, kept.surface, self._clock())
                return
        presence, spot = await self._there(workspace_id, nudge, kept)
        more: list[str] = []
        if nudge.kind == "digest" and spot is not None:
            more = [await each(workspace_id, nudge.user_id) for each in self._more]
        there = self._surfaces.get(kept.surface)
        tz = await there.zone(workspace_id, nudge.user_id) if there else ""
        async with self._store.begin(workspace_id, None) as unit:
            current = await Nudges(unit).find(id_, lock=True)
            if current is None or (current.status, current.key) != ("planned", nudge.key):
                return
            manners, now = MannersKept(unit), self._clock()
            if tz and tz != kept.content.get("tz"):  # they travel
                await manners.change(nudge.user_id, now, {"tz": tz})
            was, kept = zone_of(kept.content), await manners.find(nudge.user_id)
            if zone_of(kept.content) != was:
                await self._missed(unit, current, "they are in another time zone by now")
                return
            if nudge.kind == "digest":
                await self._weekly(unit, current, kept, spot, more)
            else:
                await self._habit(unit, current, kept, presence, spot)

    async def give_up(self, workspace_id: str, nudge_id: str) -> None:
        """Let a nudge go that could not be said: its moment is over."""
        async with self._store.begin(workspace_id, None) as unit:
            nudge = await Nudges(unit).find(UUID(nudge_id), lock=True)
            if nudge is not None:
                await self._missed(unit, nudge, "the platform was away")

    async def _there(
        self, workspace_id: str, nudge: Nudge, kept: Kept
    ) -> tuple[Presence, Spot | None]:
        surface = self._surfaces.get(kept.surface)
        if surface is None:
            return "gone", None
        presence = await surface.presence(workspace_id, nudge.user_id)
        if presence == "gone":
            return presence, None
        try:
            return presence, await surface.spot(workspace_id, nudge.user_id, "")
        except NoSuchSpot:
            return "gone", None

    async def _habit(
        self, unit: Unit, nudge: Nudge, kept: Kept, presence: Presence, spot: Spot | None
    ) -> None:
        now, zone = self._clock(), zone_of(kept.content)
        if await Consents(unit).lacking(nudge.user_id, kept.surface):
            await self._missed(unit, nudge, "nothing may be learned from them")
            return
        known, was = await known_of(unit, nudge.user_id, now, zone), decoded(nudge.content["habit"])
        habit = next((each for each in known.habits if each.same(was)), None)
        if habit is None or spot is None:
            await self._missed(unit, nudge, "they left" if spot is None else "the habit is over")
            return
        calendar = await Calendars(unit).find(nudge.user_id)
        busy = [(s.start, s.end) for s in calendar.busy] if calendar else []
        verdict = self._verdict(nudge, kept, known, habit, now, presence, busy)
        if verdict.answer == "skip":
            await self._missed(unit, nudge, verdict.why)
        elif verdict.answer == "wait" and verdict.until is not None:
            tried = nudge.content.get("tried", 0) + (presence == "away")
            await self._later(unit, nudge, kept.surface, verdict.until, {"tried": tried})
        else:
            words = words_of(habit)
            await self._say(
                unit,
                nudge,
                kept.surface,
                spot,
                words.headline,
                words.below,
                buttons_of(nudge),
                {"habit": encoded(habit) | {"lead": nudge.content["lead"]}, "said": words.headline},
            )

    def _verdict(
        self,
        nudge: Nudge,
        kept: Kept,
        known: Known,
        habit: Recurring,
        now: datetime,
        presence: Presence,
        busy: Sequence[tuple[datetime, datetime]],
    ) -> Verdict:
        zone, at = zone_of(kept.content), datetime.fromisoformat(nudge.content["at"])
        acts = [each.at for each in known.acts if each.kind == habit.kind]
        again = bool(nudge.content.get("put_off"))
        wish = Wish(
            habit.kind,
            max(at, nudge.due_at) if again else at,
            1.0 if again else moment(habit.recent, habit.minute, nudge.content["lead"]).chance,
            done_already(acts, at, now),
            nudge.content.get("tried", 0),
        )
        history, manners = past_of(known, habit, nudge), manners_of(kept, habit.kind)
        return may(now, manners, wish, history, zone, presence=presence, busy=busy)

    async def _say(
        self,
        unit: Unit,
        nudge: Nudge,
        surface: str,
        spot: Spot,
        text: str,
        below: str,
        buttons: Sequence[Button],
        content: Mapping[str, Any],
    ) -> None:
        """Say a nudge in the caller's transaction, under a key that lets it be said once."""
        now = self._clock()
        outbox_id = await self._speaking.say(
            unit,
            surface=surface,
            spot=spot,
            user_id=nudge.user_id,
            key=nudge.key,
            text=text,
            below=below,
            buttons=buttons,
        )
        await Nudges(unit).settle(
            nudge, "sent", of=_PLANNED, content=content, sent_at=now, outbox_id=outbox_id
        )
        self._count(nudge.kind, "sent")
        await self._queue.defer(
            unit,
            "nudge_settle",
            queue=LEARNING,
            delay_s=math.ceil(_SETTLED.total_seconds()),
            workspace_id=unit.workspace_id,
            nudge_id=str(nudge.id),
        )

    async def _weekly(
        self, unit: Unit, nudge: Nudge, kept: Kept, spot: Spot | None, more: Sequence[str]
    ) -> None:
        now = self._clock()
        wanted = kept.nudged and kept.content.get("digest") == "weekly"
        lacking = await Consents(unit).lacking(nudge.user_id, kept.surface)
        if spot is None or not wanted or lacking:
            await self._missed(unit, nudge, "it is not wanted")
            return
        zone = zone_of(kept.content)
        if now > nudge.due_at + _STALE:
            await self._missed(unit, nudge, "it is too late")
            return
        if (ends := quiet_until(now, now, manners_of(kept), zone)) is not None:
            await self._later(unit, nudge, kept.surface, ends, {})
            return
        known = await known_of(unit, nudge.user_id, now, zone)
        text = digest_of(known.habits, [each for each in more if each], now, zone)
        if not text:
            await self._missed(unit, nudge, "there is nothing to say")
            return
        below = "`nudges weekly off` brings single nudges in its place; `nudges off` ends it."
        await self._say(unit, nudge, kept.surface, spot, text, below, (), {})

    async def _missed(self, unit: Unit, nudge: Nudge, why: str) -> None:
        await Nudges(unit).settle(
            nudge, "missed", of=_PLANNED, content={"why": why}, settled_at=self._clock()
        )

    async def _later(
        self, unit: Unit, nudge: Nudge, surface: str, at: datetime, content: Mapping[str, Any]
    ) -> None:
        nudges = Nudges(unit)
        await nudges.settle(nudge, "planned", of=(*_PLANNED, *_OPEN), content=content, due_at=at)
        current = await nudges.find(nudge.id)
        if current is not None:
            await wait_for(self._queue, unit, current, surface, self._clock())

    async def settle(self, workspace_id: str, nudge_id: str) -> None:
        """Take in whether what a nudge was about was done, once its hour is over."""
        async with self._store.begin(workspace_id, None) as unit:
            nudge = await Nudges(unit).find(UUID(nudge_id), lock=True)
            if nudge is None or nudge.sent_at is None or "habit" not in nudge.content:
                return
            if nudge.status not in {"sent", "accepted", "refused"}:
                return
            now, until = self._clock(), nudge.sent_at + timedelta(minutes=HOUR)
            if now < until:  # put off and said again meanwhile: its own hour is not over
                return
            kept = await MannersKept(unit).find(nudge.user_id)
            known = await known_of(unit, nudge.user_id, now, zone_of(kept.content))
            kind = nudge.content["habit"]["kind"]
            acts = [a.at for a in known.acts if a.kind == kind and nudge.sent_at <= a.at <= until]
            content: dict[str, Any] = {"acted": bool(acts)}
            if nudge.status != "sent":
                await Nudges(unit).settle(nudge, nudge.status, of=(nudge.status,), content=content)
                return
            if acts:
                content["after"] = (min(acts) - nudge.sent_at).total_seconds() / 60
            await Nudges(unit).settle(nudge, "silent", of=_OPEN, content=content, settled_at=now)
            self._count(nudge.kind, "silent")
            said = "You did it." if acts else "This one is over."
            await self._restate(unit, nudge, said)

    async def answer(self, who: Person, rest: str) -> CommandReply:
        """Take in what somebody says to a nudge."""
        verb, _, id_ = rest.partition(" ")
        suffix = suffix_of(id_)
        if verb not in VERBS or not suffix:
            return CommandReply(USAGE, ok=False)
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            nudges = Nudges(unit)
            ids = await nudges.resolve(who.user_id, suffix)
            nudge = await nudges.find(ids[0], lock=True) if len(ids) == 1 else None
            if nudge is None or nudge.kind != "habit":
                return CommandReply("That is no nudge of yours.", ok=False)
            # Who wants no more of them may say so at any time, and of what was put off too.
            # Of what has been forgotten nothing else can be said.
            left = _ANY if verb == "stop" else _SAID if "habit" in nudge.content else ()
            if nudge.status not in left or nudge.sent_at is None:
                return CommandReply("That is settled already.", ok=False)
            if verb == "snooze":
                return await self._snoozed(unit, who, nudge, now)
            reply = await self._settled(unit, nudge, verb, now)
        return reply if verb != "yes" else await self._yes(who, nudge)

    async def _settled(self, unit: Unit, nudge: Nudge, verb: str, now: datetime) -> CommandReply:
        after = (now - (nudge.sent_at or now)).total_seconds() / 60
        to, said, told = BECOMES[verb]
        content = {"after": after} if verb == "yes" else {}
        await Nudges(unit).settle(nudge, to, of=_ANY, content=content, settled_at=now)
        self._count(nudge.kind, to)
        await self._restate(unit, nudge, said)
        return CommandReply(told, {"nudge": str(nudge.id), "status": to})

    async def _snoozed(self, unit: Unit, who: Person, nudge: Nudge, now: datetime) -> CommandReply:
        at = now + _SNOOZE
        kept = await MannersKept(unit).find(who.user_id)
        zone = zone_of(kept.content)
        there = at.astimezone(zone)
        until = f"until {there:%H:%M}"
        await self._restate(unit, nudge, f"Put off {until}.")
        count = nudge.content.get("put_off", 0) + 1
        await Nudges(unit).settle(nudge, "sent", of=_SAID)
        self._count(nudge.kind, "snoozed")
        await self._later(unit, nudge, kept.surface, at, {"put_off": count})
        return CommandReply(f"Put off {until}.", {"at": at.isoformat(), "status": "snoozed"})

    async def _yes(self, who: Person, nudge: Nudge) -> CommandReply:
        """Do what a yes asks for: use the tool as usual, or put a task on the board."""
        habit = decoded(nudge.content["habit"])
        tool = tool_of(habit.kind)
        if tool:
            since = self._clock() - timedelta(days=LOOKED_BACK)
            async with self._store.begin(who.workspace_id, None) as unit:
                log = await Actions(unit).log(who.user_id, kinds=(tool,), since=since)
            alike = [each for each in log if each.success and kind_of(each) == habit.kind]
            wanted = Wanted(tool, usual_params(alike), "schedule", nudge.content["said"])
        else:
            wanted = Wanted("task.add", {"title": words_of(habit).title}, "person")
        done = await self._acting.execute(Here(who, person(who.user_id)), wanted)
        data = {"nudge": str(nudge.id), "status": "accepted", "action": str(done.action_id or "")}
        return CommandReply(done.text, data, ok=done.ok, buttons=done.buttons)

    async def _restate(self, unit: Unit, nudge: Nudge, said: str) -> None:
        text = f"{nudge.content.get('said', '')}\n\n_{said}_"
        await self._speaking.restate(unit, nudge.key, text=text)
