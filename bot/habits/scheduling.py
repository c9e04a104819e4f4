"""The command ``when``: the best times for a task in the weeks to come, to be booked with one tap.

Sequence only. What suits is decided in ``learning.habits.slots``; what is offered is kept, so that
what is taken, moved and refused of it is learned from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.command import Command
from bot.describe import suffix_of
from bot.habits.booking import ASK, KEPT_FOR, no_offer, own, said
from bot.habits.suiting import SEEN
from bot.queue import Task
from integrations.contracts.delivery import Button
from integrations.contracts.host import CommandReply
from learning.habits.fatigue import overload
from learning.habits.free import WEEKS
from learning.habits.slots import propose, room
from learning.habits.sought import NotSought, Sought, sought
from learning.habits.week import zone_of
from learning.spans import Span
from learning.store.ids import new_id
from learning.store.slot_offers import Offer, SlotOffers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bot.clock import Clock
    from bot.habits.booking import Booking
    from bot.habits.calendars import Calendaring
    from bot.habits.suiting import Suited, Suiting
    from integrations.contracts.host import Person
    from learning.habits.slots import Proposal
    from learning.store.store import Store, Unit

_ALONE: Final = "When you do what is for you alone: ask me in private."
_RATHER_NOT: Final = 0.3
"""How much it says against a slot that others were asked for, and that none was wanted."""
_NONE: Final = 1.0
_STALE: Final = timedelta(days=30)
_VERBS: Final = frozenset({"book", "more", "none", "did", "missed", "moved"})


@dataclass(frozen=True, slots=True)
class _Place:
    """Who asks, and what they have before them."""

    zone: ZoneInfo
    suited: Suited
    busy: tuple[Span, ...]
    doubt: str


class Scheduling:
    """Answers ``when``.

    Args:
        store: where offers are.
        calendars: know when people are busy.
        suiting: knows what suits them, and learns.
        booking: books.
        zone: tells in which time zone a person is.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        calendars: Calendaring,
        suiting: Suiting,
        booking: Booking,
        zone: Callable[[Unit, Person], Awaitable[ZoneInfo]],
        clock: Clock,
    ) -> None:
        self._store = store
        self._calendars = calendars
        self._suiting = suiting
        self._booking = booking
        self._zone = zone
        self._clock = clock

    def commands(self) -> tuple[Command, ...]:
        """Return the command ``when``."""
        return (
            Command(
                "when",
                "when TASK DURATION [by DEADLINE] [after TIME]",
                "The best times for a task in the next four weeks.",
                self.when,
            ),
        )

    def tasks(self) -> tuple[Task, ...]:
        """Return the job that asks what became of a booking."""
        return (Task(ASK, self._booking.ask, attempts=8),)

    async def when(self, who: Person, rest: str) -> CommandReply:
        """Offer times for a task, or go on with an offer."""
        if not who.private:
            return CommandReply(_ALONE, ok=False)
        verb, _, more = rest.strip().partition(" ")
        id_, _, text = more.strip().partition(" ")
        if verb.casefold() in _VERBS and suffix_of(id_):
            return await self._go_on(who, verb.casefold(), id_, text.strip())
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            zone = await self._zone(unit, who)
        try:
            wanted = sought(rest, now.astimezone(zone))
        except NotSought as problem:
            return CommandReply(str(problem), ok=False)
        return await self._offer(who, wanted, zone)

    async def _go_on(self, who: Person, verb: str, id_: str, text: str) -> CommandReply:
        match verb:
            case "book":
                return await self._booking.book(who, id_, text)
            case "did":
                return await self._booking.did(who, id_)
            case "missed":
                return await self._booking.missed(who, id_)
            case "moved":
                return await self._booking.moved(who, id_, text)
            case "more":
                return await self._others(who, id_)
            case _:
                return await self._none(who, id_)

    async def _offer(
        self, who: Person, wanted: Sought, zone: ZoneInfo, shown: tuple[Span, ...] = ()
    ) -> CommandReply:
        """Offer the best times for a task."""
        busy, doubt = await self._calendars.busy(who.workspace_id, who.user_id, zone)
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            offers = SlotOffers(unit)
            suited = await self._suiting.of(unit, who, wanted.task, zone)
            booked = await offers.booked(who.user_id, now, KEPT_FOR)
            busy += tuple(each.booked for each in booked if each.booked is not None)
            found = propose(
                suited.task_type or wanted.task,
                wanted.minutes,
                suited.habits,
                suited.energy,
                busy,
                now,
                zone,
                wanted.deadline,
                wanted.after,
                up=suited.up,
                beside=shown,
                seen=suited.known >= SEEN,
            )
            place = _Place(zone, suited, busy, doubt)
            if not found:
                return _no_room(wanted, place, now, again=bool(shown))
            offer = Offer(
                new_id(),
                who.user_id,
                suited.task_type,
                wanted.task,
                wanted.minutes,
                zone.key,
                tuple(Span(each.start, each.end) for each in found),
                "open",
                now,
                who.surface,
                shown,
                deadline=wanted.deadline,
                after=wanted.after,
            )
            await offers.drop_unused(who.user_id, now - _STALE)
            await offers.add(offer)
        return _told(offer, wanted, found, place, now)

    async def _others(self, who: Person, id_: str) -> CommandReply:
        """Offer other times for the same."""
        turned = await self._turn_down(who, id_, _RATHER_NOT)
        if isinstance(turned, CommandReply):
            return turned
        offer, _ = turned
        zone = zone_of(offer.zone)
        if zone is None:
            return no_offer(id_)
        wanted = Sought(offer.task, offer.minutes, deadline=offer.deadline, after=offer.after)
        if offer.deadline is not None and offer.deadline <= self._clock():
            return CommandReply("Its deadline is over already.", ok=False)
        return await self._offer(who, wanted, zone, offer.shown + offer.slots)

    async def _none(self, who: Person, id_: str) -> CommandReply:
        """Take in that nothing offered was wanted."""
        turned = await self._turn_down(who, id_, _NONE)
        if isinstance(turned, CommandReply):
            return turned
        offer, learned = turned
        more = " I will offer such times less." if learned else ""
        return CommandReply(f"All right, none of these.{more}", {"refused": str(offer.id)})

    async def _turn_down(
        self, who: Person, id_: str, weight: float
    ) -> tuple[Offer, bool] | CommandReply:
        """Take in that what was offered is not wanted; return it, and whether that teaches."""
        async with self._store.begin(who.workspace_id, None) as unit:
            offer = await own(unit, who, id_)
            if offer is None:
                return no_offer(id_)
            if offer.status != "open":
                return CommandReply("That is settled already.", ok=False)
            against = [each.start for each in offer.slots]
            learned = await self._suiting.refuse(unit, offer, against, weight)
            await SlotOffers(unit).change(offer.turned("refused"), self._clock())
        return offer, learned


