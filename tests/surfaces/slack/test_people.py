"""Who somebody is in Slack: asked once, believed for a while, and taken back when it changes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from integrations.surfaces.slack.reading.payload import Origin
from integrations.surfaces.slack.speaking.governor import Governor
from integrations.surfaces.slack.speaking.posting import Line
from integrations.surfaces.slack.teams.people import (
    FAILED_S,
    HOLDS_S,
    UNKNOWN,
    Directory,
    member_of,
)
from tests.standins.slack_server import slack_server
from tests.surfaces.slack.clockwork import Instant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.standins.slack_people import Team
    from tests.standins.slack_server import SlackServer
    from tests.standins.slack_state import User


@dataclass
class Here:
    slack: SlackServer
    team: Team
    ada: User
    time: Instant
    people: Directory

    def origin(self, user: User, *, external: bool = False) -> Origin:
        when = datetime(2026, 5, 4, tzinfo=UTC)
        return Origin("Ev1", self.team.id, user.id, "C1", "", False, when, external=external)

    def looked_up(self) -> int:
        return len(self.slack.called("users.info"))


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    async with slack_server() as slack, aiohttp.ClientSession() as session:
        team = slack.team("acme")
        installed = team.install(scopes={"users:read"})
        client = AsyncWebClient(
            installed.token, base_url=slack.api_url, session=session, retry_handlers=[]
        )
        time = Instant()
        governor = Governor()
        people = Directory(Line(governor, client, team.id), time.clock)
        yield Here(slack, team, team.user("ada", admin=True), time, people)
        await governor.close()


async def test_an_admin_is_one_and_is_asked_for_once(here: Here) -> None:
    found = await asyncio.gather(*(here.people.person(here.origin(here.ada)) for _ in range(5)))
    assert {(p.admin, p.outsider, p.private, p.tz) for p in found} == {
        (True, False, True, "Etc/UTC")
    }
    assert here.looked_up() == 1


async def test_a_profile_is_believed_for_a_while_and_a_change_at_once(here: Here) -> None:
    await here.people.member(here.ada.id)
    here.ada.admin, here.ada.guest = False, True
    assert (await here.people.member(here.ada.id)).admin
    here.people.learn(here.ada.id, here.ada.wire(here.team.id))
    assert (await here.people.member(here.ada.id)).outsider
    assert here.looked_up() == 1
    here.ada.guest = False
    here.time.now += HOLDS_S
    assert not (await here.people.member(here.ada.id)).outsider


async def test_who_cannot_be_looked_up_is_an_outsider_and_no_admin(here: Here) -> None:
    here.slack.fail("users.info", "user_not_visible")
    person = await here.people.person(here.origin(here.ada))
    assert (person.admin, person.outsider) == (False, True)
    assert await here.people.member("") == UNKNOWN
    here.time.now += FAILED_S
    assert (await here.people.person(here.origin(here.ada))).admin, "it is tried again"


async def test_an_event_that_says_somebody_is_of_elsewhere_outweighs_the_profile(
    here: Here,
) -> None:
    person = await here.people.person(here.origin(here.ada, external=True))
    assert (person.admin, person.outsider) == (False, True)


@pytest.mark.parametrize(
    ("profile", "outsider", "admin"),
    [
        ({"team_id": "T1", "is_owner": True}, False, True),
        ({"team_id": "T1", "is_ultra_restricted": True}, True, False),
        ({"team_id": "T2", "is_admin": True}, True, False),
        ({"team_id": "T1", "is_stranger": True, "is_admin": True}, True, False),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E", "teams": ["T1"]}}, False, 0),
        ({"is_admin": True}, True, False),
        ({}, True, False),
    ],
)
def test_what_a_profile_says(profile: dict[str, object], outsider: bool, admin: bool) -> None:
    member = member_of(profile, "T1")
    assert (member.outsider, member.admin) == (outsider, bool(admin))
