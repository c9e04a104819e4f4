"""Who somebody is in a workspace: one of its admins, a guest, of another organisation, or gone.

Decides what a profile of Slack's says of that, and how long it is believed. Refuses to know
what anybody may read. Who cannot be looked up is nobody's admin, and an outsider.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from integrations.contracts.host import Person
from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.reading.payload import identity, part, string

if TYPE_CHECKING:
    from collections.abc import Callable

    from integrations.surfaces.slack.reading.payload import Origin, Payload
    from integrations.surfaces.slack.speaking.posting import Line

HOLDS_S: Final = 600.0
"""How long a profile is believed when Slack tells of no change."""
FAILED_S: Final = 30.0
"""How long a failed look-up is: asking at once again would fail again."""
MOST_KNOWN: Final = 10_000
MOST_NAME: Final = 80
PATIENCE_S: Final = 2.0
"""Somebody waits for what depends on it."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody, as the workspace knows them.

    Attributes:
        admin: whether they own or administer it.
        guest: whether they were let into some of its channels only.
        deactivated: whether they are gone.
        bot: whether they are an app.
        home_team: the team that they belong to.
        tz: their time zone, as in "Europe/Vienna"; empty if not known.
        external: whether they belong to another organisation.
        name: what they are called; empty if not known.
    """

    admin: bool = False
    guest: bool = False
    deactivated: bool = False
    bot: bool = False
    home_team: str = ""
    tz: str = ""
    external: bool = False
    name: str = ""

    @property
    def outsider(self) -> bool:
        """Whether what the workspace keeps for all of its own is not for them."""
        return self.guest or self.external


UNKNOWN: Final = Member(external=True)
"""Who could not be looked up."""


def member_of(profile: Payload, workspace_id: str) -> Member:
    """Return what a profile says of somebody.

    Args:
        profile: the ``user`` of Slack's.
        workspace_id: the team, or the organisation, that we are installed in.
    """
    homes = {
        identity(profile, "team_id"),
        identity(profile, "enterprise_user", "enterprise_id"),
        identity(profile, "enterprise_id"),
        *_teams(profile),
    }
    external = profile.get("is_stranger") is True or workspace_id not in homes
    return Member(
        # Whoever runs another workspace runs nothing here.
        admin=not external and any(profile.get(name) is True for name in _ADMIN),
        guest=any(profile.get(name) is True for name in _GUEST),
        deactivated=profile.get("deleted") is True,
        bot=profile.get("is_bot") is True,
        home_team=identity(profile, "team_id"),
        tz=string(profile, "tz")[:64],
        external=external,
        name=_name(profile)[:MOST_NAME],
    )


class Directory:
    """The people of a workspace.

    Args:
        line: the way to it.
        clock: seconds, on any clock that only rises.
    """

    def __init__(self, line: Line, clock: Callable[[], float] = time.monotonic) -> None:
        self._line = line
        self._clock = clock
        self._known: OrderedDict[str, tuple[Member, float]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Member]] = {}
        self._log = structlog.get_logger("mynah.slack")

    async def member(self, user_id: str) -> Member:
        """Return who somebody is; ``UNKNOWN`` if that cannot be told."""
        if not user_id:
            return UNKNOWN
        found = self._known.get(user_id)
        if found is not None and self._clock() < found[1]:
            self._known.move_to_end(user_id)
            return found[0]
        asking = self._asking.get(user_id)
        if asking is None:
            asking = asyncio.create_task(self._ask(user_id), name="slack who")
            self._asking[user_id] = asking
            asking.add_done_callback(lambda task: self._answered(user_id, task))
        # Whoever stops waiting takes the answer from nobody else.
        return await asyncio.shield(asking)

    async def person(self, origin: Origin) -> Person:
        """Return who did something. What they get in answer to it is for their eyes alone."""
        member = await self.member(origin.user_id)
        return Person(
            origin.workspace_id,
            origin.user_id,
            "slack",
            channel_id=origin.channel_id,
            private=True,
            admin=member.admin and not origin.external,
            outsider=member.outsider or member.deactivated or origin.external,
            tz=member.tz,
        )

    def learn(self, user_id: str, profile: Payload) -> Member:
        """Take in a profile that came without asking; return what it says."""
        member = member_of(profile, self._line.workspace)
        # An answer that was asked for before may be older than this.
        self._asking.pop(user_id, None)
        self._keep(user_id, member, HOLDS_S)
        return member

    def _answered(self, user_id: str, task: asyncio.Task[Member]) -> None:
        if self._asking.get(user_id) is task:
            del self._asking[user_id]

    async def _ask(self, user_id: str) -> Member:
        me = asyncio.current_task()
        try:
            answer = await self._line.send(
                "users.info",
                "",
                lambda client: client.users_info(user=user_id),
                patience_s=PATIENCE_S,
            )
        except DeliveryFailure as failure:
            self._log.warning("a person cannot be looked up", why=str(failure))
            member, holds_s = UNKNOWN, FAILED_S
        else:
            member, holds_s = member_of(part(answer.data, "user"), self._line.workspace), HOLDS_S
        if self._asking.get(user_id) is me:
            self._keep(user_id, member, holds_s)
            return member
        newer = self._known.get(user_id)
        return member if newer is None else newer[0]

    def _keep(self, user_id: str, member: Member, holds_s: float) -> None:
        self._known[user_id] = (member, self._clock() + holds_s)
        self._known.move_to_end(user_id)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)


def _name(profile: Payload) -> str:
    """Return what people see somebody called: the first of their names that there is."""
    inner = part(profile, "profile")
    named = (string(inner, "display_name"), string(inner, "real_name"), string(profile, "name"))
    return next((name.strip() for name in named if name.strip()), "")


def _teams(profile: Payload) -> tuple[str, ...]:
    listed = part(profile, "enterprise_user").get("teams")
    found = (identity({"id": each}, "id") for each in (listed if isinstance(listed, list) else ()))
    return tuple(each for each in found if each)


_ADMIN: Final = ("is_admin", "is_owner", "is_primary_owner")
_GUEST: Final = ("is_restricted", "is_ultra_restricted")
