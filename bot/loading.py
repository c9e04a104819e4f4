"""Loading a turn: everything it starts from, in one transaction.

Sequence only. A message that follows a question of ours settles it here, so that what is answered
is what the person meant; a turn that is started again finds what it settled the first time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.stages import Loaded
from integrations.contracts.model import Said
from learning.context import fit_history
from learning.interpretation.choice import of_words, outcome_of, settles
from learning.scope import may_tell
from learning.store.attachments import Attachments
from learning.store.consents import Consents
from learning.store.conversations import Conversations
from learning.store.interactions import Interactions
from learning.store.interpretations import Interpretations
from learning.store.memories import Memories
from learning.store.personas import Personas

if TYPE_CHECKING:
    from uuid import UUID

    from bot.clock import Clock
    from bot.context import ContextBuilder
    from bot.routing import Routing
    from bot.stages import Prepared
    from learning.memory.contract import Memory
    from learning.store.conversations import Message
    from learning.store.interactions import Interaction
    from learning.store.store import Store, Unit


class Loading:
    """Loads turns.

    Args:
        store: where they are.
        routing: says what holds for a person and a thread.
        contexts: knows how far each way to find things is to be believed.
        clock: tells the time.
    """

    def __init__(
        self, store: Store, routing: Routing, contexts: ContextBuilder, clock: Clock
    ) -> None:
        self._store = store
        self._routing = routing
        self._contexts = contexts
        self._clock = clock

    async def load(
        self,
        workspace_id: str,
        interaction_id: UUID,
        *,
        starting: bool = True,
        settling: bool = True,
    ) -> Loaded | None:
        """Return what a turn starts from; nothing if it is over, or gone.

        Args:
            workspace_id: whose.
            interaction_id: which one.
            starting: count it as a start.
            settling: take in which question of ours the message answers.
        """
        async with self._store.begin(workspace_id, None) as unit:
            interactions = Interactions(unit)
            interaction = await interactions.find(interaction_id)
            if interaction is None or interaction.status == "done":
                return None
            if starting:
                await interactions.start(interaction_id)
            conversations = Conversations(unit)
            conversation = await conversations.find(interaction.conversation_id)
            messages = await conversations.of_interaction(interaction_id)
            if conversation is None or not messages:
                return None
            question = messages[0]
            earlier = await conversations.messages(
                conversation.id, before=question.position, limit=20
            )
            learns = await Consents(unit).learns(interaction.user_id, interaction.surface)
            prepared = await self._routing.prepare(
                unit, interaction, conversation.channel_id, self._clock()
            )
            memories = await self._known_of(unit, interaction)
            facets, _ = await Personas(unit).of(interaction.user_id)
            evidence = await self._contexts.evidence(unit, self._clock())
            files = await Attachments(unit).of_thread(conversation.id, question.position)
            settles = None
            if settling and not any(f.unread and f.message_id == question.id for f in files):
                settles, question = await self._settle(unit, interaction, question, prepared)
        history = fit_history(
            [("person" if m.by == "person" else "mynah", m.text) for m in earlier]
        )
        return Loaded(
            interaction,
            conversation,
            question,
            tuple(Said(by, text) for by, text in history),
            tuple(
                m.id
                for m in earlier[len(earlier) - len(history) :]
                if m.by != "mynah" and m.author_id != interaction.user_id
            ),
            learns,
            prepared,
            memories,
            facets,
            settles,
            evidence,
            files=tuple(files),
        )

    async def _known_of(self, unit: Unit, interaction: Interaction) -> tuple[Memory, ...]:
        """Return what is known of a person, as far as everybody who reads the reply may know it.

        In private that is all of it: it comes from what they said themselves.
        """
        known = await Memories(unit).of(interaction.user_id)
        return tuple(m for m in known if may_tell(m.audience, interaction.audience))

    async def _settle(
        self, unit: Unit, interaction: Interaction, question: Message, prepared: Prepared
    ) -> tuple[UUID | None, Message]:
        """Return what a message settles, if it follows a question of ours, and what it means.

        "2" means the second reading; anything else is taken in the person's own words. A turn
        that is started again finds what it settled the first time.
        """
        interpretations = Interpretations(unit)
        asked = prepared.asked
        if interaction.clarifies is not None:
            asked = await interpretations.of(interaction.clarifies)
        if asked is None or asked.user_id != interaction.user_id:
            return None, question
        reading = of_words(question.text, asked.readings)
        if interaction.clarifies is None:
            about = str(asked.context.get("question", ""))
            if reading is None and (
                asked.mode == "advanced" or not settles(question.text, about, asked.readings)
            ):
                return None, question  # of something else; ours stays open
            await interpretations.settle(
                asked.interaction_id,
                outcome_of(reading, asked.readings),
                reading.id if reading else "",
                question.text,
                self._clock(),
            )
            await Interactions(unit).clarify(interaction.id, asked.interaction_id)
        if reading is not None:
            question = replace(question, text=reading.text)
        return asked.interaction_id, question
