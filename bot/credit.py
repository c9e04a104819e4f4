"""Crediting: what people did with an answer counts for everything that was chosen for it.

Sequence only: what each signal says is decided in ``learning.routing.crediting``, what it
does to an estimate in the policy. A job runs after each turn and after each signal; it works
out anew what the newest state of all signals comes to and lets the ledger count that and
nothing else. Running it twice changes nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import structlog

from bot.learned import Seen, health_state
from bot.ledger import TURN
from bot.opinions import USUAL
from bot.queue import LEARNING
from bot.voices import Listening, version_that_ran
from learning.routing.crediting import Attempt, Story, claims
from learning.routing.health import Attempt as Worked
from learning.routing.topics import FOUND_AFTER, Topics
from learning.store.consents import Consents
from learning.store.credits import Credits
from learning.store.states import States
from learning.store.vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.clock import Clock
    from bot.learned import Learned
    from bot.ledger import Counting, Ledger, Told
    from bot.opinions import Opinions
    from bot.queue import Queue
    from learning.lexicon import Lexicon
    from learning.routing.claims import Claim
    from learning.store.interactions import Interaction
    from learning.store.store import Store, Unit

_SAMPLED: Final = 512
"""Embeddings that topics are found from, at most."""
_REMEMBERED: Final = 1_000
"""Workspaces of which it is known that too little was said for topics."""


class Crediting:
    """Credits choices.

    Args:
        store: where everything is.
        queue: takes the jobs for earlier answers that a turn says something about.
        learned: names and opens what was learned.
        ledger: counts.
        lexicon: for comparing questions.
        clock: tells the time.
        opinions: reads what people gave on purpose.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        learned: Learned,
        ledger: Ledger,
        lexicon: Lexicon,
        clock: Clock,
        opinions: Opinions = USUAL,
    ) -> None:
        self._store = store
        self._queue = queue
        self._learned = learned
        self._ledger = ledger
        self._listening = Listening(lexicon, opinions)
        self._clock = clock
        self._missing: dict[str, int] = {}  # turns to wait for before topics are looked for
        self._log = structlog.get_logger("mynah.credit")

    async def credit(
        self,
        workspace_id: str,
        interaction_id: str,
        waits_s: Mapping[str, float] | None = None,
        loads: Mapping[str, int] | None = None,
    ) -> None:
        """Bring what is counted for one interaction up to what is known of it.

        Args:
            workspace_id: whose.
            interaction_id: which.
            waits_s: how long providers asked us to wait, by model; only after the turn itself.
            loads: how many requests were in flight, by model; likewise.
        """
        async with self._store.begin(workspace_id, None) as unit:
            id_ = UUID(interaction_id)
            known = await self._operated(unit, id_, waits_s or {}, loads or {})
            async with self._ledger.counting(unit) as counting:
                told = await self._ledger.open(unit, id_, known=known)
                if told is None:
                    return
                counted = await Credits(unit).of(id_)
                first = TURN not in counted
                learns = await self._learns(unit, told)
                if first:
                    await Credits(unit).put(id_, TURN, {}, self._clock())
                if first and learns:
                    counting.policy.chosen()
                    counting.changed = True
                    await self._follow_up(unit, await self._listening.hear(unit, told.interaction))
                await self._count(unit, counting, told, counted, learns=learns)

    async def recount(self, unit: Unit, interaction_ids: Sequence[UUID]) -> None:
        """Count answers again within a transaction that has changed who said what of them."""
        if not interaction_ids:
            return
        async with self._ledger.counting(unit) as counting:
            for id_ in sorted(interaction_ids):
                told = await self._ledger.open(unit, id_)
                if told is not None:
                    counted = await Credits(unit).of(id_)
                    learns = await self._learns(unit, told)
                    await self._count(unit, counting, told, counted, learns=learns)

    async def unhear(self, unit: Unit, interaction: Interaction) -> None:
        """Take back what a message or a correction said of an earlier answer."""
        about = await self._listening.unhear(unit, interaction, self._clock())
        await self.recount(unit, about)

    async def find_topics(self, workspace_id: str) -> None:
        """Find what a workspace's people talk about, once enough was said; topics then stay."""
        name = self._learned.topics_state
        async with self._store.begin(workspace_id, None) as unit:
            if await self._learned.topics(unit) is not None:
                return
            vectors = await Vectors(unit).sample(self._learned.embedder, "message", _SAMPLED)
        if len(vectors) < FOUND_AFTER:
            # Other processes learn of messages too: a part of them is waited for.
            self._missing[workspace_id] = (FOUND_AFTER - len(vectors)) // 4
            while len(self._missing) > _REMEMBERED:
                self._missing.pop(next(iter(self._missing)))
            return
        topics = await asyncio.to_thread(Topics.find, list(vectors), self._learned.embedder)
        async with self._store.begin(workspace_id, None) as unit:
            states = States(unit)
            stored = await states.lock(name)
            earlier = self._learned.topics_from(stored.state if stored else None)
            if earlier is not None and earlier.embedder == topics.embedder:
                return
            await states.save(name, topics.dump(), self._clock())
            if earlier is not None:
                # Another embedder's topics mean other things: the policy starts over from the
                # ledger, without them.
                await states.delete(self._learned.policy_state)
        self._log.info("topics_found", workspace=workspace_id, prompts=len(vectors))

    async def _operated(
        self,
        unit: Unit,
        interaction_id: UUID,
        waits_s: Mapping[str, float],
        loads: Mapping[str, int],
    ) -> Told | None:
        """Count how each model that was asked worked: errors, time and cost; once a turn.

        Returns:
            What is told of the turn, if it is over.
        """
        told = await self._ledger.open(unit, interaction_id, lock=False)
        # The turn's own job, which has the loads, is most likely the first.
        if told is None or (not loads and TURN in await Credits(unit).of(interaction_id)):
            return told
        states, now = States(unit), self._clock()
        models = sorted({run.model for run in told.runs})
        stored = await states.lock_many([health_state(model) for model in models])
        if TURN in await Credits(unit).of(interaction_id):
            return told  # somebody else did, while we waited for them
        known: dict[str, bytes] = {}
        for model in models:
            state = stored[health_state(model)]
            seen = Seen.load(state.state if state else None)
            for run in told.runs:
                if run.model != model:
                    continue
                worked = Worked(
                    outcome=run.outcome,
                    latency_ms=run.latency_ms,
                    first_piece_ms=run.first_piece_ms,
                    cost_usd=None if run.cost_usd is None else float(run.cost_usd),
                    task_type=told.interaction.task_type or "general",
                    length=int(told.choice.context.get("length", 0)),
                    retry_after_s=waits_s.get(model),
                    load=loads.get(model, 0),
                )
                seen = Seen(seen.health.after(worked, now), run.model_version or seen.version)
            known[health_state(model)] = seen.dump()
        await states.save_many(known, now)
        return told

    async def _follow_up(self, unit: Unit, about: Sequence[UUID]) -> None:
        """Defer what a turn makes necessary: earlier answers that it speaks of, and topics."""
        for id_ in about:
            await self._queue.defer(
                unit,
                "credit",
                queue=LEARNING,
                workspace_id=unit.workspace_id,
                interaction_id=str(id_),
            )
        if self._enough(unit.workspace_id) and await self._learned.topics(unit) is None:
            await self._queue.defer(
                unit,
                "topics",
                queue=LEARNING,
                once=f"topics:{unit.workspace_id}",
                workspace_id=unit.workspace_id,
            )

    def _enough(self, workspace_id: str) -> bool:
        """Return whether it is worth looking for topics, as far as this process knows."""
        missing = self._missing.get(workspace_id, 0)
        if missing:
            self._missing[workspace_id] = missing - 1
        return not missing

    async def _learns(self, unit: Unit, told: Told) -> bool:
        return await Consents(unit).learns(told.interaction.user_id, told.interaction.surface)

    async def _count(
        self,
        unit: Unit,
        counting: Counting,
        told: Told,
        counted: Mapping[str, Any],
        *,
        learns: bool,
    ) -> None:
        found: tuple[Claim, ...] = ()
        if learns:
            heard = await self._listening.heard(unit, told.interaction)
            found = claims(_story(told), await self._listening.about(unit, told, heard))
            await self._listening.settle(unit, told.interaction, heard, self._clock())
        await self._ledger.settle(
            unit, counting, told, counted, {str(claim.subject): claim for claim in found}
        )


def _story(told: Told) -> Story:
    interaction, choice = told.interaction, told.choice
    role = interaction.role or ""
    way = {kind: each["option"] for kind, each in choice.settings.get(role, {}).items()}
    runs = tuple(Attempt(run.role, version_that_ran(told, run), run.outcome) for run in told.runs)
    answered = next((run.version for run in reversed(runs) if run.role == role), "")
    return Story(
        chosen_role=choice.arm,
        chosen_version=choice.model_version or choice.model,
        role=role,
        version=answered,
        task_type=interaction.task_type or "general",
        user_id=interaction.user_id,
        outcome=interaction.outcome or "",
        variant=way.get("variant", ""),
        temperature=way.get("temperature", ""),
        max_tokens=way.get("max_tokens", ""),
        runs=runs,
        forced=choice.forced,
    )
