"""Speaking first: what Mynah says without being asked, shown once, and changed later.

Sequence only. What became of an action, a reminder, a post: each goes through the outbox under a
key of its own, in the transaction that makes it necessary, so that it is said exactly once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from bot.outgoing import kept_buttons
from bot.queue import turn_queue
from bot.record import MYNAH, delivery_lock
from integrations.contracts.delivery import Outcome
from learning.scope import channel, person
from learning.store.conversations import Conversations
from learning.store.doors import Outbox
from learning.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.clock import Clock
    from bot.queue import Queue
    from bot.standing import Standings
    from integrations.contracts.delivery import Button
    from integrations.contracts.surface import Spot
    from learning.scope import Audience
    from learning.store.store import Unit


_MY_THREAD: Final = "Mynah"
"""What a thread is called that begins with something said first to one person."""


class Speaking:
    """Says something first, and changes what was said.

    Args:
        queue: takes the jobs that show it.
        standings: changes what was shown already.
        clock: tells the time.
    """

    def __init__(self, queue: Queue, standings: Standings, clock: Clock) -> None:
        self._queue = queue
        self._standings = standings
        self._clock = clock

    async def say(
        self,
        unit: Unit,
        *,
        surface: str,
        user_id: str,
        key: str,
        text: str,
        spot: Spot | None = None,
        conversation_id: UUID | None = None,
        audience: Audience | None = None,
        about: UUID | None = None,
        below: str = "",
        buttons: Sequence[Button] = (),
    ) -> UUID | None:
        """Say something that answers no question, in the caller's transaction.

        It is the person's for whom it is said, and goes with what is kept of them.

        Args:
            unit: open for all audiences.
            surface: where.
            user_id: for whom, or on whose behalf.
            key: names it for ever: what has been said is not said again.
            text: Markdown.
            spot: the place, where it continues no conversation.
            conversation_id: the conversation that it continues.
            audience: who reads it at the spot; by default whom the spot says.
            about: the interaction that this is what came of: what people think of it, they
                think of that.
            below: as in ``Delivery``, as are the buttons.
            buttons: what can be pressed.

        Returns:
            Its id in the outbox; nothing if it was said before, or the conversation is gone.
        """
        now, conversations = self._clock(), Conversations(unit)
        if conversation_id is not None:
            found = await conversations.find(conversation_id)
            if found is None:
                return None
            audience, surface = found.audience, found.surface
        elif spot is not None:
            audience = audience or (person(user_id) if spot.private else channel(spot.channel_id))
            conversation_id = await conversations.open(
                surface,
                spot.channel_id,
                spot.thread_id,
                user_id,
                audience,
                now,
                title=_MY_THREAD if spot.private else "",
            )
        else:
            raise ValueError("say where: at a spot, or in a conversation")
        message_id = new_id()
        outbox_id = await Outbox(unit).put(
            key,
            surface,
            conversation_id,
            None,
            user_id,
            {
                "text": text,
                "citations": [],
                "outcome": Outcome.ACTED,
                "role": "",
                "model": "",
                "below": below,
                "buttons": kept_buttons(buttons),
                "message_id": str(message_id),
                **({} if about is None else {"about": str(about)}),
            },
            now,
        )
        if outbox_id is None:
            return None
        # With the person as its author it is exported and erased with what is theirs.
        await conversations.say(
            conversation_id,
            "mynah",
            user_id or MYNAH,
            f"{text}\n\n{below}" if below else text,
            now,
            audience,
            message_id=message_id,
        )
        await self._queue.defer(
            unit,
            "deliver",
            queue=turn_queue(surface),
            lock=delivery_lock(conversation_id),
            workspace_id=unit.workspace_id,
            outbox_id=str(outbox_id),
        )
        return outbox_id

    async def restate(
        self, unit: Unit, key: str, *, text: str | None = None, buttons: Sequence[Button] = ()
    ) -> bool:
        """Change what a message of Mynah's shows, an answer or something said first.

        Args:
            unit: open for all audiences.
            key: of the message: what ``say`` was given, or ``answer:ID`` of an interaction.
            text: what it says from now on; as it was where nothing is given.
            buttons: all that can be pressed from now on.

        Returns:
            Whether there is such a message.
        """
        outbox = Outbox(unit)
        outgoing = await outbox.of_key(key)
        if outgoing is None:
            return False
        body = dict(outgoing.body) | {"buttons": kept_buttons(buttons)}
        if text is not None and text != body["text"]:
            body["text"] = text
            await self._reword(unit, outgoing.interaction_id, body)
        if body == outgoing.body:
            return True
        await outbox.change(outgoing.id, body)
        if outgoing.status != "delivered":
            pass  # whoever is showing it sees that it changed
        elif outgoing.interaction_id is None:
            await self._standings.restated(unit, outgoing.id, outgoing.surface)
        else:
            await self._standings.changed(unit, outgoing.interaction_id)
        return True

    async def _reword(self, unit: Unit, interaction_id: UUID | None, body: dict[str, Any]) -> None:
        """Let the transcript say what the message says."""
        conversations = Conversations(unit)
        if interaction_id is None:
            ids = [UUID(body["message_id"])]
        else:
            said = await conversations.of_interaction(interaction_id)
            ids = [message.id for message in said if message.by == "mynah"]
        below = body.get("below", "")
        text = f"{body['text']}\n\n{below}" if below else body["text"]
        for id_ in ids:
            await conversations.reword(id_, text, self._clock())
