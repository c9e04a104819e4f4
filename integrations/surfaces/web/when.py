"""Times as people say them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_MINUTE, _HOUR, _DAY, _WEEK = 60, 3600, 86_400, 604_800


def ago(then: datetime, now: datetime) -> str:
    """Return how long ago something was, roughly: "now", "5 min", "3 h", "2 d", "3 May".

    Args:
        then: aware time of the event; a time in the future counts as now.
        now: aware time of looking.
    """
    seconds = (now - then).total_seconds()
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h"
    if seconds < _WEEK:
        return f"{int(seconds // _DAY)} d"
    if then.year == now.year:
        return f"{then.day} {then:%b}"
    return f"{then.day} {then:%b %Y}"
