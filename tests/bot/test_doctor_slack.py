"""``mynah doctor`` about Slack: what is granted, what is missing, and that no token is shown."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot import clock
from bot.doctor import examine
from bot.installations import KeptInstallations
from bot.manifest import Way, manifest
from integrations.surfaces.slack.teams.requirements import requirements
from integrations.surfaces.slack.teams.tokens import SURFACE
from tests.bot.slack_place import listed
from tests.bot.support import settings_of
from tests.standins.slack_install import config_token
from tests.standins.slack_server import slack_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from integrations.contracts.check import Check
    from learning.store.store import Store
    from tests.standins.slack_server import SlackServer

    Examine = Callable[..., Coroutine[Any, Any, dict[str, Check]]]


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with slack_server() as it:
        it.app.socket_mode = True
        it.app.manifest = manifest(Way())
        yield it


@pytest.fixture
def kept(store: Store) -> KeptInstallations:
    return KeptInstallations(store, clock.now)


@pytest.fixture
def look(slack: SlackServer, database: str, encryption_key: str, tmp_path: Path) -> Examine:
    async def look(**given: str) -> dict[str, Check]:
        given = {"SLACK_API_URL": slack.api_url, **given}
        settings = settings_of(tmp_path / "home", database, encryption_key, **given)
        found = [f for f in await examine(settings) if f.name.startswith("slack")]
        shown = json.dumps([f.data() for f in found])
        for token in [*slack.state.tokens, slack.app.signing_secret, slack.app.client_secret]:
            assert token not in shown
        return {f.name: f for f in found}

    return look


async def test_without_slack_nothing_is_said_of_it(look: Examine) -> None:
    assert await look() == {}
    assert "SLACK_BOT_TOKEN" in (await look(SLACK_SIGNING_SECRET="secret"))["slack"].mend


async def test_what_is_all_there_is_all_well(slack: SlackServer, look: Examine) -> None:
    installed = slack.team("acme").install(scopes=listed("bot"))
    given = {"SLACK_BOT_TOKEN": installed.token, "SLACK_APP_TOKEN": slack.app.app_token}
    found = await look(**given)
    assert all(each.ok for each in found.values()), found
    assert found["slack"].sentence.endswith("acme as mynah, with all scopes that are needed")
    assert "`mynah manifest`" in found["slack app"].mend
    token = config_token(slack.state, slack.app).value
    compared = (await look(**given, SLACK_CONFIG_TOKEN=token))["slack app"]
    assert (compared.ok, compared.mend) == (True, "")


async def test_each_scope_that_is_missing_is_named_with_what_does_not_work(
    slack: SlackServer, look: Examine
) -> None:
    lacking = {"files:read", "users:read"}
    installed = slack.team("acme").install(scopes=listed("bot") - lacking)
    found = (await look(SLACK_BOT_TOKEN=installed.token, SLACK_SIGNING_SECRET="s"))["slack"]
    assert not found.ok
    for scope in requirements().scopes:
        assert (scope in found.sentence) is (scope in lacking)
    assert requirements().scopes["files:read"].without in found.sentence
    assert "install it again" in found.mend


async def test_tokens_that_open_nothing_are_said_so(slack: SlackServer, look: Examine) -> None:
    slack.app.socket_mode = False
    found = await look(
        SLACK_BOT_TOKEN="xoxb-nonsense", SLACK_APP_TOKEN=slack.app.app_token, SLACK_CLIENT_ID="1.2"
    )
    assert "invalid_auth" in found["slack"].sentence
    assert "socket_mode_not_enabled" in found["slack listening"].sentence
    assert "SLACK_CLIENT_SECRET" in found["slack oauth"].sentence
    # Teams that other tests installed are looked at too.
    own = {name: each.ok for name, each in found.items() if not name.startswith("slack T")}
    assert [name for name, ok in own.items() if ok] == ["slack app"]
    gone = await look(SLACK_BOT_TOKEN="xoxb-nonsense", SLACK_API_URL="http://127.0.0.1:9/api/")
    assert "not reached" in gone["slack"].sentence
    assert "SLACK_APP_TOKEN" in gone["slack listening"].mend
    broken = await look(SLACK_BOT_TOKEN="xoxb-one\nxoxb-two")
    assert "no token has" in broken["slack"].sentence


async def test_what_the_apps_settings_lack_is_told_by_a_config_token(
    slack: SlackServer, look: Examine
) -> None:
    made = deepcopy(slack.app.manifest)
    made["settings"]["event_subscriptions"]["bot_events"].remove("reaction_removed")
    made["oauth_config"]["scopes"]["bot"].remove("users:read")
    made["features"]["shortcuts"].pop()
    del made["features"]["agent_view"]
    made["settings"]["interactivity"]["is_enabled"] = False
    slack.app.manifest = made
    installed = slack.team("acme").install(scopes=listed("bot"))
    token = config_token(slack.state, slack.app)
    # Without an app token, Slack is asked which app the bot is of.
    given = {"SLACK_BOT_TOKEN": installed.token, "SLACK_CONFIG_TOKEN": token.value}
    found = (await look(**given))["slack app"]
    told = found.sentence.partition(": ")[2].split("; ")
    assert [each.partition(" (")[0] for each in told] == [
        "no event reaction_removed",
        "no scope users:read",
        "no agent_view",
        "no shortcut mynah_forget_this",
        "“Interactivity” is off",
        "“Socket Mode” is on, without SLACK_APP_TOKEN",
    ]
    assert "mynah manifest" in found.mend
    slack.pass_time(100_000)
    late = (await look(**given))["slack app"]
    assert "token_expired" in late.sentence
    assert "twelve hours" in late.mend


async def test_every_workspace_that_installed_us_is_looked_at(
    slack: SlackServer, look: Examine, kept: KeptInstallations
) -> None:
    teams = {}
    for name in ("acme", "poor", "gone", "stale"):
        team = slack.team(name)
        installed = team.install(
            scopes=listed("bot") - ({"im:history"} if name == "poor" else set())
        )
        if name == "gone":
            slack.state.tokens[installed.token].dead = "account_inactive"
        late = datetime.now(UTC) - timedelta(hours=1) if name == "stale" else None
        await kept.save(
            SURFACE,
            team.id,
            {
                "app_id": slack.app.id,
                "team_id": team.id,
                "bot_token": installed.token,
                "bot_token_expires_at": late and late.timestamp(),
            },
        )
        teams[name] = team
    found = await look(
        SLACK_CLIENT_ID=slack.app.client_id,
        SLACK_CLIENT_SECRET=slack.app.client_secret,
        SLACK_SIGNING_SECRET=slack.app.signing_secret,
    )
    said = {name: found[f"slack {team.id}"] for name, team in teams.items()}
    assert {name: each.ok for name, each in said.items()} == {
        "acme": True,
        "poor": False,
        "gone": False,
        "stale": True,
    }
    assert "direct messages are not heard" in said["poor"].sentence
    assert "account_inactive" in said["gone"].sentence
    assert "/slack/install" in said["gone"].mend
    assert found["slack listening"].ok
