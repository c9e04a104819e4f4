"""Replaying: how other policies would have fared on a workspace's own choices.

Sequence only: the log is read in one short transaction, and evaluated in a thread by
``learning.routing.evaluation``. Nothing is changed, and no model is asked.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import numpy as np

from learning.feedback import Feedback
from learning.routing.contract import Context, Option
from learning.routing.evaluation import Logged, compare
from learning.routing.plan import AVOIDED
from learning.routing.registry import POLICIES, open_policy
from learning.seeding.results import SEED_STATE, seeds
from learning.store.logged import LoggedChoices
from learning.store.states import States

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.routing.contract import Evidence, Policy
    from learning.routing.evaluation import Comparison
    from learning.store.logged import LoggedChoice
    from learning.store.store import Store
    from learning.task_types import TaskType

NEWEST: Final = 10_000
"""Choices that are looked at, at most."""


class Replaying:
    """Evaluates policies.

    Args:
        store: where the log is.
        strengths: declared strengths by role, as policies start from them.
        incumbent: the role that answers until another is known to be better.
    """

    def __init__(
        self,
        store: Store,
        strengths: Mapping[str, Mapping[TaskType, float]],
        incumbent: str | None,
    ) -> None:
        self._store = store
        self._strengths = strengths
        self._incumbent = incumbent

    async def replay(
        self,
        workspace_id: str,
        policies: Sequence[str] = (),
        *,
        limit: int = NEWEST,
        confidence: float = 0.95,
        seed: int = 0,
    ) -> Comparison:
        """Return what the log says about policies, the best estimate first.

        Each policy starts from the declared strengths and from what seeding has shown, as if
        it had been switched on at the log's first choice.

        Args:
            workspace_id: whose choices.
            policies: names; none for all there are.
            limit: the newest so many choices.
            confidence: of the intervals, in (0, 1).
            seed: of the chance that policies take; the same gives the same result.

        Raises:
            ValueError: if there is no policy of a name, or a figure cannot be meant.
        """
        names = list(dict.fromkeys(policies)) or list(POLICIES)
        fresh = [open_policy(name, self._strengths, self._incumbent, None) for name in names]
        async with self._store.begin(workspace_id, None) as unit:
            seeded = await States(unit).load(SEED_STATE)
            rows = await LoggedChoices(unit).all(limit)
        log = [logged(row) for row in rows]
        shown = seeds(seeded.state if seeded else None)
        return await asyncio.to_thread(_compared, log, fresh, shown, confidence, seed)


def logged(row: LoggedChoice) -> Logged:
    """Return a choice as evaluation reads it.

    The options are the candidates that nothing ruled out: a note says what did.
    Ratings of an answer that somebody else gave after a failure do not speak about the choice.
    """
    choice = row.choice
    options = tuple(
        Option(str(each.get("role", "")), str(each.get("version") or each.get("model", "")))
        for each in choice.candidates
        if each.get("propensity")
        or each.get("note", "") in {"", AVOIDED}
        or each.get("role") == choice.arm
    )
    answered = row.role in {None, choice.arm}
    return Logged(
        context=Context.from_data(choice.context),
        options=options,
        arm=choice.arm,
        propensity=choice.propensity,
        reward=Feedback(row.rating, row.votes).reward if answered else None,
        at=choice.created_at,
    )


def _compared(
    log: Sequence[Logged],
    policies: Sequence[Policy],
    shown: Sequence[Evidence],
    confidence: float,
    seed: int,
) -> Comparison:
    for policy in policies:
        for evidence in shown:
            policy.credit(evidence)
    return compare(log, policies, np.random.default_rng(seed), confidence=confidence)
