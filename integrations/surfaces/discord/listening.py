"""The connection on which Discord tells us what happens, kept up for as long as we listen.

Decides what is done when it ends: without a privilege that Discord refuses we go on with less,
after trouble we begin anew, and where only a person can help, the log says how. Refuses to know
what comes in.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import discord
import structlog

from integrations.surfaces.discord.client import DiscordUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from integrations.surfaces.discord.client import MynahClient

AGAIN_S: Final = 15.0
"""Between attempts to begin anew; discord.py's own, for lost connections, are shorter."""
_REFUSED: Final = (
    "turn on “Message Content Intent” under “Bot” in Discord's developer portal, or leave "
    "DISCORD_MESSAGE_CONTENT unset"
)
_HELP: Final = {
    4004: "Discord does not take DISCORD_TOKEN any more: copy the new one, and start again",
    4013: "Discord does not know what we ask to be told: update Mynah",
}


class Listening:
    """Listens until it is closed.

    Args:
        renew: returns another client in the place of one that ended; its argument is whether
            to ask for the words of all messages.
        message_content: whether that is asked for at first.
        again_s: between attempts.
    """

    def __init__(
        self,
        renew: Callable[[bool], Awaitable[MynahClient]],
        *,
        message_content: bool,
        again_s: float = AGAIN_S,
    ) -> None:
        self._renew = renew
        self._content = message_content
        self._again_s = again_s
        self._task: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("mynah.discord")

    def begin(self, client: MynahClient) -> None:
        """Connect, and stay so."""
        self._task = asyncio.create_task(self._follow(client), name="discord gateway")

    async def close(self) -> None:
        """End it. Whoever owns the client has closed that one."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()  # discord.py does not give up connecting
            await asyncio.wait({task})

    async def _follow(self, client: MynahClient) -> None:
        while await self._ended(client):
            client = await self._begun_anew()

    async def _ended(self, client: MynahClient) -> bool:
        """Listen until that ends; return whether to begin anew."""
        try:
            await client.connect()
        except discord.PrivilegedIntentsRequired:
            self._log.warning("Discord does not show us the words of all messages", help=_REFUSED)
            self._content = False
            return True
        except discord.ConnectionClosed as closed:
            if closed.code in _HELP:
                self._log.error("not listening any more", help=_HELP[closed.code])
                return False
            self._log.warning("the connection ended", code=closed.code)
        except Exception as error:  # noqa: BLE001 - it is followed by nobody else
            self._log.warning("the connection ended", error=type(error).__name__)
        await asyncio.sleep(self._again_s)
        return True

    async def _begun_anew(self) -> MynahClient:
        while True:
            try:
                return await self._renew(self._content)
            except DiscordUnavailable as problem:
                self._log.warning("not listening", why=str(problem))
                await asyncio.sleep(self._again_s)
