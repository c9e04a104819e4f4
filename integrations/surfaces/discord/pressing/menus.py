"""What can be done with a message in Discord, from the menu beside it.

Decides what the menu offers. Refuses to know what becomes of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import discord  # noqa: TC002 - discord.py reads the annotations
from discord.app_commands import CommandTree, ContextMenu

from integrations.surfaces.discord.pressing.words import word

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from integrations.surfaces.discord.pressing.origins import Interaction


class Does(Protocol):
    """What becomes of a message that somebody picked."""

    async def rate_this(self, interaction: Interaction, message: discord.Message) -> None:
        """Ask how good an answer is."""

    async def teach_this(self, interaction: Interaction, message: discord.Message) -> None:
        """Keep what a message says."""

    async def forget_this(self, interaction: Interaction, message: discord.Message) -> None:
        """Forget a question or an answer."""


def build(tree: CommandTree[Any], does: Does) -> None:
    """Put the menu into a tree."""
    for key, act in (
        ("rate", does.rate_this),
        ("teach", does.teach_this),
        ("forget", does.forget_this),
    ):
        tree.add_command(ContextMenu(name=word(f"menu.{key}"), callback=_picked(act)))


def _picked(act: Callable[[Interaction, discord.Message], Awaitable[None]]) -> Any:  # noqa: ANN401
    async def picked(interaction: Interaction, message: discord.Message) -> None:
        await act(interaction, message)

    return picked
