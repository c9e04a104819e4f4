"""A workspace where three people talked to Mynah, and it repeated what one of them said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learning.interpretation.contract import Reading
from learning.memory.contract import Draft
from learning.routing.slots import Tally
from learning.scope import WORKSPACE, Audience, channel, person
from learning.store.arms import Arms
from learning.store.consents import Consents
from learning.store.conversations import Conversations
from learning.store.credits import Credits
from learning.store.doors import Inbox, Outbox
from learning.store.feedback import Signals
from learning.store.ids import new_id
from learning.store.index import RecallIndex
from learning.store.interactions import Interactions, Recall, Run
from learning.store.interpretations import Interpretations
from learning.store.knowledge import Knowledge, NewPassage
from learning.store.learning_metrics import LearningMetrics
from learning.store.learnings import Learnings
from learning.store.memories import Memories
from learning.store.observations import Observations
from learning.store.people import People
from learning.store.personas import Personas
from learning.store.rules import RoutingRules
from learning.store.states import States
from tests.store.support import (
    EMBEDDER,
    NOW,
    Document,
    Exchange,
    directions,
    exchange,
    finish,
    item,
)

if TYPE_CHECKING:
    from uuid import UUID

    from learning.store.store import Unit

ALICE, BOB, CAROL = "U-alice", "U-bob", "U-carol"
HERS = "alicezqx"
"""In everything that Alice wrote, and in everything that repeats it."""
BOBS, CAROLS = "bobzqx", "carolzqx"
C1 = channel("C1")


class World:
    """A workspace where three people talked to Mynah about each other's words."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.drawn = iter(directions(64))

    async def build(self) -> World:
        unit = self.unit
        await Consents(unit).change(ALICE, "learning", granted=False, now=NOW)
        self.private = await self.ask(ALICE, "private", person(ALICE), "dm")
        self.shared = await self.ask(ALICE, "shared", C1, "shared")
        self.reply = await self.ask(BOB, "reply", C1, "shared")

        self.quote = await self.ask(BOB, "quote", C1, "bobs", repeats=[self.shared.question_id])
        self.learnt = await self.learn("rated_answer", self.quote, BOB, BOBS, HERS)
        self.requote = await self.ask(CAROL, "requote", C1, "carols", repeats=[self.learnt])
        self.unrelated = await self.ask(
            CAROL, "unrelated", C1, "carols", recalls=[self.reply.question_id]
        )

        # Bob corrects the answer to Alice: what is learned from it repeats her question.
        by_bob = await self.correct(BOB, self.shared)
        self.of_hers = await self.learn("correction", by_bob, BOB, HERS, BOBS)
        self.via = await self.ask(CAROL, "via", C1, "carols", repeats=[self.of_hers])
        # Carol corrects the answer that quotes Alice; Alice corrects an answer to Carol.
        by_carol = await self.correct(CAROL, self.quote)
        self.instead = await self.learn("correction", by_carol, CAROL, BOBS, CAROLS, HERS)
        by_alice = await self.correct(ALICE, self.unrelated)
        self.hers = await self.learn("correction", by_alice, ALICE, CAROLS, HERS)
        by_bob = await self.correct(BOB, by_alice)
        self.again = await self.learn("correction", by_bob, BOB, CAROLS, BOBS, HERS)

        await Signals(unit).give(self.quote.interaction_id, ALICE, "reaction", "👍", NOW)
        await Signals(unit).give(self.shared.interaction_id, BOB, "reaction", "👎", NOW)
        for user in (ALICE, BOB):
            await Inbox(unit).receive("web", f"e-{user[-3:]}", "message", user, {"t": user}, NOW)
        self.hidden = await self.read(ALICE, person(ALICE), HERS)
        self.handbook = await self.read(ALICE, WORKSPACE, "handbook")
        await People(unit).note(ALICE, "export", None, {}, NOW)
        await self.remember()
        await RecallIndex(unit).fold()
        await self.route()
        return self

    async def remember(self) -> None:
        """Let everybody be known for something; readings of others repeat what Alice said."""
        self.memories = {
            user: await self.know(user, word, said)
            for user, word, said in (
                (ALICE, HERS, self.private),
                (BOB, BOBS, self.reply),
                (CAROL, CAROLS, self.unrelated),
            )
        }
        # What she prefers now took the place of what she preferred then.
        draft = Draft("preference", f"prefers {HERS} no more")
        sources = [self.private.interaction_id, self.shared.interaction_id]
        newer = await Memories(self.unit).put(draft, ALICE, person(ALICE), sources, NOW)
        assert newer is not None
        await Memories(self.unit).supersede(self.memories[ALICE], newer, NOW)
        await self.read_as(ALICE, self.private, f"build {HERS}", self.memories[ALICE])
        await self.read_as(BOB, self.reply, f"say {HERS} again", self.learnt)
        await self.read_as(CAROL, self.unrelated, f"write {HERS}", self.hers)
        self.clear = await self.ask(BOB, "clear", C1, "bobs")
        await self.read_as(BOB, self.clear, f"build {BOBS}", self.memories[BOB])
        await LearningMetrics(self.unit).add(NOW.date(), applied=2)

    async def know(self, user: str, word: str, said: Exchange) -> UUID:
        id_, audience = said.interaction_id, person(user)
        draft = Draft("preference", f"prefers {word}", slot="word", value=word, tags=(word,))
        memory = await Memories(self.unit).put(draft, user, audience, [id_], NOW)
        assert memory is not None
        await self.index(memory, user, draft.text, audience, kind="memory")
        await Observations(self.unit).add(user, id_, audience, "word", word, None, NOW)
        half, more, step = {"concise": 0.5}, {"concise": 0.75}, {"concise": 0.25}
        await Personas(self.unit).apply(user, id_, "vote", half, more, step, {"reward": 1.0}, NOW)
        return memory

    async def read_as(self, user: str, said: Exchange, text: str, source: UUID) -> None:
        id_ = said.interaction_id
        readings = [Reading("h1", text, 0.75, (source,)), Reading("h2", "no", 0.5)]
        interpretations = Interpretations(self.unit)
        await interpretations.put(id_, user, C1, readings, "asked", 0.8, {"goals": [text]}, "", NOW)
        await interpretations.settle(id_, "first", "h1", text, NOW)

    async def route(self) -> None:
        for one in (self.private, self.shared, self.quote):
            await Credits(self.unit).put(one.interaction_id, "policy:p", {"reward": 1.0}, NOW)
        for user in ("", ALICE, BOB):
            await Arms(self.unit).add(
                "prompt", "lead", "math", "concise", user, Tally(1.0, 1.0), NOW
            )
        rules = RoutingRules(self.unit)
        await rules.pin(person(ALICE), "math", ALICE, NOW)
        await rules.ban(person(ALICE), "lead", BOB, NOW)
        await rules.pin(C1, "lead", ALICE, NOW)
        await rules.ban(C1, "math", BOB, NOW)
        await States(self.unit).save("policy:p", b"sums", NOW)
        await States(self.unit).snapshot("policy:p", "before", NOW)

    async def ask(
        self,
        user: str,
        text: str,
        audience: Audience,
        thread: str,
        *,
        repeats: list[UUID] | None = None,
        recalls: list[UUID] | None = None,
    ) -> Exchange:
        word = {ALICE: HERS, BOB: BOBS, CAROL: CAROLS}[user]
        answer = f"{HERS} said so" if repeats or user == ALICE else f"{text} answered"
        said = await exchange(
            self.unit, user, f"{text} {word}", answer, audience=audience, thread=thread
        )
        interactions = Interactions(self.unit)
        id_ = said.interaction_id
        choice = await interactions.choose(
            id_, policy="p", arm="lead", propensity=1.0, context={}, candidates=[], now=NOW
        )
        await interactions.ran(id_, choice, [Run("lead", "offline", "ok", 1.0)], NOW)
        await finish(self.unit, id_, evidence=answer)
        await interactions.recalled(
            id_, [Recall(one, 1, cited=False, score=1.0) for one in repeats or recalls or []]
        )
        await Outbox(self.unit).put(
            f"reply:{id_}", "web", said.conversation_id, id_, user, {"text": answer}, NOW
        )
        await self.index(said.question_id, user, f"{text} {word}", audience)
        return said

    async def correct(self, user: str, replaced: Exchange) -> Exchange:
        word = {ALICE: HERS, BOB: BOBS, CAROL: CAROLS}[user]
        id_ = await Interactions(self.unit).open(
            replaced.conversation_id, user, "web", C1, NOW, supersedes=replaced.interaction_id
        )
        said = await Conversations(self.unit).say(
            replaced.conversation_id, "correction", user, word, NOW, C1, interaction_id=id_
        )
        return Exchange(replaced.conversation_id, id_, said, said)

    async def learn(
        self, kind: str, source: Exchange, user: str, question: str, answer: str, replaces: str = ""
    ) -> UUID:
        content = {"question": question, "answer": answer, "replaces": replaces}
        id_ = await Learnings(self.unit).put(
            kind, source.interaction_id, user, C1, content, rating=5.0, confidence=0.5, now=NOW
        )
        await self.index(id_, user, f"{question}\n{answer}", C1, kind=kind)
        return id_

    async def read(self, user: str, audience: Audience, word: str) -> UUID:
        knowledge = Knowledge(self.unit)
        source = await knowledge.open_source(f"/docs/{word}", "folder", audience, user, NOW)
        passage = NewPassage(new_id(), 0, "prose", word, f"{word} passage", 1, 2, None)
        await knowledge.put_document(
            source, Document(f"{word}.md", word), [passage], 1, audience, NOW
        )
        await self.index(passage.id, None, f"{word} passage", audience, kind="knowledge")
        return passage.id

    async def index(
        self, id_: UUID, user: str | None, text: str, audience: Audience, kind: str = "message"
    ) -> None:
        entry = item(
            text,
            id_=id_,
            user_id=user,
            audience=audience,
            kind=kind,
            vectors=next(self.drawn)[None],
        )
        await RecallIndex(self.unit).add([entry], EMBEDDER)
