"""How somebody is spoken to first, if at all.

Decides whether a nudge may come now, later, or not, and says why. Refuses to know how it is
shown. Nobody is nudged who did not say yes; who says no is left alone for longer each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

LIKELY: Final = 0.8
"""How likely the act has to be within the hour, or a nudge is noise."""
MOST_A_DAY: Final = 2
QUIET: Final = (20 * 60, 8 * 60)
LATEST: Final = timedelta(minutes=30)
"""After the usual time; a nudge that comes later is no use."""
_WEEK: Final = timedelta(weeks=1)
_LONGEST_WEEKS: Final = 26
_AT_LEAST: Final = timedelta(hours=12)
"""Beside the weeks: or a weekly habit that comes a little later would be none left out."""
_SILENT: Final = 0.34
"""How much of a refusal no answer is, where it was not done either."""
_WORTH: Final = 0.4
_ENOUGH: Final = 5
_AWAY: Final = timedelta(minutes=15)
_SATURDAY: Final = 5

Outcome = Literal[
    "planned", "sent", "accepted", "refused", "snoozed", "stopped", "silent", "missed"
]


@dataclass(frozen=True, slots=True)
class Manners:
    """What somebody said about nudges.

    Attributes:
        nudged: whether they said yes.
        off: kinds that they want none of.
        quiet: minutes of the day between which they want none.
        said: whether the quiet hours are their own words: then no habit breaks them.
        most: how many a day at most.
        weekly: whether they want one message a week instead.
    """

    nudged: bool = False
    off: frozenset[str] = frozenset()
    quiet: tuple[int, int] | None = QUIET
    said: bool = False
    most: int = MOST_A_DAY
    weekly: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """A nudge that came before.

    Attributes:
        same: whether it was about the same habit.
        status: what became of it.
        at: when it was said, or settled.
        acted: whether it was done within the hour.
    """

    same: bool
    status: Outcome
    at: datetime
    acted: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """The nudge that wants to be said.

    Attributes:
        kind: what it is about.
        occasion: when that is usually done.
        chance: how likely it is done within the hour after the nudge.
        done: whether it was done already today.
        tried: how often the person was away for it.
    """

    kind: str
    occasion: datetime
    chance: float = 1.0
    done: bool = False
    tried: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a nudge may come, and why not; ``until`` is when to look again."""

    answer: Literal["say", "wait", "skip"]
    why: str = ""
    until: datetime | None = None


def may(
    now: datetime,
    manners: Manners,
    wish: Wish,
    history: Sequence[Past],
    zone: tzinfo,
    *,
    presence: Literal["there", "away", "gone"] = "there",
    busy: Sequence[tuple[datetime, datetime]] = (),
) -> Verdict:
    """Decide whether somebody is nudged now.

    Args:
        now: the time.
        manners: what they said.
        wish: what would be said.
        history: nudges that they had, in any order.
        zone: where they are.
        presence: whether they can be spoken to.
        busy: when they are in meetings.
    """
    why = _refused(now, manners, wish, history, zone)
    if not why and presence == "gone":
        why = "they left"
    if why:
        return Verdict("skip", why)
    until, why = now, ""
    if (ends := quiet_until(now, wish.occasion, manners, zone)) is not None:
        until, why = ends, "it is quiet now"
    for begin, end in sorted(busy):
        if begin <= until < end:
            until, why = end, "they are in a meeting"
    if until == now and presence == "away":
        if wish.tried:
            return Verdict("skip", "they are away")
        until, why = now + _AWAY, "they are away"
    if until == now:
        return Verdict("say")
    if until > wish.occasion + LATEST:
        return Verdict("skip", f"{why}, and then it is too late")
    return Verdict("wait", why, until)


def _refused(
    now: datetime, manners: Manners, wish: Wish, history: Sequence[Past], zone: tzinfo
) -> str:
    """Return why a nudge may not come at all; empty if it may."""
    mine = [each for each in history if each.same]
    today = now.astimezone(zone).date()
    had = [h for h in history if _said(h) and h.at.astimezone(zone).date() == today]
    reasons = (
        (not manners.nudged, "they did not say yes"),
        (manners.weekly, "they want one message a week"),
        (wish.kind in manners.off, "they want none of this kind"),
        (any(each.status == "stopped" for each in mine), "they said to stop these"),
        (wish.done, "it is done already"),
        (now > wish.occasion + LATEST, "it is too late"),
        (wish.chance < LIKELY, "it is not likely enough"),
        (len(had) >= manners.most, "they had enough for a day"),
        (cool_until(mine) > now, "they said no lately"),
        (_useless(mine), "these were of no use to them"),
    )
    return next((why for holds, why in reasons if holds), "")


def cool_until(history: Sequence[Past]) -> datetime:
    """Return until when somebody is left alone about a habit: a week, two, four, and so on.

    Counted are refusals since the last nudge that was welcome; three that were met with silence,
    and with nothing done, are as good as one.
    """
    refusals, last = 0.0, _EVER
    for each in sorted(history, key=lambda past: past.at):
        if each.status == "accepted" or (each.acted and each.status != "refused"):
            refusals = 0.0
        elif each.status == "refused":
            refusals, last = refusals + 1, each.at
        elif each.status == "silent":
            refusals, last = refusals + _SILENT, each.at
    if refusals < 1:
        return _EVER
    weeks = min(_LONGEST_WEEKS, 1 << (int(refusals) - 1))
    return last + _WEEK * weeks + _AT_LEAST


def quiet_until(
    now: datetime, occasion: datetime, manners: Manners, zone: tzinfo
) -> datetime | None:
    """Return when the quiet that holds now ends; nothing if it is not quiet.

    Where nobody said otherwise it is quiet at night and at weekends, except for what somebody
    does then anyway.
    """
    there, usual = now.astimezone(zone), occasion.astimezone(zone)
    if manners.quiet is not None and _within(there, manners.quiet):
        if manners.said or not _within(usual, manners.quiet):
            end = time(manners.quiet[1] // 60 % 24, manners.quiet[1] % 60)
            day = there.date()
            if _minute(there) >= manners.quiet[1]:
                day += timedelta(days=1)
            return datetime.combine(day, end, zone).astimezone(UTC)
        return None
    if there.weekday() >= _SATURDAY and usual.weekday() < _SATURDAY:
        monday = there.date() + timedelta(days=7 - there.weekday())
        return datetime.combine(monday, time(8), zone).astimezone(UTC)
    return None


def _useless(mine: Sequence[Past]) -> bool:
    """Tell whether most of what came before was neither wanted nor followed."""
    settled = [each for each in mine if each.status in {"accepted", "refused", "silent"}]
    good = sum(each.status == "accepted" or each.acted for each in settled)
    return len(settled) >= _ENOUGH and (good + 1) / (len(settled) + 2) < _WORTH


def _said(past: Past) -> bool:
    return past.status not in {"planned", "missed"}


def _within(at: datetime, quiet: tuple[int, int]) -> bool:
    begin, end = quiet
    minute = _minute(at)
    return begin <= minute < end if begin <= end else minute >= begin or minute < end


def _minute(at: datetime) -> int:
    return at.hour * 60 + at.minute


_EVER: Final = datetime.min.replace(tzinfo=UTC)
