"""What becomes of a command in Slack: run, and told to who gave it, in words or as a file.

Decides what fills no message and goes as a file, as pictures do: nobody else sees what a person
is told, and such a message carries no files. Decides also that a tab that was opened is shown
anew. Refuses to know which commands there are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from integrations.contracts.host import CommandReply, Refusal
from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.sayings import WRONG
from integrations.surfaces.slack.speaking.footers import offering
from integrations.surfaces.slack.speaking.papers import as_json, hand_over
from integrations.surfaces.slack.speaking.rendering import said
from integrations.surfaces.slack.speaking.speech import MOST_WHISPERS
from integrations.surfaces.slack.tab import refresh, show_home

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from integrations.contracts.delivery import Picture
    from integrations.surfaces.slack.joined import Joined
    from integrations.surfaces.slack.reading.intents import Press

EXPORT: Final = "mynah-export.json"
LONG: Final = "mynah-answer.md"
HANDED: Final = "You have it as a file, in your direct messages with me."
PICTURED: Final = "The picture is in your direct messages with me."
HERE_IT_IS: Final = "This is what you asked me for. Nobody else has it."


async def ran(joined: Joined, by: Press, line: str) -> CommandReply:
    """Run a command of somebody's, and show their tab anew if it may have changed."""
    reply = await joined.host.command(await joined.person(by.origin), line)
    if by.origin.channel_id:
        joined.errands.run("tab", refresh(joined, by.origin, line))
    return reply


async def ran_in_words(joined: Joined, by: Press, line: str) -> CommandReply:
    """Run a command; return what to say. What it hands out goes to the person as a file."""
    reply = await ran(joined, by, line)
    if export := reply.data.get("export"):
        reply = replace(reply, text=await _handed(joined, by, EXPORT, as_json(export), reply.text))
    for picture in reply.pictures:
        reply = replace(reply, text=await _pictured(joined, by, picture, reply.text))
    return reply


async def ran_at_home(joined: Joined, by: Press, line: str) -> None:
    """Run a command from a tab, which then says what became of it."""
    reply = await in_words(ran_in_words(joined, by, line))
    await show_home(joined, by.origin, notice=reply.text)


async def in_words(work: Awaitable[CommandReply]) -> CommandReply:
    """Return what to tell a person who waits for it, whatever becomes of the work."""
    try:
        return await work
    except Refusal as refusal:
        return CommandReply(str(refusal), ok=False)
    except Exception as error:  # noqa: BLE001 - a person waits for a sentence
        structlog.get_logger("mynah.slack").warning("command failed", error=type(error).__name__)
        return CommandReply(WRONG, ok=False)


async def tell(joined: Joined, by: Press, reply: CommandReply) -> None:
    """Tell somebody something that nobody else sees: in messages, or where they are too many.

    Raises:
        DeliveryFailure: if it cannot be told.
    """
    text = reply.text
    if len(said(text)) > MOST_WHISPERS:
        text = await _handed(joined, by, LONG, text, "")
    below = offering(reply.buttons)
    await joined.speech.whisper(by.origin, text, by.response_url, below=below)


async def _pictured(joined: Joined, by: Press, picture: Picture, words: str) -> str:
    """Send a picture to a person; return the words with where it is, and what it shows."""
    try:
        await hand_over(joined.line, by.origin.user_id, picture.name, picture.png, picture.alt)
    except DeliveryFailure as failure:
        return f"{words}\n\nI could not send you the picture ({picture.alt}): {failure}".strip()
    return f"{words}\n\n{PICTURED}".strip() if PICTURED not in words else words


async def _handed(joined: Joined, by: Press, name: str, content: str, words: str) -> str:
    try:
        await hand_over(joined.line, by.origin.user_id, name, content, HERE_IT_IS)
    except DeliveryFailure as failure:
        return f"I could not send you the file: {failure}"
    return f"{words}\n\n{HANDED}".strip()
