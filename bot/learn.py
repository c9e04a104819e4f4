"""What happens after the reply: what was said is found again, and what it tells is kept.

Sequence only: what a message tells of its writer is decided in
``learning.memory``. All of it is written in one transaction: words, memories and
observations of a message exist together or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from bot.distil import PAUSE_S
from bot.memorise import Kept
from bot.queue import LEARNING
from integrations.contracts.delivery import Outcome
from learning import persona
from learning.habits.words import of_own_week
from learning.interpretation.after import learned
from learning.memory.contract import Observation
from learning.memory.preferences import discover
from learning.memory.statements import read
from learning.memory.traits import traits
from learning.recall import indexed_text
from learning.routing.wishes import wishes
from learning.store.consents import Consents
from learning.store.conversations import Conversations
from learning.store.index import Item, RecallIndex
from learning.store.interactions import Interactions
from learning.store.interpretations import Interpretations
from learning.store.memories import Memories
from learning.store.noticed import Noticed
from learning.store.observations import Observations

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.distil import Distilling
    from bot.embedding import Embedding
    from bot.habits.noticing import Noticing
    from bot.memorise import Memorising
    from bot.queue import Queue
    from learning.interpretation.contract import Reading
    from learning.memory.contract import Draft
    from learning.memory.preferences import Discovered
    from learning.memory.traits import Trait
    from learning.store.conversations import Message
    from learning.store.interactions import Interaction
    from learning.store.interpretations import Interpretation
    from learning.store.store import Store, Unit

_HEARD_BEFORE = 40
"""Messages of a thread among which our own words are recognised."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """A message with what came before it."""

    interaction: Interaction
    said: Message
    ours: tuple[str, ...]
    read: bool
    """Whether it had to be read, because it was too short to be clear."""
    settles: Interpretation | None
    observations: tuple[Observation, ...]

    @property
    def chosen(self) -> tuple[int, Reading] | None:
        """The reading that this message chose, with its place among the readings."""
        readings = () if self.settles is None else self.settles.readings
        wanted = "" if self.settles is None else self.settles.chosen
        return next(((n, r) for n, r in enumerate(readings, 1) if r.id == wanted), None)

    @property
    def verbatim(self) -> bool:
        """Whether the words are the person's; a reading that was tapped is ours."""
        chosen = self.chosen
        return chosen is None or self.said.text != chosen[1].text

    @property
    def findable(self) -> bool:
        """Whether the words tell something; a request too short to be clear only asks."""
        return self.verbatim and not self.read


@dataclass(frozen=True, slots=True)
class _Told:
    """What a message tells of its writer."""

    drafts: tuple[Draft, ...] = ()
    traits: tuple[Trait, ...] = ()
    noticed: tuple[str, ...] = ()
    observed: tuple[Discovered, ...] = ()
    form: dict[str, dict[str, float]] = field(default_factory=dict)
    """Changes of facets, by cause."""


