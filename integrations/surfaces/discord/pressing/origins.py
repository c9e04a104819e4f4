"""Who presses, types or submits something in Discord, where, and whether we can write there.

Decides what an interaction says of that. Where we were not let in ourselves, and somebody brought
us along, what they ask is their own, and nobody else sees the answer. Refuses to know what they
want.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import discord

from integrations.surfaces.discord.hearing.people import somebody
from integrations.surfaces.discord.hearing.places import (
    DIRECT,
    NAME,
    Place,
    personal,
    place_of,
    ref_of,
)
from integrations.surfaces.discord.homes import ending

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from integrations.contracts.host import Person
    from integrations.surfaces.discord.homes import Homes
    from integrations.surfaces.discord.showing.layout import Button, Row

Interaction = discord.Interaction[Any]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an interaction comes from.

    Attributes:
        place: where it is.
        person: who it is of. What they get in answer to it is for their eyes alone.
        event_id: the same however often we hear of it.
        at: when it came.
        writable: whether we can write a message there.
        ref: of the message it is about; empty if there is none.
        home: leads to the guild, where a direct message is about one.
    """

    place: Place
    person: Person
    event_id: str
    at: datetime
    writable: bool
    ref: str = ""
    home: Button | None = None

    def under(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """Return what can be pressed in answer to it, so that it is done in the same place."""
        return rows if self.home is None or not rows else ending(rows, self.home)

    def common(self) -> dict[str, Any]:
        """Return what all that comes in says of where it is from."""
        return {
            "surface": NAME,
            "workspace_id": self.place.workspace_id,
            "event_id": self.event_id,
            "user_id": self.person.user_id,
            "channel_id": self.place.channel_id,
            "private": self.place.private,
            "occurred_at": self.at,
        }


def origin_of(interaction: Interaction, now: datetime) -> Origin:
    """Return where an interaction comes from."""
    user = interaction.user
    place, joined = _place(interaction)
    # What is a person's own is theirs to decide about.
    admin = place.private or interaction.permissions.manage_guild
    about = interaction.message
    return Origin(
        place,
        somebody(place, user.id, admin=admin),
        f"interaction:{interaction.id}",
        now,
        joined and (place.private or _may_write(interaction)),
        ref_of(about.channel.id, about.id) if about is not None else "",
    )


async def at_home(origin: Origin, homes: Homes, guild_id: int) -> Origin:
    """Return an origin in a direct message as one in the guild that the message is about.

    Raises:
        Refusal: if the person is no member of it, or that cannot be told.
    """
    user_id = origin.person.user_id
    place, manages = await homes.enter(origin.place, int(user_id), guild_id)
    person = somebody(place, user_id, admin=manages)
    return replace(origin, place=place, person=person, home=await homes.link(guild_id))


def label_of(interaction: Interaction) -> str:
    """Return what stands on the button that was pressed; nothing if it does not say."""
    data: Any = interaction.data or {}
    about, wanted = interaction.message, data.get("custom_id")
    found = _buttons(about.components if about is not None else ())
    return next((each.label or "" for each in found if each.custom_id == wanted), "")


def _buttons(components: Iterable[Any]) -> Iterator[discord.Button]:
    for each in components:
        if isinstance(each, discord.Button):
            yield each
        yield from _buttons(getattr(each, "children", ()))


def _place(interaction: Interaction) -> tuple[Place, bool]:
    """Return where an interaction is, and whether we are there too."""
    user_id = interaction.user.id
    guild_id = interaction.guild_id
    channel = interaction.channel
    here = str(channel.id if channel is not None else user_id)
    if guild_id is None and (isinstance(channel, discord.DMChannel) and _with_us(interaction)):
        return Place(personal(user_id), here, DIRECT, private=True, here=here), True
    if guild_id is not None and interaction.client.get_guild(guild_id) is not None:
        found = place_of(channel, user_id) if channel is not None else None
        if found is not None:
            return found, True
    return Place(personal(user_id), here, DIRECT, private=True, here=here), False


def _with_us(interaction: Interaction) -> bool:
    """Tell whether a direct message is one with us, and not one between other people."""
    return interaction.context.dm_channel or not interaction.context.private_channel


def _may_write(interaction: Interaction) -> bool:
    may = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    return may.view_channel and (may.send_messages_in_threads if in_thread else may.send_messages)
