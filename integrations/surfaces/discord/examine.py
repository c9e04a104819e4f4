"""Looks at what Discord lets us do, and says how to mend what is missing.

Decides what is worth telling whoever runs us. Refuses to listen, to change anything, and to
repeat the token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aiohttp
import discord

from integrations.contracts.check import Check
from integrations.surfaces.discord.client import DiscordUnavailable, logged_in

if TYPE_CHECKING:
    from integrations.surfaces.discord.client import MynahClient
    from integrations.surfaces.discord.surface import DiscordSettings

_PORTAL: Final = "https://discord.com/developers/applications"
_NAME: Final = "discord"


async def examine(settings: DiscordSettings) -> list[Check]:
    """Return what was found: the token, the intent for words, the commands, the servers."""
    try:
        client = await logged_in(
            settings.token,
            settings.api_url,
            settings.gateway_url,
            message_content=settings.message_content,
        )
    except DiscordUnavailable as problem:
        sentence, _, mend = str(problem).partition(": ")
        return [Check(_NAME, ok=False, sentence=sentence, mend=mend)]
    try:
        return await _look(client, settings)
    except (discord.DiscordException, aiohttp.ClientError, OSError) as problem:
        return [
            Check(
                _NAME,
                ok=False,
                sentence=f"Discord did not answer ({type(problem).__name__})",
                mend="try it once more in a moment",
            )
        ]
    finally:
        await client.close()


async def _look(client: MynahClient, settings: DiscordSettings) -> list[Check]:
    found = await client.application_info()
    guilds = [guild async for guild in client.fetch_guilds(limit=200)]
    commands = await client.http.get_global_commands(found.id)
    at = f"{_PORTAL}/{found.id}"
    checks = [
        Check(
            _NAME,
            ok=True,
            sentence=f"DISCORD_TOKEN is good; Mynah is in {len(guilds)} server(s)",
            mend="" if guilds else f"invite it: “Installation” at {at}",
        )
    ]
    granted = found.flags.gateway_message_content or found.flags.gateway_message_content_limited
    if settings.message_content and not granted:
        checks.append(
            Check(
                f"{_NAME} intents",
                ok=False,
                sentence="DISCORD_MESSAGE_CONTENT is set, and the app may not read messages: "
                "in threads it hears only those that mention it",
                mend=f"turn on “Message Content Intent” under “Bot” at {at}, "
                "or unset DISCORD_MESSAGE_CONTENT",
            )
        )
    checks.append(
        Check(
            f"{_NAME} commands",
            ok=True,
            sentence=f"{len(commands)} commands and menus are registered",
            mend="" if commands else "the first start registers them",
        )
    )
    return checks
