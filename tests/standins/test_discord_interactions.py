"""The stand-in for Discord against the real client: commands, components and forms."""

from __future__ import annotations

import asyncio
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from tests.standins.discord_place import Small, refused, small_discord


class Reason(ui.Modal, title="What was wrong?"):
    reason: ui.TextInput[Reason] = ui.TextInput(label="Reason", custom_id="reason", max_length=20)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"because {self.reason.value}", ephemeral=True)


def commands(place: Small) -> app_commands.CommandTree[Any]:
    tree = place.client.tree

    @tree.command(name="ask", description="Ask")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def ask(interaction: discord.Interaction, question: str, private: bool = False) -> None:
        await interaction.response.defer(ephemeral=private, thinking=True)
        await interaction.followup.send(f"so: {question}")

    @ask.autocomplete("question")
    async def complete(
        interaction: discord.Interaction,  # noqa: ARG001 - discord.py passes it
        current: str,
    ) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{current}?", value=current)]

    @tree.context_menu(name="Rate answer")
    async def rate(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"rated {message.content}", ephemeral=True)

    return tree


async def test_commands_are_kept_and_counted_and_bad_ones_refused() -> None:
    async with small_discord(connect=False) as place:
        tree = commands(place)
        synced = await tree.sync()
        assert [one.name for one in synced] == ["ask", "Rate answer"]
        assert [one.name for one in await tree.fetch_commands()] == ["ask", "Rate answer"]
        again = await tree.sync()
        assert ([one.id for one in again], place.discord.state.syncs) == (
            [one.id for one in synced],
            2,
        )
        put = place.client.http.bulk_upsert_global_commands
        me = int(place.discord.app.id)
        good: dict[str, Any] = {"name": "ok", "description": "d", "type": 1}
        late = [
            {"type": 3, "name": "a", "description": "d"},
            {"type": 3, "name": "b", "description": "d", "required": True},
        ]
        for bad in (
            {"name": "Loud"},
            {"description": ""},
            {"description": "x" * 101},
            {"options": late},
            {"description_localizations": {"xx": "d"}},
            {"description_localizations": {"de": "x" * 101}},
            {"contexts": [7]},
        ):
            assert await refused(put(me, [good | bad])) == (400, 50035)
        assert await refused(put(me, [good, good])) == (400, 50035)
        many = [good | {"name": f"c{number}"} for number in range(101)]
        assert await refused(put(me, many)) == (400, 30032)
        assert place.discord.state.syncs == 2


async def test_a_command_is_deferred_and_answered_for_all_or_for_one() -> None:
    async with small_discord() as place:
        await commands(place).sync()
        said = await place.ada.slash(place.general, "ask", question="how?")
        assert (said.answer, said.ephemeral) == (5, False)
        await place.discord.until(lambda: said.text)
        assert said.text == "so: how?"
        assert [one.id for one in place.discord.posts(place.general)] == [said.messages[0].id]
        hushed = await place.bo.slash(place.general, "ask", question="why?", private=True)
        await place.discord.until(lambda: hushed.text)
        assert hushed.ephemeral
        seen = place.discord.posts(place.general, seen_by=place.bo)
        assert [one.text for one in seen] == ["so: how?", "so: why?"]
        assert len(place.discord.posts(place.general, seen_by=place.ada)) == 1
        completed = await place.ada.complete(place.general, "ask", "question", "ho")
        assert completed.choices == [{"name": "ho?", "value": "ho"}]
        with pytest.raises(ValueError, match="needs"):
            await place.ada.slash(place.general, "ask")
        with pytest.raises(ValueError, match="no 'sing'"):
            await place.ada.slash(place.general, "sing")


async def test_a_user_takes_the_app_where_it_is_not() -> None:
    async with small_discord() as place:
        await commands(place).sync()
        elsewhere = place.discord.guild("elsewhere")
        elsewhere.join(place.ada)
        hall = elsewhere.channel("hall")
        with pytest.raises(ValueError, match="no 'ask'"):
            await place.ada.slash(hall, "ask", question="here?")
        place.ada.install()
        said = await place.ada.slash(hall, "ask", question="here?")
        await place.discord.until(lambda: said.text)
        between = place.discord.dm(place.ada, place.bo)
        other = await place.ada.slash(between, "ask", question="there?")
        await place.discord.until(lambda: other.text)
        contexts = [one.context for name, one in place.client.heard if name == "interaction"]
        assert [(one.guild, one.private_channel) for one in contexts] == [
            (True, False),
            (False, True),
        ]
        assert await refused(place.client.fetch_channel(int(hall.id))) == (403, 50001)


async def test_a_menu_brings_its_message_whole() -> None:
    async with small_discord() as place:
        await commands(place).sync()
        among = await place.general.say(place.bo, "not for apps")
        rated = await place.ada.menu(among, "Rate answer")
        await place.discord.until(lambda: rated.text)
        assert (rated.text, rated.ephemeral) == ("rated not for apps", True)


async def test_buttons_update_open_forms_and_forms_are_sent() -> None:
    async with small_discord() as place:
        modal = Reason()

        class Answer(ui.View):
            @ui.button(label="good", custom_id="good")
            async def good(self, interaction: discord.Interaction, button: ui.Button[Any]) -> None:
                button.disabled = True
                await interaction.response.edit_message(content="noted", view=self)

            @ui.button(label="bad", custom_id="bad")
            async def bad(self, interaction: discord.Interaction, _: ui.Button[Any]) -> None:
                await interaction.response.send_modal(modal)

        await place.channel.send("an answer", view=Answer(timeout=None))
        post = place.discord.posts(place.general)[0]
        opened = await place.ada.press(post, "bad")
        with pytest.raises(ValueError, match="characters"):
            await place.ada.submit(opened.modal, {"reason": "x" * 21})
        with pytest.raises(ValueError, match="sees no such form"):
            await place.bo.submit(opened.modal, {"reason": "mine"})
        sent = await place.ada.submit(opened.modal, {"reason": "too short"})
        await place.discord.until(lambda: sent.text)
        assert (sent.text, sent.ephemeral) == ("because too short", True)
        pressed = await place.bo.press(post, "good")
        assert (pressed.answer, post.text) == (7, "noted")
        with pytest.raises(ValueError, match="cannot be pressed"):
            await place.bo.press(post, "good")


async def test_an_interaction_is_answered_once_in_time_and_while_its_token_lives() -> None:
    async with small_discord() as place:
        got: list[discord.Interaction] = []

        @place.client.tree.command(name="slow", description="Slow")
        async def slow(interaction: discord.Interaction) -> None:
            got.append(interaction)

        await place.client.tree.sync()
        asking = asyncio.create_task(place.ada.slash(place.general, "slow"))
        await place.discord.until(lambda: got)
        place.discord.pass_time(3)
        assert (await asking).failed
        assert await refused(got[0].response.send_message("late")) == (404, 10062)
        asking = asyncio.create_task(place.ada.slash(place.general, "slow"))
        await place.discord.until(lambda: len(got) == 2)
        await got[1].response.defer(thinking=True)
        said = await asking
        assert said.deferred
        raw: discord.InteractionResponse[Any] = discord.InteractionResponse(got[1])
        assert await refused(raw.send_message("again")) == (400, 40060)
        edited = await got[1].edit_original_response(content="x" * 2000)
        assert await refused(got[1].followup.send("x" * 2001)) == (400, 50035)
        place.discord.pass_time(900)
        assert await refused(got[1].followup.send("too late")) == (401, 50027)
        assert said.text == edited.content
