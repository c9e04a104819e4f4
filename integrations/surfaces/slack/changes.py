"""What becomes of the news that a channel, who is in it, or somebody's standing has changed.

Decides what is looked at anew, so that what was open does not stay open. That a channel was
made public or private widens nothing: what was said there stays there. Refuses to know who
may read what.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.surfaces.slack.reading.workspace import (
    ChannelChanged,
    MemberChanged,
    MembershipChanged,
)

if TYPE_CHECKING:
    from integrations.contracts.host import Host
    from integrations.surfaces.slack.teams.outsiders import Circle

Change = MembershipChanged | ChannelChanged | MemberChanged


async def take_change(change: Change, circle: Circle, host: Host) -> None:
    """Take in a change.

    Raises:
        Exception: if it has to be kept and could not be; Slack is to tell of it again.
    """
    match change:
        case MembershipChanged(origin):
            circle.outsiders.changed(origin.channel_id)
        case ChannelChanged(origin, moved_to=moved_to):
            circle.outsiders.changed(origin.channel_id)
            if moved_to and moved_to != origin.channel_id:
                circle.outsiders.changed(moved_to)
                await host.moved("slack", origin.workspace_id, origin.channel_id, moved_to)
        case MemberChanged(origin, profile):
            member = circle.people.learn(origin.user_id, profile)
            circle.outsiders.met(origin.user_id, outsider=member.outsider)
