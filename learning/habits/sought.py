"""Reads what a slot is sought for: "deep coding 90m by friday after 14:00".

Decides what of the line is the task, how long it takes, and between which times. Refuses to take
"by" and "after" for more than words where no time follows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from learning.due import due, lasting
from learning.habits.free import WEEKS
from learning.habits.slots import LONGEST, SHORTEST
from learning.spans import midnight_of
from learning.times import times

if TYPE_CHECKING:
    from datetime import tzinfo

MOST_CHARS: Final = 300
USUAL: Final = 60
"""Minutes that a task takes, if nobody says."""
USAGE: Final = "Say what and how long: `when deep coding 90m by friday`."
_OVER: Final = "That deadline is over already."
_FURTHEST: Final = timedelta(days=3_660)
"""Later than this no day is reckoned with."""
_BOUND: Final = re.compile(
    r"\s(by|before|until|till|after|from|starting|not before)\s(?!.*\s(?:by|before|until|till|"
    r"after|from|starting|not before)\s)",
    re.IGNORECASE,
)
_ENDS: Final = frozenset({"by", "before", "until", "till"})
_PART: Final = (
    r"(?:\d{1,3}(?:\.\d{1,2})?|half an|an?|one|two|three|four) ?"
    r"(?:hours?|hrs?|h|minutes?|mins?|min|m)"
)
_LENGTH: Final = re.compile(
    rf"(?:^|\s)(?:for |in )?(?P<first>{_PART})"
    r"(?P<second> ?(?:and )?\d{1,2} ?(?:minutes?|mins?|m)?)?$",
    re.IGNORECASE,
)
_PART_OF_DAY: Final = re.compile(r"(?:morning|afternoon|evening|night)$", re.IGNORECASE)
_DECIMAL: Final = re.compile(r"(\d{1,3}\.\d{1,2}) ?h", re.IGNORECASE)


class NotSought(ValueError):  # noqa: N818 - it names what a line is
    """A line that a slot cannot be sought for; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What a slot is sought for.

    Attributes:
        task: what it is called.
        minutes: how long it takes.
        assumed: whether nobody said how long.
        deadline: when it must be done, if it must.
        after: when it can begin at the earliest, if it matters.
    """

    task: str
    minutes: int
    assumed: bool = False
    deadline: datetime | None = None
    after: datetime | None = None


def sought(line: str, now: datetime) -> Sought:
    """Return what a slot is sought for.

    Args:
        line: what follows the command's name.
        now: aware, in the time zone of whoever says it.

    Raises:
        NotSought: if it cannot be told, or cannot be.
    """
    said = " ".join(line[:MOST_CHARS].split())
    bounds: dict[bool, datetime] = {}
    while (mark := _BOUND.search(said)) is not None:
        word, ends = mark[1].casefold(), mark[1].casefold() in _ENDS
        at = _bound(said[mark.end() :], word, now)
        if at is None and ends and times(said[mark.end() :], now):
            raise NotSought(_OVER)
        if at is None or ends in bounds:
            break
        bounds[ends] = at
        said = said[: mark.start()]
    deadline, after = bounds.get(True), bounds.get(False)
    if (on := _on_day(said, now)) is not None:
        begins, ends_at, said = on
        after, deadline = _within(begins, ends_at, after), _within(begins, ends_at, deadline)
        after, deadline = after or begins, deadline or ends_at
    length = _LENGTH.search(said)
    task = (said[: length.start()] if length else said).strip(" ,;:.")
    if not task:
        raise NotSought(USAGE)
    minutes = _minutes(length) if length else USUAL
    _checked(minutes, deadline, after, now)
    return Sought(task, minutes, length is None, deadline, after)


def _checked(
    minutes: int, deadline: datetime | None, after: datetime | None, now: datetime
) -> None:
    if not SHORTEST <= minutes <= LONGEST:
        raise NotSought(f"Say how long: from {SHORTEST} minutes to {LONGEST // 60} hours.")
    if deadline is not None and deadline <= now:
        raise NotSought(_OVER)
    if deadline is not None and deadline - max(after or now, now) < timedelta(minutes=minutes):
        raise NotSought(f"There are no {minutes} minutes between now and then.")
    if after is not None and after - now >= timedelta(weeks=WEEKS):
        raise NotSought(f"I look {WEEKS} weeks ahead: ask again when it is nearer.")


def _bound(said: str, word: str, now: datetime) -> datetime | None:
    """Return when a time is over, or begins: "by friday" leaves the whole Friday."""
    if (of_day := due(f"{said} at 12:00", now)) is not None and not of_day.words:
        if of_day.at - now > _FURTHEST:
            return of_day.at
        midnight = midnight_of(of_day.at)
        return midnight + timedelta(days=word in {"by", "until", "till", "after"})
    found = due(said, now)
    if found is None or found.words:
        found = due(f"at {said}", now)
    return None if found is None or found.words else found.at


def _on_day(said: str, now: datetime) -> tuple[datetime, datetime, str] | None:
    """Return when the day begins and ends that a line ends with, and what is left of the line."""
    found = due(f"{said} at 12:00", now)
    if found is None or not found.words or found.words == said or found.at - now > _FURTHEST:
        return None
    midnight = midnight_of(found.at)
    part = due(said, now) if _PART_OF_DAY.search(said) else None
    days = 7 if said.casefold().endswith("week") else 1
    return part.at if part else midnight, midnight + timedelta(days=days), found.words


def _within(begins: datetime, ends: datetime, at: datetime | None) -> datetime | None:
    """Return a bound on the day it is meant for: "friday after 14:00" begins on that Friday."""
    if at is None or begins <= at <= ends:
        return at
    there = midnight_of(begins).replace(hour=at.hour, minute=at.minute)
    return there if begins <= there <= ends else None


def moved_to(said: str, now: datetime, zone: tzinfo) -> datetime | None:
    """Return the time to come that something was moved to; nothing if none is named."""
    found = due(said.strip(), now.astimezone(zone)) or due(
        f"at {said.strip()}", now.astimezone(zone)
    )
    return None if found is None or found.words else found.at.astimezone(UTC)


def _minutes(match: re.Match[str]) -> int:
    first, second = match["first"], match["second"]
    decimal = _DECIMAL.match(first)
    length = (
        timedelta(hours=float(decimal[1])) if decimal else lasting(first) or timedelta(minutes=0)
    )
    if second:
        length += timedelta(minutes=int(re.sub(r"\D", "", second)))
    return round(length.total_seconds() / 60)
