"""Whether everybody who reads a channel of Slack's is of the workspace."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from integrations.surfaces.slack.speaking.governor import Governor
from integrations.surfaces.slack.speaking.posting import Line
from integrations.surfaces.slack.teams.outsiders import FAILED_S, MOST_NEW, OWN_S, Outsiders
from integrations.surfaces.slack.teams.people import Directory
from tests.standins.slack_server import slack_server
from tests.surfaces.slack.clockwork import Instant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.standins.slack_people import Team
    from tests.standins.slack_server import SlackServer
    from tests.standins.slack_state import Channel, User


@dataclass
class Here:
    slack: SlackServer
    team: Team
    ada: User
    general: Channel
    time: Instant
    people: Directory
    outsiders: Outsiders

    async def mixed(self) -> bool:
        return await self.outsiders.among(self.general.id)

    def learn(self, user: User) -> None:
        member = self.people.learn(user.id, user.wire(self.team.id))
        self.outsiders.met(user.id, outsider=member.outsider)


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    async with slack_server() as slack, aiohttp.ClientSession() as session:
        team = slack.team("acme")
        installed = team.install(scopes={"users:read", "channels:read"})
        client = AsyncWebClient(
            installed.token, base_url=slack.api_url, session=session, retry_handlers=[]
        )
        time, ada = Instant(), team.user("ada")
        general = team.channel("general", ada, installed.bot)
        governor = Governor()
        line = Line(governor, client, team.id)
        people = Directory(line, time.clock)
        yield Here(slack, team, ada, general, time, people, Outsiders(line, people, time.clock))
        await governor.close()


async def test_a_channel_of_members_has_none_and_is_looked_at_once(here: Here) -> None:
    assert not await here.mixed()
    assert not await here.mixed()
    assert len(here.slack.called("conversations.members")) == 1
    assert here.slack.called("users.list") == [], "few people are looked up one by one"


async def test_a_guest_counts_from_when_they_join_until_they_leave(here: Here) -> None:
    assert not await here.mixed()
    guest = here.team.user("gus", guest=True)
    here.general.members.append(guest.id)
    assert not await here.mixed(), "nobody told us yet"
    here.time.now += OWN_S
    assert await here.mixed(), "we look again in any case"
    here.general.members.remove(guest.id)
    here.outsiders.changed(here.general.id)
    assert not await here.mixed()


async def test_who_becomes_a_guest_counts_at_once_in_every_channel(here: Here) -> None:
    assert not await here.mixed()
    here.ada.guest = True
    here.learn(here.ada)
    assert await here.mixed()


async def test_a_shared_channel_has_outsiders_whoever_is_in_it(here: Here) -> None:
    here.general.shared_with.add(here.slack.team("globex").id)
    assert await here.mixed()
    assert here.slack.called("conversations.members") == []


async def test_a_larger_channel_goes_by_the_list_of_the_workspace(here: Here) -> None:
    crowd = [here.team.user(f"u{n}") for n in range(MOST_NEW + 5)]
    here.general.members += [user.id for user in crowd]
    assert not await here.mixed()
    assert len(here.slack.called("users.list")) == 1
    assert here.slack.called("users.info") == []
    newcomer = here.team.user("gus", guest=True)
    here.general.members.append(newcomer.id)
    here.outsiders.changed(here.general.id)
    assert await here.mixed(), "who came after the list was read is looked up"
    here.general.members.remove(newcomer.id)
    here.outsiders.changed(here.general.id)
    assert not await here.mixed()
    crowd[3].guest = True
    here.learn(crowd[3])
    assert await here.mixed(), "and the list is put right by what Slack tells"
    assert len(here.slack.called("users.list")) == 1


@pytest.mark.parametrize("method", ["conversations.info", "conversations.members", "users.info"])
async def test_a_channel_that_cannot_be_looked_at_has_some_for_a_moment(
    here: Here, method: str
) -> None:
    here.slack.fail(method, "missing_scope")
    assert await here.mixed()
    here.time.now += FAILED_S
    assert not await here.mixed()


async def test_who_joins_while_we_look_is_not_missed_for_long(here: Here) -> None:
    gate = here.slack.hold("users.info")
    looking = asyncio.create_task(here.mixed())
    await here.slack.until(lambda: gate.held)
    guest = here.team.user("gus", guest=True)
    here.general.members.append(guest.id)
    here.outsiders.changed(here.general.id)
    gate.open()
    await looking
    assert await here.mixed(), "what was found before they came is not kept"
