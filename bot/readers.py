"""Who may read what, in the words of the surfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learning.scope import WORKSPACE, channel, person

if TYPE_CHECKING:
    from integrations.contracts.incoming import Incoming
    from integrations.contracts.surface import Person
    from learning.scope import Audience


def audience_of(incoming: Incoming) -> Audience:
    """Return who can read the reply to an event."""
    return person(incoming.user_id) if incoming.private else channel(incoming.channel_id)


def audience_here(who: Person) -> Audience:
    """Return who reads along where a person is."""
    if who.private:
        return person(who.user_id)
    return channel(who.channel_id) if who.channel_id else WORKSPACE


def told_to(who: Person) -> tuple[Audience, ...]:
    """Return what a person may be told where they are: those who read along may read it too."""
    return readable_by(who) if who.private else tuple({WORKSPACE, audience_here(who)})


def readable_by(who: Person) -> tuple[Audience, ...]:
    """Return what a person may read where they are.

    That nobody else sees the reply, as with a command in a channel, takes nothing from it.
    """
    here = (channel(who.channel_id),) if who.channel_id else ()
    return (WORKSPACE, person(who.user_id), *here)
