"""Choosing for a turn: load what the choice depends on, decide, save what was decided.

Sequence only: the decision is ``learning.routing.plan``. Nothing learned is
changed here, and no model is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.stages import Chosen, Prepared
from integrations.contracts.delivery import Outcome
from learning.routing.plan import plan
from learning.routing.precedence import LastAnswer, Ruled, goes_on, same_words, standing
from learning.routing.situation import KINDS, Arm, Operation, Situation, Wanted
from learning.routing.slots import Tally
from learning.routing.spending import Budget, period_of
from learning.routing.topics import context_of
from learning.routing.wishes import wishes
from learning.scope import WORKSPACE, channel, person
from learning.store.arms import Arms
from learning.store.interactions import Interactions
from learning.store.interpretations import Interpretations
from learning.store.rules import RoutingRules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from bot.answer import Load
    from bot.context import Recalled
    from bot.learned import Learned
    from bot.stages import Loaded
    from integrations.contracts.model import Model
    from learning.roles import RoleName
    from learning.routing.contract import Context
    from learning.routing.situation import Plan, Tallies
    from learning.routing.weights import Weights
    from learning.store.interactions import Interaction
    from learning.store.interpretations import Interpretation
    from learning.store.store import Unit
    from learning.task_types import TaskEstimate

    Price = Callable[[str, int, int], float | None]

_LOCAL: Final = ("ollama:", "offline:")
_LOADED_WITHIN_S: Final = 20.0
"""The least patience with a model on one's own machine: it may have to be loaded first."""
_LEAST_PATIENCE_S: Final = 2.0
_WITHOUT_CHANCE: Final = frozenset({"fixed", "static_rules"})
"""Policies that promise the same for the same; they hold for an arm's settings too."""
_EPSILON_GREEDY: Final = "epsilon_greedy"
_SHOWN: Final = frozenset({Outcome.ANSWERED, Outcome.FELL_BACK, Outcome.CANCELLED})
"""Outcomes with some of an answer in them."""
_LOOKED_BACK: Final = 3
"""Turns of a thread among which the last answer is looked for."""
_CHARS_A_TOKEN: Final = 4
_ANSWER_SHARE: Final = 0.4
"""Of the longest answer allowed, how much a usual one takes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent, in US dollars; ``None`` is no limit.

    Attributes:
        turn: for one question.
        person: a day, for one person.
        workspace: a day, for everybody together.
    """

    turn: float
    person: float | None = None
    workspace: float | None = None


