"""What becomes of a question that is asked by a command in Discord.

Decides where it is answered: where it was asked, below a message that shows the question, if we
can write there; otherwise in the command's own reply, which only who asked sees. Refuses to know
what is answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import discord

from integrations.contracts.incoming import IncomingMessage
from integrations.markdown.cutting import cut, size
from integrations.surfaces.discord.hearing.places import DIRECT, ref_of
from integrations.surfaces.discord.hearing.text import quoted
from integrations.surfaces.discord.pressing.private import thread_of
from integrations.surfaces.discord.pressing.telling import EXPIRED, acknowledge, tell
from integrations.surfaces.sayings import NO_ANSWER, sentence

if TYPE_CHECKING:
    from uuid import UUID

    from integrations.contracts.host import Host
    from integrations.surfaces.discord.pressing.origins import Interaction, Origin
    from integrations.surfaces.discord.pressing.private import Private
    from learning.roles import RoleName

MOST_SHOWN: Final = 1_800
"""Characters of a question that are shown; Mynah reads all of them."""
BUSY: Final = "I am at it already."


class Asking:
    """Takes questions that did not come as messages.

    Args:
        host: Mynah.
        private: shows what only an interaction can.
    """

    def __init__(self, host: Host, private: Private) -> None:
        self._host = host
        self._private = private

    async def take(
        self,
        interaction: Interaction,
        origin: Origin,
        text: str,
        role: RoleName | None,
        *,
        alone: bool,
    ) -> None:
        """Take what was asked by a command; what cannot be taken is not shown either."""
        try:
            _message(origin, text, role=role)
        except ValueError as problem:
            await tell(interaction, f"{sentence(problem)}\n\n{quoted(text)}".strip())
            return
        if alone or not origin.writable:
            await self._alone(interaction, origin, text, role)
        else:
            await self._openly(interaction, origin, text, role)

    async def again(
        self,
        interaction: Interaction,
        origin: Origin,
        thread_id: str,
        answer: UUID,
        role: RoleName | None,
    ) -> None:
        """Ask for another answer to a question."""
        person, place = origin.person, origin.place
        exchange = await self._host.exchange(person, answer)
        question = next((entry for entry in exchange if entry.by == "person"), None)
        if question is None:
            await tell(interaction, NO_ANSWER)
            return
        thread = thread_id or await self._thread(origin, answer)
        if await self._host.unanswered(person, place.channel_id, thread):
            await tell(interaction, BUSY)
            return
        kept = await self._put_off(interaction, thread)
        message = _message(
            origin, question.text, thread=thread, role=role, again=answer, alone=kept
        )
        await self._host.accept(message)

    async def put_off(self, interaction: Interaction, answer: UUID) -> None:
        """Prepare for the answer to something that was pressed below a private one."""
        await self._put_off(interaction, self._private.thread(answer))

    async def _put_off(self, interaction: Interaction, thread: str) -> bool:
        """Tell Discord to wait; return whether the answer is to come in what it waits for."""
        if not thread.startswith("ask:"):
            await acknowledge(interaction, silently=True)
            return False
        await acknowledge(interaction)
        self._private.keep(thread, interaction)
        return True

    async def _thread(self, origin: Origin, answer: UUID) -> str:
        """Return the thread of an answer whose button does not say it."""
        if thread := self._private.thread(answer):
            return thread
        place = origin.place
        traced = await self._host.trace("discord", place.workspace_id, origin.ref)
        if traced is not None:
            return traced.thread_id
        return place.thread_id or origin.ref.rpartition(":")[2] or DIRECT

    async def _alone(
        self, interaction: Interaction, origin: Origin, text: str, role: RoleName | None
    ) -> None:
        thread = thread_of(interaction.id)
        await acknowledge(interaction)
        self._private.keep(thread, interaction)
        await self._host.accept(_message(origin, text, thread=thread, role=role, alone=True))

    async def _openly(
        self, interaction: Interaction, origin: Origin, text: str, role: RoleName | None
    ) -> None:
        """Show the question, and take it as asked there."""
        shown = quoted(text)
        if size(shown) > MOST_SHOWN:
            shown = f"{next(cut(shown, MOST_SHOWN)).rstrip()}…"
        here = origin.place.here
        try:
            told = await interaction.response.send_message(shown, suppress_embeds=True)
            message_id = told.message_id
        except discord.HTTPException as refused:
            channel: Any = interaction.channel
            if refused.code not in EXPIRED or channel is None:
                raise
            # Too late for the reply to the command; a message does as well.
            name = discord.utils.escape_markdown(interaction.user.display_name)
            sent = await channel.send(
                f"{name}:\n{shown}", nonce=f"q{interaction.id}", suppress_embeds=True
            )
            message_id = sent.id
        thread = origin.place.thread_id or str(message_id or interaction.id)
        ref = ref_of(here, message_id) if message_id else ""
        await self._host.accept(_message(origin, text, thread=thread, ref=ref, role=role))


def _message(
    origin: Origin,
    text: str,
    *,
    thread: str = DIRECT,
    ref: str = "",
    role: RoleName | None = None,
    again: UUID | None = None,
    alone: bool = False,
) -> IncomingMessage:
    common = origin.common()
    if alone:
        common["private"] = True
    return IncomingMessage(
        **common, thread_id=thread, message_ref=ref, text=text, role=role, again=again
    )
