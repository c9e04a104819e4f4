"""Forgetting for real: rows, vectors and learned copies, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.feedback import understood
from learning.store.conversations import Conversations
from learning.store.credits import Credits
from learning.store.feedback import Signals
from learning.store.index import RecallIndex
from learning.store.interactions import Interactions
from learning.store.learnings import Learnings
from learning.store.people import People

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.credit import Crediting
    from bot.ledger import Ledger
    from learning.store.interactions import Interaction
    from learning.store.learnings import Learning
    from learning.store.store import Store


class Forgetting:
    """Deletes what people ask to have deleted."""

    def __init__(self, store: Store, ledger: Ledger, crediting: Crediting, clock: Clock) -> None:
        self._store = store
        self._ledger = ledger
        self._crediting = crediting
        self._clock = clock

    async def learning(self, workspace_id: str, user_id: str, learning: Learning) -> None:
        """Delete a learning, and see to it that it is not learned again."""
        async with self._store.begin(workspace_id, None) as unit:
            people = People(unit)
            await people.redact(await Interactions(unit).citing([learning.id]), keep_of=user_id)
            await RecallIndex(unit).remove([learning.id])
            await Learnings(unit).delete([learning.id])
            await people.bury(
                [unit.digest("interaction", str(learning.learned_from))], self._clock()
            )
            await people.note(user_id, "forget_learning", learning.id, {}, self._clock())
        await self._store.vacuum()

    async def interaction(self, workspace_id: str, user_id: str, interaction: Interaction) -> None:
        """Delete a question, its answers, and what was learned from them."""
        async with self._store.begin(workspace_id, None) as unit:
            people, interactions, index = People(unit), Interactions(unit), RecallIndex(unit)
            family = [interaction.id]
            for id_ in family:  # grows while it is walked: a correction may be corrected
                family += await interactions.corrections_of(id_)
            items = [
                message.id
                for id_ in family
                for message in await Conversations(unit).of_interaction(id_)
            ]
            items += [
                learning.id
                for id_ in family
                for learning in await Learnings(unit).of_interaction(id_)
            ]
            # Before rows are deleted: everybody who learns waits for the policy first.
            await self._ledger.take_back(unit, family)
            await self._crediting.unhear(unit, interaction)
            await people.redact(await interactions.citing(items), keep_of=user_id)
            await index.remove(items)
            await interactions.delete(family)
            await people.bury(
                [unit.digest("interaction", str(id_)) for id_ in family], self._clock()
            )
            await people.note(user_id, "forget_interaction", interaction.id, {}, self._clock())
        await self._store.vacuum()

    async def person(self, workspace_id: str, user_id: str) -> dict[str, int]:
        """Delete everything of a person; return how many rows, by table.

        What their questions and votes added to estimates is taken back first.
        """
        async with self._store.begin(workspace_id, None) as unit:
            signals, interactions = Signals(unit), Interactions(unit)
            await self._ledger.take_back(unit, await Credits(unit).of_user(user_id))
            answers = [await interactions.find(id_) for id_ in await signals.given_by(user_id)]
            # Their own answers go as a whole: nothing of them is to be counted again.
            voted_on = [x.id for x in answers if x is not None and x.user_id != user_id]
            await signals.drop_of(user_id)
            for id_ in sorted(voted_on):
                left = understood(await signals.standing(id_))
                await interactions.rate(id_, left.rating, left.votes)
            await self._crediting.recount(unit, voted_on)
            await self._ledger.drop_snapshots(unit)
            counts = await People(unit).erase(user_id, self._clock())
        await self._store.vacuum()
        return counts
