"""Replies as surfaces show them, from how they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.record import target_of
from integrations.contracts.delivery import Citation, Delivery, Outcome
from learning.interpretation.contract import Reading
from learning.recollection import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from learning.store.conversations import Conversation
    from learning.store.doors import Outgoing
    from learning.store.interactions import Interaction


def delivery_of(
    workspace_id: str, outgoing: Outgoing, conversation: Conversation, interaction: Interaction
) -> Delivery:
    """Return a reply as surfaces show it, from how it is stored."""
    body = outgoing.body
    return Delivery(
        key=outgoing.key,
        target=target_of(workspace_id, conversation, interaction),
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
    )


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
