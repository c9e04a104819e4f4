"""The bare bot as a process: slack-bolt alone, which reads a mention and posts one message."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def bot(api_url: str, secret: str, tokens: Mapping[str, Sequence[str]]) -> AsyncApp:
    """Return an app that repeats what it is told.

    Args:
        api_url: where the Web API is.
        secret: what Slack signs requests with.
        tokens: of each team: the token, the bot's id and its user's.
    """

    async def authorize(team_id: str) -> AuthorizeResult:
        token, bot_id, user_id = tokens[team_id]
        return AuthorizeResult(
            enterprise_id=None,
            team_id=team_id,
            bot_token=token,
            bot_id=bot_id,
            bot_user_id=user_id,
        )

    client = AsyncWebClient(base_url=api_url)
    app = AsyncApp(client=client, authorize=authorize, signing_secret=secret)

    @app.event("app_mention")
    async def on_mention(event: dict[str, Any], say: Any) -> None:
        await say(text=event["text"].partition(" ")[2], thread_ts=event["ts"])

    @app.event("message")
    async def on_message() -> None:
        """Take what is said to others."""

    return app


async def main(api_url: str, secret: str, tokens: Mapping[str, Sequence[str]]) -> None:
    """Serve until the process is ended."""
    app = bot(api_url, secret, tokens)

    async def take(request: web.Request) -> web.StreamResponse:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    served = web.Application()
    served.add_routes([web.post("/slack/events", take)])
    runner = web.AppRunner(served, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    sys.stdout.write(json.dumps({"url": url}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
