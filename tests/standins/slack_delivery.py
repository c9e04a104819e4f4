"""How the stand-in's events, interactions and commands reach an app.

Over HTTP they are signed like Slack's, over Socket Mode they go into envelopes. A first
attempt is made at once; every further one when the test asks for it, so that no schedule
has to be waited for.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.standins.slack_socket import Sockets
    from tests.standins.slack_state import App, Emission, Installation, Json, State

MOST_RETRIES = 3
MOST_REMEMBERED = 20_000
AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
# What an installation must hold for an event of this name, by any one of the scopes.
EVENT_SCOPES = {
    "app_mention": ("app_mentions:read",),
    "assistant_thread_context_changed": ("assistant:write",),
    "assistant_thread_started": ("assistant:write",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an app answered. ``failure`` is empty when Slack is content with it."""

    status: int | None
    reply: Any = None
    failure: str = ""
    no_retry: bool = False


@dataclass(slots=True, eq=False)
class Delivery:
    """One event on its way to one app, with every attempt."""

    name: str
    app: App
    body: Json
    attempts: list[Answer] = field(default_factory=list)

    @property
    def event(self) -> Json:
        return dict(self.body["event"])

    @property
    def acked(self) -> bool:
        return any(not attempt.failure for attempt in self.attempts)

    @property
    def due(self) -> bool:
        """Whether Slack would try again."""
        tried = bool(self.attempts) and len(self.attempts) <= MOST_RETRIES
        return tried and not self.acked and not self.attempts[-1].no_retry


