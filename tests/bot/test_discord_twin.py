"""Mynah in a Discord that somebody else wrote: the same story, as far as it can be told there."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from bot.app import open_mynah
from integrations.surfaces.discord.showing import ids
from integrations.surfaces.discord.surface import DiscordSurface
from tests.bot.conftest import SCRIPTED
from tests.bot.support import OPENAI_KEY, rows, settings_of
from tests.bot.test_discord_story import QUESTION, REASON, RIGHT, WRONG, obedient
from tests.standins.discord_twin import discord_twin
from tests.standins.npm import needs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.app import Mynah
    from tests.standins.discord_twin import Json, Twin
    from tests.standins.model_server import ModelServer

pytestmark = [needs("discord-digital-twin"), pytest.mark.xdist_group("twin")]

UNDER_IT, DIALOG, WHISPERED = 4, 9, 64


@dataclass(frozen=True, slots=True)
class There:
    """A Mynah in the one guild of the stand-in."""

    twin: Twin
    mynah: Mynah
    surface: DiscordSurface

    async def work(self) -> None:
        """Work until everything that was told is heard, answered and shown."""
        outward = self.surface._outward
        assert outward is not None
        assert outward.presses is not None
        async with asyncio.timeout(10):
            await outward.client.wait_until_ready()
            told = await self.twin.do("told")
            while (outward.client._get_websocket(shard_id=0).sequence or 0) < told:  # noqa: ASYNC110
                await asyncio.sleep(0)
        await self.surface._lanes.finish()
        await outward.presses.finish()
        for _ in "12":
            await self.mynah.work_off()
            rows(
                self.mynah.conninfo,
                "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'",
            )

    async def ask(self, who: str, text: str, **more: Any) -> Json:
        """Ask something; return the one answer, as it is at last."""
        before = len(await self.twin.posts())
        content = f"<@{self.twin.bot}> {text}"
        asked = await self.twin.do("say", who, content=content, **more)
        await self.work()
        (answer,) = (await self.twin.posts())[before:]
        assert answer["message_reference"]["message_id"] == asked["id"]
        return answer

    async def now(self, message: Json) -> str:
        """What a message shows by now."""
        shown = await self.twin.posts()
        return str(next(each["content"] for each in shown if each["id"] == message["id"]))

    async def press(self, who: str, message: Json, does: str) -> Json:
        """Press what does something; return the answer to that."""
        names = [part["custom_id"] for row in message["components"] for part in row["components"]]
        (custom_id,) = [name for name in names if _does(name) == does]
        pressed = await self.twin.do("press", who, messageId=message["id"], customId=custom_id)
        await self.work()
        return await self.twin.response(pressed)

    async def slash(self, who: str, line: str, **options: str) -> Json:
        """Give a command; return the answer to it."""
        name, *below = line.split()
        given: list[Json] = [{"name": n, "type": 3, "value": v} for n, v in options.items()]
        for each in reversed(below):
            given = [{"name": each, "type": 1, "options": given}]
        pressed = await self.twin.do("slash", who, name=name, options=given)
        await self.work()
        return await self.twin.response(pressed)

    async def told(self, who: str, line: str, **options: str) -> str:
        """Give a command; return what the person alone is told."""
        before = len(await self.twin.whispers())
        response = await self.slash(who, line, **options)
        assert response["data"]["flags"] & WHISPERED
        (said,) = (await self.twin.whispers())[before:]
        return str(said["content"])

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return rows(self.mynah.conninfo, query, self.twin.guild, *parameters)

    def ratings(self) -> list[float | None]:
        found = self.rows("SELECT rating FROM interactions WHERE workspace_id = %s ORDER BY id")
        return [rating for (rating,) in found]


def _does(custom_id: str) -> str:
    name = ids.read(custom_id)
    return name.does if name else ""


@asynccontextmanager
async def open_there(home: Path, conninfo: str, key: str, **values: Any) -> AsyncIterator[There]:
    async with discord_twin() as twin:
        settings = settings_of(
            home,
            conninfo,
            key,
            DISCORD_TOKEN=twin.token,
            DISCORD_API_URL=twin.api_url,
            DISCORD_GATEWAY_URL=twin.gateway_url,
            DISCORD_MESSAGE_CONTENT=True,
            **values,
        )
        async with open_mynah(settings, only=["discord"]) as mynah:
            surface = mynah.surfaces["discord"]
            assert isinstance(surface, DiscordSurface)
            await surface.start(mynah.host)
            try:
                there = There(twin, mynah, surface)
                await there.work()
                yield there
            finally:
                await surface.stop()


async def test_asked_disliked_corrected_liked_and_forgotten(
    fresh_database: str, encryption_key: str, tmp_path: Path, models: ModelServer
) -> None:
    models.answer = obedient
    scripted = SCRIPTED | {"OPENAI_BASE_URL": models.openai_url, "OPENAI_API_KEY": OPENAI_KEY}
    async with open_there(tmp_path / "home", fresh_database, encryption_key, **scripted) as there:
        names = {each["name"] for each in await there.twin.do("commands")}
        assert {"ask", "learnings", "why", "forget", "mynah"} <= names

        # Both say yes; then a first answer.
        assert "allowed" in await there.told("ada", "mynah learning", state="here on")
        for who in ("ada", "bob"):
            assert "I learn from you" in await there.told(who, "mynah on")
        answer = await there.ask("ada", QUESTION)
        assert WRONG in answer["content"]
        assert await there.twin.do("typed")

        # Ada finds it bad, says why, and what it should have been.
        asks = await there.press("ada", answer, ids.DOWN)
        assert asks["type"] == DIALOG
        assert there.ratings() == [1.0]
        said = [{"customId": ids.TEXT, "value": REASON}, {"customId": ids.RIGHT, "value": RIGHT}]
        await there.twin.do("submit", "ada", customId=asks["data"]["custom_id"], fields=said)
        await there.work()
        assert "👎 1 · corrected" in await there.now(answer)

        # Bob asks the same and is answered the corrected way, which he likes.
        better = await there.ask("bob", QUESTION)
        assert RIGHT in better["content"]
        await there.twin.do("react", "bob", messageId=better["id"], emoji="👍")
        await there.work()
        assert "👍 1" in await there.now(better)
        assert there.ratings()[-1] == 5.0
        await there.twin.do("react", "bob", messageId=better["id"], emoji="👍", removed=True)
        await there.work()
        assert there.ratings()[-1] is None

        # Ada looks at what was learned, and has it forgotten.
        assert "billing" in await there.told("ada", "learnings")
        query = "SELECT id FROM learnings WHERE workspace_id = %s AND user_id = %s"
        for (id_,) in there.rows(query, there.twin.users["ada"]):
            assert "Forgotten" in await there.told("ada", "forget", id=str(id_))
        assert there.rows(query, there.twin.users["ada"]) == []
        assert "Heron" not in await there.told("ada", "learnings")
        assert all("Heron" not in each["content"] for each in await there.twin.posts())
        assert RIGHT not in (await there.ask("ada", QUESTION))["content"]


async def test_commands_replies_edits_and_deletions_and_a_button_after_a_restart(
    fresh_database: str, encryption_key: str, tmp_path: Path
) -> None:
    async with open_there(tmp_path / "home", fresh_database, encryption_key) as there:
        await there.slash("ada", "ask", question="what is 6 * 7?")
        (question,), (notice, answer) = await there.twin.whispers(), await there.twin.posts()
        assert "/mynah learning here on" in notice["content"]
        assert question["content"] == "> what is 6 * 7?"
        assert "42" in answer["content"]
        assert answer["message_reference"]["message_id"] == question["id"]

        # A reply goes on; it is the same conversation.
        reply = {"message_id": answer["id"], "channel_id": there.twin.channel}
        asked = await there.twin.do("say", "bob", content="and 6 * 8?", messageReference=reply)
        await there.work()
        assert "48" in (await there.twin.posts())[-1]["content"]
        conversations = "SELECT count(*) FROM conversations WHERE workspace_id = %s"
        assert there.rows(conversations) == [(1,)]

        # A button that was drawn before a restart.
        await there.surface.stop()
        await there.surface.start(there.mynah.host)
        await there.work()
        why = await there.press("bob", answer, ids.WHY)
        assert why["data"]["flags"] & WHISPERED
        await there.press("bob", answer, ids.UP)
        assert there.ratings()[0] == 5.0

        # Rewritten, and deleted.
        await there.twin.do("edit", messageId=asked["id"], content="and 6 * 9?")
        await there.work()
        assert any("54" in each["content"] for each in await there.twin.posts())
        await there.twin.do("delete", messageId=asked["id"])
        await there.work()
        assert not any("54" in each["content"] for each in await there.twin.posts())
        assert len(there.ratings()) == 1
