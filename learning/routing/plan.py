"""Who answers a turn, in which way, and who is next when it fails.

Decides from everything that was loaded beforehand: what people asked for and forbade, which
models work and can be paid for, what the policy expects of each arm, and what fared well
after the chosen one failed before. Refuses to know where any of it is kept, and how an arm's
quality is estimated.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from learning.routing.parameters import temperatures, token_shares
from learning.routing.situation import Candidate, Plan, Step
from learning.routing.slots import Tally, best_supported, pick
from learning.routing.spending import affordable, penalties
from learning.routing.variants import portfolio, with_wishes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import numpy as np

    from learning.routing.contract import Decision, Estimate, Policy
    from learning.routing.cost_model import Cost
    from learning.routing.situation import Arm, Forced, Kind, Situation
    from learning.routing.slots import Pick
    from learning.routing.spending import Budget

AVOID_PENALTY: Final = 0.5
"""What a role loses when its answer to the very same question was disliked."""
STICKY_MARGIN: Final = 0.05
"""How much better another arm must be expected before a thread changes hands."""
LIKELY_TO_FAIL: Final = 0.5
"""Probability of failing from which a model is not asked while another can be."""
_FALLBACK_PRIOR: Final = 2.0
"""How many credits the policy's own estimate is worth against what happened after a failure."""


def plan(situation: Situation, policy: Policy, rng: np.random.Generator, now: datetime) -> Plan:
    """Return who answers and who is next.

    Raises:
        ValueError: if there is no arm at all.
    """
    if not situation.arms:
        raise ValueError("there is no arm to choose from: map at least one role to a model")
    notes = _notes(situation, now)
    allowed, unpaid = _allowed(situation, notes)
    decision = _decide(situation, allowed or situation.arms, policy, rng)
    scores = {e.arm: e for e in decision.estimates}
    chosen, forced = _settle(situation, allowed, decision)
    propensity = 1.0 if forced else decision.propensity
    candidates = sorted(
        (_candidate(arm, scores.get(arm.role), notes, chosen, forced) for arm in situation.arms),
        key=lambda c: -c.score,
    )
    if chosen is None:
        return Plan(policy.name, (), 0.0, "", tuple(candidates), unpaid)
    others = [arm for arm in allowed if arm.model != chosen.model]
    # What was left out because it will probably fail is still better than no answer at all.
    doubtful = [
        arm
        for arm in situation.arms
        if arm.role in notes.doubtful and arm not in allowed and arm.model != chosen.model
    ]
    ordered = _ordered(situation, chosen, others, scores, now)
    ordered += _ordered(situation, chosen, doubtful, scores, now)
    line: dict[str, Arm] = {chosen.model: chosen}
    for arm in ordered:
        line.setdefault(arm.model, arm)
    # Only the chosen one is experimented with: whoever stands in should not fail as well.
    steps = [
        _step(situation, arm, rng, explore=situation.explore and not number)
        for number, arm in enumerate(line.values())
    ]
    # The last one has nobody behind it: cutting it short would gain nothing.
    steps[-1] = replace(steps[-1], patience_s=situation.patience_s)
    return Plan(policy.name, tuple(steps), propensity, forced, tuple(candidates), unpaid)


@dataclass(slots=True)
class _Notes:
    """Why arms are left out, by role."""

    banned: dict[str, str] = field(default_factory=dict)
    doubtful: dict[str, str] = field(default_factory=dict)
    unpaid: dict[str, Budget] = field(default_factory=dict)
    avoided: dict[str, str] = field(default_factory=dict)

    def of(self, role: str) -> str:
        if role in self.banned:
            return self.banned[role]
        if role in self.unpaid:
            return f"over the {self.unpaid[role].name} budget"
        return self.doubtful.get(role, "") or self.avoided.get(role, "")


