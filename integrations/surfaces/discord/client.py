"""The connection to Discord: discord.py's client, pointed at where Discord is.

Decides what we ask Discord to tell us, and what is kept of it in memory: guilds, channels and
roles, no messages and no members. Refuses to know what is done with what happens: each event
is handed on as it comes, in order, with an id.
"""

from __future__ import annotations

import logging
import sys
from hashlib import blake2s
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import discord
import structlog
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Take = Callable[[str, Sequence[Any], str], None]
    """Takes the name of an event, what came with it, and an id that a repeat has too."""

HEARD: Final = frozenset(
    {
        "message",
        "raw_message_edit",
        "raw_message_delete",
        "raw_bulk_message_delete",
        "raw_reaction_add",
        "raw_reaction_remove",
        "raw_reaction_clear",
        "raw_reaction_clear_emoji",
        "ready",
        "guild_available",
        "guild_join",
        "guild_remove",
    }
)
"""Every event that concerns us, as discord.py calls them."""
_UNNAMED: Final = frozenset(name for name in HEARD if name.startswith("raw_reaction"))
"""Those that have no id of their own."""
GUILDS_WITHIN_S: Final = 0.0
"""We wait for no guild: each is taken in when it comes."""


class DiscordUnavailable(Exception):  # noqa: N818 - it says what Discord is
    """Discord does not let us in; the message says what to do."""


def intents(*, message_content: bool) -> discord.Intents:
    """Return what we ask to be told."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        guild_reactions=True,
        dm_messages=True,
        dm_reactions=True,
        message_content=message_content,
    )


class MynahClient(discord.AutoShardedClient):
    """Speaks with Discord, and listens once it is connected.

    Args:
        message_content: whether to ask for the words of messages that do not mention us.
        gateway_url: where to listen; where Discord says, if empty.
    """

    def __init__(self, *, message_content: bool, gateway_url: str = "") -> None:
        logging.getLogger("discord").setLevel(logging.WARNING)
        for missing in ("warn_nacl", "warn_dave"):  # we never speak aloud
            setattr(discord.VoiceClient, missing, False)
        super().__init__(
            intents=intents(message_content=message_content),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=GUILDS_WITHIN_S,
        )
        self._at = URL(gateway_url) if gateway_url else None
        self._take: Take | None = None
        self._noted = structlog.get_logger("mynah.discord")

    def hand_on(self, take: Take) -> None:
        """Hand every event on from now on; ``take`` must return at once."""
        self._take = take

    async def launch_shard(self, gateway: URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect a shard to where we were told to listen."""
        await super().launch_shard(self._at or gateway, shard_id, initial=initial)

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Hand an event on before discord.py makes a task of it: tasks may overtake each other."""
        if self._take is not None and event in HEARD:
            try:
                self._take(event, args, self._event_id(*args) if event in _UNNAMED else "")
            except Exception as error:  # noqa: BLE001 - the connection must not end by it
                self._noted.error("event lost", what=event, error=type(error).__name__)
        super().dispatch(event, *args, **kwargs)

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        """Log that something failed, without anybody's words."""
        del args, kwargs
        error = sys.exc_info()[0]
        self._noted.error("event failed", what=event_method, error=error and error.__name__)

    def _event_id(self, event: discord.RawReactionActionEvent) -> str:
        """Return the session and the number that an event came with.

        After a lost connection Discord says again what we may have missed, with the numbers
        that it had: what we had heard is known by them.
        """
        guild_id = event.guild_id
        shard = self._get_websocket(guild_id, shard_id=None if guild_id else 0)
        session = blake2s((shard.session_id or "").encode(), digest_size=6).hexdigest()
        return f"{session}:{shard.sequence}"


def point_at(api_url: str, gateway_url: str) -> None:
    """Tell discord.py where Discord is; it knows one for the whole process."""
    Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)


async def logged_in(
    token: str, api_url: str, gateway_url: str, *, message_content: bool
) -> MynahClient:
    """Return a client that may speak.

    Raises:
        DiscordUnavailable: if Discord does not know us, or cannot be reached.
    """
    point_at(api_url, gateway_url)
    client = MynahClient(message_content=message_content, gateway_url=gateway_url)
    try:
        await client.login(token)
    except discord.LoginFailure:
        await client.close()
        raise DiscordUnavailable(
            "Discord does not take DISCORD_TOKEN: copy the bot's token from “Bot” of the "
            "application in Discord's developer portal"
        ) from None
    except (discord.DiscordException, aiohttp.ClientError, OSError) as problem:
        await client.close()
        raise DiscordUnavailable(
            f"Discord did not let us in ({type(problem).__name__}): check DISCORD_API_URL and the "
            "network"
        ) from None
    except BaseException:
        await client.close()
        raise
    return client
