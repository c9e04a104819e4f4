"""What is said to one person alone: answers to commands and presses, and refusals.

Decides the way it takes: the address that came with a press, which Slack serves five times,
or an ephemeral message. Refuses to know what is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog
from slack_sdk.webhook.async_client import AsyncWebhookClient

from integrations.surfaces.slack.reading.payload import DIRECT
from integrations.surfaces.slack.speaking.rendering import Post, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiohttp

    from integrations.surfaces.slack.reading.payload import Origin
    from integrations.surfaces.slack.speaking.posting import Line

MOST_WHISPERS: Final = 5
"""Messages that Slack takes at a response URL."""
_OK: Final = 200


class Speech:
    """Speaks to single people.

    Args:
        line: the way to the workspace.
        session: for addresses that come with presses.
    """

    def __init__(self, line: Line, session: aiohttp.ClientSession) -> None:
        self._line = line
        self._session = session
        self._log = structlog.get_logger("mynah.slack")

    async def whisper(
        self,
        to: Origin,
        text: str,
        response_url: str = "",
        *,
        below: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Show a person something that nobody else sees, with blocks below it if there are any.

        Raises:
            DeliveryFailure: if it cannot be shown.
        """
        *before, last = said(text)[:MOST_WHISPERS]
        posts = [*before, Post([*last.blocks, *below], last.text)]
        if response_url:
            for post in posts:
                await self._respond(response_url, post)
        elif to.channel_id:
            for post in posts:
                await self._ephemeral(to, post)
        else:
            self._log.info("nowhere to answer")

    async def _respond(self, url: str, post: Post) -> None:
        client = AsyncWebhookClient(url, session=self._session, retry_handlers=[])
        answer = await client.send(
            text=post.text,
            blocks=post.blocks,
            response_type="ephemeral",
            replace_original=False,
        )
        if answer.status_code != _OK:
            self._log.warning("answer not taken", status=answer.status_code)

    async def _ephemeral(self, to: Origin, post: Post) -> None:
        thread = to.thread_id if to.thread_id != DIRECT else ""
        await self._line.send(
            "chat.postEphemeral",
            to.channel_id,
            lambda client: client.chat_postEphemeral(
                channel=to.channel_id,
                user=to.user_id,
                thread_ts=thread or None,
                text=post.text,
                blocks=post.blocks,
            ),
        )
