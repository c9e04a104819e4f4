"""Memories: what is known of a person, and what it rests on.

Decides what "the same memory" means: the same kind and the same words, but for
case, spaces and the full stop, of one person and for one audience. Refuses to
know which memory should take whose place: that is decided before it gets here.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.memory.contract import TRUST, Memory
from learning.store.ids import new_id
from learning.store.people import is_buried
from learning.store.remembered import memories, memory_sources
from learning.store.succession import Succession

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from learning.memory.contract import Draft
    from learning.scope import Audience


class Memories(Succession):
    """Reads and writes memories within one transaction."""

    async def put(
        self,
        draft: Draft,
        user_id: str,
        audience: Audience,
        sources: Sequence[UUID],
        now: datetime,
    ) -> UUID | None:
        """Remember something, or renew the memory that says it already.

        A source counts once, however often it is read: neither does it bring back
        what has ended or was superseded since. Among what two drafts say of the
        same memory, the better known origin wins.

        Args:
            draft: what is to be remembered.
            user_id: of whom.
            audience: who may know of it.
            sources: the interactions it was learned from; those that are gone are left out.
            now: when it was seen.

        Returns:
            The memory's id; ``None`` if the person had it forgotten, or all of its sources.

        Raises:
            ValueError: if there are no words in it, or a number is not in [0, 1].
        """
        _check(draft)
        digest = self._digest(user_id, draft.kind, draft.text)
        there = await self.hold(sources)
        if (sources and not there) or await is_buried(self._unit, digest):
            return None
        if (old := await self._outlived(digest, user_id, audience, there)) is not None:
            return old
        row = await self._insert(draft, user_id, audience, digest, now)
        added = await self._rest_on(row.id, there)
        if row.fresh:
            await self._change(row.id, {"times_observed": max(added, 1)})
        else:
            await self._renew(row, draft, now, seen=added if there else None)
        found: UUID = row.id
        return found

    async def renew(
        self, id_: UUID, draft: Draft, sources: Sequence[UUID], now: datetime
    ) -> UUID | None:
        """Renew a memory by a draft that means the same, in whatever words; its own stay.

        Args:
            id_: the memory.
            draft: what was said again.
            sources: where; as with ``put``, one counts once.
            now: when.

        Returns:
            The memory's id; ``None`` if it is gone, or the person had the draft or all
            of its sources forgotten.

        Raises:
            ValueError: as ``put``.
        """
        _check(draft)
        there = await self.hold(sources)
        row = (
            await self._db.execute(select(memories).where(memories.c.id == id_).with_for_update())
        ).one_or_none()
        if row is None or (sources and not there):
            return None
        if await is_buried(self._unit, self._digest(row.user_id, draft.kind, draft.text)):
            return None
        added = await self._rest_on(id_, there)
        await self._renew(row, draft, now, seen=added if there else None)
        return id_

    async def of(
        self,
        user_id: str,
        *,
        kinds: Collection[str] | None = None,
        limit: int = 200,
        superseded: bool = False,
        slot: str | None = None,
        now: datetime | None = None,
    ) -> list[Memory]:
        """Return what is remembered of a person, newest seen first.

        Args:
            user_id: the person.
            kinds: only these; ``None`` for all.
            limit: at most so many.
            superseded: with what was superseded and what has ended.
            slot: only what answers this.
            now: what ended until then is left out; the database's clock if not given.
        """
        statement = select(memories).where(memories.c.user_id == user_id)
        if kinds is not None:
            statement = statement.where(memories.c.kind.in_(kinds))
        if slot is not None:
            statement = statement.where(memories.c.slot == self._slot(user_id, slot))
        if not superseded:
            statement = statement.where(_standing(now))
        rows = await self._db.execute(
            statement.order_by(memories.c.last_seen_at.desc(), memories.c.id.desc()).limit(limit)
        )
        return [_memory(row) for row in rows]

    async def page(self, after: UUID | None, limit: int) -> list[Memory]:
        """Return memories that nothing took the place of, in the order of their ids."""
        statement = select(memories).where(memories.c.superseded_by.is_(None))
        if after is not None:
            statement = statement.where(memories.c.id > after)
        rows = await self._db.execute(statement.order_by(memories.c.id).limit(limit))
        return [_memory(row) for row in rows]

    async def from_interaction(self, interaction_id: UUID) -> list[Memory]:
        """Return what was learned from an interaction, oldest first."""
        sources = memory_sources.c
        rows = await self._db.execute(
            select(memories)
            .join(
                memory_sources,
                (sources.workspace_id == memories.c.workspace_id)
                & (sources.memory_id == memories.c.id),
            )
            .where(sources.interaction_id == interaction_id)
            .order_by(memories.c.id)
        )
        return [_memory(row) for row in rows]

    async def find(self, ids: Sequence[UUID]) -> list[Memory]:
        """Return memories that this transaction may read."""
        rows = await self._db.execute(select(memories).where(memories.c.id.in_(ids)))
        return [_memory(row) for row in rows]

    async def resolve(self, suffix: str) -> list[UUID]:
        """Return the ids that end with what a person typed."""
        rows = await self._db.execute(
            select(memories.c.id)
            .where(
                func.replace(cast(memories.c.id, Text), "-", "").endswith(suffix, autoescape=True)
            )
            .limit(2)
        )
        return list(rows.scalars())

    async def count(self, now: datetime | None = None) -> dict[str, int]:
        """Return how many memories of each kind hold (at the database's time by default)."""
        rows = await self._db.execute(
            select(memories.c.kind, func.count()).where(_standing(now)).group_by(memories.c.kind)
        )
        return {row[0]: row[1] for row in rows}

    async def used(self, ids: Sequence[UUID], now: datetime) -> None:
        """Count a use."""
        await self._db.execute(
            update(memories)
            .where(memories.c.id.in_(ids))
            .values(times_used=memories.c.times_used + 1, last_used_at=now)
        )

    async def credit(self, ids: Sequence[UUID], *, successes: int, failures: int) -> None:
        """Add successes and failures (negative numbers take an earlier credit back)."""
        await self._db.execute(
            update(memories)
            .where(memories.c.id.in_(ids))
            .values(
                successes=func.greatest(memories.c.successes + successes, 0),
                failures=func.greatest(memories.c.failures + failures, 0),
            )
        )

    async def trust(self, confidences: Mapping[UUID, float]) -> None:
        """Store recomputed confidences."""
        for id_, confidence in sorted(confidences.items()):
            await self._db.execute(
                update(memories).where(memories.c.id == id_).values(confidence=confidence)
            )

    def digest_of(self, memory: Memory) -> bytes:
        """Return what to bury so that a memory is never learned again."""
        return self._digest(memory.user_id, memory.kind, memory.text)

    async def _outlived(
        self, digest: bytes, user_id: str, audience: Audience, sources: Sequence[UUID]
    ) -> UUID | None:
        """Return the superseded memory that says the same and has all the sources already."""
        if not sources:
            return None
        known = (
            select(func.count())
            .select_from(memory_sources)
            .where(
                memory_sources.c.workspace_id == memories.c.workspace_id,
                memory_sources.c.memory_id == memories.c.id,
                memory_sources.c.interaction_id.in_(sources),
            )
            .scalar_subquery()
        )
        found: UUID | None = (
            await self._db.execute(
                select(memories.c.id)
                .where(
                    memories.c.user_id == user_id,
                    memories.c.digest == digest,
                    memories.c.audience == audience,
                    memories.c.superseded_by.is_not(None),
                    known == len(sources),
                )
                .order_by(memories.c.last_seen_at.desc())
                .limit(1)
            )
        ).scalar_one_or_none()
        return found

    async def _insert(
        self, draft: Draft, user_id: str, audience: Audience, digest: bytes, now: datetime
    ) -> Any:  # noqa: ANN401 - SQLAlchemy's row
        """Return the new row, or the standing one of the same words, locked either way."""
        statement = (
            upsert(memories)
            .values(
                workspace_id=self._unit.workspace_id,
                id=new_id(),
                audience=audience,
                user_id=user_id,
                kind=draft.kind,
                digest=digest,
                valid_from=now,
                valid_to=draft.until,
                created_at=now,
                last_seen_at=now,
                trust=draft.trust,
                confidence=draft.confidence,
                origin=draft.origin,
                slot=self._slot(user_id, draft.slot),
                content=_content(draft),
            )
            .on_conflict_do_update(
                index_elements=["workspace_id", "user_id", "digest", "audience"],
                index_where=memories.c.superseded_by.is_(None),
                set_={"digest": memories.c.digest},  # nothing yet: it only takes the lock
            )
            # A row that was there before has been touched by this transaction.
            .returning(memories, literal_column("(xmax = 0)").label("fresh"))
        )
        return (await self._db.execute(statement)).one()

    async def _renew(self, row: Any, draft: Draft, now: datetime, *, seen: int | None) -> None:  # noqa: ANN401 - SQLAlchemy's row
        """Change a memory for a draft that says the same.

        Args:
            row: the memory, locked.
            draft: what was said.
            now: when.
            seen: by how many sources that are new; ``None`` if it names no sources at all.
        """
        changes = self._better(row, draft)
        if seen != 0:
            changes |= {
                "times_observed": row.times_observed + (seen or 0),
                "last_seen_at": max(row.last_seen_at, now),
                "valid_to": draft.until,
                "content": changes["content"] | {"until": _written(draft.until)},
            }
        await self._change(row.id, changes)

    def _digest(self, user_id: str, kind: str, text: str) -> bytes:
        return self._unit.digest("memory", user_id, kind, folded(text))

    def _slot(self, user_id: str, slot: str) -> bytes | None:
        return self._unit.digest("slot", user_id, folded(slot)) if slot else None

    def _better(self, row: Any, draft: Draft) -> dict[str, Any]:  # noqa: ANN401 - SQLAlchemy's row
        """Return what becomes of a memory when a draft says the same; its times are left alone."""
        changes: dict[str, Any] = {
            "confidence": max(row.confidence, draft.confidence),
            "trust": max(row.trust, draft.trust),
        }
        known = row.content
        if TRUST[draft.origin] < TRUST[row.origin]:
            return changes | {"content": known}
        said = _content(draft) | {
            "tags": list(dict.fromkeys([*known["tags"], *draft.tags])),
            "until": known["until"],
        }
        if folded(draft.text) != folded(known["text"]):
            said["text"] = known["text"]  # it is found by these words
        if not draft.slot:
            said |= {"slot": known["slot"], "value": known["value"]}
        return changes | {
            "origin": draft.origin,
            "content": said,
            "slot": self._slot(row.user_id, said["slot"]),
        }


def folded(text: str) -> str:
    """Return a text as it is compared: without case, doubled spaces and a stop at its end."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(" .!?…。")


def _check(draft: Draft) -> None:
    if not folded(draft.text):
        raise ValueError(f"a {draft.kind} without words cannot be remembered: give it a text")
    for name, number in (("confidence", draft.confidence), ("trust", draft.trust)):
        if not 0 <= number <= 1:
            raise ValueError(f"the {name} of a memory is {number}: it must be in [0, 1]")


def _content(draft: Draft) -> dict[str, Any]:
    return {
        "text": draft.text,
        "slot": draft.slot,
        "value": draft.value,
        "tags": list(draft.tags),
        # Beside the column, which says too when something else ended it.
        "until": _written(draft.until),
    }


def _written(until: datetime | None) -> str | None:
    return None if until is None else until.isoformat()


def _standing(now: datetime | None) -> ColumnElement[bool]:
    at = func.now() if now is None else now
    return memories.c.superseded_by.is_(None) & or_(
        memories.c.valid_to.is_(None), memories.c.valid_to > at
    )


def _memory(row: Any) -> Memory:  # noqa: ANN401 - SQLAlchemy's row
    return Memory(
        id=row.id,
        kind=row.kind,
        user_id=row.user_id,
        audience=row.audience,
        text=row.content["text"],
        origin=row.origin,
        slot=row.content["slot"],
        value=row.content["value"],
        tags=tuple(row.content["tags"]),
        confidence=row.confidence,
        trust=row.trust,
        times_observed=row.times_observed,
        times_used=row.times_used,
        successes=row.successes,
        failures=row.failures,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        superseded_by=row.superseded_by,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        last_used_at=row.last_used_at,
    )
