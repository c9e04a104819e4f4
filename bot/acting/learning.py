"""What is learned once an action is over: it is found again, and what usually follows offered.

Sequence only: what follows what is decided in ``learning.actions.sequences``, what keeps people
waiting in ``learning.actions.breakdown``. Nothing of it is done for somebody who does not let
Mynah learn, and nothing is said but where the action was done, right after it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from bot.acting.record import indexed, item_of
from bot.acting.wanted import Here, Wanted
from bot.record import target_of
from integrations.contracts.host import Person
from learning.actions.breakdown import background
from learning.actions.redaction import unmarked
from learning.actions.sequences import follow_up, quotes
from learning.scope import may_tell
from learning.store.actions import Actions
from learning.store.consents import Consents
from learning.store.conversations import Conversations
from learning.store.interactions import Interactions
from learning.store.learning_metrics import LearningMetrics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bot.acting.execute import Acting
    from bot.acting.telling import Voice
    from bot.clock import Clock
    from bot.embedding import Embedding
    from bot.habits.noticing import Noticing
    from integrations.contracts.surface import Surface
    from integrations.contracts.tools import Tool
    from learning.actions.contract import Acted
    from learning.actions.sequences import FollowUp
    from learning.store.store import Store, Unit

LOOKED_BACK: Final = timedelta(days=90)
MOST: Final = 300
"""Actions of a person that sequences are looked for in."""
MOST_OFFERS: Final = 3
"""Offers a person gets in a day."""
_A_DAY: Final = timedelta(days=1)
_JUST_DONE: Final = timedelta(minutes=10)
"""Later than this an offer no longer answers what was done."""
_LATELY: Final = 20


class ActLearning:
    """Learns from actions.

    Args:
        store: where they are.
        embedding: makes the vectors that they are found by.
        acting: proposes what usually follows.
        voice: says what would save time.
        surfaces: know who is a guest.
        clock: tells the time.
        zone: returns the name of a person's time zone, empty if nobody knows.
        noticing: records the work that actions are.
    """

    def __init__(
        self,
        store: Store,
        embedding: Embedding,
        acting: Acting,
        voice: Voice,
        surfaces: Mapping[str, Surface],
        clock: Clock,
        zone: Callable[[str, str, str], Awaitable[str]] | None = None,
        noticing: Noticing | None = None,
    ) -> None:
        self._store = store
        self._embedding = embedding
        self._acting = acting
        self._voice = voice
        self._surfaces = surfaces
        self._clock = clock
        self._zone = zone
        self._noticing = noticing

    async def learn(self, workspace_id: str, action_id: str) -> None:
        """Learn from an action that is over; learning twice changes nothing."""
        now = self._clock()
        async with self._store.begin(workspace_id, None) as unit:
            actions = Actions(unit)
            acted = await actions.find(UUID(action_id))
            if acted is None or not await Consents(unit).learns(acted.user_id, acted.surface):
                return
            if acted.origin == "pattern":
                await self._count(unit, acted)
                log, never = [], []
            else:
                log = await actions.log(acted.user_id, since=now - LOOKED_BACK, limit=MOST)
                never = await actions.stopped(acted.user_id)
        if acted.success:
            await self._index(workspace_id, acted)
            if self._noticing is not None and acted.finished_at is not None:
                await self._noticing.action(
                    workspace_id,
                    acted.id,
                    acted.user_id,
                    acted.surface,
                    acted.kind,
                    acted.finished_at,
                )
        if acted.success and acted.conversation_id is not None and log:
            # What was done where others do not read is not offered, nor told, where they do.
            told = [each for each in log if may_tell(each.audience, acted.audience)]
            await self._advise(workspace_id, acted, told)
            ids = {each.id for each in told}
            await self._offer(
                workspace_id, acted, [*told, *(each for each in never if each.id not in ids)], log
            )

    async def _count(self, unit: Unit, acted: Acted) -> None:
        """Count what became of an offer."""
        if acted.status in {"done", "failed", "rejected", "expired"}:
            good = acted.status == "done"
            await LearningMetrics(unit).add(
                self._clock().date(), applied=1, successful=int(good), failed=int(not good)
            )

    async def _index(self, workspace_id: str, acted: Acted) -> None:
        """Let an action be found again."""
        (vectors,) = await self._embedding.passages([item_of(acted, None).text])
        async with self._store.begin(workspace_id, None) as unit:
            await indexed(unit, acted, vectors, self._embedding.name)

    async def _advise(self, workspace_id: str, acted: Acted, told: Sequence[Acted]) -> None:
        """Say once for each tool what it keeps its person waiting for."""
        if not any(phase.waiting for phase in acted.phases):
            return
        lately = [each for each in told if each.kind == acted.kind][:_LATELY]
        advice = background(lately, acted.kind)
        tool = await self._tool(workspace_id, acted, acted.kind)
        if advice is None or tool is None or tool.slow:
            return
        async with self._store.begin(workspace_id, None) as unit:
            await self._voice.say(
                unit,
                surface=acted.surface,
                user_id=acted.user_id,
                key=f"advice:{acted.user_id}:{acted.kind}",
                text=f"**{tool.title}**: {advice} From now on I do that.",
                conversation_id=acted.conversation_id,
            )

    async def _offer(
        self, workspace_id: str, acted: Acted, told: Sequence[Acted], log: Sequence[Acted]
    ) -> None:
        """Offer what usually follows, where it was done and while it is still new."""
        now = self._clock()
        made = [each for each in log if each.origin == "pattern"]
        if (
            acted.interaction_id is None
            or acted.finished_at is None
            or now - acted.finished_at > _JUST_DONE
            or sum(now - each.created_at < _A_DAY for each in made) >= MOST_OFFERS
        ):
            return
        found = follow_up(acted, told, now)
        if found is None:
            return
        tool = await self._tool(workspace_id, acted, found.sequence.then)
        if tool is None or tool.effect == "reads":
            return
        here = await self._here(workspace_id, acted, tainted=quotes(found.sequence))
        if here is not None:
            await self._acting.execute(here, _wanted(found))

    async def _tool(self, workspace_id: str, acted: Acted, name: str) -> Tool | None:
        who = Person(workspace_id, acted.user_id, acted.surface)
        return next((tool for tool in await self._acting.tools(who) if tool.name == name), None)

    async def _here(self, workspace_id: str, acted: Acted, *, tainted: bool) -> Here | None:
        """Return on whose behalf an offer is made; nothing where its turn is gone."""
        if acted.interaction_id is None or acted.conversation_id is None:
            return None
        async with self._store.begin(workspace_id, None) as unit:
            interaction = await Interactions(unit).find(acted.interaction_id)
            conversation = await Conversations(unit).find(acted.conversation_id)
        surface = self._surfaces.get(acted.surface)
        if interaction is None or conversation is None or surface is None:
            return None
        target = target_of(workspace_id, conversation, interaction)
        # All that counts is what they are themselves, not who else reads along.
        outsider, tz = await surface.outsiders(replace(target, private=True)), ""
        if self._zone is not None:
            tz = await self._zone(acted.surface, workspace_id, acted.user_id)
        who = Person(
            workspace_id,
            acted.user_id,
            acted.surface,
            acted.channel_id,
            private=acted.audience.kind == "user",
            outsider=outsider,
            tz=tz,
        )
        return Here(
            who, acted.audience, acted.interaction_id, acted.conversation_id, tainted=tainted
        )


def _wanted(found: FollowUp) -> Wanted:
    sequence = found.sequence
    params: Mapping[str, Any] = unmarked(found.params)
    summary = f"You usually do this next ({sequence.support} times so far)"
    return Wanted(sequence.then, params, "pattern", summary, after=sequence.after)
