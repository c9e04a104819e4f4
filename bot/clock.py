"""The one place that asks what time it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the time, aware and in UTC."""
    return datetime.now(UTC)
