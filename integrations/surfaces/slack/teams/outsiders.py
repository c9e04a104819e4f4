"""Who reads along: whether everybody in a channel is of the workspace.

Decides which channels have outsiders: those that another organisation shares, or is about to
share, and those that a guest is in. One that cannot be told, because it is too large or Slack
does not answer, has some too. Refuses to know what outsiders may not read.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.reading.payload import identity, objects, part, string
from integrations.surfaces.slack.teams.people import UNKNOWN, Directory, member_of
from integrations.surfaces.slack.teams.presences import Presences
from integrations.surfaces.slack.teams.spots import Spots

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from integrations.contracts.delivery import Target
    from integrations.surfaces.slack.reading.payload import Payload
    from integrations.surfaces.slack.speaking.posting import Line

_Item = TypeVar("_Item")

MIXED_S: Final = 600.0
"""How long a channel with outsiders is taken to have them."""
OWN_S: Final = 120.0
"""How long one without is taken to have none: who joins may be told to another process."""
FAILED_S: Final = 30.0
ROSTER_S: Final = 600.0
PATIENCE_S: Final = 3.0
"""For all of it: somebody waits for an answer."""
MOST_CHANNELS: Final = 5_000
PAGE: Final = 1_000
MOST_PAGES: Final = 10
"""10,000 people in a channel; 20,000 in a workspace. What is larger cannot be told."""
MOST_ROSTER_PAGES: Final = 20
MOST_NEW: Final = 20
"""Members that came after the roster was read and are looked up one by one."""


class _Unclear(Exception):  # noqa: N818 - it is the channel that is unclear
    """It cannot be told; the message says why, without names."""


@dataclass(slots=True)
class _Roster:
    """Everybody of a workspace, and which of them are guests or of elsewhere."""

    everybody: set[str]
    outsiders: set[str]
    until: float


class Outsiders:
    """The channels of a workspace, and whether outsiders read them.

    Args:
        line: the way to the workspace.
        people: who somebody is.
        clock: seconds, on any clock that only rises.
    """

    def __init__(
        self, line: Line, people: Directory, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._line = line
        self._people = people
        self._clock = clock
        self._known: OrderedDict[str, tuple[bool, float]] = OrderedDict()
        self._changes = 0
        self._roster: _Roster | None = None
        self._reading: asyncio.Task[_Roster] | None = None
        self._log = structlog.get_logger("mynah.slack")

    async def among(self, channel_id: str) -> bool:
        """Tell whether an outsider reads a channel; who cannot be told counts as one."""
        known = self._known.get(channel_id)
        if known is not None and self._clock() < known[1]:
            self._known.move_to_end(channel_id)
            return known[0]
        before = self._changes
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await self._look(channel_id)
            holds_s = MIXED_S if found else OWN_S
        except (_Unclear, DeliveryFailure, TimeoutError) as problem:
            self._log.warning("who reads a channel cannot be told", why=str(problem) or "too slow")
            found, holds_s = True, FAILED_S
        if self._changes == before:  # nobody came or went meanwhile
            self._known[channel_id] = (found, self._clock() + holds_s)
            while len(self._known) > MOST_CHANNELS:
                self._known.popitem(last=False)
        return found

    def changed(self, channel_id: str) -> None:
        """Take in that a channel is not what it was: it is looked at anew."""
        self._changes += 1
        self._known.pop(channel_id, None)

    def met(self, user_id: str, *, outsider: bool) -> None:
        """Take in who somebody is now; where that is news, every channel is looked at anew."""
        roster = self._roster
        if roster is not None:
            if user_id in roster.everybody and (user_id in roster.outsiders) is outsider:
                return
            roster.everybody.add(user_id)
            (roster.outsiders.add if outsider else roster.outsiders.discard)(user_id)
        self._changes += 1
        self._known.clear()
        self._reading = None  # what is being read may be older than this

    async def _look(self, channel_id: str) -> bool:
        info = await self._line.send(
            "conversations.info",
            channel_id,
            lambda client: client.conversations_info(channel=channel_id),
            patience_s=PATIENCE_S,
        )
        channel = part(info.data, "channel")
        if any(channel.get(name) is True for name in _SHARED):
            return True
        members = set(
            await self._pages(
                "conversations.members",
                channel_id,
                lambda client, cursor: client.conversations_members(
                    channel=channel_id, limit=PAGE, cursor=cursor
                ),
                lambda answer: _ids(answer, "members"),
                MOST_PAGES,
            )
        )
        roster = self._roster if self._roster and self._clock() < self._roster.until else None
        strange = members - (roster.everybody if roster else set())
        if len(strange) > MOST_NEW:
            roster = await self._everybody()
            strange = members - roster.everybody
            if len(strange) > MOST_NEW:
                raise _Unclear("too many of its members are in no list of the workspace's")
        if roster is not None and members & roster.outsiders:
            return True
        found = await asyncio.gather(*(self._people.member(each) for each in strange))
        if any(member.outsider and member is not UNKNOWN for member in found):
            return True
        if any(member is UNKNOWN for member in found):
            raise _Unclear("not everybody in it can be looked up")
        return False

    async def _everybody(self) -> _Roster:
        """Return who is in the workspace. It is read to its end even if nobody waits for it."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read(), name="slack everybody")
            self._reading.add_done_callback(_heard)
        reading = self._reading
        await asyncio.wait([reading])
        return reading.result()

    async def _read(self) -> _Roster:
        me = asyncio.current_task()
        profiles = await self._pages(
            "users.list",
            "",
            lambda client, cursor: client.users_list(limit=PAGE, cursor=cursor),
            lambda answer: objects(answer, "members"),
            MOST_ROSTER_PAGES,
        )
        roster = _Roster(set(), set(), self._clock() + ROSTER_S)
        for profile in profiles:
            if user_id := identity(profile, "id"):
                roster.everybody.add(user_id)
                if member_of(profile, self._line.workspace).outsider:
                    roster.outsiders.add(user_id)
        if self._reading is me:
            self._roster = roster
        return roster

    async def _pages(
        self,
        method: str,
        channel_id: str,
        ask: Callable[[AsyncWebClient, str | None], Awaitable[AsyncSlackResponse]],
        read: Callable[[Payload], Sequence[_Item]],
        most: int,
    ) -> list[_Item]:
        """Return what is on all pages of a list.

        Raises:
            _Unclear: if there are too many.
        """
        found: list[_Item] = []
        cursor: str | None = None
        for _ in range(most):
            answer = await self._page(method, channel_id, ask, cursor)
            found += read(answer)
            cursor = string(answer, "response_metadata", "next_cursor") or None
            if cursor is None:
                return found
        raise _Unclear(f"{method} does not end within {most} pages")

    async def _page(
        self,
        method: str,
        channel_id: str,
        ask: Callable[[AsyncWebClient, str | None], Awaitable[AsyncSlackResponse]],
        cursor: str | None,
    ) -> Payload:
        answer = await self._line.send(method, channel_id, lambda client: ask(client, cursor))
        return part(answer.data)


class Circle:
    """The people of a workspace, and who of them reads along where.

    Args:
        line: the way to the workspace.
    """

    def __init__(self, line: Line) -> None:
        self.people = Directory(line)
        self.outsiders = Outsiders(line, self.people)
        self.spots = Spots(line, self.people)
        self.presences = Presences(line, self.people)

    async def reads(self, target: Target) -> bool:
        """Tell whether an outsider will read a reply."""
        if target.private:
            return (await self.people.member(target.user_id)).outsider
        return await self.outsiders.among(target.channel_id)

    async def gone(self, target: Target) -> bool:
        """Tell whether the one person who would read a reply has left the workspace."""
        return target.private and (await self.people.member(target.user_id)).deactivated


def _heard(reading: asyncio.Task[_Roster]) -> None:
    """Take in how it ended, for when nobody waits for it any more."""
    if not reading.cancelled():
        reading.exception()


def _ids(answer: Payload, name: str) -> list[str]:
    listed = answer.get(name)
    found = (identity({"id": each}, "id") for each in (listed if isinstance(listed, list) else ()))
    return [each for each in found if each]


_SHARED: Final = ("is_ext_shared", "is_pending_ext_shared")
