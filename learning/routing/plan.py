"""Who answers a turn, in which way, and who is next when it fails.

Decides from everything that was loaded beforehand: what people asked for and forbade, which
models work and can be paid for, what the policy expects of each arm, and what fared well
after the chosen one failed before. Refuses to know where any of it is kept, and how an arm's
quality is estimated.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from learning.routing.parameters import temperatures, token_shares
from learning.routing.situation import Candidate, Plan, Step
from learning.routing.slots import OWN_WISH, SEVERAL, Tally, best_supported, pick
from learning.routing.spending import affordable, penalties
from learning.routing.variants import DEFAULT, portfolio, with_wishes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import numpy as np

    from learning.roles import RoleName
    from learning.routing.contract import Decision, Estimate, Policy
    from learning.routing.cost_model import Cost
    from learning.routing.situation import Arm, Forced, Kind, Situation
    from learning.routing.spending import Budget
    from learning.task_types import TaskType

AVOID_PENALTY: Final = 0.5
"""What a role loses when its answer to the very same question was disliked."""
AVOIDED: Final = "its last answer to this was not wanted"
"""A note that rules nobody out."""
STICKY_MARGIN: Final = 0.05
"""How much better another arm must be expected before a thread changes hands."""
LIKELY_TO_FAIL: Final = 0.5
"""Probability of failing from which a model is not asked while another can be."""
_FALLBACK_PRIOR: Final = 2.0
"""How many credits the policy's own estimate is worth against what happened after a failure."""
_LEAST_AVAILABLE: Final = 0.01
_SETTINGS: Final[tuple[Kind, ...]] = ("variant", "temperature", "max_tokens")


def plan(situation: Situation, policy: Policy, rng: np.random.Generator, now: datetime) -> Plan:
    """Return who answers and who is next.

    Raises:
        ValueError: if there is no arm at all.
    """
    if not situation.arms:
        raise ValueError("there is no arm to choose from: map at least one role to a model")
    notes = _notes(situation, now)
    there = _there(situation, notes)
    paid = [arm for arm in there if arm.role not in notes.unpaid]
    allowed = [arm for arm in paid if arm.role not in notes.doubtful] or paid
    decision = _decide(situation, allowed or there, notes, policy, rng, paying=bool(allowed))
    scores = {e.arm: e for e in decision.estimates}
    chosen, forced = _settle(situation, allowed, decision)
    candidates = sorted(
        (_candidate(arm, scores.get(arm.role), notes, chosen, forced) for arm in situation.arms),
        key=lambda c: (c.arm.role not in scores, -c.score),
    )
    # The budget with the least left forbids whatever is too dear, so any of these names it.
    unpaid = next((notes.unpaid[arm.role] for arm in there if arm.role in notes.unpaid), None)
    if chosen is None:
        return Plan(policy.name, (), 0.0, "", tuple(candidates), unpaid)
    # What was left out because it will probably fail is still better than no answer at all.
    doubtful = [arm for arm in paid if arm not in allowed]
    line: dict[str, Arm] = {chosen.model: chosen}
    for arm in (
        *_ordered(situation, chosen, allowed, scores, notes),
        *_ordered(situation, chosen, doubtful, scores, notes),
    ):
        line.setdefault(arm.model, arm)
    # Only the chosen one is experimented with: whoever stands in should not fail as well.
    may_try = situation.explore and situation.try_settings
    steps = [
        _step(situation, arm, rng, explore=may_try and not number, free=notes.free(arm.model))
        for number, arm in enumerate(line.values())
    ]
    # The last one has nobody behind it: cutting it short would gain nothing.
    steps[-1] = replace(steps[-1], patience_s=situation.patience_s)
    propensity = 1.0 if forced else decision.propensity
    return Plan(policy.name, tuple(steps), propensity, forced, tuple(candidates), unpaid)


