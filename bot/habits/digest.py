"""The week ahead in one message, for those who want that instead of nudges."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from learning.habits.occasions import occasions
from learning.habits.phrases import name_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from learning.habits.occasions import Recurring

_MOST: Final = 8
_DAYS: Final = 6


def digest_of(habits: Sequence[Recurring], more: Sequence[str], now: datetime, zone: tzinfo) -> str:
    """Return the week's message; empty if there is nothing to say.

    Args:
        habits: what recurs for somebody, the surest first.
        more: what else there is to say, in Markdown.
        now: the time.
        zone: where they are.
    """
    begin = now - timedelta(hours=1)
    due = [(habit, list(occasions(habit, begin, zone, days=_DAYS))) for habit in habits]
    lines = [f"- {name_of(habit.kind)} {habit.text}" for habit, days in due if days][:_MOST]
    usual = "**Your week, as it usually goes**\n\n" + "\n".join(lines) if lines else ""
    return "\n\n".join(filter(None, [usual, *more]))