def _notes(situation: Situation, now: datetime) -> _Notes:
    notes = _Notes()
    for arm in situation.arms:
        operation = situation.operations[arm.model]
        if arm.role in situation.wanted.banned:
            notes.banned[arm.role] = "banned here"
        if arm.role in situation.wanted.avoid:
            notes.avoided[arm.role] = "its last answer to this question was disliked"
        cost = operation.health.expected_cost(situation.task_type, operation.prior_usd)
        forbidding = affordable(cost.high, situation.budgets)
        if forbidding is not None:
            notes.unpaid[arm.role] = forbidding
        if not operation.health.allows(now, operation.load):
            notes.doubtful[arm.role] = "resting after failures"
            continue
        failing = operation.health.failure_probability(
            situation.task_type, situation.length, now, operation.load
        )
        if failing >= LIKELY_TO_FAIL:
            notes.doubtful[arm.role] = f"would probably fail ({failing:.0%})"
    return notes


def _allowed(situation: Situation, notes: _Notes) -> tuple[list[Arm], Budget | None]:
    """Return the arms to choose from, and the budget that left none, if one did."""
    there = [arm for arm in situation.arms if arm.role not in notes.banned]
    if not there:
        # Rules of several people can ban everybody between them; somebody has to answer.
        notes.banned = {}
        there = list(situation.arms)
    paid = [arm for arm in there if arm.role not in notes.unpaid]
    if not paid:
        return [], next(iter(notes.unpaid.values()))
    sound = [arm for arm in paid if arm.role not in notes.doubtful]
    return sound or paid, None


def _decide(
    situation: Situation, arms: Sequence[Arm], policy: Policy, rng: np.random.Generator
) -> Decision:
    expected: dict[str, tuple[Cost, float]] = {
        arm.role: (
            situation.operations[arm.model].health.expected_cost(
                situation.task_type, situation.operations[arm.model].prior_usd
            ),
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
        explore=situation.explore,
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
    others: Sequence[Arm],
    scores: Mapping[str, Estimate],
    now: datetime,
) -> list[Arm]:
    """Return who is next: expected quality after *this* arm failed, times availability."""
    everybody = _tallies(situation, "fallback", chosen, "")
    own = _tallies(situation, "fallback", chosen, "own")

    def worth(arm: Arm) -> float:
        tally = (everybody.get(arm.role, Tally()) + own.get(arm.role, Tally())).sound()
        estimate = scores.get(arm.role)
        mean = 0.5 if estimate is None else estimate.mean
        after = (_FALLBACK_PRIOR * mean + tally.total) / (_FALLBACK_PRIOR + tally.weight)
        operation = situation.operations[arm.model]
        return after * (
            1.0
            - operation.health.failure_probability(
                situation.task_type, situation.length, now, operation.load
            )
        )

    return sorted(others, key=worth, reverse=True)


def _step(
    situation: Situation, arm: Arm, rng: np.random.Generator, *, explore: bool
) -> Step:
    wanted = situation.wanted.aspects
    picks: dict[str, Pick] = {}
    slots: dict[Kind, Sequence[str]] = {
        "variant": portfolio(
            arm.role,
            situation.task_type,
            best_supported(
                _tallies(situation, "variant", arm, ""), _tallies(situation, "variant", arm, "own")
            ),
        ),
        "temperature": temperatures(arm.role, situation.task_type),
        "max_tokens": token_shares(arm.role, situation.task_type),
    }
    for kind, options in slots.items():
        picks[kind] = pick(
            options,
            _tallies(situation, kind, arm, ""),
            _tallies(situation, kind, arm, "own"),
            rng,
            explore=explore,
        )
    settings = {kind: picked.option for kind, picked in picks.items()}
    propensities = {kind: picked.propensity for kind, picked in picks.items()}
    if wanted:
        settings["variant"] = with_wishes(settings["variant"], wanted)
        propensities["variant"] = 1.0
    patience = situation.operations[arm.model].health.patience_s(situation.patience_s)
    return Step(arm, settings, propensities, patience)


def _tallies(situation: Situation, kind: Kind, arm: Arm, whose: str) -> Mapping[str, Tally]:
    return situation.tallies.get((kind, arm.role, whose), {})
