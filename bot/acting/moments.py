"""Times as people say and read them, in their own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations.contracts.tools import ToolFailure
from learning.due import due, recurs

if TYPE_CHECKING:
    from integrations.contracts.host import Person

FURTHEST: Final = timedelta(days=5 * 366)
ONCE: Final = "I can remind you once, not again and again. Say one time."
_LATE: Final = timedelta(minutes=5)


def moment(said: str, now: datetime, tz: ZoneInfo) -> datetime:
    """Return the time that was said, which is to come.

    Raises:
        ToolFailure: if it is none, or over, or too far away.
    """
    try:
        at = datetime.fromisoformat(said.strip())
        at = at if at.tzinfo else at.replace(tzinfo=tz)
    except ValueError:
        found = due(said, now.astimezone(tz))
        if found is None or found.words:
            again = recurs(said) or (found is not None and recurs(found.words))
            raise ToolFailure(
                "invalid",
                ONCE if again else "Say when as in: tomorrow at 9, in 20 minutes, 3 May 14:00.",
                "at: is no time",
            ) from None
        at = found.at
    if at <= now:
        raise ToolFailure("invalid", "That time is over already.", "at: is in the past")
    if at - now > FURTHEST:
        raise ToolFailure("invalid", "That is more than five years away.", "at: is too far away")
    return at.astimezone(UTC)


def late(by: timedelta) -> str:
    """Return what to say of a reminder that comes late."""
    if by <= _LATE:
        return ""
    minutes = int(by.total_seconds() // 60)
    lengths = {"day": 1440, "hour": 60, "minute": 1}
    unit, count = next((u, minutes // n) for u, n in lengths.items() if minutes >= n)
    ago = f"{count} {unit}{'s' if count > 1 else ''}"
    return f"\n\n_It was due {ago} ago; I could not say it then._"


def zone_of(who: Person) -> ZoneInfo:
    """Return a person's time zone; where nobody knows it, UTC."""
    try:
        return ZoneInfo(who.tz or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def when(at: datetime, tz: ZoneInfo) -> str:
    """Return a time for people: "on Tuesday, 3 March 2026 at 09:00 (Europe/Berlin)"."""
    there = at.astimezone(tz)
    return f"on {there:%A}, {there.day} {there:%B %Y} at {there:%H:%M} ({tz.key})"
