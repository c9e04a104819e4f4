"""Reminders: what somebody wants to hear at a time, said then, once.

A reminder is a row and a job that waits for its time, so it outlives every process. What comes
late says so; who is gone is not spoken to.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from bot.acting.moments import FURTHEST, ONCE, late, moment, when, zone_of
from bot.command import Command
from bot.describe import short, suffix_of
from bot.posting import sentence, spot_of
from bot.queue import turn_queue
from bot.readers import audience_here
from integrations.contracts.delivery import Button
from integrations.contracts.host import CommandReply
from integrations.contracts.surface import NoSuchSpot
from integrations.contracts.tools import Tool, ToolFailure, ToolResult
from learning.due import due, lasting, recurs
from learning.scope import channel, may_tell, person
from learning.store.reminders import Reminders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.acting.doing import Doing
    from bot.clock import Clock
    from bot.queue import Queue
    from bot.speaking import Speaking
    from integrations.contracts.host import Person
    from integrations.contracts.surface import Spot, Surface
    from integrations.contracts.tools import Call
    from learning.store.reminders import Reminder
    from learning.store.store import Store, Unit

MOST_CHARS: Final = 2_000
_TRIED_FOR: Final = timedelta(days=1)
"""How long a platform that is away is tried again."""
_AGAIN_S: Final = 3_600
_SNOOZE: Final = "1h"
_MINE: Final = frozenset({"", "me", "myself", "dm", "here"})
_USAGE: Final = "Say what and when: `remind call Bob tomorrow at 9`."

_TOOLS: Final = (
    Tool(
        "reminder.set",
        "Set a reminder",
        "Remind the person of something at a time, once.",
        {
            "type": "object",
            "properties": {
                "text": {"type": "string", "description": "Of what.", "maxLength": MOST_CHARS},
                "at": {
                    "type": "string",
                    "description": 'When: "tomorrow at 9", "in 20 minutes", or ISO 8601. Times '
                    "without a zone are the person's.",
                },
                "where": {
                    "type": "string",
                    "description": '"me", or a channel such as "#dev".',
                    "default": "me",
                },
            },
            "required": ["text", "at"],
            "additionalProperties": False,
        },
        "own",
        asks="text",
    ),
    Tool(
        "reminder.list",
        "List reminders",
        "List what the person is still to be reminded of.",
        {"type": "object", "properties": {}, "additionalProperties": False},
        "reads",
    ),
    Tool(
        "reminder.cancel",
        "Cancel a reminder",
        "Cancel a reminder of the person's.",
        {
            "type": "object",
            "properties": {"id": {"type": "string", "description": "Its id, or the end of it."}},
            "required": ["id"],
            "additionalProperties": False,
        },
        "own",
        asks="id",
    ),
)


class Reminding:
    """The tools "reminder", their commands, and the job that says what is due.

    Args:
        store: where reminders are.
        queue: takes the jobs.
        surfaces: those of this process.
        speaking: says them.
        clock: tells the time.
    """

    name = "reminder"

    def __init__(
        self,
        store: Store,
        queue: Queue,
        surfaces: Mapping[str, Surface],
        speaking: Speaking,
        clock: Clock,
    ) -> None:
        self._store = store
        self._queue = queue
        self._surfaces = surfaces
        self._speaking = speaking
        self._clock = clock
        self._log = structlog.get_logger("mynah.reminders")

    async def tools(self, workspace_id: str) -> Sequence[Tool]:
        """Return the tools."""
        del workspace_id
        return _TOOLS

    async def call(self, call: Call) -> ToolResult:
        """Set, list or cancel.

        Raises:
            ToolFailure: if that cannot be done.
        """
        if call.tool == "reminder.set":
            return await self._set(call)
        if call.tool == "reminder.list":
            return await self._listed(call.by)
        return await self._cancel(call.by, str(call.params.get("id", "")))

    async def _set(self, call: Call) -> ToolResult:
        who, now = call.by, self._clock()
        text = str(call.params.get("text", "")).strip()
        if not text or len(text) > MOST_CHARS:
            raise ToolFailure("invalid", f"Say of what, in at most {MOST_CHARS:,} characters.")
        at = moment(str(call.params.get("at", "")), now, zone_of(who))
        where = str(call.params.get("where") or "").strip()
        where = "" if where.casefold() in _MINE else where
        spot = await spot_of(self._surfaces, who, where)
        audience = person(who.user_id) if spot.private else channel(spot.channel_id)
        async with self._store.begin(who.workspace_id, None) as unit:
            added = await Reminders(unit).add(
                who.user_id,
                audience,
                who.surface,
                text,
                at,
                now,
                where=where,
                label=spot.label,
                id_=call.action_id,
            )
            if added is not None:
                await self._wait(unit, who.surface, added, at)
        told = f"I will remind you {when(at, zone_of(who))}"
        told += f" in {spot.label}" if where else ""
        return ToolResult(
            f"{told}: {text}\n\n_`reminders cancel {short(call.action_id)}` takes it back._",
            {"id": str(call.action_id), "at": at.isoformat(), "where": spot.label},
        )

    async def _listed(self, who: Person) -> ToolResult:
        async with self._store.begin(who.workspace_id, None) as unit:
            waiting = await Reminders(unit).waiting(who.user_id)
        here = audience_here(who)
        waiting = [each for each in waiting if may_tell(each.audience, here)]
        if not waiting:
            return ToolResult(
                f"You have asked me to remind you of nothing. {_USAGE}", {"reminders": []}
            )
        lines = [
            f"- `#{short(r.id)}` {when(r.due_at, zone_of(who))}"
            f"{f' in {r.label}' if r.where else ''}: {r.text}"
            for r in waiting
        ]
        data = [{"id": str(r.id), "at": r.due_at.isoformat(), "text": r.text} for r in waiting]
        return ToolResult("\n".join(lines), {"reminders": data})

    async def _cancel(self, who: Person, id_: str) -> ToolResult:
        async with self._store.begin(who.workspace_id, None) as unit:
            reminder = await _own(unit, who, id_)
            if not await Reminders(unit).settle(reminder.id, "cancelled", self._clock()):
                raise ToolFailure("conflict", "That reminder is over already.")
        return ToolResult("Cancelled: I will not remind you.", {"id": str(reminder.id)})

    async def book(self, unit: Unit, who: Person, text: str, at: datetime) -> UUID | None:
        """Remind a person of something in their own messages, in the caller's transaction."""
        mine = person(who.user_id)
        added = await Reminders(unit).add(who.user_id, mine, who.surface, text, at, self._clock())
        if added is not None:
            await self._wait(unit, who.surface, added, at)
        return added

    async def _wait(self, unit: Unit, surface: str, id_: UUID, at: datetime) -> None:
        await self._queue.defer(
            unit,
            "remind",
            queue=turn_queue(surface),
            once=f"remind:{id_}",
            delay_s=max(0, math.ceil((at - self._clock()).total_seconds())),
            workspace_id=unit.workspace_id,
            reminder_id=str(id_),
        )

    async def remind(self, workspace_id: str, reminder_id: str) -> None:
        """Say a reminder, if its time has come and it was not said."""
        id_ = UUID(reminder_id)
        async with self._store.begin(workspace_id, None) as unit:
            reminder = await Reminders(unit).find(id_)
            if reminder is None or reminder.status != "waiting":
                return
            if reminder.due_at > self._clock():  # put off meanwhile
                await self._wait(unit, reminder.surface, id_, reminder.due_at)
                return
        found = await self._where(workspace_id, reminder)
        async with self._store.begin(workspace_id, None) as unit:
            reminders = Reminders(unit)
            current = await reminders.find(id_, lock=True)
            if current is None or (current.status, current.key) != ("waiting", reminder.key):
                return
            now = self._clock()
            if found is None:
                await reminders.settle(id_, "cancelled", now)
                self._log.info("nobody_to_remind", surface=reminder.surface)
                return
            spot, note = found
            await reminders.settle(id_, "sent", now)
            await self._speaking.say(
                unit,
                surface=reminder.surface,
                spot=spot,
                user_id=reminder.user_id,
                key=reminder.key,
                text=f"⏰ {reminder.text}{late(now - reminder.due_at)}{note}",
                buttons=(
                    Button("Done", f"reminders done {id_.hex}", "primary"),
                    Button("Snooze 1 h", f"remind snooze {id_.hex} {_SNOOZE}"),
                ),
            )

    async def give_up(self, workspace_id: str, reminder_id: str) -> None:
        """Try again in an hour what could not be said; after a day, no more."""
        async with self._store.begin(workspace_id, None) as unit:
            reminders = Reminders(unit)
            reminder = await reminders.find(UUID(reminder_id), lock=True)
            if reminder is None or reminder.status != "waiting":
                return
            now = self._clock()
            if now - reminder.due_at > _TRIED_FOR:
                await reminders.settle(reminder.id, "cancelled", now)
            else:
                later = now + timedelta(seconds=_AGAIN_S)
                await self._wait(unit, reminder.surface, reminder.id, later)

    async def _where(self, workspace_id: str, reminder: Reminder) -> tuple[Spot, str] | None:
        """Return where to say it, with what to add; nothing if there is nobody to say it to."""
        surface, user_id = self._surfaces[reminder.surface], reminder.user_id
        if await surface.presence(workspace_id, user_id) == "gone":
            return None
        try:
            return await surface.spot(workspace_id, user_id, reminder.where), ""
        except NoSuchSpot as missing:
            if not reminder.where:
                return None
            why = f"\n\n_I could not say it in {reminder.label}: {sentence(str(missing))}_"
        try:
            return await surface.spot(workspace_id, user_id, ""), why
        except NoSuchSpot:
            return None

    async def _settled(self, who: Person, id_: str, said: str) -> CommandReply:
        """Take in that a reminder has done its work."""
        async with self._store.begin(who.workspace_id, None) as unit:
            try:
                reminder = await _own(unit, who, id_)
            except ToolFailure as failure:
                return CommandReply(str(failure), ok=False)
            await Reminders(unit).settle(reminder.id, "done", self._clock(), of=("sent", "waiting"))
            await self._speaking.restate(unit, reminder.key, text=f"✅ {reminder.text}")
        return CommandReply(said, {"done": str(reminder.id)})

    async def _snoozed(self, who: Person, id_: str, length: timedelta) -> CommandReply:
        at = self._clock() + length
        async with self._store.begin(who.workspace_id, None) as unit:
            try:
                reminder = await _own(unit, who, id_)
            except ToolFailure as failure:
                return CommandReply(str(failure), ok=False)
            if reminder.status not in {"sent", "waiting"}:
                return CommandReply("That reminder is over already.", ok=False)
            await Reminders(unit).put_off(reminder, at)
            await self._wait(unit, reminder.surface, reminder.id, at)
            until = f"until {when(at, zone_of(who))}"
            await self._speaking.restate(
                unit, reminder.key, text=f"⏰ {reminder.text}\n\n_Put off {until}._"
            )
        return CommandReply(f"Put off {until}.", {"at": at.isoformat()})

    def commands(self, do: Doing) -> tuple[Command, ...]:
        """Return the commands ``remind`` and ``reminders``.

        Args:
            do: uses a tool for a person.
        """

        async def remind(who: Person, rest: str) -> CommandReply:
            first, _, more = rest.partition(" ")
            id_, _, length = more.strip().partition(" ")
            if first == "snooze" and suffix_of(id_):
                put_off = lasting(length or _SNOOZE)
                if put_off is None or put_off > FURTHEST:
                    return CommandReply("Say for how long: `remind snooze ID 1h`.", ok=False)
                return await self._snoozed(who, id_, put_off)
            found = due(rest, self._clock().astimezone(zone_of(who)))
            words = "" if found is None else _bare(found.words)
            if found is None or not words or recurs(words):
                again = recurs(rest.strip()) or recurs(words)
                return CommandReply(ONCE if again else _USAGE, ok=False)
            return await do(who, "reminder.set", {"text": words, "at": found.at.isoformat()})

        async def reminders(who: Person, rest: str) -> CommandReply:
            verb, _, id_ = rest.partition(" ")
            if verb == "cancel" and id_:
                return await do(who, "reminder.cancel", {"id": id_.strip()})
            if verb == "done" and id_:
                return await self._settled(who, id_.strip(), "Done.")
            if verb and verb != "list":
                return CommandReply("Say `reminders` or `reminders cancel ID`.", ok=False)
            result = await self._listed(who)
            return CommandReply(result.text, result.data)

        return (
            Command("remind", "remind TEXT WHEN", "Be reminded of something, once.", remind),
            Command(
                "reminders",
                "reminders [cancel ID]",
                "What I am to remind you of.",
                reminders,
            ),
        )


async def _own(unit: Unit, who: Person, text: str) -> Reminder:
    """Return the person's reminder that an id names.

    Raises:
        ToolFailure: if there is none, or more than one.
    """
    reminders, suffix = Reminders(unit), suffix_of(text)
    ids = await reminders.resolve(who.user_id, suffix) if suffix else []
    found = await reminders.find(ids[0], lock=True) if len(ids) == 1 else None
    if found is None:
        which = "more than one reminder" if len(ids) > 1 else "no reminder of yours"
        raise ToolFailure("not_found", f"There is {which} `{text[:40]}`: `reminders` lists them.")
    return found


def _bare(words: str) -> str:
    """Return what to be reminded of, without the words that lead to it."""
    for lead in ("me ", "to ", "that ", "about "):
        if words.casefold().startswith(lead):
            words = words[len(lead) :].strip()
    return words
