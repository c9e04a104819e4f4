"""``mynah doctor`` about Discord: what it lets us do, and that the token is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.configured import discord_settings
from bot.settings import Settings
from integrations.surfaces.discord.examine import examine
from tests.standins.discord_server import discord_server

if TYPE_CHECKING:
    from integrations.contracts.check import Check
    from tests.standins.discord_server import DiscordServer


async def found(discord: DiscordServer, **further: str) -> dict[str, Check]:
    given = {
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
    }
    settings = discord_settings(Settings(_env_file=None, **given | further))  # type: ignore[arg-type]
    assert settings is not None
    return {check.name: check for check in await examine(settings)}


async def test_a_good_token_and_the_servers_it_opens_are_said() -> None:
    async with discord_server() as discord:
        lonely = await found(discord)
        assert "Installation" in lonely["discord"].mend
        discord.guild("acme").install()
        checks = await found(discord)
    assert all(check.ok for check in checks.values())
    assert "1 server" in checks["discord"].sentence
    assert checks["discord"].mend == ""


async def test_an_intent_that_is_asked_for_and_not_granted_is_said() -> None:
    async with discord_server() as discord:
        discord.app.message_content = False
        checks = await found(discord, DISCORD_MESSAGE_CONTENT="true")
    assert not checks["discord intents"].ok
    assert "Message Content Intent" in checks["discord intents"].mend


async def test_a_wrong_token_is_said_and_not_repeated() -> None:
    async with discord_server() as discord:
        checks = await found(discord, DISCORD_TOKEN="made-up-token")
    assert not checks["discord"].ok
    assert "DISCORD_TOKEN" in checks["discord"].sentence + checks["discord"].mend
    assert "made-up" not in str(checks)
