"""Installing by OAuth, rotating and removing, in the stand-in for Slack and a real Bolt app."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.models.installation import Installation
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack_bolt_app import Noted, bolt, over_http
from tests.standins.slack_place import Place, refused

# The SDK sends OAuth's client by aiohttp's own basic authentication.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")


class _States(AsyncOAuthStateStore):
    def __init__(self) -> None:
        self.open: set[str] = set()

    async def async_issue(self, *_: Any, **__: Any) -> str:
        self.open.add("state-1")
        return "state-1"

    async def async_consume(self, state: str) -> bool:
        known = state in self.open
        self.open.discard(state)
        return known


class _Installations(AsyncInstallationStore):
    def __init__(self) -> None:
        self.kept: dict[str, Installation] = {}

    async def async_save(self, installation: Installation) -> None:
        self.kept[str(installation.team_id)] = installation

    async def async_find_installation(
        self, *, team_id: str | None = None, **_: Any
    ) -> Installation | None:
        return self.kept.get(str(team_id))


@pytest.mark.parametrize(
    "order", [("app_uninstalled", "tokens_revoked"), ("tokens_revoked", "app_uninstalled")]
)
async def test_an_app_is_installed_by_oauth_heard_and_removed(
    place: Place, order: tuple[str, ...]
) -> None:
    slack, noted, store = place.slack, Noted(), _Installations()
    slack.app.rotates = True
    team = slack.team("other")
    ada = team.user("ada", admin=True)
    settings = AsyncOAuthSettings(
        client_id=slack.app.client_id,
        client_secret=slack.app.client_secret,
        scopes=["app_mentions:read", "channels:history", "chat:write"],
        installation_store=store,
        state_store=_States(),
        install_page_rendering_enabled=False,
    )
    app = bolt(slack, noted, signing_secret=slack.app.signing_secret, oauth_settings=settings)
    async with over_http(slack, app) as root, aiohttp.ClientSession() as browser:
        slack.app.redirect_urls = {f"{root}/slack/oauth_redirect"}
        async with browser.get(f"{root}/slack/install", allow_redirects=False) as response:
            page, cookie = response.headers["Location"], response.cookies
        back = team.approve(page, ada)
        assert parse_qs(urlsplit(back).query)["state"] == ["state-1"]
        jar = {name: morsel.value for name, morsel in cookie.items()}
        async with browser.get(back, cookies=jar) as response:
            assert response.status == 200
        kept = store.kept[team.id]
        assert kept.bot_token is not None
        assert kept.bot_token.startswith("xoxe.xoxb-")
        state = slack.state.installation(slack.app.id, team.id)
        assert state is not None
        channel = team.channel("general", ada, state.bot)
        await team.say(ada, channel, f"<@{state.bot.id}> hello")
        await noted.heard("app_mention", "message")
        removed = await team.uninstall(order=order)
        assert [delivery.name for delivery in removed] == list(order)
        await noted.heard("app_mention", "message", *order)
    client = AsyncWebClient(kept.bot_token, base_url=slack.api_url)
    assert await refused(client.auth_test()) == "account_inactive"


async def test_a_code_serves_once_and_for_its_client_only(place: Place) -> None:
    slack, app = place.slack, place.slack.app
    app.redirect_urls = {"https://mynah.example/oauth"}
    url = f"https://slack.com/oauth/v2/authorize?client_id={app.client_id}&scope=chat:write&state=s"
    code = parse_qs(urlsplit(place.team.approve(url, place.ada)).query)["code"][0]
    client = AsyncWebClient(base_url=slack.api_url)
    keys = {"client_id": app.client_id, "client_secret": app.client_secret}
    access = client.oauth_v2_access
    wrong = access(client_id=app.client_id, client_secret="guess", code=code)
    assert await refused(wrong) == "bad_client_secret"
    assert (await access(**keys, code=code))["scope"] == "chat:write"
    assert await refused(access(**keys, code=code)) == "code_already_used"
    assert await refused(access(**keys, code="guess")) == "invalid_code"
    denied = place.team.approve(url, place.ada, deny=True)
    assert "error=access_denied" in denied
    for bad in (url.replace(app.client_id, "1.2"), url + "&redirect_uri=https://evil.example"):
        with pytest.raises(ValueError, match=r"client_id|redirect_uri"):
            place.team.approve(bad, place.ada)


async def test_a_rotated_token_expires_and_is_renewed_by_the_sdk(place: Place) -> None:
    slack, app = place.slack, place.slack.app
    app.rotates = True
    installed = place.team.install()
    client = AsyncWebClient(base_url=slack.api_url)
    slack.pass_time(43_201)
    assert await refused(client.auth_test(token=installed.token)) == "token_expired"
    rotator = AsyncTokenRotator(
        client_id=app.client_id, client_secret=app.client_secret, client=client
    )
    old = Installation(
        user_id=place.ada.id,
        team_id=place.team.id,
        bot_token=installed.token,
        bot_refresh_token=installed.refresh_token,
        bot_token_expires_in=1,
    )
    new = await rotator.perform_token_rotation(installation=old, minutes_before_expiration=10)
    assert new is not None
    assert (await client.auth_test(token=new.bot_token))["ok"] is True
    again = client.oauth_v2_access(
        client_id=app.client_id,
        client_secret=app.client_secret,
        grant_type="refresh_token",
        refresh_token=old.bot_refresh_token,
    )
    assert await refused(again) == "invalid_refresh_token"
