"""The command ``habits``: when a person usually asks, and what; and when they do what.

Sequence only. It counts the person's own questions and tells them where nobody reads along.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.consent import missing
from integrations.contracts.host import CommandReply
from learning.hours import DAYS, LEAST, usual
from learning.store.consents import Consents
from learning.store.interactions import Interactions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime, tzinfo

    from integrations.contracts.host import Person
    from learning.hours import Usual
    from learning.store.store import Store

_LOOKED_BACK: Final = 1_000
_KINDS: Final = {
    "maths": "maths",
    "code": "code",
    "architecture": "architecture",
    "general": "other things",
}


class Hours:
    """Answers ``habits``.

    Args:
        store: where questions are.
        week: tells what somebody does when; nothing of who told of nothing they did.
    """

    def __init__(
        self,
        store: Store,
        week: Callable[[Person], Awaitable[CommandReply | None]] | None = None,
    ) -> None:
        self._store = store
        self._week = week

    async def habits(self, who: Person, rest: str) -> CommandReply:
        """Return the weekdays, hours and kinds of task that are usual for a person."""
        del rest
        if not who.private:
            return CommandReply("Your habits are for you alone: ask me in private.", ok=False)
        async with self._store.begin(who.workspace_id, None) as unit:
            if lacking := await Consents(unit).lacking(who.user_id, who.surface):
                return CommandReply(missing(lacking), ok=False)
            asked = await Interactions(unit).recent_of(who.user_id, limit=_LOOKED_BACK)
        asked_for = self._asked(who, asked)
        week = None if self._week is None else await self._week(who)
        if week is None:
            return asked_for
        return CommandReply(
            f"{week.text}\n\n{asked_for.text}",
            {**asked_for.data, "week": week.data},
            pictures=week.pictures,
        )

    def _asked(self, who: Person, asked: Sequence[tuple[str, object, datetime]]) -> CommandReply:
        """Return when a person usually asks."""
        zone, name = _zone(who.tz)
        found = usual([(kind, at) for kind, _, at in asked], zone)
        if found is None:
            return CommandReply(
                f"You have asked {len(asked)} question{'' if len(asked) == 1 else 's'} so far; "
                f"from {LEAST} on I can say when you usually ask.",
                {"questions": len(asked), "timezone": name},
            )
        return CommandReply(
            "\n".join(f"- {line}" for line in _lines(found, name)),
            {
                "questions": found.questions,
                "days": [DAYS[day] for day in found.days],
                "hours": list(found.hours),
                "kinds": {kind: round(share, 3) for kind, share in found.kinds},
                "timezone": name,
            },
        )


def _zone(name: str) -> tuple[tzinfo, str]:
    """Return a time zone by its name, and how to call it; UTC for one that nobody knows."""
    if name:
        try:
            return ZoneInfo(name), name
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    return UTC, "UTC"


def _lines(found: Usual, zone: str) -> list[str]:
    days = _and([f"{DAYS[day]}s" for day in found.days])
    hours = _and([f"{hour:02}:00-{(hour + 1) % 24:02}:00" for hour in found.hours])
    kinds = _and([f"{_KINDS.get(kind, kind)} ({share:.0%})" for kind, share in found.kinds])
    return [
        f"You ask mostly on {days}." if days else "You ask on any day of the week.",
        f"Your usual hours are {hours} ({zone})." if hours else f"You ask at any hour ({zone}).",
        f"You ask about {kinds}. I counted your last {found.questions} questions.",
    ]


def _and(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
