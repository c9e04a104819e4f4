"""The command ``nudges``: whether somebody may be written to first, about what, and when not.

Sequence only. Their word is recorded; what follows from it is decided in ``learning.habits``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from bot.consent import missing
from integrations.contracts.host import CommandReply
from learning.habits.manners import MOST_A_DAY, QUIET
from learning.habits.phrases import decoded, name_of
from learning.store.consents import Consents
from learning.store.manners import MannersKept
from learning.store.people import People

if TYPE_CHECKING:
    from bot.clock import Clock
    from integrations.contracts.host import Person
    from learning.store.manners import Kept
    from learning.store.store import Store, Unit

NUDGES: Final = "nudges"
_WHEN: Final = (
    "A nudge is a short private message about something of your own, a goal or a habit for "
    "instance, when its time has come."
)
_USAGE: Final = (
    "Say `nudges on`, `nudges off`, `nudges on|off KIND`, `nudges quiet 20-8`, `nudges most 2` "
    "or `nudges weekly`."
)
_HOURS: Final = re.compile(r"(\d{1,2})(?::(\d\d))?\s*(?:-|–|to)\s*(\d{1,2})(?::(\d\d))?")
_LONGEST: Final = 60
_MOST_KINDS: Final = 50
_MOST: Final = 10
_LAST_HOUR: Final = 24


class Quiet:
    """Answers ``nudges``.

    Args:
        store: where manners are.
        clock: tells the time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def nudges(self, who: Person, rest: str) -> CommandReply:
        """Say whether nudges may come, or record how they may."""
        verb, _, more = rest.strip().partition(" ")
        more = " ".join(more.split())
        match verb.lower(), more:
            case "", "":
                return await self._told(who)
            case "on" | "off" as word, "":
                return await self._allow(who, granted=word == "on")
            case "on" | "off" as word, "weekly":
                return await self._setting(who, "weekly", word)
            case "on" | "off" as word, kind if len(kind) <= _LONGEST:
                return await self._kind(who, kind, wanted=word == "on")
            case "quiet", hours if hours:
                return await self._hours(who, hours)
            case setting:
                return await self._setting(who, *setting)

    async def _setting(self, who: Person, name: str, value: str) -> CommandReply:
        match name, value:
            case "most", count if count.isdecimal() and 0 < int(count[:3]) <= _MOST:
                return await self._set(who, {"most": int(count)}, f"At most {int(count)} a day.")
            case "weekly", "" | "on":
                said = "One message a week, Mondays at 9:00, in place of single nudges."
                return await self._set(who, {"digest": "weekly"}, said)
            case "weekly", "off":
                return await self._set(who, {"digest": None}, "No weekly message any more.")
            case _:
                return CommandReply(_USAGE, ok=False)

    async def _told(self, who: Person) -> CommandReply:
        async with self._store.begin(who.workspace_id, None) as unit:
            granted = await Consents(unit).given(who.user_id, NUDGES, default=False)
            kept = await MannersKept(unit).find(who.user_id)
        if not granted:
            text = (
                f"Nudges are **off**: I write to you only when you ask. {_WHEN} "
                "They come only after your yes: `nudges on`."
            )
        else:
            text = f"Nudges are **on**. {_WHEN} `nudges off` ends them."
            # What somebody does when is told to nobody else.
            text += f"\n\n{_manners(kept)}" if who.private else ""
        return CommandReply(text, {"nudges": granted})

    async def _allow(self, who: Person, *, granted: bool) -> CommandReply:
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            await Consents(unit).change(who.user_id, NUDGES, granted=granted, now=now)
            await self._note(unit, who, f"{NUDGES}_{'on' if granted else 'off'}")
            # With nothing worked out the planner does so at its next pass.
            await MannersKept(unit).change(
                who.user_id,
                now,
                {"tz": who.tz or None, "recurring": None},
                nudged=granted,
                surface=who.surface,
                look_at=now if granted else None,
            )
            lacking = await Consents(unit).lacking(who.user_id, who.surface)
        text = (
            f"Nudges are on. {_WHEN} `nudges off` ends them."
            if granted
            else "Nudges are off: I write to you only when you ask."
        )
        if granted and lacking:
            text += f"\n\nOf your habits I know nothing, though. {missing(lacking)}"
        return CommandReply(text, {"nudges": granted})

    async def _kind(self, who: Person, kind: str, *, wanted: bool) -> CommandReply:
        name = kind.casefold()
        async with self._store.begin(who.workspace_id, None) as unit:
            kept = await MannersKept(unit).find(who.user_id, lock=True)
            off = [each for each in kept.content.get("off", []) if each != name]
            if not wanted:
                off = [*off, name][-_MOST_KINDS:]
            await self._change(unit, who, {"off": off or None})
        said = "Nudges about this may come." if wanted else "No nudges about this."
        return CommandReply(f"{said} (“{kind}”)", {"kind": kind, "wanted": wanted})

    async def _hours(self, who: Person, hours: str) -> CommandReply:
        if hours in {"off", "never"}:
            return await self._set(who, {"quiet": []}, "There are no quiet hours now.")
        if hours == "usual":
            return await self._set(who, {"quiet": None}, f"Quiet from {_span(QUIET)}, as usual.")
        found = _HOURS.fullmatch(hours)
        figures = [int(each or 0) for each in found.groups()] if found else []
        if not figures or max(figures[::2]) > _LAST_HOUR or max(figures[1::2]) >= 60:  # noqa: PLR2004
            return CommandReply("Say from when to when: `nudges quiet 20-8`.", ok=False)
        begin, end = (figures[n] % 24 * 60 + figures[n + 1] for n in (0, 2))
        if begin == end:
            told = "Those are the same: say `nudges quiet 20-8`, or `nudges off`."
            return CommandReply(told, ok=False)
        said = f"Quiet from {_span((begin, end))}, whatever you do then."
        return await self._set(who, {"quiet": [begin, end]}, said)

    async def _set(self, who: Person, content: dict[str, Any], said: str) -> CommandReply:
        async with self._store.begin(who.workspace_id, None) as unit:
            await self._change(unit, who, content)
            on = (await MannersKept(unit).find(who.user_id)).nudged
        return CommandReply(said if on else f"{said} Nudges are off: `nudges on`.", content)

    async def _change(self, unit: Unit, who: Person, content: dict[str, Any]) -> None:
        now = self._clock()
        tz = {"tz": who.tz} if who.tz else {}
        await MannersKept(unit).change(who.user_id, now, {**tz, **content}, look_at=now)

    async def _note(self, unit: Unit, who: Person, action: str) -> None:
        await People(unit).note(who.user_id, action, None, {}, self._clock())


def _manners(kept: Kept) -> str:
    content = kept.content
    quiet = content.get("quiet", QUIET)
    lines = [
        f"- Quiet from {_span(quiet)}." if quiet else "- There are no quiet hours.",
        f"- At most {content.get('most', MOST_A_DAY)} a day.",
    ]
    if content.get("digest") == "weekly":
        lines.append("- One message a week instead, Mondays at 9:00.")
    if off := content.get("off"):
        lines.append(f"- Nothing about {', '.join(off)}.")
    habits = [decoded(each) for each in content.get("recurring", ())]
    lines += [f"- I would ask before this: {name_of(h.kind)} {h.text}." for h in habits]
    return "\n".join(lines)


def _span(quiet: tuple[int, int] | list[int]) -> str:
    return " to ".join(f"{each // 60:02}:{each % 60:02}" for each in quiet)
