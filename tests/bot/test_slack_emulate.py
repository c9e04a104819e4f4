"""Mynah in a Slack that somebody else wrote: by OAuth and signed events, without streaming."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from bot import clock
from bot.app import open_mynah
from bot.configured import slack_settings
from bot.installations import KeptInstallations
from bot.server import listen, serve
from integrations.contracts.delivery import Delivery, Target
from integrations.surfaces.slack.surface import SlackSurface
from tests.bot.support import rows, settings_of
from tests.standins import emulate
from tests.standins.npm import needs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.app import Mynah
    from tests.database import Server
    from tests.standins.emulate import Emulated

pytestmark = [needs("emulate"), pytest.mark.xdist_group("emulate")]


@dataclass(frozen=True, slots=True)
class There:
    """A Mynah that was installed there, and a channel that it was invited to."""

    slack: Emulated
    mynah: Mynah
    me: str
    channel: str

    async def ask(self, text: str, channel: str = "") -> tuple[str, list[dict[str, Any]]]:
        """Say something as Alice; return its ``ts`` and what is said in its thread then."""
        channel = channel or self.channel
        asked = await self.slack.call("alice", "chat.postMessage", channel=channel, text=text)
        # It hands events over before it answers.
        await self.mynah.work_off()
        return asked["ts"], await self.slack.replies(channel, asked["ts"])

    def ratings(self) -> list[float | None]:
        found = rows(self.mynah.conninfo, "SELECT rating FROM interactions ORDER BY id")
        return [rating for (rating,) in found]


async def install(slack: Emulated, root: str) -> None:
    """Do what somebody does who installs us, from the first page to the last."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        begun = await browser.get(f"{root}/slack/install")
        consent = begun.headers["Location"]
        assert "alice" in (await browser.get(consent)).text
        asked = {name: values[0] for name, values in parse_qs(urlsplit(consent).query).items()}
        form = {
            "user_id": await slack.id_of("alice"),
            "redirect_uri": f"{root}/slack/oauth_redirect",
            **{name: asked[name] for name in ("client_id", "scope", "state")},
        }
        consented = await browser.post(f"{slack.url}/oauth/v2/authorize/callback", data=form)
        cookie = begun.headers["Set-Cookie"].partition(";")[0]
        page = await browser.get(consented.headers["Location"], headers={"Cookie": cookie})
        assert "Mynah is installed." in page.text


@pytest.fixture(scope="module")
async def there(
    database_server: Server, encryption_key: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[There]:
    async with AsyncExitStack() as stack:
        listening = listen("127.0.0.1", 0)
        stack.callback(listening.close)
        root = f"http://127.0.0.1:{listening.getsockname()[1]}"
        slack = await stack.enter_async_context(emulate.emulated(root))
        settings = settings_of(
            tmp_path_factory.mktemp("emulate"),
            stack.enter_context(database_server.clone()),
            encryption_key,
            SLACK_API_URL=slack.api_url,
            SLACK_CLIENT_ID=emulate.CLIENT_ID,
            SLACK_CLIENT_SECRET=emulate.CLIENT_SECRET,
            SLACK_SIGNING_SECRET=emulate.SIGNING_SECRET,
        )
        mynah = await stack.enter_async_context(open_mynah(settings, only=["web", "slack"]))
        surface = mynah.surfaces["slack"]
        await surface.start(mynah.host)
        stack.push_async_callback(surface.stop)
        await stack.enter_async_context(serve(mynah, listening))
        await install(slack, root)
        me, channel = await slack.id_of("mynah"), await slack.id_of("engineering")
        await slack.call("alice", "conversations.invite", channel=channel, users=me)
        yield There(slack, mynah, me, channel)


async def test_a_mention_is_answered_once_in_its_thread_by_a_plain_message(there: There) -> None:
    ts, replies = await there.ask(f"<@{there.me}> what is 6 * 7?")
    (answer,) = replies
    assert (answer["user"], answer["thread_ts"]) == (there.me, ts)
    assert "42" in answer["text"]
    assert answer["metadata"]["event_type"] == "mynah_reply"


async def test_a_reaction_that_does_not_say_whose_message_it_is_to_still_counts(
    there: There,
) -> None:
    _, (answer,) = await there.ask(f"<@{there.me}> what is 6 * 8?")
    reaction = {"channel": there.channel, "timestamp": answer["ts"], "name": "thumbsdown"}
    await there.slack.call("bob", "reactions.add", **reaction)
    await there.mynah.work_off()
    assert there.ratings()[-1] == 1.0
    await there.slack.call("bob", "reactions.remove", **reaction)
    await there.mynah.work_off()
    assert there.ratings()[-1] is None


async def test_a_direct_message_is_answered_and_a_repeated_delivery_is_found(
    there: There,
) -> None:
    opened = await there.slack.call("alice", "conversations.open", users=there.me)
    dm = opened["channel"]["id"]
    await there.slack.call("alice", "chat.postMessage", channel=dm, text="what is 6 * 9?")
    await there.mynah.work_off()
    history = await there.slack.call("alice", "conversations.history", channel=dm)
    (answer,) = [each for each in history["messages"] if each["user"] == there.me]
    assert "54" in answer["text"]
    # Another process, which does not know that it was delivered.
    settings = slack_settings(there.mynah.settings)
    assert settings is not None
    other = SlackSurface(settings, clock.now, KeptInstallations(there.mynah.store, clock.now))
    alice = await there.slack.id_of("alice")
    target = Target("slack", "T000000001", dm, "dm", alice, UUID(int=0), None, private=True)
    key = answer["metadata"]["event_payload"]["key"]
    delivery = Delivery(key, target, "6 × 9 = 54")
    try:
        assert await other.deliver(delivery) == f"{dm}:{answer['ts']}"
        fresh = await other.deliver(replace(delivery, key="another"))
    finally:
        await other.stop()
    assert fresh not in {"", f"{dm}:{answer['ts']}"}
    history = await there.slack.call("alice", "conversations.history", channel=dm)
    assert len([each for each in history["messages"] if each["user"] == there.me]) == 2
