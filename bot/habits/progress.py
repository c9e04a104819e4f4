"""The command ``progress``: how far Mynah knows somebody's week, in words and as a picture.

Sequence only: what is told is decided in ``learning.habits.progress``; the picture is drawn
outside of every transaction, and where it cannot be drawn the words stand alone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.command import Command
from bot.consent import missing
from integrations.contracts.delivery import Picture
from integrations.contracts.host import CommandReply
from learning.habits.kinds import named
from learning.habits.progress import progress
from learning.habits.suited import suited
from learning.habits.week import label
from learning.store.consents import Consents
from learning.store.syncs import Syncs
from learning.store.weeks import Weeks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    import numpy as np
    from numpy.typing import NDArray

    from bot.clock import Clock
    from integrations.contracts.host import Person
    from learning.habits.insights import Deed
    from learning.habits.progress import KindProgress, Spent
    from learning.store.store import Store, Unit
    from learning.store.weeks import Over

_ALONE: Final = "Your week is for you alone: ask me in private."
_NOTHING: Final = (
    "I know nothing of your week yet. Tell me what you did: `did deep coding 90m well`."
)
_STAGES: Final = {
    "bootstrap": "I am only getting to know this week",
    "forming": "this week takes shape",
    "mature": "I know this week well",
}
_TRENDS: Final = {"up": "more of it lately", "down": "less of it lately", "steady": "steady"}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of somebody's week."""

    log: Sequence[Deed]
    over: Over
    spent: Spent
    zone: ZoneInfo


class Progressing:
    """Answers ``progress``, and tells of weeks where others ask for them.

    Args:
        store: where completions are.
        zone: tells in which time zone a person is.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        zone: Callable[[Unit, Person], Awaitable[ZoneInfo]],
        clock: Clock,
    ) -> None:
        self._store = store
        self._zone = zone
        self._clock = clock

    def commands(self) -> tuple[Command, ...]:
        """Return the command ``progress``."""
        return (
            Command(
                "progress", "progress [WORK]", "How far I know your week, as a picture.", self.tell
            ),
        )

    async def tell(self, who: Person, rest: str) -> CommandReply:
        """Tell a person what is known of their week, or of one kind of work in it."""
        if not who.private:
            return CommandReply(_ALONE, ok=False)
        async with self._store.begin(who.workspace_id, None) as unit:
            if lacking := await Consents(unit).lacking(who.user_id, who.surface):
                return CommandReply(missing(lacking), ok=False)
            seen = await self._see(unit, who)
        if not seen.log:
            return CommandReply(_NOTHING, {"completions": 0})
        kinds = list(dict.fromkeys(each.kind for each in seen.log))
        kind = named(rest, kinds) if rest.strip() else ""
        if kind and kind not in kinds:
            known = ", ".join(sorted(kinds)[:8])
            return CommandReply(
                f"You told me of nothing called “{kind}”, but of {known}.", ok=False
            )
        every, scores = self._known(seen)
        about = next((each for each in every if each.kind == kind), every[0])
        return CommandReply(
            "\n".join(f"- {line}" for line in _lines(about, every, seen)),
            _data(about, every, seen),
            pictures=await _pictures(about, scores[about.kind], seen.zone),
        )

    async def week(self, who: Person) -> CommandReply | None:
        """Return what to add to a person's habits; nothing if they told of nothing they did."""
        async with self._store.begin(who.workspace_id, None) as unit:
            seen = await self._see(unit, who)
        if not seen.log:
            return None
        every, scores = self._known(seen)
        lines = [_line(each) for each in every[1:4]]
        return CommandReply(
            "\n".join(f"- {line}" for line in lines),
            _data(every[0], every, seen),
            pictures=await _pictures(every[0], scores[""], seen.zone),
        )

    async def _see(self, unit: Unit, who: Person) -> _Seen:
        weeks = Weeks(unit)
        return _Seen(
            await weeks.deeds(who.user_id),
            await weeks.over(who.user_id),
            await Syncs(unit).spent(who.user_id),
            await self._zone(unit, who),
        )

    def _known(
        self, seen: _Seen
    ) -> tuple[tuple[KindProgress, ...], Mapping[str, NDArray[np.float64]]]:
        now = self._clock()
        today = now.astimezone(seen.zone).date()
        scores = {
            kind: suited(habit.score(today), habit.beside)
            for kind, habit in seen.over.habits.items()
        }
        return progress(scores, seen.log, now), scores


async def _pictures(
    about: KindProgress, score: NDArray[np.float64], zone: ZoneInfo
) -> tuple[Picture, ...]:
    title = about.kind or "Your week"
    png = await asyncio.to_thread(_drawn, score.tolist(), title, zone.key, about.peaks)
    best = ", ".join(label(slot) for slot in about.peaks)
    alt = f"Heat map of {title if about.kind else 'your week'}, hour by hour ({zone.key})."
    return (Picture("week.png", png, f"{alt} Best: {best}." if best else alt),)


def _lines(about: KindProgress, every: Sequence[KindProgress], seen: _Seen) -> list[str]:
    name = about.kind or "All you told me of"
    times = "once" if about.completions == 1 else f"{about.completions} times"
    lines = [f"**{name}**: {times}, {_TRENDS[about.trend]}; {_STAGES[about.maturity]}."]
    if about.peaks:
        lines.append(f"Best hours: {', '.join(map(label, about.peaks))} ({seen.zone.key}).")
    if about.best_day:
        rated = "" if about.success is None else f" It goes well {about.success:.0%} on average."
        lines.append(f"Best day: {about.best_day}.{rated}")
    if not about.kind:
        lines += [_line(each) for each in every[1:]]
    lines += [f"You said: {each.reason}" for each in seen.over.adjustments[:3] if each.reason]
    spent = seen.spent
    if spent.schedules:
        lines.append(
            f"Cost: {spent.calls} model call{'' if spent.calls == 1 else 's'} "
            f"(${spent.cost_usd:.4f}) where asking for every schedule would have taken "
            f"{spent.schedules}: {spent.share:.0%} saved."
        )
    return lines


def _line(each: KindProgress) -> str:
    times = "once" if each.completions == 1 else f"{each.completions} times"
    best = f", best {label(each.peaks[0])}" if each.peaks else ""
    return f"{each.kind}: {times}{best} ({each.maturity})"


def _data(about: KindProgress, every: Sequence[KindProgress], seen: _Seen) -> dict[str, Any]:
    spent = seen.spent
    return {
        "total_completions": every[0].completions,
        "learning_maturity": about.maturity,
        "peak_slots": [label(slot) for slot in about.peaks],
        "best_day": about.best_day,
        "trend": about.trend,
        "patterns_learned": [
            {
                "task_type": each.kind,
                "peak_slots": [label(slot) for slot in each.peaks],
                "best_day": each.best_day,
                "completions": each.completions,
            }
            for each in every[1:]
        ],
        "timezone": seen.zone.key,
        "cost": {
            "calls": spent.calls,
            "usd": spent.cost_usd,
            "schedules": spent.schedules,
            "calls_saved": spent.saved,
            "share_saved": round(spent.share, 3),
        },
    }


def _drawn(week: Sequence[float], title: str, zone: str, peaks: Sequence[int]) -> bytes:
    from integrations.charts.heatmap import heat_map  # noqa: PLC0415 - loads for a second

    return heat_map(week, title=title, zone=zone, peaks=peaks)
