"""Crediting: what people did with an answer counts for everything that was chosen for it.

Sequence only: what each signal says is decided in ``learning.routing.crediting``, what it
does to an estimate in the policy. A job runs after each turn and after each signal; it works
out anew what the newest state of all signals comes to and lets the ledger count that and
nothing else. Running it twice changes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import structlog

from bot.feedback import OWN_IDS
from bot.learned import Seen, health_state
from bot.ledger import TURN
from bot.queue import LEARNING
from learning.extract import similarity
from learning.feedback import Signal, reward_of, votes
from learning.precedent import SAME_QUESTION
from learning.routing.contract import Option
from learning.routing.crediting import Attempt, Story, Voices, Vote, Wish, claims
from learning.routing.health import Attempt as Worked
from learning.routing.influence import burst_weight, vote_weight
from learning.routing.topics import FOUND_AFTER, Topics
from learning.routing.wishes import wishes
from learning.store.conversations import Conversations
from learning.store.credits import Credits
from learning.store.feedback import Signals
from learning.store.interactions import Interactions
from learning.store.people import Consents
from learning.store.states import States
from learning.store.vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.clock import Clock
    from bot.learned import Learned
    from bot.ledger import Ledger, Told
    from bot.queue import Queue
    from learning.lexicon import Lexicon
    from learning.store.feedback import StoredSignal
    from learning.store.interactions import Interaction
    from learning.store.store import Store, Unit

_ASKED_AGAIN_WITHIN: Final = timedelta(minutes=15)
_WINDOW: Final = timedelta(days=30)
"""In which one person's votes are weighed against everybody else's."""
_BURST: Final = timedelta(minutes=1)
_CORRECTED: Final = 0.1
"""The reward of an answer that somebody wrote anew."""
_SAMPLED: Final = 512
"""Embeddings that topics are found from, at most."""


class Crediting:
    """Credits choices.

    Args:
        store: where everything is.
        queue: takes the jobs for earlier answers that a turn says something about.
        learned: names and opens what was learned.
        ledger: counts.
        lexicon: for comparing questions.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        learned: Learned,
        ledger: Ledger,
        lexicon: Lexicon,
        clock: Clock,
    ) -> None:
        self._store = store
        self._queue = queue
        self._learned = learned
        self._ledger = ledger
        self._lexicon = lexicon
        self._clock = clock
        self._log = structlog.get_logger("mynah.credit")

    async def credit(
        self, workspace_id: str, interaction_id: str, waits_s: Mapping[str, float] | None = None
    ) -> None:
        """Bring what is counted for one interaction up to what is known of it.

        Args:
            workspace_id: whose.
            interaction_id: which.
            waits_s: how long providers asked us to wait, by model; only after the turn itself.
        """
        async with self._store.begin(workspace_id, None) as unit:
            told = await self._ledger.open(unit, UUID(interaction_id))
            if told is None:
                return
            counted = await Credits(unit).of(told.interaction.id)
            first = TURN not in counted
            learns = await Consents(unit).given(told.interaction.user_id, "learning", default=True)
            if first:
                await self._operated(unit, told, waits_s or {})
                await Credits(unit).put(told.interaction.id, TURN, {}, self._clock())
            if first and learns:
                for id_ in await self._heard(unit, told):
                    await self._queue.defer(
                        unit,
                        "credit",
                        queue=LEARNING,
                        workspace_id=workspace_id,
                        interaction_id=str(id_),
                    )
                if await self._learned.topics(unit) is None:
                    await self._queue.defer(
                        unit,
                        "topics",
                        queue=LEARNING,
                        once=f"topics:{workspace_id}",
                        workspace_id=workspace_id,
                    )
            await self._count(unit, told, counted, learns=learns, chosen=first and learns)

    async def recount(self, unit: Unit, interaction_ids: Sequence[UUID]) -> None:
        """Count answers again within a transaction that has changed who said what of them."""
        # Every interaction is locked before the policy, as crediting one does.
        opened = [await self._ledger.open(unit, id_) for id_ in sorted(interaction_ids)]
        for told in opened:
            if told is not None:
                counted = await Credits(unit).of(told.interaction.id)
                learns = await Consents(unit).given(
                    told.interaction.user_id, "learning", default=True
                )
                await self._count(unit, told, counted, learns=learns, chosen=False)

    async def find_topics(self, workspace_id: str) -> None:
        """Find what a workspace's people talk about, once enough was said; topics then stay."""
        name = self._learned.topics_state
        async with self._store.begin(workspace_id, None) as unit:
            if await self._learned.topics(unit) is not None:
                return
            vectors = await Vectors(unit).sample(self._learned.embedder, "message", _SAMPLED)
        if len(vectors) < FOUND_AFTER:
            return
        topics = Topics.find(list(vectors), self._learned.embedder)
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

    async def _operated(self, unit: Unit, told: Told, waits_s: Mapping[str, float]) -> None:
        """Count how each model that was asked worked: errors, time and cost."""
        states, now = States(unit), self._clock()
        for model in sorted({run.model for run in told.runs}):
            name = health_state(model)
            stored = await states.lock(name)
            seen = Seen.load(stored.state if stored else None)
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
                )
                seen = Seen(seen.health.after(worked, now), run.model_version or seen.version)
            await states.save(name, seen.dump(), now)

    async def _heard(self, unit: Unit, told: Told) -> list[UUID]:
        """Note what this question says about earlier answers; return those that it is about."""
        interaction, signals = told.interaction, Signals(unit)
        about: dict[UUID, tuple[str, str]] = {}
        if interaction.again is not None:
            kind = "asked_other" if interaction.asked_role else "regenerated"
            about[interaction.again] = (kind, interaction.asked_role or str(interaction.id))
        else:
            question = await _asked(unit, interaction.id)
            for before in await Interactions(unit).previous(
                interaction.conversation_id, interaction.created_at, interaction.user_id, limit=1
            ):
                if wanted := wishes(question):
                    about[before.id] = ("wish", "+".join(wanted))
                elif await self._repeats(unit, question, interaction, before):
                    about[before.id] = ("asked_again", str(interaction.id))
        for id_, (kind, value) in about.items():
            await signals.give(id_, interaction.user_id, kind, value, interaction.created_at)
        return list(about)

    async def _repeats(
        self, unit: Unit, question: str, now_asked: Interaction, before: Interaction
    ) -> bool:
        if now_asked.created_at - before.created_at > _ASKED_AGAIN_WITHIN:
            return False
        earlier = await _asked(unit, before.id)
        return bool(earlier) and similarity(question, earlier, self._lexicon) >= SAME_QUESTION

    async def _count(
        self, unit: Unit, told: Told, counted: Mapping[str, Any], *, learns: bool, chosen: bool
    ) -> None:
        found = claims(_story(told), await self._voices(unit, told)) if learns else ()
        await self._ledger.settle(
            unit, told, counted, {str(claim.subject): claim for claim in found}, chosen=chosen
        )

    async def _voices(self, unit: Unit, told: Told) -> Voices:
        """Return what stands about an answer, from everybody who may be learned from."""
        consents = Consents(unit)
        heard = [
            signal
            for signal in await Signals(unit).standing(told.interaction.id)
            if await consents.given(signal.user_id, "learning", default=True)
        ]
        kinds = {signal.kind: signal.value for signal in heard}
        other = kinds.get("asked_other")
        return Voices(
            votes=await self._votes(unit, told, heard),
            regenerated="regenerated" in kinds,
            asked_again="asked_again" in kinds,
            asked_other=None if other is None else Option(other, _version_of(told, other)),
            wishes=tuple(
                Wish(signal.user_id, tuple(signal.value.split("+")))
                for signal in heard
                if signal.kind == "wish"
            ),
        )

    async def _votes(
        self, unit: Unit, told: Told, heard: Sequence[StoredSignal]
    ) -> tuple[Vote, ...]:
        given = {
            signal.user_id: (_CORRECTED, signal.occurred_at)
            for signal in heard
            if signal.kind == "correction"
        }
        reactions = votes(
            (Signal(s.user_id, s.kind, s.value, s.occurred_at) for s in heard), own_ids=OWN_IDS
        )
        given |= {user: (reward_of(vote.rating), vote.at) for user, vote in reactions.items()}
        found, signals = [], Signals(unit)
        for user_id, (reward, at) in given.items():
            own, others = await signals.counts(user_id, at - _WINDOW, at)
            agreeing = await signals.agreeing(told.interaction.role or "", at - _BURST, at)
            weight = vote_weight(float(max(own - 1, 0)), float(others)) * burst_weight(agreeing)
            if weight < 1.0:
                self._log.info(
                    "influence_bounded",
                    interaction=str(told.interaction.id),
                    weight=round(weight, 3),
                    votes_of_person=own,
                    voters_within_a_minute=agreeing,
                )
            found.append(Vote(user_id, reward, weight))
        return tuple(found)


async def _asked(unit: Unit, interaction_id: UUID) -> str:
    """Return what a person asked."""
    said = await Conversations(unit).of_interaction(interaction_id)
    return next((message.text for message in said if message.by == "person"), "")


def _version_of(told: Told, role: str) -> str:
    """Return what stood behind a role when it could have been chosen."""
    for candidate in told.choice.candidates:
        if candidate["role"] == role:
            return str(candidate.get("version") or candidate["model"])
    return ""


def _story(told: Told) -> Story:
    interaction, choice = told.interaction, told.choice
    role = interaction.role or ""
    way = {kind: each["option"] for kind, each in choice.settings.get(role, {}).items()}
    runs = tuple(
        Attempt(run.role, run.model_version or _version_of(told, run.role), run.outcome)
        for run in told.runs
    )
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
