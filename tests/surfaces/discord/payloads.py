"""Messages as Discord sends them, read by discord.py, for the tests of what we read in them."""

from __future__ import annotations

from typing import Any

import discord

from integrations.surfaces.discord.client import MynahClient
from integrations.surfaces.discord.hearing.events import Me

GUILD, GENERAL, THREAD, SECRET, FORUM = (10**17 + n for n in range(5))
US, ADA, BO, OUR_ROLE, DIRECT = (10**17 + n for n in range(10, 15))
ME = Me(US, OUR_ROLE)

Json = dict[str, Any]


def user(user_id: int, name: str = "", **more: Any) -> Json:
    names = {US: "mynah", ADA: "ada", BO: "bo"}
    return {
        "id": str(user_id),
        "username": name or names.get(user_id, "somebody"),
        "discriminator": "0",
        "global_name": None,
        "avatar": None,
        **more,
    }


def message(text: str, *, by: int = ADA, channel: int = GENERAL, id_: int = 1, **more: Any) -> Json:
    return {
        "id": str(id_),
        "channel_id": str(channel),
        "guild_id": str(GUILD),
        "author": user(by),
        "content": text,
        "timestamp": "2026-03-02T09:30:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
        **more,
    }


def reply_to(other: Json) -> Json:
    """What a message has that replies to another."""
    reference = {"message_id": other["id"], "channel_id": other["channel_id"]}
    return {"type": 19, "message_reference": reference, "referenced_message": other}


def attachment(name: str, kind: str, **more: Any) -> Json:
    url = f"https://cdn.discordapp.com/attachments/1/2/{name}?ex=1&is=2&hm=3"
    return {
        "id": "7",
        "filename": name,
        "content_type": kind,
        "size": 12,
        "url": url,
        "proxy_url": url,
        **more,
    }


class Reader:
    """A client that knows a guild, and was never connected."""

    def __init__(self) -> None:
        self.client = MynahClient(message_content=True)
        self.state = self.client._connection
        self.state.user = discord.ClientUser(state=self.state, data=user(US))  # type: ignore[arg-type]
        data: Any = guild()
        self.guild = self.state._add_guild_from_data(data)

    def message(self, data: Json) -> discord.Message:
        payload: Any = data
        channel: Any = self.state._get_guild_channel(payload)[0]
        return discord.Message(state=self.state, channel=channel, data=payload)


def direct(data: Json) -> Json:
    """The same, said to us alone."""
    return {k: v for k, v in data.items() if k != "guild_id"} | {"channel_id": str(DIRECT)}


def guild() -> Json:
    def channel(id_: int, kind: int, **more: Any) -> Json:
        return {"id": str(id_), "type": kind, "name": f"c{id_}", "position": 0, **more}

    def thread(id_: int, kind: int) -> Json:
        times = {"archive_timestamp": "2026-03-02T09:00:00+00:00", "auto_archive_duration": 60}
        state = {"thread_metadata": {"archived": False, "locked": False, **times}}
        parent = {"parent_id": str(GENERAL), "owner_id": str(ADA)}
        counts = {"message_count": 1, "member_count": 1}
        return channel(id_, kind, guild_id=str(GUILD), **parent, **state, **counts)

    everyone = {"id": str(GUILD), "name": "@everyone", "permissions": "0"}
    ours = {"id": str(OUR_ROLE), "name": "Mynah", "permissions": "0"}
    common = {"color": 0, "hoist": False, "position": 0, "managed": False, "mentionable": False}
    return {
        "id": str(GUILD),
        "name": "acme",
        "owner_id": str(BO),
        "roles": [everyone | common, ours | common | {"tags": {"bot_id": str(US)}}],
        "channels": [channel(GENERAL, 0), channel(FORUM, 15)],
        "threads": [thread(THREAD, 11), thread(SECRET, 12)],
        "members": [{"user": user(US), "roles": [], "joined_at": None, "flags": 0}],
        "emojis": [],
        "stickers": [],
        "features": [],
        "unavailable": False,
    }
