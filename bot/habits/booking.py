"""Booking a slot: a reminder before it, and a question after it, from which is learned.

Sequence only. What was booked is asked about once it is over: done, moved, or not. Whoever says
nothing is not asked again.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from bot.describe import suffix_of
from bot.queue import turn_queue
from integrations.contracts.delivery import Button
from integrations.contracts.host import CommandReply
from integrations.contracts.surface import NoSuchSpot
from learning.habits.did import NotDone, did
from learning.habits.free import WEEKS
from learning.habits.sought import moved_to
from learning.habits.week import zone_of
from learning.spans import Span
from learning.store.reminders import Reminders
from learning.store.slot_offers import BOOKED, SlotOffers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.clock import Clock
    from bot.habits.suiting import Suiting
    from bot.queue import Queue
    from bot.reminders import Reminding
    from bot.speaking import Speaking
    from integrations.contracts.host import Person
    from integrations.contracts.surface import Surface
    from learning.store.slot_offers import Offer
    from learning.store.store import Store, Unit

ASK: Final = "slot_ask"
"""The job that asks what became of a booking."""
_BEFORE: Final = timedelta(minutes=10)
KEPT_FOR: Final = timedelta(weeks=2 * WEEKS)
_PASSED_OVER: Final = 0.15
"""How much it says against a slot that another one was taken of those offered."""
_UNUSED: Final = 0.5
"""How much it says against a slot that it was booked, and not used."""
_WHEN: Final = "Say when: `when moved ID tomorrow at 10`, or `when moved ID yesterday at 16:00`."


class Booking:
    """Books, moves and settles what was offered.

    Args:
        store: where offers are.
        queue: takes the jobs.
        surfaces: those of this process.
        speaking: asks.
        reminding: reminds.
        suiting: learns.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        surfaces: Mapping[str, Surface],
        speaking: Speaking,
        reminding: Reminding,
        suiting: Suiting,
        clock: Clock,
    ) -> None:
        self._store = store
        self._queue = queue
        self._surfaces = surfaces
        self._speaking = speaking
        self._reminding = reminding
        self._suiting = suiting
        self._clock = clock

    async def book(self, who: Person, offer_id: str, number: str) -> CommandReply:
        """Book one of the slots that were offered."""
        now, speaks = self._clock(), await self._speaks(who)
        async with self._store.begin(who.workspace_id, None) as unit:
            offer = await own(unit, who, offer_id)
            if offer is None:
                return no_offer(offer_id)
            if offer.status != "open":
                return CommandReply(_settled(offer), ok=False)
            if not number.isdecimal() or not 1 <= int(number) <= len(offer.slots):
                return CommandReply(f"Say which: 1 to {len(offer.slots)}.", ok=False)
            span = offer.slots[int(number) - 1]
            if span.start <= now:
                return CommandReply("That time has begun already. Ask for others.", ok=False)
            offers = SlotOffers(unit)
            for other in await offers.booked(who.user_id, now, KEPT_FOR):
                if other.booked and _overlap(other.booked, span):
                    return CommandReply(f"You booked {other.task} for that time.", ok=False)
            taken = offer.turned("taken", booked=span, surface=who.surface)
            others = [each.start for each in offer.slots if each != span]
            await self._suiting.refuse(unit, taken, others, _PASSED_OVER)
            taken, reminded = await self._arrange(unit, who, taken, speaks=speaks)
            await offers.change(taken, now)
        zone = zone_of(offer.zone)
        tail = f" I will remind you {_BEFORE.seconds // 60} minutes before." if reminded else ""
        if speaks:
            tail += " Afterwards I ask how it went."
        return CommandReply(
            f"Booked: **{offer.task}** on {said(span, zone)}.{tail}",
            {"booked": span.start.isoformat(), "offer": str(offer.id), "reminder": reminded},
            buttons=(_moving(offer.id), Button("Cancel it", f"when missed {offer.id.hex}")),
        )

    async def _arrange(
        self, unit: Unit, who: Person, offer: Offer, *, speaks: bool
    ) -> tuple[Offer, bool]:
        """Let a reminder and a question wait for what is booked."""
        booked, now = offer.booked, self._clock()
        if booked is None or not speaks:
            return offer, False
        reminder = None
        if (at := booked.start - _BEFORE) > now:
            clock = f"{booked.start.astimezone(zone_of(offer.zone)):%H:%M}"
            text = f"{offer.task} at {clock}, for {offer.minutes} minutes"
            reminder = await self._reminding.book(unit, who, text, at)
        await self._wait(unit, offer, booked.end)
        return offer.turned(offer.status, reminder_id=reminder), reminder is not None

    async def _wait(self, unit: Unit, offer: Offer, until: datetime) -> None:
        await self._queue.defer(
            unit,
            ASK,
            queue=turn_queue(offer.surface),
            once=f"{ASK}:{offer.id}:{offer.times}",
            delay_s=max(0, math.ceil((until - self._clock()).total_seconds())),
            workspace_id=unit.workspace_id,
            offer_id=str(offer.id),
            times=str(offer.times),
        )

    async def _speaks(self, who: Person) -> bool:
        """Return whether a person can be spoken to where they are."""
        surface = self._surfaces.get(who.surface)
        if surface is None:
            return False
        try:
            await surface.spot(who.workspace_id, who.user_id, "")
        except NoSuchSpot:
            return False
        return True

    async def ask(self, workspace_id: str, offer_id: str, times: str) -> None:
        """Ask what became of a booking, unless that is known."""
        async with self._store.begin(workspace_id, None) as unit:
            offer = await SlotOffers(unit).find(UUID(offer_id))
            if offer is None or offer.booked is None or not _waits(offer, times):
                return
            if offer.booked.end > self._clock():
                await self._wait(unit, offer, offer.booked.end)
                return
        surface = self._surfaces[offer.surface]
        gone = await surface.presence(workspace_id, offer.user_id) == "gone"
        try:
            spot = None if gone else await surface.spot(workspace_id, offer.user_id, "")
        except NoSuchSpot:
            spot = None
        async with self._store.begin(workspace_id, None) as unit:
            offers = SlotOffers(unit)
            offer = await offers.find(UUID(offer_id), lock=True)
            if offer is None or offer.booked is None or not _waits(offer, times):
                return
            if spot is None:
                await offers.change(offer.turned("expired"), self._clock())
                return
            id_ = offer.id.hex
            await self._speaking.say(
                unit,
                surface=offer.surface,
                spot=spot,
                user_id=offer.user_id,
                key=_key(offer),
                text=f"Did you do it? **{offer.task}**, {said(offer.booked, zone_of(offer.zone))}",
                buttons=(
                    Button("Yes", f"when did {id_}", "primary"),
                    _moving(offer.id, "Moved"),
                    Button("No", f"when missed {id_}"),
                ),
            )

    async def did(self, who: Person, offer_id: str) -> CommandReply:
        """Take in that what was booked was done."""
        async with self._store.begin(who.workspace_id, None) as unit:
            offer = await own(unit, who, offer_id)
            if offer is None:
                return no_offer(offer_id)
            if offer.status not in BOOKED or offer.booked is None:
                return CommandReply(_settled(offer), ok=False)
            if offer.booked.start > self._clock():
                return CommandReply("That is still to come.", ok=False)
            return await self._done(unit, who, offer, offer.booked.start)

    async def missed(self, who: Person, offer_id: str) -> CommandReply:
        """Take in that what was booked was not done, or will not be."""
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            offer = await own(unit, who, offer_id)
            if offer is None:
                return no_offer(offer_id)
            if offer.status not in BOOKED or offer.booked is None:
                return CommandReply(_settled(offer), ok=False)
            await self._forget_reminder(unit, offer)
            await self._suiting.refuse(unit, offer, [offer.booked.start], _UNUSED)
            await SlotOffers(unit).change(offer.turned("missed"), now)
            await self._speaking.restate(unit, _key(offer), text=f"Not done: {offer.task}")
        over = offer.booked.start <= now
        return CommandReply(
            f"{'Noted' if over else 'Cancelled'}. `when {offer.task} {offer.minutes}m` finds "
            "another time.",
            {"missed": str(offer.id)},
        )

    async def moved(self, who: Person, offer_id: str, text: str) -> CommandReply:
        """Take in that what was booked is done at another time, or was."""
        now = self._clock()
        speaks = await self._speaks(who)
        async with self._store.begin(who.workspace_id, None) as unit:
            offer = await own(unit, who, offer_id)
            if offer is None:
                return no_offer(offer_id)
            if offer.status not in BOOKED or offer.booked is None:
                return CommandReply(_settled(offer), ok=False)
            zone = zone_of(offer.zone) or ZoneInfo("UTC")
            to = moved_to(text, now, zone) if text else None
            if to is None:
                try:
                    before = did(f"it {text}", now.astimezone(zone)) if text else None
                except NotDone:
                    before = None
                if before is None or before.work != "it":
                    return CommandReply(_WHEN, ok=False)
                to = before.at
            if to > now + timedelta(weeks=WEEKS):
                return CommandReply(f"I look {WEEKS} weeks ahead: say a nearer time.", ok=False)
            await self._forget_reminder(unit, offer)
            await self._suiting.refuse(unit, offer, [offer.booked.start], _UNUSED)
            if to <= now:
                return await self._done(unit, who, offer, to)
            await self._speaking.restate(unit, _key(offer), text=f"Moved: {offer.task}")
            length = timedelta(minutes=offer.minutes)
            again = offer.turned("moved", booked=Span(to, to + length), times=offer.times + 1)
            again, _ = await self._arrange(unit, who, again, speaks=speaks)
            await SlotOffers(unit).change(again, now)
        return CommandReply(
            f"Moved: **{offer.task}** is on {said(Span(to, to + length), zone)} now.",
            {"moved": to.isoformat()},
        )

    async def _done(self, unit: Unit, who: Person, offer: Offer, at: datetime) -> CommandReply:
        """Record that something was done, as far as may be learned from the person."""
        await SlotOffers(unit).change(offer.turned("done"), self._clock())
        await self._forget_reminder(unit, offer)
        await self._speaking.restate(unit, _key(offer), text=f"✅ {offer.task}")
        completion = await self._suiting.done(unit, who, offer, at)
        if completion is None:
            return CommandReply("Done.", {"done": str(offer.id)})
        rate = f"did rate {completion.hex}"
        return CommandReply(
            f"Done: {offer.task}. How did it go?",
            {"done": str(offer.id), "completion": str(completion)},
            buttons=(
                Button("Well", f"{rate} success 0.9"),
                Button("So-so", f"{rate} success 0.6"),
                Button("Badly", f"{rate} success 0.2"),
            ),
        )

    async def _forget_reminder(self, unit: Unit, offer: Offer) -> None:
        if offer.reminder_id is not None:
            await Reminders(unit).settle(offer.reminder_id, "cancelled", self._clock())