class Remembering:
    """Learns from finished interactions.

    Args:
        store: where everything is.
        queue: takes the job of reading more closely, later.
        embedding: makes vectors.
        memorising: keeps memories and facets.
        distilling: whether there is a model that reads more closely.
        clock: tells the time.
        noticing: records the work that messages speak of.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        embedding: Embedding,
        memorising: Memorising,
        distilling: Distilling,
        clock: Clock,
        noticing: Noticing | None = None,
    ) -> None:
        self._store = store
        self._queue = queue
        self._embedding = embedding
        self._memorising = memorising
        self._distilling = distilling
        self._clock = clock
        self._noticing = noticing

    async def learn(self, workspace_id: str, interaction_id: str) -> None:
        """Index what the person said, verbatim, and keep what it tells of them.

        Never what Mynah answered: an answer repeats what was recalled into its prompt, so it
        becomes something to be found only through a person's rating of it.
        """
        id_ = UUID(interaction_id)
        heard = await self._hear(workspace_id, id_)
        if heard is None:
            return
        told = self._understand(heard)
        text = indexed_text(heard.said.text, heard.said.author_id)
        passages = await self._embedding.passages([text]) if heard.findable else [None]
        drafts = [*told.drafts, *(d.draft for d in told.observed)]
        vectors = await self._memorising.vectors(drafts)
        async with self._store.begin(workspace_id, None) as unit:
            now, kept, memorising = heard.said.said_at, Kept(), self._memorising
            sources = [id_]
            if heard.settles is not None and heard.chosen is not None:
                sources.append(heard.settles.interaction_id)
            await memorising.hold(unit, [*sources, *(s for d in told.observed for s in d.sources)])
            # Forgotten while the embedder worked: then it stays forgotten.
            there = {m.id for m in await Conversations(unit).of_interaction(id_)}
            user_id = heard.said.author_id
            if heard.said.id not in there or not await Consents(unit).learns(
                user_id, heard.interaction.surface
            ):
                return
            await memorising.keep(
                unit, user_id, heard.said.audience, told.drafts, sources, now, kept
            )
            if len(sources) > 1:
                await self._choose_again(unit, heard, kept)
            for trait in told.traits:
                await Observations(unit).add(
                    user_id, id_, heard.said.audience, trait.slot, trait.value, trait.number, now
                )
            if told.traits:
                await memorising.observed(unit, user_id, told.observed, now, kept)
            await Noticed(unit).put(id_, [*told.noticed, *kept.said.values()], list(kept.said))
            index = RecallIndex(unit)
            if heard.findable:
                await index.add([_item(heard.said, text, passages[0])], self._embedding.name)
            await memorising.find_again(unit, kept, vectors, now)
            await index.fold()
            for cause, delta in told.form.items():
                await memorising.move(unit, user_id, id_, cause, delta, {"by": cause}, now)
            if self._distilling.able:
                await self._queue.defer(
                    unit,
                    "distil",
                    queue=LEARNING,
                    once=f"distil:{workspace_id}:{heard.interaction.conversation_id}",
                    delay_s=PAUSE_S,
                    workspace_id=workspace_id,
                    conversation_id=str(heard.interaction.conversation_id),
                )
        await self._notice(workspace_id, heard)

    async def _notice(self, workspace_id: str, heard: _Heard) -> None:
        """Record the work that a message speaks of."""
        asked, said = heard.interaction, heard.said
        if self._noticing is not None and heard.verbatim and asked.again is None:
            await self._noticing.message(
                workspace_id, asked.id, said.author_id, asked.surface, said.text, said.said_at
            )

    async def _choose_again(self, unit: Unit, heard: _Heard, kept: Kept) -> None:
        """Let a choice take the place of an earlier one about the same request."""
        if heard.settles is None:
            return
        asked = heard.settles.interaction_id
        others = await Interactions(unit).clarifying([asked])
        earlier = [id_ for id_ in others if id_ != heard.interaction.id]
        taught = await Memories(unit).resting_only_on(earlier, [asked]) if earlier else []
        over = [id_ for id_ in taught if id_ not in kept.ids]
        await Memories(unit).end(over, heard.said.said_at)
        kept.over += over

    async def _hear(self, workspace_id: str, interaction_id: UUID) -> _Heard | None:
        async with self._store.begin(workspace_id, None) as unit:
            interaction = await Interactions(unit).find(interaction_id)
            conversations = Conversations(unit)
            said = next(
                (m for m in await conversations.of_interaction(interaction_id) if m.by == "person"),
                None,
            )
            if interaction is None or said is None:
                return None
            before = await conversations.messages(
                interaction.conversation_id, before=said.position, limit=_HEARD_BEFORE
            )
            interpretations = Interpretations(unit)
            settles = None
            if interaction.clarifies is not None:
                settles = await interpretations.of(interaction.clarifies)
            read_ = await interpretations.of(interaction_id)
            return _Heard(
                interaction,
                said,
                tuple(_unquoted(m.text) for m in before if m.by != "person"),
                read_ is not None,
                settles,
                tuple(await Observations(unit).of(said.author_id)),
            )

    def _understand(self, heard: _Heard) -> _Told:
        """Return what a message tells; nothing if it only repeats an earlier one."""
        if heard.interaction.again is not None:
            return _Told()
        said, now = heard.said, heard.said.said_at
        drafts: list[Draft] = []
        noticed: tuple[str, ...] = ()
        form: dict[str, dict[str, float]] = {}
        meant = said.text
        if heard.verbatim:
            found = read(said.text, now, heard.ours)
            drafts += [*found.drafts, *of_own_week(said.text, heard.ours)]
            noticed = found.contradictions
            if wished := wishes(said.text):
                form["wish"] = persona.delta_of_wishes(wished)
            elif manner := persona.delta_of_words(said.text):
                form["words"] = manner
        if heard.settles is not None and (chosen := heard.chosen) is not None:
            position, reading = chosen
            meant = reading.text
            question = str(heard.settles.context.get("question", ""))
            after = learned(reading, position, question, {"task_type": heard.interaction.task_type})
            drafts += after.drafts
            form["reading"] = dict(after.persona)
        if heard.interaction.outcome == Outcome.ASKED:
            return _Told(tuple(drafts), noticed=noticed, form=form)  # what is meant is to come
        seen = traits(meant)
        fresh = [
            Observation(t.slot, t.value, t.number, now, None, heard.interaction.id, said.audience)
            for t in seen
        ]
        earlier = [o for o in heard.observations if o.interaction_id != heard.interaction.id]
        observed = discover([*fresh, *earlier], now) if seen else ()
        return _Told(tuple(drafts), tuple(seen), noticed, tuple(observed), form)


def _unquoted(answer: str) -> str:
    """Return an answer without its quotations: what people said is theirs to say again."""
    return "\n".join(line for line in answer.split("\n") if not line.lstrip().startswith(">"))


def _item(said: Message, text: str, vectors: object) -> Item:
    return Item(
        id=said.id,
        kind="message",
        audience=said.audience,
        user_id=said.author_id,
        sequence_id=said.conversation_id,
        position=said.position,
        speaker=said.author_id,
        occurred_at=said.said_at,
        text=text,
        vectors=vectors,  # type: ignore[arg-type]
    )
