"""Whether somebody in Slack can be spoken to first.

Decides what a profile, a person's hours of rest and their dot in Slack say of that, and how long
it is believed. Refuses to know what there is to say. What Slack does not let us see says nothing
against it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.reading.payload import part, string
from integrations.surfaces.slack.speaking.failures import SlackRefusal
from integrations.surfaces.slack.teams.people import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from integrations.contracts.surface import Presence
    from integrations.surfaces.slack.reading.payload import Payload
    from integrations.surfaces.slack.speaking.posting import Line
    from integrations.surfaces.slack.teams.people import Directory

HOLDS_S: Final = 60.0
UNABLE_S: Final = 600.0
"""How long Slack is not asked again what it did not let us see."""
PATIENCE_S: Final = 3.0
MOST_KNOWN: Final = 10_000


class Presences:
    """Who of a workspace is there.

    Args:
        line: the way to it.
        people: who somebody is.
        clock: seconds, on any clock that only rises.
    """

    def __init__(
        self, line: Line, people: Directory, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._line = line
        self._people = people
        self._clock = clock
        self._known: OrderedDict[str, tuple[Presence, float]] = OrderedDict()
        self._unable: dict[str, float] = {}

    async def of(self, user_id: str, now: datetime) -> Presence:
        """Tell whether somebody can be spoken to first.

        Raises:
            DeliveryFailure: if it cannot be told now.
        """
        known = self._known.get(user_id)
        if known is not None and self._clock() < known[1]:
            return known[0]
        found = await self._look(user_id, now.timestamp())
        self._known[user_id] = (found, self._clock() + HOLDS_S)
        self._known.move_to_end(user_id)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return found

    async def _look(self, user_id: str, now: float) -> Presence:
        member = await self._people.member(user_id)
        if member is UNKNOWN:
            raise DeliveryFailure("Slack does not say who that is")
        if member.deactivated:
            return "gone"
        rest = await self._asked("dnd.info", lambda client: client.dnd_info(user=user_id))
        if _resting(rest, now):
            return "away"
        dot = await self._asked(
            "users.getPresence", lambda client: client.users_getPresence(user=user_id)
        )
        return "away" if string(dot, "presence") == "away" else "there"

    async def _asked(
        self, method: str, ask: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]
    ) -> Payload:
        """Return what Slack says; nothing if it is not for us to see."""
        if self._clock() < self._unable.get(method, 0.0):
            return {}
        try:
            answer = await self._line.send(method, "", ask, patience_s=PATIENCE_S)
        except SlackRefusal:
            self._unable[method] = self._clock() + UNABLE_S
            return {}
        return part(answer.data)


def _resting(rest: Payload, now: float) -> bool:
    """Tell whether somebody wants no notifications now: by their hours, or for a while."""

    def moment(name: str) -> float:
        value = rest.get(name)
        return float(value) if isinstance(value, int | float) else 0.0

    if rest.get("snooze_enabled") is True and now < moment("snooze_endtime"):
        return True
    hours = moment("next_dnd_start_ts"), moment("next_dnd_end_ts")
    return rest.get("dnd_enabled") is True and hours[0] <= now < hours[1]