async def own(unit: Unit, who: Person, text: str) -> Offer | None:
    """Return the person's offer that an id names, held until the transaction ends."""
    offers, suffix = SlotOffers(unit), suffix_of(text)
    ids = await offers.resolve(who.user_id, suffix) if suffix else []
    return await offers.find(ids[0], lock=True) if len(ids) == 1 else None


def no_offer(text: str) -> CommandReply:
    """Return what to say where there is no such offer."""
    return CommandReply(
        f"I offered you nothing as `{text[:40]}`: `when TASK DURATION` does.", ok=False
    )


def said(span: Span, zone: ZoneInfo | None) -> str:
    """Return when something is, for people: "Tuesday, 17 March, 10:00-11:30"."""
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    return f"{start:%A}, {start.day} {start:%B}, {start:%H:%M}-{end:%H:%M}"


def _moving(offer_id: UUID, label: str = "Move it") -> Button:
    return Button(
        label,
        f"when moved {offer_id.hex}",
        asks="To when, or when did you do it? As in: tomorrow at 10, yesterday at 16:00",
    )


def _key(offer: Offer) -> str:
    return f"slot:{offer.id}:{offer.times}"


def _waits(offer: Offer, times: str) -> bool:
    return offer.status in BOOKED and str(offer.times) == times


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _settled(offer: Offer) -> str:
    if offer.status == "open":
        return "Nothing of that is booked yet."
    if offer.status in BOOKED and offer.booked is not None:
        return f"You booked {offer.task} on {said(offer.booked, zone_of(offer.zone))} already."
    return "That is over already. `when TASK DURATION` finds new times."
