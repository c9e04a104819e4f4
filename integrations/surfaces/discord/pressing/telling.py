"""What one person alone is told: answers to commands and presses, and refusals.

Decides the way it takes: an ephemeral answer to what they did, for as long as Discord takes one,
and a direct message after that; and that Discord is asked to wait before three seconds are over.
Refuses to know what is said.
"""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import discord
import structlog

from integrations.surfaces.discord.showing.layout import attached, view
from integrations.surfaces.discord.showing.rendering import said

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from integrations.surfaces.discord.pressing.origins import Interaction
    from integrations.surfaces.discord.showing.layout import Post, Row

    _Kwargs = dict[str, Any]

MOST_DESCRIPTION: Final = 1_024
ACK_S: Final = 1.5
"""How long something may take before Discord is asked to wait for it."""
LATE: Final = "Discord no longer takes an answer to what you did there, so you have it here."
EXPIRED: Final = frozenset({10_015, 10_062, 50_027})
"""What Discord says of an interaction that it takes no answer to any more."""

_T = TypeVar("_T")
_log = structlog.get_logger("mynah.discord")


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that is handed over."""

    name: str
    content: bytes
    says: str = ""
    """What is to be seen on it, for who cannot see it."""

    def file(self) -> discord.File:
        """Return it as discord.py sends it, anew each time: it is read only once."""
        description = self.says[:MOST_DESCRIPTION] or None
        return discord.File(io.BytesIO(self.content), self.name, description=description)


def as_json(data: Mapping[str, Any]) -> bytes:
    """Return data as a person can read it."""
    return json.dumps(data, indent=2, ensure_ascii=False, default=str).encode()


def arguments(post: Post, *papers: Paper) -> _Kwargs:
    """Return what discord.py takes for a message."""
    files = [*attached(post), *(each.file() for each in papers)]
    given: _Kwargs = {} if post.layout else {"content": post.content, "suppress_embeds": True}
    if (shown := view(post)) is not None:
        given["view"] = shown
    return given | ({"files": files} if files else {})


async def tell(
    interaction: Interaction,
    text: str,
    *,
    rows: tuple[Row, ...] = (),
    papers: tuple[Paper, ...] = (),
) -> None:
    """Tell a person something that nobody else sees, with buttons below it or files.

    Raises:
        discord.DiscordException: if it cannot be told now.
    """
    *before, last = said(text)
    messages = [(each, ()) for each in before] + [(replace(last, rows=rows), papers)]
    for at, (post, along) in enumerate(messages):
        try:
            await _whisper(interaction, post, along)
        except discord.HTTPException as refused:
            if refused.code not in EXPIRED:
                raise
            await _write(interaction, messages[at:])
            return


async def acknowledge(interaction: Interaction, *, silently: bool = False) -> None:
    """Ask Discord to wait; ``silently`` if there may be nothing to show in the end.

    What came too late to be answered is done all the same.
    """
    if interaction.response.is_done():
        return
    try:
        await interaction.response.defer(ephemeral=True, thinking=not silently)
    except discord.HTTPException as refused:
        if refused.code not in EXPIRED:
            raise
        _log.info("too late to answer", code=refused.code)


async def within(interaction: Interaction, work: Awaitable[_T]) -> _T:
    """Return what something comes to; if that takes long, Discord is asked to wait."""
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait({task}, timeout=ACK_S)
    if not done:
        await acknowledge(interaction, silently=True)
    return await task


async def _whisper(interaction: Interaction, post: Post, papers: Sequence[Paper]) -> None:
    given = arguments(post, *papers)
    if interaction.response.is_done():
        await interaction.followup.send(ephemeral=True, **given)
    else:
        await interaction.response.send_message(ephemeral=True, **given)


async def _write(
    interaction: Interaction, messages: Sequence[tuple[Post, Sequence[Paper]]]
) -> None:
    """Write to a person directly, who did something and got no answer."""
    try:
        await interaction.user.send(LATE)
        for post, papers in messages:
            await interaction.user.send(**arguments(post, *papers))
    except discord.HTTPException as refused:
        _log.info("nowhere to answer", code=refused.code)
