"""What is known before a tool is called: rules, tries, decisions, tastes, and how long it takes.

Only what everybody may read who reads along, and what is the person's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast

from bot.acting.moments import zone_of
from learning.actions.breakdown import background
from learning.actions.redaction import unmarked
from learning.actions.tastes import LEAST, fitting, suggest, tastes, unsaid
from learning.scope import WORKSPACE, may_tell, person
from learning.store.actions import Actions
from learning.store.consents import Consents
from learning.store.tries import Tries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from bot.acting.attempt import Kit
    from integrations.contracts.host import Person
    from integrations.contracts.tools import Tool
    from learning.actions.approval import Rule
    from learning.actions.contract import Acted, Try
    from learning.scope import Audience
    from learning.store.store import Store, Unit

_TRIES: Final = 60
"""Tries that are looked at: what is older says little, and reading it takes time."""
_REMEMBERED: Final = 64
"""Tools, each with a person and those who read along, whose tries stay opened."""
_DECISIONS: Final = 20
_TASTES: Final = 60
_WAITS: Final = 5
"""Actions of a tool that only reads by which it is known how long it keeps people waiting."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a tool is called.

    Attributes:
        rule: what admins said of it.
        tries: how it was called before, oldest first, without what was redacted.
        history: what the person decided about it.
        liked: what stands in for what they did not say.
        because: that, in words.
        waits: why it is run in the background for them; empty if it is not.
    """

    rule: Rule = ""
    tries: Sequence[Try] = ()
    history: Sequence[Acted] = ()
    liked: Mapping[str, Any] = field(default_factory=dict)
    because: tuple[str, ...] = ()
    waits: str = ""


class Knowing:
    """Looks up what is known.

    Args:
        store: where it is.
        kit: knows the rules.
    """

    def __init__(self, store: Store, kit: Kit) -> None:
        self._store = store
        self._kit = kit
        self._seen: dict[tuple[str, str, Audience, str], dict[UUID, Try]] = {}

    async def of(
        self,
        who: Person,
        audience: Audience,
        tool: Tool,
        *,
        said: Mapping[str, Any] | None = None,
        now: datetime | None = None,
    ) -> Known:
        """Return what is known of a tool for a person and those who read along.

        Args:
            who: the person.
            audience: those who read along.
            tool: which one.
            said: what the person says it is to be called with, where what they like may stand
                in for the rest.
            now: the time, with that.
        """
        likes = said is not None and tool.effect != "reads" and bool(unsaid(tool.parameters, said))
        waits = _WAITS if tool.effect == "reads" else _DECISIONS
        shared = () if who.outsider else (WORKSPACE,)
        readable = tuple(dict.fromkeys((*shared, audience, person(who.user_id))))
        async with self._store.begin(who.workspace_id, readable) as unit:
            rule = await self._kit.rule(unit, tool.name)
            tries = await self._tries(unit, tool.name, who.user_id, audience)
            own = await Actions(unit).log(
                who.user_id, [tool.name], limit=_TASTES if likes else waits
            )
            # What was done where others do not read says nothing where they do.
            here = [each for each in own if may_tell(each.audience, audience)]
            advice = background(here[:waits], tool.name)
            likes = likes and len(here) >= LEAST
            if (advice or likes) and not await Consents(unit).learns(who.user_id, who.surface):
                advice, likes = None, False
        known = Known(
            cast("Rule", rule),
            tries,
            # What only reads needs no yes, so nobody's yes is looked at.
            () if tool.effect == "reads" else tuple(own[:_DECISIONS]),
            waits="" if advice is None else str(advice),
        )
        return known if not likes else _liking(known, who, tool, here, said or {}, now)

    async def _tries(
        self, unit: Unit, kind: str, user_id: str, audience: Audience
    ) -> tuple[Try, ...]:
        """Return the latest tries of a tool; only those are opened that this has not seen yet.

        Which there are is asked each time: what was deleted, or is not to be read, is not there.
        """
        key = (unit.workspace_id, user_id, audience, kind)
        before = self._seen.pop(key, {})
        found = await Tries(unit).known_of_kind(kind, user_id, _TRIES, before, here=audience)
        self._seen[key] = {
            id_: each
            if id_ in before
            else replace(each, asked=unmarked(each.asked), params=unmarked(each.params))
            for id_, each in found.items()
        }
        if len(self._seen) > _REMEMBERED:
            self._seen.pop(next(iter(self._seen)))
        return tuple(self._seen[key].values())


def _liking(
    known: Known,
    who: Person,
    tool: Tool,
    own: Sequence[Acted],
    said: Mapping[str, Any],
    now: datetime | None,
) -> Known:
    """Return what is known, with what the person likes in place of what they did not say."""
    if now is None:
        return known
    zone = zone_of(who)
    bare = [replace(each, params=unmarked(each.params)) for each in own]
    fit = fitting(tastes(bare, tool.name, now, zone), tool.parameters, said)
    found = suggest(said, fit, now, zone)
    if not found.params:
        return known
    why = str(found)
    return replace(known, liked=dict(found.params), because=(f"{why[:1].upper()}{why[1:]}.",))
