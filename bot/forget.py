"""Forgetting for real: rows, vectors and learned copies, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.acting.telling import keys_of
from bot.habits.unlearning import Unlearning
from bot.memorise import digest_of_habit
from bot.opinions import USUAL
from integrations.contracts.host import LiveEvent
from learning.memory.insights import QUOTING
from learning.store.actions import Actions
from learning.store.attachments import Attachments
from learning.store.conversations import Conversations
from learning.store.credits import Credits
from learning.store.feedback import Signals
from learning.store.habits import Completions
from learning.store.index import RecallIndex
from learning.store.interactions import Interactions
from learning.store.interpretations import Interpretations
from learning.store.learnings import Learnings
from learning.store.memories import Memories
from learning.store.noticed import Noticed
from learning.store.people import People
from learning.store.personas import Personas

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from bot.clock import Clock
    from bot.credit import Crediting
    from bot.ledger import Ledger
    from bot.memorise import Memorising
    from bot.opinions import Opinions
    from bot.standing import Standings
    from integrations.contracts.host import Broadcast
    from learning.memory.contract import Memory
    from learning.store.interactions import Interaction
    from learning.store.learnings import Learning
    from learning.store.store import Store, Unit


class Forgetting:
    """Deletes what people ask to have deleted."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        crediting: Crediting,
        memorising: Memorising,
        standings: Standings,
        live: Broadcast,
        clock: Clock,
        opinions: Opinions = USUAL,
    ) -> None:
        self._standings = standings
        self._opinions = opinions
        self._store = store
        self._memorising = memorising
        self._live = live
        self._unlearning = Unlearning(standings, clock)
        self._ledger = ledger
        self._crediting = crediting
        self._clock = clock

    async def learning(self, workspace_id: str, user_id: str, learning: Learning) -> None:
        """Delete a learning, and see to it that it is not learned again."""
        async with self._store.begin(workspace_id, None) as unit:
            people = People(unit)
            interactions = Interactions(unit)
            await people.redact(await interactions.citing([learning.id]), keep_of=user_id)
            await people.redact(await interactions.citing([learning.id], cited_by=user_id))
            await self._standings.emptied(unit, people.redacted)
            await RecallIndex(unit).remove([learning.id])
            await Learnings(unit).delete([learning.id])
            await people.bury(
                [unit.digest("interaction", str(learning.learned_from))], self._clock()
            )
            await people.note(user_id, "forget_learning", learning.id, {}, self._clock())
        await self._store.vacuum()

    async def memory(self, workspace_id: str, user_id: str, memory: Memory) -> list[Memory]:
        """Delete a memory, and see to it that nothing concludes it again.

        What the person says in so many words is theirs to say again.

        Returns:
            What it had taken the place of, and holds again.
        """
        async with self._store.begin(workspace_id, None) as unit:
            people, memories = People(unit), Memories(unit)
            gone = [memory.id]
            digests = []
            if memory.origin != "stated":
                digests.append(memories.digest_of(memory))
            if memory.origin == "observed" and memory.slot:
                # Its earlier wordings go as well, or the one before would hold again.
                habit = digest_of_habit(unit, memory.user_id, memory.slot, memory.value)
                digests.append(habit)
                gone += [
                    other.id
                    for other in await memories.of(
                        memory.user_id, superseded=True, slot=memory.slot
                    )
                    if other.origin == "observed"
                    and other.id != memory.id
                    and digest_of_habit(unit, memory.user_id, other.slot, other.value) == habit
                ]
            if memory.kind != "insight":
                gone += await _conclusions(unit, [memory.user_id])
            quoting = await _quoting(unit, gone)
            await people.bury(digests, self._clock())
            asking = await Interpretations(unit).speaking_of(gone)
            own = [*asking, *await Interactions(unit).citing(gone, cited_by=user_id)]
            revived = await self._unremember(unit, gone)
            await people.redact(quoting, keep_of=user_id)
            await people.redact(own)
            await self._standings.emptied(unit, people.redacted)
            index = RecallIndex(unit)
            await index.remove(gone)
            await index.invalidate(revived, None)
            await self._unlearning.lift(unit, [memory.user_id])
            await people.note(user_id, "forget_memory", memory.id, {}, self._clock())
            again = await memories.find(revived)
        await self._store.vacuum()
        return again

    async def _unremember(self, unit: Unit, ids: Sequence[UUID]) -> list[UUID]:
        """Delete memories, and what was said to the person of them; return what holds again.

        The index is left to the caller: who has its lock waits for no memory any more.
        """
        if not ids:
            return []
        memories, interpretations = Memories(unit), Interpretations(unit)
        speaking = await interpretations.speaking_of(ids)
        await Noticed(unit).drop({*speaking, *await Interactions(unit).citing(ids)})
        await interpretations.empty(speaking)
        revived = await memories.revived_by_loss(ids)
        await memories.delete(ids)
        return revived

    async def action(self, workspace_id: str, user_id: str, action_id: UUID) -> None:
        """Delete an action with its tries, and what was said of it outside of a turn.

        What it did elsewhere is done.
        """
        async with self._store.begin(workspace_id, None) as unit:
            people, interactions = People(unit), Interactions(unit)
            await people.redact(await interactions.citing([action_id]), keep_of=user_id)
            await people.redact(await interactions.citing([action_id], cited_by=user_id))
            acted = await Actions(unit).find(action_id, lock=True)
            lost = await self._unlearning.losing(unit, [], [] if acted is None else [acted])
            concluded = await self._unlearning.concluded(unit, lost)
            if acted is not None and acted.interaction_id is not None:
                await people.redact([acted.interaction_id])  # the answer tells what came of it
            await self._standings.emptied(unit, people.redacted)
            await self._unlearning.unsay(unit, keys_of(action_id))
            await self._unconclude(unit, concluded)
            await RecallIndex(unit).remove([action_id])
            await Actions(unit).delete([action_id])
            await self._unlearning.lost(unit, lost)
            await people.note(user_id, "forget_action", action_id, {}, self._clock())
        await self._store.vacuum()

    async def completion(self, unit: Unit, user_id: str, completion_id: UUID) -> None:
        """Delete something that a person did; with the last of its kind goes what quotes it."""
        completions = Completions(unit)
        kinds = {each.id: each.task_type for each in await completions.of(user_id)}
        kind = kinds.pop(completion_id, None)
        if kind is None:
            return
        if kind not in kinds.values():
            await self._unconclude(unit, await self._unlearning.concluded(unit, [user_id]))
        await completions.forget(completion_id)
        await self._unlearning.lost(unit, {user_id: {kind}})

    async def _unconclude(self, unit: Unit, ids: Sequence[UUID]) -> None:
        """Delete conclusions, and what answers quoted of them."""
        if not ids:
            return
        people = People(unit)
        quoting = await _quoting(unit, ids)
        await self._unremember(unit, ids)
        await people.redact(quoting)
        await self._standings.emptied(unit, people.redacted)
        await RecallIndex(unit).remove(ids)

    async def interaction(self, workspace_id: str, user_id: str, interaction: Interaction) -> None:
        """Delete a question, its answers, and what was learned from them."""
        async with self._store.begin(workspace_id, None) as unit:
            await self.drop(unit, user_id, interaction)
        # Who is still answering it learns that nobody wants to know any more.
        await self._live.publish(interaction.conversation_id, LiveEvent("stop", interaction.id))
        await self._store.vacuum()

    async def drop(
        self, unit: Unit, user_id: str, interaction: Interaction, *, alone: bool = False
    ) -> None:
        """Delete a question as ``interaction`` does, in a transaction of the caller's.

        Args:
            unit: an open transaction.
            user_id: who wants it deleted.
            interaction: the question.
            alone: leave it where anybody wanted another answer to it, which holds its words too.
        """
        people, interactions, index = People(unit), Interactions(unit), RecallIndex(unit)
        family = [interaction.id]
        family += [] if alone else await interactions.asked_again(interaction.id)
        for id_ in family:  # grows while it is walked: a correction may be corrected
            family += await interactions.corrections_of(id_)
        conversations = Conversations(unit)
        said = [m for id_ in family for m in await conversations.of_interaction(id_)]
        items = [message.id for message in said]
        items += await Attachments(unit).of_interactions(family)
        acted = await Actions(unit).of_interactions(family)
        done = [each.id for each in acted]
        items += done
        lost = await self._unlearning.losing(unit, family, acted)
        items += [
            learning.id for id_ in family for learning in await Learnings(unit).of_interaction(id_)
        ]
        # Before rows are deleted: everybody who learns waits for the policy first.
        await self._ledger.take_back(unit, family)
        await self._crediting.unhear(unit, interaction)
        texts = [message.text for message in said]
        await conversations.forget_title(interaction.conversation_id, texts)
        remembered = await self._taught_by(unit, interaction, family)
        remembered += await self._unlearning.concluded(unit, lost)
        items += remembered
        quoting = await _quoting(unit, items)
        asking = await Interpretations(unit).speaking_of(remembered)
        own = [*asking, *await interactions.citing(items, cited_by=user_id)]
        if interaction.clarifies is not None:
            await Interpretations(unit).forget_words(interaction.clarifies)
        revived = await self._unremember(unit, remembered)
        await people.redact(quoting, keep_of=user_id)
        await people.redact([id_ for id_ in own if id_ not in family])
        await self._standings.emptied(unit, people.redacted)
        await self._standings.gone(unit, family)
        await self._unlearning.unsay(unit, [key for id_ in done for key in keys_of(id_)])
        await index.remove(items)
        await index.invalidate(revived, None)
        moved = await Personas(unit).take_back(family)
        await interactions.delete(family)
        for concerned in moved:
            await self._memorising.replay_form(unit, concerned, self._clock())
        await self._unlearning.lost(unit, lost)
        await self._unlearning.lift(unit, {interaction.user_id} - lost.keys())
        await people.bury([unit.digest("interaction", str(id_)) for id_ in family], self._clock())
        await people.note(user_id, "forget_interaction", interaction.id, {}, self._clock())

    async def words(
        self, unit: Unit, interaction: Interaction, message_id: UUID, *, quoted: bool
    ) -> None:
        """Forget what a message said, and keep the answer to it.

        The index and memories lose it; learning from its new words puts them back.

        Args:
            unit: an open transaction, in which the message gets its new words.
            interaction: what it began.
            message_id: the message.
            quoted: also where its words stand in answers, and as the question of a liked one.
        """
        index, people, id_ = RecallIndex(unit), People(unit), interaction.id
        lost = await self._unlearning.losing(unit, [id_])
        taught = await self._taught_by(unit, interaction, [id_])
        taught += await self._unlearning.concluded(unit, lost)
        gone = [message_id, *taught]
        if quoted:
            liked = await Learnings(unit).of_interaction(id_)
            gone += [each.id for each in liked if each.kind == "rated_answer"]
            quoting = [each for each in await _quoting(unit, gone) if each != id_]
            asking = await Interpretations(unit).speaking_of(taught)
            await people.redact(quoting)
            await people.redact([each for each in asking if each != id_])
            await self._standings.emptied(unit, people.redacted)
            await Learnings(unit).delete(gone)
            await people.bury([unit.digest("interaction", str(id_))], self._clock())
            for cause in ("wish", "words"):
                await self._memorising.move(
                    unit, interaction.user_id, id_, cause, {}, {}, self._clock()
                )
        revived = await self._unremember(unit, taught)
        await index.remove(gone)
        await index.invalidate(revived, None)
        await Completions(unit).drop(id_)
        await self._unlearning.lost(unit, lost)
        await self._unlearning.lift(unit, {interaction.user_id} - lost.keys())

    async def _taught_by(
        self, unit: Unit, interaction: Interaction, family: Sequence[UUID]
    ) -> list[UUID]:
        """Return what was learned from an interaction and from nothing else.

        What a choice taught quotes both the question and what was chosen, and goes with either.
        """
        interactions = Interactions(unit)
        beside = await interactions.clarifying(family)
        if interaction.clarifies is not None:
            beside.append(interaction.clarifies)
        taught = await Memories(unit).resting_only_on(family, beside)
        found = [await interactions.find(id_) for id_ in family]
        authors = sorted({each.user_id for each in found if each is not None})
        concluded = await _conclusions(unit, authors)
        return list(dict.fromkeys([*taught, *concluded]))

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
                left = self._opinions.feedback(await signals.standing(id_))
                await interactions.rate(id_, left.rating, left.votes)
                await Actions(unit).rate(id_, left.rating, left.votes)
                await self._standings.changed(unit, id_)
            await self._crediting.recount(unit, voted_on)
            await self._ledger.drop_snapshots(unit)
            await self._standings.gone(unit, user_id=user_id)
            people = People(unit)
            counts = await people.erase(user_id, self._clock())
            await self._standings.emptied(unit, people.redacted)
        await self._store.vacuum()
        return counts


async def _quoting(unit: Unit, items: Sequence[UUID]) -> list[UUID]:
    """Return the answers that may quote any of the items, held until they are emptied."""
    quoting = sorted(await Interactions(unit).citing(items))
    await Memories(unit).hold(quoting)
    return quoting


async def _conclusions(unit: Unit, user_ids: Sequence[str]) -> list[UUID]:
    """Return what was concluded about people in words that quote what it was drawn from.

    It is drawn anew from what is left, if that still bears it out.
    """
    memories = Memories(unit)
    return [
        memory.id
        for user_id in user_ids
        for memory in await memories.of(user_id, kinds=["insight"], superseded=True)
        if memory.slot in QUOTING
    ]
