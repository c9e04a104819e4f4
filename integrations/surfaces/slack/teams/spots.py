"""Where Mynah can speak first in Slack: a person's direct messages, or a channel they may post in.

Decides which channels are meant by a name, and whether one is open to a person and to us. Who is
not in a private channel is told the same as if there were none. Refuses to know what is said.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from integrations.contracts.surface import NoSuchSpot, Spot
from integrations.surfaces.slack.reading.payload import DIRECT, objects, part, string
from integrations.surfaces.slack.speaking.failures import SlackRefusal
from integrations.surfaces.slack.teams.people import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from integrations.surfaces.slack.reading.payload import Payload
    from integrations.surfaces.slack.speaking.posting import Line
    from integrations.surfaces.slack.teams.people import Directory

    Ask = Callable[[AsyncWebClient, str | None], Awaitable[AsyncSlackResponse]]

PATIENCE_S: Final = 5.0
FRESH_S: Final = 20.0
"""How long there is no channel of a name that was not among all names."""
PAGE: Final = 1_000
MOST_PAGES: Final = 10
"""10,000 channels, or people in one. What is beyond is not found."""
YOURS: Final = "your direct messages"

_MENTION: Final = re.compile(r"<#([CG][A-Z0-9]{1,20})(?:\|[^>]*)?>")
_ID: Final = re.compile(r"[CG][A-Z0-9]{6,20}|[CG][0-9]{1,20}")
_NO_DIRECT: Final = {
    "user_not_found": "Slack does not know that person.",
    "user_disabled": "Their account in Slack is deactivated.",
    "cannot_dm_bot": "They are an app: nobody reads its direct messages.",
    "user_not_visible": "Slack does not let me see that person.",
    "missing_scope": (
        "Slack does not let me open direct messages: an admin has to add the scope im:write to "
        "the app and install it again."
    ),
}
_SHARED: Final = ("is_ext_shared", "is_pending_ext_shared")


class Spots:
    """The places of a workspace.

    Args:
        line: the way to it.
        people: who somebody is.
        clock: seconds, on any clock that only rises.
    """

    def __init__(
        self, line: Line, people: Directory, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._line = line
        self._people = people
        self._clock = clock
        self._names: dict[str, str] = {}
        self._read_at = -FRESH_S

    async def spot(self, user_id: str, name: str) -> Spot:
        """Return where something can be said on a person's behalf, or to them.

        Raises:
            NoSuchSpot: if there is none, or it is not for them, or not for us.
            DeliveryFailure: if it cannot be told now.
        """
        if not (wanted := name.strip()):
            return await self._direct(user_id)
        found = _MENTION.fullmatch(wanted)
        channel_id = found[1] if found else wanted if _ID.fullmatch(wanted) else ""
        named = f"<#{channel_id}>" if channel_id else f"#{wanted.removeprefix('#').lower()}"
        if channel_id:
            channel = await self._channel(channel_id, named)
        else:
            channel_id, channel = await self._called(named)
        label = f"#{string(channel, 'name')}" if string(channel, "name") else named
        private = channel.get("is_private") is True
        if any(channel.get(kind) is True for kind in ("is_im", "is_mpim")):
            raise NoSuchSpot("Name a channel: I write in nobody's direct messages but yours.")
        shared = any(channel.get(name) is True for name in _SHARED)
        if not await self._open_to(user_id, channel_id, everybody=not (private or shared)):
            raise NoSuchSpot(_nothing(named) if private else _not_in(label))
        if channel.get("is_archived") is True:
            raise NoSuchSpot(f"{label} is archived: nobody can write there.")
        if shared and private:
            raise NoSuchSpot(f"{label} is shared with another organisation: I do not post there.")
        if channel.get("is_member") is not True:
            raise NoSuchSpot(f"I am not in {label}: invite me with /invite, and try again.")
        return Spot(channel_id, "", private=False, label=label)

    async def _direct(self, user_id: str) -> Spot:
        if (await self._people.member(user_id)).deactivated:
            raise NoSuchSpot(_NO_DIRECT["user_disabled"])
        try:
            answer = await self._line.send(
                "conversations.open",
                "",
                lambda client: client.conversations_open(users=user_id),
                patience_s=PATIENCE_S,
            )
        except SlackRefusal as refusal:
            if refusal.code not in _NO_DIRECT:
                raise
            raise NoSuchSpot(_NO_DIRECT[refusal.code]) from None
        return Spot(string(part(answer.data), "channel", "id"), DIRECT, private=True, label=YOURS)

    async def _called(self, named: str) -> tuple[str, Payload]:
        """Return the channel of a name; those we cannot see have none."""
        for _ in range(3):  # known by an old name, all names read, known
            if (known := self._names.get(named)) is not None:
                channel = await self._channel(known, named)
                if f"#{string(channel, 'name')}" == named:
                    return known, channel
                self._names.pop(named)  # it goes by another name now
            elif self._clock() < self._read_at + FRESH_S:
                break
            else:
                await self._read()
        raise NoSuchSpot(_nothing(named))

    async def _read(self) -> None:
        """Read the names of all channels; Slack lets that be done a few times a minute."""
        found: dict[str, str] = {}
        async for answer in self._pages(
            "conversations.list",
            "",
            lambda client, cursor: client.conversations_list(
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=PAGE,
                cursor=cursor,
            ),
        ):
            for channel in objects(answer, "channels"):
                found[f"#{string(channel, 'name')}"] = string(channel, "id")
        self._names, self._read_at = found, self._clock()

    async def _channel(self, channel_id: str, named: str) -> Payload:
        try:
            answer = await self._line.send(
                "conversations.info",
                channel_id,
                lambda client: client.conversations_info(channel=channel_id),
                patience_s=PATIENCE_S,
            )
        except SlackRefusal as refusal:
            if refusal.code not in {"channel_not_found", "missing_scope"}:
                raise
            raise NoSuchSpot(_nothing(named)) from None
        return part(answer.data, "channel")

    async def _open_to(self, user_id: str, channel_id: str, *, everybody: bool) -> bool:
        """Tell whether a person is in a channel, or may be; who cannot be told may not."""
        member = await self._people.member(user_id)
        if member.deactivated or member is UNKNOWN:
            return False
        if everybody and not member.outsider:
            return True
        async for answer in self._pages(
            "conversations.members",
            channel_id,
            lambda client, cursor: client.conversations_members(
                channel=channel_id, limit=PAGE, cursor=cursor
            ),
        ):
            if user_id in (answer.get("members") or ()):
                return True
        return False

    async def _pages(self, method: str, channel_id: str, ask: Ask) -> AsyncIterator[Payload]:
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            at = cursor

            def one(client: AsyncWebClient, at: str | None = at) -> Awaitable[AsyncSlackResponse]:
                return ask(client, at)

            answer = await self._line.send(method, channel_id, one, patience_s=PATIENCE_S)
            yield part(answer.data)
            cursor = string(part(answer.data), "response_metadata", "next_cursor") or None
            if cursor is None:
                return


def _nothing(named: str) -> str:
    return (
        f"There is no channel {named} that you and I are both in. If it is a private one, invite "
        "me there with /invite, and try again."
    )


def _not_in(label: str) -> str:
    return f"You are not in {label}: join it first, and try again."