@dataclass(slots=True)
class _Notes:
    """What is expected of each model, and why arms are left out, by role."""

    costs: dict[str, Cost] = field(default_factory=dict)
    failing: dict[str, float] = field(default_factory=dict)
    banned: dict[str, str] = field(default_factory=dict)
    doubtful: dict[str, str] = field(default_factory=dict)
    unpaid: dict[str, Budget] = field(default_factory=dict)
    avoided: dict[str, str] = field(default_factory=dict)

    def free(self, model: str) -> bool:
        return self.costs[model].high <= 0.0

    def of(self, role: str) -> str:
        if role in self.banned:
            return self.banned[role]
        if role in self.unpaid:
            return f"over the {self.unpaid[role].name} budget"
        return self.doubtful.get(role, "") or self.avoided.get(role, "")


def _notes(situation: Situation, now: datetime) -> _Notes:
    notes = _Notes()
    for model, operation in situation.operations.items():
        notes.costs[model] = operation.health.expected_cost(
            situation.task_type, operation.prior_usd
        )
        notes.failing[model] = operation.health.failure_probability(
            situation.task_type, situation.length, now, operation.load
        )
    for arm in situation.arms:
        operation, failing = situation.operations[arm.model], notes.failing[arm.model]
        if arm.role in situation.wanted.banned:
            notes.banned[arm.role] = "banned here"
        if arm.role in situation.wanted.avoid:
            notes.avoided[arm.role] = AVOIDED
        forbidding = affordable(notes.costs[arm.model].high, situation.budgets)
        if forbidding is not None:
            notes.unpaid[arm.role] = forbidding
        if not operation.health.allows(now, operation.load):
            notes.doubtful[arm.role] = "resting after failures"
        elif failing >= LIKELY_TO_FAIL:
            notes.doubtful[arm.role] = f"would probably fail ({failing:.0%})"
    return notes


def _there(situation: Situation, notes: _Notes) -> list[Arm]:
    """Return the arms that nobody has banned."""
    there = [arm for arm in situation.arms if arm.role not in notes.banned]
    if not there:
        # Rules of several people can ban everybody between them; somebody has to answer.
        notes.banned = {}
        there = list(situation.arms)
    return there


def _decide(
    situation: Situation,
    arms: Sequence[Arm],
    notes: _Notes,
    policy: Policy,
    rng: np.random.Generator,
    *,
    paying: bool,
) -> Decision:
    taken_off: dict[str, float] = {}
    if paying:
        expected: dict[str, tuple[Cost, float]] = {
            arm.role: (
                notes.costs[arm.model],
                situation.operations[arm.model].health.expected_latency_s(situation.task_type),
            )
            for arm in arms
        }
        taken_off = dict(penalties(expected, situation.weights, situation.budgets))
    for arm in arms:
        if arm.role in situation.wanted.avoid:
            taken_off[arm.role] = taken_off.get(arm.role, 0.0) + AVOID_PENALTY
    return policy.choose(
        situation.context,
        [arm.option for arm in arms],
        rng,
        taken_off,
        explore=situation.explore and paying,
    )


def _settle(
    situation: Situation, allowed: Sequence[Arm], decision: Decision
) -> tuple[Arm | None, Forced]:
    by_role: dict[str, Arm] = {arm.role: arm for arm in allowed}
    wanted = situation.wanted
    if not by_role:
        return None, ""
    if wanted.asked in by_role:
        return by_role[wanted.asked], "asked"
    if wanted.pinned in by_role:
        return by_role[wanted.pinned], "pinned"
    if len(by_role) == 1:
        return next(iter(by_role.values())), "only_one"
    if wanted.earlier in by_role and wanted.earlier not in wanted.avoid:
        means = {e.arm: e.mean for e in decision.estimates}
        if max(means.values()) - means[wanted.earlier] <= STICKY_MARGIN:
            return by_role[wanted.earlier], "sticky"
    return by_role[decision.arm], ""


