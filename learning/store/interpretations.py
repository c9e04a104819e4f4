"""Interpretations: what a request was taken to mean, and what the person meant.

Refuses to know when people are asked. The words are sealed; how sure the first
reading was and what came of it are numbers that outlive them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.interpretation.contract import Asked, Reading
from learning.store.ids import new_id
from learning.store.remembered import interpretations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import CompoundSelect, Select

    from learning.interpretation.contract import AskedOutcome
    from learning.scope import Audience
    from learning.store.store import Unit

Mode = Literal["asked", "advanced"]

_EMPTY: Final[Mapping[str, Any]] = {
    "readings": [],
    "context": {},
    "chosen": "",
    "chosen_text": "",
}


@dataclass(frozen=True, slots=True)
class Interpretation:
    """The readings of one request.

    Attributes:
        interaction_id: the request.
        user_id: whose it is.
        readings: in the order shown; none if they spoke of something that was deleted.
        mode: whether the person was asked or the first reading was taken.
        threshold: the confidence from which a reading would have been taken.
        context: what was known when they were made.
        chosen: the id of the reading that was taken or chosen; empty for none.
        chosen_text: its text, or what the person wrote instead.
        outcome: what they meant; ``None`` while it is not known.
    """

    interaction_id: UUID
    user_id: str
    readings: tuple[Reading, ...]
    mode: Mode
    threshold: float
    context: Mapping[str, Any]
    chosen: str
    chosen_text: str
    outcome: AskedOutcome | None
    created_at: datetime

    @property
    def open(self) -> bool:
        """Whether the person may still say what they meant: nothing was chosen by them yet.

        Where the words were forgotten there is nothing left to choose from.
        """
        taken = self.mode == "advanced" and self.outcome == "another"
        return bool(self.readings) and (self.outcome is None or (taken and not self.chosen))


class Interpretations:
    """Reads and writes interpretations within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def put(
        self,
        interaction_id: UUID,
        user_id: str,
        audience: Audience,
        readings: Sequence[Reading],
        mode: Mode,
        threshold: float,
        context: Mapping[str, Any],
        taken: str,
        now: datetime,
    ) -> None:
        """Store the readings of a request, instead of those of an earlier attempt at its turn.

        Once the person has said what they meant, the readings stay as they were shown.

        Args:
            interaction_id: the request.
            user_id: whose it is.
            audience: who may read it.
            readings: at least one, most probable first.
            mode: whether the person is asked or the first reading is taken.
            threshold: the confidence from which a reading is taken.
            context: what was known, as JSON.
            taken: the id of the reading that was taken; empty if the person is asked.
            now: when.

        Raises:
            ValueError: if there is no reading, or none with the id that was taken.
        """
        texts = {reading.id: reading.text for reading in readings}
        if not readings or (taken and taken not in texts):
            raise ValueError(
                f"the reading {taken!r} was taken and there are {sorted(texts) or 'none'}: "
                "store the readings with the one that was taken"
            )
        content = {
            "readings": [_written(reading) for reading in readings],
            "context": dict(context),
            "chosen": taken,
            "chosen_text": texts.get(taken, ""),
        }
        statement = upsert(interpretations).values(
            workspace_id=self._unit.workspace_id,
            id=new_id(),
            audience=audience,
            interaction_id=interaction_id,
            user_id=user_id,
            content=content,
            mode=mode,
            confidence=readings[0].confidence,
            threshold=threshold,
            sources=sorted({source for reading in readings for source in reading.sources}),
            created_at=now,
        )
        new = statement.excluded
        names = ("content", "mode", "confidence", "threshold", "sources", "created_at")
        await self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["workspace_id", "interaction_id"],
                set_={name: new[name] for name in names},
                where=interpretations.c.outcome.is_(None),
            )
        )

    async def of(self, interaction_id: UUID, *, lock: bool = False) -> Interpretation | None:
        """Return the interpretation of a request, if this transaction may read one.

        Args:
            interaction_id: the request.
            lock: hold the row until the transaction ends, so that of two taps at the
                same moment the second sees what the first one did.
        """
        statement = select(interpretations).where(
            interpretations.c.interaction_id == interaction_id
        )
        row = (
            await self._db.execute(statement.with_for_update() if lock else statement)
        ).one_or_none()
        return None if row is None else _interpretation(row)

    async def of_many(self, interaction_ids: Sequence[UUID]) -> dict[UUID, Interpretation]:
        """Return the interpretations of requests; those without one are left out."""
        if not interaction_ids:
            return {}
        rows = await self._db.execute(
            select(interpretations).where(interpretations.c.interaction_id.in_(interaction_ids))
        )
        return {row.interaction_id: _interpretation(row) for row in rows}

    async def settle(
        self,
        interaction_id: UUID,
        outcome: AskedOutcome,
        chosen: str,
        chosen_text: str,
        now: datetime,
    ) -> None:
        """Record what the person meant; whoever thinks again settles it anew.

        Args:
            interaction_id: the request.
            outcome: which it was.
            chosen: the reading's id; empty for words of their own.
            chosen_text: the reading's text, or these words.
            now: when.
        """
        row = (
            await self._db.execute(
                select(interpretations.c.id, interpretations.c.content)
                .where(interpretations.c.interaction_id == interaction_id)
                .with_for_update()
            )
        ).one_or_none()
        if row is None:
            return
        content = {**row.content, "chosen": chosen, "chosen_text": chosen_text}
        await self._db.execute(
            update(interpretations)
            .where(interpretations.c.id == row.id)
            .values(outcome=outcome, content=content, settled_at=now)
        )

    async def outcomes(self, user_id: str, limit: int = 200) -> list[Asked]:
        """Return what came of a person's latest interpretations, oldest first."""
        rows = (
            await self._db.execute(
                select(interpretations)
                .where(interpretations.c.user_id == user_id)
                .order_by(interpretations.c.created_at.desc(), interpretations.c.id.desc())
                .limit(limit)
            )
        ).all()
        return [Asked(r.confidence, r.mode, r.outcome, r.created_at) for r in reversed(rows)]

    async def count(self, user_id: str) -> int:
        """Return how many requests of a person were interpreted."""
        found: int = (
            await self._db.execute(
                select(func.count())
                .select_from(interpretations)
                .where(interpretations.c.user_id == user_id)
            )
        ).scalar_one()
        return found

    async def choices(self, user_id: str, limit: int = 200) -> dict[str, int]:
        """Return how often a person chose each reading, by its text."""
        rows = await self._db.execute(
            select(interpretations)
            .where(interpretations.c.user_id == user_id, interpretations.c.outcome.is_not(None))
            .order_by(interpretations.c.created_at.desc())
            .limit(limit)
        )
        found: Counter[str] = Counter()
        for row in rows:
            known = _interpretation(row)
            found.update(r.text for r in known.readings if r.id == known.chosen)
        return dict(found)

    async def speaking_of(self, item_ids: Sequence[UUID]) -> list[UUID]:
        """Return the requests whose readings speak of any of these memories and answers."""
        rows = await self._db.execute(
            select(interpretations.c.interaction_id)
            .where(interpretations.c.sources.overlap(list(item_ids)))
            .order_by(interpretations.c.interaction_id)
        )
        return list(rows.scalars())

    async def forget_words(self, interaction_id: UUID) -> None:
        """Delete in what words the person said what they meant; which reading it was stays."""
        rows = await self._db.execute(
            select(interpretations.c.id, interpretations.c.content)
            .where(interpretations.c.interaction_id == interaction_id)
            .with_for_update()
        )
        for row in rows.all():
            await self._db.execute(
                update(interpretations)
                .where(interpretations.c.id == row.id)
                .values(content={**row.content, "chosen_text": ""})
            )

    async def empty(self, interaction_ids: Sequence[UUID]) -> None:
        """Delete the words of interpretations; how sure they were and what came of it stays."""
        await self._db.execute(
            update(interpretations)
            .where(interpretations.c.interaction_id.in_(interaction_ids))
            .values(content=dict(_EMPTY), sources=[])
        )

    async def empty_speaking_of(
        self, item_ids: Select[tuple[UUID]] | CompoundSelect[tuple[UUID]], *, keep_of: str
    ) -> None:
        """Delete the words of interpretations that speak of what is to be deleted.

        Args:
            item_ids: memories and answers.
            keep_of: leave this person's alone (they go as a whole).
        """
        gone = func.array(item_ids.scalar_subquery(), type_=ARRAY(PG_UUID))
        await self._db.execute(
            update(interpretations)
            .where(interpretations.c.sources.overlap(gone), interpretations.c.user_id != keep_of)
            .values(content=dict(_EMPTY), sources=[])
        )

    async def drop(self, interaction_ids: Sequence[UUID]) -> None:
        """Delete the interpretations of requests, with what came of them."""
        await self._db.execute(
            delete(interpretations).where(interpretations.c.interaction_id.in_(interaction_ids))
        )


def _written(reading: Reading) -> dict[str, Any]:
    return {
        "id": reading.id,
        "text": reading.text,
        "confidence": reading.confidence,
        "sources": [str(source) for source in reading.sources],
    }


def _reading(written: Mapping[str, Any]) -> Reading:
    return Reading(
        written["id"],
        written["text"],
        written["confidence"],
        tuple(UUID(source) for source in written["sources"]),
    )


def _interpretation(row: Any) -> Interpretation:  # noqa: ANN401 - SQLAlchemy's row
    content = row.content
    return Interpretation(
        row.interaction_id,
        row.user_id,
        tuple(_reading(written) for written in content["readings"]),
        row.mode,
        row.threshold,
        content["context"],
        content["chosen"],
        content["chosen_text"],
        row.outcome,
        row.created_at,
    )
