"""Prompts, people and arms, made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from learning.routing.contract import Context, Credit, Decision, Evidence, Option, Outcome
from learning.routing.embedding import REDUCED
from learning.routing.topics import TOPICS

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
SPECIALISTS = np.array([[0.9, 0.4, 0.4], [0.4, 0.9, 0.4], [0.4, 0.4, 0.9]])
"""A row a kind of prompt, a column an arm."""


def prompt(
    rng: np.random.Generator, kind: int | None = None, types: dict[TaskType, float] | None = None
) -> Context:
    """Return a prompt that is mostly of its kind's topic.

    Pass ``types`` where the task type shall not tell the kinds apart.
    """
    kind = int(rng.integers(3)) if kind is None else kind
    shares = rng.dirichlet(np.full(TOPICS, 0.2)) * 0.3
    shares[kind] += 0.7
    reduced = rng.normal(0.0, 0.1, REDUCED)
    reduced[kind] += 0.5
    return Context(types or KINDS[kind], tuple(shares), tuple(reduced), 0.3)


def kind_of(context: Context) -> int:
    return int(np.argmax(context.topics))


def live(
    policy: Policy,
    rng: np.random.Generator,
    quality: np.ndarray,
    turns: int,
    arms: list[Option] = ARMS,
    types: dict[TaskType, float] | None = None,
) -> list[Decision]:
    """Take turns; ``quality`` has a row a kind of prompt and a column an arm."""
    decisions = []
    for _ in range(turns):
        context = prompt(rng, None, types)
        decision = policy.choose(context, arms, rng)
        policy.chosen()
        at = [option.name for option in arms].index(decision.arm)
        reward = float(rng.random() < quality[kind_of(context), at])
        policy.credit(Evidence(arms[at], context, reward))
        decisions.append(decision)
    return decisions


def share_of(decisions: list[Decision], arm: str) -> float:
    return sum(decision.arm == arm for decision in decisions) / len(decisions)


def means(policy: Policy, context: Context) -> dict[str, float]:
    decision = policy.choose(context, ARMS, np.random.default_rng(0))
    return {estimate.arm: estimate.mean for estimate in decision.estimates}


def credited(outcome: Outcome) -> Credit:
    assert outcome.credit is not None
    return outcome.credit
