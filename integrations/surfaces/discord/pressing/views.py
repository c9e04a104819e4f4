"""Buttons of ours in Discord, and how a press of one is heard, however old it is.

Decides which buttons stand below what one person alone is shown. What is pressed is known by its
``custom_id`` alone: a button outlives the process that drew it. Refuses to know what a press does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

from discord import ui

from integrations.surfaces.discord.showing import ids
from integrations.surfaces.discord.showing.layout import Button

if TYPE_CHECKING:
    import re
    from uuid import UUID

    from integrations.surfaces.discord.pressing.origins import Interaction
    from integrations.surfaces.discord.showing.layout import Row


class Hears(Protocol):
    """What becomes of a press."""

    async def pressed(self, interaction: Interaction, custom_id: str) -> None:
        """Do what a button or menu stands for."""


def listening(hears: Hears) -> type[ui.DynamicItem[ui.Item[Any]]]:
    """Return what discord.py looks for in a press: any name at all, also one nobody knows now."""

    class Pressed(ui.DynamicItem[ui.Item[Any]], template=r"(?s:.+)"):
        @classmethod
        async def from_custom_id(
            cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /
        ) -> Self:
            del interaction, match
            return cls(item)

        async def callback(self, interaction: Interaction) -> None:
            await hears.pressed(interaction, self.custom_id)

    return Pressed


def forgetting(interaction_id: UUID) -> tuple[Row, ...]:
    """Return the button that forgets an answer, for somebody who was asked whether they mean it."""
    return ((Button("Forget", ids.custom_id(ids.FORGET_SURELY, interaction_id), quiet=False),),)


def erasing() -> tuple[Row, ...]:
    """Return the button that erases a person, for one who was asked whether they mean it."""
    return ((Button("Delete everything", ids.custom_id(ids.RUN, says="forget-me yes")),),)


def saying_why(interaction_id: UUID) -> tuple[Row, ...]:
    """Return the button that opens the dialog that asks why."""
    return ((Button("Say why", ids.custom_id(ids.SAY_WHY, interaction_id)),),)
