"""What is proposed after a failure, and what is kept beside an action to perform it later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from learning.actions.contract import HARMLESS, Acted
from learning.actions.redaction import holds_secret
from learning.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.acting.attempt import Tried
    from integrations.contracts.host import Person
    from integrations.contracts.tools import Tool

_AGAIN: Final = frozenset({"rate_limited", "unavailable"})
"""Faults that may be gone the next time, with the same parameters."""


def offer_of(
    who: Person,
    tool: Tool,
    acted: Acted,
    tried: Tried,
    liked: Mapping[str, Any],
    now: datetime,
) -> tuple[Acted, Mapping[str, Any]] | None:
    """Return what to propose after a failure: mended, or once more as it was."""
    failure = tried.failure
    if failure is None:
        return None
    if tried.offer is not None:
        params = dict(tried.offer.params)
    elif failure.kind in _AGAIN and (tool.effect == "reads" or failure.kind in HARMLESS):
        params = dict(tried.params)
    else:
        return None
    if holds_secret(params):
        return None
    again = Acted(
        id=new_id(),
        user_id=acted.user_id,
        audience=acted.audience,
        kind=acted.kind,
        origin=acted.origin,
        status="proposed",
        created_at=now,
        asked=acted.asked,
        params=params,
        surface=acted.surface,
        channel_id=acted.channel_id,
        interaction_id=acted.interaction_id,
        conversation_id=acted.conversation_id,
        task_id=acted.task_id,
        approach=acted.approach,
        project=acted.project,
        task_type=acted.task_type,
    )
    return again, beside_of(who, tool, (), liked) | {"mends": str(acted.id)}


def beside_of(
    who: Person, tool: Tool, because: Sequence[str], liked: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what it takes to perform an action later, beside the action.

    Args:
        who: on whose behalf.
        tool: what it is done with.
        because: what is told of how its parameters came about.
        liked: what stood in for what was not said.
    """
    return {
        "tz": who.tz,
        "outsider": who.outsider,
        "effect": tool.effect,
        "slow": tool.slow,
        "title": tool.title,
        "because": list(because),
        "liked": dict(liked),
    }
