"""The texts behind what the index found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from learning.actions.summary import summary
from learning.memory.slots import topic_of
from learning.recall import indexed_text
from learning.recollection import Place, Recollection
from learning.store.actions import Actions
from learning.store.decisions import recalled
from learning.store.remembered import memories
from learning.store.schema import (
    attachments,
    interactions,
    knowledge,
    knowledge_documents,
    learnings,
    messages,
    recall_items,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from learning.store.store import Unit


class Contents:
    """Reads the things that the index refers to, within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def load(self, ids: Sequence[UUID]) -> dict[UUID, Recollection]:
        """Return what the ids stand for; those that are gone are left out.

        Scores are 0 here: ranking is not this module's business.
        """
        if not ids:
            return {}
        kinds = {
            row.id: row.kind
            for row in await self._db.execute(
                select(recall_items.c.id, recall_items.c.kind).where(recall_items.c.id.in_(ids))
            )
        }
        by_kind: dict[str, list[UUID]] = {}
        for id_, kind in kinds.items():
            by_kind.setdefault(kind, []).append(id_)
        found: dict[UUID, Recollection] = {}
        if "message" in by_kind:
            found |= await self._messages(by_kind["message"])
        if "knowledge" in by_kind:
            found |= await self._knowledge(by_kind["knowledge"])
        learned = by_kind.get("answer", []) + by_kind.get("correction", [])
        if learned:
            found |= await self._learnings(learned)
        if "action" in by_kind:
            found |= await self._actions(by_kind["action"])
        if "memory" in by_kind:
            found |= await self._memories(by_kind["memory"])
        if others := [id_ for id_ in ids if id_ not in kinds]:
            found |= await self._files(others)
        return found

    async def texts(self, ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """Return what an embedder should read for items (to embed them anew)."""
        return {
            id_: recollection.question or searchable(recollection)
            for id_, recollection in (await self.load(ids)).items()
        }

    async def _messages(self, ids: Sequence[UUID]) -> dict[UUID, Recollection]:
        rows = await self._db.execute(select(messages).where(messages.c.id.in_(ids)))
        return {
            row.id: Recollection(
                id=row.id,
                kind="message",
                text=row.text,
                score=0.0,
                said_at=row.said_at,
                speaker=row.author_id,
                interaction_id=row.interaction_id,
            )
            for row in rows
        }

    async def _knowledge(self, ids: Sequence[UUID]) -> dict[UUID, Recollection]:
        rows = await self._db.execute(
            select(
                knowledge,
                knowledge_documents.c.name,
                knowledge_documents.c.read_at,
                recall_items.c.trust,
            )
            .join(
                knowledge_documents,
                (knowledge_documents.c.workspace_id == knowledge.c.workspace_id)
                & (knowledge_documents.c.id == knowledge.c.document_id),
            )
            .join(
                recall_items,
                (recall_items.c.workspace_id == knowledge.c.workspace_id)
                & (recall_items.c.id == knowledge.c.id),
            )
            .where(knowledge.c.id.in_(ids))
        )
        return {
            row.id: Recollection(
                id=row.id,
                kind="knowledge",
                text=row.text,
                score=0.0,
                said_at=row.read_at,
                place=Place(row.name, row.start_line, row.end_line, row.title or ""),
                trust=row.trust,
            )
            for row in rows
        }

    async def _files(self, ids: Sequence[UUID]) -> dict[UUID, Recollection]:
        """Return files that came with messages: they are in no index, their thread has them."""
        rows = await self._db.execute(
            select(attachments, messages.c.said_at)
            .join(
                messages,
                (messages.c.workspace_id == attachments.c.workspace_id)
                & (messages.c.id == attachments.c.message_id),
            )
            .where(attachments.c.id.in_(ids))
        )
        return {
            row.id: Recollection(
                id=row.id,
                kind="file",
                text=row.text or "",
                score=0.0,
                said_at=row.said_at,
                place=Place(row.name),
            )
            for row in rows
        }

    async def _learnings(self, ids: Sequence[UUID]) -> dict[UUID, Recollection]:
        rows = await self._db.execute(select(learnings).where(learnings.c.id.in_(ids)))
        return {
            row.id: Recollection(
                id=row.id,
                kind="correction" if row.kind == "correction" else "answer",
                text=row.content["answer"],
                score=0.0,
                said_at=row.created_at,
                speaker=row.user_id if row.kind == "correction" else "",
                question=row.content["question"],
                rating=row.rating,
                interaction_id=row.learned_from,
                trust=row.trust,
            )
            for row in rows
        }

    async def _actions(self, ids: Sequence[UUID]) -> dict[UUID, Recollection]:
        return {
            acted.id: Recollection(
                id=acted.id,
                kind="action",
                text=summary(acted),
                score=0.0,
                said_at=acted.finished_at or acted.created_at,
                speaker=acted.user_id,
                rating=acted.rating,
                interaction_id=acted.interaction_id,
            )
            for acted in await Actions(self._unit).load(ids)
        }

    async def _memories(self, ids: Sequence[UUID]) -> dict[UUID, Recollection]:
        rows = await self._db.execute(select(memories).where(memories.c.id.in_(ids)))
        return {
            row.id: Recollection(
                id=row.id,
                kind="memory",
                text=row.content["text"],
                score=0.0,
                said_at=row.last_seen_at,
                speaker=row.user_id,
                trust=row.trust,
                memory=row.kind,
                confidence=row.confidence,
                topic=topic_of(row.content.get("slot", "")),
            )
            for row in rows
        }

    async def provenance(
        self, interaction_ids: Sequence[UUID]
    ) -> dict[UUID, tuple[str, frozenset[UUID]]]:
        """Return, per interaction, the role that answered and the items it cited."""
        rows = await self._db.execute(
            select(interactions.c.id, interactions.c.role, recalled.c.item_id)
            .join(
                recalled,
                (recalled.c.workspace_id == interactions.c.workspace_id)
                & (recalled.c.interaction_id == interactions.c.id)
                & recalled.c.cited,
                isouter=True,
            )
            .where(interactions.c.id.in_(interaction_ids))
        )
        found: dict[UUID, tuple[str, set[UUID]]] = {}
        for row in rows:
            _, items = found.setdefault(row.id, (row.role or "", set()))
            if row.item_id is not None:
                items.add(row.item_id)
        return {key: (role, frozenset(items)) for key, (role, items) in found.items()}


def passage_text(path: str, title: str, text: str) -> str:
    """Return what a passage is found by.

    What a definition is called says more than any word inside it, so the title
    counts three times: once here twice, once where it stands in the text.
    """
    return f"{path} {title} {title}\n{text}"


def searchable(recollection: Recollection) -> str:
    """Return the text by which an item is found: titles and paths are words too."""
    if recollection.kind == "memory":
        return f"{recollection.text} {recollection.topic}".strip()
    if recollection.place is None:
        return indexed_text(recollection.text, recollection.speaker)
    return passage_text(recollection.place.path, recollection.place.title, recollection.text)
