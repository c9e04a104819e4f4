"""Replies as surfaces show them, from how they are stored."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

from bot.record import target_of
from integrations.contracts.delivery import Button, Citation, Delivery, Outcome, Target
from learning.interpretation.contract import Reading
from learning.recollection import Place
from learning.store.doors import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from learning.store.conversations import Conversation
    from learning.store.doors import Outgoing
    from learning.store.interactions import Interaction
    from learning.store.store import Unit


def delivery_of(
    workspace_id: str,
    outgoing: Outgoing,
    conversation: Conversation,
    interaction: Interaction | None,
) -> Delivery:
    """Return a reply as surfaces show it, from how it is stored.

    Without an interaction it is something that Mynah says first.
    """
    body = outgoing.body
    return Delivery(
        key=outgoing.key,
        target=_first(workspace_id, conversation, outgoing)
        if interaction is None
        else target_of(workspace_id, conversation, interaction),
        text=body["text"],
        citations=citations_from(body["citations"]),
        outcome=Outcome(body["outcome"]),
        role=body["role"],
        model=body["model"],
        ref=outgoing.ref,
        readings=tuple(
            Reading(r["id"], r["text"], r["confidence"]) for r in body.get("readings", ())
        ),
        read_as=body.get("read_as", ""),
        buttons=buttons_from(body.get("buttons", ())),
        below=body.get("below", ""),
    )


def _first(workspace_id: str, conversation: Conversation, outgoing: Outgoing) -> Target:
    """Return where something goes that answers no question."""
    return Target(
        surface=conversation.surface,
        workspace_id=workspace_id,
        channel_id=conversation.channel_id,
        thread_id=conversation.thread_id,
        user_id=outgoing.user_id,
        conversation_id=conversation.id,
        interaction_id=None,
        private=conversation.audience.kind == "user",
        title=conversation.title,
    )


def kept_buttons(buttons: Sequence[Button]) -> list[dict[str, str]]:
    """Return buttons as they are stored with a reply."""
    return [asdict(button) for button in buttons]


def buttons_from(stored: Sequence[Mapping[str, Any]]) -> tuple[Button, ...]:
    """Return buttons as surfaces show them, from how they are stored."""
    return tuple(Button(**button) for button in stored)


async def pressable(unit: Unit, conversation_ids: Iterable[UUID]) -> dict[UUID, tuple[Button, ...]]:
    """Return what can be pressed in conversations, by interaction; by message of what is first."""
    found: dict[UUID, tuple[Button, ...]] = {}
    for conversation_id in conversation_ids:
        for interaction_id, body in await Outbox(unit).bodies(conversation_id):
            if buttons := buttons_from(body.get("buttons", ())):
                found[interaction_id or UUID(body["message_id"])] = buttons
    return found


def citations_from(stored: Sequence[Mapping[str, Any]]) -> tuple[Citation, ...]:
    """Return citations as surfaces show them, from how they are stored."""
    return tuple(
        Citation(
            mark=c["mark"],
            label=c["label"],
            quote=c["quote"],
            place=Place(**c["place"]) if c["place"] else None,
        )
        for c in stored
    )
