"""Who may read what, in the words of the surfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learning.scope import WORKSPACE, channel, person

if TYPE_CHECKING:
    from integrations.contracts.surface import Incoming, Person
    from learning.scope import Audience


def audience_of(incoming: Incoming) -> Audience:
    """Return who can read the reply to an event."""
    return person(incoming.user_id) if incoming.private else channel(incoming.channel_id)


def readable_by(who: Person) -> tuple[Audience, ...]:
    """Return what a person may read where they are."""
    here = (channel(who.channel_id),) if who.channel_id and not who.private else ()
    return (WORKSPACE, person(who.user_id), *here)
