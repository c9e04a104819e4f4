"""Situations to plan in, and a policy whose expectations a test sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from learning.roles import ROLE_NAMES
from learning.routing.baselines import StaticRules
from learning.routing.contract import Context
from learning.routing.health import Attempt, Health
from learning.routing.plan import plan
from learning.routing.situation import Arm, Operation, Situation, Wanted
from learning.routing.spending import Budget
from learning.routing.weights import Weights
from learning.task_types import TASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learning.routing.contract import Policy
    from learning.routing.situation import Plan

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEIGHTS = Weights.load()
ARMS = tuple(Arm(role, f"openai:{role}", f"{role}-1") for role in ROLE_NAMES)
MEANS = {"router": 0.3, "math": 0.4, "lead": 0.8, "senior": 0.7, "architect": 0.6}
FREE = {arm.model: Operation(Health(), 0.0) for arm in ARMS}
OK = Attempt("ok", 900.0, 300.0, None, "code", 500)


class Believes(StaticRules):
    """Expects the same of each arm whatever the prompt; chooses the best of them."""

    name = "believes"

    def __init__(self, means: Mapping[str, float]) -> None:
        super().__init__({arm: dict.fromkeys(TASK_TYPES, mean) for arm, mean in means.items()})


def situation(**values: Any) -> Situation:
    given_: dict[str, Any] = {
        "context": Context({"code": 1.0}),
        "task_type": "code",
        "length": 500,
        "arms": ARMS,
        "wanted": Wanted(),
        "operations": FREE,
        "budgets": [Budget("turn", 0.5)],
        "tallies": {},
        "weights": WEIGHTS,
        "patience_s": 60.0,
        "explore": False,
        **values,
    }
    return Situation(**given_)


def planned(
    policy: Policy | None = None, seed: int = 0, now: datetime = NOW, **values: Any
) -> Plan:
    return plan(situation(**values), policy or Believes(MEANS), np.random.default_rng(seed), now)


def order(made: Plan) -> list[str]:
    return [step.arm.role for step in made.steps]


def notes(made: Plan) -> dict[str, str]:
    return {c.arm.role: c.note for c in made.candidates if c.note}


def health(*attempts: Attempt, since: datetime = NOW - timedelta(seconds=30)) -> Health:
    found = Health()
    for attempt in attempts:
        found = found.after(attempt, since)
    return found


RESTING = health(*[replace(OK, outcome="unavailable")] * 3, since=NOW - timedelta(seconds=5))
REFUSING = health(*[replace(OK, outcome="refused")] * 40)


def operations(**changed: Operation) -> dict[str, Operation]:
    return {**FREE, **{f"openai:{role}": operation for role, operation in changed.items()}}


def priced(**prices: float | None) -> dict[str, Operation]:
    return operations(**{role: Operation(Health(), usd) for role, usd in prices.items()})
