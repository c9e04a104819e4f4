"""Every policy that can be switched on, by name.

Decides names. Refuses to know which one a workspace uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from learning.routing.baselines import (
    BetaThompson,
    EpsilonGreedy,
    Fixed,
    LinUcb,
    Random,
    StaticRules,
)
from learning.routing.codec import UnreadableState, unpack
from learning.routing.guarded import HierarchicalThompson

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from learning.routing.contract import Policy
    from learning.task_types import TaskType

    Strengths: TypeAlias = Mapping[str, Mapping[TaskType, float]]
    Opening: TypeAlias = Callable[[Strengths, str | None, bytes | None], Policy]

__all__ = ["DEFAULT", "POLICIES", "UnreadableState", "open_policy"]

DEFAULT: Final = HierarchicalThompson.name


def _fixed(_strengths: Strengths, incumbent: str | None, stored: bytes | None) -> Policy:
    _check(Fixed.name, stored)
    return Fixed(incumbent)


def _static_rules(strengths: Strengths, _incumbent: str | None, stored: bytes | None) -> Policy:
    _check(StaticRules.name, stored)
    return StaticRules(strengths)


def _random(_strengths: Strengths, _incumbent: str | None, stored: bytes | None) -> Policy:
    _check(Random.name, stored)
    return Random()


def _check(name: str, stored: bytes | None) -> None:
    if stored is not None:
        unpack(name, stored)


POLICIES: Final[Mapping[str, Opening]] = {
    DEFAULT: HierarchicalThompson,
    Fixed.name: _fixed,
    StaticRules.name: _static_rules,
    EpsilonGreedy.name: lambda _strengths, _incumbent, stored: EpsilonGreedy(stored),
    BetaThompson.name: lambda _strengths, _incumbent, stored: BetaThompson(stored),
    LinUcb.name: lambda _strengths, _incumbent, stored: LinUcb(stored),
    Random.name: _random,
}
"""Name to a way to open it from declared strengths, incumbent and stored state."""


def open_policy(
    name: str, strengths: Strengths, incumbent: str | None, stored: bytes | None
) -> Policy:
    """Return a policy with its state.

    Args:
        name: one of ``POLICIES``.
        strengths: declared strengths by arm and task type, in [0, 1].
        incumbent: the arm that answers until another is known to be better.
        stored: what its ``dump`` returned; ``None`` for a fresh one.

    Raises:
        ValueError: if there is no such policy.
        UnreadableState: if ``stored`` is of another policy or format.
    """
    if name not in POLICIES:
        known = ", ".join(POLICIES)
        raise ValueError(f"there is no routing policy {name!r}; choose one of: {known}")
    return POLICIES[name](strengths, incumbent, stored)
