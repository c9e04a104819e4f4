"""The bare bot as a process: discord.py alone, which reads a mention and posts one message."""

from __future__ import annotations

import os
import sys

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route


class Echo(discord.Client):
    """Repeats what it is told."""

    async def on_message(self, message: discord.Message) -> None:
        """Answer who mentions us."""
        if self.user in message.mentions and message.author != self.user:
            await message.reply(message.content.partition(" ")[2])


def main(api_url: str, gateway_url: str, token: str) -> None:
    """Listen until the process is ended."""
    Route.BASE = api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    intents = discord.Intents(guilds=True, guild_messages=True)
    Echo(intents=intents, allowed_mentions=discord.AllowedMentions.none()).run(token)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], os.environ["DISCORD_TOKEN"])
