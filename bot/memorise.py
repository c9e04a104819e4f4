"""Keeping memories: what is to be remembered, against what is remembered already.

Sequence only: what is new, what renews, what takes whose place is decided in
``learning.memory.reconcile``; how much a facet moves in ``learning.persona``.
Everything here runs inside the caller's transaction, so that a memory exists if
and only if what it came from does.

Rows are locked in one order, as far as a transaction needs them: interactions by
their ids (``hold``), memories (``keep``, ``observed``), the index (``find_again``),
personas (``move``). The index is one lock for the whole workspace, so whoever has
it waits for no memory any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from learning import persona
from learning.confidence import permits
from learning.memory.preferences import settle
from learning.memory.reconcile import Add, End, Renew, Supersede, reconcile
from learning.memory.slots import topic_of
from learning.scope import intersect, may_tell, person
from learning.store.index import Item, RecallIndex
from learning.store.memories import Memories
from learning.store.observations import Observations
from learning.store.people import is_buried
from learning.store.personas import Personas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from bot.embedding import Embedding
    from learning.memory.contract import Draft, Memory
    from learning.memory.preferences import Discovered
    from learning.scope import Audience
    from learning.store.store import Unit

    Vectors = Mapping[str, NDArray[np.float32] | None]


@dataclass(slots=True)
class Kept:
    """What came of keeping.

    Attributes:
        ids: memories that were added or renewed.
        over: memories that ended or gave way.
        said: sentences for the person: what contradicts what they said before, by the memory
            that it contradicts.
    """

    ids: list[UUID] = field(default_factory=list)
    over: list[UUID] = field(default_factory=list)
    said: dict[UUID, str] = field(default_factory=dict)


class Memorising:
    """Keeps memories and facets.

    Args:
        embedding: makes the vectors they are found by.
    """

    def __init__(self, embedding: Embedding) -> None:
        self._embedding = embedding

    async def vectors(self, drafts: Sequence[Draft]) -> Vectors:
        """Return the vector of each draft's text; call it before the transaction."""
        texts = list(dict.fromkeys(draft.text for draft in drafts))
        if not texts:
            return {}
        return dict(zip(texts, await self._embedding.passages(texts), strict=True))

    async def apply(
        self,
        unit: Unit,
        user_id: str,
        audience: Audience,
        drafts: Sequence[Draft],
        sources: Sequence[UUID],
        vectors: Vectors,
        now: datetime,
    ) -> Kept:
        """Bring what is remembered of a person up to the drafts, and make it findable.

        Args:
            unit: open for all audiences.
            user_id: of whom.
            audience: who may know of it.
            drafts: what is to be remembered.
            sources: the interactions it was learned from.
            vectors: by text, from ``vectors``.
            now: when.
        """
        kept = Kept()
        await self.keep(unit, user_id, audience, drafts, sources, now, kept)
        await self.find_again(unit, kept, vectors, now)
        return kept

    async def hold(self, unit: Unit, sources: Iterable[UUID | None]) -> None:
        """Lock the interactions that something comes to rest on; call it before all else."""
        await Memories(unit).hold([source for source in sources if source is not None])

    async def keep(
        self,
        unit: Unit,
        user_id: str,
        audience: Audience,
        drafts: Sequence[Draft],
        sources: Sequence[UUID],
        now: datetime,
        kept: Kept,
    ) -> None:
        """Do what ``apply`` does, but for the index, and add to what came of it."""
        if not drafts:
            return
        memories = Memories(unit)
        standing = {m.id: m for m in await memories.of(user_id, now=now)}
        about = _About(unit, user_id, audience, sources, now, kept)
        told: dict[UUID, str] = {}
        for step in reconcile(drafts, tuple(standing.values()), now):
            if isinstance(step, Add):
                await about.put(step.draft)
            elif isinstance(step, Renew):
                await about.renew(standing[step.memory_id], step.draft)
            elif isinstance(step, Supersede):
                await about.put(step.draft, in_place_of=step.memory_id)
            else:
                await about.end([step.memory_id])
            # What was said elsewhere is not told where others read along.
            if (
                isinstance(step, Supersede | End)
                and step.said
                and may_tell(standing[step.memory_id].audience, audience)
            ):
                told[step.memory_id] = step.said
        # A message that is read once more does not take the place of what came after it.
        for memory in await memories.find(list(told)) if told else ():
            if not memory.holds(now):
                kept.said[memory.id] = told[memory.id]

    async def observed(
        self,
        unit: Unit,
        user_id: str,
        found: Sequence[Discovered],
        now: datetime,
        kept: Kept,
    ) -> None:
        """Bring the preferences that were noticed up to what was observed so far.

        What no observation speaks for any more ends, and what was observed only in what is
        gone by now is not kept. Somebody may know of a preference who may know of everything
        it was noticed from; of one's own habits that is oneself at least. The index is left
        to ``find_again``.
        """
        memories = Memories(unit)
        preferences = await memories.of(user_id, kinds=["preference"], now=now)
        settled = settle([m for m in preferences if m.origin == "stated"], found, now)
        await memories.trust(settled.confirmed)
        found = settled.discovered
        seen = {(each.slot, each.value) for each in found}
        stale = [
            m.id for m in preferences if m.origin == "observed" and (m.slot, m.value) not in seen
        ]
        if stale:
            await _About(unit, user_id, person(user_id), (), now, kept).end(stale)
        audiences = {o.interaction_id: o.audience for o in await Observations(unit).of(user_id)}
        for each in found:
            sources = [source for source in each.sources if source in audiences]
            if permits(each.confidence) == "fade" or not sources:
                continue
            if await is_buried(unit, digest_of_habit(unit, user_id, each.slot, each.value)):
                continue
            audience = intersect(audiences[source] for source in sources) or person(user_id)
            await self.keep(unit, user_id, audience, [each.draft], sources, now, kept)

    async def find_again(self, unit: Unit, kept: Kept, vectors: Vectors, now: datetime) -> None:
        """Make findable what holds of what was touched, and hide the rest."""
        if not kept.ids and not kept.over:
            return
        touched = await Memories(unit).find(list(dict.fromkeys([*kept.ids, *kept.over])))
        holding = [memory for memory in touched if memory.holds(now)]
        over = [memory.id for memory in touched if not memory.holds(now)]
        if over:
            await RecallIndex(unit).invalidate(over, now)
        renewed = set(kept.ids)
        await self.index(unit, [m for m in holding if m.id in renewed], vectors)

    async def index(self, unit: Unit, memories: Sequence[Memory], vectors: Vectors) -> None:
        """Make memories findable by their words and their meaning."""
        await RecallIndex(unit).add(
            [
                Item(
                    id=memory.id,
                    kind="memory",
                    audience=memory.audience,
                    user_id=memory.user_id,
                    sequence_id=memory.id,  # beside a thread's messages it has no place
                    position=0,
                    speaker=memory.user_id,
                    occurred_at=memory.last_seen_at,
                    text=f"{memory.text} {topic_of(memory.slot)}".strip(),
                    vectors=vectors.get(memory.text),
                    trust=memory.trust,
                    confidence=memory.confidence,
                )
                for memory in memories
            ],
            self._embedding.name,
        )

    async def move(
        self,
        unit: Unit,
        user_id: str,
        interaction_id: UUID,
        cause: str,
        delta: Mapping[str, float],
        signals: Mapping[str, Any],
        now: datetime,
    ) -> None:
        """Move a person's facets, and log from where to where, and why.

        The same cause again takes the place of what it moved before, so nothing is counted
        twice and an empty delta takes it back.
        """
        personas = Personas(unit)
        known = await personas.moved(user_id, interaction_id, cause)
        if not delta and not known:
            return
        facets, _ = await personas.of(user_id)
        before = {**persona.START, **facets}
        after, real = persona.moved(before, delta)
        await personas.apply(user_id, interaction_id, cause, before, after, real, signals, now)
        if known:
            await self.replay_form(unit, user_id, now)

    async def replay_form(self, unit: Unit, user_id: str, now: datetime) -> None:
        """Work out a person's facets anew from the changes that are left."""
        personas = Personas(unit)
        deltas = await personas.deltas_of(user_id)
        await personas.save(user_id, persona.replayed(deltas), len(deltas), now)


