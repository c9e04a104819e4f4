"""What an edited message comes to: new words in the old place, or a new answer.

Sequence only: whether the edit asks for something else is decided in ``learning.rewording``.
The old words go, with what was learned from them alone. An answer that somebody rated or
corrected stays, as do the vote and the correction; any other is taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from bot.accept import defer_turn
from bot.queue import LEARNING, memory_lock
from integrations.contracts.host import LiveEvent
from integrations.contracts.incoming import IncomingEdit
from learning.attached import asked_by
from learning.rewording import asks_anew
from learning.store.arrivals import Arrival, arrive
from learning.store.attachments import Attachments
from learning.store.consents import Consents
from learning.store.conversations import Conversations
from learning.store.doors import Inbox
from learning.store.interactions import Interactions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.clock import Clock
    from bot.forget import Forgetting
    from bot.ledger import Ledger
    from bot.live import LiveEvents
    from bot.queue import Queue
    from learning.store.conversations import Conversation, Message
    from learning.store.doors import Received
    from learning.store.interactions import Interaction
    from learning.store.store import Store, Unit


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as it stands: the interaction, and the words of the person."""

    interaction: Interaction
    question: Message


class Editing:
    """Takes in edits of messages that began a turn.

    Args:
        store: where they are.
        queue: takes the turns and the learning that follow.
        forgetting: takes the old words out.
        ledger: whoever deletes waits for it first.
        live: tells a running turn that it is not wanted any more.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        forgetting: Forgetting,
        ledger: Ledger,
        live: LiveEvents,
        clock: Clock,
    ) -> None:
        self._store = store
        self._queue = queue
        self._forgetting = forgetting
        self._ledger = ledger
        self._live = live
        self._clock = clock

    async def apply(self, workspace_id: str, inbox_id: str) -> None:
        """Let a message mean what it says now; do nothing if it does, or is gone."""
        dropped: list[Interaction] = []
        async with self._store.begin(workspace_id, None) as unit:
            inbox = Inbox(unit)
            received = await inbox.find(UUID(inbox_id))
            if received is None or received.handled:
                return
            edit = IncomingEdit.model_validate(received.payload)
            asked: list[_Asked] = []
            if not await self._outdated(unit, edit, received):
                # Everybody who learns or deletes waits for the policy first.
                await self._ledger.locked(unit)
                asked = await self._asked(unit, edit)
            if asked:
                dropped = await self._take_in(unit, edit, asked, received.id)
            await inbox.handled(received.id, self._clock())
        for interaction in dropped:
            await self._live.publish(interaction.conversation_id, LiveEvent("stop", interaction.id))
        if asked:
            await self._live.publish(asked[0].interaction.conversation_id, LiveEvent("changed"))
        if dropped:
            await self._store.vacuum()

    async def _outdated(self, unit: Unit, edit: IncomingEdit, received: Received) -> bool:
        """Tell whether a later edit of the same message waits: then nobody wants this one."""
        if received.conversation_id is None:
            return False
        waiting = await Inbox(unit).waiting(edit.kind, edit.user_id, received.conversation_id)
        return any(
            other.payload["message_ref"] == edit.message_ref
            and IncomingEdit.model_validate(other.payload).occurred_at >= edit.occurred_at
            for other in waiting
            if other.id > received.id and other.payload is not None
        )

    async def _asked(self, unit: Unit, edit: IncomingEdit) -> list[_Asked]:
        """Return the question, then the same one asked again; nothing if the edit is an old one."""
        conversations, interactions = Conversations(unit), Interactions(unit)
        first = await conversations.said_at_ref(edit.surface, edit.message_ref, edit.user_id)
        if first is None:
            return []
        asked = []
        for id_ in [first, *await interactions.asked_again(first)]:
            interaction = await interactions.find(id_, lock=True)
            said = await conversations.of_interaction(id_)
            question = next((m for m in said if m.by == "person"), None)
            if interaction is not None and question is not None:
                asked.append(_Asked(interaction, question))
        # Platforms tell the time of an edit by the second.
        if not asked or int(edit.occurred_at.timestamp()) < int(
            asked[0].question.said_at.timestamp()
        ):
            return []
        return asked

    async def _take_in(
        self, unit: Unit, edit: IncomingEdit, asked: Sequence[_Asked], inbox_id: UUID
    ) -> list[Interaction]:
        """Return the interactions that were dropped."""
        first, conversations = asked[0], Conversations(unit)
        before = first.question.text
        thread = await conversations.find(first.interaction.conversation_id)
        if not edit.text:
            files = await Attachments(unit).of_thread(
                first.question.conversation_id, first.question.position
            )
            own = [file for file in files if file.message_id == first.question.id]
            # Those that are still to be read say then what is meant.
            words = "" if any(file.unread for file in own) else asked_by(own)
            edit = edit.model_copy(update={"text": words})
            if not own:
                return []
        if thread is None or before == edit.text:
            return []
        await conversations.retitle(thread.id, before, edit.text)
        if first.interaction.status == "accepted" or not asks_anew(before, edit.text):
            for each in asked:
                await self._reword(unit, each, edit)
                await self._relearn(unit, each)
            return []
        await self._ask_anew(unit, edit, first, thread, inbox_id)
        dropped = []
        for each in asked:
            interaction = each.interaction
            if interaction.votes or await Interactions(unit).corrections_of(interaction.id):
                await self._reword(unit, each, edit, moved=True)
                await self._forgetting.words(unit, interaction, each.question.id, quoted=True)
            else:
                await self._forgetting.drop(unit, edit.user_id, interaction, alone=True)
                dropped.append(interaction)
        return dropped

    async def _reword(
        self, unit: Unit, asked: _Asked, edit: IncomingEdit, *, moved: bool = False
    ) -> None:
        await Conversations(unit).reword(
            asked.question.id, edit.text, edit.occurred_at, moved=moved
        )

    async def _relearn(self, unit: Unit, asked: _Asked) -> None:
        """Learn from the words as they are now, if the old ones were learned from."""
        interaction = asked.interaction
        if interaction.status != "done":
            return
        await self._forgetting.words(unit, interaction, asked.question.id, quoted=False)
        if await Consents(unit).learns(interaction.user_id, interaction.surface):
            await self._queue.defer(
                unit,
                "learn",
                queue=LEARNING,
                lock=memory_lock(interaction.user_id),
                workspace_id=unit.workspace_id,
                interaction_id=str(interaction.id),
            )

    async def _ask_anew(
        self, unit: Unit, edit: IncomingEdit, first: _Asked, thread: Conversation, inbox_id: UUID
    ) -> None:
        """Let the new text arrive in the same thread, with the files of the old one."""
        arrived = await arrive(
            unit,
            Arrival(
                surface=edit.surface,
                event_id=f"edited:{inbox_id}",
                channel_id=thread.channel_id,
                thread_id=thread.thread_id,
                user_id=edit.user_id,
                audience=first.interaction.audience,
                text=edit.text,
                said_at=edit.occurred_at,
                message_ref=edit.message_ref,
                asked_role=first.interaction.asked_role,
            ),
            self._clock(),
        )
        await Conversations(unit).pass_files(first.question.id, arrived.message_id)
        await defer_turn(self._queue, unit, edit.surface, arrived)