_FORCED_NOTES: Final[Mapping[Forced, str]] = {
    "": "",
    "asked": "asked for",
    "pinned": "pinned here",
    "sticky": "answered before in this thread",
    "only_one": "the only one left",
}


def _candidate(
    arm: Arm, estimate: Estimate | None, notes: _Notes, chosen: Arm | None, forced: Forced
) -> Candidate:
    note = _FORCED_NOTES[forced] if arm == chosen else notes.of(arm.role)
    if estimate is None:
        return Candidate(arm, 0.0, note=note)
    return Candidate(arm, estimate.mean, estimate.deviation, estimate.propensity, note)


def _ordered(
    situation: Situation,
    chosen: Arm,
    arms: Sequence[Arm],
    scores: Mapping[str, Estimate],
    notes: _Notes,
) -> list[Arm]:
    """Return who is next: expected quality after *this* arm failed, times availability."""
    everybody = _tallies(situation, "fallback", chosen, "")
    own = _tallies(situation, "fallback", chosen, "own")

    def worth(arm: Arm) -> float:
        tally = (everybody.get(arm.role, Tally()) + own.get(arm.role, Tally())).sound()
        mean = scores[arm.role].mean if arm.role in scores else 0.5
        after = (_FALLBACK_PRIOR * mean + tally.total) / (_FALLBACK_PRIOR + tally.weight)
        available = max(1.0 - notes.failing[arm.model], _LEAST_AVAILABLE)
        # Less than nothing, times availability, would put those first that fail most.
        return after * available if after >= 0.0 else after / available

    return sorted((arm for arm in arms if arm.model != chosen.model), key=worth, reverse=True)


def _step(
    situation: Situation, arm: Arm, rng: np.random.Generator, *, explore: bool, free: bool
) -> Step:
    wishes = situation.wanted.aspects
    settings: dict[str, str] = {}
    propensities: dict[str, float] = {}
    for kind in _SETTINGS:
        # What was wished for is not experimented with.
        may_try = explore and not (wishes and kind == "variant")
        settings[kind], propensities[kind] = _picked(situation, kind, arm, rng, explore=may_try)
    if wishes:
        settings["variant"] = with_wishes(settings["variant"], wishes)
    operation = situation.operations[arm.model]
    patience = operation.health.patience_s(situation.patience_s, operation.floor_s)
    return Step(arm, settings, propensities, patience, free)


def _picked(
    situation: Situation, kind: Kind, arm: Arm, rng: np.random.Generator, *, explore: bool
) -> tuple[str, float]:
    """Return the option of a setting, and how probable it was."""
    shared, own = _tallies(situation, kind, arm, ""), _tallies(situation, kind, arm, "own")
    options: Sequence[str] = (DEFAULT,)
    if kind == "temperature":
        options = temperatures(arm.role, situation.task_type)
    elif kind == "max_tokens":
        options = token_shares(arm.role, situation.task_type)
    certain = not explore and situation.slot_policy == "thompson"
    if certain and not (
        _disputed(options[0], shared, SEVERAL) or _disputed(options[0], own, OWN_WISH)
    ):
        # What ``pick`` would say as well, after a tenth of a millisecond.
        return options[0], 1.0
    if kind == "variant":
        options = _variants(arm.role, situation.task_type, best_supported(shared, own))
    picked = pick(options, shared, own, rng, explore=explore, policy=situation.slot_policy)
    return picked.option, picked.propensity


@lru_cache(maxsize=1024)
def _variants(role: RoleName, task_type: TaskType, learned: tuple[str, ...]) -> tuple[str, ...]:
    return portfolio(role, task_type, learned)


def _disputed(default: str, tallies: Mapping[str, Tally], needed: float) -> bool:
    """Return whether there may be enough evidence for another option than the default."""
    return any(option != default and not tally.weight < needed for option, tally in tallies.items())


def _tallies(situation: Situation, kind: Kind, arm: Arm, whose: str) -> Mapping[str, Tally]:
    return situation.tallies.get((kind, arm.role, whose), {})
