"""What a person does with what is kept of them: take it along, have it erased, be told of it.

Sequence only. What is allowed and what is refused is recorded, so that it holds everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from integrations.contracts.host import CommandReply
from learning.store.consents import Consents
from learning.store.people import People

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.forget import Forgetting
    from integrations.contracts.host import Person
    from learning.store.store import Store

_NUDGES: Final = "nudges"
_WHEN: Final = (
    "A nudge is a short private message about something of your own, a goal for instance, when "
    "its time has come."
)


class Taking:
    """Answers ``export``, ``forget-me`` and ``nudges``.

    Args:
        store: where everything is.
        forgetting: deletes for real.
        clock: tells the time.
    """

    def __init__(self, store: Store, forgetting: Forgetting, clock: Clock) -> None:
        self._store = store
        self._forgetting = forgetting
        self._clock = clock

    async def export(self, who: Person, rest: str) -> CommandReply:
        """Return everything that is kept of a person, as data; the text only counts it."""
        del rest
        async with self._store.begin(who.workspace_id, None) as unit:
            found = await People(unit).export(who.user_id)
        lines = [f"- {name.replace('_', ' ')}: {len(rows)}" for name, rows in found.items()]
        summary = "\n".join(lines) or "There is nothing."
        return CommandReply(f"Everything I have of you:\n\n{summary}", {"export": found})

    async def forget_me(self, who: Person, rest: str) -> CommandReply:
        """Erase a person, once they said that they mean it."""
        if rest.lower() != "yes":
            return CommandReply(
                "This deletes everything I have of you, for good: your questions, my answers to "
                "them, your reactions, and what I learned. Type `forget-me yes` to do it.",
                ok=False,
            )
        counts = await self._forgetting.person(who.workspace_id, who.user_id)
        total = sum(counts.values())
        return CommandReply(
            f"Done. {total} row{'' if total == 1 else 's'} of yours are deleted.",
            {"deleted": counts},
        )

    async def nudges(self, who: Person, rest: str) -> CommandReply:
        """Say whether nudges may come, or record that they may or may not."""
        match rest.lower():
            case "":
                async with self._store.begin(who.workspace_id, None) as unit:
                    granted = await Consents(unit).given(who.user_id, _NUDGES, default=False)
                text = (
                    f"Nudges are **on**. {_WHEN} `nudges off` ends them."
                    if granted
                    else f"Nudges are **off**: I write to you only when you ask. {_WHEN} "
                    "They come only after your yes: `nudges on`."
                )
            case "on" | "off" as word:
                granted = word == "on"
                await self._allow(who, _NUDGES, granted=granted)
                text = (
                    f"Nudges are on. {_WHEN} `nudges off` ends them."
                    if granted
                    else "Nudges are off: I write to you only when you ask."
                )
            case _:
                return CommandReply("Say `nudges on` or `nudges off`.", ok=False)
        return CommandReply(text, {"nudges": granted})

    async def _allow(self, who: Person, kind: str, *, granted: bool) -> None:
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            await Consents(unit).change(who.user_id, kind, granted=granted, now=now)
            await People(unit).note(
                who.user_id, f"{kind}_{'on' if granted else 'off'}", None, {}, now
            )
