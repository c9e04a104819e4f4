"""What a person can ask about their own data: take it along, have it erased.

Decides nothing about single tables: each says in ``info["person"]`` how one
person's rows are found, and this module goes by that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, delete, exists, literal, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.scope import person
from learning.store.decisions import recalled
from learning.store.doors import Outbox
from learning.store.ids import new_id
from learning.store.index import RecallIndex
from learning.store.interpretations import Interpretations
from learning.store.remembered import memories
from learning.store.schema import (
    attachments,
    audit,
    consents,
    interactions,
    knowledge,
    learnings,
    messages,
    recall_items,
    tombstones,
)
from learning.store.tables import Personal, metadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from learning.store.store import Unit

REMOVED = "[This answer quoted something that has been deleted, so it was deleted too.]"
_BATCH = 5_000


def personal(table: Table) -> Personal:
    """Return how a table holds what belongs to one person.

    Raises:
        LookupError: if the table does not say.
    """
    try:
        found: Personal = table.info["person"]
    except KeyError as error:
        raise LookupError(
            f"the table {table.name} does not say how one person's rows are found: "
            'give it info={"person": Personal(…)} in learning/store/schema.py'
        ) from error
    return found


def belongs_to(table: Table, user_id: str) -> ColumnElement[bool] | None:
    """Return the condition for one person's rows, or ``None`` if the table has none."""
    rule = personal(table)
    named = None if rule.column is None else table.c[rule.column] == user_id
    if rule.parent is None:
        return named
    parent = metadata.tables[f"{table.schema}.{rule.parent}"]
    inherited = belongs_to(parent, user_id)
    links = [
        key.parent
        for key in table.foreign_keys
        if key.column.table is parent and key.column.name == "id"
    ]
    if inherited is None or not links:
        raise LookupError(
            f"{table.name} names {rule.parent} as its parent: that table names no person, "
            "or no foreign key leads there"
        )
    through = exists(
        select(literal(1)).where(
            parent.c.workspace_id == table.c.workspace_id, parent.c.id == links[0], inherited
        )
    )
    return through if named is None else or_(named, through)


async def is_buried(unit: Unit, digest: bytes) -> bool:
    """Return whether something was forgotten on request; any transaction may ask."""
    row = await unit.connection.execute(
        select(tombstones.c.digest).where(tombstones.c.digest == digest)
    )
    return row.one_or_none() is not None


