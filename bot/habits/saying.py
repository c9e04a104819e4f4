"""The commands ``did`` and ``similar``: what somebody says they did, and how it went.

Sequence only: what a line says is decided in ``learning.habits.did``, what its work is called in
``learning.habits.kinds``. A rating or an undo sums the week up again, in the same transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.command import Command
from bot.consent import missing
from bot.describe import short, suffix_of
from bot.habits.syncing import SIMILAR
from integrations.contracts.delivery import Button
from integrations.contracts.host import CommandReply
from learning.habits.did import NotDone, did, rating
from learning.habits.kinds import named
from learning.habits.similar import LEAST_PEOPLE
from learning.habits.suited import SIMILAR as KEPT_SIMILAR
from learning.habits.week import label
from learning.store.consents import Consents
from learning.store.habits import Completions
from learning.store.weeks import Weeks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from bot.clock import Clock
    from bot.habits.completing import Completing
    from integrations.contracts.host import Person
    from learning.store.habits import Completion
    from learning.store.store import Store, Unit

_ALONE: Final = "What you did is for you alone: tell me in private."
_USAGE: Final = (
    "Say what you did, and what you know of it: `did deep coding yesterday at 9 90m well: no "
    "interruptions`. `did rate ID success 4/5` and `did rate ID energy 0.5` rate it, `did undo` "
    "takes the last one back."
)
_SUCCESS: Final = (("😀 Great", 0.95), ("🙂 Well", 0.8), ("😐 So-so", 0.5), ("🙁 Badly", 0.2))
_ENERGY: Final = (("⚡ High energy", 0.9), ("🔋 OK", 0.5), ("🪫 Low", 0.2))


class Saying:
    """Answers ``did`` and ``similar``.

    Args:
        store: where completions are.
        completing: records them, and sums weeks up.
        zone: tells in which time zone a person is.
        clock: tells the time.
        forget: deletes something that a person did.
    """

    def __init__(
        self,
        store: Store,
        completing: Completing,
        zone: Callable[[Unit, Person], Awaitable[ZoneInfo]],
        clock: Clock,
        forget: Callable[[Unit, str, UUID], Awaitable[None]],
    ) -> None:
        self._store = store
        self._forget = forget
        self._completing = completing
        self._zone = zone
        self._clock = clock

    def commands(self) -> tuple[Command, ...]:
        """Return the commands."""
        return (
            Command(
                "did",
                "did WORK [when] [how long] [how it went]: [remark]",
                "Tell me what you did, so that I learn your week.",
                self.did,
            ),
            Command(
                "similar",
                "similar on|off",
                "Learn from people whose weeks are like yours, and let them; nobody is named.",
                self.similar,
            ),
        )

    async def did(self, who: Person, rest: str) -> CommandReply:
        """Record what somebody says they did, rate it, or take it back."""
        if not who.private:
            return CommandReply(_ALONE, ok=False)
        try:
            match rest.split():
                case ["rate", id_, "success" | "energy" as what, said]:
                    return await self._rated(who, id_, what, rating(said))
                case [] | ["rate"] | ["rate", _] | ["rate", _, "success" | "energy", *_]:
                    return CommandReply(_USAGE, ok=False)
                case ["undo", *ids] if len(ids) <= 1:
                    return await self._undone(who, "".join(ids))
                case _:
                    return await self._done(who, rest)
        except NotDone as problem:
            return CommandReply(str(problem), ok=False)

    async def _done(self, who: Person, line: str) -> CommandReply:
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            if lacking := await Consents(unit).lacking(who.user_id, who.surface):
                return CommandReply(missing(lacking), ok=False)
            zone = await self._zone(unit, who)
            said = did(line, now.astimezone(zone))
            kind = named(said.work, await Weeks(unit).kinds(who.user_id))
            id_ = await self._completing.record(
                unit,
                who.user_id,
                kind,
                said.at,
                zone.key,
                said.success,
                surface=who.surface,
                comment=said.comment,
            )
        at = said.at.astimezone(zone)
        took = f", {said.minutes} min" if said.minutes else ""
        text = f"Noted: **{kind}** on {at:%A}, {at.day} {at:%B} at {at:%H:%M} ({zone.key}){took}."
        return CommandReply(
            f"{text} {_asked(said.success)}",
            {
                "id": str(id_),
                "kind": kind,
                "at": said.at.isoformat(),
                "success": said.success,
                "comment": said.comment,
            },
            buttons=_buttons(id_, rated=said.success is not None),
        )

    async def _rated(self, who: Person, id_: str, what: str, value: float) -> CommandReply:
        async with self._store.begin(who.workspace_id, None) as unit:
            if lacking := await Consents(unit).lacking(who.user_id, who.surface):
                return CommandReply(missing(lacking), ok=False)
            told = await _own(unit, who, id_)
            rated = {what: value}
            await self._completing.rate(unit, who.user_id, told.id, **rated)
        success = value if what == "success" else told.done.success
        energy = value if what == "energy" else told.done.energy
        return CommandReply(
            f"**{told.task_type}** on {label(told.done.slot)}: {what} {value:.0%}.",
            {"id": str(told.id), "success": success, "energy": energy},
            buttons=_buttons(told.id, rated=success is not None, energy=energy is not None),
        )

    async def _undone(self, who: Person, id_: str) -> CommandReply:
        async with self._store.begin(who.workspace_id, None) as unit:
            told = await _own(unit, who, id_)
            await self._forget(unit, who.user_id, told.id)
        return CommandReply(
            f"Taken back: {told.task_type} on {label(told.done.slot)}.", {"undone": str(told.id)}
        )

    async def similar(self, who: Person, rest: str) -> CommandReply:
        """Take in whether somebody wants to learn from people alike, and let them."""
        word = rest.strip().casefold()
        if word not in {"on", "off"}:
            return CommandReply("Say `similar on` or `similar off`.", ok=False)
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            await Consents(unit).change(who.user_id, SIMILAR, granted=word == "on", now=now)
            if word == "off":
                await Weeks(unit).lift(who.user_id, now, {KEPT_SIMILAR})
        if word == "off":
            return CommandReply(
                "Your week is yours alone: nothing of it goes into what others see, and nothing "
                "of theirs into yours.",
                {"similar": False},
            )
        return CommandReply(
            f"Thank you. I compare your week with those of others who agreed, and use only sums "
            f"over {LEAST_PEOPLE} people or more, one part in ten. `similar off` ends it.",
            {"similar": True},
        )


async def _own(unit: Unit, who: Person, typed: str) -> Completion:
    """Return the person's own completion of that id; the last one told of if there is none.

    Raises:
        NotDone: if there is none.
    """
    weeks = Weeks(unit)
    if typed:
        suffix = suffix_of(typed)
        ids = await weeks.resolve(who.user_id, suffix) if suffix else []
        id_ = ids[0] if len(ids) == 1 else None
    else:
        id_ = await weeks.latest(who.user_id)
    told = None if id_ is None else await Completions(unit).get(id_)
    if told is None:
        raise NotDone(
            "You told me of nothing with that id." if typed else "You told me of nothing yet."
        )
    return told


def _asked(success: float | None) -> str:
    return "How much energy is left?" if success is not None else "How did it go?"


def _buttons(id_: UUID | None, *, rated: bool, energy: bool = False) -> tuple[Button, ...]:
    """Return what can still be said of something that was done."""
    if id_ is None:
        return ()
    rate = f"did rate {short(id_)}"
    found = [Button(text, f"{rate} success {v}") for text, v in _SUCCESS if not rated]
    found += [Button(text, f"{rate} energy {v}") for text, v in _ENERGY if not energy]
    return (*found, Button("Undo", f"did undo {short(id_)}"))
