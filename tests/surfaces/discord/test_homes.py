"""What is said in direct messages on behalf of a guild, and what is pressed below it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.delivery import Button, Delivery, Outcome, Standing, Target
from integrations.contracts.host import CommandReply
from integrations.contracts.incoming import IncomingReaction
from integrations.surfaces.discord.hearing.places import DIRECT, personal, ref_of
from integrations.surfaces.discord.homes import NOT_THERE, UNSURE, ending
from integrations.surfaces.discord.showing import ids
from integrations.surfaces.discord.showing.layout import Button as Drawn
from integrations.surfaces.discord.showing.layout import Menu
from integrations.surfaces.discord.surface import DiscordSettings, DiscordSurface
from tests.standins.discord_things import each
from tests.surfaces.discord.pressing import ANSWER, AT, Desk, pressing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from integrations.contracts.host import Accepted, Person
    from integrations.contracts.incoming import Incoming
    from tests.standins.discord_clicks import Clicked
    from tests.standins.discord_people import Person as User
    from tests.standins.discord_things import Message
    from tests.surfaces.discord.pressing import Here

MEMBER = "GET /guilds/{guild_id}/members/{user_id}"
BOTH = 2
BUTTONS = (
    Button("Yes", "nudge yes 3f2a", "primary"),
    Button("Other", "nudge other 3f2a", asks="Which"),
    Button("Long", "x" * 80, asks="How"),
)


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    async with pressing() as it:
        yield it


@pytest.fixture
async def surface(here: Here) -> AsyncIterator[DiscordSurface]:
    at = (here.discord.token, here.discord.api_url, here.discord.gateway_url)
    made = DiscordSurface(DiscordSettings(*at), lambda: AT)
    yield made
    await made.stop()


def nudge(here: Here, user: User, workspace: str = "", interaction: UUID | None = None) -> Delivery:
    where = (workspace or str(here.guild.id), str(here.discord.dm(user).id), DIRECT, str(user.id))
    target = Target("discord", *where, ANSWER, interaction, private=True)
    return Delivery(f"nudge:{user.id}", target, "Shall I?", buttons=BUTTONS, outcome=Outcome.ACTED)


async def told(here: Here, surface: DiscordSurface, delivery: Delivery) -> Message:
    await surface.deliver(delivery)
    user = next(u for u in (here.ada, here.bo) if str(u.id) == delivery.target.user_id)
    return here.discord.posts(here.discord.dm(user))[-1]


async def press(here: Here, user: User, message: Message, label: str) -> Clicked:
    found = next(x for x in each(message.components) if x.get("label") == label)
    clicked = await user.press(message, found["custom_id"])
    await here.presses.finish()
    return clicked


def places(here: Here) -> list[tuple[str, str, bool, bool]]:
    return [(p.workspace_id, p.channel_id, p.private, p.admin) for p in here.host.people]


def links(message: Message) -> list[tuple[str, str]]:
    return [(x["label"], x["url"]) for x in each(message.components) if x.get("url")]


async def test_what_is_pressed_below_a_guilds_message_is_done_in_the_guild(
    here: Here, surface: DiscordSurface
) -> None:
    home, dm = str(here.guild.id), str(here.discord.dm(here.bo).id)
    delivery = nudge(here, here.bo)
    message = await told(here, surface, delivery)
    assert links(message) == [("acme", f"https://discord.com/channels/{home}")]
    here.host.says["nudge"] = CommandReply("Gladly.", buttons=(Button("Undo", "undo 3f2a"),))
    said = await press(here, here.bo, message, "Yes")
    assert "Gladly." in said.text
    # What is shown in answer belongs there too, and so does what is written in a dialog.
    await press(here, here.bo, said.messages[-1], "Undo")
    for label in ("Other", "Long"):
        dialog = await press(here, here.bo, message, label)
        await here.bo.submit(dialog.modal, {ids.TEXT: "mine"})
        await here.presses.finish()
    lines = [line for _, line in here.host.commands_run]
    assert lines == ["nudge yes 3f2a", "undo 3f2a", "nudge other 3f2a mine", f"{'x' * 80} mine"]
    assert places(here) == [(home, dm, True, False)] * 4
    await surface.restate(replace(delivery, text="Done.", buttons=(), ref=message.ref), Standing())
    assert (message.content, message.custom_ids, len(links(message))) == ("Done.", [], 1)


async def test_who_manages_the_guild_does_so_there_and_what_is_typed_stays_ones_own(
    here: Here, surface: DiscordSurface
) -> None:
    message = await told(here, surface, nudge(here, here.ada))
    await press(here, here.ada, message, "Yes")
    own = await told(here, surface, nudge(here, here.bo, personal(here.bo.id)))
    assert links(own) == []
    await press(here, here.bo, own, "Yes")
    await here.bo.slash(here.discord.dm(here.bo), "learnings")
    await here.presses.finish()
    found = [(p.workspace_id, p.admin) for p in here.host.people]
    assert found == [(str(here.guild.id), True), *[(personal(here.bo.id), True)] * 2]


async def test_who_left_the_guild_does_nothing_there(here: Here, surface: DiscordSurface) -> None:
    message = await told(here, surface, nudge(here, here.bo))
    here.discord.faults.fail(MEMBER, 400)
    assert (await press(here, here.bo, message, "Yes")).text == UNSURE
    here.guild.leave(here.bo)
    for label in ("Yes", "Other"):
        assert (await press(here, here.bo, message, label)).text == NOT_THERE
    assert here.host.people == []


async def test_an_answer_that_came_directly_is_judged_in_its_guild(
    here: Here, surface: DiscordSurface
) -> None:
    answer = await told(here, surface, nudge(here, here.bo, interaction=ANSWER))
    dm = here.discord.dm(here.bo)
    named = ((x, ids.read(x)) for x in answer.custom_ids)
    await here.bo.press(answer, next(x for x, n in named if n is not None and n.does == ids.UP))
    here.host.at[ref_of(dm.id, answer.id)] = ANSWER
    rated = await here.bo.menu(answer, "Rate answer")
    await here.bo.submit(rated.modal, {ids.RATING: ["5"]})
    await here.presses.finish()
    sure = await here.bo.menu(answer, "Forget this")
    await here.presses.finish()
    await press(here, here.bo, sure.messages[-1], "Forget")
    home = str(here.guild.id)
    assert [each.workspace_id for each in here.host.accepted] == [home, home]
    assert places(here) == [(home, str(dm.id), True, False)]


class Listener(Desk):
    """A host that knows one message, in a guild, and says when it took something in."""

    def __init__(self, here: Here) -> None:
        super().__init__()
        self._here = here

    async def find(self, person: Person, ref: str) -> UUID | None:
        return self.at.get(ref) if person.workspace_id == str(self._here.guild.id) else None

    async def accept(self, incoming: Incoming) -> Accepted:
        taken = await super().accept(incoming)
        self._here.discord.changed()
        return taken


async def test_a_reaction_to_a_guilds_message_counts_there(
    here: Here, surface: DiscordSurface
) -> None:
    host, dm = Listener(here), here.discord.dm(here.bo)
    await surface.start(host)
    await here.discord.until(lambda: here.discord.gateway.connected == BOTH)
    message = await told(here, surface, nudge(here, here.bo))
    host.at[message.ref] = ANSWER
    await dm.react(here.bo, message, "👍")
    await here.discord.until(lambda: host.accepted)
    here.guild.leave(here.bo)
    await dm.unreact(here.bo, message, "👍")
    await here.discord.until(lambda: len(here.discord.called(MEMBER)) == BOTH)
    await surface.stop()
    (given,) = host.accepted
    assert isinstance(given, IncomingReaction)
    assert (given.workspace_id, given.private) == (str(here.guild.id), True)
    assert given.interaction_id == ANSWER


def test_the_link_stands_where_there_is_room() -> None:
    link, full = Drawn("acme", "", link="https://x"), (Drawn("a", "a"),) * 5
    assert ending((), link) == ((link,),)
    assert ending((full, (Drawn("b", "b"),)), link) == (full, (Drawn("b", "b"), link))
    assert ending((full, Menu("m", "", ())), link) == (full, Menu("m", "", ()), (link,))
    assert ending((full,) * 5, link) == (*(full,) * 4, (link,))
