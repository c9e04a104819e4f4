"""Slack keeps to the port that every surface keeps to, with a worker beside the server too."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from integrations.contracts.delivery import Delivery, Outcome, Standing, Target
from integrations.contracts.incoming import IncomingMessage, IncomingReaction
from integrations.contracts.surface import DeliveryFailure, Surface
from integrations.surfaces.slack.surface import SlackSettings, SlackSurface
from learning.interpretation.contract import Reading, numbered
from tests.standins.slack_server import slack_server
from tests.surfaces.web.fake_host import FakeBroadcast, FakeHost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.standins.slack_people import Team
    from tests.standins.slack_server import SlackServer
    from tests.standins.slack_state import Channel, Message, User


def now() -> datetime:
    return datetime(2026, 5, 4, tzinfo=UTC)


@dataclass
class Here:
    slack: SlackServer
    team: Team
    ada: User
    general: Channel
    settings: SlackSettings
    surface: SlackSurface
    host: FakeHost

    def target(self, thread: str, *, interaction: UUID | None = None) -> Target:
        return Target(
            "slack",
            self.team.id,
            self.general.id,
            thread,
            self.ada.id,
            uuid4(),
            interaction or uuid4(),
            private=False,
        )

    def shown(self) -> list[Message]:
        return self.slack.posts(self.general.id)


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    async with slack_server() as slack:
        slack.state.now = time.time()
        slack.app.socket_mode = True
        team = slack.team("acme")
        ada = team.user("ada")
        installed = team.install()
        general = team.channel("general", ada, installed.bot)
        settings = SlackSettings(installed.token, slack.app.app_token, api_url=slack.api_url)
        surface = SlackSurface(settings, now)
        host = FakeHost(FakeBroadcast(), now)
        host.attach(surface)
        yield Here(slack, team, ada, general, settings, surface, host)
        await surface.stop()
        await asyncio.gather(*host._turns)  # a worker may deliver after the listening ended
        await surface.stop()


async def a_thread(here: Here) -> str:
    return (await here.team.say(here.ada, here.general, "hello")).ts


def test_it_is_a_surface_and_its_settings_keep_their_secrets() -> None:
    settings = SlackSettings("xoxb-secret", "xapp-secret", "signing-secret")
    surface: Surface = SlackSurface(settings, now)
    assert surface.name == "slack"
    assert surface.capabilities.max_chars >= 2_000
    assert "secret=" not in repr(settings)
    assert "xoxb" not in repr(settings) + repr(surface)


async def test_the_same_delivery_again_has_the_same_reference(here: Here) -> None:
    target = here.target(await a_thread(here))
    delivery = Delivery(f"answer:{uuid4()}", target, "Yes.")
    first = await here.surface.deliver(delivery)
    assert await here.surface.deliver(replace(delivery, ref=first)) == first
    # Another process knows nothing but what Slack does.
    other = SlackSurface(here.settings, now)
    try:
        assert await other.deliver(delivery) == first
        assert await other.deliver(replace(delivery, key=f"answer:{uuid4()}")) != first
    finally:
        await other.stop()
    assert len(here.shown()) == 2
    assert first == here.shown()[0].ref


async def test_a_post_that_somebody_wanted_names_them_and_notifies_nobody(here: Here) -> None:
    ordered = replace(here.target("", interaction=uuid4()), interaction_id=None)
    post = Delivery(f"action:{uuid4()}", ordered, "The release is out.", outcome=Outcome.ACTED)
    ref = await here.surface.deliver(post)
    by = {"type": "plain_text", "text": "Asked by ada", "emoji": False}
    assert [b["elements"] for b in here.shown()[0].blocks if b["type"] == "context"] == [[by]]
    await here.surface.restate(replace(post, text="It was out.", ref=ref), Standing())
    (shown,) = here.shown()
    assert "It was out." in str(shown.blocks)
    assert by in shown.blocks[-1]["elements"]
    await here.surface.deliver(replace(post, key="own", target=replace(ordered, private=True)))
    assert "Asked by" not in str(here.shown()[-1].blocks)


async def test_a_long_reply_has_the_references_of_all_its_messages(here: Here) -> None:
    target = here.target(await a_thread(here))
    text = "\n\n".join(f"Paragraph {n}: " + "word " * 400 for n in range(12))
    refs = (await here.surface.deliver(Delivery("long", target, text))).split(",")
    assert refs == [message.ref for message in here.shown()]
    assert len(refs) > 1


async def test_a_question_back_offers_its_readings(here: Here) -> None:
    target = here.target(await a_thread(here))
    readings = (Reading("h1", "build a REST API", 0.75), Reading("h2", "build a library", 0.6))
    asks = Delivery("asks", target, numbered(readings), outcome=Outcome.ASKED, readings=readings)
    assert await here.surface.deliver(asks) == await here.surface.deliver(asks)
    (message,) = here.shown()
    assert "Build a library" in str(message.blocks)


async def test_a_reply_that_breaks_off_takes_nothing_with_it(here: Here) -> None:
    target = here.target(await a_thread(here))

    async def break_off() -> None:
        async with here.surface.live(target) as live:
            await live.append("half of it")
            await live.restart()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    await here.surface.stop()
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("slack ")]
    assert all(message.stream != "open" for message in here.shown())


async def test_it_can_be_stopped_twice_and_started_again(here: Here) -> None:
    await here.surface.start(here.host)
    await here.surface.stop()
    await here.surface.stop()
    assert not here.slack.sockets.open_of(here.slack.app)
    await here.surface.start(here.host)
    mention = f"<@{here.slack.state.installations[0].bot.id}> hello"
    await here.team.say(here.ada, here.general, mention)
    assert [event.kind for event in here.host.accepted] == ["message"]


async def test_a_channel_that_is_gone_is_a_failure_for_good(here: Here) -> None:
    target = replace(here.target("1.1"), channel_id="C404")
    with pytest.raises(DeliveryFailure) as caught:
        await here.surface.deliver(Delivery("k", target, "Yes."))
    assert caught.value.final


async def test_what_comes_in_is_told_as_it_was_said(here: Here) -> None:
    await here.surface.start(here.host)
    bot = here.slack.state.installations[0].bot
    said = await here.team.say(here.ada, here.general, f"<@{bot.id}> is 1 &lt; 2?")
    await here.slack.until(here.shown)
    await here.slack.until(lambda: here.host.shown)
    (message,) = here.host.accepted
    assert isinstance(message, IncomingMessage)
    assert (message.text, message.thread_id) == ("is 1 < 2?", said.ts)
    assert message.message_ref == said.ref
    assert message.workspace_id == here.team.id
    assert not message.private
    answer = here.shown()[0]
    await here.team.react(here.ada, answer, "tada")
    reaction = here.host.accepted[-1]
    assert isinstance(reaction, IncomingReaction)
    assert (reaction.emoji, reaction.removed) == ("tada", False)


async def test_a_link_that_breaks_is_made_again_and_nothing_is_lost(here: Here) -> None:
    await here.surface.start(here.host)
    bot = here.slack.state.installations[0].bot
    await here.slack.sockets.refresh(here.slack.app)
    await here.slack.until(lambda: here.slack.sockets.open_of(here.slack.app))
    await here.team.say(here.ada, here.general, f"<@{bot.id}> hello")
    await here.slack.courier.retry()
    assert len(here.host.accepted) == 1