def signature(secret: str, timestamp: str, body: str) -> str:
    """The v0 signature of a request's body."""
    base = f"v0:{timestamp}:{body}".encode()
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class Courier:
    """Brings things to apps, and remembers how that went.

    Attributes:
        deliveries: every event for every app, oldest first.
        ack_within_s: how long an app may take, in seconds of real time.
        repeats: how often each event is sent again although it was acknowledged.
        wall: the time that requests are signed with, in seconds; apps compare it with theirs.
    """

    def __init__(self, state: State, sockets: Sockets, changed: Callable[[], None]) -> None:
        self.deliveries: deque[Delivery] = deque(maxlen=MOST_REMEMBERED)
        self.ack_within_s = 3.0
        self.repeats = 0
        self.wall: Callable[[], float] = time.time
        self._state = state
        self._sockets = sockets
        self._changed = changed
        self._tasks: set[asyncio.Task[Any]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # Events.

    def flush(self) -> None:
        """Send what has happened, without waiting."""
        for delivery in self._taken():
            self.spawn(self._first(delivery))

    async def flushed(self) -> list[Delivery]:
        """Send what has happened; return once every first attempt was answered or failed."""
        deliveries = self._taken()
        await asyncio.gather(*map(self._first, deliveries))
        return deliveries

    def _taken(self) -> list[Delivery]:
        emissions, self._state.outbox[:] = list(self._state.outbox), []
        made = [
            Delivery(emission.name, installation.app, self._envelope(emission, installation))
            for emission in emissions
            for installation in self._recipients(emission)
        ]
        self.deliveries += made
        return made

    def _recipients(self, emission: Emission) -> list[Installation]:
        found: dict[str, Installation] = {}
        for one in self._state.installations:
            if not one.app.wants(emission.name) or not self._permitted(one, emission):
                continue
            if emission.only_app:
                if one.app.id == emission.only_app and one.team_id == emission.team_id:
                    found[one.app.id] = one
            elif one.active and self._sees(one, emission):
                found[f"{one.app.id}.{one.team_id}"] = one
        return list(found.values())

    @staticmethod
    def _permitted(installation: Installation, emission: Emission) -> bool:
        needed = EVENT_SCOPES.get(emission.name)
        return not needed or installation.scopes is None or bool(installation.scopes & set(needed))

    def _sees(self, installation: Installation, emission: Emission) -> bool:
        if not emission.channel:
            return installation.team_id == emission.team_id
        return installation.bot.id in self._state.channels[emission.channel].members

    def _envelope(self, emission: Emission, installation: Installation) -> Json:
        channel = self._state.channels.get(emission.channel)
        authorization = {
            "enterprise_id": None,
            "team_id": installation.team_id,
            "user_id": installation.bot.id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": "verification",
            "team_id": installation.team_id,
            "context_team_id": installation.team_id,
            "context_enterprise_id": None,
            "api_app_id": installation.app.id,
            "event": emission.event,
            "type": "event_callback",
            "event_id": self._state.new_id("Ev"),
            "event_time": int(self._state.now),
            "authorizations": [authorization],
            "is_ext_shared_channel": bool(channel and channel.shared_with),
            "event_context": self._state.new_id("4-"),
        }

    async def _first(self, delivery: Delivery) -> None:
        for _ in range(1 + self.repeats):
            await self.attempt(delivery)

    async def attempt(self, delivery: Delivery) -> Answer:
        """Send an event once more, whether or not Slack would."""
        number = len(delivery.attempts)
        reason = ""
        if number:
            reason = delivery.attempts[-1].failure or "http_timeout"
        answer = await self.send(
            delivery.app, "events_api", delivery.body, number=number, reason=reason
        )
        delivery.attempts.append(answer)
        self._changed()
        return answer

    async def retry(self) -> list[Delivery]:
        """Let the next retry of everything that is due happen now."""
        due = [delivery for delivery in self.deliveries if delivery.due]
        await asyncio.gather(*map(self.attempt, due))
        return due

    async def challenge(self, app: App) -> bool:
        """Ask whether the app's request URL is its own, as its settings page does."""
        body = {"token": "verification", "challenge": "prove-it", "type": "url_verification"}
        answer = await self._by_http(app, "events_api", body, {})
        reply = answer.reply.get("challenge") if isinstance(answer.reply, dict) else answer.reply
        return not answer.failure and bool(reply == "prove-it")

    # The wire.

    async def send(
        self, app: App, kind: str, body: Json, *, number: int = 0, reason: str = ""
    ) -> Answer:
        """Bring one thing to an app, by the way that its settings name."""
        if app.socket_mode:
            return await self._by_socket(app, kind, body, number, reason)
        headers = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        return await self._by_http(app, kind, body, headers if number else {})

    async def _by_socket(self, app: App, kind: str, body: Json, number: int, reason: str) -> Answer:
        more = {"retry_attempt": number, "retry_reason": reason} if kind == "events_api" else {}
        try:
            answer = await self._sockets.send(app, kind, body, self.ack_within_s, **more)
        except TimeoutError:
            return Answer(None, failure="timeout")
        except ConnectionError:
            return Answer(None, failure="connection_failed")
        return Answer(200, answer.get("payload"))

    async def _by_http(self, app: App, kind: str, body: Json, headers: Json) -> Answer:
        if not app.request_url:
            return Answer(None, failure="connection_failed")
        text, content_type = written(kind, body)
        signed = self.headers(app, text, content_type) | headers
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        timeout = aiohttp.ClientTimeout(total=self.ack_within_s)
        try:
            async with self._session.post(
                app.request_url, data=text.encode(), headers=signed, timeout=timeout
            ) as response:
                return _answer(
                    response.status, await response.text(), response.headers.get("X-Slack-No-Retry")
                )
        except TimeoutError:
            return Answer(None, failure="http_timeout")
        except aiohttp.ClientError:
            return Answer(None, failure="connection_failed")

    def headers(
        self, app: App, body: str, content_type: str = "application/json", age_s: float = 0
    ) -> dict[str, str]:
        """Headers of a signed request, ``age_s`` seconds old."""
        timestamp = str(int(self.wall() - age_s))
        return {
            "Content-Type": content_type,
            "User-Agent": AGENT,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(app.signing_secret, timestamp, body),
        }


def written(kind: str, body: Json) -> tuple[str, str]:
    """A body as Slack writes it for its kind, with its content type."""
    if kind == "events_api":
        return json.dumps(body), "application/json"
    form = body if kind == "slash_commands" else {"payload": json.dumps(body)}
    return urlencode(form), "application/x-www-form-urlencoded"


def _answer(status: int, text: str, no_retry: str | None) -> Answer:
    try:
        reply = json.loads(text) if text else None
    except ValueError:
        reply = text
    failure = "" if 200 <= status < 300 else "http_error"
    return Answer(status, reply, failure, no_retry == "1")