class People:
    """Acts on everything one person has in a workspace, within one transaction.

    The transaction must be open for all audiences (``begin(workspace, None)``).
    """

    def __init__(self, unit: Unit) -> None:
        if unit.audiences is not None:
            raise ValueError("a person's data is reached only with begin(workspace_id, None)")
        self._unit = unit
        self._db = unit.connection
        self.redacted: list[UUID] = []
        """The interactions whose answers were emptied so far."""

    async def export(self, user_id: str) -> dict[str, list[dict[str, Any]]]:
        """Return every row that belongs to a person, by table, decrypted."""
        found: dict[str, list[dict[str, Any]]] = {}
        for table in metadata.sorted_tables:
            condition = belongs_to(table, user_id)
            if condition is None or not personal(table).export:
                continue
            rows = (await self._db.execute(select(table).where(condition))).mappings().all()
            if rows:
                found[table.name] = [
                    {name: value for name, value in row.items() if not isinstance(value, bytes)}
                    for row in rows
                ]
        return found

    async def erase(self, user_id: str, now: datetime) -> dict[str, int]:
        """Delete every row that belongs to a person; return how many, by table.

        Answers to other people that cite what is deleted are emptied: they may
        quote it. Rows that others share (a channel's thread, a folder added for
        everybody) stay, without the person's name.
        """
        # Feedback takes the interaction's row and then the index; so does this, to end no deadlock.
        await self._db.execute(
            select(interactions.c.id)
            .where(interactions.c.user_id == user_id)
            .order_by(interactions.c.id)
            .with_for_update()
        )
        await self._redact_quotes(user_id)
        counts: dict[str, int] = {}
        index = RecallIndex(self._unit)
        while items := await self._some_items(user_id):
            counts["recall_items"] = counts.get("recall_items", 0) + len(items)
            await index.remove(items)
        for table in reversed(metadata.sorted_tables):
            rule = personal(table)
            if rule.column is None or not rule.erase:
                continue
            mine = table.c[rule.column] == user_id
            if rule.shared is not None:
                # What only this person can read goes, whoever put it there.
                alone = table.c.audience == person(user_id)
                if table.name == "knowledge_sources":
                    await self._forget_private_knowledge(table, alone, index)
                count = (await self._db.execute(delete(table).where(alone))).rowcount
                emptied: dict[str, Any] = dict.fromkeys(rule.shared)
                await self._db.execute(
                    update(table).where(mine).values({rule.column: "", **emptied})
                )
            else:
                count = (await self._db.execute(delete(table).where(mine))).rowcount
            if count:
                counts[table.name] = counts.get(table.name, 0) + count
        # Permissions end with the data; a refusal stays, or it would have to be said again.
        await self._db.execute(
            delete(consents).where(consents.c.user_id == user_id, consents.c.granted)
        )
        await self.note(user_id, "erase", None, counts, now)
        return counts

    async def _some_items(self, user_id: str) -> list[UUID]:
        rows = await self._db.execute(
            select(recall_items.c.id).where(recall_items.c.user_id == user_id).limit(_BATCH)
        )
        return list(rows.scalars())

    async def _forget_private_knowledge(
        self, table: Table, condition: ColumnElement[bool], index: RecallIndex
    ) -> None:
        documents = metadata.tables[f"{table.schema}.knowledge_documents"]
        passages = (
            select(knowledge.c.id)
            .join(
                documents,
                (documents.c.workspace_id == knowledge.c.workspace_id)
                & (documents.c.id == knowledge.c.document_id),
            )
            .where(documents.c.source_id.in_(select(table.c.id).where(condition)))
        )
        ids = list((await self._db.execute(passages)).scalars())
        for start in range(0, len(ids), _BATCH):
            await index.remove(ids[start : start + _BATCH])

    async def _redact_quotes(self, user_id: str) -> None:
        mine = union(
            select(recall_items.c.id).where(recall_items.c.user_id == user_id),
            select(messages.c.id).where(messages.c.author_id == user_id),
            select(memories.c.id).where(memories.c.user_id == user_id),
            select(attachments.c.id).where(
                attachments.c.message_id.in_(
                    select(messages.c.id).where(messages.c.author_id == user_id)
                )
            ),
        )
        repeated = await self._learned_from_questions_of(user_id)
        await self.redact(
            select(recalled.c.interaction_id).where(
                recalled.c.item_id.in_(mine) | recalled.c.item_id.in_(repeated)
            ),
            keep_of=user_id,
        )
        learned = select(learnings.c.id).where(learnings.c.user_id == user_id)
        await Interpretations(self._unit).empty_speaking_of(union(mine, learned), keep_of=user_id)
        await self._unlearn(repeated)
        await self._forget_replaced(
            select(interactions.c.id).where(interactions.c.user_id == user_id)
        )

    async def _learned_from_questions_of(self, user_id: str) -> list[UUID]:
        """Return what others corrected under a person's questions: it repeats the question."""
        asked = (
            select(interactions.c.id)
            .where(interactions.c.user_id == user_id, interactions.c.supersedes.is_(None))
            .cte(recursive=True)
        )
        family = asked.union(
            select(interactions.c.id).join(asked, interactions.c.supersedes == asked.c.id)
        )
        rows = await self._db.execute(
            select(learnings.c.id).where(
                learnings.c.learned_from.in_(select(family.c.id)), learnings.c.user_id != user_id
            )
        )
        return list(rows.scalars())

    async def redact(self, interaction_ids: Any, *, keep_of: str = "") -> None:  # noqa: ANN401 - a select or ids
        """Empty the answers of interactions, and drop what was learned from them.

        What was learned from an answer may have been quoted in a further one,
        so that one is emptied too, and so on.

        Args:
            interaction_ids: which, as a select or a list.
            keep_of: leave this person's interactions alone (they go as a whole).
        """
        affected: list[UUID] = []
        quoting = interaction_ids
        while found := await self._of_others(quoting, affected, keep_of):
            affected += found
            learned = select(learnings.c.id).where(
                learnings.c.learned_from.in_(found), learnings.c.kind == "rated_answer"
            )
            quoting = select(recalled.c.interaction_id).where(recalled.c.item_id.in_(learned))
        if not affected:
            return
        await self._db.execute(
            update(messages)
            .where(messages.c.interaction_id.in_(affected), messages.c.by == "mynah")
            .values(text=REMOVED, citations=None)
        )
        await self._db.execute(
            update(interactions).where(interactions.c.id.in_(affected)).values(explanation=None)
        )
        await Interpretations(self._unit).empty(affected)
        await Outbox(self._unit).empty(affected, REMOVED)
        self.redacted += affected
        await self._forget_replaced(affected)
        rows = await self._db.execute(
            select(learnings.c.id).where(
                learnings.c.learned_from.in_(affected), learnings.c.kind == "rated_answer"
            )
        )
        await self._unlearn(list(rows.scalars()))

    async def _of_others(self, ids: Any, known: list[UUID], keep_of: str) -> list[UUID]:  # noqa: ANN401 - as in redact
        rows = await self._db.execute(
            select(interactions.c.id).where(
                interactions.c.id.in_(ids),
                interactions.c.id.not_in(known),
                interactions.c.user_id != keep_of,
            )
        )
        return list(rows.scalars())

    async def _forget_replaced(self, interaction_ids: Any) -> None:  # noqa: ANN401 - as in redact
        """Take out of corrections the answer they replaced; the person's own words stay."""
        rows = await self._db.execute(
            select(learnings.c.id, learnings.c.content)
            .join(
                interactions,
                (interactions.c.workspace_id == learnings.c.workspace_id)
                & (interactions.c.id == learnings.c.learned_from),
            )
            .where(interactions.c.supersedes.in_(interaction_ids))
        )
        for id_, content in rows.all():
            await self._db.execute(
                update(learnings)
                .where(learnings.c.id == id_)
                .values(content={**content, "replaces": ""})
            )

    async def _unlearn(self, ids: Sequence[UUID]) -> None:
        interpretations = Interpretations(self._unit)
        await interpretations.empty(await interpretations.speaking_of(ids))
        await RecallIndex(self._unit).remove(ids)
        await self._db.execute(delete(learnings).where(learnings.c.id.in_(ids)))

    async def bury(self, digests: Sequence[bytes], now: datetime) -> None:
        """Remember, as keyed digests, what must not be learned again."""
        if digests:
            await self._db.execute(
                upsert(tombstones)
                .values(
                    [
                        {"workspace_id": self._unit.workspace_id, "digest": d, "created_at": now}
                        for d in digests
                    ]
                )
                .on_conflict_do_nothing()
            )

    async def buried(self, digest: bytes) -> bool:
        """Return whether something was forgotten on request."""
        return await is_buried(self._unit, digest)

    async def note(
        self,
        user_id: str,
        action: str,
        object_id: UUID | None,
        detail: Mapping[str, Any],
        now: datetime,
    ) -> None:
        """Add a line to the audit trail: who (as a digest), what, how many; never text."""
        await self._db.execute(
            audit.insert().values(
                workspace_id=self._unit.workspace_id,
                id=new_id(),
                actor=self._unit.digest("person", user_id),
                action=action,
                object_id=object_id,
                detail=dict(detail),
                created_at=now,
            )
        )