def digest_of_habit(unit: Unit, user_id: str, slot: str, value: str) -> bytes:
    """Return what to bury so that a habit is not noticed again, in whatever words.

    A number never comes back quite the same, so that all of its slot is meant.
    """
    same = "" if any(letter.isdigit() for letter in value) else value
    return unit.digest("habit", user_id, slot, same)


@dataclass(frozen=True, slots=True)
class _About:
    """What is changed in one go: whose memories, who may know of them, what they rest on."""

    unit: Unit
    user_id: str
    audience: Audience
    sources: Sequence[UUID]
    now: datetime
    kept: Kept

    async def put(self, draft: Draft, *, in_place_of: UUID | None = None) -> None:
        memories = Memories(self.unit)
        id_ = await memories.put(draft, self.user_id, self.audience, self.sources, self.now)
        if id_ is None:
            return
        self.kept.ids.append(id_)
        if in_place_of is not None:
            await memories.supersede(in_place_of, id_, self.now)
            self.kept.over.append(in_place_of)

    async def renew(self, known: Memory, draft: Draft) -> None:
        if known.audience == person(self.user_id) != self.audience:
            # Said in private before and in front of others now: they may know it too.
            await self.put(draft, in_place_of=known.id)
        elif draft.origin == known.origin == "observed" and draft.text != known.text:
            await self.put(draft, in_place_of=known.id)  # "always" has become "mostly"
        else:
            id_ = await Memories(self.unit).renew(known.id, draft, self.sources, self.now)
            if id_ is not None:
                self.kept.ids.append(id_)

    async def end(self, ids: Sequence[UUID]) -> None:
        await Memories(self.unit).end(ids, self.now)
        self.kept.over += ids
