"""What people think of an answer in Discord: votes, stars, corrections, and why it was not good.

Decides when somebody is asked why, and what they are told. The vote counts before they are asked,
and whatever they answer. Refuses to know what follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from integrations.contracts.host import Refusal
from integrations.contracts.incoming import (
    IncomingCorrection,
    IncomingReaction,
    IncomingReason,
    Reason,
    clean,
)
from integrations.surfaces.discord.hearing.text import quoted
from integrations.surfaces.discord.pressing import modals, views
from integrations.surfaces.discord.pressing.telling import acknowledge, tell, within
from integrations.surfaces.discord.showing import ids
from integrations.surfaces.sayings import (
    ASKING_WHY,
    CORRECTED,
    NO_ANSWER,
    STARRED,
    TAKEN_IN,
    sentence,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from integrations.contracts.host import Host
    from integrations.contracts.incoming import Incoming
    from integrations.surfaces.discord.pressing.origins import Interaction, Origin

HOW_TO_CORRECT: Final = "That took me too long to open. Use `/correct`, or press it once more."
NO_STARS: Final = "The dialog names no stars: pick one to five."

_STARS: Final = frozenset("12345")


class Verdicts:
    """Takes what people think of answers.

    Args:
        host: Mynah.
    """

    def __init__(self, host: Host) -> None:
        self._host = host

    async def up(self, interaction: Interaction, origin: Origin, answer: UUID) -> None:
        """Count a vote."""
        await self._accept(interaction, _verdict(origin, answer, "👍"))
        await acknowledge(interaction, silently=True)

    async def down(self, interaction: Interaction, origin: Origin, answer: UUID) -> None:
        """Count the vote, and ask why; it counts whatever they answer."""
        await self._accept(interaction, _verdict(origin, answer, "👎"))
        await self.open_reason(interaction, origin, answer)

    async def open_reason(self, interaction: Interaction, origin: Origin, answer: UUID) -> None:
        """Open the dialog that asks why."""
        if interaction.response.is_done():  # too late for a dialog
            await tell(interaction, ASKING_WHY, rows=origin.under(views.saying_why(answer)))
        else:
            await interaction.response.send_modal(modals.reason(answer))

    async def open_correction(self, interaction: Interaction, origin: Origin, answer: UUID) -> None:
        """Open the dialog for a better answer."""
        exchange = await within(interaction, self._host.exchange(origin.person, answer))
        ours = next((entry for entry in exchange if entry.by == "mynah"), None)
        if ours is None:
            await tell(interaction, NO_ANSWER)
        elif interaction.response.is_done():
            await tell(interaction, HOW_TO_CORRECT)
        else:
            await interaction.response.send_modal(modals.correction(answer, ours.text))

    async def corrected(self, interaction: Interaction, origin: Origin, answer: UUID) -> None:
        """Take in what an answer should have been."""
        text = modals.written(_data(interaction), ids.TEXT)
        await self._take(interaction, [_correction(origin, answer, text)], CORRECTED, text)

    async def reasoned(self, interaction: Interaction, origin: Origin, answer: UUID) -> None:
        """Take in why an answer was not good, and what is right if they know it."""
        data, common = _data(interaction), origin.common()
        words, right = modals.written(data, ids.TEXT), modals.written(data, ids.RIGHT)
        chosen = modals.picked(data, ids.REASONS)
        picked = tuple(each for each in get_args(Reason) if each in chosen)
        given: list[Callable[[], Incoming]] = []
        if picked or clean(words):
            given.append(
                lambda: IncomingReason(**common, interaction_id=answer, picked=picked, text=words)
            )
        if clean(right):
            given.append(_correction(origin, answer, right))
        if not given:
            await acknowledge(interaction, silently=True)
            return
        thanks = CORRECTED if clean(right) else TAKEN_IN
        await self._take(interaction, given, thanks, f"{words}\n\n{right}".strip())

    async def starred(self, interaction: Interaction, origin: Origin, answer: UUID) -> None:
        """Count stars."""
        stars = next(iter(modals.picked(_data(interaction), ids.RATING)), "")
        if stars not in _STARS:
            await tell(interaction, NO_STARS)
            return
        # The digit on a key, as people react with it.
        verdict = _verdict(origin, answer, f"{stars}\ufe0f\u20e3")
        await self._take(interaction, [lambda: verdict], STARRED, "")

    async def _take(
        self,
        interaction: Interaction,
        given: Sequence[Callable[[], Incoming]],
        thanks: str,
        written: str,
    ) -> None:
        """Hand over what somebody gave; what cannot be taken they get back, to use it again."""
        try:
            for event in given:
                await self._accept(interaction, event())
        except (Refusal, ValueError) as problem:
            why = sentence(problem) if isinstance(problem, ValueError) else str(problem)
            back = f"\n\nYou wrote:\n\n{quoted(written)}" if written.strip() else ""
            await tell(interaction, f"{why}{back}")
            return
        await tell(interaction, thanks)

    async def _accept(self, interaction: Interaction, event: Incoming) -> None:
        await within(interaction, self._host.accept(event))


def _data(interaction: Interaction) -> Mapping[str, Any]:
    data: Any = interaction.data
    return data or {}


def _verdict(origin: Origin, answer: UUID, emoji: str) -> IncomingReaction:
    return IncomingReaction(**origin.common(), interaction_id=answer, emoji=emoji)


def _correction(origin: Origin, answer: UUID, text: str) -> Callable[[], IncomingCorrection]:
    common = origin.common()
    common["event_id"] = f"right:{common['event_id']}"
    return lambda: IncomingCorrection(**common, interaction_id=answer, text=text)
