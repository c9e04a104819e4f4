"""Buttons that give commands in Discord, over real sockets, and where Mynah can speak first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.delivery import Button, Delivery, Outcome, Picture, Standing, Target
from integrations.contracts.host import CommandReply, Entry, Person
from integrations.contracts.surface import NoSuchSpot, Spot
from integrations.surfaces.discord.showing import ids
from integrations.surfaces.discord.spots import YOURS
from integrations.surfaces.discord.surface import DiscordSettings, DiscordSurface
from tests.surfaces.discord.pressing import ANSWER, AT, Desk, pressing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from uuid import UUID

    from tests.standins.discord_clicks import Clicked
    from tests.standins.discord_things import Message
    from tests.surfaces.discord.pressing import Here

LONG = "x" * 80
BUTTONS = (
    Button("Do it", "action accept 3f2a", "primary"),
    Button("Change", "action change 3f2a", asks="What it is given", filled="title: Fix\nn: 2"),
    Button("Long", LONG, asks="w" * 60),
    Button("No", "action reject 3f2a", "danger"),
    *(Button(f"B{n}", f"b {n}") for n in range(9)),
)


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    async with pressing() as it:
        yield it


async def _press(here: Here, message: Message, line: str, does: str = ids.RUN) -> Clicked:
    named = ((each, ids.read(each)) for each in message.custom_ids)
    found = next(e for e, n in named if n is not None and (n.does, n.says) == (does, line))
    clicked = await here.bo.press(message, found)
    await here.presses.finish()
    return clicked


async def test_a_press_gives_the_command_once_and_shows_what_it_says(here: Here) -> None:
    message = await here.answered(buttons=BUTTONS, outcome=Outcome.ACTED)
    rows = [[each.get("label") for each in row["components"]] for row in message.components]
    assert rows[:2] == [["Do it", "Change", "Long", "No", "B0"], ["B1", "B2", "B3", "B4", "B5"]]
    assert rows[2:] == [[None, None, "Why", "Forget"]]
    here.host.says["action"] = CommandReply(
        "Opened **#12**.",
        buttons=(Button("Undo", "action undo 3f2a", asks="Why?"),),
        pictures=(Picture("bars.png", b"\x89PNG", "Two bars"),),
    )
    told = await _press(here, message, "action accept 3f2a")
    assert (told.text, told.ephemeral) == ("Opened **#12**.", True)
    assert here.host.commands_run == [(str(here.bo.id), "action accept 3f2a")]
    (file,) = told.messages[0].attachments
    assert (file.filename, file.description) == ("bars.png", "Two bars")
    asks = await _press(here, told.messages[0], "action undo 3f2a", ids.ASK)
    assert asks.modal is not None
    assert asks.modal.fields == {ids.TEXT: ""}


async def test_a_button_that_asks_is_filled_from_the_transcript(here: Here) -> None:
    class Knowing(Desk):
        async def exchange(self, person: Person, interaction_id: UUID) -> Sequence[Entry]:
            found = await super().exchange(person, interaction_id)
            return [replace(entry, buttons=BUTTONS) for entry in found]

    message = await here.answered(buttons=BUTTONS)
    plain = await _press(here, message, "action change 3f2a", ids.ASK)
    assert plain.modal is not None
    assert plain.modal.title == "Change"
    assert plain.modal.fields == {ids.TEXT: ""}, "an older process showed it, and nobody knows"
    here.host.__class__ = Knowing
    here.host.at[f"{here.general.id}:{message.id}"] = ANSWER
    filled = await _press(here, message, "action change 3f2a", ids.ASK)
    assert filled.modal is not None
    assert filled.modal.fields == {ids.TEXT: "title: Fix\nn: 2"}
    said = await here.bo.submit(filled.modal, {ids.TEXT: "title: Mend\nn: 3"})
    await here.discord.until(lambda: said.text)
    line = "action change 3f2a title: Mend\nn: 3"
    assert here.host.commands_run == [(str(here.bo.id), line)]
    refused = await here.bo.submit(filled.modal, {ids.TEXT: "\u200b"})
    await here.discord.until(lambda: refused.text)
    assert "empty" in refused.text
    assert (await _press(here, message, LONG, ids.ASK)).modal is not None


@pytest.fixture
async def surface(here: Here) -> AsyncIterator[DiscordSurface]:
    at = (here.discord.token, here.discord.api_url, here.discord.gateway_url)
    made = DiscordSurface(DiscordSettings(*at), lambda: AT)
    yield made
    await made.stop()


async def test_a_report_is_posted_once_with_its_detail_and_restated_without_buttons(
    here: Here, surface: DiscordSurface
) -> None:
    where = (str(here.guild.id), str(here.general.id), "", str(here.ada.id))
    target = Target("discord", *where, ANSWER, None, private=False)
    report = Delivery("report:1", target, "Done.", buttons=BUTTONS[:1], below="All of it.")
    ref = await surface.deliver(report)
    assert await surface.deliver(report) == ref
    head, detail = here.discord.posts(here.general)
    asked = f"-# Asked by <@{here.ada.id}>"
    assert (head.content, detail.content) == (f"Done.\n{asked}", "All of it.")
    assert head.mentions == []
    assert (head.replied_to, detail.replied_to) == ("", head.id)
    assert ref == f"{here.general.id}:{head.id},{here.general.id}:{detail.id}"
    bare = replace(report, text="Was done.", buttons=(), ref=ref)
    await surface.restate(bare, Standing())
    head, detail = here.discord.posts(here.general)
    assert (head.content, detail.content) == (f"Was done.\n{asked}", "All of it.")
    assert head.custom_ids == []
    await surface.withdraw(str(here.guild.id), ref)
    assert here.discord.posts(here.general) == []


async def test_a_spot_is_where_the_person_and_we_may_write(
    here: Here, surface: DiscordSurface
) -> None:
    guild = str(here.guild.id)

    async def refused(name: str, workspace: str = guild) -> str:
        with pytest.raises(NoSuchSpot) as refusal:
            await surface.spot(workspace, str(here.bo.id), name)
        return str(refusal.value)

    wanted = Spot(str(here.general.id), "", private=False, label="#general")
    for name in ("#general", "General", f"<#{here.general.id}>", str(here.general.id)):
        assert await surface.spot(guild, str(here.bo.id), name) == wanted
    own = await surface.spot(guild, str(here.bo.id), "")
    assert (own.private, own.label, own.channel_id == str(here.general.id)) == (True, YOURS, False)
    secret, read = here.guild.channel("secret"), here.guild.channel("read")
    secret.deny(here.bo, "view_channel")
    read.deny(here.bo, "send_messages")
    here.guild.channel("ours").deny(here.discord.bot, "send_messages")
    assert "no channel #secret" in await refused("#secret")
    assert "You may not write in #read" in await refused("#read")
    assert "I may not write in #ours" in await refused("#ours")
    assert "no channels in direct messages" in await refused("#general", f"dm:{here.bo.id}")
    assert await surface.presence(guild, str(here.bo.id)) == "there"
    stranger = here.discord.user("stranger")
    assert await surface.presence(guild, str(stranger.id)) == "gone"
    assert await surface.presence(f"dm:{stranger.id}", str(stranger.id)) == "there"
