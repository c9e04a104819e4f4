"""Being installed: the way to Slack's page of consent and back, and what people read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from slack_sdk.oauth.installation_store.models.installation import Installation

from integrations.surfaces.slack.listening import SlackUnavailable
from integrations.surfaces.slack.reading import payload
from integrations.surfaces.slack.surface import SlackSettings, SlackSurface
from integrations.surfaces.slack.teams.oauth import INSTALL_PATH, REDIRECT_PATH, consent_page
from integrations.surfaces.slack.teams.requirements import requirements
from integrations.surfaces.slack.teams.tokens import body_of, workspace_of
from tests.bot.slack_place import listed
from tests.surfaces.slack.teams import Town, open_town

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from learning.store.store import Store

ROOT = "http://mynah.example"
NASTY = "<script>alert(1)</script>"


@pytest.fixture
async def town(store: Store) -> AsyncIterator[Town]:
    async with open_town(store) as it:
        it.slack.app.redirect_urls = {ROOT + REDIRECT_PATH}
        yield it


@pytest.fixture
async def browser(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    surface, app = town.process(signing_secret=town.slack.app.signing_secret), FastAPI()
    surface.mount(app)
    await surface.start(town.host)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=ROOT, trust_env=False
    ) as client:
        yield client


async def begun(browser: httpx.AsyncClient) -> tuple[str, str]:
    """Where somebody is sent who begins, and the cookie they get."""
    response = await browser.get(INSTALL_PATH)
    assert response.status_code == 302
    set_cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in set_cookie
    assert "Secure" in set_cookie
    return response.headers["Location"], set_cookie.partition(";")[0]


async def test_who_installs_is_told_how_to_go_on_and_leaves_no_trace(
    town: Town, browser: httpx.AsyncClient
) -> None:
    team = town.found("acme")
    ada = team.user("ada")
    url, cookie = await begun(browser)
    assert url.startswith(town.slack.api_url.removesuffix("api/") + "oauth/v2/authorize?")
    asked = parse_qs(urlsplit(url).query)
    assert set(asked["scope"][0].split(",")) == listed("bot") == set(requirements().scopes)
    assert "user_scope" not in asked
    back = team.approve(url, ada)
    page = await browser.get(back, headers={"Cookie": cookie})
    assert page.status_code == 200
    assert "/invite" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    kept = await town.kept.find("slack", team.id)
    assert kept is not None
    installed = town.slack.state.installation(town.slack.app.id, team.id)
    assert installed is not None
    assert kept.body["bot_token"] == installed.token
    assert ada.id not in str(kept.body)
    # The address serves once.
    again = await browser.get(back, headers={"Cookie": cookie})
    assert again.status_code == 401


async def test_who_was_not_sent_by_us_is_not_let_in(
    town: Town, browser: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    team = town.found("acme")
    ada = team.user("ada")
    url, cookie = await begun(browser)
    back = team.approve(url, ada)
    code = parse_qs(urlsplit(back).query)["code"][0]
    denied = team.approve(url, ada, deny=True)
    foreign = f"{REDIRECT_PATH}?code={code}&state=guess"
    spent = back.replace(code, "code.guess")
    for path, cookies, status, says in (
        (back, "", 400, "cookies"),
        (foreign, cookie, 400, "browser"),
        (foreign, "slack-app-oauth-state=guess", 401, "Begin again"),
        (denied, cookie, 200, "turned down"),
        (f"{REDIRECT_PATH}?error={NASTY}", cookie, 200, "went wrong"),
        (spent, cookie, 401, "did not let us in"),
        (back, cookie, 401, "Begin again"),  # the secret was used
    ):
        page = await browser.get(path, headers={"Cookie": cookies} if cookies else {})
        assert (page.status_code, says in page.text) == (status, True), path
        assert "script" not in page.text
        assert "Traceback" not in page.text
    assert await town.kept.find("slack", team.id) is None
    assert "code." not in caplog.text


async def test_a_slack_that_does_not_answer_is_no_stack_trace(
    town: Town, browser: httpx.AsyncClient
) -> None:
    team = town.found("acme")
    url, cookie = await begun(browser)
    town.slack.fail("oauth.v2.access", status=0)
    page = await browser.get(team.approve(url, team.user("ada")), headers={"Cookie": cookie})
    assert (page.status_code, "once more" in page.text) == (502, True)


@pytest.mark.parametrize(
    ("whole", "kept_as"), [(True, "E0ORG"), (False, "T0ONE")], ids=["organisation", "workspace"]
)
def test_an_installation_is_kept_under_the_id_that_events_name(whole: bool, kept_as: str) -> None:
    installed = Installation(
        enterprise_id="E0ORG",
        team_id=None if whole else "T0ONE",
        bot_token="xoxb-secret",
        bot_user_id="UBOT",
        user_id="UADMIN",
        user_token="xoxp-secret",
        is_enterprise_install=whole,
    )
    event = {
        "team_id": "T0ONE",
        "authorizations": [
            {"enterprise_id": "E0ORG", "team_id": "T0ONE", "is_enterprise_install": whole}
        ],
    }
    grant = installed.to_bot()
    assert workspace_of(grant) == payload.installation(event).workspace_id == kept_as
    body = json.dumps(body_of(grant))
    assert "UADMIN" not in body
    assert "xoxp" not in body


def test_slacks_page_of_consent_is_beside_its_api() -> None:
    assert consent_page("https://slack.com/api/") == "https://slack.com/oauth/v2/authorize"
    assert consent_page("http://127.0.0.1:8/api/") == "http://127.0.0.1:8/oauth/v2/authorize"


async def test_half_of_a_pair_is_said_at_the_start(town: Town) -> None:
    for half, missing in (
        (SlackSettings(client_id="1.2"), "SLACK_CLIENT_SECRET"),
        (SlackSettings(client_secret="s3cret"), "SLACK_CLIENT_ID"),
    ):
        surface = SlackSurface(half, town.now, town.kept)
        with pytest.raises(SlackUnavailable, match=missing) as caught:
            await surface.start(town.host)
        await surface.stop()
        assert "s3cret" not in str(caught.value) + repr(surface)