class Routing:
    """Chooses who answers.

    Args:
        models: the model of each role.
        learned: what the workspaces have learned.
        weights: what a dollar and a second are worth.
        limits: what may be spent.
        price: the list price of a call, from model, tokens in and tokens out.
        load: what is in flight.
        max_tokens: of an answer, as configured.
        patience_s: the longest wait for a model's first piece.
        rng: for policies that explore.
    """

    def __init__(
        self,
        models: Mapping[RoleName, Model],
        learned: Learned,
        weights: Weights,
        limits: Limits,
        price: Price,
        load: Load,
        max_tokens: int,
        patience_s: float,
        rng: np.random.Generator,
    ) -> None:
        self._models = models
        self._learned = learned
        self._weights = weights
        self._limits = limits
        self._price = price
        self._load = load
        self._max_tokens = max_tokens
        self._patience_s = patience_s
        self._rng = rng

    async def choose(
        self,
        unit: Unit,
        loaded: Loaded,
        estimate: TaskEstimate,
        vector: NDArray[np.float32] | None,
        recalled: Recalled,
        now: datetime,
    ) -> Chosen:
        """Choose, and log the choice with its propensity before it is acted on."""
        policy, topics, seen = await self._learned.all(
            unit, {model.id for model in self._models.values()}
        )
        context = context_of(
            loaded.question.text,
            estimate.probabilities,
            vector,
            topics,
            self._learned.embedder,
        )
        length = (
            len(loaded.question.text)
            + sum(len(said.text) for said in loaded.history)
            + sum(len(r.text) for r in recalled.recollections)
        )
        arms = [Arm(role, model.id, seen[model.id].version) for role, model in self._models.items()]
        budgets = self._budgets(loaded.prepared, now)
        situation = Situation(
            context=context,
            task_type=estimate.type,
            length=length,
            arms=arms,
            wanted=self._wanted(loaded, estimate, recalled, now),
            operations={
                model: Operation(
                    each.health,
                    self._expected_usd(model, length),
                    self._load.of(model),
                    _LOADED_WITHIN_S if model.startswith(_LOCAL) else _LEAST_PATIENCE_S,
                )
                for model, each in seen.items()
            },
            budgets=budgets,
            tallies=await self._tallies(unit, loaded.interaction.user_id, estimate.type),
            weights=self._weights,
            patience_s=self._patience_s,
            explore=loaded.learns,
            slot_policy="epsilon_greedy" if policy.name == _EPSILON_GREEDY else "thompson",
            try_settings=policy.name not in _WITHOUT_CHANCE,
        )
        made = plan(situation, policy, self._rng, now)
        choice_id = await self._log(
            unit, loaded.interaction.id, made, context, recalled, length, now
        )
        return Chosen(made, choice_id, budgets)

    async def prepare(
        self,
        unit: Unit,
        interaction: Interaction,
        channel_id: str,
        now: datetime | None = None,
    ) -> Prepared:
        """Load what holds for a person and a thread, whoever will read the reply.

        Args:
            unit: open for all audiences: a person's own rules hold in channels too, and what
                they spent in private counts.
            interaction: what is to be answered.
            channel_id: where.
            now: whose day budgets count; by default when the question came.
        """
        asked_at = interaction.created_at
        interactions = Interactions(unit)
        order = (WORKSPACE, channel(channel_id), person(interaction.user_id))
        pinned, banned = standing(
            Ruled(rule.rule, rule.role, order.index(rule.audience))
            for rule in await RoutingRules(unit).of(order)
        )
        again = None if interaction.again is None else await interactions.find(interaction.again)
        before = await interactions.previous(
            interaction.conversation_id, asked_at, limit=_LOOKED_BACK
        )
        # A thread with fewer turns than were looked for shows all of them.
        whole = len(before) < _LOOKED_BACK
        own = [each for each in before if each.user_id == interaction.user_id] if whole else None
        asked = await self._asked(unit, interaction, own)
        begin, _ = period_of(now or asked_at)
        limits = self._limits
        return Prepared(
            pinned=pinned,
            banned=banned,
            again_of=None if again is None else again.role,
            earlier=next((each for each in before if each.outcome in _SHOWN), None),
            asked=asked,
            spent_by_person=(
                0.0
                if limits.person is None
                else float(await interactions.spent(begin, interaction.user_id))
            ),
            spent_by_workspace=(
                0.0 if limits.workspace is None else float(await interactions.spent(begin, None))
            ),
        )

    async def _asked(
        self, unit: Unit, interaction: Interaction, own: Sequence[Interaction] | None
    ) -> Interpretation | None:
        """Return what the person was last asked in a thread, while that is open.

        Others may have spoken meanwhile, and the person may have said something else first.
        """
        if own is None:
            own = await Interactions(unit).previous(
                interaction.conversation_id,
                interaction.created_at,
                interaction.user_id,
                limit=_LOOKED_BACK,
            )
        known = await Interpretations(unit).of_many([each.id for each in own])
        latest = next((known[each.id] for each in own if each.id in known), None)
        return latest if latest is not None and latest.open else None

    def _wanted(
        self, loaded: Loaded, estimate: TaskEstimate, recalled: Recalled, now: datetime
    ) -> Wanted:
        prepared = loaded.prepared
        avoid = set(recalled.advice.avoid_roles)
        if prepared.again_of:
            # Who wants another answer has seen what this one has to say.
            avoid.add(prepared.again_of)
        return Wanted(
            asked=self._played(loaded.interaction.asked_role),
            pinned=self._played(prepared.pinned),
            banned=prepared.banned,
            avoid=frozenset(avoid),
            earlier=None
            if prepared.again_of or _repeats(loaded)
            else goes_on(_last_answer(prepared.earlier), estimate.type, now),
            aspects=wishes(loaded.question.text) if prepared.earlier else (),
        )

    def _played(self, role: str | None) -> RoleName | None:
        return next((name for name in self._models if name == role), None)

    def _budgets(self, prepared: Prepared, now: datetime) -> list[Budget]:
        limits = self._limits
        begin, end = period_of(now)
        elapsed = (now - begin) / (end - begin)
        budgets = [Budget("turn", limits.turn, 0.0, 1.0, None)]
        for name, limit, spent in (
            ("person", limits.person, prepared.spent_by_person),
            ("workspace", limits.workspace, prepared.spent_by_workspace),
        ):
            if limit is not None:
                budgets.append(Budget(name, limit, spent, elapsed, end))
        return budgets

    def _expected_usd(self, model: str, length: int) -> float | None:
        return self._price(model, length // _CHARS_A_TOKEN, round(self._max_tokens * _ANSWER_SHARE))

    async def _tallies(self, unit: Unit, user_id: str, task_type: str) -> Tallies:
        rows = await Arms(unit).tallies(KINDS, None, task_type, user_id)
        found: dict[tuple[str, str, str], dict[str, Tally]] = {}
        for row in rows:
            key = (row.kind, row.role, "own" if row.user_id else "")
            found.setdefault(key, {})[row.option] = Tally(row.weight, row.total)
        return found  # type: ignore[return-value]

    async def _log(
        self,
        unit: Unit,
        interaction_id: UUID,
        made: Plan,
        context: Context,
        recalled: Recalled,
        length: int,
        now: datetime,
    ) -> UUID:
        first = made.steps[0].arm if made.steps else None
        return await Interactions(unit).choose(
            interaction_id,
            policy=made.policy,
            arm=first.role if first else "",
            model=first.model if first else "",
            model_version=first.version if first else "",
            propensity=made.propensity,
            forced=made.forced,
            context={
                **context.as_data(),
                "embedder": self._learned.embedder,
                "length": length,
                "recalled": len(recalled.recollections),
            },
            candidates=[
                {
                    "role": c.arm.role,
                    "model": c.arm.model,
                    "version": c.arm.option.version,
                    "score": round(c.score, 4),
                    "deviation": round(c.deviation, 4),
                    "propensity": round(c.propensity, 6),
                    "note": c.note,
                }
                for c in made.candidates
            ],
            settings={
                step.arm.role: {
                    kind: {"option": option, "propensity": round(step.propensities[kind], 6)}
                    for kind, option in step.settings.items()
                }
                for step in made.steps
            },
            fallbacks=[step.arm.role for step in made.steps[1:]],
            now=now,
        )


def _last_answer(earlier: Interaction | None) -> LastAnswer | None:
    if earlier is None:
        return None
    return LastAnswer(
        earlier.role,
        earlier.task_type,
        earlier.outcome,
        earlier.rating,
        str(earlier.explanation.get("forced", "")),
        earlier.created_at,
    )


def _repeats(loaded: Loaded) -> bool:
    """Return whether somebody asks the same once more: what they got was not it."""
    asked = next((said.text for said in reversed(loaded.history) if said.by == "person"), None)
    return asked is not None and same_words(asked, loaded.question.text)
