"""The command ``calendar``: when a person is busy, read from their calendar, and no more of it.

Sequence only. Calendars are read by ``integrations.calendars``; what could be read last is kept
when reading fails. The address is a secret, of which only the host is ever shown.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from bot.command import Command
from integrations.calendars.apart import read_apart
from integrations.calendars.busy import MOST_BYTES, CalendarUnreadable
from integrations.calendars.fetch import CalendarUnreachable, address_of, fetch, host_of
from integrations.contracts.host import CommandReply
from integrations.knowledge.web import is_public
from integrations.tools.guard import Guarded
from learning.habits.fatigue import overload
from learning.spans import Span
from learning.store.calendars import Calendar, Calendars

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from zoneinfo import ZoneInfo

    import httpx2

    from bot.clock import Clock
    from integrations.calendars.busy import Busy
    from integrations.contracts.host import Person
    from learning.store.store import Store, Unit

FRESH: Final = timedelta(hours=1)
"""How long what was read is taken for what is."""
_AHEAD: Final = timedelta(weeks=8)
_FILE_AHEAD: Final = timedelta(weeks=26)
"""How far a calendar is read; a file is not read again."""
_NEEDED: Final = timedelta(weeks=4)
_BACK: Final = timedelta(days=1)
_SHOWN: Final = 8
_ALONE: Final = "Your calendar is for you alone: tell me in private."
_USAGE: Final = (
    "Give me the address of your calendar in iCalendar form, in private: `calendar https://…`. "
    "Google calls it the secret address, Outlook and iCloud call it a published or public one. I "
    "keep only when you are busy: no titles, places or guests. `calendar off` forgets it all."
)


class Calendaring:
    """Answers ``calendar``, and knows when people are busy.

    Args:
        store: where busy times are kept.
        transport: sends requests where they may go, a fresh one each time.
        zone: tells in which time zone a person is.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        transport: Callable[[], httpx2.AsyncBaseTransport],
        zone: Callable[[Unit, Person], Awaitable[ZoneInfo]],
        clock: Clock,
    ) -> None:
        self._store = store
        self._transport = transport
        self._zone = zone
        self._clock = clock
        self._log = structlog.get_logger("mynah.calendars")

    def commands(self) -> tuple[Command, ...]:
        """Return the command ``calendar``."""
        return (
            Command(
                "calendar",
                "calendar [ADDRESS|off|show]",
                "Let me see when you are busy, and nothing else.",
                self.calendar,
            ),
        )

    async def calendar(self, who: Person, rest: str) -> CommandReply:
        """Take a person's calendar, show when they are busy, or forget it."""
        if not who.private:
            return CommandReply(_ALONE, ok=False)
        match rest.strip().casefold():
            case "" | "show":
                return await self._shown(who)
            case "off":
                async with self._store.begin(who.workspace_id, None) as unit:
                    dropped = await Calendars(unit).drop(who.user_id)
                said = "I forgot your calendar." if dropped else "I have no calendar of yours."
                return CommandReply(said, {"calendar": False})
            case _:
                return await self._connected(who, rest.strip())

    async def take_file(self, who: Person, data: bytes) -> CommandReply:
        """Keep when a person is busy by a file."""
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            zone = await self._zone(unit, who)
        try:
            busy = await read_apart(data, now - _BACK, now + _FILE_AHEAD, zone)
        except CalendarUnreadable as problem:
            return CommandReply(str(problem), ok=False)
        calendar = _kept(Calendar(who.user_id, (), now), busy, now, now + _FILE_AHEAD)
        async with self._store.begin(who.workspace_id, None) as unit:
            await Calendars(unit).put(calendar, now)
        return self._taken(calendar, "the file", now)

    async def busy(
        self, workspace_id: str, user_id: str, zone: ZoneInfo
    ) -> tuple[tuple[Span, ...], str]:
        """Return when a person is busy, and what to say of how well that is known.

        It is read again if that was an hour ago. No transaction of the caller's may be open.
        """
        async with self._store.begin(workspace_id, None) as unit:
            calendar = await Calendars(unit).find(user_id)
        if calendar is None:
            return (), ""
        now = self._clock()
        if calendar.address and (calendar.read_at is None or now - calendar.read_at >= FRESH):
            calendar = await self._again(workspace_id, calendar, zone) or calendar
        return calendar.busy, _doubt(calendar, now, zone)

    async def _connected(self, who: Person, said: str) -> CommandReply:
        now = self._clock()
        try:
            address = address_of(said)
        except CalendarUnreachable as problem:
            return CommandReply(f"{problem} {_USAGE}", ok=False)
        async with self._store.begin(who.workspace_id, None) as unit:
            zone = await self._zone(unit, who)
        calendar = await self._read(Calendar(who.user_id, (), now, address), zone)
        if calendar.problem:
            return CommandReply(calendar.problem, ok=False)
        async with self._store.begin(who.workspace_id, None) as unit:
            await Calendars(unit).put(calendar, now)
        return self._taken(calendar, host_of(address), now)

    async def _again(
        self, workspace_id: str, calendar: Calendar, zone: ZoneInfo
    ) -> Calendar | None:
        """Read a calendar again; return it, unless it is another by now, or none."""
        read = await self._read(calendar, zone)
        async with self._store.begin(workspace_id, None) as unit:
            calendars = Calendars(unit)
            current = await calendars.find(calendar.user_id, lock=True)
            if current is None or current.address != calendar.address:
                return current
            await calendars.put(read, self._clock())
        if read.problem:
            self._log.info("calendar_not_read")  # its owner is told why
        return read

    async def _read(self, calendar: Calendar, zone: ZoneInfo) -> Calendar:
        """Return a calendar as its address has it now; as it was, with why not, if it has not."""
        now = self._clock()
        asked = replace(calendar, read_at=now)
        # What was read may not reach far enough any more, though the calendar is as it was.
        tag = calendar.tag if calendar.until >= now + _NEEDED else ""
        try:
            fetched = await fetch(calendar.address, self._transport, tag)
            if fetched.data is None:
                return replace(asked, problem="", known_at=now)
            until = now + _AHEAD
            busy = await read_apart(fetched.data, now - _BACK, until, zone)
        except (CalendarUnreachable, CalendarUnreadable) as problem:
            return asked.failed(str(problem))
        return replace(_kept(asked, busy, now, until), tag=fetched.tag)

    async def _shown(self, who: Person) -> CommandReply:
        async with self._store.begin(who.workspace_id, None) as unit:
            zone = await self._zone(unit, who)
        busy, doubt = await self.busy(who.workspace_id, who.user_id, zone)
        async with self._store.begin(who.workspace_id, None) as unit:
            calendar = await Calendars(unit).find(who.user_id)
        if calendar is None:
            return CommandReply(f"I have no calendar of yours. {_USAGE}", {"calendar": False})
        now = self._clock()
        coming = [span for span in busy if span.end > now]
        lines = [f"- {_line(span, zone)}" for span in coming[:_SHOWN]]
        where = host_of(calendar.address) if calendar.address else "a file"
        parts = [f"I read your calendar from {where} ({zone.key}).{doubt}"]
        parts += ["When you are busy next:\n\n" + "\n".join(lines)] if lines else []
        full = overload(busy, now, zone)
        parts += [full.text] if full else []
        data = {"calendar": True, "host": where, "busy": len(coming), "problem": calendar.problem}
        return CommandReply("\n\n".join(parts), data)

    def _taken(self, calendar: Calendar, where: str, now: datetime) -> CommandReply:
        coming = sum(span.end > now for span in calendar.busy)
        weeks = (calendar.until - now).days // 7
        skipped = (
            f" {calendar.skipped} of its events could not be read and are left out."
            if calendar.skipped
            else ""
        )
        return CommandReply(
            f"I read {calendar.events} event{'' if calendar.events == 1 else 's'} from {where}: "
            f"you are busy {coming} time{'' if coming == 1 else 's'} in the next {weeks} weeks."
            f"{skipped} I keep only when, no titles, places or guests. `calendar off` forgets it.",
            {"calendar": True, "busy": coming, "skipped": calendar.skipped},
        )


def guarded() -> Guarded:
    """Return what asks any host but those inside a private network."""
    return Guarded(is_public, lambda _: True, lambda _: False, MOST_BYTES)


def _kept(calendar: Calendar, busy: Busy, now: datetime, until: datetime) -> Calendar:
    return replace(
        calendar,
        busy=tuple(Span(*pair) for pair in busy.times),
        until=until,
        events=busy.events,
        skipped=busy.skipped,
        problem="",
        read_at=now,
        known_at=now,
    )


def _doubt(calendar: Calendar, now: datetime, zone: ZoneInfo) -> str:
    """Return what to add where busy times may be out of date."""
    if calendar.problem:
        known = (calendar.known_at or datetime.min.replace(tzinfo=UTC)).astimezone(zone)
        return f" {calendar.problem} I go by what I read on {known.day} {known:%B at %H:%M}."
    if calendar.until < now + _NEEDED:
        return (
            f" I know it only until {calendar.until.astimezone(zone):%d %B}: give me a newer file."
        )
    return ""


def _line(span: Span, zone: ZoneInfo) -> str:
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    ends = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%A, %H:%M}"
    return f"{start:%A, {start.day} %B, %H:%M}-{ends}"