def _told(
    offer: Offer, wanted: Sought, found: tuple[Proposal, ...], place: _Place, now: datetime
) -> CommandReply:
    lines = [
        f"{number}. **{said(Span(each.start, each.end), place.zone)}**: {'; '.join(each.reasons)}"
        for number, each in enumerate(found, start=1)
    ]
    length = _length(wanted.minutes) + (" (say how long, and I look again)" * wanted.assumed)
    head = f"The best times for **{wanted.task}**, {length} ({place.zone.key}):"
    parts = [head, "\n".join(lines), *_notes(place, now)]
    buttons = [
        Button(
            f"Book {each.start:%a} {each.start.day} {each.start:%b %H:%M}",
            f"when book {offer.id.hex} {number}",
            "primary" if number == 1 else "plain",
        )
        for number, each in enumerate(found, start=1)
    ]
    buttons += [
        Button("Other times", f"when more {offer.id.hex}"),
        Button("None of these", f"when none {offer.id.hex}"),
    ]
    data = {
        "offer": str(offer.id),
        "task": wanted.task,
        "minutes": wanted.minutes,
        "timezone": place.zone.key,
        "slots": [
            {
                "start": each.start.isoformat(),
                "end": each.end.isoformat(),
                "score": each.score,
                "reasons": list(each.reasons),
            }
            for each in found
        ],
    }
    return CommandReply("\n\n".join(parts), data, buttons=tuple(buttons))


def _notes(place: _Place, now: datetime) -> list[str]:
    """Return what to add: how well the week is known, and how full it is."""
    notes = [place.doubt.strip()] if place.doubt else []
    if place.suited.known < SEEN:
        notes.append(
            "I do not know yet when you do this best: tell me when you did it (`did TASK`)."
        )
    full = overload(place.busy, now, place.zone, place.suited.up, following=False) or overload(
        place.busy, now, place.zone, place.suited.up
    )
    if full is not None:
        notes.append(full.text)
    if not place.busy and not place.doubt:
        notes.append(
            "I see no calendar of yours: `calendar ADDRESS` lets me see when you are busy."
        )
    return [f"_{note}_" for note in notes]


def _no_room(wanted: Sought, place: _Place, now: datetime, *, again: bool) -> CommandReply:
    """Return why nothing is offered, and what would help."""
    if again:
        return CommandReply("There are no other times that fit.", ok=False)
    most = room(place.busy, now, place.zone, wanted.deadline, wanted.after, up=place.suited.up)
    until = "before then" if wanted.deadline else f"in the next {WEEKS} weeks"
    if not most:
        return CommandReply(f"You have no free time {until}. Could something move?", ok=False)
    return CommandReply(
        f"You have no {_length(wanted.minutes)} free at a stretch {until}: {_length(most)} is the "
        f"longest. Ask for less at a time, or a later deadline.{place.doubt}",
        {"longest": most},
        ok=False,
    )


def _length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} minutes"
    return f"{hours} h {rest} min" if rest else f"{hours} h"
