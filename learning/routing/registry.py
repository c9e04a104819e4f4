"""Every policy that can be switched on, by name.

Decides names. Refuses to know which one a workspace uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from learning.routing.baselines import BetaThompson, EpsilonGreedy, LinUcb, Random, StaticRules
from learning.routing.guarded import HierarchicalThompson

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from learning.routing.contract import Policy
    from learning.task_types import TaskType

    Strengths = Mapping[str, Mapping[TaskType, float]]

POLICIES: Final[Mapping[str, Callable[[Strengths, str | None], Policy]]] = {
    HierarchicalThompson.name: HierarchicalThompson,
    Random.name: lambda _strengths, _incumbent: Random(),
    StaticRules.name: lambda strengths, _incumbent: StaticRules(strengths),
    EpsilonGreedy.name: lambda _strengths, _incumbent: EpsilonGreedy(),
    BetaThompson.name: lambda _strengths, _incumbent: BetaThompson(),
    LinUcb.name: lambda _strengths, _incumbent: LinUcb(),
}
"""Name to a constructor from declared strengths and incumbent."""
