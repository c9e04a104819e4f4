"""What becomes of a reply's messages after it was shown: another line below it, or its end.

Decides which of a reply's messages change. Refuses to know why they do. A message that is gone
already stays so: Slack changes none that was deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from integrations.surfaces.slack.speaking.failures import SlackRefusal
from integrations.surfaces.slack.speaking.posting import Spot, delete, reply_mark, update

if TYPE_CHECKING:
    from collections.abc import Sequence

    from integrations.surfaces.slack.speaking.posting import Line
    from integrations.surfaces.slack.speaking.rendering import Post

GONE: Final = frozenset({"message_not_found", "channel_not_found", "not_in_channel"})
"""What Slack says of messages that nobody can see any more, or that we cannot reach."""

_log = structlog.get_logger("mynah.slack")


async def restate(line: Line, spot: Spot, posts: Sequence[Post], ref: str, key: str) -> None:
    """Show a reply as it is now, in the messages that it is in.

    What stands below it is in its last message, which alone changes then. A reply that has
    become shorter is another one: all of it changes, and what is left over goes.

    Raises:
        DeliveryFailure: if it cannot be changed.
    """
    shown = _messages(ref)
    if len(posts) > len(shown):
        _log.info("not restated", why="it takes more messages than it is in")
        return
    first = len(posts) - 1 if len(posts) == len(shown) else 0
    for part in range(first, len(posts)):
        ts = shown[part][1]
        try:
            await update(line, spot, ts, posts[part], reply_mark(key, part))
        except SlackRefusal as refusal:
            if refusal.code not in GONE:
                raise
            _log.info("not restated", code=refusal.code)
    await _delete(line, spot, [ts for _, ts in shown[len(posts) :]])


async def withdraw(line: Line, ref: str) -> None:
    """Delete the messages of a reply.

    Raises:
        DeliveryFailure: if one of them cannot be deleted now.
    """
    for channel, ts in _messages(ref):
        await _delete(line, Spot(line.workspace, channel, None, "", ""), [ts])


async def _delete(line: Line, spot: Spot, stamps: Sequence[str]) -> None:
    for ts in stamps:
        try:
            await delete(line, spot, ts)
        except SlackRefusal as refusal:
            if refusal.code not in GONE:
                _log.warning("message left behind", code=refusal.code)


def _messages(ref: str) -> list[tuple[str, str]]:
    """Return the channel and the ``ts`` of each message, in order."""
    found = (each.partition(":") for each in ref.split(",") if each)
    return [(channel, ts) for channel, _, ts in found if channel and ts]
