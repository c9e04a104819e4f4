"""Which temperatures and answer lengths an arm may be asked with.

Decides small grids of options by role and type of task, and what an option's name means to a
model. Refuses to know which option is best and what a provider's own default is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learning.roles import RoleName
    from learning.task_types import TaskType

PROVIDER: Final = "provider"
"""The option that leaves the temperature to the provider."""
UNCHANGED: Final = "1"
"""The option that leaves the answer's length as it was configured."""

_TEMPERATURES: Final[Mapping[TaskType, tuple[str, ...]]] = {
    "maths": (PROVIDER, "0.0", "0.3"),
    "code": (PROVIDER, "0.2", "0.7"),
    "architecture": (PROVIDER, "0.2", "0.7"),
    "general": (PROVIDER, "0.3", "0.9"),
}
_ROLE_TEMPERATURES: Final[Mapping[RoleName, tuple[str, ...]]] = {
    # A proof does not get better by chance, whatever the question was taken for.
    "math": (PROVIDER, "0.0", "0.3"),
}
_TOKEN_SHARES: Final[Mapping[TaskType, tuple[str, ...]]] = {
    "maths": (UNCHANGED, "2"),
    "code": (UNCHANGED, "2", "0.5"),
    "architecture": (UNCHANGED, "2", "0.5"),
    "general": (UNCHANGED, "0.5"),
}
_HOTTEST: Final = 2.0
_LONGEST: Final = 4.0


def temperatures(role: RoleName, task_type: TaskType) -> tuple[str, ...]:
    """Return the temperatures to try, the default first."""
    return _ROLE_TEMPERATURES.get(role) or _TEMPERATURES.get(task_type, (PROVIDER,))


def token_shares(role: RoleName, task_type: TaskType) -> tuple[str, ...]:
    """Return the lengths to try as shares of the configured maximum, the default first."""
    del role  # no role needs other lengths than the rest; the log of choices may teach otherwise
    return _TOKEN_SHARES.get(task_type, (UNCHANGED,))


def temperature_of(option: str) -> float | None:
    """Return the temperature an option stands for; ``None`` leaves it to the provider.

    A name that is no temperature, perhaps one of another version, is the provider's too.
    """
    value = _number(option)
    return value if value is not None and 0.0 <= value <= _HOTTEST else None


def tokens_of(option: str, configured: int) -> int:
    """Return how many tokens an answer may have, at least 1.

    Args:
        option: a share of the configured maximum; a name that is none leaves it as it is.
        configured: that maximum, in tokens.
    """
    share = _number(option)
    if share is None or not 0.0 < share <= _LONGEST:
        share = 1.0
    return max(1, round(configured * share))


def _number(option: str) -> float | None:
    try:
        value = float(option)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
