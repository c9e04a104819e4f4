"""What is wanted, on whose behalf, and what came of it: the words of the one path of actions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid5

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from integrations.contracts.delivery import Button
    from integrations.contracts.host import Person
    from learning.actions.contract import Acted, Origin, Status
    from learning.scope import Audience


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done.

    Attributes:
        tool: its name.
        params: with what, as it was asked for.
        origin: who wants it.
        summary: how it was understood, for whoever is asked: a sentence.
        task_id: the task that it is done for.
        project: what it is done for.
        task_type: what sort of work it is.
        approach: the way it is gone about.
        after: the tool that a habit wants it after.
    """

    tool: str
    params: Mapping[str, Any]
    origin: Origin
    summary: str = ""
    task_id: UUID | None = None
    project: str = ""
    task_type: str = ""
    approach: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Here:
    """On whose behalf, and where.

    Attributes:
        who: the person.
        audience: who reads what comes of it.
        interaction_id: the turn it is done in.
        conversation_id: where its result is told, if it comes later.
        tainted: text written by others stood before the model that wants it.
    """

    who: Person
    audience: Audience
    interaction_id: UUID | None = None
    conversation_id: UUID | None = None
    tainted: bool = False


@dataclass(frozen=True, slots=True)
class Executed:
    """What came of it, or what is asked first.

    Attributes:
        action_id: the action that is recorded; ``None`` if nothing is.
        status: how far it has come.
        text: Markdown for people.
        data: the result for programs.
        link: where it can be seen.
        buttons: what can be pressed.
        ok: whether nothing went wrong so far.
    """

    action_id: UUID | None
    status: Status
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    link: str = ""
    buttons: tuple[Button, ...] = ()
    ok: bool = True


def wished_of(acted: Acted, liked: Mapping[str, Any]) -> dict[str, Any]:
    """Return with which parameters an action is wanted: said, liked, or changed when decided."""
    wished = {**acted.asked, **liked}
    for name, (_, after) in acted.changed.items():
        wished[name] = after
    return {name: value for name, value in wished.items() if value is not None}


def steady(acted: Acted, before: int) -> UUID:
    """Return an id that the same action has again when its turn is taken again.

    Our own tools do nothing twice under one id, so what was done and not recorded is not doubled.

    Args:
        acted: an action; outside of a turn its id stays.
        before: how often the same came to nothing in its turn.
    """
    if acted.interaction_id is None:
        return acted.id
    asked = json.dumps(dict(acted.asked), sort_keys=True, default=str)
    return uuid5(acted.interaction_id, f"{acted.kind} {before} {asked}")


def refused(text: str) -> Executed:
    """Return what is told of something that is not even begun."""
    return Executed(None, "failed", text, ok=False)
