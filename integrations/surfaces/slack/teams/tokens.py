"""Which token opens a workspace, and how it is kept from expiring.

Decides where a token comes from (the environment for one workspace, installations for all
others), when it is renewed, and what a refused one is replaced with. Refuses to know what is
done with it. Tokens are renewed by one process; the others read what it kept.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store.models.bot import Bot as Grant
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.reading.payload import Bot
from integrations.surfaces.slack.speaking.failures import SlackRefusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from integrations.contracts.installations import Installation, Installations
    from integrations.surfaces.slack.teams.client import SlackClient

SURFACE: Final = "slack"
RENEW_S: Final = 600.0
"""A token is renewed when it has no longer than this to live."""
CLAIM_S: Final = 30.0
"""How long one process may take to renew a token before another one tries."""
LOOK_S: Final = 0.5
LOOKS: Final = 8
"""How often, and so how many times, it is looked whether the other process has renewed it."""
DEAD: Final = frozenset({"account_inactive", "invalid_auth", "token_expired", "token_revoked"})
"""What Slack says of a token that opens nothing any more."""
GONE: Final = frozenset({"account_inactive", "token_revoked"})
"""What it says once we were put out. ``invalid_auth`` may also be about our address."""

OUT: Final = "out"
"""What is noted with a token once Slack said that we were put out."""

_WIDE: Final = 10**9
_KEPT: Final = (
    "app_id",
    "enterprise_id",
    "enterprise_name",
    "team_id",
    "team_name",
    "bot_token",
    "bot_id",
    "bot_user_id",
    "bot_scopes",
    "bot_refresh_token",
    "bot_token_expires_at",
    "is_enterprise_install",
)


@dataclass(frozen=True, slots=True)
class Key:
    """A token for a workspace.

    Attributes:
        workspace_id: what it opens.
        client: makes calls with it.
        bot: who we are by it.
        installation: where it was read; none if the environment has it.
    """

    workspace_id: str
    client: SlackClient = field(repr=False)
    bot: Bot
    installation: Installation | None = None

    @property
    def token(self) -> str:
        """The token itself."""
        return self.client.token or ""

    @property
    def out(self) -> bool:
        """Whether Slack said, since it was given, that we were put out."""
        return self.installation is not None and self.installation.body.get(OUT) is True

    @property
    def expires_at(self) -> float | None:
        """When it ends, in seconds since 1970, if it does."""
        return None if self.installation is None else self.installation.body["bot_token_expires_at"]


def workspace_of(grant: Grant) -> str:
    """Return the id that the data of an installation is kept under, as payloads name it."""
    whole = grant.enterprise_id if grant.is_enterprise_install else None
    return whole or grant.team_id or grant.enterprise_id or ""


def body_of(grant: Grant) -> dict[str, Any]:
    """Return what is kept of an installation: nothing of the person who installed."""
    return {name: getattr(grant, name) for name in _KEPT}


def grant_of(installation: Installation) -> Grant:
    """Return an installation as the SDK knows it."""
    kept = {name: installation.body.get(name) for name in _KEPT}
    kept["bot_scopes"] = kept["bot_scopes"] or ()
    return Grant(**kept, installed_at=installation.installed_at)  # type: ignore[arg-type]


class Keys:
    """The keys of this process.

    Args:
        own: SLACK_BOT_TOKEN, if it is set.
        who: finds out whose a token is.
        installations: where the others are kept, if there is such a place.
        client: makes clients; without a token, for what is asked with the app's own secret.
        app: the app's client id and secret.
        now: tells the time.
        sleep: waits for some seconds.
    """

    def __init__(
        self,
        own: str,
        who: Callable[[SlackClient], Awaitable[tuple[Bot, str]]],
        installations: Installations | None,
        client: Callable[[str], SlackClient],
        app: tuple[str, str],
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._own_token = own
        self._own: Key | None = None
        self._who = who
        self._installations = installations
        self._client = client
        self._app = app
        self._now = now
        self._sleep = sleep
        self._known: dict[str, Key] = {}
        self._left: dict[str, str] = {}
        self._renewing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._log = structlog.get_logger("mynah.slack")

    async def own(self) -> Key | None:
        """Return the key from the environment.

        Raises:
            DeliveryFailure: if it cannot be told which workspace it opens.
        """
        if self._own is None and self._own_token:
            client = self._client(self._own_token)
            bot, workspace = await self._who(client)
            self._own = Key(workspace, client, bot)
        return self._own

    async def of(self, workspace_id: str) -> Key | None:
        """Return the key to a workspace; None if we are not in it.

        Raises:
            DeliveryFailure: if it cannot be told now.
        """
        key = self._known.get(workspace_id) or await self._found(workspace_id)
        if key is None or self._left.get(workspace_id) == key.token:
            return None
        self._left.pop(workspace_id, None)
        self._known[workspace_id] = key
        return key

    async def fresh(self, workspace_id: str) -> Key | None:
        """Return the key to a workspace, renewed if it is about to expire.

        Raises:
            DeliveryFailure: if it cannot be had now, or ever.
        """
        key = await self.of(workspace_id)
        if key is None or not self._due(key):
            return key
        return await self._renewed(key)

    async def after(self, refused: Key, code: str) -> Key | None:
        """Return the key to use in the place of one that Slack refused, if there is one.

        Another process may have renewed it; or somebody installed the app again.

        Raises:
            DeliveryFailure: if it cannot be had now, or ever.
        """
        self._forget(refused)
        found = await self._kept(refused.workspace_id)
        if found is None:
            return None
        if found.token != refused.token:
            self._known[refused.workspace_id] = found
            return await self.fresh(refused.workspace_id)
        if code == "token_expired" and found.installation is not None:
            return await self._renewed(found, forced=True)
        return None

    async def newest(self, workspace_id: str) -> Key | None:
        """Return the key to a workspace as it is kept now, even if we are said to have left."""
        self._known.pop(workspace_id, None)
        return await self._found(workspace_id)

    async def leave(self, workspace_id: str) -> None:
        """Use the present key to a workspace no more: Slack says that we were put out.

        It is written down, for processes that will be asked whether it is so.
        """
        key = self._known.pop(workspace_id, None)
        if key is None:
            with suppress(DeliveryFailure):  # whose it is may be what Slack does not tell any more
                key = await self._found(workspace_id)
        if key is not None:
            self._left[workspace_id] = key.token
            await self._note(key, out=True)

    async def enter(self, key: Key) -> None:
        """Use a key again: it opens the workspace still."""
        self._left.pop(key.workspace_id, None)
        await self._note(key, out=False)

    def renewed(self, workspace_id: str) -> None:
        """Look for the key to a workspace again: somebody installed us there."""
        self._known.pop(workspace_id, None)
        self._left.pop(workspace_id, None)

    async def _note(self, key: Key, *, out: bool) -> None:
        kept = key.installation
        if kept is None or self._installations is None or kept.body.get(OUT, False) is out:
            return
        await self._installations.renew(kept, {**kept.body, OUT: out})

    def _forget(self, key: Key) -> None:
        if self._known.get(key.workspace_id) is key:
            del self._known[key.workspace_id]

    async def _found(self, workspace_id: str) -> Key | None:
        """Return a key by what is known now, be it good or not.

        The environment's own comes last: to be told whose it is, Slack has to be asked.
        """
        if self._own is not None and self._own.workspace_id == workspace_id:
            return self._own
        kept = await self._kept(workspace_id)
        if kept is not None or not self._own_token:
            return kept
        try:
            own = await self.own()
        except SlackRefusal as refusal:
            self._log.warning("SLACK_BOT_TOKEN is refused", code=refusal.code)
            if refusal.code not in GONE:
                raise
            return None
        return own if own is not None and own.workspace_id == workspace_id else None

    async def _kept(self, workspace_id: str) -> Key | None:
        if self._installations is None:
            return None
        installation = await self._installations.find(SURFACE, workspace_id)
        return None if installation is None else self._key(installation)

    def _key(self, installation: Installation) -> Key:
        body: Mapping[str, Any] = installation.body
        bot = Bot(body["bot_user_id"], body["bot_id"] or "", body["app_id"] or "")
        client = self._client(body["bot_token"])
        return Key(installation.workspace_id, client, bot, installation)

    def _due(self, key: Key, within_s: float = RENEW_S) -> bool:
        ends = key.expires_at
        return ends is not None and ends - self._now().timestamp() <= within_s

    async def _renewed(self, stale: Key, *, forced: bool = False) -> Key | None:
        """Renew a key, or wait until another process did."""
        workspace_id = stale.workspace_id
        async with self._renewing[workspace_id]:
            for _ in range(LOOKS):
                key = await self._kept(workspace_id)
                if key is None or key.installation is None:
                    self._forget(stale)
                    return None
                if key.token != stale.token:
                    self._known[workspace_id] = key
                    return key
                if self._installations is None:
                    break
                serves = not forced and not self._due(key, 0)
                if not await self._installations.claim(key.installation, CLAIM_S):
                    if serves:
                        return key
                    await self._sleep(LOOK_S)
                    continue
                try:
                    await self._rotate(key, key.installation)
                except DeliveryFailure:
                    if serves:  # for as long as it is claimed, nobody else tries either
                        return key
                    await self._installations.renew(key.installation, key.installation.body)
                    raise
        raise DeliveryFailure("Slack's token is being renewed.", retry_after_s=LOOK_S)

    async def _rotate(self, key: Key, installation: Installation) -> None:
        """Exchange a key for a new one, and keep that.

        Raises:
            DeliveryFailure: if Slack does not give one.
        """
        if self._installations is None or not all(self._app):
            raise DeliveryFailure(
                "A Slack token has to be renewed: set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET."
            )
        client_id, secret = self._app
        rotator = AsyncTokenRotator(
            client_id=client_id, client_secret=secret, client=self._client("")
        )
        try:
            # Whether it is time was decided above, by our own clock.
            grant = await rotator.perform_bot_token_rotation(
                bot=grant_of(installation), minutes_before_expiration=_WIDE
            )
        except SlackTokenRotationError as error:
            code = str(error.api_error.response.get("error") or "unknown")
            self._log.warning("token not renewed", workspace=key.workspace_id, code=code)
            current = await self._installations.find(SURFACE, key.workspace_id)
            if current is not None and current.version != installation.version:
                return  # there is a newer one already
            raise SlackRefusal(
                f"Slack does not renew Mynah's token ({code}): install Mynah again.", code=code
            ) from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise DeliveryFailure(
                "Slack cannot be reached to renew a token.", retry_after_s=LOOK_S
            ) from None
        if grant is None:
            raise SlackRefusal(
                "Slack does not renew Mynah's token: install Mynah again.", code="not_renewed"
            )
        if not await self._installations.renew(installation, body_of(grant)):
            self._log.info("the installation changed meanwhile", workspace=key.workspace_id)
