"""What becomes of a command in Slack: run, and told to who gave it, in words or as a file.

Decides what fills no message and goes as a file, and that a tab that was opened is shown anew.
Refuses to know which commands there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from integrations.contracts.host import Refusal
from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.sayings import WRONG
from integrations.surfaces.slack.speaking.papers import as_json, hand_over
from integrations.surfaces.slack.speaking.speech import MOST_WHISPERS, said
from integrations.surfaces.slack.tab import refresh, show_home

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from integrations.contracts.host import CommandReply
    from integrations.surfaces.slack.joined import Joined
    from integrations.surfaces.slack.reading.intents import Press

EXPORT: Final = "mynah-export.json"
LONG: Final = "mynah-answer.md"
HANDED: Final = "You have it as a file, in your direct messages with me."
HERE_IT_IS: Final = "This is what you asked me for. Nobody else has it."


async def ran(joined: Joined, by: Press, line: str) -> CommandReply:
    """Run a command of somebody's, and show their tab anew if it may have changed."""
    reply = await joined.host.command(await joined.person(by.origin), line)
    if by.origin.channel_id:
        joined.errands.run("tab", refresh(joined, by.origin, line))
    return reply


async def ran_in_words(joined: Joined, by: Press, line: str) -> str:
    """Run a command; return what to say. What it hands out goes to the person as a file."""
    reply = await ran(joined, by, line)
    export = reply.data.get("export")
    if not export:
        return reply.text
    return await _handed(joined, by, EXPORT, as_json(export), reply.text)


async def ran_at_home(joined: Joined, by: Press, line: str) -> None:
    """Run a command from a tab, which then says what became of it."""
    notice = await in_words(ran_in_words(joined, by, line))
    await show_home(joined, by.origin, notice=notice)


async def in_words(work: Awaitable[str]) -> str:
    """Return what to tell a person who waits for it, whatever becomes of the work."""
    try:
        return await work
    except Refusal as refusal:
        return str(refusal)
    except Exception as error:  # noqa: BLE001 - a person waits for a sentence
        structlog.get_logger("mynah.slack").warning("command failed", error=type(error).__name__)
        return WRONG


async def tell(joined: Joined, by: Press, text: str) -> None:
    """Tell somebody something that nobody else sees: in messages, or where they are too many.

    Raises:
        DeliveryFailure: if it cannot be told.
    """
    if len(said(text)) > MOST_WHISPERS:
        text = await _handed(joined, by, LONG, text, "")
    await joined.speech.whisper(by.origin, text, by.response_url)


async def _handed(joined: Joined, by: Press, name: str, content: str, words: str) -> str:
    try:
        await hand_over(joined.line, by.origin.user_id, name, content, HERE_IT_IS)
    except DeliveryFailure as failure:
        return f"I could not send you the file: {failure}"
    return f"{words}\n\n{HANDED}".strip()
