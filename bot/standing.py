"""What is shown of an answer after it was shown: how it stands, its redaction, its end.

Sequence only. A platform keeps what it was given, so what changes here is changed there by jobs:
each reply's run one after another, and each shows what holds when it runs. A reply that is still
on its way is left alone, and one that was taken away does not come back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import structlog

from bot.outgoing import delivery_of
from bot.queue import turn_queue
from bot.record import delivery_lock
from integrations.contracts.delivery import Standing, Target
from integrations.contracts.surface import DeliveryFailure
from learning.store.conversations import Conversations
from learning.store.doors import Outbox
from learning.store.feedback import Signals
from learning.store.interactions import Interactions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from bot.opinions import Opinions
    from bot.queue import Queue
    from integrations.contracts.surface import Surface
    from learning.store.doors import Shown
    from learning.store.store import Store, Unit

CALM_S: Final = 2
"""How long votes gather: a storm of them changes a message once."""


class Standings:
    """Keeps what platforms show of answers up to what became of them.

    Args:
        store: where answers are.
        queue: takes the jobs.
        surfaces: those of this process.
        opinions: tells who found an answer good.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        surfaces: Mapping[str, Surface],
        opinions: Opinions,
    ) -> None:
        self._store = store
        self._queue = queue
        self._surfaces = surfaces
        self._opinions = opinions
        self._log = structlog.get_logger("mynah.standing")

    async def changed(self, unit: Unit, interaction_id: UUID, *, calm_s: int = 0) -> None:
        """See to it that a reply is shown as it stands, if it is shown where that is kept.

        Args:
            unit: the transaction that changes it.
            interaction_id: whose reply.
            calm_s: how long to wait for more of the kind.
        """
        for shown in await Outbox(unit).shown([interaction_id]):
            if self._kept_by(shown.surface):
                await self._queue.defer(
                    unit,
                    "standing",
                    queue=turn_queue(shown.surface),
                    lock=_lock(interaction_id),
                    once=f"standing:{interaction_id}",
                    delay_s=calm_s,
                    workspace_id=unit.workspace_id,
                    interaction_id=str(interaction_id),
                )

    async def restated(self, unit: Unit, outbox_id: UUID, surface: str) -> None:
        """See to it that something said first is shown as it is now, where that is kept."""
        if self._kept_by(surface):
            await self._queue.defer(
                unit,
                "standing",
                queue=turn_queue(surface),
                lock=_lock(outbox_id),
                once=f"standing:{outbox_id}",
                workspace_id=unit.workspace_id,
                outbox_id=str(outbox_id),
            )

    async def emptied(self, unit: Unit, interaction_ids: Sequence[UUID]) -> None:
        """See to it that the words of replies disappear that were just deleted."""
        for id_ in interaction_ids:
            await self.changed(unit, id_)

    async def gone(
        self, unit: Unit, interaction_ids: Sequence[UUID] = (), *, user_id: str | None = None
    ) -> None:
        """See to it that replies are taken away, and what was shown of those on their way.

        Args:
            unit: the transaction in which their rows will go.
            interaction_ids: whose replies.
            user_id: instead of these, all those to a person.
        """
        outbox = Outbox(unit)
        for each in await outbox.shown(interaction_ids, user_id=user_id):
            await self.withdrawn(unit, each)
        for id_ in await outbox.waiting(interaction_ids, user_id=user_id):
            await self._abandoned(unit, id_)

    async def withdrawn(self, unit: Unit, shown: Shown) -> None:
        """See to it that one reply is taken away."""
        if self._kept_by(shown.surface):
            await self._queue.defer(
                unit,
                "withdraw",
                queue=turn_queue(shown.surface),
                lock=_lock(shown.interaction_id or shown.outbox_id),
                workspace_id=unit.workspace_id,
                surface=shown.surface,
                ref=shown.ref,
            )

    async def _abandoned(self, unit: Unit, interaction_id: UUID) -> None:
        """See to it that what was written of a reply goes, once nobody is showing it any more."""
        interaction = await Interactions(unit).find(interaction_id)
        if interaction is None or not self._kept_by(interaction.surface):
            return
        conversation = await Conversations(unit).find(interaction.conversation_id)
        if conversation is not None:
            await self._queue.defer(
                unit,
                "abandon",
                queue=turn_queue(interaction.surface),
                lock=delivery_lock(conversation.id),
                workspace_id=unit.workspace_id,
                surface=interaction.surface,
                channel_id=conversation.channel_id,
                thread_id=conversation.thread_id,
                user_id=interaction.user_id,
                conversation_id=str(conversation.id),
                interaction_id=str(interaction_id),
                private=interaction.audience.kind == "user",
            )

    async def show(self, workspace_id: str, interaction_id: str = "", outbox_id: str = "") -> None:
        """Show a reply as it stands now, or something said first, if it is still there."""
        if outbox_id:
            await self._show_first(workspace_id, UUID(outbox_id))
            return
        id_ = UUID(interaction_id)
        async with self._store.begin(workspace_id, None) as unit:
            outgoing = await Outbox(unit).of_interaction(id_)
            interaction = await Interactions(unit).find(id_)
            if outgoing is None or interaction is None:
                return
            conversation = await Conversations(unit).find(outgoing.conversation_id)
            if conversation is None:
                return
            signals = await Signals(unit).standing(id_)
        up, down = self._opinions.tally(signals)
        corrected = any(signal.kind == "correction" for signal in signals)
        delivery = delivery_of(workspace_id, outgoing, conversation, interaction)
        surface = self._surfaces[outgoing.surface]
        await self._tried(surface, surface.restate(delivery, Standing(up, down, corrected)))

    async def _show_first(self, workspace_id: str, outbox_id: UUID) -> None:
        async with self._store.begin(workspace_id, None) as unit:
            outgoing = await Outbox(unit).find(outbox_id)
            if outgoing is None or outgoing.status != "delivered":
                return  # gone, or shown as it is now once it is shown
            conversation = await Conversations(unit).find(outgoing.conversation_id)
            if conversation is None:
                return
        delivery = delivery_of(workspace_id, outgoing, conversation, None)
        surface = self._surfaces[outgoing.surface]
        await self._tried(surface, surface.restate(delivery, Standing()))

    async def withdraw(self, workspace_id: str, surface: str, ref: str) -> None:
        """Take a reply away from where it was shown."""
        there = self._surfaces[surface]
        await self._tried(there, there.withdraw(workspace_id, ref))

    async def abandon(
        self,
        workspace_id: str,
        surface: str,
        conversation_id: str,
        interaction_id: str,
        **where: Any,  # noqa: ANN401 - JSON
    ) -> None:
        """Take away what was written of a reply that was forgotten before it was shown."""
        target = Target(
            surface=surface,
            workspace_id=workspace_id,
            conversation_id=UUID(conversation_id),
            interaction_id=UUID(interaction_id),
            **where,
        )
        await self._surfaces[surface].abandon(target)

    def _kept_by(self, name: str) -> bool:
        """Tell whether a surface keeps what it shows; one of another process may."""
        surface = self._surfaces.get(name)
        return surface is None or surface.capabilities.keeps

    async def _tried(self, surface: Surface, change: Awaitable[None]) -> None:
        try:
            await change
        except DeliveryFailure as failure:
            if not failure.final:
                raise  # the queue tries again
            self._log.info("left as it was", surface=surface.name, why=str(failure))


def _lock(id_: UUID) -> str:
    return f"shown:{id_}"
