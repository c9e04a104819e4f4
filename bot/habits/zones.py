"""The command ``zone``, and in which time zone a person is.

Sequence only. What somebody says themselves goes before what their surface knows; where nobody
knows, it is UTC, and the reply says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from bot.command import Command
from integrations.contracts.host import CommandReply
from learning.habits.week import zone_of
from learning.store.manners import MannersKept

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from bot.clock import Clock
    from integrations.contracts.host import Person
    from integrations.contracts.surface import Surface
    from learning.store.store import Store, Unit

UTC: Final = ZoneInfo("UTC")
_USAGE: Final = "Name it as in `zone Europe/Berlin`; `zone auto` goes by what I see here."


async def zone_in(unit: Unit, user_id: str, known: str) -> ZoneInfo:
    """Return a person's time zone: what they said, else what is known of them, else UTC."""
    said = (await MannersKept(unit).find(user_id)).content.get("zone")
    return zone_of(said if isinstance(said, str) else "") or zone_of(known) or UTC


async def zone_of_person(unit: Unit, who: Person) -> ZoneInfo:
    """Return the time zone of somebody who is there."""
    return await zone_in(unit, who.user_id, who.tz)


def zones_of(
    surfaces: Mapping[str, Surface], store: Store
) -> Callable[[str, str, str], Awaitable[str]]:
    """Return what tells the name of somebody's time zone, by surface, workspace and person."""

    async def known(surface: str, workspace_id: str, user_id: str) -> str:
        if said := await _said(store, workspace_id, user_id):
            return said
        there = surfaces.get(surface)
        return "" if there is None else await there.zone(workspace_id, user_id)

    return known


def on_their_clock(store: Store, commands: Iterable[Command]) -> tuple[Command, ...]:
    """Return commands to which a person comes with the time zone that they named, if any."""

    def told(command: Command) -> Command:
        async def run(who: Person, rest: str) -> CommandReply:
            said = await _said(store, who.workspace_id, who.user_id)
            return await command.run(replace(who, tz=said or who.tz), rest)

        return replace(command, run=run)

    return tuple(map(told, commands))


async def _said(store: Store, workspace_id: str, user_id: str) -> str:
    async with store.begin(workspace_id, None) as unit:
        kept = await MannersKept(unit).find(user_id)
    said = kept.content.get("zone")
    return said if isinstance(said, str) and zone_of(said) else ""


class Zoning:
    """Answers ``zone``.

    Args:
        store: where words are kept.
        clock: tells the time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def commands(self) -> tuple[Command, ...]:
        """Return the command ``zone``."""
        return (
            Command("zone", "zone [NAME|auto]", "The time zone your week is told in.", self.zone),
        )

    async def zone(self, who: Person, rest: str) -> CommandReply:
        """Say, or take in, in which time zone somebody is."""
        if not who.private:
            return CommandReply("Where you are is for you alone: tell me in private.", ok=False)
        said, now = rest.strip(), self._clock()
        auto = said.casefold() == "auto"
        found = None if auto else zone_of(said) or _meant(said)
        if said and not auto and found is None:
            shown = "".join(c for c in said[:40] if c.isprintable() and c != "`")
            return CommandReply(f"I know no time zone “{shown}”. {_USAGE}", ok=False)
        async with self._store.begin(who.workspace_id, None) as unit:
            if said:
                name = None if found is None else found.key
                await MannersKept(unit).change(who.user_id, now, {"zone": name})
            zone = await zone_of_person(unit, who)
        unknown = not (found or zone_of(who.tz)) and zone is UTC
        told = f"Your week is told in {zone.key}: it is {now.astimezone(zone):%A, %H:%M}."
        told += " Nobody told me your time zone." if unknown else ""
        return CommandReply(f"{told} {_USAGE}" if not said else told, {"zone": zone.key})


def _meant(said: str) -> ZoneInfo | None:
    """Return the zone that "europe/berlin" or "new york" means, if it means one alone."""
    typed = "_".join(said.casefold().split())
    known = {name.casefold(): name for name in available_timezones()}
    found = [known[typed]] if typed in known else []
    found = found or [name for name in known.values() if name.casefold().endswith(f"/{typed}")]
    return zone_of(found[0]) if len(found) == 1 else None
