"""What a failed call to Discord means: wait, try again, or give up.

Decides by status and error code alone. Refuses to look at, or to repeat, anything else of a
response or an exception: they carry people's words.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import aiohttp
import discord

from integrations.contracts.surface import DeliveryFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN_MESSAGE: Final = 10_008
ARCHIVED: Final = 50_083
NO_HISTORY: Final = 160_002
"""A message cannot refer to another one where we may not read what was said before."""
BAD_FORM: Final = 50_035
GONE: Final = frozenset({10_003, UNKNOWN_MESSAGE})
"""Of a channel or a message that is not there any more."""


class DiscordRefusal(DeliveryFailure):
    """Discord does not do this, now or later. ``code`` is Discord's error code, or a status."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message, final=True)
        self.code = code


class DiscordSilence(DeliveryFailure):
    """Nobody knows whether Discord did it: look before it is done again."""


@contextmanager
def told() -> Iterator[None]:
    """Make a ``DeliveryFailure`` of what Discord or the network raise.

    Raises:
        DeliveryFailure: in their place.
    """
    try:
        yield
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        raise judge(error) from None


def judge(error: discord.DiscordException | aiohttp.ClientError | OSError) -> DeliveryFailure:
    """Return what an error of a call means."""
    match error:
        case discord.RateLimited():
            return DeliveryFailure("Discord is called too often", retry_after_s=error.retry_after)
        case discord.HTTPException():
            return _answered(error)
        case discord.DiscordException():
            return DiscordRefusal("Discord cannot be sent this as it is.", code=0)
        case aiohttp.ClientConnectorError():
            return DeliveryFailure("Discord cannot be reached")
        case TimeoutError():
            return DiscordSilence("Discord did not answer in time")
        case _:
            return DiscordSilence("the connection to Discord broke")


_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_UNAUTHORIZED: Final = 401
_UNSAID_S: Final = 30.0
_PASSING: Final = {
    20_016: 30.0,  # slow mode
    20_028: 30.0,  # the channel's own limit on messages
    30_046: 600.0,  # edits of messages that are older than an hour
    40_062: 30.0,
    130_000: 30.0,  # the resource is overloaded
}
"""Codes that pass, and the seconds to wait until they may have."""
_REFUSALS: Final = {
    10_003: "The channel is not there any more.",
    10_004: "The server is not there any more.",
    UNKNOWN_MESSAGE: "The message is not there any more.",
    10_013: "Discord does not know that person.",
    30_033: "The thread has as many members as a thread may have.",
    40_005: "The answer is too large for Discord.",
    50_001: "Mynah may not see this channel: give it “View Channel” there.",
    50_003: "Discord allows this to nobody in a direct message.",
    50_007: "Their settings let Mynah send them no direct messages.",
    50_008: "Nobody can write in a channel of this kind.",
    50_013: (
        "Mynah may not write here: give it “Send Messages” in this channel, and in threads "
        "“Send Messages in Threads”."
    ),
    50_024: "Nobody can do this in a channel of this kind.",
    BAD_FORM: "Discord does not take the message as it is.",
    ARCHIVED: "The thread is archived, and Mynah may not open it again.",
    NO_HISTORY: "Mynah may not read what was said here before: give it “Read Message History”.",
    200_000: "A rule of the server (AutoMod) stops the answer.",
    200_001: "A rule of the server (AutoMod) stops the answer.",
}


def _answered(error: discord.HTTPException) -> DeliveryFailure:
    status, code = error.status, error.code
    if status == _TOO_MANY or code in _PASSING:
        after = _PASSING.get(code, _UNSAID_S)
        return DeliveryFailure("Discord takes no more for now", retry_after_s=after)
    if status >= _SERVER_ERROR:
        return DiscordSilence(f"Discord failed (status {status})")
    if status == _UNAUTHORIZED:
        return DeliveryFailure("Discord does not take DISCORD_TOKEN: copy the bot's token anew")
    sentence = _REFUSALS.get(code, f"Discord refused (status {status}, code {code}).")
    return DiscordRefusal(sentence, code=code or status)
