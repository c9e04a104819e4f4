"""Where Mynah can speak first in Slack, and whether somebody is there to be spoken to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.surface import DeliveryFailure, NoSuchSpot, Spot
from integrations.surfaces.slack.surface import SlackSettings, SlackSurface
from integrations.surfaces.slack.teams.presences import HOLDS_S, Presences
from integrations.surfaces.slack.teams.spots import YOURS
from tests.standins.slack_server import slack_server
from tests.surfaces.slack.clockwork import Instant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.standins.slack_people import Team
    from tests.standins.slack_server import SlackServer
    from tests.standins.slack_state import Channel, User

NOW = datetime(2026, 5, 4, 22, tzinfo=UTC)
SCOPES = {"channels:read", "groups:read", "users:read", "im:write", "dnd:read"}


@dataclass
class Here:
    slack: SlackServer
    team: Team
    ada: User
    guest: User
    bot: User
    dev: Channel
    surface: SlackSurface

    async def spot(self, name: str, user: User | None = None) -> Spot:
        return await self.surface.spot(self.team.id, (user or self.ada).id, name)

    async def refused(self, name: str, user: User | None = None) -> str:
        with pytest.raises(NoSuchSpot) as refusal:
            await self.spot(name, user)
        return str(refusal.value)


@pytest.fixture
async def here(request: pytest.FixtureRequest) -> AsyncIterator[Here]:
    async with slack_server() as slack:
        team = slack.team("acme")
        ada, guest = team.user("ada"), team.user("guest", guest=True)
        installed = team.install(scopes=SCOPES - getattr(request, "param", set()))
        dev = team.channel("dev", guest, installed.bot)
        surface = SlackSurface(SlackSettings(installed.token, api_url=slack.api_url), lambda: NOW)
        yield Here(slack, team, ada, guest, installed.bot, dev, surface)
        await surface.stop()


async def test_a_channel_is_found_however_it_is_written(here: Here) -> None:
    wanted = Spot(here.dev.id, "", private=False, label="#dev")
    for name in ("#dev", "Dev", f"<#{here.dev.id}|dev>", f"<#{here.dev.id}>", here.dev.id):
        assert await here.spot(name) == wanted
    assert await here.spot("#dev", here.guest) == wanted
    own = here.team.dm(here.bot, here.ada)
    assert await here.spot("") == Spot(own.id, "dm", private=True, label=YOURS)


async def test_what_is_not_open_to_a_person_or_to_us_is_refused_with_what_to_do(
    here: Here,
) -> None:
    secret = here.team.channel("secret", here.guest, here.bot, kind="group")
    open_ = here.team.channel("open", here.ada)
    nothing = await here.refused("#nowhere")
    for name in ("#secret", secret.id):
        assert (await here.refused(name)).split(" that ")[1] == nothing.split(" that ")[1]
    assert (await here.spot("#secret", here.guest)).channel_id == secret.id
    assert "invite me" in await here.refused("#open")
    assert "not in #open" in await here.refused("#open", here.guest)
    await here.team.share(here.dev, here.slack.team("other"))
    assert "not in #dev" in await here.refused("#dev"), "a shared one is for its members"
    assert (await here.spot("#dev", here.guest)).label == "#dev"
    open_.members.append(here.bot.id)
    open_.archived = True
    assert "archived" in await here.refused("#open")
    assert len(here.slack.called("conversations.list")) == 1, "Slack lets that be done seldom"
    here.ada.deleted = True
    here.slack.fail("users.info", "user_not_found")
    assert "deactivated" in await here.refused("")


@pytest.mark.parametrize("here", [{"im:write"}], indirect=True)
async def test_without_the_scope_nobody_is_written_to_first(here: Here) -> None:
    assert "im:write" in await here.refused("")


@pytest.mark.parametrize("here", [set(), {"dnd:read"}], indirect=True)
async def test_who_rests_is_away_where_we_may_see_it_and_who_left_is_gone(here: Here) -> None:
    circle = here.surface._out().circle(here.team.id)
    time = Instant()
    presences = Presences(circle.people._line, circle.people, time.clock)
    assert await presences.of(here.ada.id, NOW) == "there"
    at = int(NOW.timestamp())
    here.ada.resting = (at - 60, at + 60)
    assert await presences.of(here.ada.id, NOW) == "there", "it was asked a moment ago"
    time.now += HOLDS_S
    rested = await presences.of(here.ada.id, NOW)
    assert rested == ("there" if here.slack.errors() else "away")
    time.now += HOLDS_S
    assert await presences.of(here.ada.id, NOW + timedelta(minutes=2)) == "there"
    time.now += HOLDS_S
    here.ada.presence = "away"
    assert await presences.of(here.ada.id, NOW + timedelta(minutes=2)) == "away"
    await here.team.deactivate(here.guest)
    assert await here.surface.presence(here.team.id, here.guest.id) == "gone"
    with pytest.raises(DeliveryFailure):
        await here.surface.presence(here.team.id, "U0NOBODY")
