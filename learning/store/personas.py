"""Personas: the form a person likes answers in, and every step that led there.

Refuses to know what a facet means or how far a step goes. Of steps that are
taken at once none is lost: a step is added to what stands when it is written,
which need not be what it was decided on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.ids import new_id
from learning.store.remembered import persona_changes, personas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class PersonaChange:
    """One step of a persona.

    Attributes:
        cause: what it was taken for: "reading", "vote", "wish", "edit", "analysis".
        before: every facet as it stood, each in [0, 1].
        after: every facet as it stood then.
        delta: how far each facet was moved.
        signals: names and numbers that say why.
    """

    id: UUID
    user_id: str
    interaction_id: UUID
    cause: str
    before: Mapping[str, float]
    after: Mapping[str, float]
    delta: Mapping[str, float]
    signals: Mapping[str, Any]
    created_at: datetime


class Personas:
    """Reads and writes personas within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def of(self, user_id: str) -> tuple[dict[str, float], int]:
        """Return a person's facets and how many steps led there; none for who has no persona."""
        row = (
            await self._db.execute(
                select(personas.c.facets, personas.c.changes).where(personas.c.user_id == user_id)
            )
        ).one_or_none()
        return ({}, 0) if row is None else (dict(row.facets), row.changes)

    async def apply(
        self,
        user_id: str,
        interaction_id: UUID,
        cause: str,
        before: Mapping[str, float],
        after: Mapping[str, float],
        delta: Mapping[str, float],
        signals: Mapping[str, Any],
        now: datetime,
    ) -> None:
        """Take a step, and log it.

        There is one step for a cause and an interaction: a second one takes its
        place, so that a vote that is changed or counted twice counts once. If
        somebody else moved the persona since ``before`` was read, the step is
        added to where it stands now.

        Args:
            user_id: whose persona it is.
            interaction_id: what it was learned from.
            cause: in what way.
            before: every facet as it was when this was decided, each in [0, 1].
            after: every facet as it was to be.
            delta: the difference.
            signals: names and numbers that say why; never text.
            now: when.

        Raises:
            ValueError: if a number is not finite, or a facet that moves is not in ``before``.
        """
        _check(before, after, delta)
        stands, changes = await self._locked(user_id, now)
        base = {**before, **stands}
        earlier = await self._earlier(user_id, interaction_id, cause)
        if earlier is None:
            new = dict(after) if base == before else _moved(base, delta)
            logged: dict[str, Mapping[str, float]] = {"before": base, "after": new}
            changes += 1
        else:
            new = _moved(base, _difference(delta, earlier.delta))
            logged = {"before": earlier.before, "after": _moved(earlier.before, delta)}
        values = {**logged, "delta": dict(delta), "signals": dict(signals), "created_at": now}
        await self._db.execute(
            upsert(persona_changes)
            .values(
                workspace_id=self._unit.workspace_id,
                id=new_id(),
                user_id=user_id,
                interaction_id=interaction_id,
                cause=cause,
                **values,
            )
            .on_conflict_do_update(
                index_elements=["workspace_id", "user_id", "interaction_id", "cause"],
                set_=values,
            )
        )
        await self._db.execute(
            update(personas)
            .where(personas.c.user_id == user_id)
            .values(facets=new, changes=changes, updated_at=now)
        )

    async def moved(self, user_id: str, interaction_id: UUID, cause: str) -> bool:
        """Return whether a step was taken for this cause in an interaction, however long ago."""
        return await self._earlier(user_id, interaction_id, cause) is not None

    async def changes_of(self, user_id: str, limit: int = 50) -> list[PersonaChange]:
        """Return a person's latest steps, newest first."""
        rows = await self._db.execute(
            select(persona_changes)
            .where(persona_changes.c.user_id == user_id)
            .order_by(persona_changes.c.created_at.desc(), persona_changes.c.id.desc())
            .limit(limit)
        )
        return [_change(row) for row in rows]

    async def deltas_of(self, user_id: str) -> list[dict[str, float]]:
        """Return how far every step of a person went, oldest first."""
        rows = await self._db.execute(
            select(persona_changes.c.delta)
            .where(persona_changes.c.user_id == user_id)
            .order_by(persona_changes.c.created_at, persona_changes.c.id)
        )
        return [dict(delta) for delta in rows.scalars()]

    async def take_back(self, interaction_ids: Sequence[UUID]) -> list[str]:
        """Delete the steps that interactions led to; return whose they were.

        Their personas stand as before until they are saved anew. They are locked
        until then, so that no step is taken in between that saving would lose.
        """
        gone = persona_changes.c.interaction_id.in_(interaction_ids)
        users = select(persona_changes.c.user_id).where(gone).distinct()
        await self._hold(personas.c.user_id.in_(users))
        rows = await self._db.execute(
            delete(persona_changes).where(gone).returning(persona_changes.c.user_id)
        )
        return sorted(set(rows.scalars()))

    async def save(
        self, user_id: str, facets: Mapping[str, float], changes: int, now: datetime
    ) -> None:
        """Set a persona to what was computed from its steps anew."""
        _check(facets)
        values = {"facets": dict(facets), "changes": changes, "updated_at": now}
        await self._db.execute(
            upsert(personas)
            .values(workspace_id=self._unit.workspace_id, user_id=user_id, **values)
            .on_conflict_do_update(index_elements=["workspace_id", "user_id"], set_=values)
        )

    async def _locked(self, user_id: str, now: datetime) -> tuple[dict[str, float], int]:
        """Return what stands, held until the transaction ends, even if there was nothing yet."""
        row = (
            await self._db.execute(
                upsert(personas)
                .values(
                    workspace_id=self._unit.workspace_id,
                    user_id=user_id,
                    facets={},
                    updated_at=now,
                )
                .on_conflict_do_update(
                    index_elements=["workspace_id", "user_id"], set_={"updated_at": now}
                )
                .returning(personas.c.facets, personas.c.changes)
            )
        ).one()
        return dict(row.facets), row.changes

    async def _hold(self, condition: ColumnElement[bool]) -> None:
        await self._db.execute(
            select(personas.c.user_id)
            .where(condition)
            .order_by(personas.c.user_id)
            .with_for_update()
        )

    async def _earlier(
        self, user_id: str, interaction_id: UUID, cause: str
    ) -> PersonaChange | None:
        row = (
            await self._db.execute(
                select(persona_changes).where(
                    persona_changes.c.user_id == user_id,
                    persona_changes.c.interaction_id == interaction_id,
                    persona_changes.c.cause == cause,
                )
            )
        ).one_or_none()
        return None if row is None else _change(row)


def _check(
    before: Mapping[str, float],
    after: Mapping[str, float] | None = None,
    delta: Mapping[str, float] | None = None,
) -> None:
    for facets in (before, after or {}, delta or {}):
        if odd := {name: number for name, number in facets.items() if not math.isfinite(number)}:
            raise ValueError(f"{odd} cannot be stored: facets must be finite numbers")
    if unknown := sorted(set(delta or {}) - set(before)):
        raise ValueError(f"the facets {unknown} are to move and stand nowhere: give all facets")


def _moved(facets: Mapping[str, float], delta: Mapping[str, float]) -> dict[str, float]:
    return {name: min(max(at + delta.get(name, 0.0), 0.0), 1.0) for name, at in facets.items()}


def _difference(new: Mapping[str, float], old: Mapping[str, float]) -> dict[str, float]:
    return {name: new.get(name, 0.0) - old.get(name, 0.0) for name in {*new, *old}}


def _change(row: Any) -> PersonaChange:  # noqa: ANN401 - SQLAlchemy's row
    return PersonaChange(
        row.id,
        row.user_id,
        row.interaction_id,
        row.cause,
        row.before,
        row.after,
        row.delta,
        row.signals,
        row.created_at,
    )
