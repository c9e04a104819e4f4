"""Buttons that give commands in Slack, over real sockets, and what only one person is told."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from integrations.contracts.delivery import Button, Delivery, Outcome, Picture, Standing, Target
from integrations.contracts.host import CommandReply, Person
from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.surface import SlackSettings, SlackSurface
from tests.standins.slack_server import slack_server
from tests.surfaces.web.fake_host import FakeBroadcast, FakeHost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.standins.slack_people import Team
    from tests.standins.slack_server import SlackServer
    from tests.standins.slack_state import Channel, Message, User

BUTTONS = (
    Button("Do it", "action accept 3f2a", "primary"),
    Button("Change", "action change 3f2a", asks="What it is given", filled="title: Fix\nn: 2"),
    Button("Say", "say " + "x" * 76, asks="What?", filled="y" * 2_900),
    Button("No", "action reject 3f2a", "danger"),
    Button("No", "action  reject 3f2a"),
    Button("Too long", "z" * 81),
)


class Desk(FakeHost):
    """A host that says what it was told to, once it may."""

    def __init__(self) -> None:
        super().__init__(FakeBroadcast(), now)
        self.reply = CommandReply("Done.")
        self.slow = asyncio.Event()
        self.slow.set()

    async def command(self, person: Person, line: str) -> CommandReply:
        self.commands_run.append((person.user_id, line))
        await self.slow.wait()
        return self.reply


def now() -> datetime:
    return datetime(2026, 5, 4, tzinfo=UTC)


@dataclass
class Here:
    slack: SlackServer
    team: Team
    ada: User
    bo: User
    bot: User
    general: Channel
    surface: SlackSurface
    host: Desk

    def delivery(self, thread: str, **more: Any) -> Delivery:
        target = Target(
            "slack",
            self.team.id,
            self.general.id,
            thread,
            self.ada.id,
            uuid4(),
            None,
            private=False,
        )
        return Delivery(f"report:{uuid4()}", target, "I would open an issue.", **more)

    async def shown(self, **more: Any) -> Message:
        await self.surface.deliver(self.delivery("", **more))
        return self.slack.posts(self.general.id)[-1]

    def whispers(self, user: User) -> list[Message]:
        return [m for m in self.slack.posts(self.general.id) if m.ephemeral_to == user.id]


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    async with slack_server() as slack:
        slack.state.now = time.time()
        slack.app.socket_mode = True
        team = slack.team("acme")
        ada, bo = team.user("ada"), team.user("bo")
        installed = team.install()
        general = team.channel("general", ada, bo, installed.bot)
        settings = SlackSettings(installed.token, slack.app.app_token, api_url=slack.api_url)
        surface, host = SlackSurface(settings, now), Desk()
        await surface.start(host)
        yield Here(slack, team, ada, bo, installed.bot, general, surface, host)
        await surface.stop()


def drawn(message: Message) -> dict[str, Any]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return {each["action_id"]: each for row in rows for each in row}


async def test_a_press_gives_the_command_once_and_is_answered_to_who_pressed(here: Here) -> None:
    message = await here.shown(buttons=BUTTONS)
    found = drawn(message)
    assert [each["text"]["text"] for each in found.values()] == ["Do it", "Change", "Say", "No"]
    assert [each.get("style") for each in found.values()] == ["primary", None, None, "danger"]
    here.host.slow.clear()
    here.host.reply = CommandReply(
        "Opened **#12**.",
        buttons=(Button("Undo", "action undo 3f2a"),),
        pictures=(Picture("bars.png", b"\x89PNG", "Two bars"),),
    )
    for _ in "12":
        assert not (await here.team.click(here.bo, message, f"{ids.RUN}_0")).failure
    here.host.slow.set()
    await here.slack.until(lambda: here.whispers(here.bo))
    assert here.host.commands_run == [(here.bo.id, "action accept 3f2a")]
    (told,) = here.whispers(here.bo)
    assert "#12" in told.text
    assert "direct messages" in str(told.blocks)
    handed = here.slack.posts(here.team.dm(here.bo, here.bot).id)[-1]
    assert (handed.text, handed.files[0].content) == ("Two bars", b"\x89PNG")
    here.host.reply = CommandReply("Undone.")
    await here.team.click(here.bo, told, f"{ids.RUN}_0")
    await here.slack.until(lambda: len(here.whispers(here.bo)) == 2)
    assert here.host.commands_run[-1] == (here.bo.id, "action undo 3f2a")
    assert here.whispers(here.ada) == []


async def test_a_button_that_asks_opens_a_dialog_and_sends_what_was_written(here: Here) -> None:
    message = await here.shown(buttons=BUTTONS)
    await here.team.click(here.ada, message, f"{ids.ASK}_1")
    await here.slack.until(lambda: here.team.modal(here.ada))
    view = here.team.modal(here.ada)
    assert view is not None
    assert "title: Fix\\nn: 2" in str(view["blocks"])
    refused = await here.team.submit(here.ada, view, {ids.TEXT: "\u200b"})
    assert refused.reply["response_action"] == "errors"
    await here.team.submit(here.ada, view, {ids.TEXT: "title: Mend\nn: 3"})
    await here.slack.until(lambda: here.whispers(here.ada))
    assert here.host.commands_run == [(here.ada.id, "action change 3f2a title: Mend\nn: 3")]
    await here.team.click(here.ada, message, f"{ids.ASK}_2")
    await here.slack.until(lambda: here.team.modal(here.ada))
    assert "yy" not in str(here.team.modal(here.ada)), "there was no room for it, and no half of it"


async def test_a_report_stands_at_top_level_once_with_its_detail_below(here: Here) -> None:
    report = here.delivery("", buttons=BUTTONS[:1], below="All of *it*.", outcome=Outcome.ACTED)
    ref = await here.surface.deliver(report)
    assert await here.surface.deliver(report) == ref
    await here.surface.stop()
    assert await here.surface.deliver(report) == ref, "another process finds it"
    head, detail = here.slack.posts(here.general.id)
    assert (head.thread_ts in {"", head.ts}, detail.thread_ts) == (True, head.ts)
    assert ref == f"{head.ref},{detail.ref}"
    assert "can be wrong" not in str(head.blocks + detail.blocks)
    assert list(drawn(head)) == [f"{ids.RUN}_0"]
    done = Delivery(report.key, report.target, "Done.", ref=ref, below=report.below)
    await here.surface.restate(done, Standing())
    head, detail = here.slack.posts(here.general.id)
    assert ("Done." in str(head.blocks), drawn(head)) == (True, {})
    assert "All of" in str(detail.blocks)
    await here.surface.withdraw(here.team.id, ref)
    assert here.slack.posts(here.general.id) == []
