"""Prompts, people and arms, made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learning.routing.codec import dump, load
from learning.routing.contract import Context, Credit, Decision, Evidence, Option, Outcome
from learning.routing.guarded import HierarchicalThompson

if TYPE_CHECKING:
    from learning.routing.contract import Policy
    from learning.task_types import TaskType

MATHS: dict[TaskType, float] = {"maths": 0.8, "code": 0.1, "architecture": 0.0, "general": 0.1}
CODE: dict[TaskType, float] = {"maths": 0.1, "code": 0.8, "architecture": 0.1, "general": 0.0}
TALK: dict[TaskType, float] = {"maths": 0.05, "code": 0.05, "architecture": 0.0, "general": 0.9}
KINDS = (MATHS, CODE, TALK)
ARMS = [Option("math"), Option("lead"), Option("router")]
STRENGTHS: dict[str, dict[TaskType, float]] = {
    "math": {"maths": 0.85, "code": 0.5, "architecture": 0.5, "general": 0.5},
    "lead": {"maths": 0.5, "code": 0.85, "architecture": 0.85, "general": 0.5},
    "router": {"maths": 0.5, "code": 0.5, "architecture": 0.5, "general": 0.85},
}


def prompt(rng: np.random.Generator, kind: int | None = None, width: int = 24) -> Context:
    """Return a prompt whose embedding lies near its kind's corner."""
    kind = int(rng.integers(3)) if kind is None else kind
    embedding = rng.normal(0.0, 0.2, width)
    embedding[kind] += 1.0
    return Context(KINDS[kind], embedding, "made up")


def kind_of(context: Context) -> int:
    return KINDS.index(dict(context.probabilities))


def live(
    policy: Policy,
    rng: np.random.Generator,
    quality: np.ndarray,
    turns: int,
    arms: list[Option] = ARMS,
) -> list[Decision]:
    """Take turns; ``quality`` has a row a kind of prompt and a column an arm."""
    decisions = []
    for _ in range(turns):
        context = prompt(rng)
        decision = policy.choose(context, arms, rng)
        at = [option.name for option in arms].index(decision.arm)
        reward = float(rng.random() < quality[kind_of(context), at])
        policy.credit(Evidence(arms[at], context, reward))
        decisions.append(decision)
    return decisions


def share_of(decisions: list[Decision], arm: str) -> float:
    return sum(decision.arm == arm for decision in decisions) / len(decisions)


def means(policy: HierarchicalThompson, context: Context, seed: int = 0) -> dict[str, float]:
    """Ask what the policy expects; a copy is asked, so that asking leaves no trace."""
    copy = HierarchicalThompson(STRENGTHS, state=load(dump(policy.state)))
    decision = copy.choose(context, ARMS, np.random.default_rng(seed))
    return {estimate.arm: estimate.mean for estimate in decision.estimates}


def credited(outcome: Outcome) -> Credit:
    assert outcome.credit is not None
    return outcome.credit
