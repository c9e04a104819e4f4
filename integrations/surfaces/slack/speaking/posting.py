"""Messages of one reply in Slack: posting, changing and finding them again.

Decides what marks a message as part of a reply, so that a reply whose delivery is repeated, by
this process or another, is not posted twice. Refuses to know what messages say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from integrations.surfaces.slack.speaking.governor import LONGEST_WAIT_S

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from integrations.contracts.delivery import Target
    from integrations.surfaces.slack.speaking.governor import Governor
    from integrations.surfaces.slack.speaking.rendering import Post

REPLY: Final = "mynah_reply"
"""Metadata of a message that is done: ``{"key": KEY, "part": N}``."""
DRAFT: Final = "mynah_draft"
"""Metadata of a message that the reply will replace: ``{"interaction": ID}``."""
PAGE: Final = 200
"""Messages to ask for at once. Slack gives fewer where it wants to."""
MOST_PAGES: Final = 25
"""5,000 messages: the longest thread worth looking through."""
PATIENCE_S: Final = 10.0
"""Whoever shows a reply waits no longer in line: the queue tries again, and others go first."""
SKEW_S: Final = 60.0
"""How much our clock may be ahead of Slack's."""

LONGEST_TITLE: Final = 200

_TS: Final = re.compile(r"\d{1,12}\.\d{1,9}")
_TIMED_UUID: Final = 7


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a reply goes, as Slack names it.

    ``thread_ts`` is None for a direct message outside threads; ``team`` is the team of the
    person, which is not the workspace for an installation on a whole organisation.
    """

    workspace: str
    channel: str
    thread_ts: str | None
    user: str
    team: str
    title: str = ""
    """What a thread that Slack does not know yet is called."""

    @classmethod
    def of(cls, target: Target, team: str = "") -> Spot:
        """Return the spot of a target. ``team`` is needed for organisations (``E…``) only."""
        thread = target.thread_id if _TS.fullmatch(target.thread_id) else None
        own = target.workspace_id if target.workspace_id.startswith("T") else ""
        title = title_of(target)
        return cls(
            target.workspace_id, target.channel_id, thread, target.user_id, team or own, title
        )


class Line:
    """A workspace's way to the Web API, through the governor.

    Build the client with ``retry_handlers=[]``: the SDK's own would repeat a post whose fate
    is unknown, and wait without the governor knowing.
    """

    def __init__(self, governor: Governor, client: AsyncWebClient, workspace: str) -> None:
        self._governor = governor
        self._client = client
        self.workspace = workspace

    async def send(
        self,
        method: str,
        channel: str,
        ask: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]],
        *,
        coalesce: str | None = None,
        patience_s: float = LONGEST_WAIT_S,
    ) -> AsyncSlackResponse:
        """Make a call when it may go.

        Raises:
            DeliveryFailure: if it fails; a ``SlackRefusal`` if that is Slack's last word.
        """
        return await self._governor.call(
            method,
            channel,
            lambda: ask(self._client),
            workspace=self.workspace,
            coalesce=coalesce,
            patience_s=patience_s,
        )


@dataclass(frozen=True, slots=True)
class Posted:
    """What is there of a reply: the ``ts`` of its parts, and of its draft."""

    parts: dict[int, str] = field(default_factory=dict)
    draft: str | None = None


def reply_mark(key: str, part: int) -> dict[str, Any]:
    """Return the metadata of a part of a reply."""
    return {"event_type": REPLY, "event_payload": {"key": key, "part": part}}


def draft_mark(interaction_id: UUID | None) -> dict[str, Any]:
    """Return the metadata of a message that the reply will replace."""
    return {"event_type": DRAFT, "event_payload": {"interaction": str(interaction_id)}}


async def post(
    line: Line,
    spot: Spot,
    message: Post,
    mark: dict[str, Any],
    *,
    patience_s: float = PATIENCE_S,
) -> str:
    """Post a message; return its ``ts``.

    Raises:
        DeliveryFailure: if it cannot be posted, or nobody knows whether it was.
    """
    answer = await line.send(
        "chat.postMessage",
        spot.channel,
        lambda client: client.chat_postMessage(
            channel=spot.channel,
            thread_ts=spot.thread_ts,
            blocks=message.blocks,
            text=message.text,
            metadata=mark,
            unfurl_links=False,
            unfurl_media=False,
        ),
        patience_s=patience_s,
    )
    return str(answer["ts"])


async def update(
    line: Line,
    spot: Spot,
    ts: str,
    message: Post,
    mark: dict[str, Any],
    *,
    patience_s: float = PATIENCE_S,
) -> None:
    """Change a message. While the change waits, a newer one of the same message replaces it.

    Raises:
        DeliveryFailure: if it cannot be changed.
    """
    await line.send(
        "chat.update",
        spot.channel,
        lambda client: client.chat_update(
            channel=spot.channel,
            ts=ts,
            blocks=message.blocks,
            text=message.text,
            metadata=mark,
        ),
        coalesce=f"message:{ts}",
        patience_s=patience_s,
    )


async def delete(line: Line, spot: Spot, ts: str) -> None:
    """Take a message back.

    Raises:
        DeliveryFailure: if it cannot be taken back.
    """
    await line.send(
        "chat.delete",
        spot.channel,
        lambda client: client.chat_delete(channel=spot.channel, ts=ts),
        patience_s=PATIENCE_S,
    )


async def already_posted(
    line: Line,
    channel: str,
    thread_ts: str | None,
    key: str,
    *,
    interaction_id: UUID | None = None,
) -> Posted:
    """Return what is there of a reply, by the marks on the thread's messages.

    Looks at what was written since the interaction began, if its id tells when.

    Raises:
        DeliveryFailure: if the thread cannot be read.
    """
    wanted = str(interaction_id) if interaction_id else ""
    parts: dict[int, str] = {}
    draft = None
    oldest, cursor = since(interaction_id), ""
    # What answers nothing was tried a moment ago, if it was: the newest messages show it.
    for _ in range(1 if interaction_id is None and thread_ts is None else MOST_PAGES):
        answer = await _page(line, channel, thread_ts, oldest, cursor)
        for message in answer.get("messages") or ():
            mark = message.get("metadata") or {}
            payload = mark.get("event_payload") or {}
            if mark.get("event_type") == REPLY and payload.get("key") == key:
                if isinstance(part := payload.get("part"), int):
                    parts.setdefault(part, str(message["ts"]))
            elif mark.get("event_type") == DRAFT and payload.get("interaction") == wanted:
                draft = str(message["ts"])
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break
    return Posted(parts, draft)


def since(interaction_id: UUID | None) -> str | None:
    """Return a ``ts`` that no message of an interaction can be older than.

    An id of version 7 begins with its milliseconds since 1970 (RFC 9562, section 5.7).
    """
    if interaction_id is None or interaction_id.version != _TIMED_UUID:
        return None
    return f"{max((interaction_id.int >> 80) / 1000 - SKEW_S, 0):.6f}"


async def _page(
    line: Line, channel: str, thread_ts: str | None, oldest: str | None, cursor: str
) -> AsyncSlackResponse:
    if thread_ts is None:
        return await line.send(
            "conversations.history",
            channel,
            lambda client: client.conversations_history(
                channel=channel,
                oldest=oldest,
                include_all_metadata=True,
                limit=PAGE,
                cursor=cursor or None,
            ),
            patience_s=PATIENCE_S,
        )
    return await line.send(
        "conversations.replies",
        channel,
        lambda client: client.conversations_replies(
            channel=channel,
            ts=thread_ts,
            oldest=oldest,
            include_all_metadata=True,
            limit=PAGE,
            cursor=cursor or None,
        ),
        patience_s=PATIENCE_S,
    )


def title_of(target: Target) -> str:
    """Return what a thread is to be called in Slack; empty if that is not for all to see.

    What one person alone may read has a title in their direct messages only.
    """
    if target.private and not target.channel_id.startswith("D"):
        return ""
    return " ".join(target.title.split())[:LONGEST_TITLE]
