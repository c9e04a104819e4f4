"""Who may read what, in the words of the surfaces.

Outsiders, which are guests and people of other organisations, read what is said to them and
where they are, and nothing that the workspace keeps for all of its own. What they say and
teach stays where they said it: nothing that is learned from a reaction, a correction or a
message reaches further than the place it is from. Their votes count for an expert like
anybody's, one for each person and answer: that is a figure, it holds nobody's words, and how
well an answer served those who asked is not known better by leaving some of them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from learning.scope import WORKSPACE, channel, person

if TYPE_CHECKING:
    from integrations.contracts.host import Person
    from integrations.contracts.incoming import Incoming
    from learning.scope import Audience


def audience_of(incoming: Incoming) -> Audience:
    """Return who can read the reply to an event."""
    return person(incoming.user_id) if incoming.private else channel(incoming.channel_id)


def audience_here(who: Person) -> Audience:
    """Return who reads along where a person is."""
    if who.private:
        return person(who.user_id)
    if who.channel_id:
        return channel(who.channel_id)
    return person(who.user_id) if who.outsider else WORKSPACE


def told_to(who: Person) -> tuple[Audience, ...]:
    """Return what a person may be told where they are: those who read along may read it too."""
    if who.private:
        return readable_by(who)
    return tuple({*_shared(who), audience_here(who)})


def readable_by(who: Person) -> tuple[Audience, ...]:
    """Return what a person may read where they are.

    That nobody else sees the reply, as with a command in a channel, takes nothing from it.
    """
    here = (channel(who.channel_id),) if who.channel_id else ()
    return (*_shared(who), person(who.user_id), *here)


def _shared(who: Person) -> tuple[Audience, ...]:
    return () if who.outsider else (WORKSPACE,)
