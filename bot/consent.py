"""Consent: the commands by which people and admins say whether anything may be learned.

Sequence only: what follows from their words is decided in ``learning.consent``. Whatever they say
holds from the next job on; what was learned before stays until it is forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from integrations.contracts.host import CommandReply
from learning.consent import ALONE
from learning.store.consents import LEARNING, Consents
from learning.store.people import People

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.clock import Clock
    from integrations.contracts.host import Person
    from learning.consent import Party
    from learning.store.store import Store

_MISSING: Final[Mapping[tuple[Party, ...], str]] = {
    ("person",): "Learning from you is **off** (`on` turns it on).",
    ("workspace",): (
        "Learning is **off** here: I learn from you once an admin allows it for everybody "
        "(`learning here on`)."
    ),
    ("workspace", "person"): (
        "Learning from you is **off**. It takes your yes (`on`) and that of an admin here "
        "(`learning here on`)."
    ),
}
_STAYS: Final = "What I learned before stays until"
_USAGE: Final = "Say `learning`, `learning here on` or `learning here off`."


def missing(lacking: tuple[Party, ...]) -> str:
    """Return why nothing is learned from a person, and what would change that."""
    return _MISSING[lacking]


class Consenting:
    """Answers ``on``, ``off`` and ``learning``.

    Args:
        store: where words are kept.
        clock: tells the time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def off(self, who: Person, rest: str) -> CommandReply:
        """Learn nothing more from a person."""
        del rest
        await self._say(who, granted=False)
        return CommandReply(
            f"I no longer learn from you. {_STAYS} you `forget-me`; answers and reactions still "
            "work.",
            {"learning": False},
        )

    async def on(self, who: Person, rest: str) -> CommandReply:
        """Learn from a person, as soon as all have said yes whom it takes."""
        del rest
        lacking = await self._say(who, granted=True)
        if lacking:
            return CommandReply(f"Thank you. {missing(lacking)}", {"learning": False})
        return CommandReply("I learn from you from now on.", {"learning": True})

    async def learning(self, who: Person, rest: str) -> CommandReply:
        """Say whether anything is learned, or record what an admin decides for everybody."""
        match rest.lower().split():
            case []:
                async with self._store.begin(who.workspace_id, None) as unit:
                    lacking = await Consents(unit).lacking(who.user_id, who.surface)
                learns = "Learning from you is **on** (`off` turns it off)."
                return CommandReply(
                    missing(lacking) if lacking else learns,
                    {"learning": not lacking, "lacking": list(lacking)},
                )
            case ["on"]:
                return await self.on(who, "")
            case ["off"]:
                return await self.off(who, "")
            case ["here", "on" | "off" as word]:
                return await self._here(who, granted=word == "on")
            case _:
                return CommandReply(_USAGE, ok=False)

    async def _here(self, who: Person, *, granted: bool) -> CommandReply:
        if who.workspace_id.startswith(ALONE):
            return CommandReply("You are alone here: `on` and `off` decide.", ok=False)
        if not who.admin:
            return CommandReply("Only an admin can decide that for everybody here.", ok=False)
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            consents = Consents(unit)
            await consents.decide(LEARNING, granted=granted, now=now)
            action = f"learning_here_{'on' if granted else 'off'}"
            await People(unit).note(who.user_id, action, None, {}, now)
            lacking = await consents.lacking(who.user_id, who.surface)
        if not granted:
            text = (
                f"I no longer learn from anybody here. {_STAYS} it is forgotten; answers and "
                "reactions still work."
            )
        elif lacking:
            text = f"Learning is allowed here, from everybody who wants it. {missing(lacking)}"
        else:
            text = "Learning is allowed here. Everybody can say no for themselves: `off`."
        return CommandReply(text, {"here": granted, "learning": not lacking})

    async def _say(self, who: Person, *, granted: bool) -> tuple[Party, ...]:
        """Record a person's word; return whose yes it still takes."""
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            consents = Consents(unit)
            await consents.change(who.user_id, LEARNING, granted=granted, now=now)
            action = f"learning_{'on' if granted else 'off'}"
            await People(unit).note(who.user_id, action, None, {}, now)
            return await consents.lacking(who.user_id, who.surface)
