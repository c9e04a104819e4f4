"""Installing, rotating and revoking in the stand-in for Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.standins.slack_calls import Call, method
from tests.standins.slack_state import (
    CODE_S,
    ROTATED_TOKEN_S,
    App,
    Installation,
    Json,
    Refused,
    State,
    Token,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

GONE = ("app_uninstalled", "tokens_revoked")


def installed(
    state: State, app: App, team_id: str, installer: str, scopes: frozenset[str] | None
) -> Installation:
    """Install an app, or bring an installation back; the bot user stays the same."""
    bot = next(
        (u for u in state.users.values() if u.app_id == app.id and u.team_id == team_id), None
    )
    if bot is None:
        bot = User(state.new_id("U"), team_id, app.name, bot_id=state.new_id("B"), app_id=app.id)
        state.users[bot.id] = bot
    bot.deleted = False
    found = state.installation(app.id, team_id)
    if found is None:
        found = Installation(app, team_id, bot, scopes, installer)
        state.installations.append(found)
    found.scopes = scopes
    return found


def fresh_token(state: State, installation: Installation) -> Token:
    """Make a bot token; with rotation it expires, and the refresh token is a new one."""
    app = installation.app
    prefix = "xoxe.xoxb-1-" if app.rotates else "xoxb-"
    token = Token(
        state.new_id(prefix),
        app,
        installation.team_id,
        installation.bot.id,
        installation.scopes,
        expires_at=state.now + ROTATED_TOKEN_S if app.rotates else None,
    )
    state.tokens[token.value] = token
    installation.token = token.value
    installation.refresh_token = state.new_id("xoxe-1-") if app.rotates else ""
    return token


def approve(
    state: State, authorize_url: str, team_id: str, user: str, *, deny: bool = False
) -> str:
    """Do what a person does on Slack's page of consent; return where the browser goes next.

    Raises:
        ValueError: if Slack would show an error instead of that page.
    """
    asked = {key: values[0] for key, values in parse_qs(urlsplit(authorize_url).query).items()}
    app = next((a for a in state.apps.values() if a.client_id == asked.get("client_id")), None)
    if app is None:
        raise ValueError(f"invalid client_id: {asked.get('client_id')}")
    redirect = asked.get("redirect_uri") or next(iter(sorted(app.redirect_urls)), "")
    if not any(redirect.startswith(known) for known in app.redirect_urls):
        raise ValueError(f"redirect_uri did not match any configured URIs: {redirect!r}")
    if not asked.get("scope"):
        raise ValueError("invalid_scope: no scopes were asked for")
    answer = {"state": asked["state"]} if "state" in asked else {}
    if deny:
        return f"{redirect}?{urlencode({'error': 'access_denied', **answer})}"
    code = state.new_id("code.")
    # The installation counts once the code was exchanged.
    wanted = Installation(
        app, team_id, state.users[user], frozenset(asked["scope"].split(",")), user
    )
    state.codes[code] = (wanted, asked.get("redirect_uri", ""), state.now + CODE_S)
    return f"{redirect}?{urlencode({'code': code, **answer})}"


@method("oauth.v2.access", kind="none")
def oauth_access(call: Call) -> Json:
    app = _client(call)
    if call.text("grant_type") == "refresh_token":
        return _granted(call.state, _refreshed(call, app))
    code = call.need("code", "invalid_code")
    if code in call.state.spent_codes:
        raise Refused("code_already_used")
    if code not in call.state.codes:
        raise Refused("invalid_code")
    wanted, redirect, until = call.state.codes[code]
    if wanted.app is not app:
        raise Refused("invalid_code")
    if redirect and call.text("redirect_uri") != redirect:
        raise Refused("bad_redirect_uri")
    del call.state.codes[code]
    call.state.spent_codes.add(code)
    if call.state.now > until:
        raise Refused("invalid_code")
    return _granted(
        call.state, installed(call.state, app, wanted.team_id, wanted.installer, wanted.scopes)
    )


def _client(call: Call) -> App:
    for app in call.state.apps.values():
        if app.client_id == call.text("client_id"):
            if app.client_secret != call.text("client_secret"):
                raise Refused("bad_client_secret")
            return app
    raise Refused("invalid_client_id")


def _refreshed(call: Call, app: App) -> Installation:
    for found in call.state.installations:
        token = found.refresh_token
        if found.app is app and found.active and token and token == call.text("refresh_token"):
            return found
    raise Refused("invalid_refresh_token")


def _granted(state: State, installation: Installation) -> Json:
    token = fresh_token(state, installation)
    body: Json = {
        "app_id": installation.app.id,
        "access_token": token.value,
        "token_type": "bot",
        "scope": ",".join(sorted(installation.scopes or ())),
        "bot_user_id": installation.bot.id,
        "team": {"id": installation.team_id, "name": state.teams[installation.team_id]},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": installation.installer},
    }
    if installation.refresh_token:
        body |= {"expires_in": ROTATED_TOKEN_S, "refresh_token": installation.refresh_token}
    return body


def revoked(state: State, installation: Installation, error: str) -> None:
    for token in state.tokens.values():
        if token.user_id == installation.bot.id and token.app is installation.app:
            token.dead = error
    installation.refresh_token = ""


def uninstalled(state: State, installation: Installation, order: Sequence[str] = GONE) -> None:
    """Take an app away: its tokens die, its bot leaves, and two events come in this order."""
    events: dict[str, Json] = {
        "app_uninstalled": {"type": "app_uninstalled"},
        "tokens_revoked": {
            "type": "tokens_revoked",
            "tokens": {"oauth": [], "bot": [installation.bot.id]},
        },
    }
    revoked(state, installation, "account_inactive")
    for name in order:
        state.emit(name, installation.team_id, events[name], only_app=installation.app.id)
    installation.active = False
    installation.bot.deleted = True
    for channel in state.channels.values():
        if installation.bot.id in channel.members and channel.kind != "im":
            channel.members.remove(installation.bot.id)


@method("auth.revoke")
def auth_revoke(call: Call) -> Json:
    if call.flag("test"):
        return {"revoked": False}
    call.by.dead = "token_revoked"
    tokens = {"oauth": [], "bot": [call.me.id]}
    event = {"type": "tokens_revoked", "tokens": tokens}
    call.state.emit("tokens_revoked", call.by.team_id, event, only_app=call.by.app.id)
    return {"revoked": True}


@method("apps.uninstall")
def apps_uninstall(call: Call) -> Json:
    if _client(call) is not call.by.app:
        raise Refused("client_id_token_mismatch")
    uninstalled(call.state, call.installation)
    return {}


def config_token(state: State, app: App) -> Token:
    """Make a token of somebody who may see the settings of an app."""
    token = Token(state.new_id("xoxe.xoxp-1-"), app, kind="config", scopes=frozenset())
    token.expires_at = state.now + ROTATED_TOKEN_S
    state.tokens[token.value] = token
    return token


@method("apps.manifest.export", kind="config")
def manifest_export(call: Call) -> Json:
    if call.need("app_id") not in call.state.apps:
        raise Refused("invalid_app_id")
    if call.text("app_id") != call.by.app.id:
        raise Refused("app_not_found")
    return {"manifest": call.by.app.manifest}
